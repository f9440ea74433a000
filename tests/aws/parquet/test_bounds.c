/* What may be passed over: bounds and dictionaries. */
#include "tests/cmocka.h"

#include <errno.h>

#include "tests/aws/parquet/case.h"

enum { INT32 = 1, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { REQUIRED, OPTIONAL, REPEATED };
enum { DATA, INDEX, DICTIONARY, DATA_V2 };
enum { RLE_DICTIONARY = 8 };

#define BODY(...)                                                                        \
	((struct span){ (const char *)(const unsigned char[]){ __VA_ARGS__ },            \
		sizeof((const unsigned char[]){ __VA_ARGS__ }) })

/* One optional column of texts. */
static void optional_texts(struct made_file *m)
{
	made_begin(m);
	made_root(m, 1);
	made_text_column(m, "t", OPTIONAL);
}

static void end_column(struct made_file *m, const struct made_chunk *c)
{
	made_chunk(m, c);
	made_group(m, c->values);
	made_end_file(m);
}

static struct span two_texts(struct buf *b)
{
	made_text(b, "one");
	made_text(b, "two");
	return buf_span(b);
}

struct open_file {
	struct memory_object object;
	struct memory_source source;
	struct object_info info;
	char key[2];
	struct parquet *p;
};

static void open_file(const struct made_file *m, struct open_file *f)
{
	*f = (struct open_file){ .object = { "x", m->bytes.p, m->bytes.len },
		.key = "x" };
	memory_source_init(&f->source, &f->object, 1);
	f->info = memory_info_of(&f->source, &f->object, f->key);
	assert_int_equal(parquet_open(&f->source.base, &f->info, NULL, &f->p, NULL), 0);
}

static void bounds_exclude_texts(void **state)
{
	static const struct {
		struct span min, max, old_min, old_max, text;
		bool may_hold;
	} cases[] = {
		{ .text = { "x", 1 }, .may_hold = true },
		{ { "b", 1 }, { "d", 1 }, .text = { "a", 1 }, .may_hold = false },
		{ { "b", 1 }, { "d", 1 }, .text = { "b", 1 }, .may_hold = true },
		{ { "b", 1 }, { "d", 1 }, .text = { "d", 1 }, .may_hold = true },
		{ { "b", 1 }, { "d", 1 }, .text = { "da", 2 }, .may_hold = false },
		{ { "b", 1 }, { "d", 1 }, .text = { "\xc3\xa4", 2 }, .may_hold = false },
		{ .old_min = { "b", 1 },
			.old_max = { "d", 1 },
			.text = { "a", 1 },
			.may_hold = false },
		{ .old_min = { "b", 1 },
			.old_max = { "d", 1 },
			.text = { "c", 1 },
			.may_hold = true },
		/* The order of older bounds is another one beyond ASCII. */
		{ .old_min = { "b", 1 },
			.old_max = { "d", 1 },
			.text = { "\xc3\xa4", 2 },
			.may_hold = true },
		{ .old_min = { "\xc3\xa4", 2 },
			.old_max = { "d", 1 },
			.text = { "e", 1 },
			.may_hold = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct open_file f;
		struct made_file m;
		bool may_hold = !cases[i].may_hold;

		print_message("%zu\n", i);
		optional_texts(&m);
		made_page(&m,
			&(struct made_page){ .values = 1,
				.body = BODY(2, 0, 0, 0, 2, 1, 1, 0, 0, 0, 'c') });
		end_column(&m,
			&(struct made_chunk){ .type = BYTE_ARRAY,
				.values = 1,
				.min = cases[i].min,
				.max = cases[i].max,
				.old_min = cases[i].old_min,
				.old_max = cases[i].old_max });
		open_file(&m, &f);
		assert_int_equal(
			parquet_group_may_hold(f.p, 0, 0, cases[i].text, &may_hold, NULL),
			0);
		assert_int_equal(may_hold, cases[i].may_hold);
		parquet_close(f.p);
		made_finish(&m);
	}
}

/* A writer may leave the dictionary half way: then it excludes nothing. */
static void a_dictionary_excludes_only_where_all_pages_use_it(void **state)
{
	struct buf texts = BUF_INIT(1 << 10);
	struct span dictionary = two_texts(&texts);

	(void)state;
	for (int variant = 0; variant < 3; variant++) {
		struct open_file f;
		struct made_file m;
		bool may_hold;

		optional_texts(&m);
		made_page(&m,
			&(struct made_page){
				.type = DICTIONARY, .values = 2, .body = dictionary });
		made_page(&m,
			&(struct made_page){ .type = DATA_V2,
				.values = 1,
				.encoding = RLE_DICTIONARY,
				.def_bytes = 2,
				.body = BODY(2, 1, 1, 2, 0) });
		if (variant == 2)
			made_page(&m,
				&(struct made_page){ .type = DATA_V2,
					.values = 1,
					.def_bytes = 2,
					.body = BODY(2, 1, 1, 0, 0, 0, 'z') });
		end_column(&m,
			&(struct made_chunk){ .type = BYTE_ARRAY,
				.values = variant == 2 ? 2 : 1,
				.is_dictionary_only = variant == 1 });
		open_file(&m, &f);
		assert_int_equal(
			parquet_group_may_hold(f.p, 0, 0, SPAN("z"), &may_hold, NULL), 0);
		assert_int_equal(may_hold, variant == 2);
		assert_int_equal(
			parquet_group_may_hold(f.p, 0, 0, SPAN("two"), &may_hold, NULL),
			0);
		assert_true(may_hold);
		parquet_close(f.p);
		made_finish(&m);
	}
	buf_finish(&texts);
}

static void bounds_are_told_as_texts(void **state)
{
	static const struct {
		int type, converted;
		struct span min, max; /* as stored */
		const char *min_text, *max_text; /* NULL: not told */
		bool is_old;
	} cases[] = {
		{ INT32, -1, { "\xff\xff\xff\xff", 4 }, { "\5\0\0\0", 4 }, "-1", "5", 0 },
		{ INT32, -1, { "\xff\xff\xff\xff", 4 }, { "\5\0\0\0", 4 }, "-1", "5", 1 },
		/* Older bounds of numbers without sign were ordered with it. */
		{ INT32, 13, { "\0\0\0\0", 4 }, { "\xff\xff\xff\xff", 4 }, NULL, NULL,
			1 },
		{ INT32, 13, { "\0\0\0\0", 4 }, { "\xff\xff\xff\xff", 4 }, "0",
			"4294967295", 0 },
		{ INT32, 6, { "\0\0\0\0", 4 }, { "\1\0\0\0", 4 }, "1970-01-01",
			"1970-01-02", 1 },
		{ INT32, -1, { "\0\0\0", 3 }, { "\1\0\0\0", 4 }, NULL, NULL, 0 },
		{ DOUBLE, -1, { "\0\0\0\0\0\0\0\0", 8 }, { "\0\0\0\0\0\0\xf8\x7f", 8 },
			NULL, NULL, 0 },
		{ DOUBLE, -1, { "\0\0\0\0\0\0\0\x80", 8 }, { "\0\0\0\0\0\0\xf0\x3f", 8 },
			"0", "1", 0 },
		{ BYTE_ARRAY, 0, { "a", 1 }, { "b", 1 }, "a", "b", 1 },
		{ BYTE_ARRAY, 0, { "", 0 }, { "b", 1 }, "", "b", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_chunk chunk = { .type = cases[i].type, .values = 0 };
		struct parquet_statistics s;
		struct open_file f;
		struct made_file m;

		print_message("%zu\n", i);
		*(cases[i].is_old ? &chunk.old_min : &chunk.min) = cases[i].min;
		*(cases[i].is_old ? &chunk.old_max : &chunk.max) = cases[i].max;
		made_begin(&m);
		made_root(&m, 1);
		made_element(&m,
			&(struct made_element){ .name = "c",
				.type = cases[i].type,
				.converted = cases[i].converted });
		end_column(&m, &chunk);
		open_file(&m, &f);
		assert_int_equal(parquet_group_statistics(f.p, 0, 0, &s, NULL), 0);
		assert_int_equal(s.has_range, cases[i].min_text != NULL);
		if (s.has_range) {
			assert_true(span_eq(s.min, span_of(cases[i].min_text)));
			assert_true(span_eq(s.max, span_of(cases[i].max_text)));
		}
		parquet_close(f.p);
		made_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_exclude_texts),
		cmocka_unit_test(a_dictionary_excludes_only_where_all_pages_use_it),
		cmocka_unit_test(bounds_are_told_as_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
