#include "fs/store/ranks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/store/name.h"

static int compare_texts(const void *a, const void *b, void *context)
{
	const struct intern *texts = context;
	const uint32_t *x = a, *y = b;

	return span_cmp(intern_text(texts, *x), intern_text(texts, *y));
}

struct by_text {
	struct intern *texts;
	const struct pair *items; /* a is the text */
};

static int compare_items(const void *a, const void *b, void *context)
{
	const struct by_text *t = context;
	const uint32_t *x = a, *y = b;

	return compare_texts(&t->items[*x].a, &t->items[*y].a, t->texts);
}

static uint32_t *numbers(size_t count)
{
	uint32_t *n = vec_alloc(count + 1, sizeof(*n));

	for (size_t i = 0; n != NULL && i < count; i++)
		n[i] = (uint32_t)i;
	return n;
}

static int rank_items(const struct catalog *c, const struct pairs *items,
	uint32_t **ret_order, uint32_t **ret_ranks)
{
	struct by_text context = { c->texts, items->items };

	*ret_order = numbers(items->count);
	*ret_ranks = vec_alloc(items->count + 1, sizeof(uint32_t));
	if (*ret_order == NULL || *ret_ranks == NULL)
		return -ENOMEM;
	qsort_r(*ret_order, items->count, sizeof(uint32_t), compare_items, &context);
	for (size_t i = 0; i < items->count; i++)
		(*ret_ranks)[(*ret_order)[i]] = (uint32_t)i;
	return 0;
}

struct by_rank {
	const struct ranks *ranks;
	const struct pair *slices;
};

static int compare_slices(const void *a, const void *b, void *context)
{
	const struct by_rank *c = context;
	struct pair x = c->slices[*(const uint32_t *)a],
		    y = c->slices[*(const uint32_t *)b];
	uint32_t left = c->ranks->accounts[x.a], right = c->ranks->accounts[y.a];

	if (left == right) {
		left = c->ranks->services[x.b];
		right = c->ranks->services[y.b];
	}
	return (left > right) - (left < right);
}

static int rank_slices(struct ranks *ranks, const struct catalog *c)
{
	struct by_rank context = { ranks, c->slices.items };

	ranks->slice_order = numbers(c->slices.count);
	ranks->slices = vec_alloc(c->slices.count + 1, sizeof(uint32_t));
	if (ranks->slice_order == NULL || ranks->slices == NULL)
		return -ENOMEM;
	qsort_r(ranks->slice_order, c->slices.count, sizeof(uint32_t), compare_slices,
		&context);
	for (size_t i = 0; i < c->slices.count; i++)
		ranks->slices[ranks->slice_order[i]] = (uint32_t)i;
	return 0;
}

static int name_service(struct ranks *ranks, struct catalog *c, size_t i, bool is_clash)
{
	const struct catalog_service *s = &c->service_facts[i];
	struct span code = intern_text(c->texts, c->services.items[i].a);
	struct span product = { 0 };
	struct buf name = BUF_INIT((size_t)64 * 1024);
	char hex[13];
	int r;

	if (s->name.is_set)
		product = intern_text(c->texts, s->name.text);
	r = name_of_service(code, product, s->is_marketplace, &name);
	if (r == 0 && is_clash)
		r = sha256_hex(code, 6, hex);
	if (r == 0 && is_clash)
		r = buf_appendf(&name, "~%s", hex);
	if (r == 0)
		r = intern_add(c->texts, buf_span(&name), &ranks->service_dirs[i]);
	buf_finish(&name);
	return r;
}

/* A code may be what a product's name and code make together. */
static int part_services(struct ranks *ranks, struct catalog *c)
{
	uint32_t *uses = vec_alloc((size_t)intern_count(c->texts) + 1, sizeof(*uses));
	uint32_t *dirs = ranks->service_dirs;
	int r = 0;

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < c->services.count; i++)
		uses[dirs[i]]++;
	for (size_t i = 0; r == 0 && i < c->services.count; i++)
		if (uses[dirs[i]] > 1)
			r = name_service(ranks, c, i, true);
	free(uses);
	return r;
}

static int name_services(struct ranks *ranks, struct catalog *c)
{
	int r = 0;

	ranks->service_dirs = vec_alloc(c->services.count + 1, sizeof(uint32_t));
	if (ranks->service_dirs == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < c->services.count; i++)
		r = name_service(ranks, c, i, false);
	return r == 0 ? part_services(ranks, c) : r;
}

/* Columns by name. */
static int rank_maps(struct ranks *ranks, const struct builder *b)
{
	uint32_t texts = intern_count(b->map_names);

	ranks->map_columns = vec_alloc((size_t)texts + 1, sizeof(uint32_t));
	ranks->map_names = vec_alloc((size_t)texts + 1, sizeof(uint32_t));
	if (ranks->map_columns == NULL || ranks->map_names == NULL)
		return -ENOMEM;
	memset(ranks->map_columns, 0xFF, ((size_t)texts + 1) * sizeof(uint32_t));
	for (size_t share = 0; share < b->share_count; share++) {
		for (uint32_t i = 0; i < b->shares[share].count; i++) {
			uint32_t name = b->shares[share].names[i];

			if (ranks->map_columns[name] != UINT32_MAX)
				continue;
			ranks->map_columns[name] = 0;
			ranks->map_names[ranks->map_count++] = name;
		}
	}
	qsort_r(ranks->map_names, ranks->map_count, sizeof(uint32_t), compare_texts,
		b->map_names);
	for (uint32_t i = 0; i < ranks->map_count; i++)
		ranks->map_columns[ranks->map_names[i]] = i;
	return 0;
}

int ranks_init(struct ranks *ranks, struct builder *b)
{
	struct catalog *c = &b->catalog;
	int r = rank_items(c, &c->accounts, &ranks->account_order, &ranks->accounts);

	if (r == 0)
		r = rank_items(c, &c->services, &ranks->service_order, &ranks->services);
	if (r == 0)
		r = rank_slices(ranks, c);
	if (r == 0)
		r = name_services(ranks, c);
	return r == 0 ? rank_maps(ranks, b) : r;
}

int ranks_of_slices(const struct catalog *c, uint32_t **ret)
{
	struct ranks ranks = { 0 };
	int r = rank_items(c, &c->accounts, &ranks.account_order, &ranks.accounts);

	if (r == 0)
		r = rank_items(c, &c->services, &ranks.service_order, &ranks.services);
	if (r == 0)
		r = rank_slices(&ranks, c);
	if (r == 0) {
		*ret = ranks.slices;
		ranks.slices = NULL;
	}
	ranks_finish(&ranks);
	return r;
}

void ranks_finish(struct ranks *r)
{
	free(r->accounts);
	free(r->account_order);
	free(r->services);
	free(r->service_order);
	free(r->slices);
	free(r->slice_order);
	free(r->service_dirs);
	free(r->map_columns);
	free(r->map_names);
	*r = (struct ranks){ 0 };
}
