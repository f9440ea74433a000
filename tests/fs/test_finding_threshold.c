#include "fs/finding/threshold.h"

#include <errno.h>

#include "tests/cmocka.h"

static void assert_text(struct buf *b, const char *want)
{
	assert_string_equal(buf_text(b), want);
	buf_clear(b);
}

static void defaults_are_printed_as_they_are_written(void **state)
{
	static const char *const want[THRESHOLD_COUNT] = {
		[THRESHOLD_ABANDONED_BUCKETS] = "7d",
		[THRESHOLD_BUCKET_GETS] = "2000",
		[THRESHOLD_BUCKET_TIER1] = "100",
		[THRESHOLD_BUCKET_TRANSFER] = "1G",
		[THRESHOLD_ABANDONED_INSTANCES] = "7d",
		[THRESHOLD_INSTANCE_CPU] = "5%",
		[THRESHOLD_INSTANCE_NETWORK] = "1000",
		[THRESHOLD_INACTIVE_USERS] = "90d",
		[THRESHOLD_OBSOLETE_IMAGES] = "7d",
		[THRESHOLD_OBSOLETE_SNAPSHOTS] = "3d",
		[THRESHOLD_SHORT_LIVED] = "3d",
		[THRESHOLD_SHORT_LIFE] = "6h",
		[THRESHOLD_UNATTACHED_VOLUMES] = "1d",
		[THRESHOLD_UNUSED_ADDRESSES] = "7d",
		[THRESHOLD_UNUSED_CONSOLE] = "90d",
	};
	struct thresholds t = thresholds_default();
	struct buf b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
		assert_int_equal(threshold_print(&t, (enum threshold)i, &b), 0);
		assert_text(&b, want[i]);
		/* And back. */
		t.value[i]++;
		assert_int_equal(thresholds_set(&t, threshold_name(i), want[i], NULL), 0);
		assert_int_equal(t.value[i], thresholds_default().value[i]);
	}
	assert_int_equal(threshold_print_ports(&t, ',', &b), 0);
	assert_text(&b, "22,3389");
	assert_string_equal(threshold_name(THRESHOLD_COUNT), "insecure-security-groups");
	assert_null(threshold_name(THRESHOLD_COUNT + 1));
	buf_finish(&b);
}

static void values_are_understood_as_people_write_them(void **state)
{
	static const struct {
		const char *name, *value;
		enum threshold which;
		uint64_t want;
		const char *print;
	} cases[] = {
		{ "unattached-volumes", "3d", THRESHOLD_UNATTACHED_VOLUMES, 259200,
			"3d" },
		{ "unattached-volumes", " 36h ", THRESHOLD_UNATTACHED_VOLUMES, 129600,
			"36h" },
		{ "unattached-volumes", "90m", THRESHOLD_UNATTACHED_VOLUMES, 5400,
			"90m" },
		{ "unattached-volumes", "61s", THRESHOLD_UNATTACHED_VOLUMES, 61, "61s" },
		{ "unattached-volumes", "0d", THRESHOLD_UNATTACHED_VOLUMES, 0, "0s" },
		{ "inactive-users", "3650d", THRESHOLD_INACTIVE_USERS, 315360000,
			"3650d" },
		{ "abandoned-buckets.transfer", "5M", THRESHOLD_BUCKET_TRANSFER, 5242880,
			"5M" },
		{ "abandoned-buckets.transfer", "1000", THRESHOLD_BUCKET_TRANSFER, 1000,
			"1000" },
		{ "abandoned-buckets.transfer", "1T", THRESHOLD_BUCKET_TRANSFER,
			1099511627776, "1T" },
		{ "abandoned-buckets.transfer", "0", THRESHOLD_BUCKET_TRANSFER, 0, "0" },
		{ "abandoned-buckets.tier1-requests", "7", THRESHOLD_BUCKET_TIER1, 7,
			"7" },
		{ "abandoned-instances.cpu", "12", THRESHOLD_INSTANCE_CPU, 120000,
			"12%" },
		{ "abandoned-instances.cpu", "100%", THRESHOLD_INSTANCE_CPU, 1000000,
			"100%" },
	};
	struct buf b = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct thresholds t = thresholds_default();

		assert_int_equal(
			thresholds_set(&t, cases[i].name, cases[i].value, NULL), 0);
		assert_int_equal(t.value[cases[i].which], cases[i].want);
		assert_int_equal(threshold_print(&t, cases[i].which, &b), 0);
		assert_text(&b, cases[i].print);
	}
	buf_finish(&b);
}

