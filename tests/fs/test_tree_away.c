/* Nodes that the kernel remembers of months that were let go, and of rows that were
 * evicted. */
#include "tests/fs/tree_case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

#define PROD "accounts/prod-eu_111111111111"
#define COSTS PROD "/2026-11/services/AmazonEC2/costs.csv"

static int setup(void **state)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init(c, NULL);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	tree_case_finish(*state);
	free(*state);
	return 0;
}

static struct month_no number_of(const char *month)
{
	struct month_no m;

	assert_int_equal(month_parse(span_of(month), &m), 0);
	return m;
}

/* What tree_attr() answers; what it needs. */
static int attr(
	struct tree_case *c, uint64_t node, struct stat *ret, struct tree_need *need)
{
	double ttl;

	*need = (struct tree_need){ 0 };
	return tree_attr(c->tree, node, true, ret, &ttl, need, NULL);
}

/* As the library does for want of room. */
static void let_go(struct tree_case *c, struct month *m)
{
	tree_let_go(c->tree);
	assert_int_equal(fake_month_refs(m), 2);
	fake_library_let_go(c->library, "2026-11");
	assert_int_equal(fake_month_refs(m), 1);
}

static void expect_away(struct tree_case *c, uint64_t node)
{
	unsigned loads = fake_library_loads(c->library, "2026-11");
	struct tree_need need;
	struct stat st;

	assert_int_equal(attr(c, node, &st, &need), -EAGAIN);
	assert_int_equal(need.month.number, number_of("2026-11").number);
	assert_false(need.rows);
	assert_int_equal(fake_library_loads(c->library, "2026-11"), loads + 1);
}

static void nodes_of_a_month_that_was_let_go_are_as_before_once_it_is_back(void **state)
{
	static const char *const paths[] = { "months/2026-11",
		"months/2026-11/by-service.csv", PROD "/2026-11",
		PROD "/2026-11/services/AmazonEC2", COSTS,
		PROD "/2026-11/by-tag/team.csv" };
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_entry e[ARRAY_LEN(paths)];
	struct tree_need need;

	fake_library_ready(c->library, month_ref(m));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		e[i] = expect_path(c, paths[i]);
	let_go(c, m);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		expect_away(c, e[i].node);
	fake_library_ready(c->library, tree_case_november(3));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct stat st;

		print_message("%s\n", paths[i]);
		assert_int_equal(attr(c, e[i].node, &st, &need), 0);
		assert_memory_equal(&st, &e[i].attr, sizeof(st));
		assert_int_equal(expect_path(c, paths[i]).node, e[i].node);
	}
	expect_has(c, COSTS, ",i-1,");
	month_unref(m);
}

static void attributes_and_paths_of_one_that_is_away_load_nothing(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct buf text = BUF_INIT(4096);
	struct tree_entry e;

	fake_library_ready(c->library, month_ref(m));
	e = expect_path(c, COSTS);
	let_go(c, m);
	assert_int_equal(tree_getxattr(c->tree, e.node, SPAN("user.costfs.lines"), &text),
		-ENODATA);
	assert_int_equal(tree_path(c->tree, e.node, &text), -EAGAIN);
	assert_int_equal(fake_library_loads(c->library, "2026-11"), 0);
	fake_library_ready(c->library, m);
	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.lines"), &text), 0);
	assert_int_equal(tree_path(c->tree, e.node, &text), 0);
	buf_finish(&text);
}

struct told {
	unsigned count;
};

static void note(void *context, uint64_t parent, const char *name)
{
	struct told *t = context;

	(void)parent;
	if (name && strcmp(name, "2026-11") == 0)
		t->count++;
}

