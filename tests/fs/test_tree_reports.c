/* reports/: which are listed, whose months are read, and when they are others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/view/report.h"
#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

enum { PERSON = 7, CRAWLER = 8 };

static bool may_fetch(void *context, int64_t caller)
{
	(void)context;
	return caller != CRAWLER;
}

static int look(
	struct tree_case *c, const char *path, bool patient, struct tree_need *ret_need)
{
	struct tree_entry e;
	int r = tree_walk(c->tree, span_of(path), patient, &e, ret_need, NULL);

	if (r == 0)
		tree_forget(c->tree, e.node, 1);
	return r;
}

/* The reports of one or two months, in all forms that there are. */
static void expect_listed(struct tree_case *c, const char *first, const char *second)
{
	const char *const months[] = { first, second };
	struct buf names = BUF_INIT(1000);

	for (size_t i = 0; i < ARRAY_LEN(months) && months[i]; i++) {
		assert_int_equal(buf_appendf(&names, "%s.html\n", months[i]), 0);
		if (form_is_built(FORM_XLSX))
			assert_int_equal(buf_appendf(&names, "%s.xlsx\n", months[i]), 0);
	}
	expect_names(c, "reports", buf_text(&names));
	buf_finish(&names);
}

static void only_months_that_are_read_are_listed(void **state)
{
	struct tree_case *c = *state;

	expect_listed(c, "2026-10", "2026-11");
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	expect_path(c, "reports/2026-10.html");
	expect_path(c, "reports/2026-11.html");
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
}

static void what_is_no_report_is_not_there(void **state)
{
	static const char *const names[] = { "", ".html", "2026-11", "2026-11.csv",
		"2026-11.txt", "2026-11.json", "2026-12.html", "2026-11.html.html",
		"x.html", "2026-13.html", "2026-11.HTML" };
	struct buf path = BUF_INIT(1000);
	struct tree_case *c = *state;

	for (size_t i = 1; i < ARRAY_LEN(names); i++) {
		buf_clear(&path);
		assert_int_equal(buf_appendf(&path, "reports/%s", names[i]), 0);
		expect_no_path(c, buf_text(&path), -ENOENT);
	}
	expect_no_path(c, "reports/2026-11.html/x", -ENOTDIR);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	buf_finish(&path);
}

static void a_name_reads_its_month_and_no_other(void **state)
{
	struct tree_need need = { .caller = 0 };
	struct tree_case c;

	(void)state;
	tree_case_init(&c, NULL);
	fake_library_know(c.library, "2026-10", "");
	fake_library_know(c.library, "2026-11", "");
	expect_names(&c, "reports", "");
	assert_int_equal(look(&c, "reports/2026-11.html", true, &need), -EAGAIN);
	assert_int_equal(need.month.number, 2026 * 12 + 10);
	assert_int_equal(need.sums.dims, 0);
	assert_int_equal(fake_library_loads(c.library, "2026-11"), 1);
	assert_int_equal(fake_library_loads(c.library, "2026-10"), 0);
	fake_library_ready(c.library, tree_case_november(3));
	/* It takes time then, which a worker has. */
	assert_int_equal(look(&c, "reports/2026-11.html", false, &need), -EAGAIN);
	assert_int_equal(need.month.number, 0);
	assert_int_equal(look(&c, "reports/2026-11.html", true, &need), 0);
	/* What the worker made is there for who asks again. */
	assert_int_equal(look(&c, "reports/2026-11.html", false, &need), 0);
	assert_int_equal(fake_library_loads(c.library, "2026-10"), 0);
	expect_has(&c, "reports/2026-11.html",
		"2026-10 is not read yet, so nothing is compared.");
	tree_case_finish(&c);
}

static void a_lookup_waits_for_nothing(void **state)
{
	struct tree_entry reports, file;
	struct tree_need need = { .caller = 0 };
	struct tree_case c;
	struct stat s = { 0 };
	double ttl;

	(void)state;
	tree_case_init(&c, NULL);
	fake_library_know(c.library, "2026-11", "");
	reports = expect_path(&c, "reports");
	assert_int_equal(
		tree_lookup_pending(c.tree, reports.node, SPAN("2026-11.html"), &file),
		0);
	assert_true(S_ISREG(file.attr.st_mode));
	assert_int_equal(
		tree_attr(c.tree, file.node, true, &s, &ttl, &need, NULL), -EAGAIN);
	assert_int_equal(need.month.number, 2026 * 12 + 10);
	fake_library_ready(c.library, tree_case_november(3));
	assert_int_equal(tree_attr(c.tree, file.node, true, &s, &ttl, &need, NULL), 0);
	assert_true(s.st_size > 1000);
	tree_case_finish(&c);
}

