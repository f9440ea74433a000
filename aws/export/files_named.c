/* From the names in a manifest to objects of the source. A source may be a copy that
 * begins anywhere above or in the month, so a name is looked for as it is and at the same
 * place below the month's own folder; never by its last part alone, which every assembly
 * has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/files.h"
#include "aws/export/keys.h"
#include "aws/export/months.h"
#include "base/buf.h"

enum {
	/* Listings kept while the names are looked up; names in more folders than that
	 * are looked at one by one. */
	NAMED_LISTINGS = 8,
	NAMED_PLACES = 5,
};

struct listing {
	char *folder;
	struct object_list objects;
};

/* Where one name may be. */
struct places {
	struct buf keys[NAMED_PLACES];
	size_t count;
};

struct search {
	const struct files_named *n;
	struct fault *why;
	struct listing
		listings[NAMED_LISTINGS]; /* folder is NULL from the first free one */
	bool flat; /* the source is one assembly's folder */
};

/* The listing of folder; NULL when there are too many already. */
static int get_listing(
	struct search *x, struct span folder, const struct object_list **ret)
{
	struct listing *l;
	int r;

	*ret = NULL;
	for (l = x->listings; l < x->listings + NAMED_LISTINGS && l->folder; l++) {
		if (span_eq(span_of(l->folder), folder)) {
			*ret = &l->objects;
			return 0;
		}
	}
	if (l == x->listings + NAMED_LISTINGS)
		return 0;
	l->folder = key_copy(folder);
	if (!l->folder)
		return -ENOMEM;
	r = object_list(x->n->s, l->folder, &l->objects, x->why);
	if (r == 0)
		*ret = &l->objects;
	return r;
}

static int compare_key(const void *key, const void *item)
{
	const struct object_info *object = item;

	return strcmp(key, object->key);
}

/* 1 and *ret, whose key is the caller's; 0 when it is not there; -errno. */
static int look(struct search *x, const char *key, struct object_info *ret)
{
	const struct object_list *list;
	const struct object_info *found;
	int r = get_listing(x, key_parent(span_of(key)), &list);

	if (r < 0)
		return r;
	if (!list) {
		r = object_stat(x->n->s, key, ret, x->why);
		return r == -ENOENT ? 0 : r < 0 ? r : 1;
	}
	found = list->count
		? bsearch(key, list->items, list->count, sizeof(*found), compare_key)
		: NULL;
	if (!found)
		return 0;
	r = object_info_copy(found, ret);
	return r < 0 ? r : 1;
}

/* Places over the limit cannot be objects. */
static int add_place(
	struct places *p, struct span base, const char *middle, struct span tail)
{
	struct buf *key = &p->keys[p->count];
	int r;

	*key = BUF_INIT(OBJECT_KEY_MAX);
	r = buf_append_span(key, base);
	if (r == 0)
		r = buf_append_text(key, middle);
	if (r == 0 && middle[0] && middle[strlen(middle) - 1] != '/')
		r = buf_append_byte(key, '/');
	if (r == 0)
		r = buf_append_span(key, tail);
	if (r == 0)
		p->count++;
	else
		buf_finish(key);
	return r == -EFBIG ? 0 : r;
}

/* The same place below the month's folder, for each way to spell a month. */
static int add_month_places(const struct search *x, struct span key, struct places *p)
{
	const struct export_ref *e = x->n->e;
	struct span home = span_of(e->folder);
	struct key_month month;
	struct span rest, from_month;
	int r = 0;

	if (!key_find_month(key, &month))
		return 0;
	rest = span_from(key, month.rest);
	from_month = span_from(key, month.at);
	if (e->layout == EXPORT_MONTH)
		return add_place(p, home, "", rest);
	switch (month.kind) {
	case KEY_MONTH_RANGE:
		return add_place(p, x->n->month_folder, "", rest);
	case KEY_MONTH_PERIOD:
		r = add_place(p, home, "data", from_month);
		break;
	case KEY_MONTH_YEAR:
		r = add_place(p, home, e->name, from_month);
		break;
	}
	return r == 0 ? add_place(p, home, "", from_month) : r;
}

/* The same place in the table's folder, of a key in a partition. */
static int add_partition_places(const struct search *x, struct span key, struct places *p)
{
	struct span home = span_of(x->n->e->folder);
	struct span rest = key, part;
	int r;

	while (span_split(&rest, '/', &part))
		if (key_is_partition(part)) {
			struct span from = span_from(key, (size_t)(part.p - key.p));

			r = add_place(p, home, "data", from);
			return r == 0 ? add_place(p, home, "", from) : r;
		}
	return 0;
}

/* Whether part, the folder of a data file, is that of the manifest's assembly. */
static bool is_own_assembly(const struct manifest *m, struct span part)
{
	struct span id = span_of(m->assembly);

	return id.len && span_ends(part, id) &&
		(part.len == id.len || part.p[part.len - id.len - 1] == '-');
}

