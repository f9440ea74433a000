/* The ways to find fields beside each other, over records of all kinds that are cut at
 * every byte. */
#include "aws/export/csv_scan.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

enum { BYTES_MAX = 300, CASES = 400 };

static uint32_t seed = 20261130;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Fields and what may go wrong with them. */
static size_t make_bytes(char *bytes)
{
	static const char *const pieces[] = { ",", ",,,,,,,,", "a", "service", "\n",
		"\r\n", "\r", "\"", "\"\"", ",\"a,b\",", ",\"a\"\"b\",",
		",\"two\nlines\",", ",\"\",", ",\"a\r\n\"\r\n", ",\"\"\"\"\n",
		"0.0000001", "\"a\"b" };
	size_t len = 0, want = 1 + random_below(BYTES_MAX - 16);

	while (len < want) {
		/* Most are harmless, so that some records are long. */
		uint32_t most = random_below(8) ? 4 : ARRAY_LEN(pieces);
		const char *piece = pieces[random_below(most)];

		memcpy(bytes + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

static void assert_same(const struct csv_scan *a, const struct csv_scan *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->escaped_count, b->escaped_count);
	for (size_t i = 0; i < a->count; i++) {
		assert_ptr_equal(a->fields[i].text.p, b->fields[i].text.p);
		assert_int_equal(a->fields[i].text.len, b->fields[i].text.len);
		assert_int_equal(a->fields[i].quoted, b->fields[i].quoted);
		assert_int_equal(a->fields[i].quoted, a->quoted[i / 64] >> i % 64 & 1);
		assert_int_equal(b->fields[i].quoted, b->quoted[i / 64] >> i % 64 & 1);
	}
	for (size_t i = 0; i < a->escaped_count; i++)
		assert_int_equal(a->escaped[i], b->escaped[i]);
}

/* All records of the bytes up to end; answers how many. */
static unsigned compare(const char *start, const char *end, struct csv_scan *first,
	struct csv_scan *other)
{
	const struct csv_scan_way *ways[CSV_SCAN_WAYS];
	size_t count = csv_scan_ways(ways);
	unsigned records = 0;
	int r = 1;

	while (r == 1) {
		const char *next = NULL, *next_too = NULL;

		r = ways[count - 1]->scan(first, start, end, &next);
		for (size_t i = 0; i + 1 < count; i++) {
			next_too = NULL;
			assert_int_equal(ways[i]->scan(other, start, end, &next_too), r);
			assert_ptr_equal(next_too, next);
			if (r == 1)
				assert_same(first, other);
		}
		records += r == 1;
		start = next;
	}
	return records;
}

static void all_ways_find_the_same_fields_wherever_bytes_end(void **state)
{
	struct csv_scan *first = calloc(1, sizeof(*first)),
			*other = calloc(1, sizeof(*other));
	char *bytes = calloc(1, BYTES_MAX + 64 + CSV_SCAN_SLACK);
	unsigned records = 0;

	(void)state;
	assert_true(first && other && bytes);
	for (unsigned i = 0; i < CASES; i++) {
		/* Blocks begin where records do, so that place in memory says little. */
		char *start = bytes + random_below(64);
		size_t len = make_bytes(start);

		for (size_t end = 0; end <= len; end++)
			records += compare(start, start + end, first, other);
	}
	assert_true(records > 10000);
	free(first);
	free(other);
	free(bytes);
}

/* Records as they are found field by field; false: something is refused. */
static bool records_of(
	const char *start, size_t len, struct csv_scan *scan, struct csv_ends *ret)
{
	const char *at = start, *next;
	int r;

	*ret = (struct csv_ends){ .at = len };
	while ((r = csv_scan_scalar.scan(scan, at, start + len, &next)) == 1) {
		size_t bytes = (size_t)(next - at) - 1;

		bytes -= bytes > 0 && at[bytes - 1] == '\r';
		ret->records += bytes > 0;
		ret->end = (size_t)(next - start);
		if (bytes > 0 && ret->first_end == 0)
			ret->first_end = ret->end;
		at = next;
	}
	return r == 0;
}

static void ends_are_those_of_the_records_however_bytes_come(void **state)
{
	const struct csv_scan_way *ways[CSV_SCAN_WAYS];
	size_t count = csv_scan_ways(ways);
	struct csv_scan *scan = calloc(1, sizeof(*scan));
	char *bytes = calloc(1, BYTES_MAX + 64 + CSV_SCAN_SLACK);
	unsigned compared = 0;

	(void)state;
	assert_true(scan && bytes);
	for (unsigned i = 0; i < 20 * CASES; i++) {
		char *start = bytes + random_below(64);
		size_t len = make_bytes(start);
		struct csv_ends want;

		if (!records_of(start, len, scan, &want))
			continue;
		for (size_t way = 0; way < count; way++) {
			struct csv_ends got = { .at = 0 };

			while (got.at < len)
				ways[way]->ends(&got, start,
					got.at + 1 +
						random_below((uint32_t)(len - got.at)));
			assert_int_equal(got.end, want.end);
			assert_int_equal(got.records, want.records);
			assert_int_equal(got.first_end, want.first_end);
		}
		compared += want.records > 0;
	}
	assert_true(compared > 1000);
	free(scan);
	free(bytes);
}

static void the_processor_is_asked_and_scalar_is_always_there(void **state)
{
	const struct csv_scan_way *ways[CSV_SCAN_WAYS];
	size_t count = csv_scan_ways(ways);

	(void)state;
	for (size_t i = 0; i < count; i++)
		print_message("%s\n", ways[i]->name);
	assert_ptr_equal(ways[count - 1], &csv_scan_scalar);
#if defined(__x86_64__)
	assert_int_equal(count, __builtin_cpu_supports("avx2") ? 3 : 2);
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ways_find_the_same_fields_wherever_bytes_end),
		cmocka_unit_test(ends_are_those_of_the_records_however_bytes_come),
		cmocka_unit_test(the_processor_is_asked_and_scalar_is_always_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
