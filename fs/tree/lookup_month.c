/* From a directory and a name to a place, below a month. */
#include <errno.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"

/* A place in the same month and of the same scope as its parent. */
static struct place below(const struct node *parent, enum place_kind kind)
{
	struct place p = parent->place;

	p.kind = (uint8_t)kind;
	return p;
}

/* By the name of the CSV without its ending. */
static bool has_stem(enum view_file file, struct span stem)
{
	struct span own = span_of(view_file_name(file));

	return own.len > SPAN(".csv").len &&
		span_eq(span_first(own, own.len - SPAN(".csv").len), stem);
}

enum form form_of_file(enum view_file file, struct span name)
{
	struct span stem;
	enum form form = form_of_name(name, &stem);

	if (!form_is_of(form, stem) || !has_stem(file, stem))
		return FORM_COUNT;
	return form;
}

static int find_file(const struct tree *t, const struct node *parent, struct span name,
	struct place *ret)
{
	struct span stem;
	enum form form = form_of_name(name, &stem);

	if (!form_is_of(form, stem))
		return -ENOENT;
	for (int i = 0; i < VIEW_FILE_COUNT; i++) {
		enum view_file file = (enum view_file)i;

		if (!has_stem(file, stem) || !node_has_file(t, parent, file))
			continue;
		*ret = below(parent, PLACE_FILE);
		ret->file = (uint8_t)file;
		ret->form = (uint8_t)form;
		return 0;
	}
	return -ENOENT;
}

/* costs.d beside costs.csv, lines.d beside lines.csv. */
static int find_parts(const struct tree *t, const struct node *parent, struct span name,
	struct place *ret)
{
	static const enum view_file files[] = { VIEW_COSTS, VIEW_LINES };
	const struct span ending = SPAN(".d");

	if (!span_ends(name, ending))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!has_stem(files[i], span_first(name, name.len - ending.len)) ||
			!node_has_file(t, parent, files[i]))
			continue;
		*ret = below(parent, PLACE_PARTS);
		ret->file = (uint8_t)files[i];
		return 0;
	}
	return -ENOENT;
}

static int find_directory(const struct tree *t, const struct node *parent,
	struct span name, struct place *ret)
{
	enum place_kind kind;

	if (span_eq(name, SPAN("by-tag")))
		kind = PLACE_TAGS;
	else if (span_eq(name, SPAN("by-cost-category")))
		kind = PLACE_CATEGORIES;
	else if (parent->place.kind == PLACE_MONTH && span_eq(name, SPAN("services")))
		kind = PLACE_SERVICES;
	else if (parent->place.kind == PLACE_SERVICE && parent->place.slot != PLACE_ALL &&
		span_eq(name, SPAN("resources")))
		kind = PLACE_RESOURCES;
	else
		return find_parts(t, parent, name, ret);
	*ret = below(parent, kind);
	return 0;
}

bool has_service(const struct tree *t, const struct node *n, uint32_t service)
{
	const struct month *m = n->month;
	uint32_t slice;

	if (n->place.account == PLACE_NO_ROWS)
		return false;
	if (n->place.account != VIEW_ALL)
		return month_find_slice(m, n->place.account, service, &slice) == 0;
	for (uint32_t i = 0; i < month_account_count(m); i++)
		if (selection_has(
			    t->o.selection, month_text(m, month_account(m, i)->id)) &&
			month_find_slice(m, i, service, &slice) == 0)
			return true;
	return false;
}

/* How well a name fits a service. */
enum fit { FIT_NOT, FIT_CASE, FIT_CODE, FIT_DIR };

static enum fit fit_service(const struct month *m, uint32_t service, struct span name)
{
	const struct month_service *s = month_service(m, service);

	if (span_eq(month_text(m, s->dir), name))
		return FIT_DIR;
	if (span_eq(month_text(m, s->code), name))
		return FIT_CODE;
	if (span_eq_nocase(month_text(m, s->dir), name) ||
		span_eq_nocase(month_text(m, s->code), name))
		return FIT_CASE;
	return FIT_NOT;
}

