/* Published check values ("123456789"), and lengths around the step of eight bytes with
 * the values of a bitwise loop and of zlib in Python. */
#include "aws/object/checksum.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tests/cmocka.h"

static void sum(enum checksum_kind kind, struct span bytes, size_t piece,
	struct checksum_value *ret)
{
	struct checksum *c = checksum_new(kind);

	assert_non_null(c);
	while (bytes.len) {
		size_t n = piece && piece < bytes.len ? piece : bytes.len;

		checksum_add(c, bytes.p, n);
		bytes = span_from(bytes, n);
	}
	assert_int_equal(checksum_end(c, ret), 0);
	checksum_free(c);
}

static void published_values_however_bytes_arrive(void **state)
{
	static const struct {
		enum checksum_kind kind;
		const char *name, *base64;
	} cases[] = {
		{ CHECKSUM_CRC64NVME, "CRC64NVME", "rosUhgp5mIg=" },
		{ CHECKSUM_CRC32, "crc32", "y/Q5Jg==" },
		{ CHECKSUM_CRC32C, "Crc32C", "4waSgw==" },
		{ CHECKSUM_SHA1, "sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=" },
		{ CHECKSUM_SHA256, "sha256",
			"FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t piece = 0; piece < 10; piece++) {
			struct checksum_value want = { 0 }, is = { 0 };

			print_message("  %s by %zu\n", cases[i].name, piece);
			assert_int_equal(
				checksum_kind_of(span_of(cases[i].name)), cases[i].kind);
			assert_int_equal(checksum_parse(cases[i].kind,
						 span_of(cases[i].base64), &want),
				0);
			sum(cases[i].kind, SPAN("123456789"), piece, &is);
			assert_true(checksum_eq(&want, &is));
			sum(cases[i].kind, SPAN("123456788"), piece, &is);
			assert_false(checksum_eq(&want, &is));
		}
}

static void assert_crc(
	enum checksum_kind kind, struct span bytes, size_t width, uint64_t want)
{
	for (size_t piece = 0; piece < 10; piece++) {
		struct checksum_value is = { 0 };
		uint64_t crc = 0;

		sum(kind, bytes, piece, &is);
		for (size_t i = 0; i < width; i++)
			crc = crc << 8 | is.bytes[i];
		if (crc != want)
			fail_msg("%s of %zu bytes: %016" PRIX64 " is not %016" PRIX64,
				checksum_name(kind), bytes.len, crc, want);
	}
}

static void lengths_around_the_step(void **state)
{
	static const struct {
		size_t len;
		uint64_t crc64nvme, crc32, crc32c;
	} cases[] = {
		{ 0, UINT64_C(0), UINT64_C(0), UINT64_C(0) },
		{ 1, UINT64_C(0xAAB4A08FDFD90E51), UINT64_C(0xA505DF1B),
			UINT64_C(0xA016D052) },
		{ 7, UINT64_C(0xDA2CFE54D031C5E1), UINT64_C(0xD4B044FE),
			UINT64_C(0x90E8E729) },
		{ 8, UINT64_C(0xCDD30CCB1A9FF635), UINT64_C(0xA44D4B91),
			UINT64_C(0x16D97794) },
		{ 9, UINT64_C(0xBAC0370B783D4231), UINT64_C(0x4C2E1631),
			UINT64_C(0x906BAB20) },
		{ 15, UINT64_C(0xAB4F1F3A38E0B7F2), UINT64_C(0xA0D418C5),
			UINT64_C(0xA163DBF3) },
		{ 16, UINT64_C(0x7E9CF035E2718CCE), UINT64_C(0x5A756064),
			UINT64_C(0xA3C42EAE) },
		{ 17, UINT64_C(0xF9115EBF59B22E29), UINT64_C(0x5502ECBA),
			UINT64_C(0xF9C8D5B5) },
		{ 4099, UINT64_C(0xBA2C9B7EEF49F03C), UINT64_C(0x9CE410F9),
			UINT64_C(0x992E36C3) },
	};
	char bytes[4099];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct span text = { bytes, cases[i].len };

		for (size_t k = 0; k < text.len; k++)
			bytes[k] = (char)(unsigned char)((k * 7 + text.len) & 0xFF);
		assert_crc(CHECKSUM_CRC64NVME, text, 8, cases[i].crc64nvme);
		assert_crc(CHECKSUM_CRC32, text, 4, cases[i].crc32);
		assert_crc(CHECKSUM_CRC32C, text, 4, cases[i].crc32c);
	}
}

static void what_is_no_checksum_is_refused(void **state)
{
	static const struct {
		enum checksum_kind kind;
		const char *text;
	} cases[] = {
		{ CHECKSUM_NONE, "" },
		{ CHECKSUM_CRC32, "" },
		{ CHECKSUM_CRC32, "y/Q5Jg=" },
		{ CHECKSUM_CRC32, "y/Q5Jg===" },
		{ CHECKSUM_CRC32, "y/Q5Jg==-2" },
		{ CHECKSUM_CRC32, "y/Q5J===" },
		{ CHECKSUM_CRC32, "y/Q5Jggg" },
		{ CHECKSUM_CRC32, "=/Q5Jg==" },
		{ CHECKSUM_CRC32, " /Q5Jg==" },
		{ CHECKSUM_CRC32, "y/Q!Jg==" },
		{ CHECKSUM_CRC64NVME, "y/Q5Jg==" },
		{ CHECKSUM_SHA256, "98O8HYCOBHMq32eZZczDTKeuNEE=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct checksum_value before = { .kind = CHECKSUM_SHA1 }, is = before;

		print_message("  \"%s\"\n", cases[i].text);
		assert_int_equal(
			checksum_parse(cases[i].kind, span_of(cases[i].text), &is),
			-EINVAL);
		assert_memory_equal(&is, &before, sizeof(is));
	}
	assert_int_equal(checksum_kind_of(SPAN("")), CHECKSUM_NONE);
	assert_int_equal(checksum_kind_of(SPAN("md5")), CHECKSUM_NONE);
	checksum_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values_however_bytes_arrive),
		cmocka_unit_test(lengths_around_the_step),
		cmocka_unit_test(what_is_no_checksum_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
