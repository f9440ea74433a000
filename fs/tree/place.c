/* Where something stands in the tree, and what it is called there. */
#include "fs/tree/place.h"

#include <errno.h>
#include <string.h>

#include "fs/finding/finding.h"
#include "fs/form/form.h"
#include "fs/store/name.h"

struct fixed {
	enum place_kind parent;
	mode_t type;
	const char *path;
};

/* By enum place_kind. */
static const struct fixed fixed[PLACE_FIXED_COUNT] = {
	{ PLACE_ROOT, S_IFDIR, "" },
	{ PLACE_ROOT, S_IFREG, "README.txt" },
	{ PLACE_ROOT, S_IFREG, "STATUS.txt" },
	{ PLACE_ROOT, S_IFREG, "accounts.csv" },
	{ PLACE_ROOT, S_IFREG, "services.csv" },
	{ PLACE_ROOT, S_IFREG, "months.csv" },
	{ PLACE_ROOT, S_IFLNK, "this-month" },
	{ PLACE_ROOT, S_IFLNK, "last-month" },
	{ PLACE_ROOT, S_IFDIR, "accounts" },
	{ PLACE_ROOT, S_IFDIR, "months" },
	{ PLACE_ROOT, S_IFDIR, "reports" },
	{ PLACE_ROOT, S_IFDIR, "tables" },
	{ PLACE_ROOT, S_IFDIR, ".costfs" },
	{ PLACE_HIDDEN, S_IFREG, ".costfs/status.json" },
	{ PLACE_HIDDEN, S_IFREG, ".costfs/metrics.prom" },
	{ PLACE_HIDDEN, S_IFREG, ".costfs/errors.log" },
	{ PLACE_HIDDEN, S_IFDIR, ".costfs/schema" },
	{ PLACE_SCHEMA, S_IFREG, ".costfs/schema/costs.duckdb.sql" },
	{ PLACE_SCHEMA, S_IFREG, ".costfs/schema/costs.pandas.json" },
};

struct place place_of(enum place_kind kind)
{
	struct place p;

	memset(&p, 0, sizeof(p));
	p.kind = (uint8_t)kind;
	p.slot = PLACE_ALL;
	p.account = VIEW_ALL;
	p.service = VIEW_ALL;
	p.resource = VIEW_ALL;
	return p;
}

mode_t place_type(const struct place *p)
{
	static const uint8_t files[] = { PLACE_ACCOUNT_JSON, PLACE_FINDING,
		PLACE_LIVE_STATUS, PLACE_LIVE_INDEX, PLACE_LIVE_JSON, PLACE_LIVE_METRICS,
		PLACE_TABLE_FILE, PLACE_PENDING_FILE, PLACE_REPORT, PLACE_RESOURCE_JSON,
		PLACE_RESOURCE_METRICS, PLACE_FILE };

	if (p->kind < PLACE_FIXED_COUNT)
		return fixed[p->kind].type;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (p->kind == files[i])
			return S_IFREG;
	return S_IFDIR;
}

bool place_is_below_month(const struct place *p)
{
	return p->kind > PLACE_MONTH;
}

bool place_is_pending(const struct place *p)
{
	return p->kind == PLACE_PENDING_DIRECTORY || p->kind == PLACE_PENDING_FILE;
}

bool place_is_live(const struct place *p)
{
	return p->kind >= PLACE_LIVE && p->kind <= PLACE_LIVE_METRICS;
}

const char *place_fixed_name(enum place_kind kind)
{
	const char *slash = strrchr(fixed[kind].path, '/');

	return slash ? slash + 1 : fixed[kind].path;
}

bool place_next_fixed(const struct place *parent, enum place_kind *kind)
{
	for (int i = (int)*kind + 1; i < PLACE_FIXED_COUNT; i++) {
		if (fixed[i].parent == (enum place_kind)parent->kind) {
			*kind = (enum place_kind)i;
			return true;
		}
	}
	return false;
}

