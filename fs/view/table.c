/* Renders groups as CSV. */
#include "fs/view/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/name.h"
#include "fs/store/render.h"

/* What the texts of dates can hold: 1900-01-01 to 9999-12-31. */
enum { TABLE_DAY_MIN = -25567, TABLE_DAY_MAX = 2932896 };

static struct span text_of(const struct table_source *from, uint32_t id)
{
	return from->texts ? intern_text(from->texts, id) : month_text(from->month, id);
}

/* Whether text is spelled as that name of ours, or as what that would be written as. */
static bool is_spelled_as(struct span text, struct span own)
{
	struct span rest;

	if (!span_starts(text, SPAN("%")))
		return span_eq(text, own);
	rest = span_from(text, 1);
	while (span_starts(rest, SPAN("25")))
		rest = span_from(rest, 2);
	return span_starts(rest, SPAN("5F")) &&
		span_eq(span_from(rest, 2), span_from(own, 1));
}

/* What a cell says, before it is quoted: front and then rest. */
struct words {
	struct span front, rest;
};

/* The export's text, as a name would be where it could be taken for ours: "%5Funtagged",
 * and "%255Funtagged" for that. */
static struct words words_of(struct span text, struct span own)
{
	if (!is_spelled_as(text, own))
		return (struct words){ SPAN(""), text };
	return (struct words){ text.p[0] == '%' ? SPAN("%25") : SPAN("%5F"),
		span_from(text, 1) };
}

static struct words key_words(
	const struct table_source *from, enum cell_kind kind, uint32_t id)
{
	struct span text;

	if (kind == CELL_VALUE && id == (uint32_t)TABLE_UNTAGGED)
		return (struct words){ SPAN(""), SPAN(NAME_UNTAGGED) };
	text = text_of(from, id);
	if (kind == CELL_VALUE)
		return words_of(text, SPAN(NAME_UNTAGGED));
	if (kind == CELL_REGION && text.len == 0)
		return (struct words){ SPAN(""), SPAN(NAME_NO_REGION) };
	if (kind == CELL_REGION)
		return words_of(text, SPAN(NAME_NO_REGION));
	return (struct words){ SPAN(""), text };
}

/* What is spelled as ours needs no quotes. */
static int append_words(struct buf *b, struct words w)
{
	int r;

	if (w.front.len == 0)
		return render_cell(w.rest, b);
	r = buf_append_span(b, w.front);
	return r < 0 ? r : buf_append_span(b, w.rest);
}

static unsigned char byte_at(struct words w, size_t i)
{
	return (unsigned char)(i < w.front.len ? w.front.p[i]
					       : w.rest.p[i - w.front.len]);
}

static int cmp_words(struct words a, struct words b)
{
	const size_t a_len = a.front.len + a.rest.len, b_len = b.front.len + b.rest.len;

	if (a.front.len == 0 && b.front.len == 0)
		return span_cmp(a.rest, b.rest);
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (byte_at(a, i) != byte_at(b, i))
			return byte_at(a, i) < byte_at(b, i) ? -1 : 1;
	return (a_len > b_len) - (a_len < b_len);
}

static int append_money(struct buf *b, bool has, struct money m)
{
	char text[MONEY_TEXT_MAX];

	return has ? buf_append(b, text, money_format(m, text)) : 0;
}

static int append_sums(struct buf *b, const struct table_source *from,
	const struct entry *e, bool is_split)
{
	int r = 0;

	for (enum cost c = 0; c < COST_COUNT; c++) {
		/* Shares know no lacking: that column means amortized money elsewhere. */
		bool has = is_split ? e->filled[c] > 0 : entry_has(e, c);

		r = append_money(b, has, e->cost[c]);
		if (r == 0)
			r = buf_append_byte(b, ',');
		if (r < 0)
			return r;
	}
	r = render_cell(text_of(from, e->currency), b);
	return r < 0 ? r : buf_appendf(b, ",%" PRIu64, e->lines);
}

static int append_date(struct buf *b, uint32_t key)
{
	struct day day = { (int32_t)key };
	char text[DAY_TEXT];

	if (day.number == DAY_NONE)
		return 0;
	if (day.number < TABLE_DAY_MIN || day.number > TABLE_DAY_MAX)
		return -EBADMSG;
	day_format(day, text);
	return buf_append(b, text, sizeof(text));
}

static int append_month(struct buf *b, const struct table_source *from)
{
	char text[MONTH_TEXT];

	month_format(month_facts(from->month)->month, text);
	return buf_append(b, text, sizeof(text));
}

static int append_as_of(struct buf *b, const struct table_source *from)
{
	struct instant as_of = month_facts(from->month)->as_of;
	char text[INSTANT_TEXT];

	if (as_of.seconds == INSTANT_NONE)
		return 0;
	instant_format(as_of, text);
	return buf_append(b, text, sizeof(text));
}

