#include "fs/store/counter.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "base/word.h"

/* The last text of a column, as the catalog keeps it. */
struct memo {
	struct span text;
	uint32_t id;
	bool is_set;
};

/* By what a row is summed and named; what differs most often comes first. */
enum by {
	BY_RESOURCE,
	BY_RESOURCE_NAME,
	BY_USAGE_TYPE,
	BY_OPERATION,
	BY_REGION,
	BY_SERVICE,
	BY_PRODUCT,
	BY_ACCOUNT,
	BY_ACCOUNT_NAME,
	BY_CHARGE_TYPE,
	BY_CURRENCY,
	BY_INVOICE,
	BY_ENTITY,
	BY_COUNT,
};

static const struct {
	size_t offset;
	unsigned dims; /* which need it; 0: it is always needed */
	bool is_name; /* an empty one is none */
} columns[BY_COUNT] = {
	[BY_RESOURCE] = { offsetof(struct row, resource_id), 1 << DIM_RESOURCE, false },
	[BY_RESOURCE_NAME] = { offsetof(struct row, name_tag), 1 << DIM_RESOURCE, true },
	[BY_USAGE_TYPE] = { offsetof(struct row, usage_type), 1 << DIM_USAGE_TYPE,
		false },
	[BY_OPERATION] = { offsetof(struct row, operation), 1 << DIM_OPERATION, false },
	[BY_REGION] = { offsetof(struct row, region), 0, false },
	[BY_SERVICE] = { offsetof(struct row, service), 0, false },
	[BY_PRODUCT] = { offsetof(struct row, product_name), 0, true },
	[BY_ACCOUNT] = { offsetof(struct row, account_id), 0, false },
	[BY_ACCOUNT_NAME] = { offsetof(struct row, account_name), 0, true },
	[BY_CHARGE_TYPE] = { offsetof(struct row, charge_type), 0, false },
	[BY_CURRENCY] = { offsetof(struct row, currency), 0, false },
	[BY_INVOICE] = { offsetof(struct row, invoice_id), 0, false },
	[BY_ENTITY] = { offsetof(struct row, invoicing_entity), 0, false },
};

/* A tag or cost category of the reader. */
struct key_memo {
	struct memo key, value;
	bool is_user;
};
struct keys {
	const struct intern *names;
	struct key_memo *items;
	size_t count, cap;
	/* Those that the streak has, as the reader numbers them. */
	uint32_t *streak;
	size_t streak_count, streak_cap;
	bool has_user; /* one that is not AWS's own is among them */
};

/* A sum of the streak. */
struct target {
	struct tally_key key;
	struct entry *entry;
};

/* Rows of the same sums, one after another. */
struct streak {
	bool is_open;
	uint32_t slice, account, service, resource;
	unsigned charges;
	struct day day;
	int64_t latest; /* seconds since 1970 */
	struct entry sum;
};

struct counter {
	struct catalog *catalog;
	unsigned dims;
	struct memo memos[BY_COUNT], description;
	struct keys tags, categories;
	struct streak streak;
	/* The first target_count are the streak's; those behind are of streaks before:
	 * the next one has most of them, too. */
	struct target *targets;
	size_t target_count, target_known, target_cap;
	uint64_t number;
};

struct counter *counter_new(struct catalog *catalog, unsigned dims)
{
	struct counter *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->catalog = catalog;
	c->dims = dims;
	return c;
}

static void keys_finish(struct keys *k)
{
	free(k->items);
	free(k->streak);
}

void counter_free(struct counter *c)
{
	if (c == NULL)
		return;
	keys_finish(&c->tags);
	keys_finish(&c->categories);
	free(c->targets);
	free(c);
}

void counter_keys(
	struct counter *c, const struct intern *tags, const struct intern *categories)
{
	c->tags.names = tags;
	c->categories.names = categories;
}

uint64_t counter_number(const struct counter *c)
{
	return c->number;
}

