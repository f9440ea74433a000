#include "base/buf.h"
#include "tests/aws/rows_fixture.h"

#define SNAKE "line_item_usage_account_id,line_item_unblended_cost"

/* Python: csv.writer over json.dumps of the maps. */
static const char cur2_text[] = SNAKE
	",line_item_usage_account_name,product,resource_tags,cost_category,discount,"
	"tags,product_sku\n"
	"111122223333,0.5,Prod,"
	"\"{\"\"product_name\"\": \"\"Amazon EC2\"\", \"\"region\"\": \"\"us-east-1\"\", "
	"\"\"sku\"\": \"\"S1\"\", \"\"vcpu\"\": \"\"\"\"}\","
	"\"{\"\"user_name\"\": \"\"w\\u00e9b\"\", \"\"user_owner\"\": \"\"team-a\"\", "
	"\"\"aws_created_by\"\": \"\"x\"\"}\","
	"\"{\"\"Team\"\": \"\"Platform\"\", \"\"Env\"\": null}\","
	"\"{\"\"total_discount\"\": -1.81E-8}\","
	"\"{\"\"user:owner\"\": \"\"team-b\"\", \"\"accountTag/x\"\": \"\"y\"\"}\",S0\n"
	"111122223333,0.5,Prod,{},,{},{},{},\n"
	"111122223333,0.5,Prod,\"{\"\"vcpu\"\": \"\"2\"\"}\",\"{\"\"user_owner\"\": "
	"\"\"team-c\"\"}\",{},\"{\"\"total_discount\"\": 0.1}\",{},\n";

static void maps_become_columns_tags_and_categories(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(cur2_text));
	assert_int_equal(f.layout.table, TABLE_CUR2);
	row = fixture_row(&f);
	assert_span(row.account_name, "Prod");
	assert_span(row.product_name, "Amazon EC2");
	assert_span(row.region, "us-east-1");
	assert_span(row.name_tag,
		"w\xc3\xa9"
		"b");
	assert_int_equal(row.tag_count, 3);
	assert_span(tag_value(&f, &row, "name"),
		"w\xc3\xa9"
		"b");
	assert_span(tag_value(&f, &row, "owner"), "team-a");
	assert_span(tag_value(&f, &row, "aws_created_by"), "x");
	assert_int_equal(row.category_count, 1);
	assert_span(category_value(&f, &row, "Team"), "Platform");
	assert_int_equal(row.map_cell_count, 10);
	assert_span(map_value(&f, &row, "tag_owner"), "team-a");
	assert_span(map_value(&f, &row, "tags_user:owner"), "team-b");
	assert_span(map_value(&f, &row, "tags_accountTag/x"), "y");
	assert_span(map_value(&f, &row, "cost_category_Team"), "Platform");
	assert_span(map_value(&f, &row, "product_region"), "us-east-1");
	/* The ordinary column has the name. */
	assert_span(fixture_cell(&f, &row, "product_sku").text, "S0");
	assert_span(map_value(&f, &row, "product_sku_2"), "S1");
	assert_span(map_value(&f, &row, "discount_total_discount"), "-0.0000000181");
	/* A key without any value makes no column. */
	assert_int_equal(intern_count(row_reader_map_columns(f.reader)), 10);

	row = fixture_row(&f);
	assert_int_equal(row.map_cell_count + row.tag_count + row.category_count, 0);
	assert_span(row.region, "");
	assert_span(row.product_name, "");
	assert_span(row.name_tag, "");

	row = fixture_row(&f);
	assert_int_equal(row.map_cell_count, 3);
	assert_span(map_value(&f, &row, "product_vcpu"), "2");
	assert_span(map_value(&f, &row, "tag_owner"), "team-c");
	assert_span(map_value(&f, &row, "discount_total_discount"), "0.10");
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
	fixture_close(&f);
}

