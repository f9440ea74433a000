/* Files that are damaged, or made to harm: refused by name, and nothing worse. */
#include "tests/cmocka.h"

#include <errno.h>

#include "tests/aws/parquet/case.h"

enum { INT32 = 1, BYTE_ARRAY = 6 };
enum { DATA, INDEX, DICTIONARY, DATA_V2 };

#define BODY(...)                                                                        \
	((struct span){ (const char *)(const unsigned char[]){ __VA_ARGS__ },            \
		sizeof((const unsigned char[]){ __VA_ARGS__ }) })

static void text_file(struct made_file *m)
{
	made_begin(m);
	made_element(m,
		&(struct made_element){
			.name = "root", .type = -1, .children = 1, .converted = -1 });
	made_element(m,
		&(struct made_element){ .name = "t",
			.type = BYTE_ARRAY,
			.repetition = 1,
			.converted = 0 });
}

static int read_file(struct span file, const struct reading *how, struct fault *why)
{
	struct buf got = BUF_INIT(64 << 20);
	int r;

	*why = (struct fault){ 0 };
	r = case_read(file, how, &got, why);
	buf_finish(&got);
	return r;
}

struct hostile {
	struct made_page pages[2];
	struct made_chunk chunk; /* values 0: those of the pages */
	int64_t rows; /* 0: as many */
	int error;
	const char *text;
};

static void check_hostile(const struct hostile *h)
{
	struct made_chunk chunk = h->chunk;
	struct made_file m;
	struct fault why;
	int64_t values = 0;
	int r;

	text_file(&m);
	for (size_t i = 0; i < 2 && (h->pages[i].values || h->pages[i].body.len); i++) {
		made_page(&m, &h->pages[i]);
		if (h->pages[i].type != DICTIONARY)
			values += h->pages[i].values;
	}
	chunk.type = chunk.type ? chunk.type : BYTE_ARRAY;
	chunk.values = chunk.values ? chunk.values : values;
	made_chunk(&m, &chunk);
	made_group(&m, h->rows ? h->rows : values);
	made_end_file(&m);
	r = read_file(buf_span(&m.bytes), NULL, &why);
	if (r != h->error || !strstr(why.text, h->text))
		fail_msg("%d \"%s\", want %d \"%s\"", r, why.text, h->error, h->text);
	assert_true(strstr(why.text, "x: ") == why.text);
	made_finish(&m);
}

#define TEXT(literal)                                                                    \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}
/* One text "ab": a level, then four bytes of length. */
#define GOOD TEXT("\2\0\0\0\2\1\2\0\0\0ab")
#define TWO TEXT("\2\0\0\0ab")
#define INDEX_BODY TEXT("\2\0\0\0\2\1\1\2\1")

