/* Bytes are worked out by hand from Parquet's and Thrift's specifications. */
#include "fs/cmd/demo/parquet/outtable.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fs/cmd/demo/number.h"
#include "fs/cmd/demo/parquet/deltas.h"
#include "fs/cmd/demo/parquet/hybrid.h"
#include "tests/oom.h"

enum { ROOM = 1 << 20 };

static void is_hex(const struct buf *b, const char *wanted)
{
	char text[4096] = "";
	size_t len = 0;

	for (size_t i = 0; i < b->len; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x%s",
			(unsigned char)b->p[i], i + 1 < b->len ? " " : "");
	assert_string_equal(text, wanted);
}

static void whole_numbers_are_varints(void **state)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} cases[] = { { 0, "00" }, { 1, "01" }, { 127, "7f" }, { 128, "80 01" },
		{ 300, "ac 02" }, { UINT64_MAX, "ff ff ff ff ff ff ff ff ff 01" } };
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&b);
		assert_int_equal(varint_append(&b, cases[i].value), 0);
		is_hex(&b, cases[i].hex);
	}
	buf_finish(&b);
	assert_true(zigzag(0) == 0 && zigzag(-1) == 1 && zigzag(1) == 2);
	assert_true(
		zigzag(INT64_MAX) == UINT64_MAX - 1 && zigzag(INT64_MIN) == UINT64_MAX);
}

static void structs_have_deltas_of_their_fields(void **state)
{
	struct buf b = BUF_INIT(ROOM);
	struct compact c;

	(void)state;
	compact_init(&c, &b);
	compact_i32(&c, 1, -3); /* 15 05 */
	compact_struct(&c, 5); /* 4c */
	compact_bool(&c, 7, true); /* 71 */
	compact_bool(&c, 8, false); /* 12 */
	compact_end(&c); /* 00 */
	compact_i64(&c, 6, 64); /* 16 80 01 */
	compact_bytes(&c, 8, SPAN("ab")); /* 28 02 61 62 */
	compact_list(&c, 9, COMPACT_I32, 2); /* 19 25 */
	compact_item_int(&c, 1); /* 02 */
	compact_item_int(&c, -1); /* 01 */
	compact_list(&c, 10, COMPACT_TRUE, 2); /* 19 21 */
	compact_item_bool(&c, true); /* 01 */
	compact_item_bool(&c, false); /* 02 */
	compact_list(&c, 11, COMPACT_STRUCT, 1); /* 19 1c */
	compact_item(&c);
	compact_i32(&c, 2, 0); /* 25 00 */
	compact_end(&c); /* 00 */
	compact_list(&c, 12, COMPACT_BYTES, 15); /* 19 f8 0f */
	compact_end(&c); /* 00 */
	assert_int_equal(c.failed, 0);
	is_hex(&b,
		"15 05 4c 71 12 00 16 80 01 28 02 61 62 19 25 02 01 19 21 01 02 "
		"19 1c 25 00 00 19 f8 0f 00");
	buf_finish(&b);
}

static void full_buffer_stops_thrift(void **state)
{
	struct buf b = BUF_INIT(3);
	struct compact c;

	(void)state;
	compact_init(&c, &b);
	compact_i64(&c, 1, 64);
	compact_i64(&c, 2, 64);
	compact_end(&c);
	assert_int_equal(c.failed, -EFBIG);
	is_hex(&b, "16 80 01");
	buf_finish(&b);
}

