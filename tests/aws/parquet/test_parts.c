/* The small decoders: runs, deltas, Thrift's structs, the head of a page. */
#include "tests/cmocka.h"

#include <errno.h>

#include "aws/export/parquet/delta.h"
#include "aws/export/parquet/page.h"
#include "aws/export/parquet/rle.h"
#include "aws/export/parquet/thrift.h"
#include "aws/export/parquet/values.h"

#define BYTES(...)                                                                       \
	((struct span){ (const char *)(const unsigned char[]){ __VA_ARGS__ },            \
		sizeof((const unsigned char[]){ __VA_ARGS__ }) })

/* The examples of parquet-format's Encodings.md, and runs by hand. */
static void runs_and_groups_of_eight_are_read(void **state)
{
	/* 0 to 7 by 3 bits, packed: 10001000 11000110 11111010 */
	const struct span packed = BYTES(3, 0x88, 0xc6, 0xfa);
	/* 5 times 300 by 9 bits, then 8 of 1 bit below 9: 1 0 0 0 0 0 0 511 */
	const struct span both =
		BYTES(10, 0x2c, 0x01, 3, 1, 0, 0, 0, 0, 0, 0, 0x80, 0xff);
	uint32_t got[13];
	struct rle r;

	(void)state;
	rle_init(&r, packed, 3);
	assert_int_equal(rle_read(&r, got, 8), 0);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(got[i], i);
	assert_int_equal(rle_read(&r, got, 1), -EBADMSG);
	for (size_t step = 1; step <= 13; step++) {
		size_t at = 0;

		rle_init(&r, both, 9);
		for (; at < 13; at += step)
			assert_int_equal(
				rle_read(&r, got + at, step < 13 - at ? step : 13 - at),
				0);
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(got[i], 300);
		assert_int_equal(got[5], 1);
		assert_int_equal(got[6], 0);
		assert_int_equal(got[12], 511);
	}
}

static void levels_of_the_older_form_are_read(void **state)
{
	/* 0 to 7 by 3 bits, the highest first: 00000101 00111001 01110111 */
	const struct span bytes = BYTES(0x05, 0x39, 0x77);
	uint8_t got[8];
	struct rle r;

	(void)state;
	rle_init_msb(&r, bytes, 3, 8);
	assert_int_equal(rle_read_bytes(&r, got, 3), 0);
	assert_int_equal(rle_read_bytes(&r, got + 3, 5), 0);
	for (uint8_t i = 0; i < 8; i++)
		assert_int_equal(got[i], i);
	assert_int_equal(rle_read_bytes(&r, got, 1), -EBADMSG);
}

static void damaged_runs_are_refused(void **state)
{
	const struct span cases[] = {
		{ .len = 0 }, BYTES(0x80), /* a head that does not end */
		BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0x01), /* over 32 bits */
		BYTES(4), /* a run without its value */
		BYTES(4, 8), /* a value of more than 3 bits */
		BYTES(3), /* a group without bytes */
		BYTES(0, 0, 1), /* empty runs and nothing else */
	};
	uint32_t got[8] = { 7 };
	struct rle r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu\n", i);
		rle_init(&r, cases[i], 3);
		assert_int_equal(rle_read(&r, got, 8), -EBADMSG);
	}
	/* A last group that is cut has as many numbers as fit: 5 in 16 bits. */
	rle_init(&r, BYTES(3, 0x88, 0xc6), 3);
	assert_int_equal(rle_read(&r, got, 5), 0);
	assert_int_equal(got[4], 4);
	assert_int_equal(rle_read(&r, got, 1), -EBADMSG);
}

static void widths_of_all_bits_are_read(void **state)
{
	uint32_t got[64];

	(void)state;
	for (unsigned width = 1; width <= 32; width++) {
		unsigned char bytes[1 + 8 * 32] = { 17 };
		uint32_t mask = (uint32_t)(((uint64_t)1 << width) - 1);
		struct rle r;

		/* Bit by bit, by an arithmetic of its own. */
		for (unsigned i = 0; i < 64 * width; i++) {
			uint32_t number = (i / width * 2654435761u) & mask;

			bytes[1 + i / 8] |=
				(unsigned char)((number >> (i % width) & 1) << (i % 8));
		}
		rle_init(&r, (struct span){ (const char *)bytes, 1 + 8 * width }, width);
		assert_int_equal(rle_read(&r, got, 64), 0);
		for (uint32_t i = 0; i < 64; i++)
			assert_int_equal(got[i], (i * 2654435761u) & mask);
	}
}

