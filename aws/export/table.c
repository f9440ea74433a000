#include "aws/export/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/files.h"
#include "aws/export/keys.h"
#include "aws/export/months.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/vec.h"

static const struct span part_date = { "date", 4 };
static const struct span part_version = { "carbon_model_version", 20 };
/* So in AWS's manual; what it writes is seen to have the other name. */
static const struct span part_model = { "model_version", 13 };
static const struct span part_period = { "usage_period", 12 };

enum folder_kind { FOLDER_DATA, FOLDER_METADATA, FOLDER_KINDS };
static const char *const folder_tails[FOLDER_KINDS] = { "data/", "metadata/" };

static int list_below(struct object_source *s, const char *folder, const char *tail,
	struct object_list *ret, struct fault *why)
{
	struct buf key = BUF_INIT((size_t)2 * OBJECT_KEY_MAX);
	int r = buf_appendf(&key, "%s%s", folder, tail);

	if (r == 0)
		r = buf_text(&key) ? object_list(s, buf_text(&key), ret, why) : -ENOMEM;
	buf_finish(&key);
	return r;
}

/* A folder may be called data and hold dates of anything: AWS calls what it delivers like
 * the export, whose folder this is. */
static int is_delivered(
	struct object_source *s, const char *partition, struct span name, bool *ret)
{
	struct object_list list = { 0 };
	struct span of;
	int r = object_list(s, partition, &list, NULL);

	for (size_t i = 0; r == 0 && i < list.count && !*ret; i++)
		*ret = key_pack(span_of(list.items[i].key), NULL) != KEY_PACK_NONE &&
			key_export_name(span_of(list.items[i].key), &of) &&
			span_eq(of, name);
	object_list_finish(&list);
	return r;
}

/* One of its two folders says so. */
static int look_below(struct object_source *s, const char *folder, enum folder_kind kind,
	bool *ret, struct fault *why)
{
	struct object_list list = { 0 };
	const char *date = NULL;
	int r = list_below(s, folder, folder_tails[kind], &list, why);

	for (size_t i = 0; r == 0 && i < list.folder_count; i++) {
		struct span part = key_last(span_of(list.folders[i]));

		*ret |= key_is_partition_of(part, part_version) ||
			(kind == FOLDER_METADATA &&
				key_is_partition_of(part, part_model));
		if (key_is_partition_of(part, part_date))
			date = list.folders[i];
	}
	if (r == 0 && date && kind == FOLDER_METADATA)
		*ret = true;
	else if (r == 0 && date && !*ret)
		r = is_delivered(s, date, key_last(span_of(folder)), ret);
	object_list_finish(&list);
	return r;
}

static bool has_folder(const struct object_list *l, enum folder_kind kind)
{
	for (size_t i = 0; i < l->folder_count; i++)
		if (span_ends(span_of(l->folders[i]), span_of(folder_tails[kind])) &&
			key_last(span_of(l->folders[i])).len + 1 ==
				span_of(folder_tails[kind]).len)
			return true;
	return false;
}

/* Most folders are nobody's export: one listing tells that. */
static int is_table(
	struct object_source *s, const char *folder, bool *ret, struct fault *why)
{
	struct object_list list = { 0 };
	int r = object_list(s, folder, &list, why);

	if (r == 0 && has_folder(&list, FOLDER_METADATA))
		r = look_below(s, folder, FOLDER_METADATA, ret, why);
	else if (r == 0 && has_folder(&list, FOLDER_DATA))
		r = look_below(s, folder, FOLDER_DATA, ret, why);
	object_list_finish(&list);
	return r;
}

static int add_table(struct export_list *l, const char *folder)
{
	struct export_ref e = { .layout = EXPORT_TABLE };
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, TABLES_BESIDE_MAX);

	if (r < 0)
		return r;
	e.folder = strdup(folder);
	e.name = key_copy(key_last(span_of(folder)));
	if (!e.folder || !e.name) {
		export_ref_finish(&e);
		return -ENOMEM;
	}
	l->items[l->count++] = e;
	return 0;
}

