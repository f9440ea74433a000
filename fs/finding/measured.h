/* Averages out of metrics.csv (docs/formats.md). */
#ifndef FS_FINDING_MEASURED_H
#define FS_FINDING_MEASURED_H

#include "fs/finding/finding.h"

/* Over the last hours of the table, as many as make the time in seconds: averages of the
 * hours that have a value, from the first of them that has one of the CPU to the end of
 * the last. Sets all of ret but the instance. 0; -EBADMSG no such table. */
MUST_USE int measured_read(struct span csv, uint64_t seconds, struct finding_metric *ret);

#endif
