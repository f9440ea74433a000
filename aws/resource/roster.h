/* The elements of a listing of which each is then visited by itself. For aws/resource
 * alone. */
#ifndef AWS_RESOURCE_ROSTER_H
#define AWS_RESOURCE_ROSTER_H

#include "aws/resource/visit.h"

/* More would take more calls than there is time for. */
enum { ROSTER_MAX = 200 * 1000 };

struct roster_entry {
	struct span element; /* as it was listed */
	char *name;
	struct buf json; /* what the visit makes of it; empty: it is gone */
};

/* Makes the entry's json. 0; -errno fails the whole listing. */
typedef int roster_visit_fn(
	struct visit *v, struct roster_entry *entry, struct fault *why);

struct roster_options {
	const struct resource_call *call; /* lists; its id is the name */
	const char *gone; /* as of struct visit */
	roster_visit_fn *visit;
};
/* Lists, visits FAN_WIDTH at once, adds what has come of it. As
 * resource_account_list(). */
MUST_USE int roster_list(struct resource_account *a, const struct roster_options *options,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why);

#endif