int tables_beside(struct object_source *s, const char *home, struct export_list *ret,
	struct fault *why)
{
	const size_t most = s->is_near ? TABLES_BESIDE_MAX : TABLES_BESIDE_FAR_MAX;
	char *parent = key_copy(key_parent(span_of(home)));
	struct object_list list = { 0 };
	int r = parent ? object_list(s, parent, &list, why) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < list.folder_count && i < most; i++) {
		struct fault said = { 0 };
		bool found = false;

		if (strcmp(list.folders[i], home) == 0)
			continue;
		r = is_table(s, list.folders[i], &found, &said);
		if (r == -EACCES || r == -EIO) {
			log_line(LOG_LEVEL_DEBUG, "skipped: %s", said.text);
			r = 0;
		} else if (r < 0 && why) {
			*why = said;
		}
		if (r == 0 && found)
			r = add_table(ret, list.folders[i]);
	}
	object_list_finish(&list);
	free(parent);
	return r;
}

void table_partition_finish(struct table_partition *p)
{
	free(p->version);
	free(p->value);
	free(p->data);
	free(p->metadata);
	*p = (struct table_partition){ 0 };
}

void table_partition_list_finish(struct table_partition_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		table_partition_finish(&l->items[i]);
	free(l->items);
	*l = (struct table_partition_list){ 0 };
}

/* What stands behind the '=' of a folder's last part. */
static struct span value_of(const char *folder)
{
	struct span part = key_last(span_of(folder));

	return span_from(part, span_find(part, '=') + 1);
}

static int add_partition(struct table_partition_list *l, enum folder_kind kind,
	const char *folder, struct span version)
{
	struct table_partition p = { 0 };
	char *copy;
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1,
		(size_t)FOLDER_KINDS * TABLE_PARTITIONS_MAX);

	if (r < 0 || value_of(folder).len == 0)
		return r == -EFBIG ? -E2BIG : r;
	p.version = key_copy(version);
	p.value = key_copy(value_of(folder));
	copy = strdup(folder);
	if (kind == FOLDER_DATA)
		p.data = copy;
	else
		p.metadata = copy;
	if (!p.version || !p.value || !copy) {
		table_partition_finish(&p);
		return -ENOMEM;
	}
	l->items[l->count++] = p;
	return 0;
}

static int gather_version(struct object_source *s, enum folder_kind kind,
	const char *folder, struct table_partition_list *ret, struct fault *why)
{
	struct object_list list = { 0 };
	int r = object_list(s, folder, &list, why);

	for (size_t i = 0; r == 0 && i < list.folder_count; i++)
		if (key_is_partition_of(key_last(span_of(list.folders[i])), part_period))
			r = add_partition(ret, kind, list.folders[i], value_of(folder));
	object_list_finish(&list);
	return r;
}

static int gather(struct object_source *s, const struct export_ref *e,
	enum folder_kind kind, struct table_partition_list *ret, struct fault *why)
{
	struct object_list list = { 0 };
	size_t versions = 0;
	int r = list_below(s, e->folder, folder_tails[kind], &list, why);

	for (size_t i = 0; r == 0 && i < list.folder_count; i++) {
		struct span part = key_last(span_of(list.folders[i]));

		if (key_is_partition_of(part, part_date))
			r = add_partition(ret, kind, list.folders[i], SPAN(""));
		else if (key_is_partition_of(part, part_version) ||
			key_is_partition_of(part, part_model))
			r = ++versions > TABLE_VERSIONS_MAX
				? -E2BIG
				: gather_version(s, kind, list.folders[i], ret, why);
	}
	object_list_finish(&list);
	return r;
}

/* The number that s begins with, without its leading zeros. */
static struct span take_digits(struct span *s)
{
	struct span digits;
	size_t n = 0;

