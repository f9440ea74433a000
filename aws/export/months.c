#include "aws/export/months.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/keys.h"
#include "base/buf.h"
#include "base/vec.h"

enum { MONTHS_MAX = 100000 };

int object_info_copy(const struct object_info *object, struct object_info *ret)
{
	char *key = strdup(object->key);

	if (!key)
		return -ENOMEM;
	*ret = *object;
	ret->key = key;
	return 0;
}

static int add_folder(struct month_folder_list *l, const char *key,
	const struct month_folder *kind, struct month_no month)
{
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, MONTHS_MAX);
	char *copy = r == 0 ? strdup(key) : NULL;

	if (r == 0 && !copy)
		r = -ENOMEM;
	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	l->items[l->count] = *kind;
	l->items[l->count].key = copy;
	l->items[l->count].month = month;
	l->count++;
	return 0;
}

struct gathering {
	struct object_source *s;
	const struct export_ref *e;
	bool names_only;
};

/* The month=M folders of one year=Y folder. */
static int gather_year(struct object_source *s, const char *folder, uint64_t year,
	struct month_folder_list *ret, struct fault *why)
{
	const struct month_folder kind = { .manifests = true, .data = true };
	struct object_list list = { 0 };
	struct month_no month;
	int r = object_list(s, folder, &list, why);

	for (size_t i = 0; r == 0 && i < list.folder_count; i++) {
		if (key_is_month_of(key_last(span_of(list.folders[i])), year, &month))
			r = add_folder(ret, list.folders[i], &kind, month);
	}
	object_list_finish(&list);
	return r;
}

/* All months of the year have folders already. */
static bool is_year_full(const struct month_folder_list *l, uint64_t year)
{
	unsigned seen = 0;

	for (size_t i = 0; i < l->count; i++) {
		char text[MONTH_TEXT];
		uint64_t y, m;

		if (!l->items[i].month.number)
			continue;
		month_format(l->items[i].month, text);
		if (span_parse_u64((struct span){ text, 4 }, UINT64_MAX, &y) == 0 &&
			span_parse_u64((struct span){ text + 5, 2 }, 12, &m) == 0 &&
			y == year)
			seen |= 1u << m;
	}
	return seen == 0x1ffe;
}

/* The month folders directly below base + tail, however they are spelled. names_only:
 * years that would tell no new month are not listed. */
static int gather(const struct gathering *g, const char *base, const char *tail,
	const struct month_folder *kind, struct month_folder_list *ret, struct fault *why)
{
	struct object_source *s = g->s;
	struct buf folder = BUF_INIT((size_t)2 * OBJECT_KEY_MAX);
	struct object_list list = { 0 };
	struct month_no month;
	uint64_t year;
	int r = buf_appendf(&folder, "%s%s", base, tail);

	if (r == 0 && !buf_text(&folder))
		r = -ENOMEM;
	if (r == 0)
		r = object_list(s, buf_text(&folder), &list, why);
	for (size_t i = 0; r == 0 && i < list.folder_count; i++) {
		struct span part = key_last(span_of(list.folders[i]));

		if (key_is_range(part, &month) || key_is_period(part, &month))
			r = add_folder(ret, list.folders[i], kind, month);
		else if (key_is_year(part, &year) &&
			!(g->names_only && is_year_full(ret, year)))
			r = gather_year(s, list.folders[i], year, ret, why);
	}
	object_list_finish(&list);
	buf_finish(&folder);
	return r;
}

static int gather_athena(
	const struct gathering *g, struct month_folder_list *ret, struct fault *why)
{
	const struct export_ref *e = g->e;
	const struct month_folder both = { .manifests = true, .data = true };
	struct buf tail = BUF_INIT(OBJECT_KEY_MAX + 1);
	int r = gather(g, e->folder, "", &both, ret, why);

	if (r == 0 && e->name[0])
		r = buf_appendf(&tail, "%s/", e->name);
	if (r == 0 && tail.len)
		r = buf_text(&tail)
			? gather(g, e->folder, buf_text(&tail), &both, ret, why)
			: -ENOMEM;
	buf_finish(&tail);
	return r;
}

/* The month that the path of a source names: of a month's folder, or of one assembly in
 * it. */
static struct month_no month_of_source(const struct object_source *s)
{
	struct span path = span_of(s->name);
	struct span last = key_last(path);
	struct month_no month;
	struct key_month found;

	if (key_is_assembly(last)) {
		path = key_parent(path);
		last = key_last(path);
	}
	if (month_parse(last, &month) == 0)
		return month;
	if (key_find_month(path, &found) && found.rest >= path.len)
		return found.month;
	return (struct month_no){ 0 };
}

