#include "aws/export/delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/files.h"
#include "aws/export/keys.h"
#include "aws/export/manifest.h"
#include "aws/export/months.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/vec.h"

enum { DELIVERY_ID_BYTES = 16, DELIVERY_ID_INPUT_MAX = 256 * 1024 * 1024 };

int delivery_add_file(struct delivery *d, const struct object_info *object)
{
	int r = VEC_RESERVE(&d->files, &d->cap, d->count + 1, DELIVERY_FILES_MAX);

	if (r == 0)
		r = object_info_copy(object, &d->files[d->count]);
	if (r == 0)
		d->count++;
	return r;
}

/* NUL ends each text, so that no two different deliveries spell the same bytes. */
static int make_id(struct delivery *d, const char *manifest_etag)
{
	struct buf text = BUF_INIT(DELIVERY_ID_INPUT_MAX);
	int r = buf_append(&text, manifest_etag, strlen(manifest_etag) + 1);

	if (r == 0)
		r = buf_append(&text, d->assembly, strlen(d->assembly) + 1);
	for (size_t i = 0; r == 0 && i < d->count; i++) {
		const struct object_info *f = &d->files[i];

		r = buf_append(&text, f->key, strlen(f->key) + 1);
		if (r == 0)
			r = buf_appendf(&text, "%" PRIu64, f->size_bytes);
		if (r == 0)
			r = buf_append_byte(&text, '\0');
		if (r == 0)
			r = buf_append(&text, f->etag, strlen(f->etag) + 1);
	}
	if (r == 0)
		r = sha256_hex(buf_span(&text), DELIVERY_ID_BYTES, d->id);
	buf_finish(&text);
	return r;
}

/* named is the first file as the manifest spells it, NULL without manifest. */
static struct instant time_of(
	const struct delivery *d, const char *named, const struct object_info *manifest)
{
	struct instant t = { INSTANT_NONE };

	if (key_is_stamped(span_of(d->assembly), &t))
		return t;
	if (named && key_is_stamped(key_last(key_parent(span_of(named))), &t))
		return t;
	if (manifest)
		return manifest->modified;
	for (size_t i = 0; i < d->count; i++) {
		if (d->files[i].modified.seconds > t.seconds)
			t = d->files[i].modified;
	}
	return t;
}

static int check_month(const struct object_source *s, const struct manifest *m,
	const struct object_info *manifest, struct month_no month, struct fault *why)
{
	char says[MONTH_TEXT], stands[MONTH_TEXT];

	if (!m->month.number || !month.number || m->month.number == month.number)
		return 0;
	month_format(m->month, says);
	month_format(month, stands);
	fault(why, -EBADMSG, "%s/%s: is the manifest of %.*s, not of %.*s", s->name,
		manifest->key, MONTH_TEXT, says, MONTH_TEXT, stands);
	fault_cure(why, "copy the month's folder and its manifest again");
	return -EBADMSG;
}

/* The folder of the month that the manifest's key stands in: the pointer's own, one above
 * that of an assembly. */
static struct span month_folder_of(const struct export_ref *e, struct span key)
{
	struct key_month found;

	if (e->layout == EXPORT_MONTH)
		return span_of(e->folder);
	return key_find_month(key, &found) ? span_first(key, found.rest)
					   : key_parent(key);
}

static int read_named(struct object_source *s, const struct export_ref *e,
	const struct object_info *manifest, struct delivery *d, struct fault *why)
{
	struct manifest m = { 0 };
	struct key_month found;
	int r = manifest_read(s, manifest, &m, why);

	if (r == 0)
		r = check_month(s, &m, manifest, d->month, why);
	if (r < 0)
		goto out;
	if (!d->month.number && m.month.number)
		d->month = m.month;
	else if (!d->month.number && m.count &&
		key_find_month(span_of(m.keys[0]), &found))
		d->month = found.month;
	r = files_named(
		&(struct files_named){
			.s = s,
			.e = e,
			.m = &m,
			.manifest = manifest,
			.month_folder = month_folder_of(e, span_of(manifest->key)),
			.month = d->month,
		},
		d, why);
	if (r < 0)
		goto out;
	d->assembly = m.assembly;
	m.assembly = NULL;
	d->verified = true;
	d->manifest_key = strdup(manifest->key);
	d->manifest_modified = manifest->modified;
	d->manifest_written = manifest->written;
	r = d->manifest_key ? make_id(d, manifest->etag) : -ENOMEM;
	if (r == 0)
		d->as_of = time_of(d, m.keys[0], manifest);
out:
	manifest_finish(&m);
	return r;
}

