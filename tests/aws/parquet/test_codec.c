/* Each codec inflates what its own library compressed, and nothing that is not whole. */
#include "tests/cmocka.h"

#include <errno.h>
#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "aws/export/parquet/codec.h"

enum { PLAIN_BYTES = 5000, PACKED_MAX = 16384 };

static char plain[PLAIN_BYTES];

struct packed {
	int64_t id;
	size_t len;
	char bytes[PACKED_MAX];
};

static size_t gzip(char *to, const char *from, size_t len, int bits)
{
	z_stream z = { 0 };

	assert_int_equal(
		deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (const unsigned char *)from;
	z.avail_in = (unsigned)len;
	z.next_out = (unsigned char *)to;
	z.avail_out = PACKED_MAX / 2;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = PACKED_MAX / 2 - z.avail_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
	return len;
}

static void put_big(char *to, size_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(n >> (24 - 8 * i));
}

static size_t hadoop(char *to, const char *from, size_t len)
{
	int packed = LZ4_compress_default(from, to + 8, (int)len, PACKED_MAX / 2 - 8);

	put_big(to, len);
	put_big(to + 4, (size_t)packed);
	return 8 + (size_t)packed;
}

static void pack(int64_t id, unsigned variant, struct packed *ret)
{
	size_t half = PLAIN_BYTES / 2;

	ret->id = id;
	ret->len = PACKED_MAX;
	if (id == CODEC_NONE) {
		memcpy(ret->bytes, plain, PLAIN_BYTES);
		ret->len = PLAIN_BYTES;
	} else if (id == CODEC_SNAPPY) {
		assert_int_equal(
			snappy_compress(plain, PLAIN_BYTES, ret->bytes, &ret->len), 0);
	} else if (id == CODEC_GZIP && variant < 2) {
		ret->len = gzip(ret->bytes, plain, PLAIN_BYTES, variant ? 15 : 15 + 16);
	} else if (id == CODEC_GZIP) {
		ret->len = gzip(ret->bytes, plain, half, 15 + 16);
		ret->len += gzip(ret->bytes + ret->len, plain + half, half, 15 + 16);
	} else if (id == CODEC_ZSTD) {
		ret->len = ZSTD_compress(ret->bytes, PACKED_MAX, plain, PLAIN_BYTES, 3);
	} else if (id == CODEC_LZ4 && variant == 0) {
		ret->len = hadoop(ret->bytes, plain, half);
		ret->len += hadoop(ret->bytes + ret->len, plain + half, half);
	} else {
		ret->len = (size_t)LZ4_compress_default(
			plain, ret->bytes, PLAIN_BYTES, PACKED_MAX);
	}
}

static const struct {
	int64_t id;
	unsigned variant; /* of gzip: gzip, zlib, two members; of LZ4: Hadoop's, raw */
} cases[] = { { CODEC_NONE, 0 }, { CODEC_SNAPPY, 0 }, { CODEC_GZIP, 0 },
	{ CODEC_GZIP, 1 }, { CODEC_GZIP, 2 }, { CODEC_LZ4, 0 }, { CODEC_LZ4, 1 },
	{ CODEC_ZSTD, 0 }, { CODEC_LZ4_RAW, 0 } };

static int fill_plain(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PLAIN_BYTES; i++)
		plain[i] = (char)(i % 97 + i / 500);
	return 0;
}

static void what_was_packed_is_inflated(void **state)
{
	static struct packed packed;
	struct codec codec = { NULL };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		unsigned char got[PLAIN_BYTES] = { 0 };
		size_t n = i % ARRAY_LEN(cases);

		print_message("%s %u\n", codec_name(cases[n].id), cases[n].variant);
		pack(cases[n].id, cases[n].variant, &packed);
		assert_int_equal(codec_inflate(&codec, packed.id,
					 (struct span){ packed.bytes, packed.len }, got,
					 PLAIN_BYTES),
			0);
		assert_memory_equal(got, plain, PLAIN_BYTES);
	}
	codec_finish(&codec);
}

static void what_is_not_whole_is_refused(void **state)
{
	static struct packed packed;
	static unsigned char got[PLAIN_BYTES + 1];
	struct codec codec = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span in;

		print_message("%s %u\n", codec_name(cases[i].id), cases[i].variant);
		pack(cases[i].id, cases[i].variant, &packed);
		in = (struct span){ packed.bytes, packed.len };
		assert_int_equal(
			codec_inflate(&codec, packed.id, in, got, PLAIN_BYTES + 1),
			-EBADMSG);
		assert_int_equal(
			codec_inflate(&codec, packed.id, in, got, PLAIN_BYTES - 1),
			-EBADMSG);
		for (size_t len = 0; len < packed.len; len += 1 + packed.len / 50)
			assert_int_equal(codec_inflate(&codec, packed.id,
						 span_first(in, len), got, PLAIN_BYTES),
				-EBADMSG);
	}
	codec_finish(&codec);
}

static void nothing_is_inflated_to_nothing(void **state)
{
	struct codec codec = { NULL };
	unsigned char got = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(codec_inflate(&codec, cases[i].id,
					 (struct span){ .len = 0 }, &got, 0),
			0);
		assert_int_equal(codec_inflate(&codec, cases[i].id,
					 (struct span){ .len = 0 }, &got, 1),
			-EBADMSG);
	}
	codec_finish(&codec);
}

static void other_codecs_are_told_by_name(void **state)
{
	struct codec codec = { NULL };
	unsigned char got;

	(void)state;
	assert_int_equal(codec_inflate(&codec, CODEC_LZO, SPAN("x"), &got, 1), -ENOTSUP);
	assert_int_equal(codec_inflate(&codec, 8, SPAN("x"), &got, 1), -ENOTSUP);
	assert_int_equal(codec_inflate(&codec, -1, SPAN("x"), &got, 1), -ENOTSUP);
	assert_string_equal(codec_name(CODEC_LZO), "LZO");
	assert_string_equal(codec_name(8), "unknown");
	assert_string_equal(codec_name(-1), "unknown");
	codec_finish(&codec);
}

/* Node's zlib.brotliCompressSync("cost,".repeat(40)) */
static void brotli_is_inflated_where_it_is_built_in(void **state)
{
	static const char packed[] = "\x1b\xc7\x00\xf8\x8d\x54\xb5\xbf\x1c\x7b\x9b\x2b"
				     "\x16\xba\x50\x2d\x0a\xe8\x75";
	unsigned char got[200], wanted[200];
	struct codec codec = { NULL };
	struct span in = { packed, sizeof(packed) - 1 };

	(void)state;
	if (!codec_is_known(CODEC_BROTLI))
		skip();
	for (size_t i = 0; i < sizeof(wanted); i++)
		wanted[i] = (unsigned char)"cost,"[i % 5];
	assert_int_equal(codec_inflate(&codec, CODEC_BROTLI, in, got, 200), 0);
	assert_memory_equal(got, wanted, 200);
	assert_int_equal(codec_inflate(&codec, CODEC_BROTLI, in, got, 199), -EBADMSG);
	in.len--;
	assert_int_equal(codec_inflate(&codec, CODEC_BROTLI, in, got, 200), -EBADMSG);
	codec_finish(&codec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_is_inflated),
		cmocka_unit_test(what_is_not_whole_is_refused),
		cmocka_unit_test(nothing_is_inflated_to_nothing),
		cmocka_unit_test(other_codecs_are_told_by_name),
		cmocka_unit_test(brotli_is_inflated_where_it_is_built_in),
	};

	return cmocka_run_group_tests(tests, fill_plain, NULL);
}
