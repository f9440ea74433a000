/* The limits that parquet.h states: what is at them is read, what is over them refused,
 * and no more is held than they allow. */
#include "tests/cmocka.h"

#include <errno.h>
#include <malloc.h>

#include "tests/aws/parquet/case.h"

enum { INT32 = 1, BYTE_ARRAY = 6 };
enum { REQUIRED, OPTIONAL, REPEATED };
enum { DATA, INDEX, DICTIONARY };
enum { RLE_DICTIONARY = 8, MEBIBYTE = 1024 * 1024 };

struct open_file {
	struct memory_object object;
	struct memory_source source;
	struct object_info info;
	char key[2];
	struct fault why;
	struct parquet *p;
};

static int open_file(
	const struct made_file *m, const struct parquet_options *o, struct open_file *f)
{
	*f = (struct open_file){ .object = { "x", m->bytes.p, m->bytes.len },
		.key = "x" };
	memory_source_init(&f->source, &f->object, 1);
	f->info = memory_info_of(&f->source, &f->object, f->key);
	return parquet_open(&f->source.base, &f->info, o, &f->p, &f->why);
}

/* A file of any size, of which only the last bytes are anything. */
struct vast {
	struct object_source base;
	uint64_t asked; /* bytes */
	unsigned char end[8];
};

static ssize_t vast_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	struct vast *v = (struct vast *)(void *)s;
	unsigned char *p = bytes;

	(void)why;
	memset(p, 0, len);
	for (size_t i = 0; i < sizeof(v->end); i++) {
		uint64_t at = object->size_bytes - sizeof(v->end) + i;

		if (at >= offset && at - offset < len)
			p[at - offset] = v->end[i];
	}
	v->asked += len;
	return (ssize_t)len;
}

/* By its last bytes alone: nothing is taken for what a footer claims to be. */
static void a_footer_over_the_limit_is_refused_unread(void **state)
{
	static const struct object_ops ops = { .read = vast_read };
	static const struct {
		uint64_t footer;
		int error;
		const char *text;
	} cases[] = {
		{ PARQUET_FOOTER_MAX, -EBADMSG, "x: its footer is damaged" },
		{ PARQUET_FOOTER_MAX + 1, -EFBIG,
			"x: has a footer of 67108865 bytes, and 67108864 are the most" },
		{ UINT32_MAX, -EFBIG,
			"x: has a footer of 4294967295 bytes, and 67108864 are the "
			"most" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct vast v = { .base = { .ops = &ops, .name = "vast:" } };
		char key[] = "x";
		const struct object_info o = { .key = key,
			.size_bytes = UINT64_C(1) << 50 };
		struct fault why = { 0 };
		struct parquet *p = NULL;

		for (unsigned k = 0; k < 4; k++)
			v.end[k] = (unsigned char)(cases[i].footer >> (8 * k));
		memcpy(v.end + 4, "PAR1", 4);
		assert_int_equal(
			parquet_open(&v.base, &o, NULL, &p, &why), cases[i].error);
		assert_string_equal(why.text, cases[i].text);
		assert_true(v.asked <= (cases[i].error == -EFBIG
						       ? MEBIBYTE / 4
						       : PARQUET_FOOTER_MAX + MEBIBYTE));
	}
}

static void row_groups_have_a_limit(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		struct open_file f;
		struct made_file m;

		made_begin(&m);
		made_root(&m, 1);
		made_text_column(&m, "t", OPTIONAL);
		for (int i = 0; i < PARQUET_GROUPS_MAX + over; i++)
			made_group(&m, 0);
		made_end_file(&m);
		assert_int_equal(open_file(&m, NULL, &f), over ? -E2BIG : 0);
		if (over)
			assert_string_equal(
				f.why.text, "x: it has too many columns or row groups");
		else
			assert_int_equal(parquet_group_count(f.p), PARQUET_GROUPS_MAX);
		parquet_close(f.p);
		made_finish(&m);
	}
}