/* The kernel then looks up the path, and finds the new one. */
static void a_delivery_that_was_replaced_while_it_was_away_is_stale(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(2);
	struct tree_entry dir, file, now;
	struct told told = { 0 };
	struct tree_need need;
	struct stat st;

	fake_library_ready(c->library, month_ref(m));
	expect_path(c, "months");
	dir = expect_path(c, "months/2026-11");
	file = expect_path(c, "months/2026-11/lines.csv");
	let_go(c, m);
	fake_library_ready(c->library, tree_case_november(3));
	tree_changes(c->tree, LIBRARY_MONTH_READY, number_of("2026-11"), note, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(attr(c, file.node, &st, &need), -ESTALE);
	/* The month itself is what the path goes by. */
	assert_int_equal(attr(c, dir.node, &st, &need), 0);
	now = expect_path(c, "months/2026-11/lines.csv");
	assert_int_not_equal(now.node, file.node);
	assert_int_equal(now.attr.st_ino, file.attr.st_ino);
	assert_int_equal(attr(c, now.node, &st, &need), 0);
	month_unref(m);
}

/* As by another program: what stands where in it nobody knows. */
static void another_index_of_the_same_delivery_is_looked_up_anew(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_entry dir, file;
	struct told told = { 0 };
	struct tree_need need;
	struct stat st;

	fake_library_ready(c->library, month_ref(m));
	expect_path(c, PROD);
	dir = expect_path(c, PROD "/2026-11");
	file = expect_path(c, COSTS);
	let_go(c, m);
	fake_library_ready(c->library, tree_case_november_again(3));
	tree_changes(c->tree, LIBRARY_MONTH_READY, number_of("2026-11"), note, &told);
	assert_int_equal(told.count, 0);
	assert_int_equal(attr(c, file.node, &st, &need), -ESTALE);
	/* The directory has no place in it. */
	assert_int_equal(attr(c, dir.node, &st, &need), 0);
	assert_int_equal(expect_path(c, COSTS).node, file.node);
	assert_int_equal(attr(c, file.node, &st, &need), 0);
	month_unref(m);
}

static void open_files_keep_their_month(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_file *f = NULL;
	struct tree_need need;
	struct fault why = { 0 };
	struct tree_entry e;
	char got[64];

	fake_library_ready(c->library, month_ref(m));
	e = expect_path(c, COSTS);
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, &why), 0);
	assert_int_equal(fake_month_pins(m), 1);
	tree_let_go(c->tree);
	fake_library_let_go(c->library, "2026-11");
	assert_true(fake_month_refs(m) > 1);
	assert_int_equal(tree_read(f, 0, got, sizeof(got), &why), sizeof(got));
	tree_close(f);
	assert_int_equal(fake_month_pins(m), 0);
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

/* Which sums they were, only a path tells. */
static void sums_that_were_let_go_are_not_replaced_by_reading_the_month(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;
	struct tree_need need;
	struct stat st;

	fake_library_know(c->library, "2026-11", "2026-11-23T14:00:00Z");
	fake_library_sums(c->library, tree_case_november_sums(3));
	e = expect_path(c, "months/2026-11/by-service.csv");
	tree_let_go(c->tree);
	assert_int_equal(attr(c, e.node, &st, &need), -ESTALE);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	assert_int_equal(expect_path(c, "months/2026-11/by-service.csv").node, e.node);
	assert_int_equal(attr(c, e.node, &st, &need), 0);
}

static int open_path(struct tree_case *c, const char *path, struct tree_file **ret,
	struct tree_need *need)
{
	struct tree_entry e = expect_path(c, path);
	struct fault why = { 0 };

	*need = (struct tree_need){ 0 };
	return tree_open(c->tree, e.node, true, ret, need, &why);
}

static void only_rows_that_were_evicted_are_waited_for(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_file *f = NULL;
	struct tree_need need;

	fake_library_ready(c->library, month_ref(m));
	fake_month_evict(m, true);
	/* Sizes and sums need none. */
	assert_true(expect_path(c, COSTS).attr.st_size > 0);
	expect_has(c, "months/2026-11/by-service.csv", "AmazonEC2");
	expect_has(c, PROD "/2026-11/by-resource.csv", "i-1");
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	assert_int_equal(open_path(c, COSTS, &f, &need), -EAGAIN);
	assert_true(need.rows);
	assert_int_equal(need.month.number, number_of("2026-11").number);
	assert_int_equal(fake_library_loads(c->library, "2026-11"), 1);
	fake_month_evict(m, false);
	assert_int_equal(open_path(c, COSTS, &f, &need), 0);
	tree_close(f);
	month_unref(m);
}

static void rows_that_cannot_be_read_again_are_an_error(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_file *f = NULL;
	struct tree_need need;

	fake_library_ready(c->library, month_ref(m));
	fake_month_evict(m, true);
	assert_int_equal(open_path(c, COSTS, &f, &need), -EAGAIN);
	fake_library_rows_fail(c->library, "2026-11", -EKEYEXPIRED);
	assert_int_equal(open_path(c, COSTS, &f, &need), -EKEYEXPIRED);
	/* Of a delivery that is not shown any more there are none. */
	struct tree_entry e = expect_path(c, COSTS);
	struct fault why = { 0 };
	fake_library_ready(c->library, tree_case_november(2));
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, &why), -ESTALE);
	month_unref(m);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nodes_of_a_month_that_was_let_go_are_as_before_once_it_is_back),
		CASE(attributes_and_paths_of_one_that_is_away_load_nothing),
		CASE(a_delivery_that_was_replaced_while_it_was_away_is_stale),
		CASE(another_index_of_the_same_delivery_is_looked_up_anew),
		CASE(open_files_keep_their_month),
		CASE(sums_that_were_let_go_are_not_replaced_by_reading_the_month),
		CASE(only_rows_that_were_evicted_are_waited_for),
		CASE(rows_that_cannot_be_read_again_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
