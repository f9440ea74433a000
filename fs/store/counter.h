/* Adds rows to a catalog: what they name, and their sums. Rows come in streaks that
 * differ in nothing but time of day and costs: a streak is added up by itself, and then
 * once to each of its sums. */
#ifndef FS_STORE_COUNTER_H
#define FS_STORE_COUNTER_H

#include "aws/export/row.h"
#include "fs/store/catalog.h"

struct counter;

/* dims: of sums alone, as struct sums has them; 0: all, with resources and tags. Borrows
 * the catalog until counter_free(). NULL on no memory. One thread at a time. */
struct counter *counter_new(struct catalog *catalog, unsigned dims);
void counter_free(struct counter *c);
/* Names of the tags and categories of the rows that come next, by the numbers that rows
 * have for them; none to begin with. Before the first of these rows, and behind
 * counter_forget(). Borrowed until then. */
void counter_keys(
	struct counter *c, const struct intern *tags, const struct intern *categories);
/* number: of the row, for messages. *ret_slice: the catalog's. 0; -ENOMEM; -EFBIG;
 * -ERANGE a sum does not fit. After a failure c is only good for being freed. */
MUST_USE int counter_add(
	struct counter *c, const struct row *row, uint64_t number, uint32_t *ret_slice);
/* What was added is in the catalog afterwards. As counter_add(). */
MUST_USE int counter_flush(struct counter *c);
/* Of the row that a failure is of: the last one of a streak, if more have its sums. */
uint64_t counter_number(const struct counter *c);
/* The catalog's numbers are void, after a flush. */
void counter_forget(struct counter *c);

#endif
