/* Extended attributes: the original of a name, and sums without opening a file. */
#include <errno.h>

#include "fs/tree/inside.h"

enum { CURRENCIES_MAX = 16 };

enum fact {
	FACT_ID,
	FACT_NAME,
	FACT_AS_OF,
	FACT_STATUS,
	FACT_CURRENCY,
	FACT_UNBLENDED,
	FACT_AMORTIZED,
	FACT_LINES,
	FACT_GENERATION,
	FACT_COUNT,
};
static const char *const fact_names[FACT_COUNT] = { "user.costfs.id", "user.costfs.name",
	"user.costfs.as_of", "user.costfs.status", "user.costfs.currency",
	"user.costfs.unblended_cost", "user.costfs.amortized_cost", "user.costfs.lines",
	"user.costfs.generation" };

/* The deepest thing that the place is about. */
static struct span label_of(struct tree *t, const struct node *n, bool name)
{
	const struct place *p = &n->place;
	const struct month *m = n->month;
	uint32_t slice;

	if (p->kind == PLACE_LIVE_METRICS)
		return name ? (struct span){ 0 } : span_of(live_instance(t, p->resource));
	if (n->inventory && p->kind >= PLACE_LIVE_ITEM && p->kind != PLACE_LIVE_INDEX &&
		p->kind != PLACE_RESOURCE_METRICS)
		return inventory_text(
			n->inventory, p->item, name ? INVENTORY_NAME : INVENTORY_ID);
	if (place_is_live(p))
		m = NULL;
	if (m && p->resource != VIEW_ALL &&
		month_find_slice(m, p->account, p->service, &slice) == 0) {
		const struct month_resource *r = &month_resources(m, slice)[p->resource];

		return month_text(m, name ? r->name : r->id);
	}
	if (m && p->service != VIEW_ALL) {
		const struct month_service *s = month_service(m, p->service);

		return month_text(m, name ? s->name : s->code);
	}
	if (p->kind == PLACE_TABLE)
		return name ? (struct span){ 0 }
			    : span_of(tables_export(t->o.tables, p->account));
	if (p->kind >= PLACE_ACCOUNT && p->slot != PLACE_ALL) {
		struct account x = accounts_at(t->accounts, p->slot);

		return name ? x.name : x.id;
	}
	return (struct span){ 0 };
}

static int append_time(struct instant t, struct buf *ret)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return -ENODATA;
	instant_format(t, text);
	return buf_append(ret, text, INSTANT_TEXT);
}

static int append_as_of(struct tree *t, const struct node *n, struct buf *ret)
{
	struct month_status status;

	if (n->inventory)
		return append_time(inventory_time(n->inventory), ret);
	if (n->month)
		return append_time(month_facts(n->month)->as_of, ret);
	if (n->table)
		return append_time(table_file_as_of(n->table), ret);
	if (n->place.kind == PLACE_REPORT)
		return append_time(blob_time(n->blob), ret);
	if (n->place.kind != PLACE_MONTH ||
		library_status(t->o.library, n->place.month, &status) < 0)
		return -ENODATA;
	return append_time(status.as_of, ret);
}

static int append_currency(const struct month *m, const struct entry *e, struct buf *ret)
{
	struct span currency = month_text(m, e->currency);

	return currency.len ? buf_append_span(ret, currency) : -ENODATA;
}

static int append_cost(const struct entry *e, enum cost cost, struct buf *ret)
{
	char text[MONEY_TEXT_MAX];

	if (!entry_has(e, cost))
		return -ENODATA;
	return buf_append(ret, text, money_format(e->cost[cost], text));
}

/* Of several currencies the values stand in the same order, with commas between. */
static int append_sum(
	struct tree *t, const struct node *n, enum fact fact, struct buf *ret)
{
	struct scope s = node_scope(t, n);
	struct entry sums[CURRENCIES_MAX];
	uint64_t lines = 0;
	ssize_t count = view_totals(&s, sums, CURRENCIES_MAX);
	int r = 0;

