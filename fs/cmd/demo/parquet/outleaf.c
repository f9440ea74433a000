#include "fs/cmd/demo/parquet/outleaf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"

enum {
	BYTES_MAX = 1 << 30, /* of distinct values in one row group */
	VALUES_MAX = 1 << 28,
	SLOTS_MIN = 256,
};

struct span outleaf_bytes(const struct outleaf *l, uint32_t value)
{
	uint32_t start = value > 0 ? l->ends[value - 1] : 0;

	return span_from(span_first(buf_span(&l->bytes), l->ends[value]), start);
}

static size_t slot_of(const struct outleaf *l, struct span value)
{
	size_t at = (size_t)hash64(value.p, value.len, 0) & (l->slot_count - 1);

	while (l->slots[at] != 0 && !span_eq(outleaf_bytes(l, l->slots[at] - 1), value))
		at = (at + 1) & (l->slot_count - 1);
	return at;
}

/* At most half of the slots are taken. */
static int grow_slots(struct outleaf *l)
{
	size_t count = l->slot_count ? l->slot_count * 2 : (size_t)SLOTS_MIN;
	uint32_t *slots;

	if ((l->count + 1) * 2 <= l->slot_count)
		return 0;
	slots = vec_alloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(l->slots);
	l->slots = slots;
	l->slot_count = count;
	for (size_t i = 0; i < l->count; i++)
		slots[slot_of(l, outleaf_bytes(l, (uint32_t)i))] = (uint32_t)i + 1;
	return 0;
}

int outleaf_value(struct outleaf *l, struct span value, uint32_t *ret)
{
	size_t slot;
	int r = grow_slots(l);

	if (r < 0)
		return r;
	slot = slot_of(l, value);
	if (l->slots[slot] == 0) {
		l->bytes.limit = BYTES_MAX;
		r = VEC_RESERVE(&l->ends, &l->ends_cap, l->count + 1, VALUES_MAX);
		if (r == 0)
			r = buf_append_span(&l->bytes, value);
		if (r < 0)
			return r;
		l->ends[l->count++] = (uint32_t)l->bytes.len;
		l->slots[slot] = (uint32_t)l->count;
	}
	*ret = l->slots[slot] - 1;
	return 0;
}

int outleaf_rows(struct outleaf *l, uint32_t what, uint32_t rows)
{
	int r;

	assert(what != OUTLEAF_NULL || l->optional);
	if (l->run_count > 0 && l->runs[l->run_count - 1].what == what) {
		l->runs[l->run_count - 1].rows += rows;
		return 0;
	}
	r = VEC_RESERVE(&l->runs, &l->runs_cap, l->run_count + 1, VALUES_MAX);
	if (r == 0)
		l->runs[l->run_count++] = (struct outleaf_run){ what, rows };
	return r;
}

int outleaf_list(struct outleaf *l, uint32_t *ret)
{
	int r = VEC_RESERVE(&l->lists, &l->lists_cap, l->list_count + 1, VALUES_MAX);

	if (r < 0)
		return r;
	*ret = (uint32_t)l->list_count;
	l->lists[l->list_count++] =
		(struct outleaf_list){ .start = (uint32_t)l->item_count };
	return 0;
}

int outleaf_item(struct outleaf *l, uint32_t value)
{
	int r = VEC_RESERVE(&l->items, &l->items_cap, l->item_count + 1, VALUES_MAX);

	assert(l->list_count > 0);
	if (r < 0)
		return r;
	l->items[l->item_count++] = value;
	l->lists[l->list_count - 1].count++;
	return 0;
}

/* Little-endian, as in the file. */
static uint64_t bits_of(struct span bytes)
{
	uint64_t value = 0;

	for (size_t i = sizeof(value); i-- > 0;)
		value = value << 8 | (unsigned char)bytes.p[i];
	return value;
}

static int compare_int64(struct span a, struct span b)
{
	int64_t x = (int64_t)bits_of(a), y = (int64_t)bits_of(b);

	return x < y ? -1 : x > y;
}

static int compare_double(struct span a, struct span b)
{
	uint64_t bits[2] = { bits_of(a), bits_of(b) };
	double x, y;

	memcpy(&x, &bits[0], sizeof(x));
	memcpy(&y, &bits[1], sizeof(y));
	return x < y ? -1 : x > y;
}

static int compare_signed(struct span a, struct span b)
{
	size_t least = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < least; i++) {
		if (a.p[i] != b.p[i])
			return (signed char)a.p[i] < (signed char)b.p[i] ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

int outleaf_compare(const struct outleaf *l, uint32_t a, uint32_t b, bool signed_bytes)
{
	struct span x = outleaf_bytes(l, a), y = outleaf_bytes(l, b);

	switch (l->type) {
	case OUTLEAF_INT64:
		return compare_int64(x, y);
	case OUTLEAF_DOUBLE:
		return compare_double(x, y);
	case OUTLEAF_INT96: /* has no order */
		return 0;
	case OUTLEAF_TEXT:
		return signed_bytes ? compare_signed(x, y) : span_cmp(x, y);
	}
	return 0;
}

size_t outleaf_plain_size(const struct outleaf *l, uint32_t value)
{
	size_t len = outleaf_bytes(l, value).len;

	return l->type == OUTLEAF_TEXT ? 4 + len : len;
}

int outleaf_plain(const struct outleaf *l, uint32_t value, struct buf *ret)
{
	struct span bytes = outleaf_bytes(l, value);
	uint32_t len = (uint32_t)bytes.len;
	const char prefix[4] = { (char)len, (char)(len >> 8), (char)(len >> 16),
		(char)(len >> 24) };
	int r = 0;

	if (l->type == OUTLEAF_TEXT)
		r = buf_append(ret, prefix, sizeof(prefix));
	return r < 0 ? r : buf_append_span(ret, bytes);
}

void outleaf_clear(struct outleaf *l)
{
	buf_clear(&l->bytes);
	if (l->slots)
		memset(l->slots, 0, l->slot_count * sizeof(*l->slots));
	l->count = l->list_count = l->item_count = l->run_count = 0;
}

void outleaf_finish(struct outleaf *l)
{
	buf_finish(&l->bytes);
	free(l->ends);
	free(l->slots);
	free(l->lists);
	free(l->items);
	free(l->runs);
	*l = (struct outleaf){ .type = l->type };
}
