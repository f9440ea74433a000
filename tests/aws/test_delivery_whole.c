/* Deliveries that are, or seem, written over one another, told by times. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "delivery_case.h"

enum { HOUR = 3600, NEVER = 0, MANY = 4 };
/* Some day at noon: when the manifest was written, where a case does not say. */
#define NOON INT64_C(1764504000)

/* Seconds after NOON. */
struct written {
	const char *says;
	const char *keys[MANY];
	int64_t manifest, files[MANY];
	int64_t torn_until; /* NEVER: it is whole */
};

static const char flat[] = "p/r/20251101-20251201/r-00001.csv.gz";
static const char flat_2[] = "p/r/20251101-20251201/r-00002.csv.gz";
static const char flat_3[] = "p/r/20251101-20251201/r-00003.csv.gz";

static int check(const struct written *w, int64_t now, struct fault *why)
{
	static char manifest[] = "p/r/20251101-20251201/r-Manifest.json";
	struct object_info files[MANY];
	struct delivery d = { .files = files,
		.verified = true,
		.manifest_key = manifest,
		.manifest_modified = { NOON + w->manifest },
		.manifest_written = { NOON + w->manifest } };
	char keys[MANY][160];

	for (; d.count < MANY && w->keys[d.count]; d.count++) {
		const struct instant t = { NOON + w->files[d.count] };

		(void)snprintf(
			keys[d.count], sizeof(keys[d.count]), "%s", w->keys[d.count]);
		files[d.count] = (struct object_info){
			.key = keys[d.count], .modified = t, .written = t
		};
	}
	return delivery_check_whole(&d, "s3://b", (struct instant){ NOON + now }, why);
}

static void assert_torn_until(const struct written *w, int64_t until)
{
	int64_t last = w->manifest;

	print_message("  %s\n", w->says);
	for (size_t i = 0; i < MANY && w->keys[i]; i++)
		if (w->files[i] > last)
			last = w->files[i];
	/* A clock that is behind that of the source changes nothing. */
	for (int64_t now = last - 600; now <= last + 3 * HOUR; now += 60)
		assert_int_equal(
			check(w, now, NULL), until != NEVER && now <= until ? -EBUSY : 0);
}

