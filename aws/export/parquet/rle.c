#include "aws/export/parquet/rle.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>

enum { UNPACK_SHORT = 14 /* bits: four numbers, and up to 7 bits before them */ };

void rle_init(struct rle *r, struct span bytes, unsigned width)
{
	assert(width <= RLE_WIDTH_MAX);
	*r = (struct rle){ .p = (const unsigned char *)bytes.p, .width = width };
	r->end = r->p + bytes.len;
	if (width == 0)
		r->left = UINT32_MAX;
}

void rle_init_msb(struct rle *r, struct span bytes, unsigned width, uint32_t count)
{
	rle_init(r, bytes, width);
	assert((uint64_t)bytes.len * 8 >= (uint64_t)width * count);
	r->is_msb_first = true;
	r->is_packed = width > 0;
	r->packed = r->p;
	r->p = r->end;
	r->left = count;
}

static int take_head(struct rle *r, uint32_t *ret)
{
	uint64_t head = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		if (r->p == r->end)
			return -EBADMSG;
		head |= (uint64_t)(*r->p & 0x7f) << shift;
		if (!(*r->p++ & 0x80)) {
			*ret = (uint32_t)head;
			return head > UINT32_MAX ? -EBADMSG : 0;
		}
	}
	return -EBADMSG;
}

static int begin_packed(struct rle *r, uint32_t groups)
{
	size_t have = (size_t)(r->end - r->p);
	uint64_t bytes = (uint64_t)groups * r->width;
	uint64_t count = (uint64_t)groups * 8;

	/* Some writers leave out the padding of the last group. */
	if (bytes > have) {
		bytes = have;
		count = (uint64_t)have * 8 / r->width;
	}
	if (count == 0 || count > UINT32_MAX)
		return -EBADMSG;
	r->is_packed = true;
	r->left = (uint32_t)count;
	r->packed = r->p;
	r->bit = 0;
	r->p += bytes;
	return 0;
}

static int begin_repeated(struct rle *r, uint32_t count)
{
	size_t bytes = (r->width + 7) / 8;
	uint32_t value = 0;

	if ((size_t)(r->end - r->p) < bytes)
		return -EBADMSG;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)r->p[i] << (8 * i);
	if (r->width < 32 && value >> r->width)
		return -EBADMSG;
	r->p += bytes;
	r->is_packed = false;
	r->left = count;
	r->value = value;
	return 0;
}

/* Empty runs are allowed; each takes a byte, so they come to an end. */
static int next_run(struct rle *r)
{
	while (r->left == 0) {
		uint32_t head;
		int e = take_head(r, &head);

		if (e < 0)
			return e;
		if (head >> 1 == 0)
			continue;
		e = head & 1 ? begin_packed(r, head >> 1) : begin_repeated(r, head >> 1);
		if (e < 0)
			return e;
	}
	return 0;
}

/* Eight bytes, or those that there are. */
static uint64_t load(const unsigned char *p, const unsigned char *end)
{
	uint64_t v = 0;

	if (end - p >= 8) {
		memcpy(&v, p, sizeof(v));
		return le64toh(v);
	}
	for (unsigned i = 0; p + i < end; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static uint32_t msb_number(const struct rle *r, uint64_t bit)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < r->width; i++, bit++)
		v = v << 1 | (r->packed[bit / 8] >> (7 - bit % 8) & 1);
	return v;
}

static void unpack(struct rle *r, uint32_t *ret, size_t count)
{
	const uint64_t mask = ((uint64_t)1 << r->width) - 1;
	const unsigned char *p = r->packed, *end = r->end;
	unsigned width = r->width;
	uint64_t bit = r->bit;
	size_t i = 0;

	if (r->is_msb_first)
		for (; i < count; i++, bit += width)
			ret[i] = msb_number(r, bit);
	/* As long as eight bytes can be had whatever the bit; four numbers of them where
	 * they are short. */
	for (; width <= UNPACK_SHORT && i + 4 <= count && end - (p + bit / 8) >= 8;
		i += 4, bit += 4 * (uint64_t)width) {
		uint64_t v;

		memcpy(&v, p + bit / 8, sizeof(v));
		v = le64toh(v) >> (bit % 8);
		ret[i] = (uint32_t)(v & mask);
		ret[i + 1] = (uint32_t)(v >> width & mask);
		ret[i + 2] = (uint32_t)(v >> 2 * width & mask);
		ret[i + 3] = (uint32_t)(v >> 3 * width & mask);
	}
	for (; i < count && end - (p + bit / 8) >= 8; i++, bit += width) {
		uint64_t v;

		memcpy(&v, p + bit / 8, sizeof(v));
		ret[i] = (uint32_t)(le64toh(v) >> (bit % 8) & mask);
	}
	for (; i < count; i++, bit += width)
		ret[i] = (uint32_t)(load(p + bit / 8, end) >> (bit % 8) & mask);
	r->bit = bit;
}

int rle_read(struct rle *r, uint32_t *ret, size_t count)
{
	while (count > 0) {
		int e = next_run(r);
		size_t n = count < r->left ? count : r->left;

		if (e < 0)
			return e;
		if (r->is_packed)
			unpack(r, ret, n);
		else
			for (size_t i = 0; i < n; i++)
				ret[i] = r->value;
		ret += n;
		count -= n;
		/* Without bits there is no end of zeros. */
		if (r->width > 0 || r->is_msb_first)
			r->left -= (uint32_t)n;
	}
	return 0;
}

int rle_read_bytes(struct rle *r, uint8_t *ret, size_t count)
{
	uint32_t numbers[256];

	while (count > 0) {
		int e = next_run(r);
		size_t n = count < r->left ? count : r->left;

		if (e < 0)
			return e;
		if (r->is_packed) {
			n = n < ARRAY_LEN(numbers) ? n : ARRAY_LEN(numbers);
			unpack(r, numbers, n);
			for (size_t i = 0; i < n; i++)
				ret[i] = (uint8_t)numbers[i];
		} else {
			memset(ret, (int)r->value, n);
		}
		ret += n;
		count -= n;
		if (r->width > 0 || r->is_msb_first)
			r->left -= (uint32_t)n;
	}
	return 0;
}