static bool find_service(
	const struct ask *a, const struct node *parent, struct span name, uint32_t *ret)
{
	enum fit best = FIT_NOT;

	for (uint32_t i = 0; i < month_service_count(parent->month); i++) {
		enum fit fit = fit_service(parent->month, i, name);

		if (fit <= best || !has_service(a->t, parent, i))
			continue;
		best = fit;
		*ret = i;
	}
	return best != FIT_NOT;
}

static int lookup_service(const struct ask *a, const struct node *parent,
	struct span name, struct place *ret)
{
	struct span code = name_service_of_alias(name);
	uint32_t service;

	if (!name.len)
		return -ENOENT;
	if (!find_service(a, parent, name, &service) &&
		(!code.len || !find_service(a, parent, code, &service)))
		return -ENOENT;
	*ret = below(parent, PLACE_SERVICE);
	ret->service = service;
	return 0;
}

static bool is_resource(
	const struct month *m, uint32_t slice, uint32_t resource, struct span id)
{
	return span_eq(month_text(m, month_resources(m, slice)[resource].id), id);
}

/* The directory of an id, which two ids may have had before a suffix was put behind each.
 */
static int find_by_id(
	const struct month *m, uint32_t slice, struct span id, uint32_t *ret)
{
	struct buf dir = BUF_INIT(TREE_NAME_MAX);
	uint32_t at;
	int r = name_of_resource(id, &dir);

	if (r == 0 &&
		(month_find_resource(m, slice, buf_span(&dir), &at) < 0 ||
			!is_resource(m, slice, at, id))) {
		r = name_resource_suffix(id, &dir);
		if (r == 0 &&
			(month_find_resource(m, slice, buf_span(&dir), &at) < 0 ||
				!is_resource(m, slice, at, id)))
			r = -ENOENT;
	}
	if (r == 0)
		*ret = at;
	buf_finish(&dir);
	return r;
}

static int find_resource(
	const struct month *m, uint32_t slice, struct span name, uint32_t *ret)
{
	struct buf id = BUF_INIT(NAME_BYTES_MAX);
	int r = month_find_resource(m, slice, name, ret);

	/* An empty id is _no-resource, which has just been looked for. */
	if (r != -ENOENT || !name.len)
		return r;
	r = find_by_id(m, slice, name, ret);
	if (r == -ENOENT) {
		r = name_decode(name, &id);
		if (r == 0)
			r = find_by_id(m, slice, buf_span(&id), ret);
		else if (r == -EINVAL)
			r = -ENOENT;
	}
	buf_finish(&id);
	return r;
}

static int lookup_resource(const struct node *parent, struct span name, struct place *ret)
{
	uint32_t slice = 0, resource = 0;
	int r = month_find_slice(
		parent->month, parent->place.account, parent->place.service, &slice);

	if (r == 0)
		r = find_resource(parent->month, slice, name, &resource);
	if (r < 0)
		return r;
	*ret = below(parent, PLACE_RESOURCE);
	ret->resource = resource;
	return 0;
}

/* In resources/. What is listed is meant first: a bucket may be called "index.txt". */
static int find_index(const struct ask *a, const struct node *parent, struct span name,
	struct place *ret)
{
	struct place file;
	int found = find_file(a->t, parent, name, &file);
	int r = found == 0 && file.form == FORM_CSV ? -ENOENT
						    : lookup_resource(parent, name, ret);

	if (r == -ENOENT && found == 0) {
		*ret = file;
		r = 0;
	}
	return r;
}

/* Keys whose names are cut have to be tried. */
static int find_cut_key(const struct month *m, const uint32_t *keys, size_t count,
	struct span name, uint32_t *ret)
{
	struct buf made = BUF_INIT(TREE_NAME_MAX);
	int r = -ENOENT;

	for (size_t i = 0; i < count && r == -ENOENT; i++) {
		buf_clear(&made);
		r = name_encode(month_text(m, keys[i]), &made);
		if (r == 0 && !span_eq(buf_span(&made), name))
			r = -ENOENT;
		if (r == 0)
			*ret = keys[i];
	}
	buf_finish(&made);
	return r;
}

