#include "fs/store/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

int catalog_init(struct catalog *c)
{
	*c = (struct catalog){ .first_day = { DAY_NONE }, .last_day = { DAY_NONE } };
	c->texts = intern_new();
	c->tally = tally_new();
	if (c->texts == NULL || c->tally == NULL) {
		catalog_finish(c);
		return -ENOMEM;
	}
	return 0;
}

void catalog_finish(struct catalog *c)
{
	intern_free(c->texts);
	tally_free(c->tally);
	pairs_finish(&c->accounts);
	pairs_finish(&c->services);
	pairs_finish(&c->slices);
	pairs_finish(&c->resources);
	free(c->account_names);
	free(c->service_facts);
	free(c->resource_facts);
	*c = (struct catalog){ 0 };
}

void catalog_clear(struct catalog *c)
{
	intern_clear(c->texts);
	tally_clear(c->tally);
	pairs_clear(&c->accounts);
	pairs_clear(&c->services);
	pairs_clear(&c->slices);
	pairs_clear(&c->resources);
	c->first_day = c->last_day = (struct day){ DAY_NONE };
	c->lines = 0;
}

void catalog_drop_sums(struct catalog *c)
{
	tally_free(c->tally);
	c->tally = NULL;
	pairs_finish(&c->resources);
	free(c->resource_facts);
	c->resource_facts = NULL;
	c->resource_cap = 0;
}

size_t catalog_memory(const struct catalog *c)
{
	return intern_memory(c->texts) +
		tally_count(c->tally) *
		(sizeof(struct entry) + sizeof(struct tally_key) + 8) +
		c->resources.count * (sizeof(struct catalog_resource) + 16);
}

int catalog_account(struct catalog *c, uint32_t text, uint32_t *ret)
{
	size_t before = c->accounts.count;
	int r = VEC_RESERVE(
		&c->account_names, &c->account_cap, before + 1, (size_t)UINT32_MAX);

	if (r == 0)
		r = pairs_add(&c->accounts, (struct pair){ text, 0 }, ret);
	if (r == 0 && c->accounts.count > before)
		c->account_names[before] = (struct latest){ 0 };
	return r;
}

int catalog_service(struct catalog *c, uint32_t text, uint32_t *ret)
{
	size_t before = c->services.count;
	int r = VEC_RESERVE(
		&c->service_facts, &c->service_cap, before + 1, (size_t)UINT32_MAX);

	if (r == 0)
		r = pairs_add(&c->services, (struct pair){ text, 0 }, ret);
	if (r == 0 && c->services.count > before)
		c->service_facts[before] = (struct catalog_service){ 0 };
	return r;
}

int catalog_slice(struct catalog *c, uint32_t account, uint32_t service, uint32_t *ret)
{
	return pairs_add(&c->slices, (struct pair){ account, service }, ret);
}

int catalog_resource(struct catalog *c, uint32_t slice, uint32_t text, uint32_t *ret)
{
	size_t before = c->resources.count;
	int r = VEC_RESERVE(
		&c->resource_facts, &c->resource_cap, before + 1, (size_t)UINT32_MAX);

	if (r == 0)
		r = pairs_add(&c->resources, (struct pair){ slice, text }, ret);
	if (r == 0 && c->resources.count > before)
		c->resource_facts[before] = (struct catalog_resource){ 0 };
	return r;
}

void catalog_latest(const struct catalog *c, struct latest *into, struct latest from)
{
	if (!from.is_set)
		return;
	if (into->is_set) {
		if (into->at > from.at ||
			(into->at == from.at && into->text == from.text))
			return;
		if (into->at == from.at &&
			span_cmp(intern_text(c->texts, into->text),
				intern_text(c->texts, from.text)) > 0)
			return;
	}
	*into = from;
}

/* From's numbers in into's. */
struct mapping {
	uint32_t *texts, *accounts, *services, *slices, *resources;
};

static void mapping_finish(struct mapping *m)
{
	free(m->texts);
	free(m->accounts);
	free(m->services);
	free(m->slices);
	free(m->resources);
}

static int mapping_init(struct mapping *m, const struct catalog *from)
{
	m->texts = vec_alloc(intern_count(from->texts) + 1, sizeof(uint32_t));
	m->accounts = vec_alloc(from->accounts.count + 1, sizeof(uint32_t));
	m->services = vec_alloc(from->services.count + 1, sizeof(uint32_t));
	m->slices = vec_alloc(from->slices.count + 1, sizeof(uint32_t));
	m->resources = vec_alloc(from->resources.count + 1, sizeof(uint32_t));
	if (m->texts == NULL || m->accounts == NULL || m->services == NULL ||
		m->slices == NULL || m->resources == NULL)
		return -ENOMEM;
	return 0;
}

static int merge_text(struct catalog *into, const struct catalog *from, uint32_t text,
	const struct mapping *m)
{
	return intern_add(into->texts, intern_text(from->texts, text), &m->texts[text]);
}

/* All of them, so that which ones there are does not go by what was merged when. */
static int merge_texts(
	struct catalog *into, const struct catalog *from, const struct mapping *m)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < intern_count(from->texts); i++)
		r = merge_text(into, from, i, m);
	return r;
}

