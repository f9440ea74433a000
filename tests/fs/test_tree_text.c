/* The files above the months, and extended attributes. Sums by hand from the rows in
 * tree_case.c. */
#include "tests/fs/tree_case.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cmocka.h"

#define MONEY                                                                            \
	"unblended_cost,net_unblended_cost,amortized_cost,net_amortized_cost,list_cost," \
	"currency,lines"
#define PROD "accounts/prod-eu_111111111111"

static void accounts_csv_has_the_newest_month_dearest_first(void **state)
{
	expect_text(*state, "accounts.csv",
		"account_id,directory,first_month,last_month," MONEY ",name\n"
		"222222222222,sandbox_222222222222,2026-11,2026-11,9.00,,,,,USD,1,"
		"sandbox\n"
		"111111111111,prod-eu_111111111111,2026-10,2026-11,5.375,,1.575,,,USD,5,"
		"Prod EU\n"
		"333333333333,dev-old_333333333333,2026-10,2026-10,,,,,,,0,"
		"\"Dev, \"\"old\"\"\"\n");
}

static void services_csv_maps_codes_directories_and_names(void **state)
{
	expect_text(*state, "services.csv",
		"service,directory," MONEY ",name\n"
		"AmazonEC2,AmazonEC2,10.875,,1.575,,,USD,4,Amazon EC2\n"
		"AWSLambda,AWSLambda,3.00,,,,,USD,1,AWS Lambda\n"
		"MongoDB Atlas,MongoDB%20Atlas,0.50,,,,,USD,1,\n");
}

static void months_csv_leaves_money_of_unread_months_empty(void **state)
{
	struct tree_case *c = *state;

	fake_library_know(c->library, "2026-08", "");
	fake_library_fail(c->library, "2026-08", -EACCES, "denied", "");
	expect_text(c, "months.csv",
		"month,status,as_of," MONEY "\n"
		"2026-08,failed,,,,,,,,\n"
		"2026-09,unread,2026-09-30T01:02:03Z,,,,,,,\n"
		"2026-10,final,2026-10-21T14:00:00Z,6.00,,,,,USD,2\n"
		"2026-11,mixed,2026-11-23T14:00:00Z,14.375,,1.575,,,USD,6\n");
}

static void tables_without_a_month_have_their_header(void **state)
{
	struct tree_case c;

	(void)state;
	tree_case_init(&c, NULL);
	expect_text(&c, "accounts.csv",
		"account_id,directory,first_month,last_month," MONEY ",name\n");
	expect_text(&c, "services.csv", "service,directory," MONEY ",name\n");
	expect_text(&c, "months.csv", "month,status,as_of," MONEY "\n");
	expect_no_path(&c, "this-month", -ENOENT);
	expect_names(&c, "months", "");
	expect_names(&c, "accounts", "");
	expect_has(&c, "STATUS.txt", "as of     unknown\n");
	tree_case_finish(&c);
}

static void account_json_says_what_the_directory_means(void **state)
{
	expect_text(*state, PROD "/account.json",
		"{\n  \"account_id\": \"111111111111\",\n  \"name\": \"Prod EU\",\n"
		"  \"directory\": \"prod-eu_111111111111\"\n}\n");
	expect_has(*state, "accounts/dev-old/account.json", "\"Dev, \\\"old\\\"\"");
}

static void status_txt_is_one_screen_for_people(void **state)
{
	struct tree_case *c = *state;

	fake_library_know(c->library, "2026-08", "2026-08-31T00:00:00Z");
	fake_library_fail(c->library, "2026-08", -EACCES, "GET s3://bucket/x: denied",
		"allow s3:GetObject");
	fake_library_progress(c->library, "2026-09", 250000, 1000000, 1234);
	expect_text(c, "STATUS.txt",
		"costfs " COSTFS_VERSION "\n"
		"\n"
		"source    s3://bucket/cur\n"
		"export    costs (Data Exports)\n"
		"as of     2026-11-23T14:00:00Z\n"
		"looked    2026-11-24T14:00:00Z (3 times)\n"
		"cached    2 of 4 months, 1 being read; 0.0 MB of 0.0 MB at most\n"
		"accounts  3 shown of 3 in the months read\n"
		"\n"
		"MONTH    STATE    AS OF                 FINALITY         LINES\n"
		"2026-11  ready    2026-11-23T14:00:00Z  mixed                6\n"
		"2026-10  ready    2026-10-21T14:00:00Z  final                2\n"
		"2026-09  reading  2026-09-30T01:02:03Z   25 % of 1.0 MB, 1234 lines\n"
		"         [##########..............................]  0.1 MB/s, 6 s "
		"left\n"
		"2026-08  failed   2026-08-31T00:00:00Z  EACCES\n"
		"\n"
		"ERRORS\n"
		"2026-08  EACCES: GET s3://bucket/x: denied\n"
		"         allow s3:GetObject\n");
	expect_text(c, ".costfs/errors.log",
		"2026-08 EACCES GET s3://bucket/x: denied | allow s3:GetObject\n");
	fake_library_fail(c->library, "2026-09", -ETIMEDOUT, "no answer", "");
	expect_text(c, ".costfs/errors.log",
		"2026-08 EACCES GET s3://bucket/x: denied | allow s3:GetObject\n"
		"2026-09 ETIMEDOUT no answer\n");
}

