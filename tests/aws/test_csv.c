/* Records, however they are written and however their bytes arrive. */
#include "aws/export/csv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/export/csv_block.h"
#include "base/buf.h"

struct feed {
	const char *bytes;
	size_t len, at;
	size_t step; /* most bytes given at once; 0 = as many as asked for */
	int error; /* given where the end would be */
	struct buf seen; /* records as text, one a line: [field] <quoted field> */
	struct fault why;
};

static ssize_t give(void *context, void *bytes, size_t len, struct fault *why)
{
	struct feed *f = context;

	assert_true(len > 0);
	if (f->step && len > f->step)
		len = f->step;
	if (len > f->len - f->at)
		len = f->len - f->at;
	if (len == 0 && f->error)
		return fault(why, f->error, "the source fails");
	memcpy(bytes, f->bytes + f->at, len);
	f->at += len;
	return (ssize_t)len;
}

static void note(struct feed *f, const struct csv_record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct cell *field = &record->fields[i];
		const char *marks = field->quoted ? "<>" : "[]";

		assert_int_equal(buf_append_byte(&f->seen, marks[0]), 0);
		assert_int_equal(buf_append_span(&f->seen, field->text), 0);
		assert_int_equal(buf_append_byte(&f->seen, marks[1]), 0);
	}
	assert_int_equal(buf_append_byte(&f->seen, '\n'), 0);
}

/* All records into f->seen; answers 0 or what the reader failed with, which must not
 * change. */
static int read_all(struct feed *f)
{
	struct csv_record record = { 0 };
	struct csv_reader *r;
	uint64_t number = 0;
	int got;

	f->at = 0;
	f->why = (struct fault){ 0 };
	buf_clear(&f->seen);
	f->seen.limit = (size_t)64 * 1024 * 1024;
	assert_int_equal(csv_reader_new(give, f, "costs.csv", &r), 0);
	while ((got = csv_reader_next(r, &record, &f->why)) == 1) {
		assert_int_equal(record.number, ++number);
		note(f, &record);
	}
	assert_int_equal(f->why.error, got);
	for (int i = 0; i < 2; i++) {
		struct csv_record kept = record;

		assert_int_equal(csv_reader_next(r, &record, NULL), got);
		assert_int_equal(record.number, kept.number);
		assert_ptr_equal(record.fields, kept.fields);
	}
	csv_reader_free(r);
	return got;
}

struct example {
	const char *text;
	const char *records;
	int r;
};

static const struct example examples[] = {
	{ "", "", 0 },
	{ "\n", "", 0 },
	{ "\n\r\n\n", "", 0 },
	{ "a", "[a]\n", 0 },
	{ "a\n", "[a]\n", 0 },
	{ "a\r\n", "[a]\n", 0 },
	{ "a,b\n1,2\n", "[a][b]\n[1][2]\n", 0 },
	{ "a,b\n1,2", "[a][b]\n[1][2]\n", 0 },
	{ "a,b\r\n1,2\r\n", "[a][b]\n[1][2]\n", 0 },
	{ "a,b\n\n\r\n1,2\n\n", "[a][b]\n[1][2]\n", 0 },
	{ ",\n", "[][]\n", 0 },
	{ ",,,", "[][][][]\n", 0 },
	{ ",\r\n,\r\n", "[][]\n[][]\n", 0 },
	{ "\"\"\n", "<>\n", 0 },
	{ "\"\",\"\"\n", "<><>\n", 0 },
	{ "\"a\"", "<a>\n", 0 },
	{ "\"a\",b\n", "<a>[b]\n", 0 },
	{ "a,\"b\"\r\nc\n", "[a]<b>\n[c]\n", 0 },
	{ "\"a,b\",\"c\nd\",\"e\r\nf\"\n", "<a,b><c\nd><e\r\nf>\n", 0 },
	{ "\"a\"\"b\"\n", "<a\"b>\n", 0 },
	{ "\"\"\"\"\n", "<\">\n", 0 },
	{ "\"\"\"\"\"\",\"\"\"a\"\n", "<\"\"><\"a>\n", 0 },
	{ "\"a\"\"\",\"\"\"\"\"b\"\"\"\n", "<a\"><\"\"b\">\n", 0 },
	/* Not in quotes, so a quote or carriage return is text, but not to be copied
	 * as it is. */
	{ "a\"b,c\n", "<a\"b>[c]\n", 0 },
	{ "a\",\"c\n\"\n", "<a\"><c\n>\n", 0 },
	{ " \"a\"\n", "< \"a\">\n", 0 },
	{ "a\rb,c\n", "<a\rb>[c]\n", 0 },
	{ "a\r\r\n", "<a\r>\n", 0 },
	{ "a\r,b\n", "<a\r>[b]\n", 0 },
	{ "a\r", "[a]\n", 0 },
	/* A byte order mark is passed over only where it begins, and only whole. */
	{ "\xef\xbb\xbf"
	  "a,b\n",
		"[a][b]\n", 0 },
	{ "\xef\xbb\xbf\"a\"\n", "<a>\n", 0 },
	{ "\xef\xbb\xbf", "", 0 },
	{ "\xef\xbb", "[\xef\xbb]\n", 0 },
	{ "a\n\xef\xbb\xbf"
	  "b\n",
		"[a]\n[\xef\xbb\xbf"
		"b]\n",
		0 },
	{ "a\n\"b", "[a]\n", -EBADMSG },
	{ "a\n\"", "[a]\n", -EBADMSG },
	{ "a\n\"b\"\"", "[a]\n", -EBADMSG },
	{ "a\n\"b\nc,d\n", "[a]\n", -EBADMSG },
	{ "a\n\"b\"c\n", "[a]\n", -EBADMSG },
	{ "a\n\"b\" ,c\n", "[a]\n", -EBADMSG },
	{ "a\n\"b\"\rc\n", "[a]\n", -EBADMSG },
	{ "a\n\"b\"\r,c\n", "[a]\n", -EBADMSG },
	{ "\"\"a\"\n", "", -EBADMSG },
};