static struct latest mapped(const struct mapping *m, struct latest l)
{
	if (l.is_set)
		l.text = m->texts[l.text];
	return l;
}

static int merge_latest(struct catalog *into, const struct catalog *from,
	const struct mapping *m, struct latest *to, struct latest latest)
{
	int r = latest.is_set ? merge_text(into, from, latest.text, m) : 0;

	if (r == 0)
		catalog_latest(into, to, mapped(m, latest));
	return r;
}

static int merge_accounts(
	struct catalog *into, const struct catalog *from, struct mapping *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->accounts.count; i++) {
		uint32_t text = from->accounts.items[i].a;

		r = merge_text(into, from, text, m);
		if (r == 0)
			r = catalog_account(into, m->texts[text], &m->accounts[i]);
		if (r == 0)
			r = merge_latest(into, from, m,
				&into->account_names[m->accounts[i]],
				from->account_names[i]);
	}
	return r;
}

static int merge_services(
	struct catalog *into, const struct catalog *from, struct mapping *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->services.count; i++) {
		const struct catalog_service *s = &from->service_facts[i];
		uint32_t text = from->services.items[i].a;

		r = merge_text(into, from, text, m);
		if (r == 0)
			r = catalog_service(into, m->texts[text], &m->services[i]);
		if (r < 0)
			break;
		struct catalog_service *to = &into->service_facts[m->services[i]];
		r = merge_latest(into, from, m, &to->name, s->name);
		to->is_marketplace |= s->is_marketplace;
	}
	return r;
}

static int merge_names(
	struct catalog *into, const struct catalog *from, struct mapping *m)
{
	int r = merge_accounts(into, from, m);

	if (r == 0)
		r = merge_services(into, from, m);
	for (size_t i = 0; r == 0 && i < from->slices.count; i++) {
		struct pair p = from->slices.items[i];

		r = catalog_slice(
			into, m->accounts[p.a], m->services[p.b], &m->slices[i]);
	}
	return r;
}

static int merge_resources(
	struct catalog *into, const struct catalog *from, struct mapping *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->resources.count; i++) {
		struct pair p = from->resources.items[i];
		const struct catalog_resource *facts = &from->resource_facts[i];

		r = catalog_resource(
			into, m->slices[p.a], m->texts[p.b], &m->resources[i]);
		if (r < 0)
			break;
		struct catalog_resource *to = &into->resource_facts[m->resources[i]];
		catalog_latest(into, &to->name, mapped(m, facts->name));
		catalog_latest(into, &to->region, mapped(m, facts->region));
	}
	return r;
}

static struct tally_key mapped_key(const struct mapping *m, const struct tally_key *key)
{
	struct tally_key k = *key;

	k.slice = m->slices[k.slice];
	k.currency = m->texts[k.currency];
	if (k.dim == DIM_RESOURCE || k.dim == DIM_UNTAGGED)
		k.key[0] = m->resources[k.key[0]];
	for (unsigned part = 0; part < 2; part++)
		if (dim_texts((enum dim)k.dim) & 1U << part)
			k.key[part] = m->texts[k.key[part]];
	return k;
}

static int merge_sums(
	struct catalog *into, const struct catalog *from, const struct mapping *m)
{
	for (size_t i = 0; i < tally_count(from->tally); i++) {
		struct tally_key key = mapped_key(m, tally_key_at(from->tally, i));
		struct entry *e;
		int r = tally_entry(into->tally, &key, &e);

		if (r == 0)
			r = entry_add(e, tally_entry_at(from->tally, i));
		if (r < 0)
			return r;
	}
	return 0;
}

static void merge_days(struct catalog *into, const struct catalog *from)
{
	into->lines += from->lines;
	if (from->first_day.number == DAY_NONE)
		return;
	if (into->first_day.number == DAY_NONE ||
		into->first_day.number > from->first_day.number)
		into->first_day = from->first_day;
	if (into->last_day.number == DAY_NONE ||
		into->last_day.number < from->last_day.number)
		into->last_day = from->last_day;
}

static int merge(struct catalog *into, const struct catalog *from, bool with_sums,
	uint32_t **ret_slices)
{
	struct mapping m = { 0 };
	int r;

	/* Counts of rows in an entry have 32 bits. */
	if (into->lines + from->lines > UINT32_MAX)
		return -EFBIG;
	r = mapping_init(&m, from);
	if (r == 0 && with_sums)
		r = merge_texts(into, from, &m);
	if (r == 0)
		r = merge_names(into, from, &m);
	if (r == 0 && with_sums)
		r = merge_resources(into, from, &m);
	if (r == 0 && with_sums)
		r = merge_sums(into, from, &m);
	if (r == 0) {
		merge_days(into, from);
		*ret_slices = m.slices;
		m.slices = NULL;
	}
	mapping_finish(&m);
	return r;
}

int catalog_merge(struct catalog *into, const struct catalog *from, uint32_t **ret_slices)
{
	return merge(into, from, true, ret_slices);
}

int catalog_merge_names(
	struct catalog *into, const struct catalog *from, uint32_t **ret_slices)
{
	return merge(into, from, false, ret_slices);
}
