#include "fs/cmd/demo/parquet/hybrid.h"

#include <assert.h>

#include "fs/cmd/demo/parquet/compact.h"

enum { GROUP = 8, GROUPS_MAX = 63 }; /* of 8 values; a run's header is one byte */

unsigned bit_width(uint64_t max)
{
	unsigned width = 0;

	for (; max != 0; max >>= 1)
		width++;
	return width;
}

/* Bits on their way into bytes. */
struct packer {
	uint64_t bits;
	unsigned fill;
	char *at;
};

/* width <= 32; fewer than 8 bits are left over from before. */
static void pack(struct packer *p, uint64_t value, unsigned width)
{
	p->bits |= (value & ((UINT64_C(1) << width) - 1)) << p->fill;
	p->fill += width;
	while (p->fill >= 8) {
		*p->at++ = (char)p->bits;
		p->bits >>= 8;
		p->fill -= 8;
	}
}

int bits_append(struct buf *b, const uint64_t *values, size_t count, unsigned width)
{
	size_t len = (count * width + 7) / 8;
	unsigned low = width < 32 ? width : 32;
	struct packer p = { 0 };
	int ret = len == 0 ? 0 : buf_reserve(b, len);

	if (ret < 0 || len == 0)
		return ret;
	p.at = b->p + b->len;
	for (size_t i = 0; i < count; i++) {
		pack(&p, values[i], low);
		pack(&p, values[i] >> low, width - low);
	}
	if (p.fill > 0)
		*p.at = (char)p.bits;
	b->len += len;
	return 0;
}

static size_t run_at(const uint32_t *values, size_t from, size_t count)
{
	size_t at = from + 1;

	while (at < count && values[at] == values[from])
		at++;
	return at - from;
}

static int append_run(struct buf *b, uint32_t value, size_t len, unsigned width)
{
	int ret = varint_append(b, (uint64_t)len << 1);

	for (unsigned byte = 0; byte < (width + 7) / 8 && ret == 0; byte++)
		ret = buf_append_byte(b, (char)(value >> 8 * byte));
	return ret;
}

/* Groups of 8 values, the last filled up with zeros. */
static int append_packed(
	struct buf *b, const uint32_t *values, size_t count, unsigned width)
{
	uint64_t padded[GROUPS_MAX * GROUP] = { 0 };
	size_t groups = (count + GROUP - 1) / GROUP;
	int ret = varint_append(b, (uint64_t)groups << 1 | 1);

	assert(groups <= GROUPS_MAX);
	for (size_t i = 0; i < count; i++)
		padded[i] = values[i];
	return ret < 0 ? ret : bits_append(b, padded, groups * GROUP, width);
}

/* Where packing that begins at from ends: before the next run that is worth it, on a
 * group's border unless it is the end. */
static size_t packed_end(const uint32_t *values, size_t from, size_t count)
{
	size_t at = from;

	while (at < count && at - from < (size_t)GROUPS_MAX * GROUP) {
		if (run_at(values, at, count) >= GROUP)
			break;
		at += at + GROUP > count ? count - at : (size_t)GROUP;
	}
	return at;
}

int hybrid_append(struct buf *b, const uint32_t *values, size_t count, unsigned width)
{
	int ret = 0;

	for (size_t at = 0; at < count && ret == 0;) {
		size_t run = run_at(values, at, count);

		if (run >= GROUP) {
			ret = append_run(b, values[at], run, width);
			at += run;
		} else {
			size_t end = packed_end(values, at, count);

			ret = append_packed(b, values + at, end - at, width);
			at = end;
		}
	}
	return ret;
}
