#include "fs/finding/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/store/render.h"

#define HEADER                                                                           \
	"checked,as_of,status,region,resource_id,name,why,evidence,threshold,"           \
	"month_to_date_cost,last_month_cost,currency\n"

enum { REGION, ID, NAME, WHY, EVIDENCE, TEXT_COUNT };
enum { FRAME_MAX = 64 * 1024 };
static const size_t TEXTS_MAX = (size_t)1 << 32;
static const size_t COSTS_MAX = (size_t)1 << 28;
static const char *const status_texts[] = {
	[REPORT_FINDING] = "finding", [REPORT_NO_DATA] = "no data", [REPORT_NONE] = "none"
};

struct report_row {
	enum report_status status;
	size_t text, ends[TEXT_COUNT]; /* offsets in texts */
	size_t cost_first, cost_count; /* in costs */
};
struct report {
	struct report_row *rows;
	size_t count, cap;
	struct buf texts;
	struct intern *ids; /* of resources that cost */
	uint32_t *costs; /* ids */
	size_t cost_count, cost_cap;
};

struct report *report_new(void)
{
	struct report *r = vec_alloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->texts = BUF_INIT(TEXTS_MAX);
	r->ids = intern_new();
	if (!r->ids) {
		free(r);
		return NULL;
	}
	return r;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	free(r->rows);
	free(r->costs);
	buf_finish(&r->texts);
	intern_free(r->ids);
	free(r);
}

size_t report_count(const struct report *r)
{
	return r->count;
}

int report_add(struct report *r, const struct report_item *item)
{
	const struct span texts[] = { item->region, item->id, item->name, item->why,
		item->evidence };
	struct report_row row = {
		.status = item->status, .text = r->texts.len, .cost_first = r->cost_count
	};
	int e = VEC_RESERVE(&r->rows, &r->cap, r->count + 1, (size_t)FINDING_ROWS_MAX);

	for (size_t i = 0; e == 0 && i < TEXT_COUNT; i++) {
		e = buf_append_span(&r->texts, texts[i]);
		row.ends[i] = r->texts.len;
	}
	if (e < 0)
		buf_truncate(&r->texts, row.text);
	else
		r->rows[r->count++] = row;
	return e;
}

int report_cost(struct report *r, struct span resource)
{
	uint32_t id = 0;
	int e = VEC_RESERVE(&r->costs, &r->cost_cap, r->cost_count + 1, COSTS_MAX);

	if (e == 0)
		e = intern_add(r->ids, bill_id(resource), &id);
	if (e < 0)
		return e;
	r->costs[r->cost_count++] = id;
	r->rows[r->count - 1].cost_count++;
	return 0;
}

static struct span text_of(
	const struct report *r, const struct report_row *row, size_t text)
{
	size_t begin = text ? row->ends[text - 1] : row->text;

	return span_first(span_from(buf_span(&r->texts), begin), row->ends[text] - begin);
}

/* A row in one currency. */
struct line {
	const struct report *report;
	const struct report_row *row;
	struct span currency;
	bool has[BILL_MONTHS];
	struct money cost[BILL_MONTHS];
};
static const size_t LINES_MAX = (size_t)1 << 26;

/* Rows become lines. */
struct printer {
	const struct report *report;
	const struct bill *bill;
	struct bill_costs costs;
	struct groups sums; /* of one row, by month and currency */
	struct line *lines;
	size_t count, cap;
};

static int add_line(struct printer *p, const struct line *line)
{
	int e = VEC_RESERVE(&p->lines, &p->cap, p->count + 1, LINES_MAX);

	if (e == 0)
		p->lines[p->count++] = *line;
	return e;
}

static int sum_row(struct printer *p, const struct report_row *row)
{
	groups_clear(&p->sums);
	for (size_t i = 0; i < row->cost_count; i++) {
		uint32_t id = p->report->costs[row->cost_first + i];

		for (uint32_t at = p->costs.first[id]; at; at = p->costs.next[at - 1]) {
			const struct group *from = &p->costs.groups.items[at - 1];
			const uint32_t key[GROUP_KEYS] = { from->key[1] };
			struct group *to;
			int e = groups_add(&p->sums, key, &from->sum, &to);

			if (e < 0)
				return e;
		}
	}
	return 0;
}

/* What a row costs that has no lines in the bill. */
static struct line zero_line(const struct printer *p, const struct report_row *row)
{
	struct line line = { .report = p->report, .row = row };

	for (size_t m = 0; m < BILL_MONTHS; m++)
		line.has[m] = row->cost_count && !p->bill->lack && p->bill->months[m];
	if (line.has[BILL_NEWEST] && intern_count(p->costs.currencies) == 1)
		line.currency = intern_text(p->costs.currencies, 0);
	return line;
}

