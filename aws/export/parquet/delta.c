#include "aws/export/parquet/delta.h"

#include <endian.h>
#include <errno.h>

static int take_varint(struct delta *d, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (d->p == d->end)
			return -EBADMSG;
		v |= (uint64_t)(*d->p & 0x7f) << shift;
		if (!(*d->p++ & 0x80)) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

static uint64_t unzigzag(uint64_t v)
{
	return (v >> 1) ^ (0 - (v & 1));
}

int delta_init(struct delta *d, struct span bytes)
{
	struct delta x = { .p = (const unsigned char *)bytes.p, .has_first = true };
	uint64_t block = 0, miniblocks = 0, count = 0, first = 0;
	int r;

	x.end = x.p + bytes.len;
	r = take_varint(&x, &block);
	if (r == 0)
		r = take_varint(&x, &miniblocks);
	if (r == 0)
		r = take_varint(&x, &count);
	if (r == 0)
		r = take_varint(&x, &first);
	if (r < 0)
		return r;
	if (block == 0 || block > DELTA_BLOCK_MAX || miniblocks == 0 ||
		miniblocks > DELTA_MINIBLOCKS_MAX || block % miniblocks != 0 ||
		(block / miniblocks) % 8 != 0 || count > INT32_MAX)
		return -EBADMSG;
	x.miniblock_values = (uint32_t)(block / miniblocks);
	x.miniblocks = (uint32_t)miniblocks;
	x.miniblock = x.miniblocks;
	x.left = (uint32_t)count;
	x.last = unzigzag(first);
	*d = x;
	return 0;
}

static int begin_block(struct delta *d)
{
	uint64_t min;
	int r = take_varint(d, &min);

	if (r < 0)
		return r;
	if ((size_t)(d->end - d->p) < d->miniblocks)
		return -EBADMSG;
	d->min_delta = unzigzag(min);
	d->widths = d->p;
	d->p += d->miniblocks;
	d->miniblock = 0;
	return 0;
}

/* Only called while values are left. Miniblocks without any have no bytes, whatever
 * their widths; the last one with some is whole, or ends behind its last value. */
static int begin_miniblock(struct delta *d)
{
	size_t have;
	uint64_t bytes, needed;
	uint32_t values;
	int r = 0;

	if (d->miniblock == d->miniblocks)
		r = begin_block(d);
	if (r < 0)
		return r;
	d->width = d->widths[d->miniblock++];
	have = (size_t)(d->end - d->p);
	bytes = (uint64_t)d->miniblock_values / 8 * d->width;
	values = d->miniblock_values < d->left ? d->miniblock_values : d->left;
	needed = ((uint64_t)values * d->width + 7) / 8;
	if (d->width > 64 || needed > have)
		return -EBADMSG;
	d->packed = d->p;
	d->p += bytes < have ? bytes : have;
	d->bit = 0;
	d->miniblock_left = values;
	return 0;
}

/* width bits from that bit on; they are there. */
static uint64_t bits_at(const struct delta *d, uint64_t bit)
{
	const unsigned char *p = d->packed + bit / 8;
	unsigned shift = (unsigned)(bit % 8);
	uint64_t v = 0;

	if (d->width == 0)
		return 0;
	if (d->end - p >= 9) {
		memcpy(&v, p, sizeof(v));
		v = le64toh(v) >> shift;
		if (shift + d->width > 64)
			v |= (uint64_t)p[8] << (64 - shift);
	} else {
		for (unsigned i = 0; i * 8 < shift + d->width; i++)
			v |= i == 0 ? (uint64_t)p[0] >> shift
				    : (uint64_t)p[i] << (8 * i - shift);
	}
	return d->width == 64 ? v : v & (((uint64_t)1 << d->width) - 1);
}

static void read_run(struct delta *d, int64_t *ret, size_t count)
{
	uint64_t last = d->last, bit = d->bit;

	for (size_t i = 0; i < count; i++, bit += d->width) {
		last += d->min_delta + bits_at(d, bit);
		ret[i] = (int64_t)last;
	}
	d->last = last;
	d->bit = bit;
	d->left -= (uint32_t)count;
	d->miniblock_left -= (uint32_t)count;
}

int delta_read(struct delta *d, int64_t *ret, size_t count)
{
	if (count > d->left)
		return -EBADMSG;
	if (count > 0 && d->has_first) {
		d->has_first = false;
		*ret++ = (int64_t)d->last;
		d->left--;
		count--;
	}
	while (count > 0) {
		size_t n;

		if (d->miniblock_left == 0) {
			int r = begin_miniblock(d);

			if (r < 0)
				return r;
		}
		n = count < d->miniblock_left ? count : d->miniblock_left;
		read_run(d, ret, n);
		ret += n;
		count -= n;
	}
	return 0;
}

int delta_rest(struct delta d, struct span *ret)
{
	if (d.left > 0)
		d.left--;
	while (d.left > 0) {
		int r = begin_miniblock(&d);

		if (r < 0)
			return r;
		d.left -= d.miniblock_left;
	}
	*ret = (struct span){ (const char *)d.p, (size_t)(d.end - d.p) };
	return 0;
}
