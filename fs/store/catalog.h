/* What a month is made of while it is read: texts, accounts, services, slices, resources
 * and their sums, numbered in order of arrival. Each reading thread has one of its own;
 * they are merged into the month's, and the merge does not depend on the order. */
#ifndef FS_STORE_CATALOG_H
#define FS_STORE_CATALOG_H

#include "base/intern.h"
#include "fs/store/pairs.h"
#include "fs/store/tally.h"

/* The text of the latest row that had one; of two at the same time the greater text, so
 * that the order of reading does not matter. */
struct latest {
	int64_t at; /* seconds since 1970 */
	uint32_t text;
	bool is_set;
};

struct catalog_service {
	struct latest name;
	bool is_marketplace;
};
struct catalog_resource {
	struct latest name, region;
};

/* Plain but for texts and tally; numbers index the arrays. */
struct catalog {
	struct intern *texts;
	struct pairs accounts; /* { text, 0 } */
	struct latest *account_names;
	size_t account_cap;
	struct pairs services; /* { text, 0 } */
	struct catalog_service *service_facts;
	size_t service_cap;
	struct pairs slices; /* { account, service } */
	struct pairs resources; /* { slice, text } */
	struct catalog_resource *resource_facts;
	size_t resource_cap;
	struct tally *
		tally; /* DIM_RESOURCE and DIM_UNTAGGED: key 0 is the resource's number */
	struct day first_day, last_day; /* DAY_NONE before the first row */
	uint64_t lines;
};

/* 0; -ENOMEM. */
MUST_USE int catalog_init(struct catalog *c);
void catalog_finish(struct catalog *c);
void catalog_clear(struct catalog *c);
/* Gives up resources and sums, with their memory. */
void catalog_drop_sums(struct catalog *c);
size_t catalog_memory(const struct catalog *c);

/* Each: finds or adds. 0; -ENOMEM; -EFBIG. */
MUST_USE int catalog_account(struct catalog *c, uint32_t text, uint32_t *ret);
MUST_USE int catalog_service(struct catalog *c, uint32_t text, uint32_t *ret);
MUST_USE int catalog_slice(
	struct catalog *c, uint32_t account, uint32_t service, uint32_t *ret);
MUST_USE int catalog_resource(
	struct catalog *c, uint32_t slice, uint32_t text, uint32_t *ret);
void catalog_latest(const struct catalog *c, struct latest *into, struct latest from);

/* Adds all that from has to into. ret_slices: into's number for each slice of from; the
 * caller frees *ret_slices. 0; -ENOMEM; -EFBIG, also over 2^32 - 1 lines; -ERANGE a sum
 * does not fit. */
MUST_USE int catalog_merge(
	struct catalog *into, const struct catalog *from, uint32_t **ret_slices);
/* The same without resources and sums, and without texts that nothing else needs. Into a
 * new catalog numbers stay as they are. */
MUST_USE int catalog_merge_names(
	struct catalog *into, const struct catalog *from, uint32_t **ret_slices);

#endif