static const struct hostile wrongs[] = {
	{ { { .values = 1, .body = GOOD, .crc = MADE_CRC_WRONG } }, .error = -EBADMSG,
		.text = "column \"t\": the page at byte" },
	{ { { .values = 1, .body = GOOD, .stored = 1 << 20 } }, .error = -EBADMSG,
		.text = "ends early" },
	{ { { .values = 1, .body = GOOD, .bytes = INT32_MAX } }, .chunk.codec = 1,
		.error = -EFBIG, .text = "are the most" },
	{ { { .values = 1, .body = GOOD, .bytes = 13 } }, .error = -EBADMSG,
		.text = "cannot be inflated" },
	{ { { .values = 1, .body = GOOD, .bytes = -5 } }, .error = -EBADMSG,
		.text = "is damaged" },
	{ { { .values = -1, .body = GOOD } }, .chunk.values = 1, .rows = 1,
		.error = -EBADMSG, .text = "is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.codec = 3, .error = -ENOTSUP,
		.text = "is compressed by LZO, which is not read" },
	{ { { .values = 1, .body = GOOD } }, .chunk.codec = 99, .error = -ENOTSUP,
		.text = "unknown" },
	{ { { .values = 1, .body = GOOD, .encoding = 5 } }, .error = -ENOTSUP,
		.text = "is written in DELTA_BINARY_PACKED, which is not read" },
	{ { { .values = 1, .body = GOOD, .def_encoding = 7 } }, .error = -ENOTSUP,
		.text = "has levels in DELTA_BYTE_ARRAY" },
	{ { { .values = 1, .body = TEXT("\11\0\0\0\2\1") } }, .error = -EBADMSG,
		.text = "is damaged" },
	{ { { .values = 2, .body = GOOD } }, .error = -EBADMSG,
		.text = "values that are damaged" },
	{ { { .values = 1, .body = TEXT("\2\0\0\0\2\1\3\0\0\0ab") } }, .error = -EBADMSG,
		.text = "values that are damaged" },
	{ { { .values = 1, .body = GOOD } }, .rows = 2, .error = -EBADMSG,
		.text = "fewer values than there are rows" },
	{ { { .values = 1, .body = GOOD }, { .values = 1, .body = GOOD } }, .rows = 1,
		.error = -EBADMSG, .text = "more values than there are rows" },
	{ { { .values = 1, .body = INDEX_BODY, .encoding = 8 } }, .error = -EBADMSG,
		.text = "values that are damaged" },
	{ { { .type = DICTIONARY, .values = 1, .body = TWO },
		  { .values = 1, .body = INDEX_BODY, .encoding = 8 } },
		.error = -EBADMSG, .text = "values that are damaged" },
	{ { { .type = DICTIONARY, .values = 0, .body = TWO },
		  { .values = 1, .body = INDEX_BODY, .encoding = 8 } },
		.error = -EBADMSG, .text = "values that are damaged" },
	{ { { .type = DICTIONARY, .values = 2, .body = TWO },
		  { .values = 1, .body = INDEX_BODY, .encoding = 8 } },
		.error = -EBADMSG, .text = "dictionary that is damaged" },
	{ { { .type = DICTIONARY, .values = INT32_MAX, .body = TWO },
		  { .values = 1, .body = GOOD } },
		.error = -EBADMSG, .text = "dictionary that is damaged" },
	{ { { .type = DICTIONARY, .values = 1, .body = TWO },
		  { .type = DICTIONARY, .values = 1, .body = TWO } },
		.chunk.values = 1, .rows = 1, .error = -EBADMSG,
		.text = "a second dictionary" },
	{ { { .type = DICTIONARY, .values = 1, .encoding = 7, .body = TWO } },
		.chunk.values = 1, .rows = 1, .error = -ENOTSUP,
		.text = "dictionary in DELTA_BYTE_ARRAY" },
	{ { { .type = DATA_V2, .values = 1, .def_bytes = 100, .body = GOOD } },
		.error = -EBADMSG, .text = "is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.type = INT32, .error = -EBADMSG,
		.text = "row group 0 is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.offset = 1 << 20, .error = -EBADMSG,
		.text = "row group 0 is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.offset = INT64_MAX,
		.chunk.len = INT64_MAX, .error = -EBADMSG,
		.text = "row group 0 is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.len = -1, .error = -EBADMSG,
		.text = "row group 0 is damaged" },
	{ { { .values = 1, .body = GOOD } }, .chunk.values = -1, .error = -EBADMSG,
		.text = "row group 0 is damaged" },
};

static void what_is_wrong_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
		print_message("%zu\n", i);
		check_hostile(&wrongs[i]);
	}
}

static void one_text(struct made_file *m)
{
	text_file(m);
	made_page(m,
		&(struct made_page){ .values = 1,
			.body = BODY(2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 'a', 'b') });
	made_chunk(m,
		&(struct made_chunk){ .type = BYTE_ARRAY,
			.values = 1,
			.min = SPAN("ab"),
			.max = SPAN("ab") });
	made_group(m, 1);
	made_end_file(m);
}

static void a_file_that_is_cut_anywhere_is_refused(void **state)
{
	struct made_file m;
	struct fault why;

	(void)state;
	one_text(&m);
	assert_int_equal(read_file(buf_span(&m.bytes), NULL, &why), 0);
	for (size_t len = 0; len < m.bytes.len; len++) {
		/* Of its own, so that a sanitizer sees a read behind the end. */
		char *cut = malloc(len ? len : 1);

		assert_non_null(cut);
		memcpy(cut, m.bytes.p, len);
		assert_int_equal(
			read_file((struct span){ cut, len }, NULL, &why), -EBADMSG);
		assert_non_null(strstr(why.text, "x: "));
		free(cut);
	}
	made_finish(&m);
}

static bool is_listed(int r)
{
	return r == 0 || r == -EBADMSG || r == -ENOTSUP || r == -E2BIG || r == -EFBIG;
}

