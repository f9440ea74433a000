/* Months that are not there yet, and new deliveries of those that are. */
#include "tests/fs/tree_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/view/cache.h"
#include "tests/cmocka.h"

#define PROD "accounts/prod-eu_111111111111"

/* Ends the test unless the path waits for the month ("" = for time). */
static void expect_wait(
	struct tree_case *c, const char *path, bool patient, const char *month)
{
	struct tree_need need = { .month = { -1 } };
	struct tree_entry e;
	struct month_no want = { 0 };
	int r = tree_walk(c->tree, span_of(path), patient, &e, &need, NULL);

	if (*month)
		assert_int_equal(month_parse(span_of(month), &want), 0);
	if (r != -EAGAIN || need.month.number != want.number)
		fail_msg("%s: %d, month %d", path, r, (int)need.month.number);
}

static int list_node(struct tree_case *c, uint64_t node, struct month_no *ret_need)
{
	struct tree_need need = { 0 };
	struct tree_listing *l;
	int r = tree_list(c->tree, node, true, &l, &need, NULL);

	if (r == 0)
		tree_listing_free(l);
	*ret_need = need.month;
	return r;
}

static void everything_above_a_month_is_free(void **state)
{
	struct tree_case *c = *state;

	fake_library_know(c->library, "2026-09", "2026-09-30T01:02:03Z");
	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "2026-11-23T14:00:00Z");
	expect_names(c, "months", "2026-09\n2026-10\n2026-11\n");
	expect_names(c, PROD, "account.json\n2026-09\n2026-10\n2026-11\n");
	expect_path(c, "months/2026-09");
	expect_path(c, "this-month");
	expect_path(c, PROD "/2026-11");
	expect_path(c, "accounts.csv");
	expect_path(c, "STATUS.txt");
	expect_path(c, ".costfs/status.json");
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
}

static void stepping_into_a_month_loads_that_one_and_no_other(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;
	struct month_no need;

	fake_library_know(c->library, "2026-09", "");
	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "");
	expect_wait(c, "months/2026-11/total.csv", true, "2026-11");
	expect_wait(c, PROD "/2026-11/lines.csv", true, "2026-11");
	e = expect_path(c, "months/2026-11");
	assert_int_equal(list_node(c, e.node, &need), -EAGAIN);
	assert_true(fake_library_loads(c->library, "2026-11") > 0);
	assert_int_equal(fake_library_loads(c->library, "2026-09"), 0);
	fake_library_ready(c->library, tree_case_november(3));
	assert_int_equal(list_node(c, e.node, &need), 0);
	expect_path(c, "months/2026-11/total.csv");
	assert_int_equal(fake_library_loads(c->library, "2026-09"), 0);
}

static void accounts_wait_for_the_newest_month_if_none_is_read(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;
	struct month_no need, newest;

	fake_library_know(c->library, "2026-10", "");
	fake_library_know(c->library, "2026-11", "");
	e = expect_path(c, "accounts");
	assert_int_equal(list_node(c, e.node, &need), -EAGAIN);
	assert_int_equal(month_parse(SPAN("2026-11"), &newest), 0);
	assert_int_equal(need.number, newest.number);
	expect_wait(c, "accounts/111111111111", true, "2026-11");
	assert_int_equal(fake_library_loads(c->library, "2026-10"), 0);
	expect_has(c, "STATUS.txt", "known once the first month is read");
	fake_library_fail(c->library, "2026-11", -EKEYEXPIRED, "expired", "log in");
	assert_int_equal(list_node(c, e.node, &need), -EKEYEXPIRED);
	expect_no_path(c, "accounts/111111111111", -EKEYEXPIRED);
	/* Another one will do. */
	fake_library_ready(c->library, tree_case_october(1));
	expect_names(c, "accounts", "dev-old_333333333333\nprod-eu_111111111111\n");
}

