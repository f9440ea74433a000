/* What CloudWatch has measured of an instance, as a table. Each call costs money. */
#ifndef AWS_RESOURCE_METRICS_H
#define AWS_RESOURCE_METRICS_H

#include "aws/resource/account.h"

enum {
	METRICS_DAYS = 14,
	METRICS_PERIOD = 3600, /* seconds of a row */
	METRICS_ROWS = METRICS_DAYS * 24,
	METRICS_BYTES_MAX = 2 * 1024 * 1024,
	/* Of an instance, the list of what agents report in its region not counted. */
	METRICS_CALLS_MAX = 11,
	/* What AWS asks for 1,000 calls beyond the free million of a month, in most
	 * regions: 0.01 US dollars. */
	METRICS_CENTS_OF_1000 = 1,
};

/* Appends the table of the last 14 days, as CSV: a row for each whole hour, oldest first,
 * the last of them the one that has ended; docs/formats.md has its columns. A cell is
 * empty where there is no datapoint. As resource_account_list(); -EINVAL no id of an
 * instance can be so. Where only what agents report is denied, those cells are empty, and
 * why says it although 0 is answered. */
MUST_USE int resource_account_metrics(struct resource_account *a, const char *region,
	const char *instance, const atomic_bool *stop, struct buf *ret,
	struct fault *why);
/* Calls of CloudWatch so far, with retries: those of resource_account_calls() that cost.
 */
uint64_t resource_account_metrics_calls(const struct resource_account *a);

#endif
