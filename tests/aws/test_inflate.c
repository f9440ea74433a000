/* The libraries of a build beside each other: the same bytes, the same end, the same
 * refusals, however the bytes arrive. */
#include "aws/export/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include <zlib.h>

#include "aws/export/decoder.h"
#include "base/buf.h"
#include "tests/aws/memory_source.h"

enum {
	TEXT_MAX = 40 * 1000,
	PACKED_MAX = TEXT_MAX + 64 * 1024,
	JUNK = 40, /* bytes behind a stream */
	GZIP_BITS = 16,
};

static uint32_t seed = 20261130;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Lines with repeats near and far, and stretches that do not pack at all. */
static size_t make_text(unsigned char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t run = 1 + random_below(300), from;
		uint32_t how = random_below(8);

		if (run > len - at)
			run = len - at;
		from = at > run ? random_below((uint32_t)(at - run)) : 0;
		if (how == 0)
			for (size_t i = 0; i < run; i++)
				text[at + i] = (unsigned char)random_below(256);
		else if (how == 1)
			memset(text + at, (int)(' ' + random_below(90)), run);
		else if (how < 4 || at < run + 1)
			for (size_t i = 0; i < run; i++)
				text[at + i] = (unsigned char)('0' + random_below(10));
		else
			memmove(text + at, text + from, run);
		at += run;
	}
	return len;
}

struct way {
	int level, strategy, bits;
};

static size_t pack(
	const unsigned char *text, size_t len, struct way way, unsigned char *to)
{
	z_stream z = { 0 };
	size_t n;

	assert_int_equal(deflateInit2(&z, way.level, Z_DEFLATED, way.bits,
				 way.level % 3 ? 1 : 8, way.strategy),
		Z_OK);
	z.next_in = text;
	z.avail_in = (uInt)len;
	z.next_out = to;
	z.avail_out = PACKED_MAX;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = PACKED_MAX - z.avail_out;
	(void)deflateEnd(&z);
	return n;
}

/* Input and output by pieces of random size: what came out, and where it ended. */
static int inflate_pieces(const struct inflate_library *l, struct inflater *z,
	struct inflater_io io, uint32_t in_max, uint32_t out_max, size_t *ret_left)
{
	int r = 0;

	while (r == 0) {
		size_t in = 1 + random_below(in_max), out = 1 + random_below(out_max);
		struct inflater_io piece = { io.in, in < io.in_len ? in : io.in_len,
			io.out, out < io.out_len ? out : io.out_len };
		size_t before = piece.in_len + piece.out_len;

		r = l->step(z, &piece);
		io.in_len -= (size_t)(piece.in - io.in);
		io.out_len -= (size_t)(piece.out - io.out);
		io.in = piece.in;
		io.out = piece.out;
		/* Used up or full, as the contract says. */
		assert_true(r != 0 || piece.in_len == 0 || piece.out_len == 0);
		if (r == 0 && piece.in_len + piece.out_len == before)
			return 0;
	}
	*ret_left = io.in_len;
	return r;
}

static void streams_end_at_their_last_byte_however_they_arrive(void **state)
{
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE,
		Z_FIXED };
	unsigned char *text = malloc(TEXT_MAX), *packed = malloc(PACKED_MAX + JUNK);
	unsigned char *out = malloc(TEXT_MAX + 1);

	(void)state;
	assert_true(text && packed && out);
	for (unsigned i = 0; i < 40; i++) {
		const struct way way = { (int)(i % 10), strategies[i / 10 % 4],
			-MAX_WBITS };
		size_t len = make_text(text, random_below(i % 3 ? TEXT_MAX : 9000));
		size_t n = pack(text, len, way, packed);
		uint32_t in_max = i % 2 ? 1 + random_below(20) : 20000;
		uint32_t out_max = i % 3 ? 50000 : 1 + random_below(i % 2 ? 6 : 300);

		memset(packed + n, (int)random_below(256), JUNK);
		for (size_t l = 0; inflate_libraries[l]; l++) {
			struct inflater *z;
			size_t left = 0;

			assert_int_equal(inflate_libraries[l]->open(&z), 0);
			for (int again = 0; again < 2; again++) {
				/* Room for one byte more, so that the end is seen. */
				const struct inflater_io io = { packed, n + JUNK, out,
					len + 1 };

				memset(out, 0, len);
				assert_int_equal(inflate_pieces(inflate_libraries[l], z,
							 io, in_max, out_max, &left),
					1);
				assert_int_equal(left, JUNK);
				assert_memory_equal(out, text, len);
				inflate_libraries[l]->reset(z);
			}
			inflate_libraries[l]->close(z);
		}
	}
	free(text);
	free(packed);
	free(out);
}