static void a_month_that_failed_says_why_when_entered(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { 0 };
	struct fault why = { 0 };
	struct tree_entry month, e;

	fake_library_know(c->library, "2026-11", "");
	fake_library_fail(c->library, "2026-11", -EACCES, "GET x: denied", "");
	month = expect_path(c, "months/2026-11");
	assert_int_equal(tree_lookup(c->tree, month.node, SPAN("total.csv"), true, &e,
				 &need, &why),
		-EACCES);
	assert_string_equal(why.text, "GET x: denied");
	expect_no_path(c, "months/2026-11/total.csv", -EACCES);
}

static void an_old_delivery_stays_as_it_was_for_who_holds_it(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry dir, file, now;
	struct tree_need need = { 0 };
	struct buf before = BUF_INIT(1 << 16), after = BUF_INIT(1 << 16);

	fake_library_ready(c->library, tree_case_november(2));
	dir = expect_path(c, PROD "/2026-11/services/ec2");
	file = expect_path(c, "months/2026-11/lines.csv");
	read_node(c, file.node, 100, &before);
	fake_library_ready(c->library, tree_case_november(3));
	read_node(c, file.node, 100, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	/* Its directory too, and what is looked up in it. */
	assert_int_equal(tree_lookup(c->tree, dir.node, SPAN("costs.csv"), true, &now,
				 &need, NULL),
		0);
	buf_clear(&after);
	read_node(c, now.node, 100, &after);
	assert_int_equal(now.attr.st_size, after.len);
	now = expect_path(c, "months/2026-11/lines.csv");
	assert_int_not_equal(now.node, file.node);
	assert_int_equal(now.attr.st_ino, file.attr.st_ino);
	assert_true(now.attr.st_size > file.attr.st_size);
	assert_true(now.attr.st_mtim.tv_sec > file.attr.st_mtim.tv_sec);
	buf_finish(&before);
	buf_finish(&after);
}

static void a_month_keeps_its_node_when_its_first_delivery_is_read(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry unread, entered, later;
	struct month_no need;

	fake_library_know(c->library, "2026-11", "2026-11-01T00:00:00Z");
	unread = expect_path(c, "months/2026-11");
	assert_true(unread.ttl_seconds < 100);
	fake_library_ready(c->library, tree_case_november(2));
	assert_int_equal(list_node(c, unread.node, &need), 0);
	entered = expect_path(c, "months/2026-11");
	assert_int_equal(entered.node, unread.node);
	assert_true(entered.ttl_seconds > 100);
	fake_library_ready(c->library, tree_case_november(3));
	later = expect_path(c, "months/2026-11");
	assert_int_not_equal(later.node, unread.node);
	assert_int_equal(later.attr.st_ino, unread.attr.st_ino);
	tree_forget(c->tree, unread.node, 2);
	/* With nobody in it the new delivery is found again under the same number. */
	assert_int_equal(expect_path(c, "months/2026-11").node, later.node);
}

/* What tree_changes() told, as "PARENT NAME" lines. */
struct told {
	struct tree_case *c;
	struct buf lines;
};

static void note(void *context, uint64_t parent, const char *name)
{
	struct told *t = context;
	struct buf path = BUF_INIT(4096);

	assert_int_equal(tree_path(t->c->tree, parent, &path), 0);
	assert_int_equal(buf_appendf(&t->lines, "%.*s %s\n", SPAN_ARG(buf_span(&path)),
				 name ? name : "*"),
		0);
	buf_finish(&path);
}

static void expect_told(struct tree_case *c, enum library_event event, const char *month,
	const char *want)
{
	struct told t = { c, BUF_INIT(1 << 16) };
	struct month_no m;

	assert_int_equal(month_parse(span_of(month), &m), 0);
	tree_changes(c->tree, event, m, note, &t);
	if (!span_eq(buf_span(&t.lines), span_of(want)))
		fail_msg("told\n%.*swant\n%s", SPAN_ARG(buf_span(&t.lines)), want);
	buf_finish(&t.lines);
}

static void expect_superseded(struct tree_case *c, const char *month, const char *want)
{
	struct told t = { c, BUF_INIT(1 << 16) };
	struct month_no m;

	assert_int_equal(month_parse(span_of(month), &m), 0);
	tree_superseded(c->tree, m, note, &t);
	if (!span_eq(buf_span(&t.lines), span_of(want)))
		fail_msg("told\n%.*swant\n%s", SPAN_ARG(buf_span(&t.lines)), want);
	buf_finish(&t.lines);
}

/* As the kernel does with what it has looked up. */
static void hold(struct tree_case *c, const char *path)
{
	(void)expect_path(c, path);
}

#define TABLES ". accounts.csv\n. services.csv\n. months.csv\n. STATUS.txt\n"

static void a_first_delivery_is_news_of_tables_and_accounts_only(void **state)
{
	struct tree_case *c = *state;

	fake_library_know(c->library, "2026-11", "");
	expect_path(c, "months/2026-11");
	expect_path(c, "accounts");
	fake_library_ready(c->library, tree_case_november(3));
	expect_told(c, LIBRARY_MONTH_READY, "2026-11",
		"accounts 111111111111\naccounts prod-eu_111111111111\n"
		"accounts 222222222222\naccounts sandbox_222222222222\naccounts "
		"*\n" TABLES);
	/* Told once, but for who may have gone. */
	expect_told(c, LIBRARY_MONTH_READY, "2026-11", "accounts *\n" TABLES);
}

static void what_is_left_of_an_old_delivery_is_told_from_the_deepest_on(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry file, now;
	struct month_no month = { 0 };

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_ready(c->library, tree_case_november(2));
	hold(c, "months/2026-10/total.csv");
	hold(c, "months/2026-11");
	hold(c, "months/2026-11/services");
	hold(c, "months/2026-11/services/ec2");
	file = expect_path(c, "months/2026-11/services/ec2/total.csv");
	expect_superseded(c, "2026-11", "");
	assert_false(tree_is_superseded(c->tree, file.node, &month));
	fake_library_ready(c->library, tree_case_november(3));
	now = expect_path(c, "months/2026-11/services/ec2/total.csv");
	assert_false(tree_is_superseded(c->tree, now.node, &month));
	assert_true(tree_is_superseded(c->tree, file.node, &month));
	assert_int_equal(month_parse(SPAN("2026-10"), &month), 0);
	expect_superseded(c, "2026-10", "");
	/* By the directories of the old delivery; the month's own name is the new one's.
	 */
	expect_superseded(c, "2026-11",
		"months/2026-11/services/AmazonEC2 total.csv\n"
		"months/2026-11/services AmazonEC2\n"
		"months/2026-11 services\n");
	tree_forget(c->tree, file.node, 1);
	assert_false(tree_is_superseded(c->tree, file.node, &month));
	expect_superseded(c, "2026-11",
		"months/2026-11/services AmazonEC2\n"
		"months/2026-11 services\n");
}

static void what_was_rendered_of_an_old_delivery_goes_with_its_last_name(void **state)
{
	static const struct selection everyone;
	struct tree_case c;
	struct month *old = tree_case_november(2);
	const struct scope all = { old, &everyone, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct view_key key = view_key_of(&all, VIEW_BY_REGION, 0);
	struct tree_entry file;
	uint64_t size;

	(void)state;
	tree_case_init(&c, &everyone);
	fake_library_ready(c.library, month_ref(old));
	file = expect_path(&c, "months/2026-11/by-region.csv");
	assert_true(view_cache_size(c.views, &key, &size));
	/* That which is shown will be looked at again. */
	tree_forget(c.tree, file.node, 1);
	assert_true(view_cache_size(c.views, &key, &size));
	file = expect_path(&c, "months/2026-11/by-region.csv");
	fake_library_ready(c.library, tree_case_november(3));
	assert_true(view_cache_size(c.views, &key, &size));
	tree_forget(c.tree, file.node, 1);
	assert_false(view_cache_size(c.views, &key, &size));
	tree_case_finish(&c);
	month_unref(old);
}

static void another_delivery_is_told_to_every_parent_of_its_month(void **state)
{
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_ready(c->library, tree_case_november(2));
	hold(c, "months");
	hold(c, "accounts");
	hold(c, PROD);
	hold(c, "accounts/dev-old");
	hold(c, "accounts/dev-old/2026-10");
	hold(c, ".costfs/schema");
	hold(c, "months/2026-11");
	hold(c, PROD "/2026-11");
	hold(c, PROD "/2026-10");
	expect_told(c, LIBRARY_MONTH_READY, "2026-11",
		"accounts 333333333333\naccounts dev-old_333333333333\n"
		"accounts/dev-old_333333333333 account.json\n"
		"accounts 111111111111\naccounts prod-eu_111111111111\n" PROD
		" account.json\naccounts *\n" TABLES
		".costfs/schema costs.pandas.json\n");
	fake_library_ready(c->library, tree_case_november(3));
	expect_told(c, LIBRARY_MONTH_READY, "2026-11",
		PROD " 2026-11\nmonths 2026-11\n"
		     "accounts 222222222222\naccounts sandbox_222222222222\naccounts "
		     "*\n" TABLES ".costfs/schema costs.pandas.json\n");
}

static void months_that_come_and_go_are_told(void **state)
{
	struct tree_case *c = *state;

	expect_told(c, LIBRARY_MONTHS_CHANGED, "2026-11",
		". this-month\n. last-month\n. *\n" TABLES);
	fake_library_ready(c->library, tree_case_october(1));
	hold(c, "months");
	hold(c, PROD);
	hold(c, "months/2026-10");
	expect_no_path(c, "months/2026-11", -ENOENT);
	fake_library_know(c->library, "2026-11", "");
	expect_told(c, LIBRARY_MONTHS_CHANGED, "2026-11",
		"months 2026-11\n" PROD " 2026-11\n" PROD " 2026-10\nmonths *\n" PROD
		" *\n"
		". this-month\n. last-month\n. *\n" TABLES);
	expect_told(c, LIBRARY_MONTH_FAILED, "2026-11", ". months.csv\n. STATUS.txt\n");
	assert_int_equal(expect_path(c, "this-month").attr.st_ino,
		expect_path(c, "months/2026-11").attr.st_ino);
}

static void former_names_of_an_account_keep_resolving(void **state)
{
	static const struct fake_row renamed[] = { { .account = "111111111111",
		.account_name = "Live",
		.service = "AmazonEC2",
		.usage_type = "x",
		.date = "2026-11-01",
		.cost = { "1.00" } } };
	struct tree_case *c = *state;
	struct tree_entry before, file;

	fake_library_ready(c->library, tree_case_october(1));
	before = expect_path(c, PROD);
	file = expect_path(c, PROD "/2026-10/total.csv");
	fake_library_ready(c->library,
		fake_month_new(&(struct fake_options){ .month = "2026-11" }, renamed, 1));
	expect_names(c, "accounts", "dev-old_333333333333\nlive_111111111111\n");
	expect_same_path(c, PROD, "accounts/live_111111111111");
	expect_same_path(c, "accounts/live", "accounts/live_111111111111");
	expect_same_path(c, PROD "/2026-10/total.csv",
		"accounts/live_111111111111/2026-10/total.csv");
	expect_no_path(c, "accounts/prod-eu", -ENOENT);
	/* What was held stays. */
	assert_int_not_equal(expect_path(c, PROD).node, before.node);
	assert_true(before.node != file.node);
	expect_has(
		c, "accounts.csv", "111111111111,live_111111111111,2026-10,2026-11,1.00");
}

static void names_that_come_later_are_told_and_old_paths_keep_resolving(void **state)
{
	static char bare[] = "222222222222", prod[] = "111111111111";
	static char web[] = "Web Shop", other[] = "Other", late[] = "Late";
	static const struct account_name first[] = { { bare, web }, { prod, other } };
	static const struct account_name second[] = { { bare, late } };
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_november(3));
	expect_names(c, "accounts", "prod-eu_111111111111\nsandbox_222222222222\n");
	expect_has(c, "accounts.csv", "222222222222,sandbox_222222222222,");
	hold(c, "accounts");
	hold(c, "accounts/sandbox_222222222222");
	assert_int_equal(tree_name_accounts(c->tree, first, 2), 0);
	expect_told(c, LIBRARY_MONTH_READY, "2026-11",
		"accounts 111111111111\naccounts prod-eu_111111111111\n"
		"accounts 222222222222\naccounts web-shop_222222222222\n"
		"accounts sandbox_222222222222\n"
		"accounts/web-shop_222222222222 account.json\naccounts *\n" TABLES);
	/* The export's own names win. */
	expect_names(c, "accounts", "prod-eu_111111111111\nweb-shop_222222222222\n");
	expect_same_path(c, "accounts/222222222222", "accounts/web-shop_222222222222");
	expect_same_path(c, "accounts/web-shop", "accounts/web-shop_222222222222");
	expect_has(c, "accounts.csv", "222222222222,web-shop_222222222222,");
	assert_int_equal(tree_name_accounts(c->tree, second, 1), 0);
	expect_names(c, "accounts", "late_222222222222\nprod-eu_111111111111\n");
	expect_same_path(
		c, "accounts/web-shop_222222222222", "accounts/late_222222222222");
	expect_same_path(c, "accounts/sandbox_222222222222/2026-11/total.csv",
		"accounts/late_222222222222/2026-11/total.csv");
	/* Nobody knows it any more: it stays. */
	assert_int_equal(tree_name_accounts(c->tree, NULL, 0), 0);
	expect_names(c, "accounts", "late_222222222222\nprod-eu_111111111111\n");
}

static void an_account_that_has_gone_keeps_resolving(void **state)
{
	static const struct fake_row only[] = { { .account = "222222222222",
		.service = "AmazonEC2",
		.date = "2026-10-01",
		.cost = { "1.00" } } };
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_october(1));
	expect_names(c, "accounts", "dev-old_333333333333\nprod-eu_111111111111\n");
	fake_library_ready(c->library,
		fake_month_new(&(struct fake_options){ .month = "2026-10", .id = "new" },
			only, 1));
	expect_names(c, "accounts", "sandbox_222222222222\n");
	expect_same_path(c, "accounts/111111111111", PROD);
	expect_same_path(c, PROD "/2026-10", PROD "/2026-10");
	expect_names(c, PROD "/2026-10/services", "");
	expect_has(c, "STATUS.txt", "1 shown of 1 ");
}