static void what_is_no_value_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		const char *name, *value;
		int want;
	} cases[] = {
		{ "unattached-volumes", "", -EINVAL },
		{ "unattached-volumes", "3", -EINVAL },
		{ "unattached-volumes", "d", -EINVAL },
		{ "unattached-volumes", "-1d", -EINVAL },
		{ "unattached-volumes", "1.5d", -EINVAL },
		{ "unattached-volumes", "3w", -EINVAL },
		{ "unattached-volumes", "3651d", -EINVAL },
		{ "unattached-volumes", "99999999999999999999d", -EINVAL },
		{ "abandoned-buckets.transfer", "G", -EINVAL },
		{ "abandoned-buckets.transfer", "1P", -EINVAL },
		{ "abandoned-buckets.transfer", "99999T", -EINVAL },
		{ "abandoned-buckets.get-requests", "many", -EINVAL },
		{ "abandoned-instances.cpu", "101", -EINVAL },
		{ "abandoned-instances.cpu", "%", -EINVAL },
		{ "insecure-security-groups", "", -EINVAL },
		{ "insecure-security-groups", "22,", -EINVAL },
		{ "insecure-security-groups", "65536", -EINVAL },
		{ "insecure-security-groups", "ssh", -EINVAL },
		{ "volumes", "3d", -ENOENT },
		{ "", "3d", -ENOENT },
		{ "unattached-volumes.csv", "3d", -ENOENT },
	};
	const struct thresholds before = thresholds_default();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct thresholds t = before;
		struct fault why = { 0 };
		int r = thresholds_set(&t, cases[i].name, cases[i].value, &why);

		if (r != cases[i].want || memcmp(&t, &before, sizeof(t)) != 0) {
			print_error("%s = %s: %d\n", cases[i].name, cases[i].value, r);
			fail();
		}
		assert_int_equal(why.cure[0] != '\0', r == -EINVAL);
	}
}

static void ports_are_a_list(void **state)
{
	struct thresholds t = thresholds_default();
	struct buf many = BUF_INIT(1000), b = BUF_INIT(1000);

	(void)state;
	assert_int_equal(
		thresholds_set(&t, "insecure-security-groups", "22, 0,65535", NULL), 0);
	assert_int_equal(t.port_count, 3);
	assert_int_equal(threshold_print_ports(&t, ' ', &b), 0);
	assert_text(&b, "22 0 65535");
	for (int i = 1; i < THRESHOLD_PORTS_MAX; i++)
		assert_int_equal(buf_append_text(&many, "1,"), 0);
	assert_int_equal(buf_append_text(&many, "1"), 0);
	assert_int_equal(
		thresholds_set(&t, "insecure-security-groups", buf_text(&many), NULL), 0);
	assert_int_equal(t.port_count, THRESHOLD_PORTS_MAX);
	assert_int_equal(buf_append_text(&many, ",1"), 0);
	assert_int_equal(
		thresholds_set(&t, "insecure-security-groups", buf_text(&many), NULL),
		-EINVAL);
	buf_finish(&many);
	buf_finish(&b);
}

static void days_are_rounded_up_and_one_at_least(void **state)
{
	static const struct {
		uint64_t seconds;
		unsigned days;
	} cases[] = { { 0, 1 }, { 1, 1 }, { 86400, 1 }, { 86401, 2 }, { 604800, 7 } };
	struct thresholds t = thresholds_default();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		t.value[THRESHOLD_UNUSED_ADDRESSES] = cases[i].seconds;
		assert_int_equal(
			threshold_days(&t, THRESHOLD_UNUSED_ADDRESSES), cases[i].days);
	}
}

static void printing_says_when_there_is_no_room(void **state)
{
	struct thresholds t = thresholds_default();
	struct buf b = BUF_INIT(1);

	(void)state;
	assert_int_equal(threshold_print(&t, THRESHOLD_INACTIVE_USERS, &b), -EFBIG);
	assert_int_equal(threshold_print_ports(&t, ',', &b), -EFBIG);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_printed_as_they_are_written),
		cmocka_unit_test(values_are_understood_as_people_write_them),
		cmocka_unit_test(what_is_no_value_is_refused_and_changes_nothing),
		cmocka_unit_test(ports_are_a_list),
		cmocka_unit_test(days_are_rounded_up_and_one_at_least),
		cmocka_unit_test(printing_says_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
