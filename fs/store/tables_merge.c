/* From listings to what is known: names keep their numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "fs/store/name.h"
#include "fs/store/tables_private.h"

enum { NAME_TEXT_MAX = 4096 };

static void partition_free(struct partition *p)
{
	if (!p)
		return;
	table_file_unref(p->file);
	table_partition_finish(&p->at);
	free(p->name);
	free(p);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		partition_free(table->parts[i]);
	free(table->parts);
	free(table->order);
	export_ref_finish(&table->export);
	free(table->name);
	free(table);
}

int tables_add(struct tables *t, struct span name, const struct export_ref *e,
	struct table **ret)
{
	struct table *made;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): its items are pointers */
	int r = VEC_RESERVE(&t->items, &t->cap, t->count + 1, TABLES_BESIDE_MAX);

	if (r < 0)
		return r;
	made = vec_alloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->name = strndup(name.p, name.len);
	made->look.looked = (struct instant){ INSTANT_NONE };
	r = made->name ? export_ref_copy(e, &made->export) : -ENOMEM;
	if (r < 0) {
		table_free(made);
		return r;
	}
	t->items[t->count++] = made;
	*ret = made;
	return 0;
}

static struct table *find_table(const struct tables *t, struct span name)
{
	for (size_t i = 0; i < t->count; i++)
		if (span_eq(span_of(t->items[i]->name), name))
			return t->items[i];
	return NULL;
}

static int merge_one(struct tables *t, const struct export_ref *e, bool *ret_changed)
{
	struct buf name = BUF_INIT(NAME_TEXT_MAX);
	struct table *table = NULL;
	int r = name_encode(span_of(e->name), &name);

	if (r == 0)
		table = find_table(t, buf_span(&name));
	if (r == 0 && !table) {
		r = tables_add(t, buf_span(&name), e, &table);
		*ret_changed = true;
	} else if (r == 0 && table->gone) {
		*ret_changed = true;
	}
	if (r == 0)
		table->gone = false;
	buf_finish(&name);
	return r;
}

static bool is_found(const struct export_list *found, const struct table *table)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].folder, table->export.folder) == 0)
			return true;
	return false;
}

int tables_merge(struct tables *t, const struct export_list *found, bool *ret_changed)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < found->count; i++)
		r = merge_one(t, &found->items[i], ret_changed);
	for (size_t i = 0; r == 0 && i < t->count; i++) {
		struct table *table = t->items[i];

		if (table->gone || is_found(found, table))
			continue;
		table->gone = true;
		*ret_changed = true;
	}
	return r;
}

int table_add(struct table *table, struct span name, struct table_partition *at,
	struct partition **ret)
{
	struct partition *made;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): its items are pointers */
	int r = VEC_RESERVE(&table->parts, &table->cap, table->count + 1,
		(size_t)4 * TABLE_PARTITIONS_MAX);

	if (r < 0)
		return r;
	made = vec_alloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->name = strndup(name.p, name.len);
	if (!made->name) {
		free(made);
		return -ENOMEM;
	}
	made->look.looked = (struct instant){ INSTANT_NONE };
	made->at = *at;
	*at = (struct table_partition){ 0 };
	table->parts[table->count++] = made;
	*ret = made;
	return 0;
}

struct named {
	const char *name;
	uint32_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return strcmp(x->name, y->name);
}

int table_sort(struct table *table)
{
	struct named *all = vec_alloc(table->count + 1, sizeof(*all));
	uint32_t *order = vec_alloc(table->count + 1, sizeof(*order));

	if (!all || !order) {
		free(all);
		free(order);
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->count; i++)
		all[i] = (struct named){ table->parts[i]->name, (uint32_t)i };
	qsort(all, table->count, sizeof(*all), by_name);
	for (size_t i = 0; i < table->count; i++)
		order[i] = all[i].index;
	free(all);
	free(table->order);
	table->order = order;
	return 0;
}

static bool is_same_text(const char *a, const char *b)
{
	return !a || !b ? a == b : strcmp(a, b) == 0;
}

/* What a name stands for may change: of a month's carbon the newest model does. */
static void take_place(struct partition *p, struct table_partition *at)
{
	p->gone = false;
	if (is_same_text(p->at.version, at->version) &&
		is_same_text(p->at.value, at->value) &&
		is_same_text(p->at.data, at->data) &&
		is_same_text(p->at.metadata, at->metadata))
		return;
	table_partition_finish(&p->at);
	p->at = *at;
	*at = (struct table_partition){ 0 };
	p->look.looked = (struct instant){ INSTANT_NONE };
	p->look.fault = (struct fault){ 0 };
}

/* "2026-11-23.csv"; of all but the newest version "2026-10_v9.csv". */
static int make_name(const struct table_partition *p, bool is_newest, struct buf *ret)
{
	struct buf value = BUF_INIT(NAME_TEXT_MAX);
	int r = buf_append_text(&value, p->value);

	if (r == 0 && !is_newest)
		r = buf_appendf(&value, "_%s", p->version);
	buf_clear(ret);
	if (r == 0)
		r = name_encode(buf_span(&value), ret);
	buf_finish(&value);
	return r < 0 ? r : buf_append_text(ret, ".csv");
}

struct known {
	struct partition **parts;
	uint32_t *order;
	size_t count;
};

/* Among those of before. */
static struct partition *find_known(const struct known *k, struct span name)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct partition *p = k->parts[k->order[middle]];
		int order = span_cmp(span_of(p->name), name);

		if (order == 0)
			return p;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int merge_partition(
	struct table *table, size_t first, struct buf *name, struct table_partition *at)
{
	/* Those before it keep their places, wherever the array has moved to. */
	const struct known k = { table->parts, table->order, first };
	struct partition *p = find_known(&k, buf_span(name));

	/* Two come to the same name only if somebody means it; the first one has it. */
	if (p && !p->gone)
		return 0;
	if (!p)
		return table_add(table, buf_span(name), at, &p);
	take_place(p, at);
	return 0;
}

int table_merge(struct table *table, struct table_partition_list *found)
{
	struct buf name = BUF_INIT(NAME_TEXT_MAX);
	size_t first = table->count;
	int r = 0;

	for (size_t i = 0; i < first; i++)
		table->parts[i]->gone = true;
	for (size_t i = 0; r == 0 && i < found->count; i++) {
		struct table_partition *p = &found->items[i];
		bool is_newest = i + 1 == found->count ||
			strcmp(found->items[i + 1].value, p->value) != 0;

		/* A value too long for a name of ours is no date. */
		r = make_name(p, is_newest, &name);
		if (r == 0)
			r = merge_partition(table, first, &name, p);
		else if (r == -EFBIG)
			r = 0;
	}
	buf_finish(&name);
	if (r == 0)
		r = table_sort(table);
	/* What has no place in the order is not there. */
	while (r < 0 && table->count > first)
		partition_free(table->parts[--table->count]);
	return r;
}
