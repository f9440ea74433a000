/* The union of the headers of a month, and which table a header belongs to. */
#include "aws/export/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/columns.h"
#include "base/buf.h"
#include "base/vec.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

int athena_name(struct span header, struct buf *ret)
{
	size_t start = ret->len;
	bool gap = false; /* '_' is written only in front of something */
	int r = 0;

	for (size_t i = 0; i < header.len && r == 0; i++) {
		char c = header.p[i];

		if (!is_upper(c) && !is_word(c)) {
			gap = true;
			continue;
		}
		if ((gap || is_upper(c)) && ret->len > start)
			r = buf_append_byte(ret, '_');
		if (r == 0)
			r = buf_append_byte(ret, is_upper(c) ? (char)(c - 'A' + 'a') : c);
		gap = false;
	}
	if (r < 0)
		buf_truncate(ret, start);
	return r;
}

struct marks {
	bool legacy, line_item, cur2, map;
	bool billed_cost, focus;
	bool recommendation, model_version, usage_period;
};

static bool starts_nocase(struct span s, struct span prefix)
{
	return span_eq_nocase(span_first(s, prefix.len), prefix);
}

static void mark(struct marks *m, struct span h)
{
	m->legacy |= starts_nocase(h, SPAN("lineItem/"));
	m->line_item |= starts_nocase(h, SPAN("line_item_"));
	m->cur2 |= span_eq_nocase(h, SPAN("bill_payer_account_name")) ||
		span_eq_nocase(h, SPAN("line_item_usage_account_name")) ||
		span_eq_nocase(h, SPAN("resource_tags"));
	m->map |= span_eq_nocase(h, SPAN("product")) ||
		span_eq_nocase(h, SPAN("cost_category")) ||
		span_eq_nocase(h, SPAN("discount")) || span_eq_nocase(h, SPAN("tags"));
	m->billed_cost |= span_eq_nocase(h, SPAN("BilledCost"));
	m->focus |= span_eq_nocase(h, SPAN("ChargePeriodStart")) ||
		span_eq_nocase(h, SPAN("ChargeCategory")) ||
		span_eq_nocase(h, SPAN("BillingAccountId"));
	m->recommendation |= span_eq_nocase(h, SPAN("recommendation_id"));
	m->model_version |= span_eq_nocase(h, SPAN("model_version"));
	m->usage_period |= span_eq_nocase(h, SPAN("usage_period_start"));
}

enum export_table table_of_header(const struct span *header, size_t count)
{
	struct marks m = { .legacy = false };

	for (size_t i = 0; i < count; i++)
		mark(&m, header[i]);
	if (m.legacy)
		return TABLE_LEGACY;
	/* A CUR 2.0 query may leave out any column; Athena's names know no maps.
	 * FOCUS and the recommendations also have a column Tags, but no line_item_. */
	if (m.cur2 || (m.line_item && m.map))
		return TABLE_CUR2;
	if (m.line_item)
		return TABLE_LEGACY;
	if (m.billed_cost && m.focus)
		return TABLE_FOCUS;
	if (m.recommendation)
		return TABLE_RECOMMENDATIONS;
	if (m.model_version && m.usage_period)
		return TABLE_CARBON;
	return TABLE_UNKNOWN;
}

static int index_columns(const struct layout *l, struct intern *names)
{
	uint32_t id;
	int r = 0;

	for (size_t i = 0; i < l->count && r == 0; i++)
		r = intern_add(names, span_of(l->columns[i].name), &id);
	return r;
}

static int add_column(struct layout *l, const struct plan_field *f, struct span name)
{
	struct layout_column *c = &l->columns[l->count];
	char *copy = strndup(name.p, name.len);

	if (!copy)
		return -ENOMEM;
	*c = (struct layout_column){ .name = copy, .kind = f->kind, .tail = f->tail };
	l->count++;
	return 0;
}

static int add_columns(struct layout *l, const struct header_plan *p,
	const struct intern *known, const char *name, struct fault *why)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_field *f = &p->fields[i];
		uint32_t id;
		int r;

		if (!f->is_column || intern_find(known, header_plan_name(p, f), &id) == 0)
			continue;
		r = VEC_RESERVE(&l->columns, &l->cap, l->count + 1, LAYOUT_COLUMNS_MAX);
		if (r == -EFBIG)
			return fault(why, -E2BIG,
				"%s: brings the month to more than %d columns", name,
				LAYOUT_COLUMNS_MAX);
		if (r == 0)
			r = add_column(l, f, header_plan_name(p, f));
		if (r < 0)
			return r;
	}
	return 0;
}

static void cut_columns(struct layout *l, size_t count)
{
	while (l->count > count)
		free(l->columns[--l->count].name);
}

static void note_table(struct layout *l, const struct header_plan *p)
{
	l->table = p->table;
	l->has_net |= p->role_field[ROLE_NET_UNBLENDED] != COLUMNS_NONE;
	l->has_list |= p->role_field[ROLE_LIST] != COLUMNS_NONE;
	l->has_resources |= p->role_field[ROLE_RESOURCE_ID] != COLUMNS_NONE;
	l->has_invoices |= p->role_field[ROLE_INVOICE_ID] != COLUMNS_NONE;
	l->has_tags |= p->has_tags;
	for (size_t i = 0; i < MAP_COUNT; i++)
		l->has_maps |= p->map_field[i] != COLUMNS_NONE;
}

int layout_add_header(struct layout *l, const struct span *header, size_t count,
	const char *name, struct fault *why)
{
	struct header_plan p = { .count = 0 };
	struct intern *known = NULL;
	size_t before = l->count;
	int r = header_plan_make(header, count, name, &p, why);

	if (r < 0)
		return r;
	if (l->table != TABLE_UNKNOWN && l->table != p.table) {
		r = fault(why, -EBADMSG,
			"%s: is of another kind of export than the month's files before "
			"it",
			name);
		goto out;
	}
	known = intern_new();
	r = known ? index_columns(l, known) : -ENOMEM;
	if (r == 0)
		r = add_columns(l, &p, known, name, why);
	if (r == 0)
		note_table(l, &p);
	else
		cut_columns(l, before);
out:
	intern_free(known);
	header_plan_finish(&p);
	return r;
}

int layout_seal(struct layout *l)
{
	struct layout_column *tail;
	size_t kept = 0, tails = 0;

	if (l->count == 0)
		return 0;
	tail = vec_alloc(l->count, sizeof(*tail));
	if (!tail)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++) {
		if (l->columns[i].tail)
			tail[tails++] = l->columns[i];
		else
			l->columns[kept++] = l->columns[i];
	}
	memcpy(l->columns + kept, tail, tails * sizeof(*tail));
	free(tail);
	return 0;
}

void layout_finish(struct layout *l)
{
	if (!l)
		return;
	cut_columns(l, 0);
	free(l->columns);
	*l = (struct layout){ .table = TABLE_UNKNOWN };
}