	if (count < 0)
		return (int)count;
	if (count > CURRENCIES_MAX || (count == 0 && fact != FACT_LINES))
		return -ENODATA;
	for (ssize_t i = 0; i < count && r == 0; i++) {
		lines += sums[i].lines;
		if (fact == FACT_LINES)
			continue;
		if (i > 0)
			r = buf_append_byte(ret, ',');
		if (r == 0 && fact == FACT_CURRENCY)
			r = append_currency(n->month, &sums[i], ret);
		else if (r == 0)
			r = append_cost(&sums[i],
				fact == FACT_UNBLENDED ? COST_UNBLENDED : COST_AMORTIZED,
				ret);
	}
	if (r == 0 && fact == FACT_LINES)
		r = buf_appendf(ret, "%llu", (unsigned long long)lines);
	return r;
}

static int append_fact(
	struct tree *t, const struct node *n, enum fact fact, struct buf *ret)
{
	/* Of costs. */
	const struct month *m = place_is_live(&n->place) ? NULL : n->month;
	struct scope s = node_scope(t, n);
	struct span label;

	switch (fact) {
	case FACT_ID:
	case FACT_NAME:
		label = label_of(t, n, fact == FACT_NAME);
		return label.len ? buf_append_span(ret, label) : -ENODATA;
	case FACT_AS_OF:
		return append_as_of(t, n, ret);
	case FACT_STATUS:
		label = span_of(m ? view_status(&s) : "");
		return label.len ? buf_append_span(ret, label) : -ENODATA;
	case FACT_LINES:
		if (n->table)
			return buf_appendf(ret, "%llu",
				(unsigned long long)table_file_rows(n->table));
		return m ? append_sum(t, n, fact, ret) : -ENODATA;
	case FACT_CURRENCY:
	case FACT_UNBLENDED:
	case FACT_AMORTIZED:
		return m ? append_sum(t, n, fact, ret) : -ENODATA;
	case FACT_GENERATION:
		if (n->table)
			return buf_append_text(ret, table_file_id(n->table));
		return m ? buf_append_text(ret, month_facts(m)->id) : -ENODATA;
	case FACT_COUNT:
		break;
	}
	return -ENODATA;
}

/* A month that nobody has entered yet answers if it is at hand. */
static int get_node(struct tree *t, uint64_t id, struct node *ret)
{
	struct tree_need need = { .caller = 0 };
	struct ask a = { t, false, &need, NULL };
	struct month *m;
	int r = node_at_hand(t, id, ret);

	/* Never fetches anything. */
	if (r == -EAGAIN)
		return -ENODATA;
	if (r < 0 || ret->place.kind != PLACE_MONTH || ret->month)
		return r;
	if (library_get(t->o.library, ret->place.month, false, &m, NULL) < 0)
		return 0;
	month_unref(m);
	r = ask_enter(&a, ret);
	if (r == -ENOMEM)
		node_finish(ret);
	return r == -ENOMEM ? r : 0;
}

int tree_getxattr(struct tree *t, uint64_t node, struct span name, struct buf *ret)
{
	struct node n;
	int fact = 0, r;

	while (fact < FACT_COUNT && !span_eq(span_of(fact_names[fact]), name))
		fact++;
	if (fact == FACT_COUNT)
		return span_starts(name, SPAN("user.")) ? -ENODATA : -EOPNOTSUPP;
	r = get_node(t, node, &n);
	if (r < 0)
		return r;
	buf_clear(ret);
	r = append_fact(t, &n, (enum fact)fact, ret);
	node_finish(&n);
	return r;
}

int tree_listxattr(struct tree *t, uint64_t node, struct buf *ret)
{
	struct buf value = BUF_INIT(TREE_TEXT_MAX);
	struct node n;
	int r = get_node(t, node, &n);

	if (r < 0)
		return r;
	buf_clear(ret);
	for (int i = 0; i < FACT_COUNT && r == 0; i++) {
		buf_clear(&value);
		r = append_fact(t, &n, (enum fact)i, &value);
		if (r == 0)
			r = buf_append(
				ret, fact_names[i], span_of(fact_names[i]).len + 1);
		else if (r == -ENODATA)
			r = 0;
	}
	node_finish(&n);
	buf_finish(&value);
	return r;
}
