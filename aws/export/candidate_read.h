/* What the sources of candidates share. */
#ifndef AWS_EXPORT_CANDIDATE_READ_H
#define AWS_EXPORT_CANDIDATE_READ_H

#include "aws/api/json.h"
#include "aws/export/candidate.h"

/* A candidate as it is read; texts are borrowed, NULL counts as "". */
struct candidate_texts {
	const char *name, *bucket, *region, *table, *format, *granularity, *health;
	const char *prefix; /* with any '/'; without the name, unless is_whole */
	bool is_whole;
};
/* Copies the texts, adds the name to the prefix, and takes what else basis says. 0;
 * -ENOMEM; -EFBIG. */
MUST_USE int candidate_add(struct candidate_list *l, const struct candidate *basis,
	const struct candidate_texts *texts);
/* "HOURLY" into "hourly"; "" for others. */
const char *candidate_granularity(const char *text);

#endif
