/* What a reader may hold at once: every growing thing takes its bytes from one budget.
 * Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_MEMORY_H
#define AWS_EXPORT_PARQUET_MEMORY_H

#include "base/span.h"

/* Plain. */
struct memory {
	size_t used, peak, limit; /* bytes */
};

/* 0; -EFBIG over the limit, and then nothing is taken. */
MUST_USE int memory_take(struct memory *m, size_t bytes);
void memory_give(struct memory *m, size_t bytes);

/* Bytes that are filled anew each time; zeroed = none. */
struct block {
	unsigned char *p;
	size_t cap;
};

/* Room for len bytes, at least one. What it held is lost, also on failure. 0; -EFBIG;
 * -ENOMEM. */
MUST_USE int block_renew(struct block *b, struct memory *m, size_t len);
void block_finish(struct block *b, struct memory *m);

struct arena_piece;
/* Texts that go all at once. Takes nothing before the first text. */
struct arena {
	struct memory *memory;
	struct arena_piece *first, *current;
	char *p, *end; /* what is left of the current piece */
};

/* Borrows m. */
void arena_init(struct arena *a, struct memory *m);
/* For arena_take() only. */
MUST_USE int arena_refill(struct arena *a, size_t len, char **ret);
/* Forgets all texts, keeps the memory. */
void arena_clear(struct arena *a);
void arena_finish(struct arena *a);

/* len bytes, valid until arena_clear(). 0; -EFBIG; -ENOMEM. */
MUST_USE static inline int arena_take(struct arena *a, size_t len, char **ret)
{
	if ((size_t)(a->end - a->p) < len || !a->p)
		return arena_refill(a, len, ret);
	*ret = a->p;
	a->p += len;
	return 0;
}

/* Gives back the end of what arena_take() answered last. */
static inline void arena_trim(struct arena *a, char *end)
{
	a->p = end;
}

#endif