static void bare_names_that_two_accounts_have_are_none(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1",
			.account_name = "same",
			.service = "a",
			.date = "2026-11-01",
			.cost = { "1.00" } },
		{ .account = "2",
			.account_name = "same",
			.service = "a",
			.date = "2026-11-01",
			.cost = { "1.00" } },
	};
	struct tree_case *c = *state;

	fake_library_ready(c->library, fake_month_new(NULL, rows, ARRAY_LEN(rows)));
	expect_no_path(c, "accounts/same", -ENOENT);
	expect_same_path(c, "accounts/1", "accounts/same_1");
	expect_same_path(c, "accounts/2", "accounts/same_2");
}

static void text_of(struct tree_case *c, const char *path, struct buf *ret)
{
	buf_clear(ret);
	read_node(c, expect_path(c, path).node, 100, ret);
}

static const char *const sums_files[] = { "total.csv", "by-account.csv", "by-service.csv",
	"by-region.csv", "by-usage-type.csv", "by-operation.csv", "by-charge-type.csv",
	"daily.csv", "daily-by-service.csv", "credits.csv", "refunds.csv", "tax.csv",
	"fees.csv", "marketplace.csv", "invoices.csv", "unconnected.csv" };

static void path_of(const char *name, char ret[64])
{
	(void)snprintf(ret, 64, "months/2026-11/%s", name);
}