static void a_failure_is_that_of_the_month(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { .caller = 0 };

	fake_library_fail(c->library, "2026-09", -EBADMSG, "bad", "");
	expect_listed(c, "2026-10", "2026-11");
	assert_int_equal(look(c, "reports/2026-09.html", true, &need), -EBADMSG);
}

static void nothing_is_fetched_for_crawlers(void **state)
{
	static const struct tree_service service = { .may_fetch = may_fetch };
	struct tree_need need = { .caller = CRAWLER };
	struct tree_case *c = *state;

	tree_serve(c->tree, &service);
	assert_int_equal(look(c, "reports/2026-09.html", true, &need), -EACCES);
	assert_true(need.is_refused);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	need = (struct tree_need){ .caller = CRAWLER };
	assert_int_equal(look(c, "reports/2026-11.html", true, &need), 0);
	tree_serve(c->tree, NULL);
}

static void bytes_are_as_many_as_its_size(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e = expect_path(c, "reports/2026-11.html");
	struct buf text = BUF_INIT(1 << 20);

	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	read_node(c, e.node, 1000, &text);
	assert_int_equal(text.len, e.attr.st_size);
	assert_true(span_starts(buf_span(&text), SPAN("<!DOCTYPE html>\n")));
	assert_int_equal(fake_library_loads(c->library, "2026-10"), 0);
	buf_finish(&text);
}

static void a_workbook_is_there_where_it_is_built(void **state)
{
	struct tree_case *c = *state;
	struct buf book = BUF_INIT(1 << 20);
	struct tree_entry e;

	if (!form_is_built(FORM_XLSX)) {
		expect_no_path(c, "reports/2026-11.xlsx", -ENOENT);
		return;
	}
	e = expect_path(c, "reports/2026-11.xlsx");
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	read_node(c, e.node, 1000, &book);
	assert_int_equal(book.len, e.attr.st_size);
	assert_true(span_starts(buf_span(&book), SPAN("PK")));
	/* The page of the same month is another file. */
	assert_true(expect_path(c, "reports/2026-11.html").node != e.node);
	expect_has(c, "reports/2026-11.html", "<!DOCTYPE html>");
	buf_finish(&book);
}

static void it_compares_with_the_month_before(void **state)
{
	struct tree_case *c = *state;

	expect_has(c, "reports/2026-11.html", "<h1>Costs of November 2026</h1>");
	expect_has(c, "reports/2026-11.html", "all accounts, 2026-11, mixed, as of ");
	/* 14.375 - 19.25, both by hand from the rows in tree_case.c. */
	expect_has(c, "reports/2026-11.html", ">Total in USD<");
	expect_has(
		c, "reports/2026-11.html", "<th scope=\"col\" class=\"n\">2026-10</th>");
	expect_has(c, "reports/2026-10.html",
		"2026-09 is not read yet, so nothing is compared.");
	fake_library_remove(c->library, "2026-09");
	expect_has(c, "reports/2026-10.html",
		"2026-09 is not in the export, so nothing is compared.");
}

static uint64_t id_of(struct tree_case *c, struct tree_entry *ret)
{
	*ret = expect_path(c, "reports/2026-11.html");
	return ret->node;
}

static void it_is_another_file_where_either_month_is(void **state)
{
	struct tree_case *c = *state;
	struct buf old = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	struct tree_entry first, e;
	uint64_t id = id_of(c, &first);

	read_node(c, id, 1000, &old);
	assert_int_equal(id_of(c, &e), id);
	/* The delivery's time; that of October is older. */
	assert_int_equal(first.attr.st_mtim.tv_sec, 1795442400);
	fake_library_let_go(c->library, "2026-10");
	assert_true(id_of(c, &e) != id);
	assert_int_equal(e.attr.st_ino, first.attr.st_ino);
	fake_library_ready(c->library, tree_case_october(1));
	assert_true(id_of(c, &e) == id);
	fake_library_ready(c->library, tree_case_november(2));
	assert_true(id_of(c, &e) != id);
	assert_int_equal(e.attr.st_ino, first.attr.st_ino);
	/* Who has the old one open goes on with it. */
	read_node(c, id, 4096, &again);
	assert_true(span_eq(buf_span(&old), buf_span(&again)));
	buf_finish(&old);
	buf_finish(&again);
}

static void note(void *context, uint64_t parent, const char *name)
{
	(void)parent;
	if (buf_appendf(context, "%s\n", name ? name : "*") < 0)
		fail();
}

