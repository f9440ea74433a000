/* Kinds of resources: which call of AWS lists them, and where what a table shows of one
 * stands in its JSON. A further kind that one call lists is a row of the table in kind.c.
 * Immutable. */
#ifndef AWS_RESOURCE_KIND_H
#define AWS_RESOURCE_KIND_H

#include "base/span.h"

/* Plain. */
struct resource_kind {
	const char *service; /* directory: "ec2", "s3", "iam" */
	const char *type; /* directory: "instances" */
	bool is_global; /* of no region: the directory is "global" */
};

size_t resource_kind_count(void);
/* number < resource_kind_count(); by service, then type, in byte order. */
const struct resource_kind *resource_kind_at(size_t number);
/* 0; -ENOENT. */
MUST_USE int resource_kind_find(struct span service, struct span type, size_t *ret);

#endif