static void files_of_sums_need_no_more_than_sums(void **state)
{
	static const char *const others[] = { "by-resource.csv", "untagged.csv",
		"tag-coverage.csv", "split-costs.csv", "lines.csv", "services", "by-tag",
		"by-cost-category" };
	struct tree_case *c = *state;
	struct buf sums = BUF_INIT(1 << 16), whole = BUF_INIT(1 << 16);
	uint64_t nodes[ARRAY_LEN(sums_files)];
	char path[64];
	struct tree_entry e;

	fake_library_sums(c->library, tree_case_november_sums(3));
	for (size_t i = 0; i < ARRAY_LEN(sums_files); i++) {
		path_of(sums_files[i], path);
		e = expect_path(c, path);
		/* Nobody tells the kernel when a newer delivery is known. */
		assert_true(e.ttl_seconds <= 60);
		nodes[i] = e.node;
	}
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		path_of(others[i], path);
		expect_wait(c, path, true, "2026-11");
	}
	text_of(c, "months/2026-11/by-service.csv", &sums);
	fake_library_ready(c->library, tree_case_november(3));
	for (size_t i = 0; i < ARRAY_LEN(sums_files); i++) {
		path_of(sums_files[i], path);
		assert_int_equal(expect_path(c, path).node, nodes[i]);
	}
	text_of(c, "months/2026-11/by-service.csv", &whole);
	assert_true(span_eq(buf_span(&sums), buf_span(&whole)));
	buf_finish(&sums);
	buf_finish(&whole);
}

