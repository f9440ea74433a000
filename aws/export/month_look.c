/* Which months an export has, and where the manifest of each is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/keys.h"
#include "aws/export/manifest.h"
#include "aws/export/months.h"
#include "base/vec.h"

enum { MONTHS_MAX = 100000, FOLDERS_MAX = MONTHS_MAX };

/* What the manifest of a lone month's folder says of the month. A broken one says
 * nothing. */
static int read_month_of_manifest(struct object_source *s,
	const struct object_info *manifest, struct month_no *month)
{
	struct manifest m = { 0 };
	struct key_month found;
	int r = manifest_read(s, manifest, &m, NULL);

	if (r == 0 && m.month.number)
		*month = m.month;
	else if (r == 0 && m.count && key_find_month(span_of(m.keys[0]), &found))
		*month = found.month;
	manifest_finish(&m);
	return r == -ENOMEM ? r : 0;
}

/* The month's entry, the last one, or a new one. */
static int reach_month(
	struct month_list *l, struct month_no month, struct month_ref **ret)
{
	struct month_ref *last = l->count ? &l->items[l->count - 1] : NULL;
	int r = 0;

	if (!last || last->month.number != month.number) {
		r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, MONTHS_MAX);
		if (r < 0)
			return r == -EFBIG ? -E2BIG : r;
		last = &l->items[l->count++];
		*last = (struct month_ref){ .month = month };
	}
	*ret = last;
	return 0;
}

static int add_folder_of(struct month_ref *m, const char *folder)
{
	int r = VEC_RESERVE(
		&m->folders, &m->folder_cap, m->folder_count + 1, FOLDERS_MAX);
	char *copy = r == 0 ? strdup(folder) : NULL;

	if (!copy)
		return r < 0 ? r : -ENOMEM;
	m->folders[m->folder_count++] = copy;
	return 0;
}

/* Takes found's key: the newest of the month's folders counts. */
static void take_manifest(struct month_ref *m, struct object_info *found)
{
	if (found->key &&
		(!m->manifest.key ||
			found->modified.seconds > m->manifest.modified.seconds)) {
		free(m->manifest.key);
		m->manifest = *found;
		found->key = NULL;
	}
	free(found->key);
	found->key = NULL;
}

/* The manifest that stands in the folder itself. */
static int find_manifest_in(struct object_source *s, const struct export_ref *e,
	const char *folder, struct object_info *ret, struct fault *why)
{
	struct object_list list = { 0 };
	const struct object_info *found;
	int r = object_list(s, folder, &list, why);

	found = r == 0 ? pick_manifest(&list, e->name) : NULL;
	if (found)
		r = object_info_copy(found, ret);
	object_list_finish(&list);
	return r;
}

/* A lone month's folder: only its manifest says which month it is, if its name does not.
 */
static int look_into_lone(struct object_source *s, const struct export_ref *e,
	const struct month_folder *folder, struct month_list *ret, struct fault *why)
{
	struct object_info manifest = { 0 }, inside = { 0 };
	struct month_no month = folder->month;
	struct month_ref *m = NULL;
	int r = find_manifest_in(s, e, folder->key, &manifest, why);

	if (r == 0 && !manifest.key)
		r = find_assembly_manifest(s, folder->key, e->name, &inside, why);
	if (r == 0 && (manifest.key || inside.key))
		r = read_month_of_manifest(s, manifest.key ? &manifest : &inside, &month);
	if (r == 0)
		r = reach_month(ret, month, &m);
	if (r == 0) {
		take_manifest(m, &manifest);
		m->is_looked = m->has_folders = true;
		r = add_folder_of(m, folder->key);
	}
	free(manifest.key);
	free(inside.key);
	return r;
}

static int name_month(const struct month_folder *folder, struct month_list *ret)
{
	struct month_ref *m = NULL;
	int r = reach_month(ret, folder->month, &m);

	if (r < 0)
		return r;
	m->has_folders = true;
	return folder->manifests ? add_folder_of(m, folder->key) : 0;
}