static void requests_are_told_where_they_are_counted(void **state)
{
	const struct object_traffic traffic = { .list = 12,
		.head = 3,
		.get = 456,
		.bytes = 78912345678,
		.retries = 2,
		.connections = 16 };
	struct tree_case *c = *state;

	expect_has(c, ".costfs/status.json", "  \"requests\": null,\n");
	fake_library_traffic(c->library, &traffic);
	expect_has(c, "STATUS.txt",
		"requests  12 lists, 3 heads, 456 gets of 78912.3 MB; 2 retries, 16 "
		"connections\n");
	expect_has(c, ".costfs/status.json",
		"  \"requests\": { \"list\": 12, \"head\": 3, \"get\": 456, \"bytes\": "
		"78912345678, \"retries\": 2, \"connections\": 16 },\n");
}

static void status_txt_stays_one_screen_with_many_months(void **state)
{
	struct tree_case *c = *state;
	char month[16];
	struct tree_entry e;
	struct buf text = BUF_INIT(1 << 16);
	size_t lines = 0;

	for (int i = 0; i < 36; i++) {
		(void)snprintf(
			month, sizeof(month), "%d-%02d", 2022 + i / 12, i % 12 + 1);
		fake_library_know(c->library, month, "2024-01-01T00:00:00Z");
	}
	e = expect_path(c, "STATUS.txt");
	read_node(c, e.node, 4096, &text);
	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	assert_true(lines <= 24);
	expect_has(c, "STATUS.txt", "and 26 older, unread\n");
	expect_has(c, "README.txt", "The five costs");
	buf_finish(&text);
}

static cJSON *parse(struct tree_case *c, const char *path)
{
	struct tree_entry e = expect_path(c, path);
	struct buf text = BUF_INIT(1 << 16);
	cJSON *json;

	read_node(c, e.node, 4096, &text);
	json = cJSON_ParseWithLength(text.p, text.len);
	if (!json)
		fail_msg("%s: no JSON: %.*s", path, SPAN_ARG(buf_span(&text)));
	tree_forget(c->tree, e.node, 1);
	buf_finish(&text);
	return json;
}

static const char *string_in(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	return text ? text : "(null)";
}

static void status_json_says_the_same_to_scripts(void **state)
{
	struct tree_case *c = *state;
	cJSON *json, *month, *error;

	fake_library_know(c->library, "2026-08", "");
	fake_library_fail(c->library, "2026-08", -EACCES, "a \"b\"\\", "cure");
	json = parse(c, ".costfs/status.json");
	assert_int_equal(
		(pid_t)cJSON_GetNumberValue(cJSON_GetObjectItem(json, "pid")), getpid());
	assert_string_equal(string_in(json, "version"), COSTFS_VERSION);
	assert_string_equal(string_in(json, "as_of"), "2026-11-23T14:00:00Z");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "months")), 4);
	month = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "months"), 0);
	error = cJSON_GetObjectItem(month, "error");
	assert_string_equal(string_in(month, "month"), "2026-08");
	assert_string_equal(string_in(month, "state"), "failed");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(month, "as_of")));
	assert_string_equal(string_in(error, "name"), "EACCES");
	assert_string_equal(string_in(error, "text"), "a \"b\"\\");
	assert_string_equal(string_in(error, "cure"), "cure");
	month = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "months"), 3);
	assert_string_equal(string_in(month, "state"), "ready");
	assert_string_equal(string_in(month, "finality"), "mixed");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(month, "error")));
	cJSON_Delete(json);
}

