#include "fs/finding/bill.h"

#include <errno.h>

#include "fs/view/lead.h"

static const char *const lack_of[] = {
	"the bill has not been read",
	"the export has no resource ids",
	"the bill has no lines yet",
};

/* Sums alone have no resources. */
static const char *lack_of_month(const struct month *m)
{
	const struct month_facts *facts = m ? month_facts(m) : NULL;

	if (!facts || facts->sums.dims || facts->month.number == 0)
		return lack_of[0];
	return facts->has_resources ? NULL : lack_of[1];
}

static void take_month(struct bill *b, const struct finding_input *in,
	const struct month *m, enum bill_month which)
{
	b->months[which] = m;
	b->has_account[which] =
		month_find_account(m, span_of(in->account), &b->account[which]) == 0;
}

/* Lines may begin later than the month does, and say that they end after it. */
static void set_days(struct bill *b, struct day today)
{
	const struct month *newest = b->months[BILL_NEWEST],
			   *before = b->months[BILL_BEFORE];
	const struct month_facts *facts = month_facts(newest);
	const struct month_facts *early = month_facts(before ? before : newest);
	int32_t end = month_first_day(facts->month).number + month_days(facts->month) - 1;

	b->origin = month_first_day(early->month);
	b->first =
		early->first_day.number > b->origin.number ? early->first_day : b->origin;
	b->last = facts->last_day;
	if (b->last.number == DAY_NONE && before)
		b->last = early->last_day;
	if (b->last.number > end)
		b->last.number = end;
	if (b->last.number > today.number)
		b->last = today;
}

struct bill bill_of(const struct finding_input *in)
{
	struct bill b = { .lack = lack_of_month(in->newest), .stop = in->stop };

	if (b.lack)
		return b;
	take_month(&b, in, in->newest, BILL_NEWEST);
	if (in->before && !lack_of_month(in->before) &&
		month_facts(in->before)->month.number + 1 ==
			month_facts(in->newest)->month.number)
		take_month(&b, in, in->before, BILL_BEFORE);
	set_days(&b, instant_day(in->now));
	if (b.last.number < b.first.number)
		b.lack = lack_of[2];
	return b;
}

unsigned bill_days(const struct bill *b)
{
	return b->lack ? 0 : (unsigned)(b->last.number - b->first.number) + 1;
}

struct span bill_id(struct span resource)
{
	size_t at;

	if (!span_starts(resource, SPAN("arn:")))
		return resource;
	at = span_rfind(resource, '/');
	if (at == resource.len)
		at = span_rfind(resource, ':');
	return span_from(resource, at + 1);
}

/* Goes through the account's slices of one month. */
struct slices {
	uint32_t next, end;
};

static struct slices slices_of(const struct bill *b, enum bill_month which)
{
	struct slices s = { 0 };

	if (!b->lack && b->months[which] && b->has_account[which]) {
		uint32_t count = month_account_slices(
			b->months[which], b->account[which], &s.next);

		s.end = s.next + count;
	}
	return s;
}

static bool has_any(const struct month *m, uint32_t slice, const struct intern *ids)
{
	const struct month_resource *resources = month_resources(m, slice);
	uint32_t count = month_slice(m, slice)->resource_count, id;

	for (uint32_t i = 0; i < count; i++)
		if (intern_find(ids, bill_id(month_text(m, resources[i].id)), &id) == 0)
			return true;
	return false;
}

static bool is_use(struct span charge_type)
{
	return span_eq(charge_type, SPAN("Usage")) ||
		span_eq(charge_type, SPAN("DiscountedUsage")) ||
		span_eq(charge_type, SPAN("SavingsPlanCoveredUsage"));
}

/* Cells that are read as texts; each may need memory of its own. */
enum { TEXT_RESOURCE, TEXT_CHARGE, TEXT_USAGE, TEXT_OPERATION, TEXT_COUNT };
enum { PIECE_BYTES_MAX = 1 << 30, TEXT_BYTES_MAX = 1 << 26 };

struct reader {
	const struct bill *bill;
	const struct bill_scan *scan;
	enum bill_month month;
	struct buf piece, texts[TEXT_COUNT];
};

static int read_instant(struct span cell, struct instant *ret)
{
	*ret = (struct instant){ INSTANT_NONE };
	if (cell.len == 0)
		return 0;
	return instant_parse(cell, ret) < 0 ? -EBADMSG : 0;
}

static int read_money(struct span cell, struct money *ret)
{
	*ret = (struct money){ 0 };
	if (cell.len == 0)
		return 0;
	return money_parse(cell, ret, NULL) < 0 ? -EBADMSG : 0;
}

/* Every day that the line is of. An end at midnight is that of the day before. */
static uint64_t days_of(const struct bill *b, const struct bill_line *line)
{
	int64_t first, last, origin = b->origin.number;
	uint64_t days = 0;

	if (line->start.seconds == INSTANT_NONE)
		return 0;
	first = last = instant_day(line->start).number;
	if (line->end.seconds > line->start.seconds)
		last = instant_day((struct instant){ line->end.seconds - 1 }).number;
	if (first < origin)
		first = origin;
	if (last > b->last.number)
		last = b->last.number;
	for (int64_t day = first; day <= last && day - origin < BILL_DAYS_MAX; day++)
		days |= (uint64_t)1 << (day - origin);
	return days;
}

