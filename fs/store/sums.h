/* Which sums of a month are wanted, or there. */
#ifndef FS_STORE_SUMS_H
#define FS_STORE_SUMS_H

#include "fs/store/entry.h"

/* As long as an id may be, and a NUL. */
enum { SUMS_ACCOUNT_TEXT = 129 };

/* Plain; zeroed: none, that is, the whole month. */
struct sums {
	unsigned dims; /* a set of dimensions, of DIMS_OF_SUMS */
	char account[SUMS_ACCOUNT_TEXT]; /* id; of this one alone. "": of all */
};

static inline struct sums sums_all(void)
{
	return (struct sums){ .dims = DIMS_OF_SUMS };
}
/* An id that is too long is of all. */
struct sums sums_of(unsigned dims, struct span account);
/* Whether all that is wanted is there. want is not zeroed. */
bool sums_cover(const struct sums *has, const struct sums *want);
/* into covers more afterwards, too. */
void sums_widen(struct sums *into, const struct sums *more);

#endif
