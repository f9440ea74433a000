/* Which months there are by name alone, and what a look at one of them asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/export/delivery.h"
#include "tests/aws/memory_source.h"

enum { OBJECTS_MAX = 64, KEY_BYTES = 96 };

struct counting {
	struct object_source base;
	struct memory_source memory;
	unsigned lists, stats, reads;
	int stat_error;
};

static struct counting *counting(struct object_source *s)
{
	return (struct counting *)(void *)s;
}

static int count_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why)
{
	counting(s)->lists++;
	return memory_list(&counting(s)->memory.base, prefix, ret, why);
}

static int count_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	counting(s)->stats++;
	if (counting(s)->stat_error)
		return fault(why, counting(s)->stat_error, "%s: as told", key);
	return memory_stat(&counting(s)->memory.base, key, ret, why);
}

static ssize_t count_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	counting(s)->reads++;
	return memory_read(&counting(s)->memory.base, object, offset, bytes, len, why);
}

static const struct object_ops ops = { count_list, count_stat, count_read, memory_free };

static void begin(struct counting *c, const struct memory_object *objects, size_t count)
{
	*c = (struct counting){ .base = { .ops = &ops, .name = "memory:" } };
	memory_source_init(&c->memory, objects, count);
}

static char name[] = "cost", folder[] = "cur/cost/";

static struct export_ref export_of(enum export_layout layout)
{
	return (struct export_ref){ layout, name, folder };
}

static const struct memory_object legacy[] = {
	{ "cur/cost/20261001-20261101/cost-Manifest.json", "{}", 2 },
	{ "cur/cost/20261101-20261201/cost-00001.csv.gz", "x", 1 },
};

static void names_are_told_by_one_listing(void **state)
{
	const struct export_ref e = export_of(EXPORT_LEGACY);
	struct month_list l = { 0 };
	struct counting c;

	(void)state;
	begin(&c, legacy, ARRAY_LEN(legacy));
	assert_int_equal(export_month_names(&c.base, &e, &l, NULL), 0);
	assert_int_equal(c.lists, 1);
	assert_int_equal(l.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_false(l.items[i].is_looked);
		assert_null(l.items[i].manifest.key);
		assert_int_equal(l.items[i].folder_count, 1);
	}
	month_list_finish(&l);
}

static void look_finds_the_manifest_or_that_there_is_none(void **state)
{
	const struct export_ref e = export_of(EXPORT_LEGACY);
	struct month_list l = { 0 };
	struct counting c;

	(void)state;
	begin(&c, legacy, ARRAY_LEN(legacy));
	assert_int_equal(export_month_names(&c.base, &e, &l, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		c.lists = 0;
		assert_int_equal(month_look(&c.base, &e, true, &l.items[i], NULL), 0);
		assert_true(l.items[i].is_looked);
		assert_int_equal(c.lists, 1);
		assert_int_equal(c.stats, 0);
	}
	assert_string_equal(l.items[0].manifest.key, legacy[0].key);
	assert_null(l.items[1].manifest.key);
	/* As all at once say it. */
	struct month_list all = { 0 };
	assert_int_equal(export_months(&c.base, &e, &all, NULL), 0);
	assert_string_equal(all.items[0].manifest.etag, l.items[0].manifest.etag);
	month_list_finish(&all);
	month_list_finish(&l);
}

static void look_at_a_month_by_its_number_finds_the_folders(void **state)
{
	const struct export_ref e = export_of(EXPORT_LEGACY);
	struct month_ref m = { 0 };
	struct counting c;

	(void)state;
	begin(&c, legacy, ARRAY_LEN(legacy));
	assert_int_equal(month_parse(span_of("2026-10"), &m.month), 0);
	assert_int_equal(month_look(&c.base, &e, false, &m, NULL), 0);
	assert_string_equal(m.manifest.key, legacy[0].key);
	assert_int_equal(c.lists, 2);
	month_ref_finish(&m);
}

