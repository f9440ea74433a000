/* What the tables of a report say, whatever form it has. */
#ifndef FS_FORM_REPORT_ROWS_H
#define FS_FORM_REPORT_ROWS_H

#include "fs/form/report.h"
#include "fs/form/sheet.h"

/* All parts, read. Plain. */
struct report {
	const struct report_input *in;
	struct sheet sheets[REPORT_PART_COUNT]; /* zeroed where there is no CSV */
};

/* Empty where nothing is known; nothing is not zero. */
struct amount {
	bool is_known;
	struct money value;
};

/* So many currencies as total.csv has rows. */
size_t report_currencies(const struct report *r);
struct span report_currency(const struct report *r, size_t number);

/* Cell of a column by its name; empty where there is no such column. */
struct span report_cell(const struct sheet *s, size_t row, struct span column);
/* 0; -EBADMSG no number. */
MUST_USE int report_amount(
	const struct sheet *s, size_t row, struct span column, struct amount *ret);
/* Sum of a column's cells of that currency. 0; -ERANGE; -EBADMSG. */
MUST_USE int report_sum(const struct report *r, enum report_part part, struct span column,
	struct span currency, struct amount *ret);
/* a - b, where either is known; what is not counts as nothing. */
MUST_USE int report_difference(struct amount a, struct amount b, struct amount *ret);

/* A row of a sheet, and what the month before has under the same key. */
struct report_row {
	size_t row;
	struct amount cost, before;
};
/* The dearest of one currency, and what is left. Its columns add up. */
struct report_rows {
	struct report_row rows[REPORT_ROWS];
	size_t count;
	size_t all; /* rows of the currency in the sheet */
	/* Of what is not among rows: further ones, and what only the month before has. */
	struct amount rest, rest_before;
	struct amount total, total_before;
};
/* At most REPORT_RESOURCES of those; of credits and refunds the largest, which stand
 * last. before: REPORT_PART_COUNT: there is none. 0;
 * -ERANGE; -EBADMSG. */
MUST_USE int report_rows_find(const struct report *r, enum report_part part,
	enum report_part before, struct span currency, struct report_rows *ret);

/* What is known of the days. */
struct report_days {
	int last; /* day of the month; 0: none */
	int all; /* that the month has */
	bool is_over; /* the delivery is younger than the month */
	/* of the month before, up to the same day */
	struct amount before;
};
/* 0; -ERANGE; -EBADMSG. */
MUST_USE int report_days_find(
	const struct report *r, struct span currency, struct report_days *ret);

/* One function a form. Answers as report_render(). */
typedef int report_render_fn(
	const struct report *r, const struct form_about *about, struct buf *ret);
report_render_fn report_html;
report_render_fn report_xlsx; /* where it is built: COSTFS_XLSX */

#endif