static void changes_are_told_of_the_month_and_of_the_next(void **state)
{
	struct tree_case *c = *state;
	struct buf told = BUF_INIT(1 << 16);
	struct month_no m;

	assert_int_equal(month_parse(SPAN("2026-10"), &m), 0);
	tree_changes(c->tree, LIBRARY_MONTH_READY, m, note, &told);
	assert_null(strstr(buf_text(&told), ".html"));
	expect_path(c, "reports");
	tree_changes(c->tree, LIBRARY_MONTH_READY, m, note, &told);
	assert_non_null(strstr(buf_text(&told),
		form_is_built(FORM_XLSX)
			? "2026-10.html\n2026-10.xlsx\n2026-11.html\n2026-11.xlsx\n*\n"
			: "2026-10.html\n2026-11.html\n*\n"));
	/* One that is gone, and that was compared with it. */
	expect_path(c, "reports/2026-10.html");
	expect_path(c, "reports/2026-11.html");
	fake_library_remove(c->library, "2026-10");
	buf_clear(&told);
	tree_changes(
		c->tree, LIBRARY_MONTHS_CHANGED, (struct month_no){ 0 }, note, &told);
	assert_non_null(strstr(buf_text(&told), "2026-10.html\n"));
	assert_non_null(strstr(buf_text(&told), "2026-11.html\n"));
	expect_no_path(c, "reports/2026-10.html", -ENOENT);
	expect_listed(c, "2026-11", NULL);
	buf_finish(&told);
}

static void it_says_when_it_is_of(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e = expect_path(c, "reports/2026-11.html");
	struct buf value = BUF_INIT(1000);

	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.as_of"), &value), 0);
	assert_string_equal(buf_text(&value), "2026-11-23T14:00:00Z");
	assert_int_equal(tree_listxattr(c->tree, e.node, &value), 0);
	assert_int_equal(value.len, sizeof("user.costfs.as_of"));
	assert_int_equal(tree_path(c->tree, e.node, &value), 0);
	assert_string_equal(buf_text(&value), "reports/2026-11.html");
	buf_finish(&value);
}

/* Of each currency the dearest, without what is no resource. */
static void of_many_resources_the_dearest_of_each_currency_are_rendered(void **state)
{
	enum { MANY = 60, ALL = 2 * MANY };
	static struct fake_row rows[ALL + 1];
	static char names[ALL][8], costs[ALL][8];
	struct view_cache *cache = view_cache_new(1 << 20);
	struct view_report report = { .form = FORM_HTML };
	struct buf page = BUF_INIT(1 << 22);
	struct fault why = { 0 };

	(void)state;
	for (int i = 0; i < ALL; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "r%d", i);
		(void)snprintf(costs[i], sizeof(costs[i]), "%d.00", 1000 - i);
		rows[i] = (struct fake_row){ .account = "111111111111",
			.service = "AmazonEC2",
			.resource = names[i],
			.date = "2026-11-01",
			.cost = { costs[i] },
			.currency = i < MANY ? "JPY" : "USD" };
	}
	rows[ALL] = (struct fake_row){ .account = "111111111111",
		.service = "AWSSupport",
		.date = "2026-11-01",
		.cost = { "5000.00" } };
	report.month = fake_month_new(
		&(struct fake_options){ .month = "2026-11" }, rows, ARRAY_LEN(rows));
	assert_int_equal(view_report(cache, &report, true, &page, &why), 0);
	assert_non_null(strstr(buf_text(&page), "JPY, the 20 dearest resources"));
	assert_non_null(strstr(buf_text(&page), "USD, the 20 dearest resources"));
	assert_non_null(strstr(buf_text(&page), "<th scope=\"row\">r0</th>"));
	assert_non_null(strstr(buf_text(&page), "<th scope=\"row\">r19</th>"));
	assert_null(strstr(buf_text(&page), "<th scope=\"row\">r20</th>"));
	assert_non_null(strstr(buf_text(&page), "<th scope=\"row\">r60</th>"));
	assert_non_null(strstr(buf_text(&page), "<th scope=\"row\">r79</th>"));
	assert_null(strstr(buf_text(&page), "<th scope=\"row\">r80</th>"));
	month_unref(report.month);
	buf_finish(&page);
	view_cache_free(cache);
}

#define CASE(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, tree_case_setup_filled, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_months_that_are_read_are_listed),
		CASE(what_is_no_report_is_not_there),
		cmocka_unit_test(a_name_reads_its_month_and_no_other),
		cmocka_unit_test(a_lookup_waits_for_nothing),
		CASE(a_failure_is_that_of_the_month),
		CASE(nothing_is_fetched_for_crawlers),
		CASE(bytes_are_as_many_as_its_size),
		CASE(a_workbook_is_there_where_it_is_built),
		CASE(it_compares_with_the_month_before),
		CASE(it_is_another_file_where_either_month_is),
		CASE(changes_are_told_of_the_month_and_of_the_next),
		CASE(it_says_when_it_is_of),
		cmocka_unit_test(
			of_many_resources_the_dearest_of_each_currency_are_rendered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