static void schemas_name_the_columns(void **state)
{
	cJSON *json = parse(*state, ".costfs/schema/costs.pandas.json");
	const cJSON *types = cJSON_GetObjectItem(json, "dtype");

	assert_string_equal(string_in(types, "account_id"), "string");
	assert_string_equal(string_in(types, "unblended_cost"), "float64");
	assert_string_equal(string_in(types, "list_cost"), "float64");
	assert_string_equal(string_in(types, "currency"), "string");
	/* Behind the leading block of the month's header. */
	assert_string_equal(string_in(types, "description"), "string");
	assert_null(cJSON_GetObjectItem(types, "usage_start"));
	cJSON_Delete(json);
	expect_has(*state, ".costfs/schema/costs.duckdb.sql", "DECIMAL(38, 18)");
}

struct fact_case {
	const char *path, *name, *want; /* NULL: ENODATA */
};
static const struct fact_case facts[] = {
	{ "", "id", NULL },
	{ "accounts", "name", NULL },
	{ PROD, "id", "111111111111" },
	{ PROD, "name", "Prod EU" },
	{ PROD, "unblended_cost", NULL },
	{ PROD "/2026-11", "id", "111111111111" },
	{ PROD "/2026-11", "as_of", "2026-11-23T14:00:00Z" },
	{ PROD "/2026-11", "unblended_cost", "5.375" },
	{ PROD "/2026-11", "amortized_cost", "1.575" },
	{ PROD "/2026-11", "lines", "5" },
	{ PROD "/2026-11", "currency", "USD" },
	{ PROD "/2026-11", "status", "estimated" },
	{ PROD "/2026-11", "generation", "2026-11-3" },
	{ PROD "/2026-11/services/ec2", "id", "AmazonEC2" },
	{ PROD "/2026-11/services/ec2", "name", "Amazon EC2" },
	{ PROD "/2026-11/services/ec2", "unblended_cost", "1.875" },
	{ PROD "/2026-11/services/ec2/costs.csv", "lines", "3" },
	{ PROD "/2026-11/services/lambda", "amortized_cost", NULL },
	{ PROD "/2026-11/services/ec2/resources/i-1", "id", "i-1" },
	{ PROD "/2026-11/services/ec2/resources/i-1", "name", "web" },
	{ PROD "/2026-11/services/ec2/resources/i-1/lines.csv", "unblended_cost",
		"1.75" },
	{ "months/2026-11", "id", NULL },
	{ "months/2026-11", "unblended_cost", "14.375" },
	{ "months/2026-09", "as_of", "2026-09-30T01:02:03Z" },
	{ "months/2026-09", "unblended_cost", NULL },
	{ "months/2026-09", "status", NULL },
	{ "accounts/dev-old/2026-11", "lines", "0" },
	{ "accounts/dev-old/2026-11", "unblended_cost", NULL },
	{ "README.txt", "as_of", NULL },
	{ PROD, "nothing", NULL },
	{ PROD, "", NULL },
};

static void attributes_have_originals_and_sums(void **state)
{
	struct tree_case *c = *state;
	struct buf got = BUF_INIT(4096);

	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		struct tree_entry e = expect_path(c, facts[i].path);
		char name[64];
		int r;

		(void)snprintf(name, sizeof(name), "user.costfs.%s", facts[i].name);
		r = tree_getxattr(c->tree, e.node, span_of(name), &got);
		if (r != (facts[i].want ? 0 : -ENODATA) ||
			(r == 0 && !span_eq(buf_span(&got), span_of(facts[i].want))))
			fail_msg("%s of %s: %d %.*s", name, facts[i].path, r,
				SPAN_ARG(buf_span(&got)));
	}
	/* So that ls -l asks for labels once, not for each file. */
	assert_int_equal(
		tree_getxattr(c->tree, TREE_ROOT, SPAN("security.selinux"), &got),
		-EOPNOTSUPP);
	assert_int_equal(
		tree_getxattr(c->tree, 99, SPAN("user.costfs.id"), &got), -ESTALE);
	assert_int_equal(tree_listxattr(c->tree, 99, &got), -ESTALE);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	buf_finish(&got);
}

static void attribute_lists_name_what_there_is(void **state)
{
	static const char account[] = "user.costfs.id\0user.costfs.name";
	static const char month[] = "user.costfs.as_of";
	struct tree_case *c = *state;
	struct buf got = BUF_INIT(4096);

	assert_int_equal(tree_listxattr(c->tree, expect_path(c, PROD).node, &got), 0);
	assert_int_equal(got.len, sizeof(account));
	assert_memory_equal(got.p, account, sizeof(account));
	assert_int_equal(
		tree_listxattr(c->tree, expect_path(c, "months/2026-09").node, &got), 0);
	assert_int_equal(got.len, sizeof(month));
	assert_memory_equal(got.p, month, sizeof(month));
	assert_int_equal(tree_listxattr(c->tree, TREE_ROOT, &got), 0);
	assert_int_equal(got.len, 0);
	buf_finish(&got);
}

