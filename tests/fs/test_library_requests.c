/* How often a source that is far is asked: an export of ten years, every request
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "fs/store/library.h"
#include "tests/aws/memory_source.h"

enum {
	MONTHS = 120,
	KEY_BYTES = 128,
	PATIENCE_MS = 20000,
	HOUR_S = 3600,
	REQUESTS_MAX = 10, /* of a refresh */
};

/* A memory source that counts. */
struct counting_source {
	struct object_source base;
	struct memory_source memory;
	atomic_uint lists, stats, reads;
};

struct still_clock {
	struct clock clock;
	_Atomic uint64_t seconds;
};

struct years {
	char root[64];
	char keys[2 * MONTHS][KEY_BYTES];
	struct memory_object objects[2 * MONTHS];
	struct counting_source source;
	struct still_clock clock;
	struct store *store;
	struct library *library;
};

static struct counting_source *counting(struct object_source *s)
{
	return (struct counting_source *)(void *)s;
}

static int count_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why)
{
	atomic_fetch_add(&counting(s)->lists, 1);
	return memory_list(&counting(s)->memory.base, prefix, ret, why);
}

static int count_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	atomic_fetch_add(&counting(s)->stats, 1);
	return memory_stat(&counting(s)->memory.base, key, ret, why);
}

static ssize_t count_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	atomic_fetch_add(&counting(s)->reads, 1);
	return memory_read(&counting(s)->memory.base, object, offset, bytes, len, why);
}

static const struct object_ops counting_ops = {
	.list = count_list, .stat = count_stat, .read = count_read, .free = memory_free
};

static struct instant now(const struct clock *c)
{
	const struct still_clock *s = (const struct still_clock *)(const void *)c;

	return (struct instant){ (int64_t)atomic_load(&s->seconds) };
}

static uint64_t ms(const struct clock *c)
{
	const struct still_clock *s = (const struct still_clock *)(const void *)c;

	return atomic_load(&s->seconds) * 1000;
}

static const struct clock_ops still_clock_ops = { now, ms };

static int compare(const void *a, const void *b)
{
	const struct memory_object *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static void add_object(struct years *y, size_t at)
{
	static const char body[] = "{}";

	y->objects[at] = (struct memory_object){ y->keys[at], body, sizeof(body) - 1 };
}

/* 2016-12 to 2026-11. */
static void fill(struct years *y, enum export_layout layout)
{
	for (size_t at = 0; at < (size_t)2 * MONTHS; at += 2) {
		int month = 2016 * 12 + 11 + (int)(at / 2), next = month + 1;

		if (layout == EXPORT_LEGACY) {
			snprintf(y->keys[at], KEY_BYTES,
				"cur/cost/%04d%02d01-%04d%02d01/cost-Manifest.json",
				month / 12, month % 12 + 1, next / 12, next % 12 + 1);
			snprintf(y->keys[at + 1], KEY_BYTES,
				"cur/cost/%04d%02d01-%04d%02d01/cost-00001.csv.gz",
				month / 12, month % 12 + 1, next / 12, next % 12 + 1);
		} else {
			snprintf(y->keys[at], KEY_BYTES,
				"cur/cost/metadata/BILLING_PERIOD=%04d-%02d/"
				"cost-Manifest.json",
				month / 12, month % 12 + 1);
			snprintf(y->keys[at + 1], KEY_BYTES,
				"cur/cost/data/BILLING_PERIOD=%04d-%02d/"
				"cost-00001.csv.gz",
				month / 12, month % 12 + 1);
		}
		add_object(y, at);
		add_object(y, at + 1);
	}
	qsort(y->objects, (size_t)2 * MONTHS, sizeof(*y->objects), compare);
}

static int setup(void **state)
{
	struct years *y = calloc(1, sizeof(*y));

	assert_non_null(y);
	snprintf(y->root, sizeof(y->root), "/tmp/test_requests-XXXXXX");
	assert_non_null(mkdtemp(y->root));
	assert_int_equal(
		store_open(&(struct store_options){ .path = y->root }, &y->store, NULL),
		0);
	memory_source_init(&y->source.memory, y->objects, (size_t)2 * MONTHS);
	y->source.base.ops = &counting_ops;
	y->source.base.name = "memory:";
	y->clock.clock.ops = &still_clock_ops;
	atomic_store(&y->clock.seconds, 1700000000);
	*state = y;
	return 0;
}

static int teardown(void **state)
{
	struct years *y = *state;
	char path[80];

	library_close(y->library);
	assert_int_equal(store_forget(y->store), 0);
	store_close(y->store);
	snprintf(path, sizeof(path), "%s/v1", y->root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(y->root), 0);
	free(y);
	return 0;
}

static unsigned asked(struct years *y)
{
	return atomic_load(&y->source.lists) + atomic_load(&y->source.stats) +
		atomic_load(&y->source.reads);
}

static void begin(struct years *y, enum export_layout layout, bool is_remembered)
{
	static char name[] = "cost", folder[] = "cur/cost/";
	const struct export_ref e = { .layout = layout, .name = name, .folder = folder };
	struct remembered m = { 0 };

	if (is_remembered)
		assert_int_equal(store_recall(y->store, "me", &m), 0);
	assert_int_equal(
		library_open(
			&(struct library_options){
				.source = &y->source.base,
				.store = y->store,
				.export = &e,
				.clock = &y->clock.clock,
				/* How long it waits is the system's clock, not ours. */
				.refresh_seconds = 1,
				.identity = "me",
				.remembered = is_remembered ? &m : NULL,
			},
			&y->library, NULL),
		0);
	remembered_finish(&m);
}

static void await_refreshes(struct years *y, uint64_t number)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	struct library_activity a;

	for (int i = 0; i < PATIENCE_MS; i++) {
		library_activity(y->library, &a);
		if (a.refreshes >= number) {
			assert_int_equal(a.refresh_fault.error, 0);
			return;
		}
		nanosleep(&nap, NULL);
	}
	fail_msg("refresh %u did not come", (unsigned)number);
}