/* With its NUL. */
static void put(char *to, const char *text)
{
	memcpy(to, text, strlen(text) + 1);
}

static void assert_seen(const struct feed *f, const char *records, size_t len)
{
	assert_int_equal(f->seen.len, len);
	if (len)
		assert_memory_equal(f->seen.p, records, len);
}

static void same_records_however_bytes_arrive(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 3, 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(examples) * ARRAY_LEN(steps); i++) {
		const struct example *e = &examples[i % ARRAY_LEN(examples)];
		struct feed f = { .bytes = e->text,
			.len = strlen(e->text),
			.step = steps[i / ARRAY_LEN(examples)] };

		print_message("%zu at a time: %s\n", f.step, e->text);
		assert_int_equal(read_all(&f), e->r);
		assert_seen(&f, e->records, strlen(e->records));
		buf_finish(&f.seen);
	}
}

/* The blocks that are scanned begin with the record, so what stands before moves all
 * in them. */
static void same_records_wherever_they_stand_in_a_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		const struct example *e = &examples[i];

		if ((e->text[0] & 0x80) != 0 || e->records[0] == '\0')
			continue;
		print_message("%s\n", e->text);
		for (size_t shift = 1; shift < 140; shift++) {
			char text[256], records[256];
			struct feed f = { .bytes = text };

			memset(text, 'x', shift);
			text[shift] = ',';
			put(text + shift + 1, e->text);
			records[0] = '[';
			memset(records + 1, 'x', shift);
			records[shift + 1] = ']';
			put(records + shift + 2, e->records);
			f.len = strlen(text);
			assert_int_equal(read_all(&f), e->r);
			assert_seen(&f, records, strlen(records));
			buf_finish(&f.seen);
		}
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* One field, as it is written and as it must be read. */
static void make_field(struct buf *text, struct buf *records, uint32_t *seed)
{
	static const char alphabet[] = "ab,\"\n\r 7";
	bool quoted = next_random(seed) % 8 == 0;
	size_t len = next_random(seed) % 3 ? 0 : next_random(seed) % 40;

	if (next_random(seed) % 500 == 0)
		len = next_random(seed) % 2000;
	if (quoted)
		assert_int_equal(buf_append_byte(text, '"'), 0);
	assert_int_equal(buf_append_byte(records, quoted ? '<' : '['), 0);
	for (size_t i = 0; i < len; i++) {
		char c = quoted ? alphabet[next_random(seed) % 8] : 'a';

		if (c == '"')
			assert_int_equal(buf_append_byte(text, c), 0);
		assert_int_equal(buf_append_byte(text, c), 0);
		assert_int_equal(buf_append_byte(records, c), 0);
	}
	if (quoted)
		assert_int_equal(buf_append_byte(text, '"'), 0);
	assert_int_equal(buf_append_byte(records, quoted ? '>' : ']'), 0);
}

