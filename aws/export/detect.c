/* Finds exports by the folders that AWS gives them: breadth first, so that a parent is
 * known before what stands in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/delivery.h"
#include "aws/export/keys.h"
#include "aws/export/months.h"
#include "base/log.h"
#include "base/vec.h"

enum {
	DETECT_FOLDERS_MAX = 10000, /* listings; in a bucket each is a request */
	DETECT_DEPTH_MAX = 40,
	DETECT_EXPORTS_MAX = 10000,
};

/* What one folder holds. */
struct sight {
	bool ranges, periods, years;
	bool dates; /* partitions of recommendations, or of many another thing */
	bool models; /* of carbon */
	bool files; /* data files or a manifest */
	bool assemblies;
};

struct walk {
	struct object_source *s;
	struct export_list found;
	char **queue; /* folders to look into; [0, next) are done */
	size_t count, cap, next;
	struct sight root;
	struct fault denied; /* the first folder that could not be listed */
};

static struct export_ref *find_export(
	struct export_list *l, enum export_layout layout, struct span folder)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].layout == layout &&
			span_eq(span_of(l->items[i].folder), folder))
			return &l->items[i];
	}
	return NULL;
}

static int add_export(struct export_list *l, enum export_layout layout,
	struct span folder, struct span name)
{
	struct export_ref e = { .layout = layout };
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, DETECT_EXPORTS_MAX);

	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	e.folder = key_copy(folder);
	e.name = key_copy(name);
	if (!e.folder || !e.name) {
		export_ref_finish(&e);
		return -ENOMEM;
	}
	l->items[l->count++] = e;
	return 0;
}

static size_t depth_of(const char *folder)
{
	size_t depth = 0;

	for (; *folder; folder++)
		depth += *folder == '/';
	return depth;
}

static int push(struct walk *w, const char *folder)
{
	char *copy;
	int r;

	if (depth_of(folder) > DETECT_DEPTH_MAX)
		return 0;
	r = VEC_RESERVE(&w->queue, &w->cap, w->count + 1, DETECT_FOLDERS_MAX);
	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	copy = strdup(folder);
	if (!copy)
		return -ENOMEM;
	w->queue[w->count++] = copy;
	return 0;
}

/* Notes what a child says about its folder; true when an export may stand below it. */
static bool look_at_child(struct sight *sight, struct span part)
{
	struct month_no month;
	uint64_t year;

	if (key_is_range(part, &month))
		sight->ranges = true;
	else if (key_is_period(part, &month))
		sight->periods = true;
	else if (key_is_year(part, &year))
		sight->years = true;
	else if (key_is_assembly(part))
		sight->assemblies = true;
	else if (key_is_partition_of(part, SPAN("date")) ||
		key_is_partition_of(part, SPAN("model_version")))
		sight->dates = true;
	else if (key_is_partition_of(part, SPAN("carbon_model_version")))
		sight->models = true;
	else
		return !key_is_partition(part) &&
			!span_eq(part, SPAN("cost_and_usage_data_status"));
	return false;
}

/* PREFIX/NAME/NAME/year=: the export is two up, and may be known already by its
 * manifests. */
static int add_athena(struct walk *w, struct span folder)
{
	struct span parent = key_parent(folder), name = key_last(folder);
	struct export_ref *known = find_export(&w->found, EXPORT_LEGACY, parent);
	char *copy;

	if (folder.len && known) {
		copy = key_copy(name);
		if (!copy)
			return -ENOMEM;
		free(known->name);
		known->name = copy;
		known->layout = EXPORT_LEGACY_ATHENA;
		return 0;
	}
	if (parent.len && span_eq(key_last(parent), name))
		folder = parent;
	return add_export(&w->found, EXPORT_LEGACY_ATHENA, folder, name);
}

static int note(struct walk *w, struct span folder, const struct sight *sight)
{
	struct span last = key_last(folder);
	struct span home = folder;
	int r = 0;

	if (span_eq(last, SPAN("data")) || span_eq(last, SPAN("metadata")))
		home = key_parent(folder);
	if (sight->periods && !find_export(&w->found, EXPORT_DATA, home))
		r = add_export(&w->found, EXPORT_DATA, home, key_last(home));
	/* Dates alone are many a folder's: those of manifests are meant. */
	if (r == 0 &&
		(sight->models || (sight->dates && span_eq(last, SPAN("metadata")))) &&
		!find_export(&w->found, EXPORT_TABLE, home))
		r = add_export(&w->found, EXPORT_TABLE, home, key_last(home));
	if (r == 0 && sight->ranges)
		r = add_export(&w->found, EXPORT_LEGACY, folder, last);
	if (r == 0 && sight->years)
		r = add_athena(w, folder);
	return r;
}