void counter_forget(struct counter *c)
{
	memset(c->memos, 0, sizeof(c->memos));
	c->description.is_set = false;
	c->tags.count = c->categories.count = 0;
	c->target_known = 0;
}

static bool is_last(const struct memo *memo, struct span text)
{
	return memo->is_set && memo->text.len == text.len &&
		word_same(memo->text.p, text.p, text.len);
}

static int find_text(struct counter *c, struct memo *memo, struct span text)
{
	if (is_last(memo, text))
		return 0;
	int r = intern_add(c->catalog->texts, text, &memo->id);
	if (r < 0)
		return r;
	memo->text = intern_text(c->catalog->texts, memo->id);
	memo->is_set = true;
	return 0;
}

static struct span text_of(const struct row *row, enum by by)
{
	const char *at = (const char *)row + columns[by].offset;

	return *(const struct span *)(const void *)at;
}

static bool wants(const struct counter *c, unsigned dims)
{
	return c->dims == 0 || dims == 0 || (c->dims & dims) != 0;
}

static int find_texts(struct counter *c, const struct row *row)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < BY_COUNT; i++) {
		struct span text = text_of(row, (enum by)i);

		if (!wants(c, columns[i].dims))
			continue;
		if (text.len == 0 && columns[i].is_name)
			c->memos[i] = (struct memo){ .is_set = true };
		else
			r = find_text(c, &c->memos[i], text);
	}
	if (r == 0 && row->charges != 0)
		r = find_text(c, &c->description, row->description);
	return r;
}

static uint32_t id_of(const struct counter *c, enum by by)
{
	return c->memos[by].id;
}

static int find_sum(struct counter *c, enum dim dim, uint32_t key0, uint32_t key1)
{
	const struct tally_key key = { c->streak.slice, dim, { key0, key1 },
		id_of(c, BY_CURRENCY) };
	int r = VEC_RESERVE(
		&c->targets, &c->target_cap, c->target_count + 1, (size_t)UINT32_MAX);

	if (r < 0)
		return r;
	struct target *t = &c->targets[c->target_count];
	if (c->target_count >= c->target_known ||
		memcmp(&t->key, &key, sizeof(key)) != 0) {
		r = tally_entry(c->catalog->tally, &key, &t->entry);
		if (r < 0)
			return r;
		t->key = key;
	}
	c->target_count++;
	if (c->target_known < c->target_count)
		c->target_known = c->target_count;
	return 0;
}

static int find_sum_by(struct counter *c, enum dim dim, enum by by)
{
	return wants(c, 1u << dim) ? find_sum(c, dim, id_of(c, by), 0) : 0;
}

/* What names and numbers a sum is by, where it is wanted. */
static int find_sums(struct counter *c, const struct row *row)
{
	int r = find_sum_by(c, DIM_CHARGE_TYPE, BY_CHARGE_TYPE);

	if (r == 0)
		r = find_sum_by(c, DIM_REGION, BY_REGION);
	if (r == 0)
		r = find_sum_by(c, DIM_USAGE_TYPE, BY_USAGE_TYPE);
	if (r == 0)
		r = find_sum_by(c, DIM_OPERATION, BY_OPERATION);
	if (r == 0 && wants(c, 1u << DIM_DAY))
		r = find_sum(c, DIM_DAY, (uint32_t)c->streak.day.number, 0);
	if (r == 0)
		r = find_sum(c, DIM_INVOICE, id_of(c, BY_INVOICE), id_of(c, BY_ENTITY));
	for (uint32_t class = 0; r == 0 && class < CHARGE_COUNT; class ++)
		if (wants(c, 1u << DIM_CHARGE) && (row->charges & 1u << class) != 0)
			r = find_sum(c, DIM_CHARGE, class, c->description.id);
	return r;
}

/* AWS's own tags are no sign that somebody cared. */
static bool is_user_tag(struct span key)
{
	return !span_starts(key, SPAN("aws:")) && !span_starts(key, SPAN("aws_"));
}

