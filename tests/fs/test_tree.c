/* Paths: what there is, under which names, and that a listing, a lookup and a read agree.
 */
#include "tests/fs/tree_case.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

enum { VISITS_MAX = 4096 };

/* What a walk through everything has met. */
struct survey {
	struct tree_case *c;
	uint64_t inos[VISITS_MAX];
	uint64_t nodes[VISITS_MAX];
	size_t visits, files, line_items;
};

static void *setup_case(void)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init(c, NULL);
	tree_case_fill(c);
	return c;
}

static int setup(void **state)
{
	*state = setup_case();
	return 0;
}

static void root_has_what_people_look_for_first(void **state)
{
	expect_names(*state, "",
		"README.txt\nSTATUS.txt\naccounts.csv\nservices.csv\nmonths.csv\n"
		"this-month\nlast-month\naccounts\nmonths\nreports\n.costfs\n");
	expect_names(
		*state, ".costfs", "status.json\nmetrics.prom\nerrors.log\nschema\n");
	expect_names(*state, ".costfs/schema", "costs.duckdb.sql\ncosts.pandas.json\n");
	expect_names(*state, "accounts",
		"dev-old_333333333333\nprod-eu_111111111111\nsandbox_222222222222\n");
	expect_names(*state, "months", "2026-09\n2026-10\n2026-11\n");
	expect_names(*state, "accounts/sandbox_222222222222",
		"account.json\n2026-09\n2026-10\n2026-11\n");
}

static void a_month_has_the_kit_and_its_services(void **state)
{
	expect_names(*state, "accounts/prod-eu_111111111111/2026-11",
		"total.csv\nby-service.csv\nby-region.csv\nby-usage-type.csv\n"
		"by-operation.csv\nby-charge-type.csv\nby-resource.csv\ndaily.csv\n"
		"daily-by-service.csv\ntag-coverage.csv\nuntagged.csv\ncredits.csv\n"
		"refunds.csv\ntax.csv\nfees.csv\nmarketplace.csv\ninvoices.csv\n"
		"split-costs.csv\nlines.csv\nby-tag\nby-cost-category\nservices\n");
	expect_names(*state, "accounts/prod-eu_111111111111/2026-11/services",
		"AWSLambda\nAmazonEC2\nMongoDB%20Atlas\n");
	expect_names(*state,
		"accounts/prod-eu_111111111111/2026-11/services/AmazonEC2/resources",
		"index.csv\n_no-resource\ni-1\n");
	expect_names(*state,
		"accounts/prod-eu_111111111111/2026-11/services/AmazonEC2/resources/i-1",
		"lines.csv\nsummary.csv\ndaily.csv\n");
	expect_names(*state, "months/2026-11/by-tag", "a%2Fb.csv\nteam.csv\n");
	expect_names(*state, "months/2026-11/by-cost-category", "Unit.csv\n");
	expect_names(*state, "months/2026-11/services",
		"AWSLambda\nAmazonEC2\nMongoDB%20Atlas\n");
	expect_has(*state, "months/2026-11/services/AmazonEC2/lines.csv", ",9.00,");
	expect_no_path(*state, "months/2026-11/services/AmazonEC2/resources", -ENOENT);
	expect_no_path(*state, "months/2026-11/services/AmazonEC2/costs.csv", -ENOENT);
	expect_path(*state, "months/2026-11/by-account.csv");
	expect_path(*state, "months/2026-11/unconnected.csv");
}

static void check_file(struct survey *s, const struct tree_entry *e, const char *name)
{
	struct buf whole = BUF_INIT(1 << 20), pieces = BUF_INIT(1 << 20);

	read_node(s->c, e->node, 4096, &whole);
	read_node(s->c, e->node, 7, &pieces);
	assert_int_equal(whole.len, e->attr.st_size);
	assert_true(span_eq(buf_span(&whole), buf_span(&pieces)));
	assert_int_equal(e->attr.st_blocks, (e->attr.st_size + 511) / 512);
	assert_int_equal(e->attr.st_nlink, 1);
	s->files++;
	/* Lines but the header. */
	if (strcmp(name, "costs.csv") == 0) {
		for (size_t i = 0; i < whole.len; i++)
			s->line_items += whole.p[i] == '\n';
		s->line_items--;
	}
	buf_finish(&whole);
	buf_finish(&pieces);
}

static void survey_dir(struct survey *s, uint64_t dir);