static void sums_are_needed_as_such(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { .month = { -1 } };
	struct tree_entry e;

	fake_library_know(c->library, "2026-11", "");
	assert_int_equal(tree_walk(c->tree, SPAN("months/2026-11/total.csv"), true, &e,
				 &need, NULL),
		-EAGAIN);
	assert_int_equal(need.sums.dims, 1 << DIM_CHARGE_TYPE);
	assert_int_equal(tree_walk(c->tree, SPAN("months/2026-11/lines.csv"), true, &e,
				 &need, NULL),
		-EAGAIN);
	assert_int_equal(need.sums.dims, 0);
}

/* Another account may name a service, and have the last day. */
static void of_an_account_its_own_sums_are_needed_where_they_tell_all(void **state)
{
	static const struct {
		const char *path, *account;
	} cases[] = {
		{ PROD "/2026-11/by-region.csv", "111111111111" },
		{ PROD "/2026-11/total.csv", "111111111111" },
		{ PROD "/2026-11/by-service.csv", "" },
		{ PROD "/2026-11/daily.csv", "" },
		{ "months/2026-11/by-region.csv", "" },
	};
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree_need need = { .month = { -1 } };
		struct tree_entry e;

		print_message("%s\n", cases[i].path);
		assert_int_equal(
			tree_walk(c->tree, span_of(cases[i].path), true, &e, &need, NULL),
			-EAGAIN);
		assert_true(need.sums.dims != 0);
		assert_string_equal(need.sums.account, cases[i].account);
	}
}