static void levels_are_runs_or_packed_groups(void **state)
{
	static const struct {
		uint32_t values[24];
		size_t count;
		unsigned width;
		const char *hex;
	} cases[] = {
		{ { 0 }, 0, 1, "" },
		{ { 1 }, 1, 1, "03 01" }, /* a group, filled up */
		{ { 0 }, 1, 0, "03" },
		/* The specification's example of packing. */
		{ { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, 3, "03 88 c6 fa" },
		{ { 1, 1, 1, 1, 1, 1, 1 }, 7, 1, "03 7f" },
		{ { 1, 1, 1, 1, 1, 1, 1, 1 }, 8, 1, "10 01" },
		{ { 2, 2, 2, 2, 2, 2, 2, 2, 2 }, 9, 9, "12 02 00" },
		{ { 0 }, 24, 0, "30" },
		/* Packing ends on a group's border: five of the nine ones are in it. */
		{ { 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 16, 1,
			"03 fa 10 01" },
		/* After a run, what is left is packed. */
		{ { 3, 3, 3, 3, 3, 3, 3, 3, 1, 2 }, 10, 2, "10 03 03 09 00" },
	};
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("case %zu\n", i);
		buf_clear(&b);
		assert_int_equal(hybrid_append(&b, cases[i].values, cases[i].count,
					 cases[i].width),
			0);
		is_hex(&b, cases[i].hex);
	}
	buf_finish(&b);
	assert_true(bit_width(0) == 0 && bit_width(1) == 1 && bit_width(255) == 8 &&
		bit_width(256) == 9 && bit_width(UINT64_MAX) == 64);
}

/* 63 groups are the most in one header. */
static void long_packing_is_split(void **state)
{
	uint32_t values[64 * 8];
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(values); i++)
		values[i] = i & 1;
	assert_int_equal(hybrid_append(&b, values, ARRAY_LEN(values), 1), 0);
	assert_int_equal(b.len, 1 + 63 + 1 + 1);
	assert_int_equal((unsigned char)b.p[0], 63 << 1 | 1);
	assert_int_equal((unsigned char)b.p[64], 1 << 1 | 1);
	assert_int_equal((unsigned char)b.p[65], 0xaa);
	buf_finish(&b);
}

static void deltas_are_packed_in_blocks(void **state)
{
	static const struct {
		int64_t values[8];
		size_t count;
		const char *hex;
	} cases[] = {
		/* Block of 128 in 4 parts, count, first. */
		{ { 0 }, 0, "80 01 04 00 00" },
		{ { -1 }, 1, "80 01 04 01 01" },
		/* The specification's examples: all differences are the least one ... */
		{ { 1, 2, 3, 4, 5 }, 5, "80 01 04 05 02 02 00 00 00 00" },
		/* ... and some are 3 above -2: 32 values of 2 bits. */
		{ { 7, 5, 3, 1, 2, 3, 4, 5 }, 8,
			"80 01 04 08 0e 03 02 00 00 00 c0 3f 00 00 00 00 00 00" },
		/* The difference wraps around to 1. */
		{ { INT64_MAX, INT64_MIN }, 2,
			"80 01 04 02 fe ff ff ff ff ff ff ff ff 01 02 00 00 00 00" },
	};
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("case %zu\n", i);
		buf_clear(&b);
		assert_int_equal(deltas_append(&b, cases[i].values, cases[i].count), 0);
		is_hex(&b, cases[i].hex);
	}
	buf_finish(&b);
}

/* 1 + 128 + 1 values: two blocks, of which the second has one part. */
static void second_block_begins_after_128_differences(void **state)
{
	int64_t values[130] = { 0 };
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	values[129] = 1;
	assert_int_equal(deltas_append(&b, values, ARRAY_LEN(values)), 0);
	is_hex(&b, "80 01 04 82 01 00 00 00 00 00 00 02 00 00 00 00");
	buf_finish(&b);
}

/* The specification's example. */
static void texts_lose_their_common_front(void **state)
{
	static const struct span values[] = { { "axis", 4 }, { "axle", 4 },
		{ "babble", 6 }, { "babyhood", 8 } };
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	assert_int_equal(deltas_append_texts(&b, values, ARRAY_LEN(values)), 0);
	/* 0 2 0 3: differences 2 -2 3, above -2: 4 0 5 in 3 bits: 04 1 01 01 0000 0100.
	 * 4 2 6 5: differences -2 4 -1, above -2: 0 6 1. */
	is_hex(&b,
		"80 01 04 04 00 03 03 00 00 00 44 01 00 00 00 00 00 00 00 00 00 00 "
		"80 01 04 04 08 03 03 00 00 00 70 00 00 00 00 00 00 00 00 00 00 00 "
		"61 78 69 73 6c 65 62 61 62 62 6c 65 79 68 6f 6f 64");
	buf_finish(&b);
}