static void survey_name(struct survey *s, uint64_t dir, struct tree_name name)
{
	struct tree_need need = { 0 };
	struct fault why = { 0 };
	struct tree_entry e;
	int r = tree_lookup(s->c->tree, dir, span_of(name.name), true, &e, &need, &why);

	if (r < 0)
		fail_msg("%s: listed, but %s", name.name, fault_errno_text(r));
	assert_int_equal(e.attr.st_ino, name.ino);
	assert_int_equal(e.attr.st_mode & S_IFMT, name.type);
	assert_int_equal(e.attr.st_mode & 07777,
		name.type == S_IFDIR	       ? 0555
			: name.type == S_IFLNK ? 0777
					       : 0444);
	assert_int_equal(e.attr.st_uid, 1001);
	assert_int_equal(e.attr.st_gid, 1002);
	assert_true(e.node > TREE_ROOT && e.attr.st_ino != 0);
	assert_true(s->visits < VISITS_MAX);
	for (size_t i = 0; i < s->visits; i++)
		if (s->inos[i] == e.attr.st_ino || s->nodes[i] == e.node)
			fail_msg("%s: a number that was used before", name.name);
	s->inos[s->visits] = e.attr.st_ino;
	s->nodes[s->visits++] = e.node;
	if (name.type == S_IFREG)
		check_file(s, &e, name.name);
	if (name.type == S_IFDIR) {
		assert_int_equal(e.attr.st_size, 0);
		assert_int_equal(e.attr.st_nlink, 2);
		survey_dir(s, e.node);
	}
}

static void survey_dir(struct survey *s, uint64_t dir)
{
	struct tree_need need = { 0 };
	struct fault why = { 0 };
	struct tree_listing *l;
	int r = tree_list(s->c->tree, dir, true, &l, &need, &why);

	if (r == -EAGAIN) /* 2026-09 is never read here */
		return;
	assert_int_equal(r, 0);
	for (size_t i = 0; i < tree_listing_count(l); i++)
		survey_name(s, dir, tree_listing_at(l, i));
	tree_listing_free(l);
}

static void everything_listed_resolves_and_is_as_long_as_it_says(void **state)
{
	struct survey *s = calloc(1, sizeof(*s));
	struct month *november = tree_case_november(3);
	struct tree_need need;
	struct stat attr;
	double ttl;
	unsigned refs;

	assert_non_null(s);
	s->c = *state;
	fake_library_ready(s->c->library, month_ref(november));
	refs = fake_month_refs(november);
	survey_dir(s, TREE_ROOT);
	print_message("%zu names, %zu files\n", s->visits, s->files);
	/* 6 rows of November and 2 of October. */
	assert_int_equal(s->line_items, 8);
	assert_true(s->files > 100 && fake_month_refs(november) > refs);
	for (size_t i = 0; i < s->visits; i++)
		tree_forget(s->c->tree, s->nodes[i], 1);
	for (size_t i = 0; i < s->visits; i++)
		assert_int_equal(tree_attr(s->c->tree, s->nodes[i], true, &attr, &ttl,
					 &need, NULL),
			-ESTALE);
	view_cache_drop(s->c->views, november);
	assert_int_equal(fake_month_refs(november), refs);
	month_unref(november);
	free(s);
}

struct alias {
	const char *path, *canonical;
};
#define PROD "accounts/prod-eu_111111111111"
#define LAMBDA PROD "/2026-11/services/AWSLambda"

static void other_names_of_a_thing_resolve_to_its_path(void **state)
{
	static const struct alias aliases[] = {
		{ "accounts/111111111111", PROD },
		{ "accounts/prod-eu", PROD },
		{ "accounts/sandbox", "accounts/sandbox_222222222222" },
		{ "accounts/222222222222", "accounts/sandbox_222222222222" },
		{ PROD "/2026-11/services/ec2", PROD "/2026-11/services/AmazonEC2" },
		{ PROD "/2026-11/services/EC2", PROD "/2026-11/services/AmazonEC2" },
		{ PROD "/2026-11/services/amazonec2",
			PROD "/2026-11/services/AmazonEC2" },
		{ PROD "/2026-11/services/lambda", LAMBDA },
		{ PROD "/2026-11/services/MongoDB Atlas",
			PROD "/2026-11/services/MongoDB%20Atlas" },
		{ PROD "/2026-11/services/mongodb atlas",
			PROD "/2026-11/services/MongoDB%20Atlas" },
		{ "months/2026-11/services/ec2", "months/2026-11/services/AmazonEC2" },
		{ LAMBDA "/resources/function:resize",
			NULL }, /* not the id: only part of one */
		{ LAMBDA "/resources/"
			 "arn:aws:lambda:eu-west-1:111111111111:function:resize",
			LAMBDA "/resources/function%3Aresize" },
		{ LAMBDA "/resources/arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3A"
			 "function%3Aresize",
			LAMBDA "/resources/function%3Aresize" },
		{ "this-month", "months/2026-11" },
		{ "last-month/total.csv", "months/2026-10/total.csv" },
		{ "this-month/../2026-10", "months/2026-10" },
		{ "/accounts//./111111111111/", PROD },
		{ "accounts/../../..//months/2026-10/..", "months" },
		{ "accounts/111111111111/2026-11/services/ec2/resources/../../../../"
		  "2026-10",
			PROD "/2026-10" },
	};

	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		print_message("%s\n", aliases[i].path);
		if (aliases[i].canonical)
			expect_same_path(*state, aliases[i].path, aliases[i].canonical);
		else
			expect_no_path(*state, aliases[i].path, -ENOENT);
	}
}

