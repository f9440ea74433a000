/* What is asked for: the end of a file, and ranges that are near each other. */
#include "tests/cmocka.h"

#include <errno.h>

#include "aws/export/parquet/fetch.h"
#include "tests/aws/parquet/case.h"

enum { RANGES = 4, FILE_BYTES = 1000 };

struct plan_case {
	struct {
		uint64_t offset, len;
	} ranges[RANGES]; /* len 0: no more */
	uint64_t gap, spare;
	unsigned reads;
	uint64_t fetched, left; /* bytes; of spare */
};

static const struct plan_case plans[] = {
	{ { { 10, 5 } }, 100, 100, 1, 5, 100 },
	/* Next to each other, over each other, in any order. */
	{ { { 10, 5 }, { 15, 5 } }, 0, 0, 1, 10, 0 },
	{ { { 15, 5 }, { 10, 5 } }, 0, 0, 1, 10, 0 },
	{ { { 10, 20 }, { 12, 3 }, { 30, 5 } }, 0, 0, 1, 25, 0 },
	{ { { 10, 20 }, { 12, 3 }, { 31, 5 } }, 0, 9, 2, 25, 9 },
	{ { { 10, 20 }, { 12, 3 }, { 31, 5 } }, 1, 1, 1, 26, 0 },
	/* A gap up to the largest, and as far as there is something to spare. */
	{ { { 10, 5 }, { 20, 5 } }, 5, 5, 1, 15, 0 },
	{ { { 10, 5 }, { 20, 5 } }, 4, 9, 2, 10, 9 },
	{ { { 10, 5 }, { 20, 5 } }, 9, 4, 2, 10, 4 },
	{ { { 10, 5 }, { 20, 5 } }, UINT64_MAX, UINT64_MAX, 1, 15, UINT64_MAX - 5 },
	/* The smallest first, wherever they stand; equal ones all or none. */
	{ { { 0, 10 }, { 20, 10 }, { 33, 10 }, { 50, 10 } }, 10, 3, 3, 43, 0 },
	{ { { 0, 10 }, { 20, 10 }, { 33, 10 }, { 50, 10 } }, 10, 12, 2, 50, 2 },
	{ { { 0, 10 }, { 20, 10 }, { 33, 10 }, { 50, 10 } }, 10, 20, 1, 60, 0 },
	{ { { 0, 10 }, { 20, 10 }, { 33, 10 }, { 50, 10 } }, 10, 19, 2, 50, 9 },
	{ { { 0, 10 }, { 15, 10 }, { 30, 10 } }, 10, 9, 3, 30, 9 },
	{ { { 0, 10 }, { 15, 10 }, { 30, 10 } }, 10, 10, 1, 40, 0 },
};

static void gaps_are_read_as_far_as_there_is_something_to_spare(void **state)
{
	static unsigned char bytes[FILE_BYTES];
	static char key[] = "x";
	const struct memory_object o = { key, bytes, sizeof(bytes) };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 13 + i / 256);
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		const struct plan_case *c = &plans[i];
		struct memory_source source;
		struct object_info info;
		struct memory memory = { .limit = SIZE_MAX };
		struct fetch_range ranges[RANGES];
		struct fetch_item items[RANGES];
		struct fetch_plan plan = {
			.items = items, .gap_bytes = c->gap, .spare_bytes = c->spare
		};
		struct fetched fetched = { .count = 0 };

		print_message("  %zu\n", i);
		memory_source_init(&source, &o, 1);
		info = memory_info_of(&source, &o, key);
		struct fetch f = {
			.source = &source.base, .object = &info, .memory = &memory
		};
		for (; plan.count < RANGES && c->ranges[plan.count].len; plan.count++) {
			ranges[plan.count] =
				(struct fetch_range){ c->ranges[plan.count].offset,
					c->ranges[plan.count].len, NULL };
			items[plan.count].range = &ranges[plan.count];
		}
		assert_int_equal(fetch_ranges(&f, &plan, &fetched, NULL), 0);
		for (size_t k = 0; k < plan.count; k++)
			assert_memory_equal(
				ranges[k].p, bytes + ranges[k].offset, ranges[k].len);
		assert_int_equal(source.reads, c->reads);
		assert_int_equal(f.bytes, c->fetched);
		assert_true(plan.spare_bytes == c->left);
		fetched_finish(&fetched, &memory);
		assert_int_equal(memory.used, 0);
	}
}

/* Required texts in one row: page_bytes of data, and a footer that grows by columns. */
static void make_file(struct made_file *m, int columns, size_t page_bytes)
{
	static char text[1 << 20];
	char name[32];

	made_begin(m);
	made_root(m, columns);
	for (int i = 0; i < columns; i++) {
		(void)snprintf(name, sizeof(name), "column_%020d", i);
		made_text_column(m, name, 0);
	}
	for (int i = 0; i < columns; i++) {
		uint32_t len = i == 0 ? (uint32_t)page_bytes : 1;
		struct buf body = BUF_INIT(sizeof(text) + 8);

		made_u32(&body, len);
		assert_int_equal(buf_append_span(&body, (struct span){ text, len }), 0);
		made_page(m, &(struct made_page){ .values = 1, .body = buf_span(&body) });
		made_chunk(m, &(struct made_chunk){ .type = 6, .values = 1 });
		buf_finish(&body);
	}
	made_group(m, 1);
	made_end_file(m);
}

static uint32_t footer_of(const struct made_file *m)
{
	const unsigned char *p = (const unsigned char *)m->bytes.p + (m->bytes.len - 8);

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* Up to 64 KiB the file; then a 64th, but 32 KiB at least; and no byte of a footer twice.
 */
static void of_a_footer_that_is_longer_only_the_rest_is_asked_for(void **state)
{
	static const struct {
		int columns;
		unsigned reads;
		size_t page_bytes, first; /* first: 0 = the file */
	} cases[] = {
		{ 2, 1, 10, 0 },
		{ 2, 1, 60000, 0 },
		{ 2, 1, 70000, 32768 },
		{ 2, 1, 1 << 19, 32768 },
		{ 1000, 2, 70000, 32768 },
		{ 1000, 2, 1 << 19, 32768 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_file m;
		struct memory_source source;
		static char key[] = "x";
		struct object_info info;
		struct parquet *p = NULL;
		uint64_t wanted;

		make_file(&m, cases[i].columns, cases[i].page_bytes);
		print_message("  %zu bytes, footer %u\n", m.bytes.len, footer_of(&m));
		const struct memory_object o = { key, m.bytes.p, m.bytes.len };
		memory_source_init(&source, &o, 1);
		info = memory_info_of(&source, &o, key);
		assert_int_equal(parquet_open(&source.base, &info, NULL, &p, NULL), 0);
		assert_int_equal(parquet_column_count(p), cases[i].columns);
		wanted = cases[i].first ? cases[i].first : m.bytes.len;
		if (footer_of(&m) + 8 > wanted)
			wanted = footer_of(&m) + 8;
		assert_int_equal(parquet_bytes_in(p), wanted);
		assert_int_equal(source.reads, cases[i].reads);
		parquet_close(p);
		made_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_read_as_far_as_there_is_something_to_spare),
		cmocka_unit_test(of_a_footer_that_is_longer_only_the_rest_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
