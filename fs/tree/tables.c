/* accounts.csv, services.csv and months.csv. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/store/render.h"
#include "fs/tree/inside.h"

enum { CURRENCIES_MAX = 16, LINES_MAX = 1 << 24 };

#define MONEY_HEADER                                                                     \
	"unblended_cost,net_unblended_cost,amortized_cost,net_amortized_cost,list_cost," \
	"currency,lines"

/* A row: one currency of an account or service. */
struct line {
	struct entry sum;
	struct span key, currency;
	uint32_t index;
};
struct lines {
	struct line *items;
	size_t count, cap;
};

static int append_cells(struct buf *ret, const struct span *cells, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = render_cell(cells[i], ret);
		if (r == 0)
			r = buf_append_byte(ret, ',');
	}
	return r;
}

/* m: whose text the currency is. */
static int append_money(struct buf *ret, const struct entry *e, const struct month *m)
{
	char text[MONEY_TEXT_MAX];
	int r = 0;

	for (int i = 0; i < COST_COUNT && r == 0; i++) {
		if (entry_has(e, (enum cost)i))
			r = buf_append(ret, text, money_format(e->cost[i], text));
		if (r == 0)
			r = buf_append_byte(ret, ',');
	}
	if (r == 0 && e->lines)
		r = render_cell(month_text(m, e->currency), ret);
	return r < 0 ? r : buf_appendf(ret, ",%llu", (unsigned long long)e->lines);
}

/* The sums of a scope; one of nothing where it has none. */
static int add_lines(
	struct lines *l, const struct scope *s, struct span key, uint32_t index)
{
	struct entry sums[CURRENCIES_MAX] = { 0 };
	ssize_t n = s ? view_totals(s, sums, CURRENCIES_MAX) : 0;

	if (n < 0)
		return (int)n;
	if (n > CURRENCIES_MAX)
		return -EOVERFLOW;
	for (ssize_t i = 0; i < n || i == 0; i++) {
		int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, LINES_MAX);

		if (r < 0)
			return r;
		l->items[l->count++] = (struct line){
			.sum = sums[i],
			.key = key,
			.currency = i < n ? month_text(s->month, sums[i].currency)
					  : (struct span){ 0 },
			.index = index,
		};
	}
	return 0;
}

static int cmp_lines(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	bool has_a = entry_has(&a->sum, COST_UNBLENDED);
	bool has_b = entry_has(&b->sum, COST_UNBLENDED);
	int order = (int)has_b - (int)has_a;

	if (order == 0 && has_a)
		order = money_cmp(
			b->sum.cost[COST_UNBLENDED], a->sum.cost[COST_UNBLENDED]);
	if (order == 0)
		order = span_cmp(a->key, b->key);
	if (order == 0)
		order = span_cmp(a->currency, b->currency);
	return order;
}

static void sort_lines(struct lines *l)
{
	if (l->count)
		qsort(l->items, l->count, sizeof(*l->items), cmp_lines);
}

static int append_account_line(
	struct tree *t, const struct line *l, const struct month *m, struct buf *ret)
{
	struct account x = accounts_at(t->accounts, l->index);
	char first[MONTH_TEXT], last[MONTH_TEXT];
	struct span cells[] = { x.id, x.dir, { first, MONTH_TEXT },
		{ last, MONTH_TEXT } };
	int r;

	month_format(x.first, first);
	month_format(x.last, last);
	r = append_cells(ret, cells, ARRAY_LEN(cells));
	if (r == 0)
		r = append_money(ret, &l->sum, m);
	if (r == 0)
		r = buf_append_byte(ret, ',');
	if (r == 0)
		r = render_cell(x.name, ret);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

static int gather_accounts(struct tree *t, struct month *m, struct lines *l)
{
	uint32_t *slots;
	ssize_t n = accounts_sorted(t->accounts, &slots);
	int r = 0;

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n && r == 0; i++) {
		struct span id = accounts_at(t->accounts, slots[i]).id;
		struct scope s = { m, t->o.selection, 0, VIEW_ALL, VIEW_ALL };
		bool has_rows = month_find_account(m, id, &s.account) == 0;

		r = add_lines(l, has_rows ? &s : NULL, id, slots[i]);
	}
	free(slots);
	return r;
}

