/* What a bill calls a resource, and what it is in AWS. */
#ifndef FS_TREE_LIVE_MATCH_H
#define FS_TREE_LIVE_MATCH_H

#include "aws/resource/kind.h"

/* Plain; spans of what it was made of. */
struct billed {
	struct span service; /* "ec2", "s3"; of an ARN its own; empty: none of these */
	struct span region;
	struct span id; /* of an ARN its last part */
};

/* code: of the service in the bill; id may be an ARN, whose region counts where the bill
 * has none. */
struct billed billed_of(struct span code, struct span id, struct span region);
/* Which kind it is, by the service and the id's beginning. 0; -ENOENT. */
MUST_USE int billed_kind(const struct billed *b, size_t *ret);

#endif
