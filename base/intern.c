#include "base/intern.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

enum {
	INTERN_SLOTS_FIRST = 64, /* power of two */
	INTERN_BLOCK_FIRST = 4 * 1024,
	INTERN_BLOCK_MAX = 1024 * 1024,
};
/* Ids end where id + 1 still fits a slot. */
#define INTERN_COUNT_MAX ((size_t)UINT32_MAX - 1)

/* The hash is kept so that growing needs no text, and most misses compare none. */
struct slot {
	uint32_t hash;
	uint32_t id_plus_1; /* 0 = free */
};

/* Bytes of strings, one after another; never moved. */
struct block {
	struct block *next; /* older */
	size_t cap;
	char bytes[];
};

struct intern {
	struct slot *slots;
	size_t slot_count; /* power of two; at least a quarter is free */
	struct span *texts; /* by id */
	size_t count;
	size_t cap;
	struct block *blocks; /* the newest takes strings, */
	size_t used; /* and this much of it is taken */
	size_t block_bytes; /* of all blocks */
};

struct intern *intern_new(void)
{
	struct intern *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->slots = vec_alloc(INTERN_SLOTS_FIRST, sizeof(*in->slots));
	if (!in->slots) {
		free(in);
		return NULL;
	}
	in->slot_count = INTERN_SLOTS_FIRST;
	return in;
}

static void free_blocks(struct intern *in)
{
	while (in->blocks) {
		struct block *next = in->blocks->next;

		free(in->blocks);
		in->blocks = next;
	}
	in->used = 0;
	in->block_bytes = 0;
}

void intern_free(struct intern *in)
{
	if (!in)
		return;
	free_blocks(in);
	free(in->texts);
	free(in->slots);
	free(in);
}

/* The address is a seed that the author of an export cannot know, so that a file cannot
 * be made to fill one chain. */
static uint32_t hash_of(const struct intern *in, struct span text)
{
	return (uint32_t)hash64(text.p, text.len, (uint64_t)(uintptr_t)in);
}

/* The slot that holds text, or the free one where it belongs. */
static struct slot *find_slot(const struct intern *in, struct span text, uint32_t hash)
{
	size_t mask = in->slot_count - 1;

	for (size_t at = hash & mask;; at = (at + 1) & mask) {
		struct slot *s = &in->slots[at];

		if (s->id_plus_1 == 0)
			return s;
		if (s->hash == hash && span_eq(in->texts[s->id_plus_1 - 1], text))
			return s;
	}
}

static int grow_slots(struct intern *in)
{
	size_t count = in->slot_count * 2;
	size_t mask = count - 1;
	struct slot *slots = vec_alloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < in->slot_count; i++) {
		size_t at = in->slots[i].hash & mask;

		if (in->slots[i].id_plus_1 == 0)
			continue;
		while (slots[at].id_plus_1 != 0)
			at = (at + 1) & mask;
		slots[at] = in->slots[i];
	}
	free(in->slots);
	in->slots = slots;
	in->slot_count = count;
	return 0;
}

/* A block with room for len bytes is in front afterwards. */
static int reserve_bytes(struct intern *in, size_t len)
{
	size_t cap = INTERN_BLOCK_FIRST;
	size_t bytes;
	struct block *b;

	if (in->blocks && len <= in->blocks->cap - in->used)
		return 0;
	if (in->block_bytes > INTERN_BLOCK_FIRST)
		cap = in->block_bytes < INTERN_BLOCK_MAX ? in->block_bytes
							 : INTERN_BLOCK_MAX;
	if (cap < len)
		cap = len;
	if (__builtin_add_overflow(sizeof(*b), cap, &bytes))
		return -ENOMEM;
	b = malloc(bytes);
	if (!b)
		return -ENOMEM;
	b->next = in->blocks;
	b->cap = cap;
	in->blocks = b;
	in->used = 0;
	in->block_bytes += bytes;
	return 0;
}

static struct span keep_bytes(struct intern *in, struct span text)
{
	char *p = in->blocks->bytes + in->used;

	if (text.len)
		memcpy(p, text.p, text.len);
	in->used += text.len;
	return (struct span){ p, text.len };
}

/* Room for one more string of len bytes. */
static int reserve(struct intern *in, size_t len, bool *ret_moved)
{
	int r;

	r = VEC_RESERVE(&in->texts, &in->cap, in->count + 1, INTERN_COUNT_MAX);
	if (r < 0)
		return r;
	r = reserve_bytes(in, len);
	if (r < 0)
		return r;
	/* A hash of 32 bits cannot spread over more slots than it can name. */
	*ret_moved = in->count >= in->slot_count / 4 * 3 && in->slot_count <= UINT32_MAX;
	return *ret_moved ? grow_slots(in) : 0;
}

int intern_add(struct intern *in, struct span text, uint32_t *ret_id)
{
	uint32_t hash = hash_of(in, text);
	struct slot *s = find_slot(in, text, hash);
	bool moved;
	int r;

	if (s->id_plus_1 != 0) {
		*ret_id = s->id_plus_1 - 1;
		return 0;
	}
	r = reserve(in, text.len, &moved);
	if (r < 0)
		return r;
	if (moved)
		s = find_slot(in, text, hash);
	in->texts[in->count] = keep_bytes(in, text);
	*ret_id = (uint32_t)in->count++;
	*s = (struct slot){ hash, *ret_id + 1 };
	return 0;
}

int intern_find(const struct intern *in, struct span text, uint32_t *ret_id)
{
	const struct slot *s = find_slot(in, text, hash_of(in, text));

	if (s->id_plus_1 == 0)
		return -ENOENT;
	*ret_id = s->id_plus_1 - 1;
	return 0;
}

struct span intern_text(const struct intern *in, uint32_t id)
{
	assert(id < in->count);
	return in->texts[id];
}

uint32_t intern_count(const struct intern *in)
{
	return (uint32_t)in->count;
}

size_t intern_memory(const struct intern *in)
{
	return sizeof(*in) + in->slot_count * sizeof(*in->slots) +
		in->cap * sizeof(*in->texts) + in->block_bytes;
}

void intern_clear(struct intern *in)
{
	free_blocks(in);
	memset(in->slots, 0, in->slot_count * sizeof(*in->slots));
	in->count = 0;
}