struct nothing {
	const char *path;
	int want;
};

static void names_that_are_none_are_refused(void **state)
{
	static const struct nothing cases[] = {
		{ "x", -ENOENT },
		{ "readme.txt", -ENOENT },
		{ "README.txt/x", -ENOTDIR },
		{ "README.txt/", -ENOTDIR },
		{ "README.txt/..", -ENOTDIR },
		{ "status.json", -ENOENT },
		{ "accounts/999999999999", -ENOENT },
		{ "accounts/_111111111111", -ENOENT },
		{ "accounts/prod-eu_", -ENOENT },
		{ "accounts/prod_111111111111", -ENOENT },
		{ "accounts/not-this_111111111111", -ENOENT },
		{ "accounts/Prod EU", -ENOENT },
		{ "months/2026-12", -ENOENT },
		{ "months/2026-1", -ENOENT },
		{ "months/2026-11-01", -ENOENT },
		{ "months/account.json", -ENOENT },
		{ PROD "/months.csv", -ENOENT },
		{ PROD "/2026-11/by-account.csv", -ENOENT },
		{ PROD "/2026-11/costs.csv", -ENOENT },
		{ PROD "/2026-11/index.csv", -ENOENT },
		{ PROD "/2026-11/resources", -ENOENT },
		{ PROD "/2026-11/by-tag/team", -ENOENT },
		{ PROD "/2026-11/by-tag/.csv", -ENOENT },
		{ PROD "/2026-11/by-tag/Team.csv", -ENOENT },
		{ PROD "/2026-11/services/s3", -ENOENT },
		{ PROD "/2026-11/services/services", -ENOENT },
		{ PROD "/2026-10/services/lambda", -ENOENT },
		{ "accounts/sandbox/2026-11/services/lambda", -ENOENT },
		{ LAMBDA "/services", -ENOENT },
		{ LAMBDA "/resources/i-1", -ENOENT },
		{ LAMBDA "/resources/%", -ENOENT },
		{ LAMBDA "/resources/_no-resource", -ENOENT },
		{ LAMBDA "/resources/function%3aresize", -ENOENT },
	};
	struct tree_case *c = *state;
	struct tree_need need;
	struct tree_entry e;
	char name[NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_no_path(c, cases[i].path, cases[i].want);
	memset(name, 'x', sizeof(name));
	for (size_t len = 255; len <= 256; len++)
		assert_int_equal(
			tree_lookup(c->tree, TREE_ROOT, (struct span){ name, len }, true,
				&e, &need, NULL),
			len == 255 ? -ENOENT : -ENAMETOOLONG);
	assert_int_equal(tree_lookup(c->tree, TREE_ROOT, SPAN("README.txt\0"), true, &e,
				 &need, NULL),
		-ENOENT);
	assert_int_equal(tree_lookup(c->tree, TREE_ROOT, SPAN(""), true, &e, &need, NULL),
		-ENOENT);
	assert_int_equal(
		tree_lookup(c->tree, 12345, SPAN("x"), true, &e, &need, NULL), -ESTALE);
}

static void the_wrong_kind_of_node_is_refused(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry file = expect_path(c, "README.txt"), link;
	struct buf target = BUF_INIT(100);
	struct tree_need need;
	struct tree_listing *l;
	struct tree_file *f;

	assert_int_equal(tree_lookup(c->tree, TREE_ROOT, SPAN("this-month"), true, &link,
				 &need, NULL),
		0);
	assert_int_equal(tree_list(c->tree, file.node, true, &l, &need, NULL), -ENOTDIR);
	assert_int_equal(tree_open(c->tree, TREE_ROOT, true, &f, &need, NULL), -EISDIR);
	assert_int_equal(tree_open(c->tree, link.node, true, &f, &need, NULL), -ELOOP);
	assert_int_equal(tree_readlink(c->tree, file.node, &target), -EINVAL);
	assert_int_equal(tree_readlink(c->tree, TREE_ROOT, &target), -EINVAL);
	assert_int_equal(tree_readlink(c->tree, link.node, &target), 0);
	assert_true(span_eq(buf_span(&target), SPAN("months/2026-11")));
	assert_int_equal(link.attr.st_size, target.len);
	assert_int_equal(tree_open(c->tree, 99, true, &f, &need, NULL), -ESTALE);
	assert_int_equal(tree_list(c->tree, 99, true, &l, &need, NULL), -ESTALE);
	assert_int_equal(tree_path(c->tree, 99, &target), -ESTALE);
	assert_int_equal(tree_path(c->tree, TREE_ROOT, &target), 0);
	assert_true(span_eq(buf_span(&target), SPAN(".")));
	buf_finish(&target);
}

static void last_month_is_only_there_if_the_export_has_it(void **state)
{
	struct tree_case *c = *state;

	fake_library_remove(c->library, "2026-10");
	expect_no_path(c, "last-month", -ENOENT);
	expect_names(c, "",
		"README.txt\nSTATUS.txt\naccounts.csv\nservices.csv\nmonths.csv\n"
		"this-month\naccounts\nmonths\nreports\n.costfs\n");
}

static void an_account_without_rows_has_empty_tables(void **state)
{
	struct tree_case *c = *state;

	expect_text(c, "accounts/dev-old/2026-11/total.csv",
		"month,status,as_of,unblended_cost,net_unblended_cost,amortized_cost,"
		"net_amortized_cost,list_cost,currency,lines\n");
	expect_names(c, "accounts/dev-old/2026-11/services", "");
	expect_names(c, "accounts/dev-old/2026-11/by-tag", "");
	expect_no_path(c, "accounts/dev-old/2026-11/by-account.csv", -ENOENT);
	expect_no_path(c, "accounts/dev-old/2026-11/unconnected.csv", -ENOENT);
	expect_no_path(c, "accounts/dev-old/2026-11/services/ec2", -ENOENT);
	expect_has(c, "accounts/dev-old/2026-10/total.csv", ",4.00,");
}

static void only_connected_accounts_are_there(void **state)
{
	static char dev[] = "333333333333";
	static char *ids[] = { dev };
	const struct selection only = { ids, 1 };
	struct tree_case c;

	(void)state;
	tree_case_init(&c, &only);
	tree_case_fill(&c);
	expect_names(&c, "accounts", "dev-old_333333333333\n");
	expect_no_path(&c, "accounts/111111111111", -ENOENT);
	expect_no_path(&c, "accounts/prod-eu", -ENOENT);
	expect_names(&c, "months/2026-11/services", "");
	expect_no_path(&c, "months/2026-11/services/ec2", -ENOENT);
	expect_names(&c, "months/2026-10/services", "AmazonEC2\n");
	expect_has(&c, "months/2026-11/unconnected.csv", "111111111111");
	expect_has(&c, "STATUS.txt", "1 shown of 3");
	tree_case_finish(&c);
}

static void node_numbers_are_the_same_on_every_run(void **state)
{
	static const char *const paths[] = { "accounts", PROD, PROD "/2026-11",
		PROD "/2026-11/services/AmazonEC2/costs.csv", "months/2026-09",
		"this-month" };
	struct tree_case *other = setup_case();

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_entry a = expect_path(*state, paths[i]);
		struct tree_entry b = expect_path(other, paths[i]);

		assert_int_equal(a.node, b.node);
		assert_int_equal(a.attr.st_ino, b.attr.st_ino);
	}
	tree_case_finish(other);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			root_has_what_people_look_for_first, setup, tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			a_month_has_the_kit_and_its_services, setup, tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			everything_listed_resolves_and_is_as_long_as_it_says, setup,
			tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			other_names_of_a_thing_resolve_to_its_path, setup,
			tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			names_that_are_none_are_refused, setup, tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			the_wrong_kind_of_node_is_refused, setup, tree_case_teardown),
		cmocka_unit_test_setup_teardown(
			last_month_is_only_there_if_the_export_has_it, setup,
			tree_case_teardown),
		cmocka_unit_test_setup_teardown(an_account_without_rows_has_empty_tables,
			setup, tree_case_teardown),
		cmocka_unit_test(only_connected_accounts_are_there),
		cmocka_unit_test_setup_teardown(node_numbers_are_the_same_on_every_run,
			setup, tree_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