	while (n < s->len && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	digits = span_first(*s, n);
	*s = span_from(*s, n);
	while (digits.len > 1 && digits.p[0] == '0')
		digits = span_from(digits, 1);
	return digits;
}

static int compare_numbers(struct span a, struct span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return span_cmp(a, b);
}

/* Takes off a number or a byte from both. Of what is no number on both sides the byte
 * decides. */
static int compare_step(struct span *a, struct span *b)
{
	struct span x = *a, y = *b;
	struct span m = take_digits(a), n = take_digits(b);

	if (m.len && n.len)
		return compare_numbers(m, n);
	*a = span_from(x, 1);
	*b = span_from(y, 1);
	return span_cmp(span_first(x, 1), span_first(y, 1));
}

/* Numbers by their value, all else by its bytes. */
static int compare_versions(struct span a, struct span b)
{
	struct span x = a, y = b;
	int order = 0;

	while (order == 0 && x.len && y.len)
		order = compare_step(&x, &y);
	if (order == 0 && (x.len || y.len))
		return x.len ? 1 : -1;
	return order != 0 ? order : span_cmp(a, b);
}

static int compare_partitions(const void *a, const void *b)
{
	const struct table_partition *x = a;
	const struct table_partition *y = b;
	int order = span_cmp(span_of(x->value), span_of(y->value));

	if (order == 0)
		order = compare_versions(span_of(x->version), span_of(y->version));
	/* Which of two spellings of a folder counts is the same every time. */
	if (order == 0)
		order = strcmp(
			x->data ? x->data : x->metadata, y->data ? y->data : y->metadata);
	return order;
}

static bool is_same(const struct table_partition *a, const struct table_partition *b)
{
	return strcmp(a->value, b->value) == 0 && strcmp(a->version, b->version) == 0;
}

static void take_folder(char **to, char **from)
{
	if (*to)
		return;
	*to = *from;
	*from = NULL;
}

/* One item a folder becomes one item a partition. */
static void merge(struct table_partition_list *l)
{
	size_t kept = 0;

	if (l->count > 1)
		qsort(l->items, l->count, sizeof(*l->items), compare_partitions);
	for (size_t i = 0; i < l->count; i++) {
		struct table_partition *p = &l->items[i];
		struct table_partition *last = kept ? &l->items[kept - 1] : NULL;

		if (!last || !is_same(last, p)) {
			l->items[kept++] = *p;
			continue;
		}
		take_folder(&last->data, &p->data);
		take_folder(&last->metadata, &p->metadata);
		table_partition_finish(p);
	}
	l->count = kept;
}

int table_partitions(struct object_source *s, const struct export_ref *e,
	struct table_partition_list *ret, struct fault *why)
{
	int r = gather(s, e, FOLDER_DATA, ret, why);

	if (r == 0)
		r = gather(s, e, FOLDER_METADATA, ret, why);
	merge(ret);
	if (r == 0 && ret->count > TABLE_PARTITIONS_MAX)
		r = -E2BIG;
	if (r == -E2BIG)
		fault(why, r, "%s/%s: more than %d partitions, or %d versions of them",
			s->name, e->folder, TABLE_PARTITIONS_MAX, TABLE_VERSIONS_MAX);
	return r;
}

/* In the folder itself, or in that of the newest execution. */
static int find_manifest(struct object_source *s, const char *folder, const char *name,
	struct object_info *ret, struct fault *why)
{
	struct object_list list = { 0 };
	const struct object_info *found;
	int r = object_list(s, folder, &list, why);

	found = r == 0 ? pick_manifest(&list, name) : NULL;
	if (found)
		r = object_info_copy(found, ret);
	else if (r == 0 && list.folder_count)
		r = find_assembly_manifest(s, folder, name, ret, why);
	object_list_finish(&list);
	return r;
}

int table_delivery(struct object_source *s, const struct export_ref *e,
	const struct table_partition *p, struct delivery *ret, struct fault *why)
{
	struct month_ref m = { 0 };
	int r = p->metadata ? find_manifest(s, p->metadata, e->name, &m.manifest, why)
			    : 0;

	if (r == 0 && m.manifest.key)
		r = delivery_read(s, e, &m, ret, why);
	else if (r == 0)
		r = delivery_read_folder(s, e, p->data ? p->data : p->metadata, ret, why);
	month_ref_finish(&m);
	return r;
}
