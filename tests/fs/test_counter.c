#include "fs/store/counter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/oom.h"

enum { DAY = 24 * 60 * 60 };

/* A row; what is left out is that of the row before. */
struct line {
	const char *account, *account_name, *service, *product, *currency, *region,
		*usage_type, *operation, *charge_type, *invoice, *entity, *resource,
		*name, *team, *created_by, *unit, *description;
	int day; /* from 1 on */
	unsigned charges;
};

static const struct line lines[] = {
	{ "1", "one", "EC2", "Compute", "USD", "eu", "Box", "Run", "Usage", "I", "AWS",
		"i-1", "web", "a", "", "", "", 5, 0 },
	{ .team = NULL }, /* the same again */
	{ .team = NULL },
	{ .account = "2" },
	{ .account_name = "two" },
	{ .service = "S3" },
	{ .product = "Storage" },
	{ .currency = "EUR" },
	{ .region = "us" },
	{ .usage_type = "Byte" },
	{ .operation = "Put" },
	{ .charge_type = "Tax" },
	{ .invoice = "J" },
	{ .entity = "Reseller" },
	{ .resource = "b" },
	{ .name = "logs" },
	{ .name = "" },
	{ .team = "b" },
	{ .team = "" }, /* nobody's */
	{ .created_by = "root" }, /* AWS's own tag */
	{ .unit = "shop" },
	{ .unit = "mall" },
	{ .unit = "" },
	{ .day = 4 },
	{ .day = 9 },
	{ .charges = 1 << CHARGE_TAX, .description = "VAT" },
	{ .team = NULL },
	{ .description = "GST" },
	{ .charges = 1 << CHARGE_FEE | 1 << CHARGE_MARKETPLACE },
	{ .account = "1", .account_name = "uno", .service = "EC2" },
	{ .resource = "" },
	{ .region = "" },
};
enum { LINES = ARRAY_LEN(lines) };

struct filled {
	struct line line;
	struct row row;
	struct row_pair tags[2], categories[1];
};

static const char * or (const char *now, const char *before)
{
	return now != NULL ? now : before;
}

static struct line with_rest(const struct line *l, const struct line *b)
{
	return (struct line){ or (l->account, b->account),
		or (l->account_name, b->account_name), or (l->service, b->service),
		or (l->product, b->product), or (l->currency, b->currency),
		or (l->region, b->region), or (l->usage_type, b->usage_type),
		or (l->operation, b->operation), or (l->charge_type, b->charge_type),
		or (l->invoice, b->invoice), or (l->entity, b->entity),
		or (l->resource, b->resource), or (l->name, b->name),
		or (l->team, b->team), or (l->created_by, b->created_by),
		or (l->unit, b->unit), or (l->description, b->description),
		l->day ? l->day : b->day, l->charges ? l->charges : b->charges };
}

/* Costs are powers of two, so that a sum tells its rows. */
static struct money cost_of(size_t i)
{
	return (struct money){ (money_int)1 << i };
}

static void fill(struct filled *f, size_t i)
{
	const struct line *l = &f->line;
	struct row *row = &f->row;

	*row = (struct row){ .lines = 1,
		.usage_start = { (int64_t)l->day * DAY + (int64_t)i },
		.account_id = span_of(l->account),
		.account_name = span_of(l->account_name),
		.service = span_of(l->service),
		.product_name = span_of(l->product),
		.currency = span_of(l->currency),
		.region = span_of(l->region),
		.usage_type = span_of(l->usage_type),
		.operation = span_of(l->operation),
		.charge_type = span_of(l->charge_type),
		.invoice_id = span_of(l->invoice),
		.invoicing_entity = span_of(l->entity),
		.resource_id = span_of(l->resource),
		.name_tag = span_of(l->name),
		.description = span_of(l->description),
		.charges = l->charges,
		.tags = f->tags,
		.categories = f->categories,
		.cost_filled = 1 << COST_UNBLENDED,
		.cost = { [COST_UNBLENDED] = cost_of(i) },
		.cost_lines = { [COST_UNBLENDED] = 1 } };
	row->usage_first = row->usage_start;
	if (l->team[0] != '\0')
		f->tags[row->tag_count++] = (struct row_pair){ 0, span_of(l->team) };
	if (l->created_by[0] != '\0')
		f->tags[row->tag_count++] =
			(struct row_pair){ 1, span_of(l->created_by) };
	if (l->unit[0] != '\0')
		f->categories[row->category_count++] =
			(struct row_pair){ 0, span_of(l->unit) };
}