/* One row whose list has count texts: some forty bytes. */
static void make_list(struct made_file *m, uint32_t count)
{
	struct buf levels = BUF_INIT(100), body = BUF_INIT(100), text = BUF_INIT(100);

	made_begin(m);
	made_root(m, 1);
	made_text_column(m, "l", REPEATED);
	made_text(&text, "a");
	made_page(m,
		&(struct made_page){
			.type = DICTIONARY, .values = 1, .body = buf_span(&text) });
	made_varint(&levels, 1 << 1);
	assert_int_equal(buf_append_byte(&levels, 0), 0);
	made_varint(&levels, (uint64_t)(count - 1) << 1);
	assert_int_equal(buf_append_byte(&levels, 1), 0);
	made_u32(&body, (uint32_t)levels.len);
	assert_int_equal(buf_append_span(&body, buf_span(&levels)), 0);
	buf_clear(&levels);
	made_varint(&levels, (uint64_t)count << 1);
	assert_int_equal(buf_append_byte(&levels, 1), 0);
	made_u32(&body, (uint32_t)levels.len);
	assert_int_equal(buf_append_span(&body, buf_span(&levels)), 0);
	assert_int_equal(buf_append_byte(&body, 1), 0); /* bits of an index */
	made_varint(&body, (uint64_t)count << 1);
	assert_int_equal(buf_append_byte(&body, 0), 0);
	made_page(m,
		&(struct made_page){ .values = count,
			.encoding = RLE_DICTIONARY,
			.body = buf_span(&body) });
	made_chunk(m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = count });
	made_group(m, 1);
	made_end_file(m);
	buf_finish(&levels);
	buf_finish(&body);
	buf_finish(&text);
}

static void lists_of_few_bytes_have_a_limit(void **state)
{
	(void)state;
	for (uint32_t over = 0; over < 2; over++) {
		struct parquet_batch batch;
		struct open_file f;
		struct made_file m;
		uint32_t column = 0;

		make_list(&m, PARQUET_ENTRIES_MAX + over);
		assert_int_equal(open_file(&m, NULL, &f), 0);
		assert_int_equal(parquet_pick(f.p, &column, 1, NULL), 0);
		assert_int_equal(parquet_begin(f.p, 0, NULL), 0);
		assert_int_equal(parquet_next(f.p, &batch, &f.why), over ? -EFBIG : 1);
		if (over)
			assert_string_equal(f.why.text,
				"x: column \"l\": has too much in a few rows");
		else
			assert_int_equal(batch.columns[0].starts[1], PARQUET_ENTRIES_MAX);
		assert_true(parquet_memory_peak(f.p) < (size_t)64 * MEBIBYTE);
		parquet_close(f.p);
		made_finish(&m);
	}
}

/* Bytes of the heap; 0 where something else than glibc keeps it. */
static size_t heap_bytes(void)
{
	struct mallinfo2 all = mallinfo2();

	return all.uordblks + all.hblkhd;
}

/* As many as there may be, of which a footer of a megabyte tells. */
static void columns_take_what_is_stated(void **state)
{
	enum { COLUMNS = 65535, LIMIT = 16 * MEBIBYTE, A_COLUMN = 300 };
	static uint32_t columns[COLUMNS];
	const struct parquet_options options = { .memory_bytes = LIMIT };
	struct open_file f;
	struct made_file m;
	uint64_t bytes;
	size_t before;

	(void)state;
	made_begin(&m);
	made_root(&m, COLUMNS);
	for (uint32_t i = 0; i < COLUMNS; i++) {
		made_text_column(&m, "t", OPTIONAL);
		made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY });
		columns[i] = i;
	}
	made_group(&m, 0);
	made_end_file(&m);
	before = heap_bytes();
	assert_int_equal(open_file(&m, &options, &f), 0);
	assert_int_equal(parquet_group_bytes(f.p, 0, &bytes, NULL), 0);
	assert_true(heap_bytes() - before <= LIMIT + (size_t)COLUMNS * A_COLUMN);
	assert_int_equal(parquet_pick(f.p, columns, COLUMNS, &f.why), -EFBIG);
	assert_string_equal(
		f.why.text, "x: column \"t\": takes more memory than is allowed");
	assert_true(parquet_memory_peak(f.p) <= LIMIT);
	assert_int_equal(parquet_pick(f.p, columns, 10, &f.why), 0);
	print_message("  %zu bytes a column beside what is limited\n",
		(heap_bytes() - before) / COLUMNS);
	parquet_close(f.p);
	made_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_footer_over_the_limit_is_refused_unread),
		cmocka_unit_test(row_groups_have_a_limit),
		cmocka_unit_test(lists_of_few_bytes_have_a_limit),
		cmocka_unit_test(columns_take_what_is_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