/* Expected by Python's decimal, format "f". */
static void numbers_of_maps_are_plain_decimals(void **state)
{
	static const struct {
		const char *value, *wanted;
	} cases[] = { { "0", "0.00" }, { "-0.0", "0.00" }, { "5", "5.00" },
		{ "0.1", "0.10" }, { "-0.125", "-0.125" }, { "1E-7", "0.0000001" },
		{ "1.2345678901234567e-05", "0.000012345678901234567" },
		{ "1e-40", "0.0000000000000000000000000000000000000001" },
		/* Too long for what a number of a map may take. */
		{ "1e-300", "1e-300" }, { "\"\"1e-7\"\"", "1e-7" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = BUF_INIT(4096);
		struct fixture f;
		struct row row;

		print_message("%s\n", cases[i].value);
		assert_int_equal(buf_appendf(&text,
					 "line_item_usage_account_id,"
					 "line_item_unblended_cost,"
					 "line_item_usage_account_name,discount\n"
					 "1,1,a,\"{\"\"total\"\": %s}\"\n",
					 cases[i].value),
			0);
		fixture_open(&f, buf_span(&text));
		assert_int_equal(f.layout.table, TABLE_CUR2);
		row = fixture_row(&f);
		assert_span(map_value(&f, &row, "discount_total"), cases[i].wanted);
		fixture_close(&f);
		buf_finish(&text);
	}
}

static void the_tags_map_serves_where_there_is_no_other(void **state)
{
	static const char text[] =
		SNAKE ",tags\n"
		      "1,1,\"{\"\"user:Name\"\":\"\"web\"\",\"\"user:Owner\"\":\"\"a\"\","
		      "\"\"Owner\"\":\"\"b\"\"}\"\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	row = fixture_row(&f);
	assert_span(row.name_tag, "web");
	assert_int_equal(row.tag_count, 3);
	assert_span(tag_value(&f, &row, "Owner"), "a");
	assert_span(tag_value(&f, &row, "Owner_2"), "b");
	assert_span(map_value(&f, &row, "tags_user:Owner"), "a");
	assert_span(map_value(&f, &row, "tags_Owner"), "b");
	fixture_close(&f);
}

static void columns_speak_before_the_product_map(void **state)
{
	static const char text[] = SNAKE
		",product,product_region_code,product_product_name\n"
		"1,1,\"{\"\"region\"\":\"\"m\"\",\"\"product_name\"\":\"\"p\"\"}\",c,n\n"
		"1,1,\"{\"\"region\"\":\"\"m\"\",\"\"product_name\"\":\"\"p\"\"}\",,\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	row = fixture_row(&f);
	assert_span(row.region, "c");
	assert_span(row.product_name, "n");
	row = fixture_row(&f);
	assert_span(row.region, "m");
	assert_span(row.product_name, "p");
	fixture_close(&f);
}

static void single_tags_and_a_map_share_no_key(void **state)
{
	static const char text[] =
		SNAKE ",resource_tags,resource_tags_user_owner\n"
		      "1,1,\"{\"\"user_owner\"\":\"\"map\"\"}\",column\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	row = fixture_row(&f);
	assert_span(tag_value(&f, &row, "owner"), "column");
	assert_span(tag_value(&f, &row, "owner_2"), "map");
	assert_span(fixture_cell(&f, &row, "tag_owner").text, "column");
	assert_span(map_value(&f, &row, "tag_owner_2"), "map");
	fixture_close(&f);
}

/* Every row another set of keys, in another order: what was learned of the row before
 * must not show. */
static void maps_of_any_order_read_right(void **state)
{
	static const char *const keys[] = { "a", "b", "c\\n", "ab", "d\\u0065" };
	static const char *const columns[] = { "cost_category_a", "cost_category_b",
		"cost_category_c\n", "cost_category_ab", "cost_category_de" };
	struct buf text = BUF_INIT(1 << 20);
	char value[16];
	struct fixture f;

	(void)state;
	assert_int_equal(buf_append_text(&text, SNAKE ",cost_category\n"), 0);
	/* 5 is a prime: steps of 1 to 4 meet each key once. */
	for (unsigned n = 0; n < 240; n++) {
		assert_int_equal(buf_append_text(&text, "1,1,\"{"), 0);
		for (unsigned i = 0; i < n % 6; i++)
			assert_int_equal(buf_appendf(&text, "%s\"\"%s\"\":\"\"%u\"\"",
						 i ? "," : "",
						 keys[(n + i * (n / 6 % 4 + 1)) % 5], n),
				0);
		assert_int_equal(buf_append_text(&text, "}\"\n"), 0);
	}
	fixture_open(&f, buf_span(&text));
	for (unsigned n = 0; n < 240; n++) {
		struct row row = fixture_row(&f);

		assert_int_equal(row.map_cell_count, n % 6);
		snprintf(value, sizeof(value), "%u", n);
		for (unsigned i = 0; i < n % 6; i++)
			assert_span(map_value(&f, &row,
					    columns[(n + i * (n / 6 % 4 + 1)) % 5]),
				value);
	}
	fixture_close(&f);
	buf_finish(&text);
}

static const struct {
	const char *map;
	int error;
	const char *text;
} bad_maps[] = {
	{ "x", -EBADMSG, "0.csv: row 2: column product: is no flat JSON object" },
	{ "\"{\"\"a\"\":\"", -EBADMSG, "is no flat JSON object" },
	{ "[]", -EBADMSG, "is no flat JSON object" },
	{ "\"{\"\"a\"\":1,\"\"a\"\":2}\"", -EBADMSG, "has the key \"a\" twice" },
};

/* The key that was learned holds a quote; standing bare it ends the key. */
static void a_key_with_escapes_does_not_excuse_a_bad_one(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f,
		SPAN(SNAKE ",product\n1,1,\"{\"\"a\\\"\"b\"\":1}\"\n"
			   "1,1,\"{\"\"a\"\"b\"\":1}\"\n"));
	row = fixture_row(&f);
	assert_span(map_value(&f, &row, "product_a\"b"), "1");
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), -EBADMSG);
	fixture_close(&f);
}

