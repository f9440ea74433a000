#include "aws/export/parquet/codec.h"

#include <errno.h>
#include <lz4.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#if HAVE_BROTLI
#include <brotli/decode.h>
#endif

enum {
	GZIP_OR_ZLIB_BITS = MAX_WBITS + 32, /* told by the first bytes */
	HADOOP_HEAD_BYTES = 4,
};

const char *codec_name(int64_t id)
{
	static const char *const names[] = { "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO",
		"BROTLI", "LZ4", "ZSTD", "LZ4_RAW" };

	return id >= 0 && (size_t)id < ARRAY_LEN(names) ? names[id] : "unknown";
}

bool codec_is_known(int64_t id)
{
#if !HAVE_BROTLI
	if (id == CODEC_BROTLI)
		return false;
#endif
	return id >= CODEC_NONE && id <= CODEC_LZ4_RAW && id != CODEC_LZO;
}

static int copy(struct span in, unsigned char *out, size_t len)
{
	if (in.len != len)
		return -EBADMSG;
	if (len > 0)
		memcpy(out, in.p, len);
	return 0;
}

static int inflate_snappy(struct span in, unsigned char *out, size_t len)
{
	size_t said;

	if (snappy_uncompressed_length(in.p, in.len, &said) != SNAPPY_OK || said != len)
		return -EBADMSG;
	if (snappy_uncompress(in.p, in.len, (char *)out, &said) != SNAPPY_OK)
		return -EBADMSG;
	return 0;
}

static int gzip_stream(struct codec *c, z_stream **ret)
{
	z_stream *z = c->gzip;

	if (z && inflateReset(z) == Z_OK) {
		*ret = z;
		return 0;
	}
	z = calloc(1, sizeof(*z));
	if (!z)
		return -ENOMEM;
	if (inflateInit2(z, GZIP_OR_ZLIB_BITS) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	c->gzip = z;
	*ret = z;
	return 0;
}

/* There may be several members behind each other. Pages are below 2 GiB. */
static int inflate_gzip(struct codec *c, struct span in, unsigned char *out, size_t len)
{
	z_stream *z;
	int r = gzip_stream(c, &z);

	if (r < 0)
		return r;
	z->next_in = (const unsigned char *)in.p;
	z->avail_in = (uInt)in.len;
	z->next_out = out;
	z->avail_out = (uInt)len;
	for (;;) {
		r = inflate(z, Z_FINISH);
		if (r == Z_MEM_ERROR)
			return -ENOMEM;
		if (r != Z_STREAM_END)
			return -EBADMSG;
		if (z->avail_out == 0)
			return 0;
		if (z->avail_in == 0 || inflateReset(z) != Z_OK)
			return -EBADMSG;
	}
}

static int inflate_zstd(struct codec *c, struct span in, unsigned char *out, size_t len)
{
	size_t got;

	if (!c->zstd)
		c->zstd = ZSTD_createDCtx();
	if (!c->zstd)
		return -ENOMEM;
	got = ZSTD_decompressDCtx(c->zstd, out, len, in.p, in.len);
	return ZSTD_isError(got) || got != len ? -EBADMSG : 0;
}

static int inflate_lz4(struct span in, unsigned char *out, size_t len)
{
	int got = LZ4_decompress_safe(in.p, (char *)out, (int)in.len, (int)len);

	return got < 0 || (size_t)got != len ? -EBADMSG : 0;
}

static bool take_big_u32(struct span *in, size_t *ret)
{
	const unsigned char *p = (const unsigned char *)in->p;

	if (in->len < HADOOP_HEAD_BYTES)
		return false;
	*ret = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*in = span_from(*in, HADOOP_HEAD_BYTES);
	return true;
}

/* Each block has its own length and, once or more, those of compressed parts. */
static int inflate_hadoop(struct span in, unsigned char *out, size_t len)
{
	while (in.len > 0) {
		size_t block, part;

		if (!take_big_u32(&in, &block) || block > len ||
			!take_big_u32(&in, &part) || part > in.len)
			return -EBADMSG;
		if (inflate_lz4(span_first(in, part), out, block) < 0)
			return -EBADMSG;
		in = span_from(in, part);
		out += block;
		len -= block;
	}
	return len == 0 ? 0 : -EBADMSG;
}

static int inflate_brotli(struct span in, unsigned char *out, size_t len)
{
#if HAVE_BROTLI
	size_t got = len;

	if (BrotliDecoderDecompress(in.len, (const unsigned char *)in.p, &got, out) !=
			BROTLI_DECODER_RESULT_SUCCESS ||
		got != len)
		return -EBADMSG;
	return 0;
#else
	(void)in;
	(void)out;
	(void)len;
	return -ENOTSUP;
#endif
}

int codec_inflate(
	struct codec *c, int64_t id, struct span in, unsigned char *out, size_t len)
{
	if (!codec_is_known(id))
		return -ENOTSUP;
	/* Nothing is often written as nothing, which is no stream. */
	if (in.len == 0 || id == CODEC_NONE)
		return copy(in, out, len);
	if (in.len > INT32_MAX || len > INT32_MAX)
		return -EBADMSG;
	switch ((enum codec_id)id) {
	case CODEC_SNAPPY:
		return inflate_snappy(in, out, len);
	case CODEC_GZIP:
		return inflate_gzip(c, in, out, len);
	case CODEC_BROTLI:
		return inflate_brotli(in, out, len);
	case CODEC_LZ4:
		if (inflate_hadoop(in, out, len) == 0)
			return 0;
		return inflate_lz4(in, out, len);
	case CODEC_ZSTD:
		return inflate_zstd(c, in, out, len);
	case CODEC_LZ4_RAW:
		return inflate_lz4(in, out, len);
	case CODEC_NONE:
	case CODEC_LZO:
		break;
	}
	return -ENOTSUP;
}

void codec_finish(struct codec *c)
{
	if (c->gzip)
		(void)inflateEnd(c->gzip);
	free(c->gzip);
	(void)ZSTD_freeDCtx(c->zstd);
	*c = (struct codec){ .gzip = NULL };
}