static void numbers_without_bits_have_no_end(void **state)
{
	uint32_t got[8];
	struct rle r;

	(void)state;
	rle_init(&r, (struct span){ .len = 0 }, 0);
	for (int i = 0; i < 3; i++) {
		got[7] = 9;
		assert_int_equal(rle_read(&r, got, 8), 0);
		assert_int_equal(got[7], 0);
	}
}

/* Encodings.md: 1 2 3 4 5, and 7 5 3 1 2 3 4 5; blocks of 128, 4 miniblocks. */
static void deltas_of_the_specification_are_read(void **state)
{
	static const int64_t steady[] = { 1, 2, 3, 4, 5 };
	static const int64_t turning[] = { 7, 5, 3, 1, 2, 3, 4, 5 };
	struct span first = BYTES(0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0);
	struct span second =
		BYTES(0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0);
	int64_t got[8];
	struct span rest;
	struct delta d;

	(void)state;
	assert_int_equal(delta_init(&d, first), 0);
	assert_int_equal(delta_rest(d, &rest), 0);
	assert_int_equal(rest.len, 0);
	assert_int_equal(delta_read(&d, got, 5), 0);
	assert_memory_equal(got, steady, sizeof(steady));
	assert_int_equal(delta_read(&d, got, 1), -EBADMSG);
	for (size_t step = 1; step <= 8; step++) {
		assert_int_equal(delta_init(&d, second), 0);
		for (size_t at = 0; at < 8; at += step)
			assert_int_equal(
				delta_read(&d, got + at, step < 8 - at ? step : 8 - at),
				0);
		assert_memory_equal(got, turning, sizeof(turning));
	}
	assert_int_equal(delta_rest(d, &rest), 0);
}

static void deltas_wrap_and_take_64_bits(void **state)
{
	/* INT64_MIN and INT64_MAX: the difference is 2^64 - 1, that is -1. */
	struct span wrapping = BYTES(
		8, 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 0);
	/* 0, then 2^63 - 1 above a least difference of -2^63. */
	struct span wide = BYTES(8, 1, 2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 1, 64, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	int64_t got[2];
	struct delta d;

	(void)state;
	assert_int_equal(delta_init(&d, wrapping), 0);
	assert_int_equal(delta_read(&d, got, 2), 0);
	assert_true(got[0] == INT64_MIN);
	assert_true(got[1] == INT64_MAX);
	assert_int_equal(delta_init(&d, wide), 0);
	assert_int_equal(delta_read(&d, got, 2), 0);
	assert_int_equal(got[0], 0);
	assert_true(got[1] == INT64_MAX - 1);
}

static void damaged_deltas_are_refused(void **state)
{
	const struct span heads[] = {
		{ .len = 0 }, BYTES(0x80, 1, 4, 5), /* without the first */
		BYTES(0, 4, 5, 2), /* blocks of nothing */
		BYTES(0x80, 1, 0, 5, 2), /* no miniblocks */
		BYTES(0x80, 1, 3, 5, 2), /* of a third of 128 */
		BYTES(0x80, 1, 32, 5, 2), /* of 4 */
		BYTES(0x80, 0x80, 0x80, 0x80, 1, 1, 5, 2), /* too large */
		BYTES(0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 2), /* too many */
	};
	const struct span bodies[] = {
		BYTES(8, 1, 3, 0), /* no block */
		BYTES(8, 1, 3, 0, 2), /* no widths */
		BYTES(8, 1, 3, 0, 2, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		BYTES(8, 1, 3, 0, 2, 32, 0, 0, 0, 0, 0, 0, 0), /* cut */
	};
	int64_t got[3];
	struct delta d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		print_message("%zu\n", i);
		assert_int_equal(delta_init(&d, heads[i]), -EBADMSG);
	}
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct span rest;

		print_message("%zu\n", i);
		assert_int_equal(delta_init(&d, bodies[i]), 0);
		assert_int_equal(delta_rest(d, &rest), -EBADMSG);
		assert_int_equal(delta_read(&d, got, 3), -EBADMSG);
	}
}