static void many_random_records_are_read_as_they_were_made(void **state)
{
	static const size_t steps[] = { 0, 1, 61, 4096, 262143 };
	struct buf text = BUF_INIT(1 << 26), records = BUF_INIT(1 << 26);
	uint32_t seed = 4;
	struct feed f = { 0 };

	(void)state;
	while (text.len < (size_t)2 * 1024 * 1024) {
		size_t fields = 2 + next_random(&seed) % 150;

		for (size_t i = 0; i < fields; i++) {
			if (i > 0)
				assert_int_equal(buf_append_byte(&text, ','), 0);
			make_field(&text, &records, &seed);
		}
		assert_int_equal(buf_append_text(&text, seed & 256 ? "\n" : "\r\n"), 0);
		assert_int_equal(buf_append_byte(&records, '\n'), 0);
	}
	f.bytes = text.p;
	f.len = text.len;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		f.step = steps[i];
		assert_int_equal(read_all(&f), 0);
		assert_seen(&f, records.p, records.len);
	}
	buf_finish(&f.seen);
	buf_finish(&text);
	buf_finish(&records);
}

static void a_nul_byte_is_refused_anywhere(void **state)
{
	static const char text[] = "a,b\n1,\"2\n\"\"\"\r\n\n3,4\n";
	static const char *const before[] = { "", "[a][b]\n", "[a][b]\n[1]<2\n\">\n",
		"[a][b]\n[1]<2\n\">\n[3][4]\n" };

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		char bytes[sizeof(text)];
		/* Records end before bytes 4, 14 and 19. */
		const char *records = before[(at >= 4) + (at >= 14) + (at >= 19)];
		struct feed f = { .bytes = bytes, .len = sizeof(text) };

		memcpy(bytes, text, sizeof(text));
		bytes[at] = '\0';
		for (f.step = 0; f.step < 3; f.step++) {
			assert_int_equal(read_all(&f), -EBADMSG);
			assert_seen(&f, records, strlen(records));
			assert_non_null(strstr(f.why.text, "NUL"));
			assert_non_null(strstr(f.why.text, "costs.csv"));
		}
		buf_finish(&f.seen);
	}
}

static void an_error_of_the_source_comes_behind_the_records_before_it(void **state)
{
	static const char text[] = "a,b\n1,2\n3,4";
	static const int errors[] = { -EIO, -ESTALE, -EBADMSG, -EFBIG, -ENOMEM };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct feed f = {
			.bytes = text, .len = sizeof(text) - 1, .error = errors[i]
		};

		for (f.step = 0; f.step < 3; f.step++) {
			assert_int_equal(read_all(&f), errors[i]);
			assert_seen(&f, "[a][b]\n[1][2]\n", 14);
			assert_string_equal(f.why.text, "the source fails");
		}
		buf_finish(&f.seen);
	}
}

static void fields_are_limited(void **state)
{
	static const struct {
		size_t commas;
		const char *end;
		int r;
	} cases[] = { { 4094, "\n", 0 }, { 4095, "\n", 0 }, { 4095, "", 0 },
		{ 4095, "\"\"\n", 0 }, { 4096, "\n", -E2BIG }, { 4096, "", -E2BIG },
		{ 4096, "\"\"\n", -E2BIG }, { 4096, "\"\",\n", -E2BIG },
		{ 4097, "\n", -E2BIG }, { 9000, "\n", -E2BIG } };
	static char text[10000];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		size_t commas = cases[i / 2].commas;
		struct feed f = { .bytes = text, .step = i % 2 };

		print_message("%zu commas, step %zu\n", commas, f.step);
		memset(text, ',', commas);
		put(text + commas, cases[i / 2].end);
		f.len = strlen(text);
		assert_int_equal(read_all(&f), cases[i / 2].r);
		assert_int_equal(f.seen.len, cases[i / 2].r ? 0 : 2 * (commas + 1) + 1);
		buf_finish(&f.seen);
	}
}