/* The directory is of no delivery yet, and then of another one than the files. */
static void files_of_older_sums_are_told_when_the_month_is_read(void **state)
{
	struct tree_case *c = *state;
	struct told t = { c, BUF_INIT(1 << 16) };
	struct month_no m;
	char line[80];

	assert_int_equal(month_parse(SPAN("2026-11"), &m), 0);
	fake_library_sums(c->library, tree_case_november_sums(2));
	hold(c, "months/2026-11");
	hold(c, "months/2026-11/total.csv");
	fake_library_ready(c->library, tree_case_november(2));
	tree_changes(c->tree, LIBRARY_MONTH_READY, m, note, &t);
	assert_null(strstr(buf_text(&t.lines), "by-service.csv"));
	fake_library_ready(c->library, tree_case_november(3));
	tree_changes(c->tree, LIBRARY_MONTH_READY, m, note, &t);
	for (size_t i = 0; i < ARRAY_LEN(sums_files); i++) {
		(void)snprintf(line, sizeof(line), "months/2026-11 %s\n", sums_files[i]);
		assert_non_null(strstr(buf_text(&t.lines), line));
	}
	buf_finish(&t.lines);
	expect_told(c, LIBRARY_MONTH_SUMS, "2026-11", "");
}

static void a_large_table_is_left_to_who_has_time(void **state)
{
	enum { ACCOUNTS = 4097 };
	static char ids[ACCOUNTS][16];
	static struct fake_row rows[ACCOUNTS];
	struct tree_case *c = *state;
	struct tree_need need = { .month = { -1 } };
	struct tree_entry e, again;

	for (size_t i = 0; i < ACCOUNTS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "%012zu", i);
		rows[i] = (struct fake_row){ .account = ids[i],
			.service = "AmazonEC2",
			.date = "2026-11-01",
			.cost = { "1.00" } };
	}
	fake_library_ready(c->library, fake_month_new(NULL, rows, ACCOUNTS));
	expect_wait(c, "accounts.csv", false, "");
	expect_wait(c, "months.csv", false, "");
	e = expect_path(c, "accounts.csv");
	assert_int_equal(
		tree_walk(c->tree, SPAN("accounts.csv"), false, &again, &need, NULL), 0);
	assert_int_equal(again.node, e.node);
}

