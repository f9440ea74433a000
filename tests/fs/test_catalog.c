#include "fs/store/catalog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/oom.h"

static uint32_t text(struct catalog *c, const char *s)
{
	uint32_t id = 0;

	assert_int_equal(intern_add(c->texts, span_of(s), &id), 0);
	return id;
}

struct thing {
	const char *account, *account_name, *service, *product, *resource;
	int64_t at;
	int cost;
	int day;
};

static void add(struct catalog *c, const struct thing *t)
{
	struct tally_key key = { .dim = DIM_RESOURCE };
	uint32_t account, service, resource;
	struct entry *e;

	assert_int_equal(catalog_account(c, text(c, t->account), &account), 0);
	catalog_latest(c, &c->account_names[account],
		(struct latest){ t->at, text(c, t->account_name), true });
	assert_int_equal(catalog_service(c, text(c, t->service), &service), 0);
	catalog_latest(c, &c->service_facts[service].name,
		(struct latest){ t->at, text(c, t->product), true });
	assert_int_equal(catalog_slice(c, account, service, &key.slice), 0);
	assert_int_equal(
		catalog_resource(c, key.slice, text(c, t->resource), &resource), 0);
	key.key[0] = resource;
	key.key[1] = text(c, "region");
	key.currency = text(c, "USD");
	assert_int_equal(tally_entry(c->tally, &key, &e), 0);
	e->lines++;
	e->cost[0].units += t->cost;
	e->filled[0]++;
	c->lines++;
	if (c->first_day.number == DAY_NONE || c->first_day.number > t->day)
		c->first_day.number = t->day;
	if (c->last_day.number == DAY_NONE || c->last_day.number < t->day)
		c->last_day.number = t->day;
}

static const struct thing things[] = {
	{ "1", "old", "EC2", "Compute", "i-1", 10, 1, 5 },
	{ "2", "two", "S3", "Storage", "b", 10, 2, 6 },
	{ "1", "new", "S3", "Storage", "b", 20, 4, 3 },
	{ "1", "nov", "EC2", "Compute", "i-2", 20, 8, 4 },
	{ "2", "two", "EC2", "Compute", "i-1", 10, 16, 9 },
	{ "1", "new", "EC2", "Compute", "i-1", 20, 32, 5 },
};

static struct span account_name(const struct catalog *c, const char *id)
{
	for (size_t i = 0; i < c->accounts.count; i++)
		if (span_eq(intern_text(c->texts, c->accounts.items[i].a), span_of(id)))
			return intern_text(c->texts, c->account_names[i].text);
	fail();
	return (struct span){ .len = 0 };
}

/* By hand: what things add up to. */
static money_int cost_of(const struct catalog *c, const char *account,
	const char *service, const char *resource)
{
	for (size_t i = 0; i < tally_count(c->tally); i++) {
		const struct tally_key *k = tally_key_at(c->tally, i);
		struct pair slice = c->slices.items[k->slice];
		struct pair r = c->resources.items[k->key[0]];

		assert_int_equal(r.a, k->slice);
		assert_true(span_eq(intern_text(c->texts, k->currency), span_of("USD")));
		if (span_eq(intern_text(c->texts, c->accounts.items[slice.a].a),
			    span_of(account)) &&
			span_eq(intern_text(c->texts, c->services.items[slice.b].a),
				span_of(service)) &&
			span_eq(intern_text(c->texts, r.b), span_of(resource)))
			return tally_entry_at(c->tally, i)->cost[0].units;
	}
	fail();
	return 0;
}

static void assert_all(const struct catalog *c)
{
	assert_int_equal(c->accounts.count, 2);
	assert_int_equal(c->services.count, 2);
	assert_int_equal(c->slices.count, 4);
	assert_int_equal(c->resources.count, 5);
	assert_int_equal(tally_count(c->tally), 5);
	assert_int_equal(c->lines, 6);
	assert_int_equal(c->first_day.number, 3);
	assert_int_equal(c->last_day.number, 9);
	assert_true(cost_of(c, "1", "EC2", "i-1") == 33);
	assert_true(cost_of(c, "1", "EC2", "i-2") == 8);
	assert_true(cost_of(c, "1", "S3", "b") == 4);
	assert_true(cost_of(c, "2", "S3", "b") == 2);
	assert_true(cost_of(c, "2", "EC2", "i-1") == 16);
	/* Of the latest; of two at one time the greater. */
	assert_true(span_eq(account_name(c, "1"), span_of("nov")));
	assert_true(span_eq(account_name(c, "2"), span_of("two")));
}