static void equal_values_have_one_number(void **state)
{
	struct outleaf l = { .type = OUTLEAF_TEXT };
	uint32_t n;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 1000; i++) {
			char text[16];
			size_t len = (size_t)snprintf(text, sizeof(text), "%u", i);

			assert_int_equal(
				outleaf_value(&l, (struct span){ text, i ? len : 0 }, &n),
				0);
			assert_int_equal(n, i);
			assert_int_equal(outleaf_value(&l, SPAN(""), &n), 0);
			assert_int_equal(n, 0);
		}
		assert_int_equal(l.count, 1000);
		assert_true(span_eq(outleaf_bytes(&l, 999), SPAN("999")));
		assert_int_equal(outleaf_bytes(&l, 0).len, 0);
		outleaf_clear(&l);
	}
	outleaf_finish(&l);
}

static void order_is_that_of_statistics(void **state)
{
	struct outleaf l = { .type = OUTLEAF_TEXT };
	uint32_t a, ab, umlaut;

	(void)state;
	assert_int_equal(outleaf_value(&l, SPAN("a"), &a), 0);
	assert_int_equal(outleaf_value(&l, SPAN("ab"), &ab), 0);
	assert_int_equal(outleaf_value(&l, SPAN("\xc3\xbc"), &umlaut), 0);
	assert_true(outleaf_compare(&l, a, ab, false) < 0);
	assert_true(outleaf_compare(&l, ab, a, true) > 0);
	assert_true(outleaf_compare(&l, a, umlaut, false) < 0);
	/* Older writers take bytes for signed. */
	assert_true(outleaf_compare(&l, a, umlaut, true) > 0);
	assert_true(outleaf_compare(&l, umlaut, umlaut, true) == 0);
	outleaf_finish(&l);
}

