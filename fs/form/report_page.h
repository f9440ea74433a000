/* A report as HTML: what its parts share. */
#ifndef FS_FORM_REPORT_PAGE_H
#define FS_FORM_REPORT_PAGE_H

#include "fs/form/chart.h"
#include "fs/form/markup.h"
#include "fs/form/report_rows.h"

enum { REPORT_CURRENCIES = 8 /* that are shown */ };

/* How many of them. */
size_t report_shown(const struct report *r);

/* <td> or <data>, with the amount to the cent, and what it is to the last digit beside
 * it; an empty cell where it is not known. is_change: with a sign, and up or down. */
void report_put_amount(struct markup *m, bool is_cell, const char *class, struct amount a,
	bool is_change);
/* "12.5%", of a change with its sign; number_of_share(). Empty: there is no whole. */
struct number report_percent(struct money part, struct money whole, bool is_change);

/* A section each: heading, tables of all currencies. 0; -ERANGE; -EBADMSG. */
MUST_USE int report_put_services(struct markup *m, const struct report *r);
MUST_USE int report_put_accounts(struct markup *m, const struct report *r);
MUST_USE int report_put_resources(struct markup *m, const struct report *r);
MUST_USE int report_put_charges(struct markup *m, const struct report *r);
MUST_USE int report_put_marketplace(struct markup *m, const struct report *r);
MUST_USE int report_put_tags(struct markup *m, const struct report *r);
MUST_USE int report_put_days(struct markup *m, const struct report *r);

#endif
