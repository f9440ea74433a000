#include "aws/export/parquet/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { ARENA_PIECE_BYTES = 32 * 1024 };

struct arena_piece {
	struct arena_piece *next;
	size_t len;
	char bytes[];
};

int memory_take(struct memory *m, size_t bytes)
{
	size_t used;

	if (__builtin_add_overflow(m->used, bytes, &used) || used > m->limit)
		return -EFBIG;
	m->used = used;
	if (used > m->peak)
		m->peak = used;
	return 0;
}

void memory_give(struct memory *m, size_t bytes)
{
	assert(bytes <= m->used);
	m->used -= bytes;
}

int block_renew(struct block *b, struct memory *m, size_t len)
{
	int r;

	if (b->p && len <= b->cap)
		return 0;
	block_finish(b, m);
	if (len == 0)
		len = 1;
	r = memory_take(m, len);
	if (r < 0)
		return r;
	b->p = malloc(len);
	if (!b->p) {
		memory_give(m, len);
		return -ENOMEM;
	}
	b->cap = len;
	return 0;
}

void block_finish(struct block *b, struct memory *m)
{
	free(b->p);
	memory_give(m, b->cap);
	*b = (struct block){ .cap = 0 };
}

void arena_init(struct arena *a, struct memory *m)
{
	*a = (struct arena){ .memory = m };
}

static void use_piece(struct arena *a, struct arena_piece *piece)
{
	a->current = piece;
	a->p = piece ? piece->bytes : NULL;
	a->end = piece ? piece->bytes + piece->len : NULL;
}

static int add_piece(struct arena *a, size_t len)
{
	struct arena_piece *piece;
	size_t bytes;
	int r;

	if (len < ARENA_PIECE_BYTES)
		len = ARENA_PIECE_BYTES;
	if (__builtin_add_overflow(len, sizeof(*piece), &bytes))
		return -EFBIG;
	r = memory_take(a->memory, bytes);
	if (r < 0)
		return r;
	piece = malloc(bytes);
	if (!piece) {
		memory_give(a->memory, bytes);
		return -ENOMEM;
	}
	piece->len = len;
	piece->next = a->current ? a->current->next : NULL;
	if (a->current)
		a->current->next = piece;
	else
		a->first = piece;
	use_piece(a, piece);
	return 0;
}

int arena_refill(struct arena *a, size_t len, char **ret)
{
	struct arena_piece *next = a->current ? a->current->next : NULL;
	int r;

	if (next && next->len >= len) {
		use_piece(a, next);
	} else {
		r = add_piece(a, len);
		if (r < 0)
			return r;
	}
	*ret = a->p;
	a->p += len;
	return 0;
}

void arena_clear(struct arena *a)
{
	use_piece(a, a->first);
}

void arena_finish(struct arena *a)
{
	while (a->first) {
		struct arena_piece *piece = a->first;

		a->first = piece->next;
		memory_give(a->memory, piece->len + sizeof(*piece));
		free(piece);
	}
	use_piece(a, NULL);
}