static void known_manifest_is_asked_for_by_one_request(void **state)
{
	const struct export_ref e = export_of(EXPORT_LEGACY);
	struct month_list l = { 0 };
	struct month_ref *m;
	struct counting c;

	(void)state;
	begin(&c, legacy, ARRAY_LEN(legacy));
	assert_int_equal(export_months(&c.base, &e, &l, NULL), 0);
	m = &l.items[0];
	c.lists = 0;
	c.memory.version = 5;
	assert_int_equal(month_look(&c.base, &e, true, m, NULL), 0);
	assert_int_equal(c.stats, 1);
	assert_int_equal(c.lists, 0);
	assert_string_equal(m->manifest.etag, "\"0-5\"");
	/* Not quick: whatever stands there by now. */
	assert_int_equal(month_look(&c.base, &e, false, m, NULL), 0);
	assert_int_equal(c.stats, 1);
	assert_int_equal(c.lists, 1);
	month_list_finish(&l);
}

static void what_cannot_be_asked_for_is_listed_or_an_error(void **state)
{
	const struct {
		int error, answer;
		unsigned lists;
	} cases[] = { { -EACCES, 0, 1 }, { -ENETUNREACH, -ENETUNREACH, 0 },
		{ -EIO, -EIO, 0 }, { -ENOENT, 0, 1 } };
	const struct export_ref e = export_of(EXPORT_LEGACY);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct month_list l = { 0 };
		struct fault why = { 0 };
		struct counting c;

		print_message("%s\n", fault_errno_text(cases[i].error));
		begin(&c, legacy, ARRAY_LEN(legacy));
		assert_int_equal(export_months(&c.base, &e, &l, NULL), 0);
		c.lists = 0;
		c.stat_error = cases[i].error;
		assert_int_equal(month_look(&c.base, &e, true, &l.items[0], &why),
			cases[i].answer);
		assert_int_equal(c.lists, cases[i].lists);
		assert_int_equal(why.text[0] != '\0', cases[i].answer < 0);
		assert_string_equal(l.items[0].manifest.key, legacy[0].key);
		month_list_finish(&l);
	}
}

static void month_that_has_gone_has_no_manifest(void **state)
{
	const struct export_ref e = export_of(EXPORT_LEGACY);
	struct month_list l = { 0 };
	struct counting c;

	(void)state;
	begin(&c, legacy, ARRAY_LEN(legacy));
	assert_int_equal(export_months(&c.base, &e, &l, NULL), 0);
	c.memory.count = 0;
	assert_int_equal(month_look(&c.base, &e, true, &l.items[0], NULL), 0);
	assert_null(l.items[0].manifest.key);
	assert_true(l.items[0].is_looked);
	month_list_finish(&l);
}

/* The folders of Athena's years tell nothing new of a year whose months are known. */
static void years_that_are_known_are_not_listed(void **state)
{
	static char keys[OBJECTS_MAX][KEY_BYTES];
	static struct memory_object objects[OBJECTS_MAX];
	const struct export_ref e = export_of(EXPORT_LEGACY_ATHENA);
	struct month_list l = { 0 };
	struct counting c;
	size_t count = 0;

	(void)state;
	/* 2025 whole, of 2026 the first two months; in byte order. */
	for (int i = 0; i < 14; i++) {
		int next = i + 1;

		(void)snprintf(keys[count], KEY_BYTES,
			"cur/cost/%04d%02d01-%04d%02d01/cost-Manifest.json",
			2025 + i / 12, i % 12 + 1, 2025 + next / 12, next % 12 + 1);
		objects[count] = (struct memory_object){ keys[count], "{}", 2 };
		count++;
	}
	for (int i = 0; i < 15; i++) {
		(void)snprintf(keys[count], KEY_BYTES,
			"cur/cost/cost/year=%04d/month=%02d/cost-00001.snappy.parquet",
			2025 + i / 12, i % 12 + 1);
		objects[count] = (struct memory_object){ keys[count], "x", 1 };
		count++;
	}
	begin(&c, objects, count);
	assert_int_equal(export_month_names(&c.base, &e, &l, NULL), 0);
	assert_int_equal(l.count, 15);
	/* Of the export, of its data, of 2026. */
	assert_int_equal(c.lists, 3);
	month_list_finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_told_by_one_listing),
		cmocka_unit_test(look_finds_the_manifest_or_that_there_is_none),
		cmocka_unit_test(look_at_a_month_by_its_number_finds_the_folders),
		cmocka_unit_test(known_manifest_is_asked_for_by_one_request),
		cmocka_unit_test(what_cannot_be_asked_for_is_listed_or_an_error),
		cmocka_unit_test(month_that_has_gone_has_no_manifest),
		cmocka_unit_test(years_that_are_known_are_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
