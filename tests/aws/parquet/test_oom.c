/* Each allocation fails once: -ENOMEM, nothing is lost, and what was there is intact. */
#include "tests/cmocka.h"

#include <errno.h>

#include "tests/aws/parquet/case.h"
#include "tests/oom.h"

enum { BYTE_ARRAY = 6, DOUBLE = 5 };

#define BODY(...)                                                                        \
	((struct span){ (const char *)(const unsigned char[]){ __VA_ARGS__ },            \
		sizeof((const unsigned char[]){ __VA_ARGS__ }) })

static void element(struct made_file *m, const char *name, int type, int repetition,
	int children, int converted)
{
	made_element(m,
		&(struct made_element){ .name = name,
			.type = type,
			.repetition = repetition,
			.children = children,
			.converted = converted });
}

/* A map, by a dictionary and then without; and prefixes. */
static void make(struct made_file *m)
{
	made_begin(m);
	element(m, "root", -1, 0, 2, -1);
	element(m, "tags", -1, 1, 1, 1);
	element(m, "key_value", -1, 2, 2, -1);
	element(m, "key", BYTE_ARRAY, 0, 0, 0);
	element(m, "value", DOUBLE, 1, 0, -1);
	element(m, "t", BYTE_ARRAY, 0, 0, 0);
	made_page(m,
		&(struct made_page){
			.type = 2, .values = 1, .body = BODY(1, 0, 0, 0, 'k') });
	made_page(m,
		&(struct made_page){ .type = 3,
			.values = 1,
			.encoding = 8,
			.rep_bytes = 2,
			.def_bytes = 2,
			.body = BODY(2, 0, 2, 2, 1, 2, 0) });
	made_page(m,
		&(struct made_page){ .type = 3,
			.values = 1,
			.rep_bytes = 2,
			.def_bytes = 2,
			.body = BODY(2, 0, 2, 2, 1, 0, 0, 0, 'j') });
	made_chunk(m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 2 });
	made_page(m,
		&(struct made_page){ .type = 3,
			.values = 2,
			.rep_bytes = 2,
			.def_bytes = 3,
			.body = BODY(4, 0, 3, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f) });
	made_chunk(m, &(struct made_chunk){ .type = DOUBLE, .values = 2 });
	made_page(m,
		&(struct made_page){ .values = 2,
			.encoding = 7,
			.body = BODY(8, 1, 2, 0, 2, 0, 8, 1, 2, 2, 0, 0, 'a', 'b') });
	made_chunk(m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 2 });
	made_group(m, 2);
	made_end_file(m);
}

static void each_allocation_may_fail(void **state)
{
	static const struct reading ways[] = { { 0 },
		{ .options = { .fetch_bytes = 1 } } };
	struct made_file m;

	(void)state;
	make(&m);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct buf got = BUF_INIT(1 << 10);
		unsigned n = 0;
		bool was_refused = true;

		/* So that only the reader's fail. */
		assert_int_equal(buf_reserve(&got, 512), 0);
		for (; was_refused; n++) {
			int r;

			buf_clear(&got);
			oom_after(n);
			r = case_read(buf_span(&m.bytes), &ways[i], &got, NULL);
			was_refused = oom_stop();
			assert_int_equal(r, was_refused ? -ENOMEM : 0);
		}
		assert_true(n > 20);
		assert_true(span_eq(buf_span(&got), SPAN("[k=1],a\n[j=NULL],ab\n")));
		buf_finish(&got);
	}
	made_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