static void times_are_those_of_the_delivery(void **state)
{
	/* date -u -d 2026-11-23T14:00:00Z +%s, and so on */
	static const struct {
		const char *path;
		int64_t time;
	} cases[] = {
		{ "", 1795442400 },
		{ "README.txt", 1795442400 },
		{ "accounts", 1795442400 },
		{ "months", 1795442400 },
		{ PROD, 1795442400 },
		{ PROD "/2026-11", 1795442400 },
		{ PROD "/2026-11/services/ec2/costs.csv", 1795442400 },
		{ "months/2026-10", 1792591200 },
		{ "months/2026-10/total.csv", 1792591200 },
		{ "months/2026-09", 1790730123 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree_entry e = expect_path(*state, cases[i].path);

		print_message("%s\n", cases[i].path);
		assert_int_equal(e.attr.st_mtim.tv_sec, cases[i].time);
		assert_int_equal(e.attr.st_ctim.tv_sec, cases[i].time);
		assert_int_equal(e.attr.st_atim.tv_sec, cases[i].time);
	}
}

static void a_directory_is_read_by_pieces_of_as_many_names_as_it_may_have(void **state)
{
	static const struct {
		const char *path;
		blksize_t size;
	} cases[] = {
		{ "README.txt", 128 * 1024 },
		{ PROD "/2026-11/services/ec2/costs.csv", 128 * 1024 },
		{ "months", 4096 },
		{ PROD "/2026-11", 4096 },
		{ PROD "/2026-11/services/ec2", 4096 },
		{ "accounts", 256 * 1024 },
		{ PROD "/2026-11/services", 256 * 1024 },
		{ PROD "/2026-11/services/ec2/resources", 256 * 1024 },
		{ "months/2026-11/by-tag", 256 * 1024 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree_entry e = expect_path(*state, cases[i].path);

		print_message("%s\n", cases[i].path);
		assert_int_equal(e.attr.st_blksize, cases[i].size);
	}
}

static void what_changes_by_itself_is_kept_for_a_second(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry before = expect_path(c, "STATUS.txt"), after;
	struct buf old = BUF_INIT(1 << 16), again = BUF_INIT(1 << 16);

	read_node(c, before.node, 4096, &old);
	assert_true(before.ttl_seconds > 0.9 && before.ttl_seconds < 1.1);
	after = expect_path(c, "STATUS.txt");
	assert_int_equal(after.node, before.node);
	fake_library_progress(c->library, "2026-09", 1, 2, 3);
	after = expect_path(c, "STATUS.txt");
	assert_int_not_equal(after.node, before.node);
	assert_int_equal(after.attr.st_ino, before.attr.st_ino);
	/* Who has the old one open reads it to its end. */
	read_node(c, before.node, 3, &again);
	assert_true(span_eq(buf_span(&old), buf_span(&again)));
	assert_true(expect_path(c, "README.txt").ttl_seconds > 3599);
	assert_true(expect_path(c, "accounts.csv").ttl_seconds > 3599);
	assert_true(expect_path(c, PROD "/2026-11/total.csv").ttl_seconds > 3599);
	buf_finish(&old);
	buf_finish(&again);
}

#define CASE(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, tree_case_setup_filled, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(accounts_csv_has_the_newest_month_dearest_first),
		CASE(services_csv_maps_codes_directories_and_names),
		CASE(months_csv_leaves_money_of_unread_months_empty),
		cmocka_unit_test(tables_without_a_month_have_their_header),
		CASE(account_json_says_what_the_directory_means),
		CASE(status_txt_is_one_screen_for_people),
		CASE(requests_are_told_where_they_are_counted),
		CASE(status_txt_stays_one_screen_with_many_months),
		CASE(status_json_says_the_same_to_scripts),
		CASE(schemas_name_the_columns),
		CASE(attributes_have_originals_and_sums),
		CASE(attribute_lists_name_what_there_is),
		CASE(times_are_those_of_the_delivery),
		CASE(a_directory_is_read_by_pieces_of_as_many_names_as_it_may_have),
		CASE(what_changes_by_itself_is_kept_for_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
