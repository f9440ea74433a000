/* The part of a kind's row that only aws/resource looks at. */
#ifndef AWS_RESOURCE_KIND_PRIVATE_H
#define AWS_RESOURCE_KIND_PRIVATE_H

#include "aws/auth/settings.h"
#include "aws/resource/inventory.h"
#include "aws/resource/kind.h"

/* How the elements come about. */
enum resource_way {
	RESOURCE_PAGES, /* one call, page by page */
	RESOURCE_BUCKETS, /* several calls for each bucket: buckets.h */
	RESOURCE_USERS, /* likewise of IAM: users.h */
};

struct resource_call {
	enum resource_way way;
	enum aws_service service;
	const char *operation; /* "DescribeInstances" */
	const char *parameters; /* of its form, "&MaxResults=1000"; NULL: none */
	const char *path; /* of the elements in its answer: convert.h */
	/* Where each field stands in an element's JSON, names of members with dots
	 * between; of a list the first item is meant; where it may stand in several
	 * places they have '|' between. NULL: nowhere. An id may be of several members
	 * with '+' between, joined by '_'. INVENTORY_NAME is what stands for
	 * the tag Name where that is absent, INVENTORY_ZONE for the region. */
	const char *fields[INVENTORY_FIELD_COUNT];
};

const struct resource_call *resource_kind_call(size_t number);

#endif
