/* What an export's own files tell: its newest manifest, and how the files are called. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/candidate_read.h"
#include "aws/export/keys.h"
#include "aws/export/manifest.h"
#include "aws/export/months.h"

/* The newest month, looked at. */
static int find_newest(struct object_source *s, const struct export_ref *e,
	struct month_ref *ret, struct fault *why)
{
	struct month_list months = { 0 };
	int r = export_month_names(s, e, &months, why);

	if (r == 0 && months.count)
		r = month_ref_copy(&months.items[months.count - 1], ret);
	if (r == 0 && months.count)
		r = month_look(s, e, false, ret, why);
	month_list_finish(&months);
	return r;
}

/* NULL: none is a partition. */
static const char *last_partition(const struct object_list *l)
{
	for (size_t i = l->folder_count; i-- > 0;)
		if (key_is_partition(key_last(span_of(l->folders[i]))))
			return l->folders[i];
	return NULL;
}

/* The manifest of the last partition below folder; ret is left alone where there is none.
 * Carbon's partitions have two levels. */
static int find_table_manifest(struct object_source *s, const char *folder,
	const char *name, int levels, struct object_info *ret, struct fault *why)
{
	struct object_list list = { 0 };
	const struct object_info *found;
	const char *below;
	int r = object_list(s, folder, &list, why);

	below = levels > 0 ? last_partition(&list) : NULL;
	found = below ? NULL : pick_manifest(&list, name);
	if (r == 0 && below)
		r = find_table_manifest(s, below, name, levels - 1, ret, why);
	else if (r == 0 && found)
		r = object_info_copy(found, ret);
	else if (r == 0)
		r = find_assembly_manifest(s, folder, name, ret, why);
	object_list_finish(&list);
	return r;
}

/* The newest manifest. */
static int find_pointer(struct object_source *s, const struct export_ref *e,
	struct month_ref *ret, struct fault *why)
{
	struct buf folder = BUF_INIT((size_t)2 * OBJECT_KEY_MAX);
	int r;

	if (e->layout != EXPORT_TABLE)
		return find_newest(s, e, ret, why);
	r = buf_appendf(&folder, "%smetadata/", e->folder);
	if (r == 0)
		r = buf_text(&folder) ? find_table_manifest(s, buf_text(&folder), e->name,
						2, &ret->manifest, why)
				      : -ENOMEM;
	buf_finish(&folder);
	return r;
}

static const char *format_of(const struct export_ref *e, const struct manifest *m)
{
	if (m->count == 0)
		return e->layout == EXPORT_LEGACY_ATHENA ? "parquet" : "";
	switch (key_pack(span_of(m->keys[0]), NULL)) {
	case KEY_PACK_CSV:
		return "csv";
	case KEY_PACK_GZIP:
		return "csv.gz";
	case KEY_PACK_ZIP:
		return "csv.zip";
	case KEY_PACK_PARQUET:
		return "parquet";
	case KEY_PACK_NONE:
		break;
	}
	return "";
}

static enum candidate_kind kind_of(const struct export_ref *e, const struct manifest *m)
{
	switch (m->table) {
	case TABLE_LEGACY:
		return CANDIDATE_LEGACY;
	case TABLE_CUR2:
		return CANDIDATE_CUR2;
	case TABLE_FOCUS:
		return CANDIDATE_FOCUS;
	case TABLE_RECOMMENDATIONS:
	case TABLE_CARBON:
		return CANDIDATE_OTHER;
	case TABLE_UNKNOWN:
		break;
	}
	if (e->layout == EXPORT_TABLE)
		return CANDIDATE_OTHER;
	/* Data Exports' manifests name their columns; without one nobody tells. */
	return e->layout == EXPORT_DATA || e->layout == EXPORT_MONTH ? CANDIDATE_UNKNOWN
								     : CANDIDATE_LEGACY;
}

static const char *table_of(enum candidate_kind kind, const struct manifest *m)
{
	switch (kind) {
	case CANDIDATE_CUR2:
		return "COST_AND_USAGE_REPORT";
	case CANDIDATE_LEGACY:
		return "Cost and Usage Report";
	case CANDIDATE_FOCUS:
		return "FOCUS";
	case CANDIDATE_OTHER:
		return m->table == TABLE_CARBON ? "CARBON_EMISSIONS"
			: m->table == TABLE_RECOMMENDATIONS
			? "COST_OPTIMIZATION_RECOMMENDATIONS"
			: "";
	case CANDIDATE_UNKNOWN:
		break;
	}
	return "";
}

/* root and the export's folder; its name is in it. */
static int write_prefix(const char *root, const struct export_ref *e, struct buf *ret)
{
	int r = buf_append_text(ret, root);

	if (r == 0)
		r = buf_append_text(ret, e->folder);
	return r;
}

/* Of a table's own folder only the files know the name. */
static char *name_of(const struct export_ref *e, const struct object_info *manifest)
{
	struct span name = span_of(e->name);

	if (e->layout == EXPORT_TABLE && !name.len && manifest->key &&
		!key_export_name(span_of(manifest->key), &name))
		name = SPAN("");
	return key_copy(name);
}

int candidate_of_walk(struct object_source *s, const struct export_ref *e,
	const char *bucket, const char *root, struct candidate_list *ret,
	struct fault *why)
{
	struct month_ref newest = { .month = { 0 } };
	struct manifest m = { 0 };
	struct buf prefix = BUF_INIT(4 * (size_t)OBJECT_KEY_MAX);
	struct fault broken = { 0 };
	char *name;
	struct candidate c = { .origin = CANDIDATE_OF_WALK,
		.delivered = { INSTANT_NONE } };
	struct candidate_texts texts = { .bucket = bucket, .is_whole = true };
	int r = find_pointer(s, e, &newest, why);

	if (r == 0)
		r = write_prefix(root, e, &prefix);
	if (r == 0 && newest.manifest.key) {
		r = manifest_read(s, &newest.manifest, &m, &broken);
		c.delivered = newest.manifest.modified;
		c.is_healthy = r == 0 ? ANSWER_YES : ANSWER_NO;
		texts.health = r == 0 ? "its newest manifest is there" : broken.text;
		r = r == -ENOMEM ? r : 0;
	} else if (r == 0) {
		texts.health = "no manifest: unverified";
	}
	c.kind = kind_of(e, &m);
	if (m.table != TABLE_UNKNOWN && c.kind != CANDIDATE_OTHER)
		c.has_resources = m.has_resources ? ANSWER_YES : ANSWER_NO;
	name = name_of(e, &newest.manifest);
	texts.name = name;
	texts.prefix = buf_text(&prefix);
	texts.table = table_of(c.kind, &m);
	texts.format = format_of(e, &m);
	if (r == 0)
		r = name ? candidate_add(ret, &c, &texts) : -ENOMEM;
	free(name);
	manifest_finish(&m);
	month_ref_finish(&newest);
	buf_finish(&prefix);
	return r;
}
