/* Nodes that the kernel remembers of months that were let go, and of rows that were
 * evicted. */
#include "tests/fs/tree_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

#define PROD "accounts/prod-eu_111111111111"
#define COSTS PROD "/2026-11/services/AmazonEC2/costs.csv"

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

static void path_below_one_that_is_away_is_that_of_its_lookup(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct buf text = BUF_INIT(4096);
	struct tree_entry service, e;

	fake_library_ready(c->library, month_ref(m));
	service = expect_path(c, PROD "/2026-11/services/AmazonEC2");
	/* Looked up where nobody waits, as if its size were to be worked out. */
	assert_int_equal(
		tree_lookup_pending(c->tree, service.node, SPAN("costs.csv"), &e), 0);
	assert_int_equal(tree_path(c->tree, e.node, &text), 0);
	assert_string_equal(buf_text(&text), COSTS);
	let_go(c, m);
	assert_int_equal(tree_path(c->tree, e.node, &text), 0);
	assert_string_equal(buf_text(&text), COSTS);
	assert_int_equal(fake_library_loads(c->library, "2026-11"), 0);
	month_unref(m);
	buf_finish(&text);
}

static void name_that_waits_is_that_of_the_delivery_that_comes(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(2);
	struct tree_entry service, e;
	struct tree_need need;
	struct stat st;

	fake_library_ready(c->library, month_ref(m));
	service = expect_path(c, PROD "/2026-11/services/AmazonEC2");
	assert_int_equal(
		tree_lookup_pending(c->tree, service.node, SPAN("costs.csv"), &e), 0);
	let_go(c, m);
	expect_away(c, e.node);
	fake_library_ready(c->library, tree_case_november(3));
	/* What it was looked up in is gone. */
	assert_int_equal(attr(c, service.node, &st, &need), -ESTALE);
	assert_int_equal(attr(c, e.node, &st, &need), 0);
	assert_int_equal(st.st_size, expect_path(c, COSTS).attr.st_size);
	assert_int_equal(expect_path(c, COSTS).attr.st_mtim.tv_sec, st.st_mtim.tv_sec);
	month_unref(m);
}

/* Names below a month that has to be read again, as the kernel asks for them. */
static void no_lookup_below_one_that_is_away_waits(void **state)
{
	static const struct {
		const char *directory, *name;
		mode_t type; /* 0: there is none */
	} cases[] = {
		{ PROD "/2026-11", "daily.csv", S_IFREG },
		{ PROD "/2026-11", "services", S_IFDIR },
		{ PROD "/2026-11", "daily.csv.new", 0 },
		{ "months/2026-11", "by-account.html", S_IFREG },
		{ PROD "/2026-11/services", "AmazonEC2", S_IFDIR },
		{ PROD "/2026-11/services/AmazonEC2", "costs.csv", S_IFREG },
		{ PROD "/2026-11/services/AmazonEC2", "resources", S_IFDIR },
		{ PROD "/2026-11/services/AmazonEC2", "costs.d", S_IFDIR },
		{ PROD "/2026-11/services/AmazonEC2", "lines.csv", 0 },
		{ PROD "/2026-11/services/AmazonEC2/resources", "i-1", S_IFDIR },
		{ PROD "/2026-11/services/AmazonEC2/resources", "index.csv", S_IFREG },
		{ PROD "/2026-11/services/AmazonEC2/resources/i-1", "lines.csv",
			S_IFREG },
		{ PROD "/2026-11/services/AmazonEC2/resources/i-1", "metrics.csv",
			S_IFREG },
		{ PROD "/2026-11/services/AmazonEC2/resources/i-1", "costs.csv", 0 },
		{ PROD "/2026-11/by-tag", "team.csv", S_IFREG },
		{ PROD "/2026-11/by-tag", "team.csv.new", 0 },
		{ PROD "/2026-11/services/AmazonEC2/costs.d", "part-0001.csv", S_IFREG },
		{ PROD "/2026-11/services/AmazonEC2/costs.d", "new", 0 },
	};
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_entry directory[ARRAY_LEN(cases)], e[ARRAY_LEN(cases)];

	fake_library_ready(c->library, month_ref(m));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		directory[i] = expect_path(c, cases[i].directory);
	let_go(c, m);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span name = span_of(cases[i].name);
		uint64_t in = directory[i].node;
		struct tree_need need = { 0 };

		print_message("%s/%s\n", cases[i].directory, cases[i].name);
		assert_int_equal(
			tree_lookup(c->tree, in, name, false, &e[i], &need, NULL),
			cases[i].type ? -EAGAIN : -ENOENT);
		if (!cases[i].type)
			continue;
		assert_int_equal(tree_lookup_pending(c->tree, in, name, &e[i]), 0);
		assert_int_equal(e[i].attr.st_mode & S_IFMT, cases[i].type);
		expect_away(c, e[i].node);
	}
	fake_library_ready(c->library, tree_case_november(3));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char path[256];
		struct tree_need need;
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", cases[i].directory, cases[i].name);
		if (!cases[i].type)
			continue;
		print_message("%s\n", path);
		/* What only AWS could tell is not there. */
		if (strcmp(cases[i].name, "metrics.csv") == 0) {
			assert_int_equal(attr(c, e[i].node, &st, &need), -ENOENT);
			continue;
		}
		assert_int_equal(attr(c, e[i].node, &st, &need), 0);
		const struct tree_entry now = expect_path(c, path);
		assert_memory_equal(&st, &now.attr, sizeof(st));
	}
	month_unref(m);
}

