/* What the bill says of an account's resources: the newest month, and the one before it.
 * For fs/finding alone. */
#ifndef FS_FINDING_BILL_H
#define FS_FINDING_BILL_H

#include "base/intern.h"
#include "fs/finding/finding.h"
#include "fs/view/groups.h"

enum bill_month { BILL_NEWEST, BILL_BEFORE, BILL_MONTHS };
enum { BILL_DAYS_MAX = 62 };

/* Plain; borrows the months. */
struct bill {
	const struct month *months[BILL_MONTHS]; /* NULL: not there, or of no use */
	bool has_account[BILL_MONTHS]; /* else it has no line in that month */
	uint32_t account[BILL_MONTHS]; /* index */
	struct day origin; /* first day of the earliest month: bit 0 of days */
	struct day first, last; /* that lines are of; last before first: none */
	const char *lack; /* why there is none; NULL: there is one */
	const atomic_bool *stop; /* of what it was made of */
};

/* Looks at what in has. */
struct bill bill_of(const struct finding_input *in);
/* From first to last; 0 without a bill. */
unsigned bill_days(const struct bill *b);

/* What a resource is called in all lists: the last part of an ARN, any other id as it is.
 */
struct span bill_id(struct span resource);

/* A line of use of one resource: usage, also covered by reservations and savings plans.
 * Spans are valid during the call. */
struct bill_line {
	enum bill_month month;
	struct instant start, end; /* INSTANT_NONE where there is none */
	uint64_t days; /* bits, from the bill's origin on */
	struct span usage_type, operation, charge_type;
	bool has_amount;
	struct money amount;
	struct money unblended; /* 0 where it has none */
};
/* id: of the list. Answers 0 to go on. */
typedef int bill_line_fn(void *context, uint32_t id, const struct bill_line *line);

/* A question about the lines of resources. */
struct bill_scan {
	const struct intern *ids; /* each after bill_id() */
	struct day since; /* a month that ended before is passed over */
	bill_line_fn *line;
	void *context;
};
/* Reads the rows of the slices that have any of the resources, a piece at a time. 0; what
 * line answers; -ENOMEM; -EBADMSG; -EIO; -ECANCELED. */
MUST_USE int bill_read(
	const struct bill *b, const struct bill_scan *scan, struct fault *why);
/* Whether the scan passes the month over. */
bool bill_passes(const struct bill *b, const struct bill_scan *scan, enum bill_month m);

/* Resources of the services whose code or name is one of the two. Called with their ids
 * as they stand in the month. Goes on while 0 is answered. */
typedef int bill_resource_fn(
	void *context, const struct month *m, const struct month_resource *resource);
struct bill_service {
	struct span code, name;
};
MUST_USE int bill_resources(const struct bill *b, enum bill_month month,
	const struct bill_service *service, bill_resource_fn *fn, void *context);

/* Costs of resources. Plain; zeroed = none. */
struct bill_costs {
	struct intern *currencies;
	struct groups groups; /* by id of the list and enum bill_month; of currencies */
	uint32_t *first, *next; /* of each id: its groups; index + 1, 0 at the end */
};
/* 0; -ENOMEM; -ERANGE. */
MUST_USE int bill_costs_of(
	const struct bill *b, const struct intern *ids, struct bill_costs *ret);
void bill_costs_finish(struct bill_costs *c);

/* Days in a row, back from the last one of days: 0 without any. */
unsigned bill_run(uint64_t days);
/* The last of days; DAY_NONE without any. */
struct day bill_last_day(const struct bill *b, uint64_t days);

#endif