int export_month_names(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why)
{
	struct month_folder_list folders = { 0 };
	struct month_list months = { 0 };
	int r = month_folder_names(s, e, &folders, why);

	for (size_t i = 0; r == 0 && i < folders.count; i++)
		r = e->layout == EXPORT_MONTH
			? look_into_lone(s, e, &folders.items[i], &months, why)
			: name_month(&folders.items[i], &months);
	month_folder_list_finish(&folders);
	if (r == 0)
		*ret = months;
	else
		month_list_finish(&months);
	return r;
}

/* Where the caller does not know the month's folders. */
static int find_folders(struct object_source *s, const struct export_ref *e,
	struct month_ref *m, struct fault *why)
{
	struct month_folder_list folders = { 0 };
	int r = month_folders(s, e, &folders, why);

	for (size_t i = 0; r == 0 && i < folders.count; i++) {
		const struct month_folder *f = &folders.items[i];

		if (f->manifests &&
			(e->layout == EXPORT_MONTH || f->month.number == m->month.number))
			r = add_folder_of(m, f->key);
	}
	m->has_folders = true;
	month_folder_list_finish(&folders);
	return r;
}

/* All folders, by listing. now is zeroed but for the month and its folders. */
static int look_around(struct object_source *s, const struct export_ref *e,
	struct month_ref *now, struct fault *why)
{
	int r = now->has_folders ? 0 : find_folders(s, e, now, why);

	for (size_t i = 0; r == 0 && i < now->folder_count; i++) {
		struct object_info found = { 0 };

		r = find_manifest_in(s, e, now->folders[i], &found, why);
		if (r == 0)
			take_manifest(now, &found);
	}
	now->is_looked = true;
	return r;
}

static int ask_for_manifest(
	struct object_source *s, struct month_ref *m, struct fault *why)
{
	struct fault said = { 0 };
	struct object_info found;
	int r = object_stat(s, m->manifest.key, &found, &said);

	if (r == 0) {
		free(m->manifest.key);
		m->manifest = found;
		m->is_looked = true;
	} else if (why && r != -ENOENT && r != -EACCES) {
		*why = said;
	}
	return r;
}

int month_look(struct object_source *s, const struct export_ref *e, bool quick,
	struct month_ref *m, struct fault *why)
{
	struct month_ref now = { 0 };
	int r;

	if (quick && m->manifest.key) {
		r = ask_for_manifest(s, m, why);
		/* Who may list, but not read, is told so when the month is read. */
		if (r != -ENOENT && r != -EACCES)
			return r;
	}
	r = month_ref_copy(m, &now);
	if (r < 0)
		return r;
	free(now.manifest.key);
	now.manifest = (struct object_info){ 0 };
	r = look_around(s, e, &now, why);
	if (r < 0) {
		month_ref_finish(&now);
		return r;
	}
	month_ref_finish(m);
	*m = now;
	return 0;
}

int export_months(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why)
{
	struct month_list months = { 0 };
	int r = export_month_names(s, e, &months, why);

	for (size_t i = 0; r == 0 && i < months.count; i++)
		if (!months.items[i].is_looked)
			r = look_around(s, e, &months.items[i], why);
	if (r == 0)
		*ret = months;
	else
		month_list_finish(&months);
	return r;
}

int month_ref_copy(const struct month_ref *m, struct month_ref *ret)
{
	struct month_ref copy = *m;
	int r = 0;

	copy.folders = NULL;
	copy.folder_count = copy.folder_cap = 0;
	if (m->manifest.key) {
		copy.manifest.key = strdup(m->manifest.key);
		r = copy.manifest.key ? 0 : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < m->folder_count; i++)
		r = add_folder_of(&copy, m->folders[i]);
	if (r < 0)
		month_ref_finish(&copy);
	else
		*ret = copy;
	return r;
}

void month_ref_finish(struct month_ref *m)
{
	for (size_t i = 0; i < m->folder_count; i++)
		free(m->folders[i]);
	free(m->folders);
	free(m->manifest.key);
	*m = (struct month_ref){ 0 };
}

void month_list_finish(struct month_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		month_ref_finish(&l->items[i]);
	free(l->items);
	*l = (struct month_list){ 0 };
}
