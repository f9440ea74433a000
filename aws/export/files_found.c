/* Months without a manifest, as in copies of data/ alone: the newest assembly's folder,
 * or all data files of a month that is overwritten in place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/files.h"
#include "aws/export/keys.h"
#include "aws/export/months.h"

/* The best delivery so far. */
struct pick {
	struct object_list files;
	char *assembly; /* NULL: none yet */
	struct instant newest;
};

static void finish_pick(struct pick *p)
{
	object_list_finish(&p->files);
	free(p->assembly);
	*p = (struct pick){ 0 };
}

/* The same chunk in two packings is left from before the export's format was changed:
 * only the packing written last counts then. KEY_PACK_NONE when all count. */
static enum key_pack only_pack(const struct object_list *l)
{
	enum key_pack newest = KEY_PACK_NONE;
	struct instant when = { INSTANT_NONE };
	bool clash = false;

	for (size_t i = 0; i < l->count; i++) {
		struct span stem, before;
		const struct object_info *o = &l->items[i];
		enum key_pack pack = key_pack(span_of(o->key), &stem);

		if (o->modified.seconds >= when.seconds) {
			when = o->modified;
			newest = pack;
		}
		/* Sorted, but "a-1.csv" and "a-1.csv.gz" need not be neighbours. */
		for (size_t k = i; k-- > 0 && !clash;) {
			struct span other = key_last(span_of(l->items[k].key));

			if (!span_starts(other, stem))
				break;
			clash = key_pack(other, &before) != pack && span_eq(before, stem);
		}
	}
	return clash ? newest : KEY_PACK_NONE;
}

/* Keeps the data files that are not empty. AWS empties the chunks that a shrunken month
 * needs no more. */
static int gather_files(const struct object_list *from, struct object_list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->count; i++) {
		if (from->items[i].size_bytes &&
			key_pack(span_of(from->items[i].key), NULL) != KEY_PACK_NONE)
			r = object_list_add(ret, &from->items[i]);
	}
	return r;
}

static void drop_other_packs(struct object_list *l)
{
	enum key_pack only = only_pack(l);
	size_t kept = 0;

	if (only == KEY_PACK_NONE)
		return;
	for (size_t i = 0; i < l->count; i++) {
		if (key_pack(span_of(l->items[i].key), NULL) == only)
			l->items[kept++] = l->items[i];
		else
			free(l->items[i].key);
	}
	l->count = kept;
}

static struct instant newest_of(const struct object_list *l)
{
	struct instant t = { INSTANT_NONE };

	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].modified.seconds > t.seconds)
			t = l->items[i].modified;
	}
	return t;
}

/* The data files among the objects, if any, as a delivery called assembly. */
static int make_pick(
	const struct object_list *objects, struct span assembly, struct pick *ret)
{
	struct pick p = { 0 };
	int r = gather_files(objects, &p.files);

	if (r == 0 && p.files.count) {
		drop_other_packs(&p.files);
		p.newest = newest_of(&p.files);
		p.assembly = key_copy(assembly);
		r = p.assembly ? 0 : -ENOMEM;
	}
	if (r < 0)
		finish_pick(&p);
	*ret = p;
	return r;
}

/* Takes p, and keeps the better of the two. */
static void choose(struct pick *best, struct pick *p, bool is_better)
{
	if (p->assembly && (!best->assembly || is_better)) {
		finish_pick(best);
		*best = *p;
		*p = (struct pick){ 0 };
	}
	finish_pick(p);
}

/* The newest of the assembly folders that hold data. In a folder of unknown layout only
 * what is called like an assembly is one. */
static int pick_assembly(struct object_source *s, const struct object_list *month,
	bool any_name, struct pick *best, struct fault *why)
{
	int r = 0;

	for (size_t i = month->folder_count; r == 0 && i-- > 0;) {
		struct span id = key_last(span_of(month->folders[i]));
		struct object_list inside = { 0 };
		struct instant never = { INT64_MAX };
		struct pick p = { 0 };

		if ((!any_name && !key_is_assembly(id)) ||
			(best->assembly &&
				!is_newer_assembly(id, never, span_of(best->assembly),
					best->newest)))
			continue;
		r = object_list(s, month->folders[i], &inside, why);
		if (r == 0)
			r = make_pick(&inside, id, &p);
		if (r == 0)
			choose(best, &p,
				best->assembly && p.assembly &&
					is_newer_assembly(id, p.newest,
						span_of(best->assembly), best->newest));
		object_list_finish(&inside);
	}
	return r;
}

/* One folder of the month: an assembly, or, where an export has been overwriting later
 * than that, the files beside. */
static int pick_in_folder(struct object_source *s, const char *folder, bool any_name,
	struct pick *ret, struct fault *why)
{
	struct object_list month = { 0 };
	struct pick best = { 0 }, flat = { 0 };
	int r = object_list(s, folder, &month, why);

	if (r == 0)
		r = pick_assembly(s, &month, any_name, &best, why);
	if (r == 0)
		r = make_pick(&month, SPAN(""), &flat);
	if (r == 0) {
		choose(&best, &flat, flat.newest.seconds > best.newest.seconds);
		*ret = best;
	} else {
		finish_pick(&best);
	}
	object_list_finish(&month);
	return r;
}

static int say_nothing_there(const struct object_source *s, const struct export_ref *e,
	struct month_no month, struct fault *why)
{
	char text[MONTH_TEXT];

	if (month.number)
		month_format(month, text);
	fault(why, -ENODATA, "%s/%s: no manifest and no data file of %.*s", s->name,
		e->folder, month.number ? MONTH_TEXT : 9,
		month.number ? text : "the month");
	fault_cure(why,
		"copy the export's folder whole, data and metadata; data files end "
		"in .csv, .csv.gz, .zip or .parquet");
	return -ENODATA;
}

int files_found(struct object_source *s, const struct export_ref *e,
	const struct month_folder_list *folders, struct month_no month,
	struct delivery *ret, struct fault *why)
{
	struct pick best = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < folders->count; i++) {
		const struct month_folder *f = &folders->items[i];
		struct pick p = { 0 };

		if (!f->data ||
			(e->layout != EXPORT_MONTH && f->month.number != month.number))
			continue;
		r = pick_in_folder(s, f->key, e->layout != EXPORT_MONTH, &p, why);
		if (r == 0)
			/* If copying made all times equal: Athena's partitions, which
			 * sort behind the ranges. */
			choose(&best, &p, p.newest.seconds >= best.newest.seconds);
	}
	if (r == 0 && !best.assembly)
		r = say_nothing_there(s, e, month, why);
	for (size_t i = 0; r == 0 && i < best.files.count; i++)
		r = delivery_add_file(ret, &best.files.items[i]);
	if (r == 0) {
		ret->assembly = best.assembly;
		best.assembly = NULL;
	}
	finish_pick(&best);
	return r;
}
