/* Who reads rows in is nicer than who asks for them, if that is wanted. */
#include <stdlib.h>
#include <sys/resource.h>

#include "month_case.h"

/* More than what a look at the header keeps. */
enum { ROWS = 4000, SERVICE_DIGITS = 150, FILES = 3 };

static void put_rows(struct month_case *c, struct buf texts[FILES])
{
	for (unsigned n = 0; n < FILES; n++) {
		texts[n] = BUF_INIT(1 << 20);
		assert_int_equal(buf_append_text(&texts[n],
					 "line_item_usage_account_id,"
					 "line_item_product_code,"
					 "line_item_unblended_cost\n"),
			0);
		for (unsigned i = 0; i < ROWS; i++)
			assert_int_equal(buf_appendf(&texts[n], "%u,S%0*u,%u\n", n,
						 SERVICE_DIGITS, i % 3, i),
				0);
		month_case_put(c, n, buf_span(&texts[n]));
	}
}

static char *dump(struct month_case *c)
{
	struct month *m = month_case_month(c);
	char *text = month_dump(m);

	month_unref(m);
	return text;
}

enum { NICE_MAX = 19 };

/* As far as it goes, for who is nice already. */
static int nicer(int before, int by)
{
	return before + by < NICE_MAX ? before + by : NICE_MAX;
}

static int own_nice(void)
{
	return getpriority(PRIO_PROCESS, 0); /* of the thread, on Linux */
}

static const struct object_ops *memory_ops;
static _Atomic int nicest, least_nice;

static ssize_t read_and_look(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	int now = own_nice();

	if (now > atomic_load(&nicest))
		atomic_store(&nicest, now);
	if (now < atomic_load(&least_nice))
		atomic_store(&least_nice, now);
	return memory_ops->read(s, object, offset, bytes, len, why);
}

static void who_reads_rows_is_as_nice_as_it_is_told(void **state)
{
	struct month_case *c = *state;
	const int before = own_nice();
	struct object_ops looking;
	struct buf texts[FILES];
	char *want;

	put_rows(c, texts);
	want = dump(c);
	memory_ops = c->source.base.ops;
	looking = *memory_ops;
	looking.read = read_and_look;
	c->source.base.ops = &looking;
	for (c->threads = 1; c->threads < 4; c->threads++) {
		for (c->niceness = 0; c->niceness < 4; c->niceness += 3) {
			atomic_store(&nicest, before);
			atomic_store(&least_nice, before);
			assert_text(dump(c), want);
			assert_int_equal(
				atomic_load(&nicest), nicer(before, c->niceness));
			/* Headers are read before the threads are there. */
			assert_int_equal(atomic_load(&least_nice), before);
			/* Nobody else stays so. */
			assert_int_equal(own_nice(), before);
		}
	}
	c->source.base.ops = memory_ops;
	free(want);
	for (unsigned n = 0; n < FILES; n++)
		buf_finish(&texts[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_reads_rows_is_as_nice_as_it_is_told,
			month_case_setup, month_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
