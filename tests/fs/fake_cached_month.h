/* Months and their ingest as small as can be: a cube that holds the delivery's id, and
 * data of any size. Links instead of month.c, ingest.c and block_cache.c. */
#ifndef TESTS_FS_FAKE_CACHED_MONTH_H
#define TESTS_FS_FAKE_CACHED_MONTH_H

#include "fs/store/ingest.h"

/* Before anything is written. Not 0: ingest_month() answers that. */
typedef int fake_ingest_fn(
	void *context, const struct ingest_options *options, struct fault *why);

/* Sets all counts to 0. hook may be NULL. */
void fake_ingest_reset(fake_ingest_fn *hook, void *context, size_t data_bytes);
unsigned fake_ingest_calls(void);
/* Months that are open now. */
unsigned fake_months_open(void);

#endif
