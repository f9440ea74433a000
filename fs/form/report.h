/* A month as one page: what several files of the kit say, beside the month before. */
#ifndef FS_FORM_REPORT_H
#define FS_FORM_REPORT_H

#include "base/day.h"
#include "fs/form/form.h"

enum {
	REPORT_ROWS = 25, /* of services, accounts, charges; the rest is one row */
	REPORT_RESOURCES = 20,
};

/* The files that it is made of. */
enum report_part {
	REPORT_TOTAL,
	REPORT_BY_SERVICE,
	REPORT_BY_ACCOUNT,
	REPORT_BY_RESOURCE,
	REPORT_DAILY,
	REPORT_DAILY_BY_SERVICE,
	REPORT_TAG_COVERAGE,
	REPORT_CREDITS,
	REPORT_REFUNDS,
	REPORT_TAX,
	REPORT_FEES,
	REPORT_MARKETPLACE,
	/* of the month before */
	REPORT_TOTAL_BEFORE,
	REPORT_BY_SERVICE_BEFORE,
	REPORT_BY_ACCOUNT_BEFORE,
	REPORT_DAILY_BEFORE,
	REPORT_PART_COUNT,
};

enum report_before {
	REPORT_BEFORE_NONE, /* the export has no such month */
	REPORT_BEFORE_UNREAD,
	REPORT_BEFORE_READ,
};

/* Plain, all borrowed. */
struct report_input {
	struct month_no month;
	enum report_before before;
	/* CSV, each with its header; those of the month before where it is read. Of
	 * by-resource.csv no more than REPORT_RESOURCES + 1 rows of a currency need be
	 * there. */
	struct span csv[REPORT_PART_COUNT];
};

/* Whether there are reports in that form. */
bool report_is_built(enum form form);
/* Appends the page. The same CSVs and words give the same bytes; about->file is not used.
 * 0; -EBADMSG a CSV is not of our dialect, or lacks a column of its file; -ENOTSUP not in
 * that form; -EFBIG; -ERANGE; -ECANCELED; -ENOMEM. */
MUST_USE int report_render(enum form form, const struct report_input *in,
	const struct form_about *about, struct buf *ret, struct fault *why);

#endif