static int read_cells(struct reader *r, const struct lead_row *row, struct bill_line *ret)
{
	int e = lead_text(row, LEAD_USAGE_TYPE, &r->texts[TEXT_USAGE], &ret->usage_type);

	if (e == 0)
		e = lead_text(
			row, LEAD_OPERATION, &r->texts[TEXT_OPERATION], &ret->operation);
	if (e == 0)
		e = read_instant(row->cell[LEAD_USAGE_START], &ret->start);
	if (e == 0)
		e = read_instant(row->cell[LEAD_USAGE_END], &ret->end);
	if (e == 0)
		e = read_money(row->cell[LEAD_USAGE_AMOUNT], &ret->amount);
	if (e == 0)
		e = read_money(row->cell[LEAD_UNBLENDED], &ret->unblended);
	ret->has_amount = row->cell[LEAD_USAGE_AMOUNT].len > 0;
	return e;
}

static int read_row(struct reader *r, const struct lead_row *row)
{
	struct bill_line line = { .month = r->month };
	struct span resource;
	uint32_t id;
	int e = lead_text(row, LEAD_RESOURCE_ID, &r->texts[TEXT_RESOURCE], &resource);

	if (e < 0 || resource.len == 0 ||
		intern_find(r->scan->ids, bill_id(resource), &id) < 0)
		return e;
	e = lead_text(row, LEAD_CHARGE_TYPE, &r->texts[TEXT_CHARGE], &line.charge_type);
	if (e < 0 || !is_use(line.charge_type))
		return e;
	e = read_cells(r, row, &line);
	if (e < 0)
		return e;
	line.days = days_of(r->bill, &line);
	return r->scan->line(r->scan->context, id, &line);
}

static int read_piece(struct reader *r, uint32_t slice, uint64_t piece, struct fault *why)
{
	struct lead_row row;
	struct span rest;
	const struct bill *b = r->bill;
	int e = b->stop && atomic_load(b->stop)
		? -ECANCELED
		: month_piece(b->months[r->month], slice, piece, &r->piece, why);

	if (e < 0)
		return e;
	rest = buf_span(&r->piece);
	while ((e = lead_next(&rest, LEAD_UNBLENDED, &row)) > 0) {
		e = read_row(r, &row);
		if (e < 0)
			break;
	}
	if (e == -EBADMSG)
		return fault(why, e, "reading cached rows: a piece is damaged");
	return e == -EFBIG ? -ENOMEM : e;
}

bool bill_passes(const struct bill *b, const struct bill_scan *scan, enum bill_month m)
{
	return b->lack || !b->months[m] ||
		(m == BILL_BEFORE &&
			scan->since.number >=
				month_first_day(
					month_facts(b->months[BILL_NEWEST])->month)
					.number);
}

static int read_month(struct reader *r, struct fault *why)
{
	const struct month *m = r->bill->months[r->month];
	struct slices s = slices_of(r->bill, r->month);
	int e = 0;

	for (; e == 0 && s.next < s.end; s.next++) {
		uint64_t pieces = month_slice(m, s.next)->extent_count;

		if (!has_any(m, s.next, r->scan->ids))
			continue;
		for (uint64_t piece = 0; e == 0 && piece < pieces; piece++)
			e = read_piece(r, s.next, piece, why);
	}
	return e;
}

int bill_read(const struct bill *b, const struct bill_scan *scan, struct fault *why)
{
	struct reader r = { .bill = b, .scan = scan, .piece = BUF_INIT(PIECE_BYTES_MAX) };
	int e = 0;

	for (size_t i = 0; i < TEXT_COUNT; i++)
		r.texts[i] = BUF_INIT(TEXT_BYTES_MAX);
	for (int m = BILL_MONTHS - 1; e == 0 && m >= 0; m--) {
		r.month = (enum bill_month)m;
		if (!bill_passes(b, scan, r.month) && intern_count(scan->ids))
			e = read_month(&r, why);
	}
	for (size_t i = 0; i < TEXT_COUNT; i++)
		buf_finish(&r.texts[i]);
	buf_finish(&r.piece);
	return e;
}

static bool is_service(
	const struct month *m, uint32_t slice, const struct bill_service *service)
{
	struct span code =
		month_text(m, month_service(m, month_slice(m, slice)->service)->code);

	return span_eq(code, service->code) || span_eq(code, service->name);
}

int bill_resources(const struct bill *b, enum bill_month month,
	const struct bill_service *service, bill_resource_fn *fn, void *context)
{
	const struct month *m = b->months[month];
	struct slices s = slices_of(b, month);
	int r = 0;

	for (; r == 0 && s.next < s.end; s.next++) {
		const struct month_resource *resources = month_resources(m, s.next);
		uint32_t count = month_slice(m, s.next)->resource_count;

		if (!is_service(m, s.next, service))
			continue;
		for (uint32_t i = 0; r == 0 && i < count; i++)
			if (month_text(m, resources[i].id).len)
				r = fn(context, m, &resources[i]);
	}
	return r;
}

unsigned bill_run(uint64_t days)
{
	unsigned run = 0;

	if (days == 0)
		return 0;
	days <<= __builtin_clzll(days);
	for (; days >> 63; days <<= 1)
		run++;
	return run;
}

struct day bill_last_day(const struct bill *b, uint64_t days)
{
	if (days == 0)
		return (struct day){ DAY_NONE };
	return (struct day){ b->origin.number + 63 - __builtin_clzll(days) };
}
