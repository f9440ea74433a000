/* A report as a workbook: its parts as sheets, whole. */
#include <errno.h>

#include "fs/form/report_sheets.h"
#include "fs/form/xlsx_book.h"

enum report_sheet {
	SHEET_TOTAL,
	SHEET_SERVICES,
	SHEET_ACCOUNTS,
	SHEET_DAYS,
	SHEET_RESOURCES,
	SHEET_TAGS,
	SHEET_CHARGES,
	REPORT_SHEET_COUNT,
};

static const struct {
	struct span name;
	const char *exact;
} names[REPORT_SHEET_COUNT] = {
	[SHEET_TOTAL] = { { "total", 5 }, "total exact" },
	[SHEET_SERVICES] = { { "services", 8 }, "services exact" },
	[SHEET_ACCOUNTS] = { { "accounts", 8 }, "accounts exact" },
	[SHEET_DAYS] = { { "days", 4 }, "days exact" },
	[SHEET_RESOURCES] = { { "resources", 9 }, "resources exact" },
	[SHEET_TAGS] = { { "tags", 4 }, "tags exact" },
	[SHEET_CHARGES] = { { "charges", 7 }, "charges exact" },
};

struct filling {
	const struct report *r;
	const struct form_about *about;
	struct sheet made[REPORT_SHEET_COUNT]; /* zeroed: it is the part itself */
	struct xlsx_table tables[REPORT_SHEET_COUNT];
};

static int make_compared(struct filling *f, enum report_sheet number,
	enum report_part part, enum report_part before, struct span key)
{
	f->tables[number].s = &f->r->sheets[part];
	if (f->r->in->before != REPORT_BEFORE_READ)
		return 0;
	f->tables[number].s = &f->made[number];
	return report_sheet_compared(f->r, part, before, key, &f->made[number]);
}

static int make_sheets(struct filling *f)
{
	int r = make_compared(
		f, SHEET_TOTAL, REPORT_TOTAL, REPORT_TOTAL_BEFORE, (struct span){ 0 });

	if (r == 0)
		r = make_compared(f, SHEET_SERVICES, REPORT_BY_SERVICE,
			REPORT_BY_SERVICE_BEFORE, SPAN("service"));
	if (r == 0)
		r = make_compared(f, SHEET_ACCOUNTS, REPORT_BY_ACCOUNT,
			REPORT_BY_ACCOUNT_BEFORE, SPAN("account_id"));
	if (r == 0)
		r = report_sheet_resources(f->r, &f->made[SHEET_RESOURCES]);
	if (r == 0)
		r = report_sheet_charges(f->r, &f->made[SHEET_CHARGES]);
	f->tables[SHEET_DAYS].s = &f->r->sheets[REPORT_DAILY];
	f->tables[SHEET_RESOURCES].s = &f->made[SHEET_RESOURCES];
	f->tables[SHEET_TAGS].s = &f->r->sheets[REPORT_TAG_COVERAGE];
	f->tables[SHEET_CHARGES].s = &f->made[SHEET_CHARGES];
	for (size_t i = 0; i < REPORT_SHEET_COUNT && r == 0; i++)
		if (!f->tables[i].s->column_count)
			r = -EBADMSG;
	return r;
}

static void say_before(struct xlsx_book *b, const struct report *r)
{
	char month[MONTH_TEXT + 1] = "";

	month_format((struct month_no){ r->in->month.number - 1 }, month);
	switch (r->in->before) {
	case REPORT_BEFORE_NONE:
		xlsx_book_say(
			b, "%s is not in the export, so nothing is compared.", month);
		break;
	case REPORT_BEFORE_UNREAD:
		xlsx_book_say(b, "%s is not read yet, so nothing is compared.", month);
		break;
	case REPORT_BEFORE_READ:
		xlsx_book_say(b, "unblended_cost_before is that of %s.", month);
		break;
	}
}

static int fill(struct xlsx_book *b, void *context)
{
	struct filling *f = context;

	for (size_t i = 0; i < REPORT_SHEET_COUNT; i++)
		xlsx_book_put(b, &f->tables[i]);
	xlsx_book_begin_about(b, f->about->title, f->about->subtitle);
	say_before(b, f->r);
	xlsx_book_say(
		b, "Of resources the %d dearest of each currency.", REPORT_RESOURCES);
	xlsx_book_say(b,
		"Charges overlap: a Marketplace contract is a fee as well, and stands "
		"among both.");
	for (size_t i = 0; i < REPORT_SHEET_COUNT; i++)
		xlsx_book_say_lost(b, &f->tables[i]);
	xlsx_book_end_about(b);
	return 0;
}

int report_xlsx(const struct report *r, const struct form_about *about, struct buf *ret)
{
	struct filling f = { .r = r, .about = about };
	int result;

	for (size_t i = 0; i < REPORT_SHEET_COUNT; i++) {
		f.tables[i].name = names[i].name;
		f.tables[i].exact = names[i].exact;
	}
	result = make_sheets(&f);
	if (result == 0)
		result = xlsx_book_make(fill, &f, about->stop, ret);
	for (size_t i = 0; i < REPORT_SHEET_COUNT; i++)
		sheet_finish(&f.made[i]);
	return result;
}
