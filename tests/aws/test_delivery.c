/* What a delivery says of itself: when it was made, its id, what it owns. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery_case.h"

static void read_one(const struct sandbox_file *tree, struct delivery *ret)
{
	struct delivery_case x;

	delivery_case_make(&x, NULL, tree);
	assert_int_equal(delivery_read(x.source, &x.exports.items[0], &x.months.items[0],
				 ret, NULL),
		0);
	delivery_case_remove(&x);
}

static void as_of_is_in_the_id_or_the_manifests_or_the_newest_files(void **state)
{
	static const struct {
		const char *says;
		struct sandbox_file tree[4];
		int64_t want;
	} cases[] = {
		/* date -u -d 2024-01-15T04:02:11Z +%s */
		{ "assembly id",
			{ { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("20240115T040211Z",
					  "\"r/20240101-20240201/r-1.csv\"") },
				{ "r/20240101-20240201/r-1.csv", "a" } },
			1705291331 },
		/* date -u -d 2024-01-10T23:48:02Z +%s */
		{ "execution folder",
			{ { "e/metadata/BILLING_PERIOD=2024-01/e-Manifest.json",
				  DATA(UUID_1,
					  "\"s3://b/e/data/BILLING_PERIOD=2024-01/" EXEC_1
					  "/e-1.csv\"") },
				{ "e/data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-1.csv",
					"a" } },
			1704930482 },
		{ "manifest",
			{ { "r/20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1, "\"r/20240101-20240201/r-1.csv\""), 2 },
				{ "r/20240101-20240201/r-1.csv", "a", 1 } },
			SANDBOX_EPOCH + INT64_C(2) * 86400 },
		{ "newest file",
			{ { "r/20240101-20240201/r-1.csv", "a", 1 },
				{ "r/20240101-20240201/r-2.csv", "a", 3 },
				{ "r/20240101-20240201/r-3.csv", "a", 2 } },
			SANDBOX_EPOCH + INT64_C(3) * 86400 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct delivery d = { 0 };

		print_message("  %s\n", cases[i].says);
		read_one(cases[i].tree, &d);
		assert_int_equal(d.as_of.seconds, cases[i].want);
		delivery_finish(&d);
	}
}

/* A source that holds what it is told: fixed etags make the id known beforehand. */
struct fixed_source {
	struct object_source source;
	const char *manifest;
	const char *etag; /* of the data file */
};

static int fixed_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	const struct fixed_source *f = (const struct fixed_source *)s;
	struct object_info o = { 0 };

	(void)why;
	o.key = strdup(key);
	o.size_bytes = strstr(key, "Manifest") ? strlen(f->manifest) : 1;
	snprintf(o.etag, sizeof(o.etag), "%s", strstr(key, "Manifest") ? "m" : f->etag);
	*ret = o;
	return 0;
}

static int fixed_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why)
{
	struct object_info o;
	int r;

	if (strcmp(prefix, "") == 0)
		return object_list_add_folder(ret, SPAN("20240101-20240201/"));
	r = fixed_stat(s, "20240101-20240201/r-1.csv", &o, why);
	assert_int_equal(r, 0);
	r = object_list_add(ret, &o);
	free(o.key);
	if (r < 0)
		return r;
	r = fixed_stat(s, "20240101-20240201/r-Manifest.json", &o, why);
	assert_int_equal(r, 0);
	r = object_list_add(ret, &o);
	free(o.key);
	return r;
}

static ssize_t fixed_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	const struct fixed_source *f = (const struct fixed_source *)s;

	(void)object;
	(void)len;
	(void)why;
	memcpy(bytes, f->manifest + offset, 1); /* one byte at a time */
	return 1;
}

static void fixed_free(struct object_source *s)
{
	(void)s;
}

static const struct object_ops fixed_ops = {
	.list = fixed_list, .stat = fixed_stat, .read = fixed_read, .free = fixed_free
};