static void fill_all(struct filled all[LINES])
{
	all[0].line = lines[0];
	for (size_t i = 0; i < LINES; i++) {
		if (i > 0)
			all[i].line = with_rest(&lines[i], &all[i - 1].line);
		fill(&all[i], i);
	}
}

struct case_of {
	struct catalog catalog;
	struct intern *tags, *categories;
	struct counter *counter;
};

static int add_name(struct intern *names, const char *name)
{
	uint32_t id;

	return names == NULL ? -ENOMEM : intern_add(names, span_of(name), &id);
}

static int begin(struct case_of *c)
{
	int r = catalog_init(&c->catalog);

	c->tags = intern_new();
	c->categories = intern_new();
	c->counter = counter_new(&c->catalog, 0);
	if (r == 0)
		r = add_name(c->tags, "team");
	if (r == 0)
		r = add_name(c->tags, "aws:createdBy");
	if (r == 0)
		r = add_name(c->categories, "unit");
	if (r == 0 && c->counter == NULL)
		r = -ENOMEM;
	if (r == 0)
		counter_keys(c->counter, c->tags, c->categories);
	return r;
}

static void end(struct case_of *c)
{
	counter_free(c->counter);
	intern_free(c->tags);
	intern_free(c->categories);
	catalog_finish(&c->catalog);
}

static int add_all(struct case_of *c, const struct filled *all)
{
	uint32_t slice;
	int r = 0;

	for (size_t i = 0; r == 0 && i < LINES; i++)
		r = counter_add(c->counter, &all[i].row, i, &slice);
	return r == 0 ? counter_flush(c->counter) : r;
}

