#include "base/hash.h"

#include <string.h>

#include "tests/cmocka.h"

static void xxh3_of_nothing_is_the_published_value(void **state)
{
	(void)state;
	/* xxHash's own self-check: XXH3_64bits, length 0, seed 0. */
	assert_true(hash64("", 0, 0) == 0x2D06800538D394C2ULL);
	assert_true(hash64(NULL, 0, 0) == 0x2D06800538D394C2ULL);
}

static void hash64_depends_on_every_byte_and_the_seed(void **state)
{
	char bytes[300] = "";
	uint64_t first = hash64(bytes, sizeof(bytes), 1);

	(void)state;
	assert_true(hash64(bytes, sizeof(bytes), 1) == first);
	assert_true(hash64(bytes, sizeof(bytes), 2) != first);
	assert_true(hash64(bytes, sizeof(bytes) - 1, 1) != first);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 1;
		assert_true(hash64(bytes, sizeof(bytes), 1) != first);
		bytes[i] ^= 1;
	}
}

static void hash64_of_pieces_is_that_of_the_whole(void **state)
{
	char bytes[1500];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 / 7);
	for (size_t piece = 1; piece <= sizeof(bytes); piece += 1 + piece / 3) {
		struct hash64_pieces *h = hash64_pieces_new();

		assert_non_null(h);
		hash64_pieces_add(h, NULL, 0);
		for (size_t at = 0; at < sizeof(bytes); at += piece)
			hash64_pieces_add(h, bytes + at,
				piece < sizeof(bytes) - at ? piece : sizeof(bytes) - at);
		assert_true(hash64_pieces_value(h) == hash64(bytes, sizeof(bytes), 0));
		hash64_pieces_free(h);
	}
	hash64_pieces_free(NULL);
}

/* FIPS 180-2, appendix B, and the digest of nothing. */
static const struct {
	const char *text;
	const char *hex;
} sums[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void sha256_is_that_of_the_standard(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		char hex[2 * SHA256_BYTES + 1];
		unsigned char sum[SHA256_BYTES];

		assert_int_equal(sha256_hex(span_of(sums[i].text), SHA256_BYTES, hex), 0);
		assert_string_equal(hex, sums[i].hex);
		assert_int_equal(sha256(span_of(sums[i].text), sum), 0);
		assert_int_equal(sum[0] >> 4, strchr(digits, hex[0]) - digits);
	}
}

static void hex_is_cut_to_the_bytes_asked_for(void **state)
{
	char hex[] = "########";

	(void)state;
	assert_int_equal(sha256_hex(SPAN("abc"), 3, hex), 0);
	assert_string_equal(hex, "ba7816");
	assert_int_equal(hex[7], '#');
	assert_int_equal(sha256_hex((struct span){ 0 }, 1, hex), 0);
	assert_string_equal(hex, "e3");
	assert_int_equal(sha256_hex(SPAN("abc"), 0, hex), 0);
	assert_string_equal(hex, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xxh3_of_nothing_is_the_published_value),
		cmocka_unit_test(hash64_depends_on_every_byte_and_the_seed),
		cmocka_unit_test(hash64_of_pieces_is_that_of_the_whole),
		cmocka_unit_test(sha256_is_that_of_the_standard),
		cmocka_unit_test(hex_is_cut_to_the_bytes_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
