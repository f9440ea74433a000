#include "fs/store/ranks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/store/name.h"

static int compare_texts(const void *a, const void *b, void *context)
{
	const struct catalog *c = context;
	const uint32_t *x = a, *y = b;

	return span_cmp(intern_text(c->texts, *x), intern_text(c->texts, *y));
}

struct by_text {
	const struct catalog *catalog;
	const struct pair *items; /* a is the text */
};

static int compare_items(const void *a, const void *b, void *context)
{
	const struct by_text *t = context;
	const uint32_t *x = a, *y = b;

	return compare_texts(
		&t->items[*x].a, &t->items[*y].a, (void *)(uintptr_t)t->catalog);
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
	struct by_text context = { c, items->items };

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

/* How hard a resource's name has to be told from others. */
enum clash { CLASH_NONE, CLASH_REGION, CLASH_HASH };

static int name_resource(
	struct ranks *ranks, struct catalog *c, uint32_t resource, enum clash clash)
{
	struct buf name = BUF_INIT((size_t)64 * 1024);
	struct span id = intern_text(c->texts, c->resources.items[resource].b);
	char hex[13];
	int r = name_of_resource(id, &name);

	if (r == 0 && clash == CLASH_REGION)
		r = name_resource_suffix(id, &name);
	if (r == 0 && clash == CLASH_HASH)
		r = sha256_hex(id, 6, hex);
	if (r == 0 && clash == CLASH_HASH)
		r = buf_appendf(&name, "~%s", hex);
	if (r == 0)
		r = intern_add(
			c->texts, buf_span(&name), &ranks->resource_dirs[resource]);
	buf_finish(&name);
	return r;
}

struct by_dir {
	const struct catalog *catalog;
	const uint32_t *dirs;
};

static int compare_dirs(const void *a, const void *b, void *context)
{
	const struct by_dir *d = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order =
		compare_texts(&d->dirs[x], &d->dirs[y], (void *)(uintptr_t)d->catalog);

	return order != 0 ? order : (x > y) - (x < y);
}

/* Sorts one slice's resources by name and renames those that share one. Answers how many
 * were renamed. */
static int sort_slice(struct ranks *ranks, struct catalog *c, uint32_t *first,
	size_t count, enum clash clash)
{
	struct by_dir context = { c, ranks->resource_dirs };
	int renamed = 0;

	qsort_r(first, count, sizeof(*first), compare_dirs, &context);
	for (size_t i = 0; i < count;) {
		uint32_t dir = ranks->resource_dirs[first[i]];
		size_t end = i + 1;

		while (end < count && ranks->resource_dirs[first[end]] == dir)
			end++;
		for (size_t j = i; end - i > 1 && j < end; j++) {
			int r = name_resource(ranks, c, first[j], clash);

			if (r < 0)
				return r;
			renamed++;
		}
		i = end;
	}
	return renamed;
}

static int group_resources(struct ranks *ranks, const struct catalog *c)
{
	size_t slices = c->slices.count, count = c->resources.count;
	uint32_t *next = vec_alloc(slices + 1, sizeof(*next));

	ranks->resource_first = vec_alloc(slices + 2, sizeof(uint32_t));
	ranks->resource_order = vec_alloc(count + 1, sizeof(uint32_t));
	ranks->resources = vec_alloc(count + 1, sizeof(uint32_t));
	ranks->resource_dirs = vec_alloc(count + 1, sizeof(uint32_t));
	if (next == NULL || ranks->resource_first == NULL ||
		ranks->resource_order == NULL || ranks->resources == NULL ||
		ranks->resource_dirs == NULL) {
		free(next);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		ranks->resource_first[ranks->slices[c->resources.items[i].a] + 1]++;
	for (size_t s = 0; s < slices; s++) {
		ranks->resource_first[s + 1] += ranks->resource_first[s];
		next[s] = ranks->resource_first[s];
	}
	for (size_t i = 0; i < count; i++)
		ranks->resource_order[next[ranks->slices[c->resources.items[i].a]]++] =
			(uint32_t)i;
	free(next);
	return 0;
}

static int rank_resources(struct ranks *ranks, struct catalog *c)
{
	int r = group_resources(ranks, c);

	for (size_t i = 0; r == 0 && i < c->resources.count; i++)
		r = name_resource(ranks, c, (uint32_t)i, CLASH_NONE);
	for (size_t s = 0; r == 0 && s < c->slices.count; s++) {
		uint32_t *first = ranks->resource_order + ranks->resource_first[s];
		size_t count = ranks->resource_first[s + 1] - ranks->resource_first[s];

		r = sort_slice(ranks, c, first, count, CLASH_REGION);
		for (int round = 0; r > 0 && round < 2; round++)
			r = sort_slice(ranks, c, first, count, CLASH_HASH);
		for (size_t i = 0; i < count; i++)
			ranks->resources[first[i]] = (uint32_t)i;
		r = r < 0 ? r : 0;
	}
	return r;
}

/* Columns by name. */
static int rank_maps(struct ranks *ranks, const struct builder *b)
{
	const struct catalog *c = &b->catalog;
	uint32_t texts = intern_count(c->texts);

	ranks->map_columns = vec_alloc((size_t)texts + 1, sizeof(uint32_t));
	ranks->map_names = vec_alloc((size_t)texts + 1, sizeof(uint32_t));
	if (ranks->map_columns == NULL || ranks->map_names == NULL)
		return -ENOMEM;
	memset(ranks->map_columns, 0xFF, ((size_t)texts + 1) * sizeof(uint32_t));
	for (uint32_t chunk = 0; chunk < b->chunks; chunk++) {
		for (uint32_t i = 0; i < b->maps[chunk].count; i++) {
			uint32_t name = b->maps[chunk].names[i];

			if (ranks->map_columns[name] != UINT32_MAX)
				continue;
			ranks->map_columns[name] = 0;
			ranks->map_names[ranks->map_count++] = name;
		}
	}
	qsort_r(ranks->map_names, ranks->map_count, sizeof(uint32_t), compare_texts,
		(void *)(uintptr_t)c);
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
	if (r == 0)
		r = rank_resources(ranks, c);
	return r == 0 ? rank_maps(ranks, b) : r;
}

void ranks_finish(struct ranks *r)
{
	free(r->accounts);
	free(r->account_order);
	free(r->services);
	free(r->service_order);
	free(r->slices);
	free(r->slice_order);
	free(r->resource_order);
	free(r->resource_first);
	free(r->resources);
	free(r->resource_dirs);
	free(r->service_dirs);
	free(r->map_columns);
	free(r->map_names);
	*r = (struct ranks){ 0 };
}
