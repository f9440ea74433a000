/* Header names to roles and output names. */
#include "aws/export/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"

/* An export's own column of such a name (CUR 2.0 queries may rename) gets a number. */
static const char *const leading_names[] = {
	"usage_start",
	"usage_end",
	"account_id",
	"service",
	"region",
	"availability_zone",
	"usage_type",
	"operation",
	"charge_type",
	"resource_id",
	"usage_amount",
	"usage_unit",
	"unblended_cost",
	"net_unblended_cost",
	"amortized_cost",
	"net_amortized_cost",
	"list_cost",
	"currency",
	"invoice_id",
};

/* Takes prefix off in whatever case. */
static bool take_prefix(struct span *s, struct span prefix)
{
	if (!span_eq_nocase(span_first(*s, prefix.len), prefix))
		return false;
	*s = span_from(*s, prefix.len);
	return true;
}

static int append_two(struct buf *b, struct span prefix, struct span rest)
{
	int r = buf_append_span(b, prefix);

	return r < 0 ? r : buf_append_span(b, rest);
}

/* Work on one header. */
struct planner {
	const char *object;
	struct fault *why;
	struct header_plan plan;
	uint32_t *suffix; /* by name id: the next number to try behind it */
	struct buf base; /* name before numbering */
	struct buf numbered;
};

static int tag_name(struct planner *w, struct plan_field *f, struct span key,
	struct span user, struct span name_key)
{
	f->family = FAMILY_TAG;
	f->is_name_tag = span_eq(key, name_key);
	w->plan.has_tags = true;
	if (span_starts(key, user))
		key = span_from(key, user.len);
	return append_two(&w->base, map_prefix(MAP_RESOURCE_TAGS), key);
}

static int ordinary_name(struct planner *w, struct span header, size_t index)
{
	int r;

	if (w->plan.table != TABLE_FOCUS && span_find(header, '/') < header.len)
		r = athena_name(header, &w->base);
	else
		r = buf_append_span(&w->base, header);
	if (r == 0 && w->base.len == 0)
		r = buf_appendf(&w->base, "column_%zu", index + 1);
	return r;
}

static int note_role(
	struct planner *w, struct plan_field *f, struct span header, uint32_t index)
{
	f->role = role_of_header(w->plan.table, header);
	if (f->role == ROLE_COUNT)
		return 0;
	if (w->plan.role_field[f->role] != COLUMNS_NONE)
		return fault(w->why, -EBADMSG, "%s: column %.*s stands twice", w->object,
			SPAN_ARG(span_first(header, COLUMNS_NAME_MAX)));
	w->plan.role_field[f->role] = index;
	return 0;
}

static int note_map(struct planner *w, struct plan_field *f, struct span header,
	enum column_map map, uint32_t index)
{
	if (w->plan.map_field[map] != COLUMNS_NONE)
		return fault(w->why, -EBADMSG, "%s: column %.*s stands twice", w->object,
			SPAN_ARG(header));
	w->plan.map_field[map] = index;
	f->family = FAMILY_MAP;
	if (map == MAP_RESOURCE_TAGS || map == MAP_TAGS || map == MAP_FOCUS_TAGS)
		w->plan.has_tags = true;
	return 0;
}

/* Family, role, and the name before numbering in w->base; empty for a map. */
static int classify(
	struct planner *w, struct plan_field *f, struct span header, uint32_t index)
{
	struct span key = header;
	enum column_map map = map_of_header(w->plan.table, header);
	int r;

	if (map != MAP_COUNT)
		return note_map(w, f, header, map, index);
	if (w->plan.table == TABLE_FOCUS) {
		r = note_role(w, f, header, index);
		return r < 0 ? r : ordinary_name(w, header, index);
	}
	if (take_prefix(&key, SPAN("resourceTags/")))
		return tag_name(w, f, key, SPAN("user:"), SPAN("user:Name"));
	/* Athena's names, and CUR 2.0 queries that pick single tags. */
	if (take_prefix(&key, SPAN("resource_tags_")))
		return tag_name(w, f, key, SPAN("user_"), SPAN("user_name"));
	if (take_prefix(&key, SPAN("costCategory/")) ||
		take_prefix(&key, SPAN("cost_category_"))) {
		f->family = FAMILY_CATEGORY;
		return append_two(&w->base, map_prefix(MAP_COST_CATEGORY), key);
	}
	r = note_role(w, f, header, index);
	return r < 0 ? r : ordinary_name(w, header, index);
}

static int number_name(struct planner *w, uint32_t taken, uint32_t *ret)
{
	uint32_t id;
	int r;

	do {
		buf_clear(&w->numbered);
		r = buf_append_span(&w->numbered, buf_span(&w->base));
		if (r == 0)
			r = buf_appendf(&w->numbered, "_%u", w->suffix[taken] + 2);
		if (r < 0)
			return r;
		w->suffix[taken]++;
		r = intern_find(w->plan.names, buf_span(&w->numbered), &id);
	} while (r == 0);
	return intern_add(w->plan.names, buf_span(&w->numbered), ret);
}

static int unique_name(struct planner *w, uint32_t *ret)
{
	uint32_t taken;

	if (intern_find(w->plan.names, buf_span(&w->base), &taken) == 0)
		return number_name(w, taken, ret);
	return intern_add(w->plan.names, buf_span(&w->base), ret);
}

static bool is_tail(struct span name)
{
	return span_ends(name, SPAN("description")) ||
		span_eq_nocase(name, SPAN("ChargeDescription")) ||
		span_ends(name, SPAN("legal_entity")) ||
		span_ends(name, SPAN("invoicing_entity"));
}

