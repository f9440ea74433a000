/* What the bill's lines of resources come to, of those rules that know nothing else. For
 * fs/finding alone. */
#ifndef FS_FINDING_USE_H
#define FS_FINDING_USE_H

#include "fs/finding/look.h"

/* What the lines of one resource come to. Plain. */
struct use {
	struct span region; /* text of a month */
	uint64_t days;
	/* Of a bucket, in the time that is looked at. */
	struct money transfer, tier1, gets; /* GB; requests */
	/* Of an instance. */
	struct instant first, last; /* of its lines; INSTANT_NONE */
	struct money hours; /* on demand */
	bool is_old; /* it is in a month that is not read */
	bool is_cheaper; /* spot, or covered by a commitment, or free */
	uint32_t usage_type; /* of the last line: in usage_types */
};
struct uses {
	const struct look *look;
	struct intern *ids, *usage_types;
	struct use *items; /* by id */
	size_t cap;
	uint64_t window; /* bits of the days that are looked at */
	struct span prefix; /* of the ids; empty: any */
};
static const money_int USE_ONE = (money_int)1000000000000000000;

/* 0; -ENOMEM. */
MUST_USE int uses_init(struct uses *u, const struct look *l);
void uses_finish(struct uses *u);
/* The service's resources: those of the months that the scan reads, and of a month that
 * it passes over whether they were in it. 0; -ENOMEM; -EFBIG over FINDING_ROWS_MAX. */
MUST_USE int uses_add(
	struct uses *u, const struct bill_scan *scan, const struct bill_service *service);
/* A finding, with what was noted for evidence. As look_found(). */
MUST_USE int uses_found(
	struct look *l, const struct uses *u, uint32_t id, const char *why);
/* Without the two places that money has and a whole number need not. As look_note(). */
MUST_USE int uses_note(
	struct look *l, const char *before, struct money amount, const char *behind);

#endif