/* C's own constants are the nearest doubles. */
static void doubles_say_the_same_as_the_text(void **state)
{
	static const struct {
		int64_t e10;
		double value;
	} cases[] = { { 0, 0.0 }, { 1, 1e-10 }, { -1, -1e-10 }, { 181, 1.81e-8 },
		{ 1104000000, 0.1104 }, { 263888891, 0.0263888891 }, { E10, 1.0 },
		{ INT64_C(999999999999999), 99999.9999999999 },
		{ INT64_C(-999999999999999), -99999.9999999999 },
		{ INT64_C(123456780000000000), 12345678.0 },
		{ INT64_C(9223372036800000000), 922337203.68 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		double value = number_double(cases[i].e10);

		print_message("case %zu\n", i);
		assert_memory_equal(&value, &cases[i].value, sizeof(value));
	}
}

static const struct outstyle plain_style = { .root = "r",
	.creator = "c",
	.codec = SQUEEZE_NONE,
	.page_rows = 100,
	.group_rows = 100 };

static int keep(void *ctx, const void *bytes, size_t len)
{
	return buf_append(ctx, bytes, len);
}

/* One required text in one row, as the legacy writer has it. */
static void smallest_legacy_file_is_as_written_by_hand(void **state)
{
	static const struct outcolumn column = { "s", OUTKIND_TEXT, true };
	struct outstyle style = plain_style;
	struct buf b = BUF_INIT(ROOM);
	struct outtable *t;

	(void)state;
	style.origami = style.second_pages = true;
	t = outtable_new(&style, &column, 1);
	assert_non_null(t);
	assert_int_equal(outtable_open(t, keep, &b), 0);
	outtable_text(t, 0, SPAN("A"), 1);
	assert_int_equal(outtable_rows(t, 1), 0);
	assert_int_equal(outtable_close(t), 0);
	is_hex(&b,
		"50 41 52 31 "
		/* Dictionary page: type 2, 5 bytes plain and packed; 1 value, PLAIN. */
		"15 04 15 0a 15 0a 4c 15 02 15 00 00 00 01 00 00 00 41 "
		/* Data page v2: type 3, 2 bytes; 1 value, no null, 1 row, encoding 8, no
		 * levels, compressed; greatest and least "A", no null. */
		"15 06 15 04 15 04 5c 15 02 15 00 15 02 15 10 15 00 15 00 11 "
		"1c 18 01 41 18 01 41 16 00 00 00 00 "
		/* Indexes of no bits: a group of 8. */
		"00 03 "
		/* Footer: version 1; schema: "r" with 1 child, required "s", UTF-8. */
		"15 02 19 2c 48 01 72 15 02 00 15 0c 25 00 18 01 73 25 00 00 "
		/* 1 row; 1 row group; 1 column, at 4: type, encodings, path, codec. */
		"16 02 19 1c 19 1c 26 08 1c 15 0c 19 35 00 10 06 19 18 01 73 15 00 "
		/* 1 value, 52 bytes, at 4 (no word of the dictionary); statistics. */
		"16 02 16 68 16 68 26 08 3c 18 01 41 18 01 41 16 00 00 00 00 "
		/* Bytes and rows of the group; the creator. */
		"16 68 16 02 00 28 01 63 00 "
		"47 00 00 00 50 41 52 31");
	outtable_free(t);
	buf_finish(&b);
}

/* Rows {k: v, l: v}, {}, null. */
static void maps_have_levels(void **state)
{
	static const struct outcolumn column = { "m", OUTKIND_TEXT_MAP, false };
	const struct outpair pairs[] = { { SPAN("k"), SPAN("v"), 0 },
		{ SPAN("l"), SPAN("v"), 0 } };
	/* Lengths before the levels; the most of values is 2 and 3; repetition 0 1 0 0.
	 */
	static const char keys[] = "\x02\x00\x00\x00\x03\x02"
				   "\x03\x00\x00\x00\x03\x1a\x00"
				   "\x01\x00\x00\x00k\x01\x00\x00\x00l";
	static const char values[] = "\x02\x00\x00\x00\x03\x02"
				     "\x03\x00\x00\x00\x03\x1f\x00"
				     "\x00\x03";
	struct buf b = BUF_INIT(ROOM);
	struct outtable *t = outtable_new(&plain_style, &column, 1);

	(void)state;
	assert_non_null(t);
	assert_int_equal(outtable_open(t, keep, &b), 0);
	outtable_map(t, 0, pairs, 2, 1);
	outtable_map(t, 0, NULL, 0, 1);
	outtable_null(t, 0, 1);
	assert_int_equal(outtable_rows(t, 3), 0);
	assert_int_equal(outtable_close(t), 0);
	assert_non_null(memmem(b.p, b.len, keys, sizeof(keys) - 1));
	assert_non_null(memmem(b.p, b.len, values, sizeof(values) - 1));
	outtable_free(t);
	buf_finish(&b);
}

/* 2026-11-23T01:00:00Z: 3,600 s in nanoseconds, and Julian day 2,461,368. */
static void times_are_nanoseconds_and_julian_days(void **state)
{
	static const struct outcolumn column = { "t", OUTKIND_INT96, false };
	static const char wanted[] = "\x00\xa0\xb8\x30\x46\x03\x00\x00\xb8\x8e\x25\x00";
	struct buf b = BUF_INIT(ROOM);
	struct outtable *t = outtable_new(&plain_style, &column, 1);

	(void)state;
	assert_non_null(t);
	assert_int_equal(outtable_open(t, keep, &b), 0);
	outtable_millis(t, 0, INT64_C(1795395600000), 1);
	assert_int_equal(outtable_rows(t, 1), 0);
	assert_int_equal(outtable_close(t), 0);
	assert_non_null(memmem(b.p, b.len, wanted, sizeof(wanted) - 1));
	outtable_free(t);
	buf_finish(&b);
}

enum { COLUMNS = 6, ROWS = 250 };
static const struct outcolumn all_kinds[COLUMNS] = { { "text", OUTKIND_TEXT, false },
	{ "number", OUTKIND_NUMBER, true }, { "millis", OUTKIND_MILLIS, false },
	{ "int96", OUTKIND_INT96, false }, { "texts", OUTKIND_TEXT_MAP, false },
	{ "numbers", OUTKIND_NUMBER_MAP, false } };

/* ROWS rows of all kinds, in runs of step. */
static int write_rows(struct outtable *t, uint32_t step)
{
	int r = 0;

	for (uint32_t row = 0; row < ROWS && r == 0; row += step) {
		const struct outpair pair = { SPAN("key"), SPAN("value"), row / 50 };

		outtable_text(t, 0, (row / 50) % 2 ? SPAN("one") : SPAN("other"), step);
		outtable_number(t, 1, row / 50, step);
		if (row / 50 == 3)
			outtable_null(t, 2, step);
		else
			outtable_millis(t, 2, row / 50, step);
		outtable_millis(t, 3, -1000 * (int64_t)(row / 50), step);
		outtable_map(t, 4, &pair, row / 50 == 2 ? 0 : 1, step);
		outtable_map(t, 5, &pair, 1, step);
		r = outtable_rows(t, step);
	}
	return r < 0 ? r : outtable_close(t);
}

static int write_all(
	const struct outstyle *style, uint32_t step, outsink_fn *sink, void *ctx)
{
	struct outtable *t = outtable_new(style, all_kinds, COLUMNS);
	int r;

	if (!t)
		return -ENOMEM;
	r = outtable_open(t, sink, ctx);
	if (r == 0)
		r = write_rows(t, step);
	outtable_free(t);
	return r;
}

static void same_bytes_however_rows_arrive(void **state)
{
	static const uint32_t steps[] = { 1, 2, 5, 10, 25, 50 };
	struct buf first = BUF_INIT(ROOM), b = BUF_INIT(ROOM);
	struct outstyle style = plain_style;

	(void)state;
	style.page_rows = 30;
	for (style.codec = 0; style.codec <= SQUEEZE_NONE; style.codec++) {
		buf_clear(&first);
		assert_int_equal(write_all(&style, 1, keep, &first), 0);
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			buf_clear(&b);
			assert_int_equal(write_all(&style, steps[i], keep, &b), 0);
			assert_int_equal(b.len, first.len);
			assert_memory_equal(b.p, first.p, b.len);
		}
	}
	buf_finish(&first);
	buf_finish(&b);
}

