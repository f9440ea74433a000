/* Inventories as a test puts them: what fs/live/live.h answers, without threads, AWS and
 * files. */
#ifndef TESTS_FS_FAKE_LIVE_H
#define TESTS_FS_FAKE_LIVE_H

#include "fs/live/live.h"

/* Plain; what is NULL is empty. */
struct fake_resource {
	const char *text[INVENTORY_FIELD_COUNT];
	const char *json; /* NULL: made of the id */
};
/* Never NULL. */
struct inventory *fake_inventory(
	const char *time, const struct fake_resource *items, size_t count);

/* Where something is, as "111122223333 ec2 eu-west-1 instances"; "-" for no region,
 * "111122223333 regions" and "111122223333 metrics eu-west-1 i-1". */
/* Never NULL; freed by live_close(). */
struct live *fake_live_new(void);
/* Takes v; replaces a failure. */
void fake_live_put(struct live *l, const char *where, struct inventory *v);
/* With spaces between. */
void fake_live_regions(struct live *l, const char *account, const char *names);
void fake_live_fail(
	struct live *l, const char *where, int error, const char *text, const char *cure);
/* How often it was asked for, of that alone or of all (NULL); what is there is not asked
 * for. */
unsigned fake_live_asked(const struct live *l, const char *where);
/* How often what is there was got with load. */
unsigned fake_live_used(const struct live *l, const char *where);

#endif