static const char *invoice_status(const struct table_source *from, struct span id)
{
	if (!month_facts(from->month)->has_invoices)
		return "";
	return id.len ? "final" : "estimated";
}

/* What is not billed yet has an exact sum, but no amount on an invoice. */
static int append_invoice_amount(
	struct buf *b, const struct table_source *from, const struct group *g)
{
	char text[MONEY_TEXT_MAX];
	struct money sum = g->sum.cost[COST_UNBLENDED];

	if (text_of(from, g->key[0]).len == 0 || !entry_has(&g->sum, COST_UNBLENDED))
		return 0;
	return buf_append(b, text, money_format_cents(sum, text));
}

int table_rest(const struct entry *total, const struct entry *part, struct entry *ret)
{
	struct entry rest = *total;
	bool is_part = part->lines <= total->lines;
	int r;

	for (size_t i = 0; i < COST_COUNT; i++)
		is_part = is_part && part->filled[i] <= total->filled[i];
	for (size_t i = 0; i < ARRAY_LEN(part->lacking); i++)
		is_part = is_part && part->lacking[i] <= total->lacking[i];
	if (!is_part)
		return -EBADMSG;
	r = entry_sub(&rest, part);
	if (r == 0)
		*ret = rest;
	return r;
}

static int append_coverage(
	struct buf *b, const struct table_source *from, const struct group *g)
{
	static const uint32_t none[GROUP_KEYS];
	static const struct entry no_rows;
	const struct group *total = groups_find(from->totals, none, g->sum.currency);
	const struct entry *part = g->sum.lines ? &g->sum : &no_rows;
	bool has_tagged = entry_has(&g->sum, COST_UNBLENDED), has_rest;
	char percent[MONEY_TEXT_MAX];
	size_t percent_len = 0;
	struct entry rest;
	int r = total ? table_rest(&total->sum, part, &rest) : -EBADMSG;

	if (r < 0)
		return r;
	has_rest = entry_has(rest.lines ? &rest : &total->sum, COST_UNBLENDED);
	if (has_tagged)
		percent_len = money_format_percent(part->cost[COST_UNBLENDED],
			total->sum.cost[COST_UNBLENDED], percent);
	r = append_money(b, has_tagged, part->cost[COST_UNBLENDED]);
	if (r == 0)
		r = buf_append_byte(b, ',');
	if (r == 0)
		r = append_money(b, has_rest, rest.cost[COST_UNBLENDED]);
	if (r == 0)
		r = buf_appendf(b, ",%.*s,", (int)percent_len, percent);
	if (r == 0)
		r = render_cell(text_of(from, g->sum.currency), b);
	return r < 0 ? r
		     : buf_appendf(b, ",%" PRIu64 ",%" PRIu64, part->lines, rest.lines);
}

static int append_cell(struct buf *b, const struct table_source *from,
	struct table_cell cell, const struct group *g)
{
	switch (cell.kind) {
	case CELL_TEXT:
	case CELL_REGION:
	case CELL_VALUE:
		return append_words(b, key_words(from, cell.kind, g->key[cell.key]));
	case CELL_DATE:
		return append_date(b, g->key[cell.key]);
	case CELL_LABEL:
		return g->label == GROUP_NO_LABEL
			? 0
			: render_cell(text_of(from, g->label), b);
	case CELL_MONTH:
		return append_month(b, from);
	case CELL_STATUS:
		return buf_append_text(b, from->status);
	case CELL_AS_OF:
		return append_as_of(b, from);
	case CELL_INVOICE_STATUS:
		return buf_append_text(
			b, invoice_status(from, text_of(from, g->key[cell.key])));
	case CELL_INVOICE_AMOUNT:
		return append_invoice_amount(b, from, g);
	case CELL_MONEY:
		return append_sums(b, from, &g->sum, false);
	case CELL_SPLIT:
		return append_sums(b, from, &g->sum, true);
	case CELL_COVERAGE:
		return append_coverage(b, from, g);
	case CELL_END:
		break;
	}
	return 0;
}

static int append_row(struct buf *b, const struct table *t,
	const struct table_source *from, const struct group *g)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < TABLE_CELLS && t->cells[i].kind != CELL_END;
		i++) {
		if (i > 0)
			r = buf_append_byte(b, ',');
		if (r == 0)
			r = append_cell(b, from, t->cells[i], g);
	}
	return r < 0 ? r : buf_append_byte(b, '\n');
}

struct row_ref {
	const struct group *group;
};
struct order {
	const struct table *table;
	const struct table_source *from;
	enum cell_kind kinds[GROUP_KEYS];
};