static void a_byte_that_is_wrong_harms_nothing(void **state)
{
	static const unsigned char wrong[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct made_file m;
	struct fault why;

	(void)state;
	one_text(&m);
	for (size_t i = 0; i < m.bytes.len; i++) {
		char was = m.bytes.p[i];

		for (size_t k = 0; k < ARRAY_LEN(wrong) + 2; k++) {
			m.bytes.p[i] = k < ARRAY_LEN(wrong) ? (char)wrong[k]
				: k == ARRAY_LEN(wrong)	    ? (char)(was + 1)
							    : (char)(was - 1);
			/* A wrong count of rows may be large: not all are read. */
			if (!is_listed(read_file(buf_span(&m.bytes), NULL, &why)))
				fail_msg("byte %zu, %zu: %s", i, k, why.text);
		}
		m.bytes.p[i] = was;
	}
	made_finish(&m);
}

static void footers_that_are_none_are_refused(void **state)
{
	static const struct {
		struct span file;
		int error;
		const char *text;
	} cases[] = {
		{ { "", 0 }, -EBADMSG, "x: is no Parquet file, or ends early" },
		{ { "PAR1PAR", 7 }, -EBADMSG, "x: is no Parquet file, or ends early" },
		{ { "PAR1\0\0\0\0PAR1", 12 }, -EBADMSG, "x: its footer is damaged" },
		{ { "PAR1\5\0\0\0PAR1", 12 }, -EBADMSG,
			"x: has a footer longer than itself" },
		{ { "PAR1\4\0\0\0PARE", 12 }, -ENOTSUP,
			"x: is encrypted, which is not read" },
		{ { "\x1f\x8b\0\0\0\0\0\0\0\0\0\0", 12 }, -EBADMSG,
			"x: is no Parquet file, or ends early" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault why;

		print_message("%zu\n", i);
		assert_int_equal(read_file(cases[i].file, NULL, &why), cases[i].error);
		assert_string_equal(why.text, cases[i].text);
	}
}

/* elements: name, children; the last is a leaf. */
static int read_schema(int depth, int columns, bool is_root_wrong, struct fault *why)
{
	struct made_file m;
	int r;

	made_begin(&m);
	made_element(&m,
		&(struct made_element){ .name = "root",
			.type = -1,
			.children = columns + is_root_wrong,
			.converted = -1 });
	for (int c = 0; c < columns; c++) {
		for (int d = 1; d < depth; d++)
			made_element(&m,
				&(struct made_element){ .name = "group",
					.type = -1,
					.children = 1,
					.converted = -1 });
		made_element(&m,
			&(struct made_element){
				.name = "leaf", .type = INT32, .converted = -1 });
	}
	made_end_file(&m);
	*why = (struct fault){ 0 };
	r = read_file(buf_span(&m.bytes),
		&(struct reading){ .columns = "no such column" }, why);
	made_finish(&m);
	return r;
}

static void schemas_have_limits(void **state)
{
	struct fault why;

	(void)state;
	/* Open, and then without that column. */
	assert_int_equal(read_schema(1, 1, false, &why), -ENOENT);
	assert_int_equal(read_schema(24, 1, false, &why), -ENOENT);
	assert_int_equal(read_schema(25, 1, false, &why), -E2BIG);
	assert_int_equal(read_schema(1, 65535, false, &why), -ENOENT);
	assert_int_equal(read_schema(1, 65536, false, &why), -E2BIG);
	assert_int_equal(read_schema(1, 1, true, &why), -EBADMSG);
	assert_string_equal(why.text, "x: its footer is damaged");
}

/* A prefix that is shared again and again makes much of little: up to the limit. */
static void texts_that_grow_without_end_are_refused(void **state)
{
	enum { FIRST = 100000, MEGABYTE = 1 << 20 };
	struct buf body = BUF_INIT(1 << 20);
	struct reading how = { .options = { .memory_bytes = 16 * (size_t)MEGABYTE } };
	struct made_file m;
	struct fault why;

	(void)state;
	/* Nine prefixes: 0, then FIRST each: a difference of FIRST, then none. */
	made_varint(&body, 8);
	made_varint(&body, 1);
	made_varint(&body, 9);
	made_varint(&body, 0);
	made_varint(&body, 0);
	assert_int_equal(buf_append_byte(&body, 17), 0);
	for (int i = 0; i < 17; i++)
		assert_int_equal(buf_append_byte(&body,
					 (char)(i < 3 ? FIRST >> (8 * i) & 255 : 0)),
			0);
	/* Lengths: FIRST, then 0: a difference of -FIRST, then 0. */
	made_varint(&body, 8);
	made_varint(&body, 1);
	made_varint(&body, 9);
	made_varint(&body, (uint64_t)2 * FIRST);
	made_varint(&body, (uint64_t)2 * FIRST - 1);
	assert_int_equal(buf_append_byte(&body, 17), 0);
	for (int i = 0; i < 17; i++) {
		/* The first number is 0, the others FIRST: bit by bit. */
		unsigned byte = 0;

		for (int b = 0; b < 8; b++) {
			int at = 8 * i + b;

			byte |= (unsigned)(at >= 17 && FIRST >> (at % 17) & 1) << b;
		}
		assert_int_equal(buf_append_byte(&body, (char)byte), 0);
	}
	for (int i = 0; i < FIRST; i++)
		assert_int_equal(buf_append_byte(&body, 'x'), 0);
	made_begin(&m);
	made_element(&m,
		&(struct made_element){
			.name = "root", .type = -1, .children = 1, .converted = -1 });
	made_element(&m,
		&(struct made_element){
			.name = "t", .type = BYTE_ARRAY, .converted = 0 });
	for (int page = 0; page < 30; page++)
		made_page(&m,
			&(struct made_page){
				.values = 9, .encoding = 7, .body = buf_span(&body) });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 270 });
	made_group(&m, 270);
	made_end_file(&m);
	assert_int_equal(read_file(buf_span(&m.bytes), &how, &why), -EFBIG);
	assert_string_equal(why.text, "x: column \"t\": has too much in a few rows");
	how.options.memory_bytes = 64 * (size_t)MEGABYTE;
	assert_int_equal(read_file(buf_span(&m.bytes), &how, &why), 0);
	buf_finish(&body);
	made_finish(&m);
}