static int compare_month_folders(const void *a, const void *b)
{
	const struct month_folder *x = a, *y = b;

	if (x->month.number != y->month.number)
		return x->month.number < y->month.number ? -1 : 1;
	return strcmp(x->key, y->key);
}

static int gather_all(
	const struct gathering *g, struct month_folder_list *ret, struct fault *why)
{
	const struct export_ref *e = g->e;
	const struct month_folder both = { .manifests = true, .data = true };
	const struct month_folder manifests = { .manifests = true };
	const struct month_folder data = { .data = true };
	int r = 0;

	switch (e->layout) {
	case EXPORT_LEGACY:
		r = gather(g, e->folder, "", &both, ret, why);
		break;
	case EXPORT_LEGACY_ATHENA:
		r = gather_athena(g, ret, why);
		break;
	case EXPORT_DATA:
		r = gather(g, e->folder, "metadata/", &manifests, ret, why);
		if (r == 0)
			r = gather(g, e->folder, "data/", &data, ret, why);
		if (r == 0)
			r = gather(g, e->folder, "", &both, ret, why);
		break;
	case EXPORT_MONTH:
		r = add_folder(ret, e->folder, &both, month_of_source(g->s));
		break;
	case EXPORT_TABLE:
		break;
	}
	if (r == 0 && ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_month_folders);
	return r;
}

int month_folders(struct object_source *s, const struct export_ref *e,
	struct month_folder_list *ret, struct fault *why)
{
	return gather_all(&(struct gathering){ .s = s, .e = e }, ret, why);
}

int month_folder_names(struct object_source *s, const struct export_ref *e,
	struct month_folder_list *ret, struct fault *why)
{
	const struct gathering g = { .s = s, .e = e, .names_only = true };

	return gather_all(&g, ret, why);
}

void month_folder_list_finish(struct month_folder_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].key);
	free(l->items);
	*l = (struct month_folder_list){ 0 };
}

const struct object_info *pick_manifest(
	const struct object_list *objects, const char *name)
{
	const struct object_info *best = NULL;
	bool best_named = false;

	for (size_t i = 0; i < objects->count; i++) {
		const struct object_info *o = &objects->items[i];
		struct span of = { 0 };
		bool named;

		if (!key_is_manifest(span_of(o->key)))
			continue;
		named = name[0] && key_export_name(span_of(o->key), &of) &&
			span_eq(of, span_of(name));
		if (!best || named > best_named ||
			(named == best_named &&
				o->modified.seconds > best->modified.seconds)) {
			best = o;
			best_named = named;
		}
	}
	return best;
}

bool is_newer_assembly(struct span a, struct instant a_modified, struct span b,
	struct instant b_modified)
{
	struct instant x = { INSTANT_NONE }, y = { INSTANT_NONE };
	bool a_stamped = key_is_stamped(a, &x), b_stamped = key_is_stamped(b, &y);

	if (a_stamped != b_stamped)
		return a_stamped;
	if (!a_stamped) {
		x = a_modified;
		y = b_modified;
	}
	return x.seconds != y.seconds ? x.seconds > y.seconds : span_cmp(a, b) > 0;
}

int find_assembly_manifest(struct object_source *s, const char *folder, const char *name,
	struct object_info *ret, struct fault *why)
{
	struct object_info best = { 0 };
	struct object_list list = { 0 };
	struct span best_id = { 0 };
	int r = object_list(s, folder, &list, why);

	/* Backwards, since timestamps sort by time. */
	for (size_t i = list.folder_count; r == 0 && i-- > 0;) {
		const char *sub = list.folders[i];
		struct span id = key_last(span_of(sub));
		struct object_list inside = { 0 };
		const struct object_info *found;
		struct instant never = { INT64_MAX };

		/* Not worth a listing when even the newest file would not win. */
		if (best.key && !is_newer_assembly(id, never, best_id, best.modified))
			continue;
		r = object_list(s, sub, &inside, why);
		found = r == 0 ? pick_manifest(&inside, name) : NULL;
		if (found &&
			(!best.key ||
				is_newer_assembly(
					id, found->modified, best_id, best.modified))) {
			free(best.key);
			best.key = NULL;
			r = object_info_copy(found, &best);
			best_id = id;
		}
		object_list_finish(&inside);
	}
	object_list_finish(&list);
	if (r == 0)
		*ret = best;
	else
		free(best.key);
	return r;
}