/* Every way to cut the things into three catalogs, merged in every order. */
static void merging_does_not_depend_on_cut_or_order(void **state)
{
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	for (unsigned way = 0; way < 729; way += 4) {
		for (size_t o = 0; o < ARRAY_LEN(orders); o++) {
			struct catalog parts[3], all;
			unsigned rest = way;

			assert_int_equal(catalog_init(&all), 0);
			for (int i = 0; i < 3; i++)
				assert_int_equal(catalog_init(&parts[i]), 0);
			for (size_t i = 0; i < ARRAY_LEN(things); i++, rest /= 3)
				add(&parts[rest % 3], &things[i]);
			for (int i = 0; i < 3; i++) {
				uint32_t *slices = NULL;
				struct catalog *part = &parts[orders[o][i]];

				assert_int_equal(catalog_merge(&all, part, &slices), 0);
				assert_non_null(slices);
				for (size_t s = 0; s < part->slices.count; s++)
					assert_true(slices[s] < all.slices.count);
				free(slices);
			}
			assert_all(&all);
			for (int i = 0; i < 3; i++)
				catalog_finish(&parts[i]);
			catalog_finish(&all);
		}
	}
}

static void a_cleared_catalog_is_as_a_new_one(void **state)
{
	struct catalog c;

	(void)state;
	assert_int_equal(catalog_init(&c), 0);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(things); i++)
			add(&c, &things[i]);
		assert_all(&c);
		assert_true(catalog_memory(&c) > 5 * sizeof(struct entry));
		catalog_clear(&c);
		assert_int_equal(c.lines + c.accounts.count + c.resources.count, 0);
		assert_int_equal(c.first_day.number, DAY_NONE);
		assert_int_equal(c.last_day.number, DAY_NONE);
	}
	catalog_finish(&c);
	catalog_finish(&c);
}

static void a_sum_that_does_not_fit_is_refused(void **state)
{
	struct catalog a, b;
	uint32_t *slices = NULL;

	(void)state;
	assert_int_equal(catalog_init(&a), 0);
	assert_int_equal(catalog_init(&b), 0);
	add(&a, &things[0]);
	add(&b, &things[0]);
	tally_entry_at(a.tally, 0)->cost[0].units =
		((money_int)1 << 126) - 1 + ((money_int)1 << 126);
	assert_int_equal(catalog_merge(&a, &b, &slices), -ERANGE);
	assert_null(slices);
	catalog_finish(&a);
	catalog_finish(&b);
}

/* A sum counts its rows in 32 bits. */
static void a_month_holds_less_than_two_to_the_32_lines(void **state)
{
	struct catalog a, b;
	uint32_t *slices = NULL;

	(void)state;
	assert_int_equal(catalog_init(&a), 0);
	assert_int_equal(catalog_init(&b), 0);
	a.lines = UINT32_MAX - 1;
	b.lines = 2;
	assert_int_equal(catalog_merge(&a, &b, &slices), -EFBIG);
	assert_int_equal(a.lines, UINT32_MAX - 1);
	b.lines = 1;
	assert_int_equal(catalog_merge(&a, &b, &slices), 0);
	assert_int_equal(a.lines, UINT32_MAX);
	free(slices);
	catalog_finish(&a);
	catalog_finish(&b);
}

static void no_memory_is_said_and_leaks_nothing(void **state)
{
	struct catalog from;

	(void)state;
	assert_int_equal(catalog_init(&from), 0);
	for (size_t i = 0; i < ARRAY_LEN(things); i++)
		add(&from, &things[i]);
	for (unsigned after = 0;; after++) {
		struct catalog into = { 0 };
		uint32_t *slices = NULL;
		int r;

		oom_after(after);
		r = catalog_init(&into);
		if (r == 0)
			r = catalog_merge(&into, &from, &slices);
		if (!oom_stop()) {
			assert_int_equal(r, 0);
			assert_all(&into);
			free(slices);
			catalog_finish(&into);
			break;
		}
		assert_true(r == -ENOMEM || r == 0);
		if (r < 0)
			assert_null(slices);
		free(slices);
		catalog_finish(&into);
	}
	catalog_finish(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merging_does_not_depend_on_cut_or_order),
		cmocka_unit_test(a_cleared_catalog_is_as_a_new_one),
		cmocka_unit_test(a_sum_that_does_not_fit_is_refused),
		cmocka_unit_test(a_month_holds_less_than_two_to_the_32_lines),
		cmocka_unit_test(no_memory_is_said_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