static size_t looked_at(struct years *y)
{
	struct month_status *all = NULL;
	ssize_t n = library_months(y->library, &all);
	size_t count = 0;

	assert_int_equal(n, MONTHS);
	for (ssize_t i = 0; i < n; i++)
		count += all[i].is_looked;
	free(all);
	return count;
}

static const enum export_layout layouts[] = { EXPORT_LEGACY, EXPORT_DATA };

static void opening_asks_for_the_months_names_only(void **state)
{
	struct years *y = *state;

	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		unsigned before = asked(y);
		struct month *m = NULL;
		struct month_status s;

		print_message("layout %d\n", layouts[i]);
		fill(y, layouts[i]);
		begin(y, layouts[i], false);
		assert_true(asked(y) - before <= 3);
		before = asked(y);
		assert_int_equal(looked_at(y), 0);
		assert_int_equal(
			library_status(y->library, library_newest(y->library), &s), 0);
		assert_int_equal(library_get(y->library, library_newest(y->library),
					 false, &m, NULL),
			-EAGAIN);
		library_open_cached(y->library);
		library_wait_cached(y->library);
		assert_int_equal(asked(y), before);
		library_close(y->library);
		y->library = NULL;
	}
}

static void refresh_asks_little_and_in_a_day_for_everything(void **state)
{
	struct years *y = *state;

	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		unsigned before;
		size_t seen;

		print_message("layout %d\n", layouts[i]);
		fill(y, layouts[i]);
		begin(y, layouts[i], false);
		/* All at first, since it is asked for. */
		await_refreshes(y, library_refresh(y->library));
		assert_int_equal(looked_at(y), MONTHS);
		atomic_fetch_add(&y->clock.seconds, HOUR_S);
		await_refreshes(y, 2);
		before = asked(y);
		atomic_fetch_add(&y->clock.seconds, HOUR_S);
		await_refreshes(y, 3);
		print_message("%u requests a refresh\n", asked(y) - before);
		assert_true(asked(y) - before <= REQUESTS_MAX + 1);
		assert_int_equal(atomic_load(&y->source.reads), 0);
		before = asked(y);
		atomic_fetch_add(&y->clock.seconds, (uint64_t)24 * HOUR_S);
		await_refreshes(y, 4);
		seen = asked(y) - before;
		assert_true(seen >= MONTHS && seen <= MONTHS + 3);
		library_close(y->library);
		y->library = NULL;
	}
}

static void beginning_with_what_is_remembered_asks_nothing(void **state)
{
	struct years *y = *state;
	unsigned before;

	fill(y, EXPORT_DATA);
	begin(y, EXPORT_DATA, false);
	await_refreshes(y, library_refresh(y->library));
	library_close(y->library);
	before = asked(y);
	begin(y, EXPORT_DATA, true);
	assert_int_equal(looked_at(y), MONTHS);
	library_open_cached(y->library);
	library_wait_cached(y->library);
	assert_int_equal(asked(y), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			opening_asks_for_the_months_names_only, setup, teardown),
		cmocka_unit_test_setup_teardown(
			refresh_asks_little_and_in_a_day_for_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(
			beginning_with_what_is_remembered_asks_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
