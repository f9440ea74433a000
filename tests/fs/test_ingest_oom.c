/* Ingest with every allocation failing in turn: nothing is left behind, nothing leaks. */
#include <errno.h>

#include "month_case.h"
#include "tests/oom.h"

static const char *const texts[] = {
	"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UnblendedCost,lineItem/"
	"ResourceId,resourceTags/user:k\n1,A,1,i-1,v\n1,B,2,i-2,\n1,A,3,i-1,w\n",
	"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UnblendedCost,identity/"
	"LineItemId\n2,A,1,x\n",
};
static const char *const map_texts[] = {
	"line_item_usage_account_id,line_item_product_code,line_item_unblended_cost,"
	"resource_tags,cost_category\n"
	"1,A,1,\"{\"\"k\"\":\"\"v\"\"}\",\"{\"\"c\"\":\"\"d\"\"}\"\n",
};

static void fail_in_turn(struct month_case *c)
{
	unsigned after = 0, refused = 0;

	for (;; after++) {
		int r;

		oom_after(after);
		r = month_case_ingest(c);
		if (!oom_stop()) {
			assert_int_equal(r, 0);
			break;
		}
		refused++;
		if (r == 0) {
			/* What can do without, does. */
			month_case_remove(c);
			continue;
		}
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(month_case_files(c), 0);
	}
	assert_true(refused > 50);
}

static void no_memory_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;

	month_case_set(c, texts, ARRAY_LEN(texts));
	fail_in_turn(c);
}

static void no_memory_to_spill_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;

	c->hold_bytes = c->keep_bytes = 1;
	month_case_set(c, texts, ARRAY_LEN(texts));
	fail_in_turn(c);
}

static void no_memory_for_maps_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;

	month_case_set(c, map_texts, ARRAY_LEN(map_texts));
	fail_in_turn(c);
}

static void no_memory_to_read_is_said(void **state)
{
	struct month_case *c = *state;
	const char *want = ",,1,A,,,,,,,,,1.00,,1.00,,,,,d,v\n";
	char row[64];

	month_case_set(c, map_texts, ARRAY_LEN(map_texts));
	month_unref(month_case_month(c));
	for (unsigned after = 0;; after++) {
		struct month *m = NULL;
		ssize_t r;

		oom_after(after);
		r = month_open(c->dir_fd, "m", c->blocks, &m, &c->why);
		if (r == 0)
			r = month_read(m, 0, 0, row, sizeof(row), &c->why);
		if (oom_stop()) {
			assert_true(r == -ENOMEM || r == (ssize_t)strlen(want));
		} else {
			assert_int_equal(r, strlen(want));
			assert_memory_equal(row, want, strlen(want));
			month_unref(m);
			break;
		}
		month_unref(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, month_case_setup, month_case_teardown)
		CASE(no_memory_leaves_nothing_behind),
		CASE(no_memory_to_spill_leaves_nothing_behind),
		CASE(no_memory_for_maps_leaves_nothing_behind),
		CASE(no_memory_to_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