/* The newest manifest of an assembly, for a month whose pointer is missing. */
static int find_manifest(struct object_source *s, const struct export_ref *e,
	const struct month_folder_list *folders, struct month_no month,
	struct object_info *ret, struct fault *why)
{
	struct object_info best = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < folders->count; i++) {
		const struct month_folder *f = &folders->items[i];
		struct object_info here = { 0 };

		if (!f->manifests ||
			(e->layout != EXPORT_MONTH && f->month.number != month.number))
			continue;
		r = find_assembly_manifest(s, f->key, e->name, &here, why);
		if (r < 0 || !here.key)
			continue;
		if (!best.key || here.modified.seconds > best.modified.seconds) {
			free(best.key);
			best = here;
		} else {
			free(here.key);
		}
	}
	if (r == 0)
		*ret = best;
	else
		free(best.key);
	return r;
}

static int read_found(struct object_source *s, const struct export_ref *e,
	struct delivery *d, struct fault *why)
{
	struct month_folder_list folders = { 0 };
	struct object_info manifest = { 0 };
	int r = month_folders(s, e, &folders, why);

	if (r == 0)
		r = find_manifest(s, e, &folders, d->month, &manifest, why);
	if (r == 0 && manifest.key) {
		r = read_named(s, e, &manifest, d, why);
	} else if (r == 0) {
		r = files_found(s, e, &folders, d->month, d, why);
		if (r == 0)
			r = make_id(d, "");
		if (r == 0)
			d->as_of = time_of(d, NULL, NULL);
	}
	free(manifest.key);
	month_folder_list_finish(&folders);
	return r;
}

int delivery_read_folder(struct object_source *s, const struct export_ref *e,
	const char *folder, struct delivery *ret, struct fault *why)
{
	struct month_folder only = { .key = strdup(folder), .data = true };
	const struct month_folder_list folders = { &only, 1, 1 };
	struct delivery d = { 0 };
	int r = only.key ? files_found(s, e, &folders, only.month, &d, why) : -ENOMEM;

	if (r == 0)
		r = make_id(&d, "");
	if (r == 0) {
		d.as_of = time_of(&d, NULL, NULL);
		*ret = d;
	} else {
		delivery_finish(&d);
	}
	free(only.key);
	return r;
}

int delivery_read(struct object_source *s, const struct export_ref *e,
	const struct month_ref *m, struct delivery *ret, struct fault *why)
{
	struct delivery d = { .month = m->month };
	int r = m->manifest.key ? read_named(s, e, &m->manifest, &d, why)
				: read_found(s, e, &d, why);

	if (r < 0)
		delivery_finish(&d);
	else
		*ret = d;
	return r;
}

int delivery_copy(const struct delivery *d, struct delivery *ret)
{
	struct delivery copy = *d;
	int r = 0;

	copy.files = NULL;
	copy.count = copy.cap = 0;
	copy.assembly = d->assembly ? strdup(d->assembly) : NULL;
	copy.manifest_key = d->manifest_key ? strdup(d->manifest_key) : NULL;
	if ((d->assembly && !copy.assembly) || (d->manifest_key && !copy.manifest_key))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < d->count; i++)
		r = delivery_add_file(&copy, &d->files[i]);
	if (r == 0)
		*ret = copy;
	else
		delivery_finish(&copy);
	return r;
}

void delivery_finish(struct delivery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->files[i].key);
	free(d->files);
	free(d->assembly);
	free(d->manifest_key);
	*d = (struct delivery){ 0 };
}