/* In one currency; of a month that has none of it the sum is 0. */
static void take_sums(const struct printer *p, uint32_t currency, struct line *line)
{
	line->currency = intern_text(p->costs.currencies, currency);
	for (uint32_t m = 0; m < BILL_MONTHS; m++) {
		const uint32_t key[GROUP_KEYS] = { m };
		const struct group *g = groups_find(&p->sums, key, currency);

		if (!g)
			continue;
		line->has[m] = entry_has(&g->sum, COST_UNBLENDED);
		line->cost[m] = g->sum.cost[COST_UNBLENDED];
	}
}

static int add_row(struct printer *p, const struct report_row *row)
{
	size_t before = p->count;
	struct line line;
	int e = sum_row(p, row);

	for (size_t i = 0; e == 0 && i < p->sums.count; i++) {
		static const uint32_t newest[GROUP_KEYS] = { BILL_NEWEST };
		const struct group *g = &p->sums.items[i];

		/* Once for both months. */
		if (g->key[0] == BILL_BEFORE &&
			groups_find(&p->sums, newest, g->sum.currency))
			continue;
		line = zero_line(p, row);
		take_sums(p, g->sum.currency, &line);
		e = add_line(p, &line);
	}
	if (e < 0 || p->count > before)
		return e;
	line = zero_line(p, row);
	return add_line(p, &line);
}

static int compare_costs(const struct line *a, const struct line *b)
{
	bool a_has = a->has[BILL_NEWEST], b_has = b->has[BILL_NEWEST];

	if (a_has != b_has)
		return a_has ? -1 : 1;
	return a_has ? money_cmp(b->cost[BILL_NEWEST], a->cost[BILL_NEWEST]) : 0;
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int order = 0;

	if (a->row->status != b->row->status)
		return a->row->status < b->row->status ? -1 : 1;
	order = compare_costs(a, b);
	for (size_t i = 0; order == 0 && i < TEXT_COUNT; i++)
		order = span_cmp(
			text_of(a->report, a->row, i), text_of(b->report, b->row, i));
	return order ? order : span_cmp(a->currency, b->currency);
}

static int put_costs(const struct line *line, struct buf *ret)
{
	int e = 0;

	for (size_t m = 0; e == 0 && m < BILL_MONTHS; m++) {
		char text[MONEY_TEXT_MAX];

		if (line->has[m])
			e = buf_append(ret, text, money_format(line->cost[m], text));
		if (e == 0)
			e = buf_append_byte(ret, ',');
	}
	return e < 0 ? e : render_cell(line->currency, ret);
}

static int put_line(const struct line *line, struct span front, struct span threshold,
	struct buf *ret)
{
	int e = buf_append_span(ret, front);

	if (e == 0)
		e = buf_append_text(ret, status_texts[line->row->status]);
	for (size_t i = 0; e == 0 && i < TEXT_COUNT; i++) {
		e = buf_append_byte(ret, ',');
		if (e == 0)
			e = render_cell(text_of(line->report, line->row, i), ret);
	}
	if (e == 0)
		e = buf_append_byte(ret, ',');
	if (e == 0)
		e = render_cell(threshold, ret);
	if (e == 0)
		e = buf_append_byte(ret, ',');
	if (e == 0)
		e = put_costs(line, ret);
	return e < 0 ? e : buf_append_byte(ret, '\n');
}

/* "checked,as_of," */
static int write_front(const struct report_frame *frame, struct buf *ret)
{
	char text[INSTANT_TEXT];
	int e = render_cell(frame->checked, ret);

	if (e == 0)
		e = buf_append_byte(ret, ',');
	if (e == 0 && frame->as_of.seconds != INSTANT_NONE) {
		instant_format(frame->as_of, text);
		e = buf_append(ret, text, sizeof(text));
	}
	return e < 0 ? e : buf_append_byte(ret, ',');
}

static int put_lines(
	const struct printer *p, const struct report_frame *frame, struct buf *ret)
{
	struct buf front = BUF_INIT(FRAME_MAX);
	int e = write_front(frame, &front);

	if (e == 0)
		e = buf_append_text(ret, HEADER);
	for (size_t i = 0; e == 0 && i < p->count; i++)
		e = put_line(&p->lines[i], buf_span(&front), frame->threshold, ret);
	buf_finish(&front);
	return e;
}

int report_print(const struct report *r, const struct report_frame *frame,
	const struct bill *bill, struct buf *ret)
{
	struct printer p = { .report = r, .bill = bill };
	int e = bill_costs_of(bill, r->ids, &p.costs);

	for (size_t i = 0; e == 0 && i < r->count; i++)
		e = add_row(&p, &r->rows[i]);
	if (e == 0 && p.count)
		qsort(p.lines, p.count, sizeof(*p.lines), compare_lines);
	if (e == 0)
		e = put_lines(&p, frame, ret);
	bill_costs_finish(&p.costs);
	groups_finish(&p.sums);
	free(p.lines);
	return e;
}