static void records_are_limited(void **state)
{
	enum { ROOM = 32 };
	static const struct {
		const char *begin, *end;
		size_t len; /* of the record, without its line end */
		int r;
	} cases[] = {
		{ "", "\n", CSV_RECORD_MAX, 0 },
		{ "", "\r\n", CSV_RECORD_MAX, 0 },
		{ "", "", CSV_RECORD_MAX, 0 },
		{ "", "\r", CSV_RECORD_MAX, 0 },
		{ "\"", "\"\n", CSV_RECORD_MAX, 0 },
		{ "\"", "\"\r\nab\n", CSV_RECORD_MAX, 0 },
		{ "", "\n", CSV_RECORD_MAX + 1, -EFBIG },
		{ "", "\r\n", CSV_RECORD_MAX + 1, -EFBIG },
		{ "", "", CSV_RECORD_MAX + 1, -EFBIG },
		{ "", "\r", CSV_RECORD_MAX + 1, -EFBIG },
		{ "\"", "\"\n", CSV_RECORD_MAX + 1, -EFBIG },
		{ "\"", "\"x\n", CSV_RECORD_MAX + 2, -EFBIG },
		{ "", "\n", CSV_RECORD_MAX + 2, -EFBIG },
		{ "\"", "", (size_t)CSV_RECORD_MAX * 2, -EFBIG },
	};
	char *text = malloc((size_t)CSV_RECORD_MAX * 2 + ROOM);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t quotes = strlen(cases[i].begin);
		struct feed f = { .bytes = text, .step = i % 2 ? 65521 : 0 };

		print_message("case %zu\n", i);
		memset(text, 'x', cases[i].len);
		memcpy(text, cases[i].begin, quotes);
		put(text + cases[i].len - quotes, cases[i].end);
		f.len = strlen(text);
		assert_int_equal(read_all(&f), cases[i].r);
		if (cases[i].r == 0)
			assert_true(f.seen.len >= CSV_RECORD_MAX);
		buf_finish(&f.seen);
	}
	free(text);
}

static void what_is_wrong_is_said_with_the_record(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "a\nb\n\"c", "costs.csv: record 3 has a quote that does not end" },
		{ "a\n\n\"b\"c\n",
			"costs.csv: record 2 has text behind a closing quote" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct feed f = { .bytes = cases[i].text, .len = strlen(cases[i].text) };

		assert_int_equal(read_all(&f), -EBADMSG);
		assert_string_equal(f.why.text, cases[i].says);
		buf_finish(&f.seen);
	}
	csv_reader_free(NULL);
}

static void blocks_are_classified_alike_by_both_ways(void **state)
{
	static const char alphabet[] = ",\"\n\r\0\x80\xff\xac-+!a \x0b#\t";
	uint32_t seed = 9;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char bytes[CSV_BLOCK];
		struct csv_block slow, fast;

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = i % 2
				? (char)next_random(&seed)
				: alphabet[next_random(&seed) % sizeof(alphabet)];
		slow = csv_block_scalar(bytes);
		fast = csv_block(bytes);
		assert_int_equal(slow.commas, fast.commas);
		assert_int_equal(slow.others, fast.others);
	}
	assert_int_equal(csv_block_scalar(",aaaaaaa\"aaaaaa\n\raaaaaa,bbbbbbbb"
					  ",,cccccccccccccccccccccccccccc,,")
				 .commas,
		UINT64_C(0xc000000300800001));
	assert_int_equal(csv_block_scalar("xaaaaaaa\"aaaaaa\n\raaaaaaaabbbbbbb"
					  "aaccccccccccccccccccccccccccccc\"")
				 .others,
		UINT64_C(0x8000000000018100));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_records_however_bytes_arrive),
		cmocka_unit_test(same_records_wherever_they_stand_in_a_block),
		cmocka_unit_test(many_random_records_are_read_as_they_were_made),
		cmocka_unit_test(a_nul_byte_is_refused_anywhere),
		cmocka_unit_test(
			an_error_of_the_source_comes_behind_the_records_before_it),
		cmocka_unit_test(fields_are_limited),
		cmocka_unit_test(records_are_limited),
		cmocka_unit_test(what_is_wrong_is_said_with_the_record),
		cmocka_unit_test(blocks_are_classified_alike_by_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