static int key_at(
	struct counter *c, struct keys *keys, uint32_t number, struct key_memo **ret)
{
	int r = VEC_RESERVE(
		&keys->items, &keys->cap, (size_t)number + 1, (size_t)UINT32_MAX);

	if (r < 0)
		return r;
	for (; keys->count <= number; keys->count++)
		keys->items[keys->count] = (struct key_memo){ 0 };
	struct key_memo *k = &keys->items[number];
	if (!k->key.is_set) {
		struct span name = intern_text(keys->names, number);

		r = find_text(c, &k->key, name);
		if (r < 0)
			return r;
		k->is_user = is_user_tag(name);
	}
	*ret = k;
	return 0;
}

static int find_pairs(struct counter *c, struct keys *keys, enum dim dim,
	const struct row_pair *pairs, size_t count)
{
	int r = VEC_RESERVE(&keys->streak, &keys->streak_cap, count, (size_t)UINT32_MAX);

	keys->has_user = false;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct key_memo *k = NULL;

		keys->streak[i] = pairs[i].key;
		r = key_at(c, keys, pairs[i].key, &k);
		if (r == 0)
			r = find_text(c, &k->value, pairs[i].value);
		if (r == 0)
			r = find_sum(c, dim, k->key.id, k->value.id);
		keys->has_user |= r == 0 && k->is_user;
	}
	keys->streak_count = count;
	return r;
}

/* Shares of costs: added at once, as no streak has them. */
static int add_split(struct counter *c, const struct row *row)
{
	const struct tally_key key = { c->streak.slice, DIM_SPLIT,
		{ id_of(c, BY_OPERATION), id_of(c, BY_RESOURCE) },
		id_of(c, BY_CURRENCY) };
	struct entry one = { .lines = row->lines }, *e;
	int r = tally_entry(c->catalog->tally, &key, &e);

	for (int i = 0; i < SPLIT_COUNT; i++) {
		if ((row->split_filled & 1u << i) == 0)
			continue;
		one.cost[i] = row->split[i];
		one.filled[i] = 1;
	}
	return r < 0 ? r : entry_add(e, &one);
}

/* What only a month with all columns has. */
static int find_details(struct counter *c, const struct row *row)
{
	uint32_t resource, region = id_of(c, BY_REGION);
	int r = catalog_resource(
		c->catalog, c->streak.slice, id_of(c, BY_RESOURCE), &resource);

	c->streak.resource = r == 0 ? resource : 0;
	if (r == 0)
		r = find_sum(c, DIM_RESOURCE, resource, region);
	if (r == 0)
		r = find_pairs(c, &c->tags, DIM_TAG, row->tags, row->tag_count);
	if (r == 0)
		r = find_pairs(c, &c->categories, DIM_CATEGORY, row->categories,
			row->category_count);
	if (r == 0 && !c->tags.has_user && row->resource_id.len > 0)
		r = find_sum(c, DIM_UNTAGGED, resource, region);
	if (r == 0 && row->is_split)
		r = add_split(c, row);
	return r;
}

static int find_slice(struct counter *c, const struct row *row)
{
	struct catalog *to = c->catalog;
	struct streak *streak = &c->streak;
	int r = catalog_account(to, id_of(c, BY_ACCOUNT), &streak->account);

	if (r == 0)
		r = catalog_service(to, id_of(c, BY_SERVICE), &streak->service);
	if (r < 0)
		return r;
	if ((row->charges & 1u << CHARGE_MARKETPLACE) != 0)
		to->service_facts[streak->service].is_marketplace = true;
	return catalog_slice(to, streak->account, streak->service, &streak->slice);
}

static void note_day(struct catalog *c, struct day day)
{
	if (day.number == DAY_NONE)
		return;
	if (c->first_day.number == DAY_NONE || day.number < c->first_day.number)
		c->first_day = day;
	if (c->last_day.number == DAY_NONE || day.number > c->last_day.number)
		c->last_day = day;
}