/* In the order in which they are tried. */
static int add_places(const struct search *x, struct span key, struct places *p)
{
	struct span home = span_of(x->n->e->folder);
	struct span folder = key_last(key_parent(key));
	bool inside = span_starts(key, home);
	int r = 0;

	if (inside)
		r = add_place(p, SPAN(""), "", key);
	if (r == 0 && x->n->e->layout == EXPORT_TABLE)
		r = add_partition_places(x, key, p);
	else if (r == 0)
		r = add_month_places(x, key, p);
	/* Elsewhere in the source only if the export's own folder has nothing: the source
	 * may hold an old copy beside the bucket's own tree. */
	if (r == 0 && !inside)
		r = add_place(p, SPAN(""), "", key);
	if (r == 0 && x->flat && is_own_assembly(x->n->m, folder))
		r = add_place(p, home, "", key_last(key));
	return r;
}

static void finish_places(struct places *p)
{
	for (size_t i = 0; i < p->count; i++)
		buf_finish(&p->keys[i]);
}

/* As look(), also where a copy has '_' for ':', which some file systems do not take. */
static int look_at_place(struct search *x, struct buf *place, struct object_info *ret)
{
	const char *text = buf_text(place);
	char *other;
	int r;

	if (!text)
		return -ENOMEM;
	r = look(x, text, ret);
	if (r != 0 || !strchr(text, ':'))
		return r;
	other = strdup(text);
	if (!other)
		return -ENOMEM;
	for (char *c = strchr(other, ':'); c; c = strchr(c, ':'))
		*c = '_';
	r = look(x, other, ret);
	free(other);
	return r;
}

static int say_missing(struct search *x, const char *key, const char *how)
{
	fault(x->why, -ENODATA, "%s/%s: names %s, which is %s", x->n->s->name,
		x->n->manifest->key, key, how);
	fault_cure(x->why,
		"copy the object again; in the bucket itself AWS may be replacing the "
		"month: "
		"wait for its next delivery");
	return -ENODATA;
}

static int say_other_month(struct search *x, const char *key)
{
	char month[MONTH_TEXT];

	month_format(x->n->month, month);
	fault(x->why, -EBADMSG, "%s/%s: stands in the folder of %.*s but names %s",
		x->n->s->name, x->n->manifest->key, MONTH_TEXT, month, key);
	fault_cure(x->why, "copy the month's folder and its manifest again");
	return -EBADMSG;
}

static int resolve(struct search *x, const char *key, struct object_info *ret)
{
	struct places places = { 0 };
	struct key_month month;
	int r;

	if (x->n->month.number && key_find_month(span_of(key), &month) &&
		month.month.number != x->n->month.number)
		return say_other_month(x, key);
	r = add_places(x, span_of(key), &places);
	for (size_t i = 0; r == 0 && i < places.count; i++)
		r = look_at_place(x, &places.keys[i], ret);
	finish_places(&places);
	if (r == 0)
		return say_missing(x, key, "missing");
	if (r > 0 && ret->size_bytes == 0) {
		free(ret->key);
		return say_missing(x, key, "empty (0 bytes)");
	}
	return r < 0 ? r : 0;
}

static int compare_text(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* A file named twice would be counted twice. */
static int check_distinct(
	const struct files_named *n, const struct delivery *d, struct fault *why)
{
	const char **keys;
	int r = 0;

	if (d->count < 2)
		return 0;
	keys = calloc(d->count, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < d->count; i++)
		keys[i] = d->files[i].key;
	qsort(keys, d->count, sizeof(*keys), compare_text);
	for (size_t i = 1; r == 0 && i < d->count; i++) {
		if (strcmp(keys[i - 1], keys[i]) != 0)
			continue;
		r = fault(why, -EBADMSG, "%s/%s: names %s twice", n->s->name,
			n->manifest->key, keys[i]);
		fault_cure(why, "this is no manifest that AWS wrote: copy it again");
	}
	free(keys);
	return r;
}

/* Whether the source is the folder of one assembly: called like the folder that the
 * manifest names, or without folders, so that nothing else can be mistaken for it. */
static int find_flat(struct search *x)
{
	const struct object_list *top;
	struct span called = key_last(span_of(x->n->s->name));
	struct span id;
	int r;

	if (x->n->e->layout != EXPORT_MONTH || x->n->m->count == 0 ||
		key_parent(span_of(x->n->manifest->key)).len != x->n->month_folder.len)
		return 0;
	id = key_last(key_parent(span_of(x->n->m->keys[0])));
	r = get_listing(x, x->n->month_folder, &top);
	if (r == 0 && top)
		x->flat = top->folder_count == 0 || span_eq(called, id) ||
			(key_is_assembly(called) && is_own_assembly(x->n->m, called));
	return r;
}

int files_named(const struct files_named *n, struct delivery *ret, struct fault *why)
{
	struct search x = { .n = n, .why = why };
	int r = find_flat(&x);

	for (size_t i = 0; r == 0 && i < n->m->count; i++) {
		struct object_info object = { 0 };

		r = resolve(&x, n->m->keys[i], &object);
		if (r == 0) {
			r = delivery_add_file(ret, &object);
			free(object.key);
		}
	}
	if (r == 0 && ret->count == 0) {
		r = fault(why, -ENODATA, "%s/%s: names no data file", n->s->name,
			n->manifest->key);
		fault_cure(why, "wait for the next delivery of the export");
	}
	if (r == 0)
		r = check_distinct(n, ret, why);
	for (size_t i = 0; i < NAMED_LISTINGS; i++) {
		free(x.listings[i].folder);
		object_list_finish(&x.listings[i].objects);
	}
	return r;
}