/* As zlib, by way of the decoder; answers what all agree on. */
static int read_as_one(const unsigned char *bytes, size_t len)
{
	struct memory_object object = { "costs.csv.gz", bytes, len };
	static unsigned char first[TEXT_MAX], out[TEXT_MAX + 1];
	struct memory_source source;
	struct object_info info;
	char key[] = "costs.csv.gz";
	size_t first_len = 0;
	int answer = 0;

	memory_source_init(&source, &object, 1);
	info = memory_info_of(&source, &object, key);
	for (size_t l = 0; inflate_libraries[l]; l++) {
		const struct decoder_options options = { .inflate =
								 inflate_libraries[l] };
		struct decoder *d;
		size_t got = 0;
		ssize_t n;

		assert_int_equal(decoder_new(&source.base, &info, &options, &d), 0);
		while ((n = decoder_read(d, out + got, sizeof(out) - got, NULL)) > 0)
			got += (size_t)n;
		decoder_free(d);
		if (l == 0) {
			answer = (int)n;
			first_len = got;
			memcpy(first, out, got);
			continue;
		}
		assert_int_equal(n, answer);
		if (n == 0) {
			assert_int_equal(got, first_len);
			assert_memory_equal(out, first, got);
		}
	}
	return answer;
}

static void cut_or_flipped_all_refuse_the_same(void **state)
{
	unsigned char *text = malloc(TEXT_MAX), *packed = malloc(PACKED_MAX + JUNK);
	unsigned read = 0, refused = 0;

	(void)state;
	assert_true(text && packed);
	for (unsigned i = 0; i < 20; i++) {
		const struct way way = { (int)(i % 10), Z_DEFAULT_STRATEGY,
			GZIP_BITS + MAX_WBITS };
		size_t len = make_text(text, 1 + random_below(6000));
		size_t n = pack(text, len, way, packed);

		assert_int_equal(read_as_one(packed, n), 0);
		for (unsigned cut = 0; cut < 10; cut++)
			assert_int_equal(
				read_as_one(packed, 1 + random_below((uint32_t)n - 1)),
				-EBADMSG);
		for (unsigned flip = 0; flip < 30; flip++) {
			size_t at = flip < 12 ? flip : random_below((uint32_t)n);
			unsigned char bit = (unsigned char)(1U << random_below(8));
			int r;

			packed[at] ^= bit;
			r = read_as_one(packed, n);
			read += r == 0; /* of a header's time, say */
			refused += r == -EBADMSG;
			assert_true(r == 0 || r == -EBADMSG);
			packed[at] ^= bit;
		}
		memset(packed + n, 'x', JUNK);
		assert_int_equal(read_as_one(packed, n + JUNK), -EBADMSG);
	}
	assert_true(read > 20 && refused > 300);
	free(text);
	free(packed);
}

static void checksums_are_the_same(void **state)
{
	unsigned char *text = malloc(TEXT_MAX);

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 200; i++) {
		size_t len = make_text(text, random_below(2000));
		size_t cut = random_below((uint32_t)len + 1);

		for (size_t l = 0; inflate_libraries[l]; l++) {
			uint32_t crc = inflate_libraries[l]->crc32(0, text, cut);

			crc = inflate_libraries[l]->crc32(crc, text + cut, len - cut);
			assert_int_equal(crc, crc32_z(0, text, len));
		}
	}
	free(text);
}

static void a_build_with_isal_inflates_by_it(void **state)
{
	(void)state;
#ifdef COSTFS_ISAL
	assert_ptr_equal(inflate_libraries[0], &inflate_isal);
	assert_ptr_equal(inflate_libraries[1], &inflate_zlib);
#else
	assert_ptr_equal(inflate_libraries[0], &inflate_zlib);
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_with_isal_inflates_by_it),
		cmocka_unit_test(streams_end_at_their_last_byte_however_they_arrive),
		cmocka_unit_test(cut_or_flipped_all_refuse_the_same),
		cmocka_unit_test(checksums_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