static int plan_field(struct planner *w, struct span header, uint32_t index)
{
	struct plan_field *f = &w->plan.fields[index];
	int r;

	*f = (struct plan_field){ .role = ROLE_COUNT, .name = COLUMNS_NONE };
	buf_clear(&w->base);
	r = classify(w, f, header, index);
	if (r == -EFBIG)
		return fault(w->why, -E2BIG,
			"%s: the name of column %u has %zu bytes, more than %d",
			w->object, (unsigned)index + 1, header.len, COLUMNS_NAME_MAX);
	if (r < 0 || f->family == FAMILY_MAP)
		return r;
	if (f->family == FAMILY_ORDINARY) {
		f->kind = column_kind_of(w->plan.table, buf_span(&w->base));
		f->tail = is_tail(buf_span(&w->base));
	}
	f->is_column = f->role > ROLE_AMORTIZED;
	return f->is_column ? unique_name(w, &f->name) : 0;
}

/* How a legacy report spells what money and accounts depend on. */
static const char *legacy_name(enum role role)
{
	return role == ROLE_ACCOUNT_ID ? " (lineItem/UsageAccountId)"
				       : " (lineItem/UnblendedCost)";
}

static int need_role(struct planner *w, enum role role)
{
	enum export_table table = w->plan.table;
	const char *name = role_name(table, role);

	if (w->plan.role_field[role] != COLUMNS_NONE)
		return 0;
	(void)fault(w->why, -EBADMSG, "%s: has no column %s%s", w->object, name,
		table == TABLE_FOCUS ? "" : legacy_name(role));
	if (table == TABLE_LEGACY)
		fault_cure(w->why,
			"give the report as AWS delivered it: every Cost and Usage "
			"Report has this column");
	else
		fault_cure(w->why,
			"add %s, under that very name, to the columns of the export",
			name);
	return -EBADMSG;
}

/* FOCUS: what has no account of its own is the payer's. */
static int need_account(struct planner *w)
{
	if (w->plan.role_field[ROLE_PAYER_ID] != COLUMNS_NONE)
		return 0;
	return need_role(w, ROLE_ACCOUNT_ID);
}

static int plan_all(struct planner *w, const struct span *header, size_t count)
{
	struct header_plan *p = &w->plan;
	struct plan_field *region;
	uint32_t id;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(leading_names) && r == 0; i++)
		r = intern_add(p->names, span_of(leading_names[i]), &id);
	for (size_t i = 0; i < count && r == 0; i++)
		r = plan_field(w, header[i], (uint32_t)i);
	if (r == 0)
		r = need_account(w);
	if (r == 0)
		r = need_role(w, ROLE_UNBLENDED);
	if (r < 0)
		return r;
	if (p->role_field[ROLE_REGION] != COLUMNS_NONE &&
		p->role_field[ROLE_REGION_CODE] == COLUMNS_NONE) {
		region = &p->fields[p->role_field[ROLE_REGION]];
		region->is_column = false;
		region->is_column_if_listed = true;
	}
	return 0;
}

static int refuse_table(enum export_table table, const char *object, struct fault *why)
{
	switch (table) {
	case TABLE_RECOMMENDATIONS:
		return fault(why, -ENOTSUP,
			"%s: is an export of cost optimization recommendations, not of "
			"costs",
			object);
	case TABLE_CARBON:
		return fault(why, -ENOTSUP,
			"%s: is an export of carbon emissions, not of costs", object);
	case TABLE_UNKNOWN:
		return fault(why, -ENOTSUP,
			"%s: has the header of no cost export (no column "
			"lineItem/UsageAccountId, line_item_usage_account_id or "
			"BilledCost)",
			object);
	case TABLE_LEGACY:
	case TABLE_CUR2:
	case TABLE_FOCUS:
		break;
	}
	return 0;
}

static int planner_init(struct planner *w, size_t count)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		w->plan.role_field[i] = COLUMNS_NONE;
	for (size_t i = 0; i < MAP_COUNT; i++)
		w->plan.map_field[i] = COLUMNS_NONE;
	w->plan.count = count;
	w->plan.fields = vec_alloc(count + 1, sizeof(*w->plan.fields));
	w->plan.names = intern_new();
	w->suffix = vec_alloc(count + ARRAY_LEN(leading_names), sizeof(*w->suffix));
	return w->plan.fields && w->plan.names && w->suffix ? 0 : -ENOMEM;
}

int header_plan_make(const struct span *header, size_t count, const char *name,
	struct header_plan *ret, struct fault *why)
{
	struct planner w = {
		.object = name,
		.why = why,
		.base = BUF_INIT(COLUMNS_NAME_MAX),
		.numbered = BUF_INIT(COLUMNS_NAME_MAX + 16),
	};
	int r;

	w.plan.table = table_of_header(header, count);
	r = refuse_table(w.plan.table, name, why);
	if (r < 0)
		return r;
	if (count > LAYOUT_COLUMNS_MAX)
		return fault(why, -E2BIG, "%s: has %zu columns, more than %d", name,
			count, LAYOUT_COLUMNS_MAX);
	r = planner_init(&w, count);
	if (r == 0)
		r = plan_all(&w, header, count);
	if (r == 0)
		*ret = w.plan;
	else
		header_plan_finish(&w.plan);
	free(w.suffix);
	buf_finish(&w.base);
	buf_finish(&w.numbered);
	return r;
}

void header_plan_finish(struct header_plan *p)
{
	if (!p)
		return;
	free(p->fields);
	intern_free(p->names);
	*p = (struct header_plan){ .count = 0 };
}

struct span header_plan_name(const struct header_plan *p, const struct plan_field *f)
{
	return intern_text(p->names, f->name);
}
