#include "fs/cmd/demo/parquet/squeeze.h"

#include <errno.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 3, GZIP_LEVEL = 6, GZIP_BITS = 15 + 16, GZIP_MEMORY = 9 };

int squeeze_number(enum squeeze_codec codec)
{
	static const int numbers[] = { [SQUEEZE_SNAPPY] = 1,
		[SQUEEZE_ZSTD] = 6,
		[SQUEEZE_GZIP] = 2,
		[SQUEEZE_NONE] = 0 };

	return numbers[codec];
}

static int append_snappy(struct span plain, struct buf *ret)
{
	size_t len = snappy_max_compressed_length(plain.len);
	int r = buf_reserve(ret, len);

	if (r < 0)
		return r;
	if (snappy_compress(plain.p, plain.len, ret->p + ret->len, &len) != SNAPPY_OK)
		return -ENOMEM;
	ret->len += len;
	return 0;
}

static int append_zstd(struct span plain, struct buf *ret)
{
	size_t room = ZSTD_compressBound(plain.len), len;
	int r = buf_reserve(ret, room);

	if (r < 0)
		return r;
	len = ZSTD_compress(ret->p + ret->len, room, plain.p, plain.len, ZSTD_LEVEL);
	if (ZSTD_isError(len))
		return -ENOMEM;
	ret->len += len;
	return 0;
}

static int append_gzip(struct span plain, struct buf *ret)
{
	z_stream z = { .next_in = (const Bytef *)plain.p, .avail_in = (uInt)plain.len };
	uLong room;
	int r;

	if (plain.len > UINT32_MAX)
		return -EFBIG;
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, GZIP_MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&z, z.avail_in);
	r = buf_reserve(ret, room);
	if (r == 0) {
		z.next_out = (Bytef *)ret->p + ret->len;
		z.avail_out = (uInt)room;
		r = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -ENOMEM;
	}
	if (r == 0)
		ret->len += z.total_out;
	(void)deflateEnd(&z);
	return r;
}

int squeeze_append(enum squeeze_codec codec, struct span plain, struct buf *ret)
{
	switch (codec) {
	case SQUEEZE_SNAPPY:
		return append_snappy(plain, ret);
	case SQUEEZE_ZSTD:
		return append_zstd(plain, ret);
	case SQUEEZE_GZIP:
		return append_gzip(plain, ret);
	case SQUEEZE_NONE:
		return buf_append_span(ret, plain);
	}
	return -EINVAL;
}