static int add_to_streak(struct counter *c, const struct row *row, uint64_t number)
{
	struct streak *streak = &c->streak;
	struct entry *sum = &streak->sum;

	c->number = number;
	if (row->usage_start.seconds > streak->latest)
		streak->latest = row->usage_start.seconds;
	sum->lines += row->lines;
	for (int i = 0; i < COST_COUNT; i++) {
		if ((row->cost_filled & 1u << i) == 0)
			continue;
		int r = money_add(&sum->cost[i], row->cost[i]);
		if (r < 0)
			return r;
		sum->filled[i] += row->cost_lines[i];
	}
	for (int i = 0; i < 2; i++)
		sum->lacking[i] += row->lacking_lines[i];
	return 0;
}

static int begin_streak(struct counter *c, const struct row *row, uint64_t number)
{
	struct streak *streak = &c->streak;
	int r;

	c->number = number;
	*streak = (struct streak){ .charges = row->charges,
		.day = instant_day(row->usage_start),
		.latest = row->usage_start.seconds };
	c->target_count = 0;
	r = find_texts(c, row);
	if (r == 0)
		r = find_slice(c, row);
	if (r == 0)
		r = find_sums(c, row);
	if (r == 0 && c->dims == 0)
		r = find_details(c, row);
	note_day(c->catalog, streak->day);
	note_day(c->catalog, instant_day(row->usage_first));
	streak->is_open = r == 0;
	return r;
}

static bool has_pairs(const struct keys *keys, const struct row_pair *pairs, size_t count)
{
	if (keys->streak_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (keys->streak[i] != pairs[i].key ||
			!is_last(&keys->items[pairs[i].key].value, pairs[i].value))
			return false;
	return true;
}

/* Whether all that the row is summed and named by is that of the streak. Rows that come
 * added up are no streaks. */
static bool goes_on(const struct counter *c, const struct row *row)
{
	const struct streak *streak = &c->streak;

	if (!streak->is_open || c->dims != 0 || row->is_split ||
		row->charges != streak->charges ||
		instant_day(row->usage_start).number != streak->day.number)
		return false;
	for (unsigned i = 0; i < BY_COUNT; i++)
		if (!is_last(&c->memos[i], text_of(row, (enum by)i)))
			return false;
	return (row->charges == 0 || is_last(&c->description, row->description)) &&
		has_pairs(&c->tags, row->tags, row->tag_count) &&
		has_pairs(&c->categories, row->categories, row->category_count);
}

int counter_add(
	struct counter *c, const struct row *row, uint64_t number, uint32_t *ret_slice)
{
	int r = 0;

	if (!goes_on(c, row)) {
		r = counter_flush(c);
		if (r == 0)
			r = begin_streak(c, row, number);
	}
	if (r == 0)
		r = add_to_streak(c, row, number);
	if (r == 0)
		*ret_slice = c->streak.slice;
	return r;
}

static void note_latest(
	const struct counter *c, const struct memo *memo, struct latest *into)
{
	if (memo->text.len > 0)
		catalog_latest(c->catalog, into,
			(struct latest){ c->streak.latest, memo->id, true });
}

static void note_names(struct counter *c)
{
	struct catalog *to = c->catalog;
	const struct streak *streak = &c->streak;

	note_latest(c, &c->memos[BY_ACCOUNT_NAME], &to->account_names[streak->account]);
	note_latest(c, &c->memos[BY_PRODUCT], &to->service_facts[streak->service].name);
	if (c->dims != 0)
		return;
	note_latest(c, &c->memos[BY_RESOURCE_NAME],
		&to->resource_facts[streak->resource].name);
	note_latest(
		c, &c->memos[BY_REGION], &to->resource_facts[streak->resource].region);
}

int counter_flush(struct counter *c)
{
	struct streak *streak = &c->streak;

	if (!streak->is_open)
		return 0;
	streak->is_open = false;
	for (size_t i = 0; i < c->target_count; i++) {
		int r = entry_add(c->targets[i].entry, &streak->sum);

		if (r < 0)
			return r;
	}
	c->catalog->lines += streak->sum.lines;
	note_names(c);
	return 0;
}