bool place_has_forms(enum place_kind kind)
{
	return kind == PLACE_ACCOUNTS_CSV || kind == PLACE_SERVICES_CSV ||
		kind == PLACE_MONTHS_CSV;
}

/* Appends the name of a CSV as that of its form. */
static int append_formed(struct span csv, uint8_t form, struct buf *ret)
{
	struct span stem = csv;
	int r;

	(void)form_of_name(csv, &stem);
	r = buf_append_span(ret, stem);
	return r < 0 ? r : buf_append_text(ret, form_ending((enum form)form));
}

/* Whether it is the name of that fixed place; says in which form. */
static bool is_fixed(enum place_kind kind, struct span name, uint8_t *ret_form)
{
	struct span own = span_of(place_fixed_name(kind)), stem, own_stem;
	enum form form;

	*ret_form = FORM_CSV;
	if (span_eq(own, name))
		return true;
	if (!place_has_forms(kind))
		return false;
	form = form_of_name(name, &stem);
	if (form == FORM_COUNT || !form_is_built(form))
		return false;
	(void)form_of_name(own, &own_stem);
	*ret_form = (uint8_t)form;
	return span_eq(own_stem, stem);
}

int place_find_fixed(const struct place *parent, struct span name, struct place *ret)
{
	enum place_kind kind = PLACE_ROOT;

	while (place_next_fixed(parent, &kind)) {
		uint8_t form;

		if (is_fixed(kind, name, &form)) {
			*ret = place_of(kind);
			ret->form = form;
			return 0;
		}
	}
	return -ENOENT;
}

static int append_slash(struct buf *ret, struct span name)
{
	int r = buf_append_byte(ret, '/');

	return r < 0 ? r : buf_append_span(ret, name);
}

int place_report_name(struct month_no month, enum form form, struct buf *ret)
{
	char text[MONTH_TEXT];
	int r;

	month_format(month, text);
	r = buf_append(ret, text, MONTH_TEXT);
	return r < 0 ? r : buf_append_text(ret, form_ending(form));
}

static int append_report(const struct place *p, struct buf *ret)
{
	int r = buf_append_text(ret, fixed[PLACE_REPORTS].path);

	if (r == 0)
		r = buf_append_byte(ret, '/');
	return r < 0 ? r : place_report_name(p->month, (enum form)p->form, ret);
}

static int append_finding(const struct place *p, struct buf *ret)
{
	int r = buf_append_text(ret, "/findings");

	if (r == 0 && p->kind == PLACE_FINDING)
		r = append_slash(
			ret, span_of(finding_info((enum finding_file)p->file)->name));
	return r;
}

static int append_base(const struct place *p, struct accounts *a, struct buf *ret)
{
	char month[MONTH_TEXT];
	int r;

	if (p->slot == PLACE_ALL) {
		r = buf_append_text(ret, "months");
	} else {
		r = buf_append_text(ret, "accounts");
		if (r == 0)
			r = append_slash(ret, accounts_at(a, p->slot).dir);
	}
	if (r < 0 || p->kind == PLACE_ACCOUNT)
		return r;
	if (p->kind == PLACE_ACCOUNT_JSON)
		return buf_append_text(ret, "/account.json");
	if (p->kind == PLACE_FINDINGS || p->kind == PLACE_FINDING)
		return append_finding(p, ret);
	if (place_is_live(p))
		return buf_append_text(ret, "/resources");
	month_format(p->month, month);
	return append_slash(ret, (struct span){ month, MONTH_TEXT });
}

static struct span resource_dir(const struct place *p, const struct month *m)
{
	uint32_t slice;

	if (month_find_slice(m, p->account, p->service, &slice) < 0)
		return (struct span){ 0 };
	return month_text(m, month_resources(m, slice)[p->resource].dir);
}