static void a_month_that_was_written_in_one_go_is_whole(void **state)
{
	static const struct written cases[] = {
		{ "data and then the manifest", { flat, flat_2, flat_3 }, 0,
			{ -900, -600, -1 }, NEVER },
		{ "a slow delivery", { flat, flat_2 }, 0, { -HOUR, -1 }, NEVER },
		{ "a copy in any order", { flat, flat_2 }, 0, { 599, -599 }, NEVER },
		{ "all in one second", { flat, flat_2 }, 0, { 0, 0 }, NEVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_torn_until(&cases[i], cases[i].torn_until);
}

static void a_month_that_is_being_overwritten_is_torn_until_it_rests(void **state)
{
	static const struct written cases[] = {
		/* Eight hours after the delivery before, as AWS does it. */
		{ "the first file", { flat, flat_2, flat_3 }, 0, { 8 * HOUR, -60, -30 },
			9 * HOUR },
		{ "all but the manifest", { flat, flat_2 }, 0,
			{ 8 * HOUR, 8 * HOUR + 60 }, 9 * HOUR + 60 },
		/* As replication may do it. */
		{ "the manifest first", { flat, flat_2 }, 8 * HOUR, { -60, -30 },
			8 * HOUR + 1800 },
		{ "the manifest and a file", { flat, flat_2 }, 8 * HOUR,
			{ 8 * HOUR + 5, -30 }, 8 * HOUR + 5 + 1800 },
		{ "Athena's partition",
			{ "p/r/r/year=2025/month=11/r-00001.snappy.parquet" }, 0,
			{ 8 * HOUR }, 9 * HOUR },
		{ "Data Exports", { "p/r/data/BILLING_PERIOD=2025-11/r-00001.csv.gz" }, 0,
			{ 8 * HOUR }, 9 * HOUR },
		{ "a lone folder", { "r-00001.csv.gz" }, 0, { 8 * HOUR }, 9 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_torn_until(&cases[i], cases[i].torn_until);
}

static void a_folder_for_each_delivery_is_never_torn(void **state)
{
	static const struct written cases[] = {
		{ "legacy", { "p/r/20251101-20251201/20251130T120000Z/r-00001.csv.gz" },
			0, { 8 * HOUR }, NEVER },
		{ "Data Exports",
			{ "p/r/data/BILLING_PERIOD=2025-11/" EXEC_1 "/r-00001.csv.gz" },
			0, { 8 * HOUR }, NEVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_torn_until(&cases[i], cases[i].torn_until);
}

static void the_fault_names_both_times_and_when_it_is_over(void **state)
{
	static const struct written torn = { "", { flat }, 0, { 8 * HOUR }, 0 };
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(check(&torn, 8 * HOUR, &why), -EBUSY);
	assert_string_equal(why.text,
		"s3://b/p/r/20251101-20251201/r-Manifest.json: is of "
		"2025-11-30T12:00:00Z, "
		"but p/r/20251101-20251201/r-00001.csv.gz of 2025-11-30T20:00:00Z: the "
		"month is being delivered anew");
	assert_non_null(strstr(why.cure, "after 2025-11-30T21:00:00Z;"));
}

static void what_no_time_is_known_of_is_whole(void **state)
{
	struct object_info file = { .modified = { INSTANT_NONE },
		.written = { INSTANT_NONE } };
	struct delivery d = { .files = &file, .count = 1, .verified = true };
	char key[] = "r-1.csv";

	(void)state;
	file.key = key;
	d.manifest_key = key;
	d.manifest_modified = d.manifest_written = (struct instant){ NOON };
	assert_int_equal(
		delivery_check_whole(&d, "s", (struct instant){ NOON }, NULL), 0);
	file.modified = file.written = (struct instant){ NOON + 8 * HOUR };
	d.manifest_modified.seconds = INSTANT_NONE;
	assert_int_equal(
		delivery_check_whole(&d, "s", (struct instant){ NOON }, NULL), 0);
	/* As touch -d @-9223372036854775807 leaves it. */
	d.manifest_modified.seconds = NOON;
	file.modified.seconds = INT64_MIN + 1;
	assert_int_equal(
		delivery_check_whole(&d, "s", (struct instant){ NOON + 8 * HOUR }, NULL),
		-EBUSY);
	d.verified = false;
	assert_int_equal(
		delivery_check_whole(&d, "s", (struct instant){ NOON + 8 * HOUR }, NULL),
		0);
}

/* The files' times are those of the bucket, days ago; they came here just now. */
static void a_copy_that_is_under_way_is_told_by_when_it_was_written_here(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "r/20240101-20240201/r-Manifest.json",
			LEGACY("x", "\"r/20240101-20240201/r-1.csv\""), 3 },
		{ "r/20240101-20240201/r-1.csv", "a", 4 },
		{ 0 },
	};
	struct delivery_case x;
	struct delivery d = { 0 };
	struct stat st;

	(void)state;
	delivery_case_make(&x, NULL, tree);
	assert_int_equal(delivery_read(x.source, &x.exports.items[0], &x.months.items[0],
				 &d, NULL),
		0);
	assert_int_equal(stat(x.root, &st), 0);
	assert_true(delivery_is_fresh(&d, (struct instant){ st.st_ctim.tv_sec + 60 }));
	assert_false(delivery_is_fresh(&d, (struct instant){ st.st_ctim.tv_sec + HOUR }));
	assert_int_equal(delivery_check_whole(&d, x.source->name,
				 (struct instant){ st.st_ctim.tv_sec + 60 }, NULL),
		-EBUSY);
	assert_int_equal(delivery_check_whole(&d, x.source->name,
				 (struct instant){ st.st_ctim.tv_sec + 2 * HOUR }, NULL),
		0);
	delivery_finish(&d);
	delivery_case_remove(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_that_was_written_in_one_go_is_whole),
		cmocka_unit_test(
			a_month_that_is_being_overwritten_is_torn_until_it_rests),
		cmocka_unit_test(a_folder_for_each_delivery_is_never_torn),
		cmocka_unit_test(the_fault_names_both_times_and_when_it_is_over),
		cmocka_unit_test(what_no_time_is_known_of_is_whole),
		cmocka_unit_test(
			a_copy_that_is_under_way_is_told_by_when_it_was_written_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