static void bad_maps_are_refused(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_maps); i++) {
		snprintf(text, sizeof(text), SNAKE ",product\n1,1,%s\n", bad_maps[i].map);
		fixture_open(&f, span_of(text));
		assert_int_equal(
			row_reader_next(f.reader, &row, &f.why), bad_maps[i].error);
		if (!strstr(f.why.text, bad_maps[i].text))
			fail_msg("%s", f.why.text);
		fixture_close(&f);
	}
}

static void a_map_key_has_a_limit(void **state)
{
	static const struct {
		size_t len;
		int want;
	} lens[] = { { 1024, 1 }, { 1025, -EBADMSG } };
	struct buf text = BUF_INIT(1 << 16);
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		buf_clear(&text);
		assert_int_equal(
			buf_append_text(&text, SNAKE ",product\n1,1,\"{\"\""), 0);
		for (size_t k = 0; k < lens[i].len; k++)
			assert_int_equal(buf_append_byte(&text, 'k'), 0);
		assert_int_equal(buf_append_text(&text, "\"\":1}\"\n"), 0);
		fixture_open(&f, buf_span(&text));
		assert_int_equal(row_reader_next(f.reader, &row, &f.why), lens[i].want);
		fixture_close(&f);
	}
	buf_finish(&text);
}

static void map_columns_are_limited(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct fixture f;
	struct row row;

	(void)state;
	assert_int_equal(buf_append_text(&text, SNAKE ",product,tags\n1,1,\"{"), 0);
	for (unsigned i = 0; i < LAYOUT_MAP_COLUMNS_MAX; i++)
		assert_int_equal(
			buf_appendf(&text, "%s\"\"%u\"\":1", i ? "," : "", i), 0);
	assert_int_equal(buf_append_text(&text, "}\",{}\n1,1,{},\"{\"\"a\"\":1}\"\n"), 0);
	fixture_open(&f, buf_span(&text));
	row = fixture_row(&f);
	assert_int_equal(row.map_cell_count, LAYOUT_MAP_COLUMNS_MAX);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), -E2BIG);
	assert_non_null(strstr(f.why.text, "row 3: column tags"));
	fixture_close(&f);
	buf_finish(&text);
}

static void a_map_more_than_seen_is_stale(void **state)
{
	struct fixture f = { .reader = NULL };
	struct row_reader *reader = NULL;

	(void)state;
	fixture_put(&f, 0, SPAN(SNAKE ",product\n"));
	fixture_put(&f, 1, SPAN(SNAKE ",product,tags\n"));
	assert_done(fixture_peek(&f, 0), &f.why);
	assert_int_equal(layout_seal(&f.layout), 0);
	assert_int_equal(
		row_reader_open(&f.source, &f.objects[1], &f.layout, &reader, &f.why),
		-ESTALE);
	assert_null(reader);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_become_columns_tags_and_categories),
		cmocka_unit_test(numbers_of_maps_are_plain_decimals),
		cmocka_unit_test(the_tags_map_serves_where_there_is_no_other),
		cmocka_unit_test(columns_speak_before_the_product_map),
		cmocka_unit_test(single_tags_and_a_map_share_no_key),
		cmocka_unit_test(maps_of_any_order_read_right),
		cmocka_unit_test(a_key_with_escapes_does_not_excuse_a_bad_one),
		cmocka_unit_test(bad_maps_are_refused),
		cmocka_unit_test(a_map_key_has_a_limit),
		cmocka_unit_test(map_columns_are_limited),
		cmocka_unit_test(a_map_more_than_seen_is_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