/* The kernel looks the path up again. */
static void name_below_one_that_was_replaced_meanwhile_is_stale(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(2);
	struct tree_entry service, e;
	struct buf text = BUF_INIT(4096);
	struct tree_need need;
	struct stat st;

	fake_library_ready(c->library, month_ref(m));
	service = expect_path(c, PROD "/2026-11/services/AmazonEC2");
	let_go(c, m);
	assert_int_equal(
		tree_lookup_pending(c->tree, service.node, SPAN("costs.csv"), &e), 0);
	/* Its month's texts are not at hand. */
	assert_int_equal(tree_path(c->tree, e.node, &text), -EAGAIN);
	fake_library_ready(c->library, tree_case_november(3));
	assert_int_equal(attr(c, e.node, &st, &need), -ESTALE);
	month_unref(m);
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

static void rows_of_a_damaged_month_are_those_of_the_one_in_its_place(void **state)
{
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3), *again = tree_case_november(3);
	struct tree_need need = { 0 };
	struct tree_file *f = NULL;
	struct fault why = { 0 };
	struct tree_entry e;

	fake_library_ready(c->library, month_ref(m));
	e = expect_path(c, COSTS);
	fake_month_damage(m);
	fake_month_evict(m, true);
	fake_library_ready(c->library, month_ref(again));
	/* Not that they have come, again and again: its path leads to them. */
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, &why), -ESTALE);
	assert_int_not_equal(expect_path(c, COSTS).node, e.node);
	assert_int_equal(open_path(c, COSTS, &f, &need), 0);
	tree_close(f);
	month_unref(again);
	month_unref(m);
}

static bool may_fetch(void *context, int64_t caller)
{
	(void)context;
	return caller == 0;
}

static void rows_that_were_evicted_are_not_fetched_for_crawlers(void **state)
{
	static const struct tree_service service = { .may_fetch = may_fetch };
	struct tree_need need = { .caller = 1 };
	struct tree_case *c = *state;
	struct month *m = tree_case_november(3);
	struct tree_file *f = NULL;
	struct fault why = { 0 };
	struct tree_entry e;

	tree_serve(c->tree, &service);
	fake_library_ready(c->library, month_ref(m));
	fake_month_evict(m, true);
	e = expect_path(c, COSTS);
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, &why), -EACCES);
	assert_true(need.is_refused);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	/* For somebody else. */
	assert_int_equal(open_path(c, COSTS, &f, &need), -EAGAIN);
	assert_int_equal(fake_library_loads(c->library, "2026-11"), 1);
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

#define CASE(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, tree_case_setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nodes_of_a_month_that_was_let_go_are_as_before_once_it_is_back),
		CASE(attributes_and_paths_of_one_that_is_away_load_nothing),
		CASE(path_below_one_that_is_away_is_that_of_its_lookup),
		CASE(name_that_waits_is_that_of_the_delivery_that_comes),
		CASE(no_lookup_below_one_that_is_away_waits),
		CASE(name_below_one_that_was_replaced_meanwhile_is_stale),
		CASE(a_delivery_that_was_replaced_while_it_was_away_is_stale),
		CASE(another_index_of_the_same_delivery_is_looked_up_anew),
		CASE(open_files_keep_their_month),
		CASE(sums_that_were_let_go_are_not_replaced_by_reading_the_month),
		CASE(only_rows_that_were_evicted_are_waited_for),
		CASE(rows_of_a_damaged_month_are_those_of_the_one_in_its_place),
		CASE(rows_that_were_evicted_are_not_fetched_for_crawlers),
		CASE(rows_that_cannot_be_read_again_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