static const char *text_at(const struct catalog *c, uint32_t id)
{
	static char kept[4][32];
	static unsigned turn;
	struct span text = intern_text(c->texts, id);
	char *to = kept[turn++ % ARRAY_LEN(kept)];

	snprintf(to, sizeof(kept[0]), "%.*s", SPAN_ARG(text));
	return to;
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool is_untagged(const struct line *l)
{
	return l->team[0] == '\0' && l->resource[0] != '\0';
}

/* Whether the row is one of the sum's, by its texts alone. */
static bool has_row(
	const struct catalog *c, const struct tally_key *k, const struct filled *f)
{
	const struct pair slice = c->slices.items[k->slice];
	const struct line *l = &f->line;
	const uint32_t *key = k->key;

	if (!is(text_at(c, c->accounts.items[slice.a].a), l->account) ||
		!is(text_at(c, c->services.items[slice.b].a), l->service) ||
		!is(text_at(c, k->currency), l->currency))
		return false;
	switch ((enum dim)k->dim) {
	case DIM_CHARGE_TYPE:
		return is(text_at(c, key[0]), l->charge_type);
	case DIM_REGION:
		return is(text_at(c, key[0]), l->region);
	case DIM_USAGE_TYPE:
		return is(text_at(c, key[0]), l->usage_type);
	case DIM_OPERATION:
		return is(text_at(c, key[0]), l->operation);
	case DIM_DAY:
		return key[0] == (uint32_t)l->day;
	case DIM_RESOURCE:
	case DIM_UNTAGGED:
		return is(text_at(c, c->resources.items[key[0]].b), l->resource) &&
			is(text_at(c, key[1]), l->region) &&
			(k->dim == DIM_RESOURCE || is_untagged(l));
	case DIM_INVOICE:
		return is(text_at(c, key[0]), l->invoice) &&
			is(text_at(c, key[1]), l->entity);
	case DIM_TAG:
		return is(text_at(c, key[1]),
			is(text_at(c, key[0]), "team") ? l->team : l->created_by);
	case DIM_CATEGORY:
		return is(text_at(c, key[1]), l->unit);
	case DIM_CHARGE:
		return (l->charges & 1u << key[0]) != 0 &&
			is(text_at(c, key[1]), l->description);
	case DIM_SPLIT:
	case DIM_COUNT:
		break;
	}
	return false;
}

/* How many sums a row is in: one a dimension that has all rows, and one for each other.
 */
static unsigned sums_of(const struct filled *f)
{
	const struct line *l = &f->line;

	return 7 + (unsigned)f->row.tag_count + (unsigned)f->row.category_count +
		is_untagged(l) + (unsigned)__builtin_popcount(l->charges);
}

static void each_sum_is_that_of_its_rows(void **state)
{
	static struct filled all[LINES];
	struct case_of c;
	unsigned want = 0, got = 0;

	(void)state;
	fill_all(all);
	assert_int_equal(begin(&c), 0);
	assert_int_equal(add_all(&c, all), 0);
	for (size_t i = 0; i < tally_count(c.catalog.tally); i++) {
		const struct tally_key *key = tally_key_at(c.catalog.tally, i);
		const struct entry *e = tally_entry_at(c.catalog.tally, i);
		struct money sum = { 0 };
		unsigned rows = 0;

		for (size_t j = 0; j < LINES; j++) {
			if (!has_row(&c.catalog, key, &all[j]))
				continue;
			sum.units += cost_of(j).units;
			rows++;
		}
		assert_true(rows > 0);
		assert_true(e->cost[COST_UNBLENDED].units == sum.units);
		assert_int_equal(e->filled[COST_UNBLENDED], rows);
		assert_int_equal(e->lines, rows);
		got += rows;
	}
	for (size_t j = 0; j < LINES; j++)
		want += sums_of(&all[j]);
	assert_int_equal(got, want);
	assert_int_equal(c.catalog.lines, LINES);
	assert_int_equal(c.catalog.first_day.number, 4);
	assert_int_equal(c.catalog.last_day.number, 9);
	end(&c);
}

/* Rows that have no name leave it; else that of the latest counts. */
static void names_are_those_of_the_latest_rows(void **state)
{
	static struct filled all[LINES];
	struct case_of c;
	const struct catalog *of = &c.catalog;

	(void)state;
	fill_all(all);
	assert_int_equal(begin(&c), 0);
	assert_int_equal(add_all(&c, all), 0);
	assert_int_equal(of->accounts.count, 2);
	assert_string_equal(text_at(of, of->account_names[0].text), "uno");
	assert_string_equal(text_at(of, of->account_names[1].text), "two");
	assert_string_equal(text_at(of, of->service_facts[1].name.text), "Storage");
	assert_true(of->service_facts[1].is_marketplace);
	for (size_t i = 0; i < of->resources.count; i++) {
		const char *id = text_at(of, of->resources.items[i].b);
		const struct catalog_resource *r = &of->resource_facts[i];

		/* Of i-1 in S3 and of b in EC2, too. */
		if (is(id, "b") && of->resources.items[i].a == 2)
			assert_string_equal(text_at(of, r->name.text), "logs");
		if (is(id, ""))
			assert_string_equal(text_at(of, r->region.text), "us");
	}
	end(&c);
}

/* Of two rows that only their costs tell apart: the second one. Else the first one. */
static void the_row_is_named_that_does_not_fit(void **state)
{
	static const struct {
		int day[3];
		uint64_t number;
	} cases[] = { { { 1, 1, 2 }, 1 }, { { 1, 2, 1 }, 1 }, { { 1, 2, 3 }, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct filled f = { .line = lines[0] };
		struct case_of c;
		uint32_t slice;
		int r = 0;

		assert_int_equal(begin(&c), 0);
		for (uint64_t j = 0; r == 0 && j < 3; j++) {
			f.line.day = cases[i].day[j];
			fill(&f, j);
			f.row.cost[COST_UNBLENDED].units = (money_int)1 << 126;
			r = counter_add(c.counter, &f.row, j, &slice);
		}
		if (r == 0)
			r = counter_flush(c.counter);
		assert_int_equal(r, -ERANGE);
		assert_int_equal(counter_number(c.counter), cases[i].number);
		end(&c);
	}
}

/* Numbers of texts that went are not used again. */
static void what_was_forgotten_is_found_anew(void **state)
{
	static struct filled all[LINES];
	struct case_of c;
	uint32_t slice;

	(void)state;
	fill_all(all);
	assert_int_equal(begin(&c), 0);
	assert_int_equal(add_all(&c, all), 0);
	catalog_clear(&c.catalog);
	counter_forget(c.counter);
	assert_int_equal(counter_add(c.counter, &all[LINES - 1].row, 0, &slice), 0);
	assert_int_equal(slice, 0);
	assert_int_equal(counter_flush(c.counter), 0);
	assert_int_equal(tally_count(c.catalog.tally), sums_of(&all[LINES - 1]));
	assert_int_equal(tally_entry_at(c.catalog.tally, 0)->lines, 1);
	end(&c);
}

static void no_memory_is_said(void **state)
{
	static struct filled all[LINES];
	bool bit = true;

	(void)state;
	fill_all(all);
	for (unsigned n = 0; bit; n++) {
		struct case_of c;
		int r;

		oom_after(n);
		r = begin(&c);
		if (r == 0)
			r = add_all(&c, all);
		bit = oom_stop();
		assert_int_equal(r, bit ? -ENOMEM : 0);
		end(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sum_is_that_of_its_rows),
		cmocka_unit_test(names_are_those_of_the_latest_rows),
		cmocka_unit_test(the_row_is_named_that_does_not_fit),
		cmocka_unit_test(what_was_forgotten_is_found_anew),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