static void texts_share_their_beginnings(void **state)
{
	/* Encodings.md: axis, axle, babble, babyhood: prefixes 0 2 0 3, lengths 4 2 6 5;
	 * by hand, blocks of 8. Prefix differences 2 -2 3, above -2: 4 0 5 by 3 bits;
	 * of lengths -2 4 -1, above -2: 0 6 1. */
	static const char *const wanted[] = { "axis", "axle", "babble", "babyhood" };
	struct value_type type = { .physical = PHYSICAL_BYTE_ARRAY };
	struct memory memory = { .limit = 1 << 20 };
	struct block keep = { .cap = 0 };
	struct span bytes = BYTES(8, 1, 4, 0, 3, 3, 0x44, 0x01, 0, 8, 1, 4, 8, 3, 3, 0x70,
		0x00, 0, 'a', 'x', 'i', 's', 'l', 'e', 'b', 'a', 'b', 'b', 'l', 'e', 'y',
		'h', 'o', 'o', 'd');
	struct span got[4];
	struct arena arena;
	struct values v;

	(void)state;
	arena_init(&arena, &memory);
	for (size_t step = 1; step <= 4; step++) {
		assert_int_equal(values_init(&v, &type, 7, bytes, &arena), 0);
		for (size_t at = 0; at < 4; at += step) {
			size_t n = step < 4 - at ? step : 4 - at;

			/* As between two batches. */
			assert_int_equal(values_keep(&v, &keep), 0);
			arena_clear(&arena);
			assert_int_equal(values_spans(&v, got, n), 0);
			for (size_t i = 0; i < n; i++)
				assert_true(span_eq(got[i], span_of(wanted[at + i])));
		}
		assert_int_equal(values_spans(&v, got, 1), -EBADMSG);
	}
	block_finish(&keep, &memory);
	arena_finish(&arena);
	assert_int_equal(memory.used, 0);
}

static void bytes_that_were_split_are_joined(void **state)
{
	struct value_type type = { .physical = PHYSICAL_INT32 };
	struct memory memory = { .limit = 1 << 20 };
	struct span bytes = BYTES(1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0x80);
	struct value_type three = { .physical = PHYSICAL_FIXED, .fixed_bytes = 3 };
	struct span spans[4];
	struct arena arena;
	struct values v;
	int64_t got[3];

	(void)state;
	arena_init(&arena, &memory);
	assert_int_equal(values_init(&v, &type, 9, bytes, &arena), 0);
	assert_int_equal(values_numbers(&v, got, 3), 0);
	assert_int_equal(got[0], 1);
	assert_int_equal(got[1], 2);
	assert_int_equal(got[2], 3 + (1 << 16) - ((int64_t)1 << 31));
	assert_int_equal(values_numbers(&v, got, 1), -EBADMSG);
	assert_int_equal(values_init(&v, &three, 9, bytes, &arena), 0);
	assert_int_equal(values_spans(&v, spans, 4), 0);
	assert_true(span_eq(spans[1], BYTES(2, 0, 0)));
	bytes.len--;
	assert_int_equal(values_init(&v, &type, 9, bytes, &arena), -EBADMSG);
	arena_finish(&arena);
}

static void encodings_of_other_types_are_not_read(void **state)
{
	static const struct {
		enum physical type;
		int64_t encoding;
	} cases[] = { { PHYSICAL_INT32, 1 }, { PHYSICAL_INT32, 3 }, { PHYSICAL_INT32, 4 },
		{ PHYSICAL_DOUBLE, 5 }, { PHYSICAL_INT64, 6 }, { PHYSICAL_INT96, 7 },
		{ PHYSICAL_BOOLEAN, 9 }, { PHYSICAL_BYTE_ARRAY, 9 },
		{ PHYSICAL_INT32, 10 }, { PHYSICAL_INT32, -1 } };
	struct span bytes = BYTES(0, 0, 0, 0, 0, 0, 0, 0);
	struct values v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value_type type = { .physical = cases[i].type };

		print_message("%zu\n", i);
		assert_int_equal(
			values_init(&v, &type, cases[i].encoding, bytes, NULL), -ENOTSUP);
	}
}

struct sample {
	int64_t number;
	struct span text, inner, list;
	bool truth;
};
static const struct thrift_rule sample_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct sample, number) },
	{ 2, THRIFT_IS_BYTES, offsetof(struct sample, text) },
	{ 3, THRIFT_IS_BOOL, offsetof(struct sample, truth) },
	{ 20, THRIFT_IS_STRUCT, offsetof(struct sample, inner) },
	{ 21, THRIFT_IS_LIST, offsetof(struct sample, list) },
};