/* "/services/AmazonEC2/resources/i-1": the directory that is what the place is about. */
static int append_scope(const struct place *p, const struct month *m, struct buf *ret)
{
	int r = 0;

	if (p->service != VIEW_ALL || p->kind == PLACE_SERVICES)
		r = buf_append_text(ret, "/services");
	if (r == 0 && p->service != VIEW_ALL)
		r = append_slash(ret, month_text(m, month_service(m, p->service)->dir));
	if (r == 0 &&
		(p->resource != VIEW_ALL || p->kind == PLACE_RESOURCES ||
			(p->kind == PLACE_FILE && p->file == VIEW_RESOURCE_INDEX)))
		r = buf_append_text(ret, "/resources");
	if (r == 0 && p->resource != VIEW_ALL)
		r = append_slash(ret, resource_dir(p, m));
	return r;
}

static int append_keyed(const struct place *p, const struct month *m, struct buf *ret)
{
	int r = buf_append_text(
		ret, p->file == VIEW_BY_TAG ? "/by-tag/" : "/by-cost-category/");

	if (r == 0)
		r = name_encode(month_text(m, p->key), ret);
	return r < 0 ? r : buf_append_text(ret, form_ending((enum form)p->form));
}

int place_part_name(uint32_t part, struct buf *ret)
{
	return buf_appendf(ret, "part-%04u.csv", (unsigned)part);
}

/* "/costs.d", and a part in it. */
static int append_parts(const struct place *p, struct buf *ret)
{
	struct span stem;
	int r = buf_append_byte(ret, '/');

	(void)form_of_name(span_of(view_file_name((enum view_file)p->file)), &stem);
	if (r == 0)
		r = buf_append_span(ret, stem);
	if (r == 0)
		r = buf_append_text(ret, p->kind == PLACE_PARTS ? ".d" : ".d/");
	return r < 0 || p->kind == PLACE_PARTS ? r : place_part_name(p->key, ret);
}

static int append_leaf(const struct place *p, const struct month *m, struct buf *ret)
{
	int r;

	if (p->kind == PLACE_TAGS)
		return buf_append_text(ret, "/by-tag");
	if (p->kind == PLACE_CATEGORIES)
		return buf_append_text(ret, "/by-cost-category");
	if (p->kind == PLACE_RESOURCE_JSON)
		return buf_append_text(ret, "/resource.json");
	if (p->kind == PLACE_RESOURCE_METRICS)
		return buf_append_text(ret, "/metrics.csv");
	if (p->kind == PLACE_PARTS)
		return append_parts(p, ret);
	if (p->kind != PLACE_FILE)
		return 0;
	if ((p->file == VIEW_COSTS || p->file == VIEW_LINES) && p->key)
		return append_parts(p, ret);
	if (p->file == VIEW_BY_TAG || p->file == VIEW_BY_CATEGORY)
		return append_keyed(p, m, ret);
	r = buf_append_byte(ret, '/');
	return r < 0 ? r
		     : append_formed(span_of(view_file_name((enum view_file)p->file)),
			       p->form, ret);
}

int place_path(
	const struct place *p, const struct month *m, struct accounts *a, struct buf *ret)
{
	int r;

	if (p->kind < PLACE_FIXED_COUNT && p->form != FORM_CSV)
		return append_formed(span_of(fixed[p->kind].path), p->form, ret);
	if (p->kind < PLACE_FIXED_COUNT)
		return buf_append_text(ret, fixed[p->kind].path);
	if (p->kind == PLACE_REPORT)
		return append_report(p, ret);
	r = append_base(p, a, ret);
	if (r < 0 || !place_is_below_month(p))
		return r;
	r = append_scope(p, m, ret);
	return r < 0 ? r : append_leaf(p, m, ret);
}

struct scope place_scope(const struct place *p, struct month *m,
	const struct selection *selection, const struct selection *nobody)
{
	struct scope s = { .month = m,
		.selection = selection,
		.account = p->account,
		.service = p->service,
		.resource = p->resource };

	if (p->account == PLACE_NO_ROWS) {
		s.selection = nobody;
		s.account = VIEW_ALL;
	}
	return s;
}