static void table_can_be_written_again(void **state)
{
	struct buf first = BUF_INIT(ROOM), b = BUF_INIT(ROOM);
	struct outtable *t = outtable_new(&plain_style, all_kinds, COLUMNS);

	(void)state;
	assert_non_null(t);
	assert_int_equal(outtable_open(t, keep, &first), 0);
	assert_int_equal(write_rows(t, 5), 0);
	assert_int_equal(outtable_open(t, keep, &b), 0);
	outtable_text(t, 0, SPAN("left"), 1); /* given up */
	assert_int_equal(outtable_open(t, keep, &b), 0);
	buf_clear(&b);
	assert_int_equal(buf_append_text(&b, "PAR1"), 0);
	assert_int_equal(write_rows(t, 5), 0);
	assert_int_equal(b.len, first.len);
	assert_memory_equal(b.p, first.p, b.len);
	outtable_free(t);
	buf_finish(&first);
	buf_finish(&b);
}

static int refuse_at_zero(void *ctx, const void *bytes, size_t len)
{
	unsigned *left = ctx;

	(void)bytes;
	(void)len;
	return *left == 0 ? -ENOSPC : (*left -= 1, 0);
}

static void sink_that_fails_ends_the_writing(void **state)
{
	unsigned writes = 0;
	int r = -ENOSPC;

	(void)state;
	for (; r != 0; writes++) {
		unsigned left = writes;

		r = write_all(&plain_style, 10, refuse_at_zero, &left);
		assert_true(r == 0 || r == -ENOSPC);
	}
	assert_true(writes > 60);
}

static void every_allocation_may_fail(void **state)
{
	struct outstyle style = plain_style;
	struct buf b = BUF_INIT(ROOM);

	(void)state;
	for (int origami = 0; origami < 2; origami++) {
		bool refused = true;

		style.origami = style.second_pages = origami == 1;
		for (unsigned after = 0; refused; after++) {
			int r;

			buf_clear(&b);
			oom_after(after);
			r = write_all(&style, 10, keep, &b);
			refused = oom_stop();
			assert_int_equal(r, refused ? -ENOMEM : 0);
		}
	}
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_varints),
		cmocka_unit_test(structs_have_deltas_of_their_fields),
		cmocka_unit_test(full_buffer_stops_thrift),
		cmocka_unit_test(levels_are_runs_or_packed_groups),
		cmocka_unit_test(long_packing_is_split),
		cmocka_unit_test(deltas_are_packed_in_blocks),
		cmocka_unit_test(second_block_begins_after_128_differences),
		cmocka_unit_test(texts_lose_their_common_front),
		cmocka_unit_test(equal_values_have_one_number),
		cmocka_unit_test(order_is_that_of_statistics),
		cmocka_unit_test(doubles_say_the_same_as_the_text),
		cmocka_unit_test(smallest_legacy_file_is_as_written_by_hand),
		cmocka_unit_test(maps_have_levels),
		cmocka_unit_test(times_are_nanoseconds_and_julian_days),
		cmocka_unit_test(same_bytes_however_rows_arrive),
		cmocka_unit_test(table_can_be_written_again),
		cmocka_unit_test(sink_that_fails_ends_the_writing),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