/* The one of that name among keys in the order of their texts. */
static int find_key(const struct month *m, const uint32_t *keys, size_t count,
	struct span name, uint32_t *ret)
{
	struct buf value = BUF_INIT(TREE_NAME_MAX);
	size_t low = 0, high = count;
	int r = name_decode(name, &value);

	while (r == 0 && low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_cmp(month_text(m, keys[middle]), buf_span(&value)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (r == 0 &&
		(low == count || !span_eq(month_text(m, keys[low]), buf_span(&value))))
		r = -ENOENT;
	if (r == 0)
		*ret = keys[low];
	buf_finish(&value);
	return r == -EINVAL ? find_cut_key(m, keys, count, name, ret) : r;
}

static int lookup_key(const struct ask *a, const struct node *parent, struct span name,
	struct place *ret)
{
	const uint32_t *keys;
	struct blob *blob;
	enum form form;
	uint32_t key;
	ssize_t count;
	int r;

	form = form_of_name(name, &name);
	if (form == FORM_COUNT || !form_is_built(form))
		return -ENOENT;
	count = node_keys(a->t, parent, &keys, &blob);
	if (count < 0)
		return (int)count;
	r = find_key(parent->month, keys, (size_t)count, name, &key);
	if (r == 0) {
		*ret = below(parent, PLACE_FILE);
		ret->file =
			parent->place.kind == PLACE_TAGS ? VIEW_BY_TAG : VIEW_BY_CATEGORY;
		ret->key = key;
		ret->form = (uint8_t)form;
	}
	blob_unref(blob);
	return r;
}

/* Only as they are listed: part-1.csv is none. */
static int lookup_part(const struct ask *a, const struct node *parent, struct span name,
	struct place *ret)
{
	const struct span begin = SPAN("part-"), end = SPAN(".csv");
	struct scope s = node_scope(a->t, parent);
	struct buf made = BUF_INIT(TREE_NAME_MAX);
	uint64_t part = 0;
	int r = 0;

	for (size_t i = begin.len; i + end.len < name.len && part <= UINT32_MAX; i++)
		part = part * 10 + (uint64_t)(unsigned char)name.p[i] - '0';
	if (part == 0 || part > view_part_count(&s))
		return -ENOENT;
	r = place_part_name((uint32_t)part, &made);
	if (r == 0 && !span_eq(buf_span(&made), name))
		r = -ENOENT;
	if (r == 0) {
		*ret = below(parent, PLACE_FILE);
		ret->key = (uint32_t)part;
	}
	buf_finish(&made);
	return r;
}

static int find_below(const struct ask *a, const struct node *parent, struct span name,
	struct place *ret)
{
	int r;

	switch ((enum place_kind)parent->place.kind) {
	case PLACE_SERVICES:
		return lookup_service(a, parent, name, ret);
	case PLACE_TAGS:
	case PLACE_CATEGORIES:
		return lookup_key(a, parent, name, ret);
	case PLACE_MONTH:
	case PLACE_SERVICE:
		r = find_directory(a->t, parent, name, ret);
		return r == -ENOENT ? find_file(a->t, parent, name, ret) : r;
	case PLACE_RESOURCES:
		return find_index(a, parent, name, ret);
	case PLACE_RESOURCE:
		return find_file(a->t, parent, name, ret);
	case PLACE_PARTS:
		return lookup_part(a, parent, name, ret);
	case PLACE_RESOURCE_JSON:
	case PLACE_RESOURCE_METRICS:
	case PLACE_ROOT:
	case PLACE_README:
	case PLACE_STATUS:
	case PLACE_ACCOUNTS_CSV:
	case PLACE_SERVICES_CSV:
	case PLACE_MONTHS_CSV:
	case PLACE_THIS_MONTH:
	case PLACE_LAST_MONTH:
	case PLACE_ACCOUNTS:
	case PLACE_MONTHS:
	case PLACE_REPORTS:
	case PLACE_TABLES:
	case PLACE_HIDDEN:
	case PLACE_STATUS_JSON:
	case PLACE_METRICS_PROM:
	case PLACE_ERRORS_LOG:
	case PLACE_SCHEMA:
	case PLACE_DUCKDB:
	case PLACE_PANDAS:
	case PLACE_ACCOUNT:
	case PLACE_ACCOUNT_JSON:
	case PLACE_FINDINGS:
	case PLACE_FINDING:
	case PLACE_REPORT:
	case PLACE_TABLE:
	case PLACE_TABLE_FILE:
	case PLACE_PENDING_DIRECTORY:
	case PLACE_PENDING_FILE:
	case PLACE_LIVE:
	case PLACE_LIVE_STATUS:
	case PLACE_LIVE_SERVICE:
	case PLACE_LIVE_REGION:
	case PLACE_LIVE_TYPE:
	case PLACE_LIVE_INDEX:
	case PLACE_LIVE_ITEM:
	case PLACE_LIVE_JSON:
	case PLACE_LIVE_METRICS:
	case PLACE_FILE:
		break;
	}
	return -ENOTDIR;
}

/* Its names are the same in each delivery. */
static int type_in_kit(
	const struct tree *t, const struct node *parent, struct span name, mode_t *ret)
{
	struct node n = { .place = parent->place };
	struct place found;
	int r;

	/* Whether an account has rows is known later, and changes none of the names. */
	if (n.place.kind == PLACE_MONTH && n.place.slot != PLACE_ALL)
		n.place.account = PLACE_NO_ROWS;
	r = find_directory(t, &n, name, &found);
	if (r < 0)
		r = find_file(t, &n, name, &found);
	if (r == 0)
		*ret = place_type(&found);
	return r;
}

static int type_in_resource(
	const struct tree *t, const struct node *parent, struct span name, mode_t *ret)
{
	if (!span_eq(name, SPAN("metrics.csv")) && !span_eq(name, SPAN("resource.json")))
		return type_in_kit(t, parent, name, ret);
	*ret = S_IFREG;
	return 0;
}

/* A resource may be called as the index is in another form. */
static int type_in_resources(struct span name, mode_t *ret)
{
	const enum form form = form_of_file(VIEW_RESOURCE_INDEX, name);

	*ret = form == FORM_CSV ? S_IFREG : S_IFDIR;
	return form == FORM_CSV || form == FORM_COUNT ? 0 : -EAGAIN;
}

static int type_of_file(bool may_be, mode_t *ret)
{
	*ret = S_IFREG;
	return may_be ? 0 : -ENOENT;
}

int lookup_type_in_month(
	const struct tree *t, const struct node *parent, struct span name, mode_t *ret)
{
	struct span stem;
	enum form form;

	switch ((int)parent->place.kind) {
	case PLACE_MONTH:
	case PLACE_SERVICE:
		return type_in_kit(t, parent, name, ret);
	case PLACE_RESOURCE:
		return type_in_resource(t, parent, name, ret);
	case PLACE_RESOURCES:
		return type_in_resources(name, ret);
	case PLACE_SERVICES:
		*ret = S_IFDIR;
		return 0;
	case PLACE_TAGS:
	case PLACE_CATEGORIES:
		form = form_of_name(name, &stem);
		return type_of_file(form != FORM_COUNT && form_is_built(form), ret);
	case PLACE_PARTS:
		return type_of_file(
			span_starts(name, SPAN("part-")) && span_ends(name, SPAN(".csv")),
			ret);
	default:
		return -EAGAIN;
	}
}

static int lookup_json(const struct ask *a, const struct node *parent, struct node *ret)
{
	struct node n = { 0 };
	int r = live_beside(a->t, parent, &n);

	if (r < 0)
		return r;
	ret->place = below(parent, PLACE_RESOURCE_JSON);
	ret->place.item = n.place.item;
	ret->inventory = n.inventory;
	return 0;
}

int lookup_below_month(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	struct node n = { 0 };
	int r;

	if (parent->place.kind == PLACE_RESOURCE && span_eq(name, SPAN("metrics.csv")))
		return live_metrics_beside(a, parent, ret);
	if (parent->place.kind == PLACE_RESOURCE && span_eq(name, SPAN("resource.json")))
		r = lookup_json(a, parent, &n);
	else
		r = find_below(a, parent, name, &n.place);
	if (r < 0)
		return r;
	n.month = month_ref(parent->month);
	*ret = n;
	return 0;
}
