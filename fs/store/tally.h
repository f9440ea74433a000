/* Sums by slice, dimension, key and currency, while a month is read. */
#ifndef FS_STORE_TALLY_H
#define FS_STORE_TALLY_H

#include "fs/store/entry.h"

struct tally_key {
	uint32_t slice;
	uint32_t dim; /* enum dim */
	uint32_t key[2];
	uint32_t currency;
};

struct tally;

/* NULL on no memory. One thread at a time. */
struct tally *tally_new(void);
void tally_free(struct tally *t);
/* The entry of the key, a zeroed one if it is new; valid until tally_clear(). 0; -ENOMEM;
 * -EFBIG over 2^31 entries. */
MUST_USE int tally_entry(
	struct tally *t, const struct tally_key *key, struct entry **ret);
size_t tally_count(const struct tally *t);
/* index < tally_count(), in order of arrival. */
const struct tally_key *tally_key_at(const struct tally *t, size_t index);
struct entry *tally_entry_at(const struct tally *t, size_t index);
/* Forgets all, keeps the memory. */
void tally_clear(struct tally *t);

#endif