static int visit(struct walk *w, const char *folder, struct fault *why)
{
	struct object_list list = { 0 };
	struct sight sight = { 0 };
	struct fault said = { 0 };
	int r = object_list(w->s, folder, &list, &said);

	if (r == -EACCES && folder[0]) {
		/* As lost+found: no reason to give up the rest. */
		log_line(LOG_LEVEL_DEBUG, "skipped: %s", said.text);
		if (!w->denied.error)
			w->denied = said;
		r = 0;
	} else if (r < 0 && why) {
		*why = said;
	}
	for (size_t i = 0; r == 0 && i < list.folder_count; i++) {
		if (look_at_child(&sight, key_last(span_of(list.folders[i]))))
			r = push(w, list.folders[i]);
	}
	for (size_t i = 0; r == 0 && i < list.count && !sight.files; i++) {
		struct span key = span_of(list.items[i].key);

		sight.files =
			key_pack(key, NULL) != KEY_PACK_NONE || key_is_manifest(key);
	}
	object_list_finish(&list);
	if (r == 0 && !folder[0])
		w->root = sight;
	return r < 0 ? r : note(w, span_of(folder), &sight);
}

/* The name that the files of folder, or of its newest assembly, begin with. *ret stays
 * NULL if they have none. */
static int find_name(
	struct object_source *s, const char *folder, bool is_assembly, char **ret)
{
	struct object_list list = { 0 };
	struct span name;
	int r = object_list(s, folder, &list, NULL);

	for (size_t i = 0; r == 0 && i < list.count && !*ret; i++) {
		if (!key_export_name(span_of(list.items[i].key), &name))
			continue;
		*ret = key_copy(name);
		r = *ret ? 0 : -ENOMEM;
	}
	if (r == 0 && !*ret && !is_assembly && list.folder_count)
		r = find_name(s, list.folders[list.folder_count - 1], true, ret);
	object_list_finish(&list);
	return r;
}

/* Puts the name of the newest month's files in place of the folder's, which a copy may
 * have lost. */
static int name_export(struct object_source *s, struct export_ref *e)
{
	struct month_folder_list folders = { 0 };
	char *name = NULL;
	int r = month_folders(s, e, &folders, NULL);

	for (size_t i = folders.count; r == 0 && i-- > 0 && !name;) {
		if (folders.items[i].month.number !=
			folders.items[folders.count - 1].month.number)
			break;
		r = find_name(s, folders.items[i].key, false, &name);
	}
	if (name) {
		free(e->name);
		e->name = name;
	}
	month_folder_list_finish(&folders);
	/* A month that cannot be listed now is for export_months() to report. */
	return r == -ENOMEM ? r : 0;
}

static int compare_exports(const void *a, const void *b)
{
	const struct export_ref *x = a, *y = b;
	int order = strcmp(x->folder, y->folder);

	return order			 ? order
		: x->layout != y->layout ? (x->layout < y->layout ? -1 : 1)
					 : strcmp(x->name, y->name);
}

static bool has_costs(const struct export_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].layout != EXPORT_TABLE)
			return true;
	return false;
}

static int walk_all(struct walk *w, struct fault *why)
{
	int r = push(w, "");

	while (r == 0 && w->next < w->count)
		r = visit(w, w->queue[w->next++], why);
	if (r == -E2BIG && w->count >= DETECT_FOLDERS_MAX) {
		fault(why, r, "%s: more than %d folders to look for exports in",
			w->s->name, DETECT_FOLDERS_MAX);
		fault_cure(why, "name the export's own folder, as %s/PREFIX/EXPORT",
			w->s->name);
	}
	if (r == 0 && !has_costs(&w->found) && (w->root.files || w->root.assemblies))
		r = add_export(&w->found, EXPORT_MONTH, SPAN(""), SPAN(""));
	if (r == 0 && !has_costs(&w->found) && w->denied.error) {
		if (why)
			*why = w->denied;
		r = -EACCES;
	}
	for (size_t i = 0; r == 0 && i < w->found.count; i++) {
		if (w->found.items[i].layout != EXPORT_LEGACY_ATHENA)
			r = name_export(w->s, &w->found.items[i]);
	}
	return r;
}

int export_detect_all(struct object_source *s, struct export_list *ret, struct fault *why)
{
	struct walk w = { .s = s };
	int r = walk_all(&w, why);

	if (w.found.count > 1)
		qsort(w.found.items, w.found.count, sizeof(*w.found.items),
			compare_exports);
	for (size_t i = 0; i < w.count; i++)
		free(w.queue[i]);
	free(w.queue);
	if (r == 0)
		*ret = w.found;
	else
		export_list_finish(&w.found);
	return r;
}

int export_detect(struct object_source *s, struct export_list *ret, struct fault *why)
{
	struct export_list all = { 0 };
	size_t count = 0;
	int r = export_detect_all(s, &all, why);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.count; i++) {
		if (all.items[i].layout == EXPORT_TABLE)
			export_ref_finish(&all.items[i]);
		else
			all.items[count++] = all.items[i];
	}
	all.count = count;
	*ret = all;
	return 0;
}

void export_list_finish(struct export_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		export_ref_finish(&l->items[i]);
	free(l->items);
	*l = (struct export_list){ 0 };
}

int export_ref_copy(const struct export_ref *e, struct export_ref *ret)
{
	struct export_ref copy = { .layout = e->layout };

	copy.name = strdup(e->name);
	copy.folder = strdup(e->folder);
	if (!copy.name || !copy.folder) {
		export_ref_finish(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

void export_ref_finish(struct export_ref *e)
{
	if (!e)
		return;
	free(e->name);
	free(e->folder);
	*e = (struct export_ref){ 0 };
}