static void all_that_is_held_stays_below_the_limit(void **state)
{
	struct reading how = { .options = { .memory_bytes = 1 } };
	struct made_file m;
	struct fault why;
	int r = -EFBIG;

	(void)state;
	one_text(&m);
	for (; r == -EFBIG; how.options.memory_bytes += 64) {
		assert_true(how.options.memory_bytes < 200000);
		r = read_file(buf_span(&m.bytes), &how, &why);
		assert_true(r == 0 || why.error == -EFBIG);
	}
	assert_int_equal(r, 0);
	made_finish(&m);
}

static void faults_of_the_source_come_through(void **state)
{
	struct made_file m;
	char key[] = "x";

	(void)state;
	one_text(&m);
	for (uint64_t at = 0; at < m.bytes.len; at += 3) {
		struct memory_object o = { "x", m.bytes.p, m.bytes.len };
		struct memory_source s;
		struct object_info info;
		struct fault why = { 0 };
		struct parquet *p = NULL;
		const uint32_t pick = 0;
		struct parquet_batch batch;
		int r;

		memory_source_init(&s, &o, 1);
		s.fail_at = at;
		s.fail_error = -EACCES;
		info = memory_info_of(&s, &o, key);
		r = parquet_open(&s.base, &info, NULL, &p, &why);
		assert_int_equal(r, -EACCES);
		assert_null(p);
		s.fail_error = 0;
		assert_int_equal(parquet_open(&s.base, &info, NULL, &p, &why), 0);
		assert_int_equal(parquet_pick(p, &pick, 1, &why), 0);
		s.version++; /* it was replaced */
		assert_int_equal(parquet_begin(p, 0, &why), -ESTALE);
		s.version--;
		assert_int_equal(parquet_begin(p, 0, &why), 0);
		assert_int_equal(parquet_next(p, &batch, &why), 1);
		parquet_close(p);
	}
	made_finish(&m);
}

static void failure_is_sticky_until_the_next_group(void **state)
{
	struct memory_object o;
	struct memory_source s;
	struct object_info info;
	struct parquet_batch batch = { .rows = 77 };
	struct parquet *p;
	struct made_file m;
	const uint32_t pick = 0;
	char key[] = "x";

	(void)state;
	text_file(&m);
	made_page(&m, &(struct made_page){ .values = 2, .body = BODY(2, 0, 0, 0, 4, 1) });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 2 });
	made_group(&m, 2);
	made_page(&m, &(struct made_page){ .values = 1, .body = BODY(2, 0, 0, 0, 2, 0) });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 1 });
	made_group(&m, 1);
	made_end_file(&m);
	o = (struct memory_object){ "x", m.bytes.p, m.bytes.len };
	memory_source_init(&s, &o, 1);
	info = memory_info_of(&s, &o, key);
	assert_int_equal(parquet_open(&s.base, &info, NULL, &p, NULL), 0);
	assert_int_equal(parquet_pick(p, &(uint32_t){ 1 }, 1, NULL), -EINVAL);
	assert_int_equal(parquet_pick(p, &pick, 1, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), 0);
	assert_int_equal(parquet_begin(p, 0, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), -EBADMSG);
	assert_int_equal(parquet_next(p, &batch, NULL), -EBADMSG);
	assert_int_equal(batch.rows, 77);
	assert_int_equal(parquet_begin(p, 1, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), 1);
	assert_null(parquet_cell(&batch.columns[0].values, 0).p);
	assert_int_equal(parquet_next(p, &batch, NULL), 0);
	parquet_close(p);
	parquet_close(NULL);
	made_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(a_file_that_is_cut_anywhere_is_refused),
		cmocka_unit_test(a_byte_that_is_wrong_harms_nothing),
		cmocka_unit_test(footers_that_are_none_are_refused),
		cmocka_unit_test(schemas_have_limits),
		cmocka_unit_test(texts_that_grow_without_end_are_refused),
		cmocka_unit_test(all_that_is_held_stays_below_the_limit),
		cmocka_unit_test(faults_of_the_source_come_through),
		cmocka_unit_test(failure_is_sticky_until_the_next_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