/* Field by field after thrift-compact-protocol.md. */
static void structs_are_read_by_their_rules(void **state)
{
	struct span bytes = BYTES(0x15, 0x03, /* 1: i32 -2 */
		0x18, 2, 'h', 'i', /* 2 */
		0x11, /* 3: true */
		0x37, 1, 2, 3, 4, 5, 6, 7, 8, /* 6: double, unknown */
		0x1b, 1, 0x85, 1, 'x', 2, /* 7: map of binary to i32, unknown */
		0x0c, 40, 0x12, 0x00, /* 20: by its long form, a struct of one bool */
		0x19, 0x25, 2, 4, /* 21: two i32 */
		0x00, 0xee /* behind it */);
	struct sample s;
	size_t count;
	int64_t item;
	uint32_t seen;

	(void)state;
	for (size_t len = 0; len < bytes.len - 1; len++) {
		struct span cut = span_first(bytes, len);

		assert_int_equal(
			thrift_struct(&cut, sample_rules, 5, &s, &seen), -ENODATA);
		assert_int_equal(cut.len, len);
	}
	assert_int_equal(thrift_struct(&bytes, sample_rules, 5, &s, &seen), 0);
	assert_int_equal(bytes.len, 1);
	assert_int_equal(seen, 31);
	assert_int_equal(s.number, -2);
	assert_true(span_eq(s.text, SPAN("hi")));
	assert_true(s.truth);
	assert_int_equal(s.inner.len, 2);
	assert_int_equal(thrift_list(&s.list, THRIFT_I32, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(thrift_int(&s.list, &item), 0);
	assert_int_equal(item, 1);
	assert_int_equal(thrift_int(&s.list, &item), 0);
	assert_int_equal(item, 2);
	assert_int_equal(thrift_int(&s.list, &item), -ENODATA);
}

static void damaged_structs_are_refused(void **state)
{
	unsigned char deep[80];
	const struct span cases[] = {
		BYTES(0x18, 1), /* a text of 1 byte for a number is no field 1 */
		BYTES(0x11), /* nor is a bool */
		BYTES(0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2),
		BYTES(0x7d), /* a type that is none */
		BYTES(0x10), /* a stop with an id */
		BYTES(0x05, 0xff, 0xff, 0xff, 0xff, 0x0f), /* an id that is none */
		BYTES(0x78, 0xff, 0xff, 0xff, 0xff, 0x0f), /* 2^32 - 1 bytes */
		BYTES(0x79, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f), /* items */
		{ (const char *)deep, sizeof(deep) },
	};
	struct sample s;
	uint32_t seen;

	(void)state;
	memset(deep, 0x7c, sizeof(deep)); /* a struct in a struct in a struct */
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span bytes = cases[i];

		print_message("%zu\n", i);
		assert_int_equal(
			thrift_struct(&bytes, sample_rules, 5, &s, &seen), -EBADMSG);
		assert_true(bytes.p == cases[i].p);
	}
}

static void heads_of_pages_are_read(void **state)
{
	/* By hand, as parquet-mr has them: a dictionary, then a page of the second
	 * version. */
	struct span dictionary = BYTES(0x15, 0x04, 0x15, 0x0e, 0x15, 0x12, 0x4c, 0x15,
		0x02, 0x15, 0x00, 0x00, 0x00);
	struct span data =
		BYTES(0x15, 0x06, 0x15, 0x0a, 0x15, 0x0a, 0x5c, 0x15, 0x02, 0x15, 0x00,
			0x15, 0x02, 0x15, 0x10, 0x15, 0x00, 0x15, 0x00, 0x12, 0x00, 0x00);
	struct span negative = BYTES(0x15, 0x04, 0x15, 0x0e, 0x15, 0x12, 0x4c, 0x15, 0x01,
		0x15, 0x00, 0x00, 0x00);
	struct page p;

	(void)state;
	assert_int_equal(page_read(dictionary, &p), 0);
	assert_int_equal(p.kind, PAGE_DICTIONARY);
	assert_int_equal(p.head_bytes, dictionary.len);
	assert_int_equal(p.bytes, 7);
	assert_int_equal(p.stored_bytes, 9);
	assert_int_equal(p.values, 1);
	assert_false(p.has_crc);
	assert_int_equal(page_read(data, &p), 0);
	assert_int_equal(p.kind, PAGE_DATA_V2);
	assert_int_equal(p.encoding, 8);
	assert_false(p.is_compressed);
	for (size_t len = 0; len < data.len; len++)
		assert_int_equal(page_read(span_first(data, len), &p), -ENODATA);
	assert_int_equal(page_read(negative, &p), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_and_groups_of_eight_are_read),
		cmocka_unit_test(levels_of_the_older_form_are_read),
		cmocka_unit_test(damaged_runs_are_refused),
		cmocka_unit_test(widths_of_all_bits_are_read),
		cmocka_unit_test(numbers_without_bits_have_no_end),
		cmocka_unit_test(deltas_of_the_specification_are_read),
		cmocka_unit_test(deltas_wrap_and_take_64_bits),
		cmocka_unit_test(damaged_deltas_are_refused),
		cmocka_unit_test(texts_share_their_beginnings),
		cmocka_unit_test(bytes_that_were_split_are_joined),
		cmocka_unit_test(encodings_of_other_types_are_not_read),
		cmocka_unit_test(structs_are_read_by_their_rules),
		cmocka_unit_test(damaged_structs_are_refused),
		cmocka_unit_test(heads_of_pages_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
