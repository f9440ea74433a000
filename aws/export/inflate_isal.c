/* Deflate by ISA-L, some three times as fast as zlib. */
#include "aws/export/inflate.h"

#include <errno.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

/* ISA-L counts in uint32_t. */
enum { INFLATE_STEP_MAX = 1 << 30 };

struct inflater {
	struct inflate_state state; /* 90 KiB, the last 32 KiB of the output in it */
};

static void reset(struct inflater *z)
{
	isal_inflate_init(&z->state);
	/* Without gzip's or zlib's wrapping, which are parsed by the callers. */
	z->state.crc_flag = ISAL_DEFLATE;
}

static int open_isal(struct inflater **ret)
{
	struct inflater *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	reset(z);
	*ret = z;
	return 0;
}

static uint32_t step_of(size_t len)
{
	return (uint32_t)(len < INFLATE_STEP_MAX ? len : INFLATE_STEP_MAX);
}

/* Up to eight bytes are taken ahead, into read_in, where the stream may end before them.
 * Gives back those of this step. Bytes of an earlier step are only there if it ran out of
 * input within a symbol, which goes on behind them, so that they need no giving back; and
 * what is in tmp_in_buffer, an unfinished head of a block, stands behind those in
 * read_in. */
static uint32_t give_back(struct inflate_state *s, uint32_t taken)
{
	uint32_t whole = s->read_in_length > 0 ? (uint32_t)s->read_in_length / 8 : 0;

	if (s->tmp_in_size > 0)
		return 0;
	if (whole > taken)
		whole = taken;
	s->read_in_length -= (int32_t)(8 * whole);
	/* The next bytes are put in by or. */
	s->read_in &= s->read_in_length < 64 ? (UINT64_C(1) << s->read_in_length) - 1
					     : UINT64_MAX;
	return whole;
}

static int step(struct inflater *z, struct inflater_io *io)
{
	struct inflate_state *s = &z->state;
	uint32_t in = step_of(io->in_len), out = step_of(io->out_len), taken;
	int r;

	s->next_in = (uint8_t *)(uintptr_t)io->in;
	s->avail_in = in;
	s->next_out = io->out;
	s->avail_out = out;
	r = isal_inflate(s);
	taken = in - s->avail_in;
	if (s->block_state == ISAL_BLOCK_FINISH || s->avail_out == 0)
		taken -= give_back(s, taken);
	io->in += taken;
	io->in_len -= taken;
	io->out += out - s->avail_out;
	io->out_len -= out - s->avail_out;
	if (r != ISAL_DECOMP_OK)
		return -EBADMSG;
	return s->block_state == ISAL_BLOCK_FINISH;
}

static void close_isal(struct inflater *z)
{
	free(z);
}

static uint32_t checksum(uint32_t crc, const void *bytes, size_t len)
{
	return crc32_gzip_refl(crc, bytes, len);
}

const struct inflate_library inflate_isal = {
	.name = "ISA-L",
	.open = open_isal,
	.reset = reset,
	.step = step,
	.close = close_isal,
	.crc32 = checksum,
};