static void forgetting_gives_back_as_many_as_it_says(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;
	struct tree_need need;
	struct stat attr;
	double ttl;

	fake_library_ready(c->library, tree_case_october(1));
	for (int i = 0; i < 3; i++)
		e = expect_path(c, "months/2026-10");
	tree_forget(c->tree, e.node, 2);
	assert_int_equal(tree_attr(c->tree, e.node, true, &attr, &ttl, &need, NULL), 0);
	tree_forget(c->tree, e.node, 100);
	assert_int_equal(
		tree_attr(c->tree, e.node, true, &attr, &ttl, &need, NULL), -ESTALE);
	tree_forget(c->tree, e.node, 1);
	tree_forget(c->tree, 0, 1);
	tree_forget(c->tree, TREE_ROOT, 100);
	assert_int_equal(
		tree_attr(c->tree, TREE_ROOT, true, &attr, &ttl, &need, NULL), 0);
	assert_true(S_ISDIR(attr.st_mode));
}

#define CASE(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, tree_case_setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(everything_above_a_month_is_free),
		CASE(files_of_sums_need_no_more_than_sums),
		CASE(sums_are_needed_as_such),
		CASE(of_an_account_its_own_sums_are_needed_where_they_tell_all),
		CASE(files_of_older_sums_are_told_when_the_month_is_read),
		CASE(stepping_into_a_month_loads_that_one_and_no_other),
		CASE(accounts_wait_for_the_newest_month_if_none_is_read),
		CASE(a_month_that_failed_says_why_when_entered),
		CASE(an_old_delivery_stays_as_it_was_for_who_holds_it),
		CASE(a_month_keeps_its_node_when_its_first_delivery_is_read),
		CASE(a_first_delivery_is_news_of_tables_and_accounts_only),
		CASE(another_delivery_is_told_to_every_parent_of_its_month),
		CASE(what_is_left_of_an_old_delivery_is_told_from_the_deepest_on),
		cmocka_unit_test(
			what_was_rendered_of_an_old_delivery_goes_with_its_last_name),
		CASE(months_that_come_and_go_are_told),
		CASE(former_names_of_an_account_keep_resolving),
		CASE(names_that_come_later_are_told_and_old_paths_keep_resolving),
		CASE(an_account_that_has_gone_keeps_resolving),
		CASE(bare_names_that_two_accounts_have_are_none),
		CASE(a_large_table_is_left_to_who_has_time),
		CASE(forgetting_gives_back_as_many_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