static int cmp_key(
	const struct order *o, unsigned key, const struct group *a, const struct group *b)
{
	uint32_t a_key = a->key[key], b_key = b->key[key];
	int order;

	if (a_key == b_key)
		return 0;
	if (o->kinds[key] == CELL_DATE)
		return (int32_t)a_key < (int32_t)b_key ? -1 : 1;
	order = cmp_words(key_words(o->from, o->kinds[key], a_key),
		key_words(o->from, o->kinds[key], b_key));
	if (order)
		return order;
	return a_key < b_key ? -1 : 1;
}

static int cmp_groups(const void *a, const void *b, void *context)
{
	const struct order *o = context;
	const struct group *x = ((const struct row_ref *)a)->group;
	const struct group *y = ((const struct row_ref *)b)->group;
	int order = o->table->by_date ? 0 : group_cmp_sum(x, y);

	for (unsigned k = 0; order == 0 && k < o->table->key_count; k++)
		order = cmp_key(o, k, x, y);
	if (order)
		return order;
	return span_cmp(
		text_of(o->from, x->sum.currency), text_of(o->from, y->sum.currency));
}

static int sort_rows(const struct table *t, const struct table_source *from,
	const struct groups *rows, struct row_ref **ret)
{
	struct order order = { .table = t, .from = from };
	struct row_ref *sorted = vec_alloc(rows->count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < TABLE_CELLS && t->cells[i].kind != CELL_END; i++)
		if (t->cells[i].kind <= CELL_DATE)
			order.kinds[t->cells[i].key] = t->cells[i].kind;
	for (size_t i = 0; i < rows->count; i++)
		sorted[i].group = &rows->items[i];
	qsort_r(sorted, rows->count, sizeof(*sorted), cmp_groups, &order);
	*ret = sorted;
	return 0;
}

/* 1 the row is wanted; 0 it is not; -ENOMEM. Counts those of each currency in seen. */
static int is_wanted(
	const struct table_source *from, const struct group *g, struct groups *seen)
{
	static const uint32_t none[GROUP_KEYS];
	struct group *count;
	int r;

	if (from->rows_max == 0)
		return 1;
	if (text_of(from, g->key[from->id_key]).len == 0)
		return 0;
	r = groups_put(seen, none, g->sum.currency, &count);
	return r < 0 ? r : count->sum.lines++ < from->rows_max;
}

int table_render(const struct table *t, const struct table_source *from,
	const struct groups *rows, struct buf *ret)
{
	struct row_ref *sorted = NULL;
	struct groups seen = { 0 };
	int r = buf_append_text(ret, t->header);

	if (r == 0)
		r = sort_rows(t, from, rows, &sorted);
	for (size_t i = 0; r == 0 && i < rows->count; i++) {
		const struct group *g = sorted[i].group;

		r = atomic_load(from->stop) ? -ECANCELED : is_wanted(from, g, &seen);
		if (r > 0)
			r = append_row(ret, t, from, g);
	}
	groups_finish(&seen);
	free(sorted);
	return r;
}

/* Which columns have a value anywhere, by currency. */
static int mark_filled(
	struct groups *marks, const uint32_t key[GROUP_KEYS], const struct entry *e)
{
	struct group *mark;
	int r = groups_put(marks, key, e->currency, &mark);

	if (r < 0)
		return r;
	mark->sum.filled[COST_UNBLENDED] = 1;
	for (size_t c = 0; c < COST_COUNT; c++)
		if (e->filled[c])
			mark->sum.filled[c] = 1;
	return 0;
}

static int fill_range(const struct month *m, struct groups *rows, uint32_t key1,
	const struct entry *zero)
{
	const struct month_facts *facts = month_facts(m);
	int32_t first = month_first_day(facts->month).number;
	int32_t last = first + month_days(facts->month) - 1;

	if (facts->last_day.number < last)
		last = facts->last_day.number;
	for (int32_t day = first; day <= last; day++) {
		const uint32_t key[GROUP_KEYS] = { (uint32_t)day, key1 };
		size_t before = rows->count;
		struct group *row;
		int r = groups_put(rows, key, zero->currency, &row);

		if (r < 0)
			return r;
		if (rows->count > before)
			memcpy(row->sum.filled, zero->filled, sizeof(row->sum.filled));
	}
	return 0;
}

int table_fill_days(const struct month *m, struct groups *rows)
{
	static const uint32_t none[GROUP_KEYS];
	struct groups currencies = { 0 }, seconds = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows->count; i++) {
		const uint32_t second[GROUP_KEYS] = { 0, rows->items[i].key[1] };

		r = mark_filled(&currencies, none, &rows->items[i].sum);
		if (r == 0)
			r = mark_filled(&seconds, second, &rows->items[i].sum);
	}
	for (size_t i = 0; r == 0 && i < seconds.count; i++) {
		const struct group *second = &seconds.items[i];
		const struct group *zero =
			groups_find(&currencies, none, second->sum.currency);

		if (zero)
			r = fill_range(m, rows, second->key[1], &zero->sum);
	}
	groups_finish(&currencies);
	groups_finish(&seconds);
	return r;
}