static void read_fixed(const char *etag, char *ret_id)
{
	struct fixed_source f = { { &fixed_ops, "fixed" },
		LEGACY("x", "\"20240101-20240201/r-1.csv\""), etag };
	char folder[] = "", name[] = "r";
	const struct export_ref e = { EXPORT_LEGACY, name, folder };
	struct month_list months = { 0 };
	struct delivery d = { 0 };

	assert_int_equal(export_months(&f.source, &e, &months, NULL), 0);
	assert_int_equal(months.count, 1);
	assert_int_equal(delivery_read(&f.source, &e, &months.items[0], &d, NULL), 0);
	memcpy(ret_id, d.id, DELIVERY_ID_TEXT);
	delivery_finish(&d);
	month_list_finish(&months);
}

static void the_id_is_a_hash_of_manifest_assembly_and_files(void **state)
{
	char id[DELIVERY_ID_TEXT], other[DELIVERY_ID_TEXT];

	(void)state;
	/* printf 'm\0x\00020240101-20240201/r-1.csv\0001\0d\0' | sha256sum | cut -c-32 */
	read_fixed("d", id);
	assert_string_equal(id, "df3e9336701c77b9a75c6bfe151700c8");
	read_fixed("e", other);
	assert_string_not_equal(id, other);
}

static void a_copy_owns_everything(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "r/20240101-20240201/r-Manifest.json",
			LEGACY("x", "\"r/20240101-20240201/r-1.csv\""), 0 },
		{ "r/20240101-20240201/r-1.csv", "a", 0 },
		{ 0 },
	};
	struct delivery d = { 0 }, copy = { 0 };

	(void)state;
	read_one(tree, &d);
	assert_int_equal(delivery_copy(&d, &copy), 0);
	delivery_finish(&d);
	delivery_finish(&d);
	assert_string_equal(copy.assembly, "x");
	assert_string_equal(copy.manifest_key, "r/20240101-20240201/r-Manifest.json");
	assert_int_equal(copy.count, 1);
	assert_string_equal(copy.files[0].key, "r/20240101-20240201/r-1.csv");
	assert_true(copy.verified);
	delivery_finish(&copy);
	delivery_finish(NULL);
}

static void a_manifest_replaced_since_it_was_listed_is_stale(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "r/20240101-20240201/r-Manifest.json",
			LEGACY("x", "\"r/20240101-20240201/r-1.csv\""), 0 },
		{ "r/20240101-20240201/r-1.csv", "a", 0 },
		{ 0 },
	};
	static const struct sandbox_file later = { "r/20240101-20240201/r-Manifest.json",
		LEGACY("y", "\"r/20240101-20240201/r-1.csv\""), 1 };
	struct delivery d = { .count = 77 };
	struct fault why = { 0 };
	struct delivery_case x;

	(void)state;
	delivery_case_make(&x, NULL, tree);
	sandbox_write(x.root, &later);
	assert_int_equal(delivery_read(x.source, &x.exports.items[0], &x.months.items[0],
				 &d, &why),
		-ESTALE);
	assert_int_equal(d.count, 77);
	assert_non_null(strstr(why.text, "r-Manifest.json"));
	delivery_case_remove(&x);
}

/* More folders than the lookups keep listings of: 12 objects in 12 folders. */
static void files_may_be_in_many_folders(void **state)
{
	char text[2048] = "{\"reportKeys\":[", path[64];
	struct delivery d = { 0 };
	struct delivery_case x;

	(void)state;
	for (int i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"%s\"p%d/f.csv\"", i ? "," : "", i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "]}");
	delivery_case_make(&x, NULL,
		(struct sandbox_file[]){
			{ "r/20240101-20240201/r-Manifest.json", text, 0 }, { 0 } });
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "p%d/f.csv", i);
		sandbox_write(x.root, &(struct sandbox_file){ path, "a", 0 });
	}
	assert_int_equal(delivery_read(x.source, &x.exports.items[0], &x.months.items[0],
				 &d, NULL),
		0);
	assert_int_equal(d.count, 12);
	assert_string_equal(d.files[11].key, "p11/f.csv");
	delivery_finish(&d);
	delivery_case_remove(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_of_is_in_the_id_or_the_manifests_or_the_newest_files),
		cmocka_unit_test(the_id_is_a_hash_of_manifest_assembly_and_files),
		cmocka_unit_test(a_copy_owns_everything),
		cmocka_unit_test(a_manifest_replaced_since_it_was_listed_is_stale),
		cmocka_unit_test(files_may_be_in_many_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
