#include "fs/store/cube_texts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/vec.h"

void cube_texts_finish(struct cube_texts *t)
{
	tape_finish(&t->offsets, t->spill);
	intern_free(t->more);
	free(t->places);
	t->more = NULL;
	t->places = NULL;
}

int cube_texts_get(const struct cube_texts *t, uint32_t number, struct buf *ret)
{
	uint64_t at[2];

	buf_clear(ret);
	if (number >= t->count)
		return buf_append_span(ret, intern_text(t->more, number - t->count));
	int r = tape_read_at(
		t->spill, &t->offsets, number * sizeof(at[0]), at, sizeof(at));
	if (r < 0)
		return r;
	size_t len = at[1] - at[0] - 1;
	r = buf_reserve(ret, len + 1);
	if (r < 0)
		return r;
	ssize_t n = io_pread(t->fd, ret->p, len, t->first + at[0]);
	if (n != (ssize_t)len)
		return n < 0 ? (int)n : -EIO;
	ret->len = len;
	return 0;
}

/* *ret: how many come before; *ret_is_there: the next one is the text. */
static int find_place(
	const struct cube_texts *t, struct span text, uint32_t *ret, bool *ret_is_there)
{
	struct buf other = BUF_INIT(SIZE_MAX);
	uint32_t low = 0, high = t->count;
	bool is_there = false;
	int r = 0;

	while (r == 0 && low < high) {
		uint32_t middle = low + (high - low) / 2;

		r = cube_texts_get(t, middle, &other);
		int order = r == 0 ? span_cmp(buf_span(&other), text) : 0;
		is_there |= r == 0 && order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	buf_finish(&other);
	if (r < 0)
		return r;
	*ret = low;
	*ret_is_there = is_there;
	return 0;
}

static int add(struct cube_texts *t, struct span text, uint32_t place, uint32_t *ret)
{
	uint32_t number = intern_count(t->more);
	int r = number >= UINT32_MAX - 1 - t->count
		? -EFBIG
		: VEC_RESERVE(&t->places, &t->place_cap, (size_t)number + 1,
			  (size_t)UINT32_MAX);

	if (r == 0)
		r = intern_add(t->more, text, &number);
	if (r < 0)
		return r;
	t->places[number] = place;
	*ret = t->count + number;
	return 0;
}

int cube_texts_number(struct cube_texts *t, struct span text, uint32_t *ret)
{
	uint32_t place;
	bool is_there;

	if (t->more == NULL)
		t->more = intern_new();
	if (t->more == NULL)
		return -ENOMEM;
	if (intern_find(t->more, text, &place) == 0) {
		*ret = t->count + place;
		return 0;
	}
	int r = find_place(t, text, &place, &is_there);
	if (r < 0)
		return r;
	if (!is_there)
		return add(t, text, place, ret);
	*ret = place;
	return 0;
}

int cube_texts_compare(const struct cube_texts *t, uint32_t x, uint32_t y)
{
	uint32_t count = t->count;

	if (x == y)
		return 0;
	if (x >= count && y >= count)
		return span_cmp(
			intern_text(t->more, x - count), intern_text(t->more, y - count));
	if (x >= count)
		return t->places[x - count] <= y ? -1 : 1;
	if (y >= count)
		return t->places[y - count] <= x ? 1 : -1;
	return x < y ? -1 : 1;
}
