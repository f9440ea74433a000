/* Deflate by zlib. */
#include "aws/export/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* zlib counts in unsigned int. */
enum { INFLATE_STEP_MAX = 1 << 30 };

struct inflater {
	z_stream stream;
};

static int open_zlib(struct inflater **ret)
{
	struct inflater *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	/* Negative: neither gzip's nor zlib's wrapping, which are parsed here. */
	if (inflateInit2(&z->stream, -MAX_WBITS) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	*ret = z;
	return 0;
}

static void reset(struct inflater *z)
{
	(void)inflateReset(&z->stream);
}

static uInt step_of(size_t len)
{
	return len < INFLATE_STEP_MAX ? (uInt)len : INFLATE_STEP_MAX;
}

static int step(struct inflater *z, struct inflater_io *io)
{
	uInt in = step_of(io->in_len), out = step_of(io->out_len);
	int r;

	z->stream.next_in = io->in;
	z->stream.avail_in = in;
	z->stream.next_out = io->out;
	z->stream.avail_out = out;
	r = inflate(&z->stream, Z_NO_FLUSH);
	io->in += in - z->stream.avail_in;
	io->in_len -= in - z->stream.avail_in;
	io->out += out - z->stream.avail_out;
	io->out_len -= out - z->stream.avail_out;
	if (r == Z_STREAM_END)
		return 1;
	/* Z_BUF_ERROR: nothing could be done with what there was, which the caller
	 * sees. */
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 0;
	return r == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static void close_zlib(struct inflater *z)
{
	if (!z)
		return;
	(void)inflateEnd(&z->stream);
	free(z);
}

static uint32_t checksum(uint32_t crc, const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(crc, bytes, len);
}

const struct inflate_library inflate_zlib = {
	.name = "zlib",
	.open = open_zlib,
	.reset = reset,
	.step = step,
	.close = close_zlib,
	.crc32 = checksum,
};