int render_accounts(struct tree *t, const struct known *k, struct buf *ret)
{
	struct month *m = known_newest(k);
	struct lines l = { 0 };
	int r = buf_append_text(ret,
		"account_id,directory,first_month,last_month," MONEY_HEADER ",name\n");

	if (r < 0 || !m)
		return r;
	r = gather_accounts(t, m, &l);
	sort_lines(&l);
	for (size_t i = 0; i < l.count && r == 0; i++)
		r = append_account_line(t, &l.items[i], m, ret);
	free(l.items);
	return r;
}

static int append_service_line(
	const struct line *l, const struct month *m, struct buf *ret)
{
	const struct month_service *x = month_service(m, l->index);
	struct span cells[] = { l->key, month_text(m, x->dir) };
	int r = append_cells(ret, cells, ARRAY_LEN(cells));

	if (r == 0)
		r = append_money(ret, &l->sum, m);
	if (r == 0)
		r = buf_append_byte(ret, ',');
	if (r == 0)
		r = render_cell(month_text(m, x->name), ret);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

int render_services(struct tree *t, const struct known *k, struct buf *ret)
{
	struct month *m = known_newest(k);
	struct node all = { .place = place_of(PLACE_SERVICES), .month = m };
	struct lines l = { 0 };
	int r = buf_append_text(ret, "service,directory," MONEY_HEADER ",name\n");

	if (r < 0 || !m)
		return r;
	for (uint32_t i = 0; i < month_service_count(m) && r == 0; i++) {
		struct scope s = { m, t->o.selection, VIEW_ALL, i, VIEW_ALL };

		if (has_service(t, &all, i))
			r = add_lines(
				&l, &s, month_text(m, month_service(m, i)->code), i);
	}
	sort_lines(&l);
	for (size_t i = 0; i < l.count && r == 0; i++)
		r = append_service_line(&l.items[i], m, ret);
	free(l.items);
	return r;
}

static int append_month_cells(
	const struct month_status *s, const char *status, struct buf *ret)
{
	char month[MONTH_TEXT], as_of[INSTANT_TEXT];
	struct span cells[] = { { month, MONTH_TEXT }, span_of(status),
		{ as_of, s->as_of.seconds == INSTANT_NONE ? 0 : INSTANT_TEXT } };

	month_format(s->month, month);
	if (s->as_of.seconds != INSTANT_NONE)
		instant_format(s->as_of, as_of);
	return append_cells(ret, cells, ARRAY_LEN(cells));
}

static int append_unread_month(const struct month_status *s, struct buf *ret)
{
	int r = append_month_cells(
		s, s->state == MONTH_FAILED ? "failed" : "unread", ret);

	return r < 0 ? r : buf_append_text(ret, ",,,,,,\n");
}

static int append_read_month(
	struct tree *t, const struct month_status *s, struct month *m, struct buf *ret)
{
	struct scope all = { m, t->o.selection, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct lines l = { 0 };
	int r = add_lines(&l, &all, (struct span){ 0 }, 0);

	sort_lines(&l);
	for (size_t i = 0; i < l.count && r == 0; i++) {
		r = append_month_cells(s, month_finality(t, m), ret);
		if (r == 0)
			r = append_money(ret, &l.items[i].sum, m);
		if (r == 0)
			r = buf_append_byte(ret, '\n');
	}
	free(l.items);
	return r;
}

int render_months(struct tree *t, const struct known *k, struct buf *ret)
{
	int r = buf_append_text(ret, "month,status,as_of," MONEY_HEADER "\n");

	for (size_t i = 0; i < k->count && r == 0; i++) {
		if (k->month[i])
			r = append_read_month(t, &k->status[i], k->month[i], ret);
		else
			r = append_unread_month(&k->status[i], ret);
	}
	return r;
}
