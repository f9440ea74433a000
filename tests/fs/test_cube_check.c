/* Everything that a cube's reader follows is broken in turn, and must be refused. */
#include "fs/store/cube.h"

#include <errno.h>

#include "base/io.h"
#include "month_case.h"

static const char *const texts[] = {
	"line_item_usage_account_id,line_item_product_code,line_item_unblended_cost,"
	"line_item_resource_id,line_item_line_item_type,line_item_usage_start_date,"
	"resource_tags,cost_category,line_item_operation,split_line_item_split_cost\n"
	"1,A,1,i-1,Usage,2026-11-01,\"{\"\"k\"\":\"\"v\"\",\"\"l\"\":\"\"w\"\"}\",,,\n"
	"1,B,2,i-2,Credit,,,\"{\"\"c\"\":\"\"d\"\"}\",,\n"
	"2,A,3,pod,Usage,,,,EKSPod-EC2,1\n",
	"line_item_usage_account_id,line_item_product_code,line_item_unblended_cost,"
	"resource_tags\n1,A,4,\"{\"\"k\"\":\"\"v\"\"}\"\n",
};

/* A cube in memory, as aligned as a mapped one. */
struct cube_case {
	struct month_case *month;
	char *bytes;
	size_t len;
	uint64_t data_bytes;
};

static int setup(void **state)
{
	struct cube_case *c = calloc(1, sizeof(*c));
	struct buf file = BUF_INIT(16 * 1024 * 1024);
	void *inner;

	month_case_setup(&inner);
	c->month = inner;
	month_case_set(c->month, texts, ARRAY_LEN(texts));
	month_unref(month_case_month(c->month));
	assert_int_equal(io_read_file(c->month->dir_fd, "m.cube", &file), 0);
	c->len = file.len;
	c->bytes = aligned_alloc(CUBE_ALIGN, (file.len / CUBE_ALIGN + 2) * CUBE_ALIGN);
	assert_non_null(c->bytes);
	memcpy(c->bytes, file.p, file.len);
	buf_finish(&file);
	c->data_bytes = ((struct cube_header *)(void *)c->bytes)->data_bytes;
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct cube_case *c = *state;
	void *inner = c->month;

	free(c->bytes);
	free(c);
	return month_case_teardown(&inner);
}

static struct cube_header *header(struct cube_case *c)
{
	return (struct cube_header *)(void *)c->bytes;
}

static void *item(struct cube_case *c, enum cube_section section, uint64_t number)
{
	return c->bytes + header(c)->sections[section].offset +
		number * cube_item_bytes(section);
}

static uint64_t count(struct cube_case *c, enum cube_section section)
{
	return header(c)->sections[section].count;
}

static int check(const struct cube_case *c)
{
	return cube_check((struct span){ c->bytes, c->len }, c->data_bytes, false);
}

static void a_whole_cube_is_accepted(void **state)
{
	struct cube_case *c = *state;

	assert_int_equal(check(c), 0);
	/* So that there is something to break. */
	for (int i = 0; i < CUBE_SECTION_COUNT; i++)
		assert_true(count(c, (enum cube_section)i) > 0);
	assert_int_equal(count(c, CUBE_SLICES), 3);
	assert_int_equal(header(c)->marked, 1);
}

static void a_wrong_size_is_refused(void **state)
{
	struct cube_case *c = *state;
	size_t len = c->len;

	for (c->len = 0; c->len < len; c->len++)
		assert_int_equal(check(c), -EBADMSG);
	c->len = len + 1;
	assert_int_equal(check(c), -EBADMSG);
	c->len = len;
	c->data_bytes++;
	assert_int_equal(check(c), -EBADMSG);
	c->data_bytes -= 2;
	assert_int_equal(check(c), -EBADMSG);
}

/* Also when the header knows of it. */
static void a_truncation_that_the_header_admits_is_refused(void **state)
{
	struct cube_case *c = *state;

	while (--c->len > sizeof(struct cube_header)) {
		header(c)->file_bytes = c->len;
		assert_int_equal(check(c), -EBADMSG);
	}
}

static void each_part_of_the_header_counts(void **state)
{
	struct cube_case *c = *state;
	struct cube_header good = *header(c);

#define BREAK(field, value)                                                              \
	do {                                                                             \
		header(c)->field = (value);                                              \
		assert_int_equal(check(c), -EBADMSG);                                    \
		*header(c) = good;                                                       \
	} while (0)
	BREAK(magic[0], 'x');
	BREAK(magic[7], 'x');
	BREAK(version, CUBE_VERSION + 1);
	BREAK(byte_order, 0x04030201);
	BREAK(file_bytes, c->len + 1);
	BREAK(data_bytes, c->data_bytes + 1);
	BREAK(map_columns, good.map_columns - 1);
	BREAK(map_columns, good.map_columns + 1);
	BREAK(map_columns, UINT32_MAX);
	BREAK(marked, 0);
	BREAK(assembly, (uint32_t)count(c, CUBE_TEXT_OFFSETS) - 1);
	BREAK(assembly, UINT32_MAX);
#undef BREAK
	memset(header(c)->id, 'f', sizeof(header(c)->id));
	assert_int_equal(check(c), -EBADMSG);
	*header(c) = good;
	assert_int_equal(check(c), 0);
}

static void each_section_stays_inside(void **state)
{
	struct cube_case *c = *state;
	struct cube_header good = *header(c);

	for (int i = 0; i < CUBE_SECTION_COUNT; i++) {
		uint64_t size = cube_item_bytes((enum cube_section)i);
		const uint64_t offsets[] = { 0, CUBE_ALIGN, good.sections[i].offset + 1,
			good.sections[i].offset + 8,
			c->len / CUBE_ALIGN * CUBE_ALIGN + CUBE_ALIGN,
			UINT64_MAX - CUBE_ALIGN + 1, UINT64_MAX };
		const uint64_t counts[] = { (c->len - good.sections[i].offset) / size + 1,
			UINT64_MAX / size, size > 1 ? UINT64_MAX / size + 1 : UINT64_MAX,
			UINT64_MAX };

		print_message("section %d\n", i);
		for (size_t k = 0; k < ARRAY_LEN(offsets); k++) {
			header(c)->sections[i].offset = offsets[k];
			assert_int_equal(check(c), -EBADMSG);
			*header(c) = good;
		}
		for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
			header(c)->sections[i].count = counts[k];
			assert_int_equal(check(c), -EBADMSG);
			*header(c) = good;
		}
	}
}

/* A header line that is a letter of a text as well. */
static void each_section_stays_apart(void **state)
{
	struct cube_case *c = *state;
	uint64_t at = CUBE_ALIGN;

	while (at < count(c, CUBE_TEXT_BYTES) &&
		*(char *)item(c, CUBE_TEXT_BYTES, at) == 0)
		at += CUBE_ALIGN;
	assert_true(at < count(c, CUBE_TEXT_BYTES));
	*(char *)item(c, CUBE_TEXT_BYTES, at) = '\n';
	header(c)->sections[CUBE_HEADER_LINE].count = 1;
	*(char *)item(c, CUBE_HEADER_LINE, 0) = '\n';
	assert_int_equal(check(c), 0);
	header(c)->sections[CUBE_HEADER_LINE].offset =
		header(c)->sections[CUBE_TEXT_BYTES].offset + at;
	assert_int_equal(check(c), -EBADMSG);
}

/* What others point into cannot be missing. */
static void no_section_that_is_used_may_be_empty(void **state)
{
	struct cube_case *c = *state;
	struct cube_header good = *header(c);

	for (int i = 0; i < CUBE_SECTION_COUNT; i++) {
		bool is_used = i != CUBE_SLICES;

		header(c)->sections[i].count = 0;
		assert_int_equal(check(c), is_used ? -EBADMSG : 0);
		*header(c) = good;
	}
}

/* Fields that count into another section: its count is refused, one less is not. */
static const struct index_field {
	enum cube_section section;
	size_t offset;
	enum cube_section into;
} index_fields[] = {
	{ CUBE_ACCOUNTS, offsetof(struct month_account, id), CUBE_TEXT_OFFSETS },
	{ CUBE_ACCOUNTS, offsetof(struct month_account, name), CUBE_TEXT_OFFSETS },
	{ CUBE_SERVICES, offsetof(struct month_service, code), CUBE_TEXT_OFFSETS },
	{ CUBE_SERVICES, offsetof(struct month_service, name), CUBE_TEXT_OFFSETS },
	{ CUBE_SERVICES, offsetof(struct month_service, dir), CUBE_TEXT_OFFSETS },
	{ CUBE_RESOURCES, offsetof(struct month_resource, id), CUBE_TEXT_OFFSETS },
	{ CUBE_RESOURCES, offsetof(struct month_resource, dir), CUBE_TEXT_OFFSETS },
	{ CUBE_RESOURCES, offsetof(struct month_resource, name), CUBE_TEXT_OFFSETS },
	{ CUBE_RESOURCES, offsetof(struct month_resource, region), CUBE_TEXT_OFFSETS },
	{ CUBE_ENTRIES, offsetof(struct entry, currency), CUBE_TEXT_OFFSETS },
	{ CUBE_EXTENTS, offsetof(struct cube_extent, block), CUBE_BLOCKS },
	{ CUBE_EXTENTS, offsetof(struct cube_extent, chunk), CUBE_MAP_FIRST },
};

static void each_index_is_below_its_count(void **state)
{
	struct cube_case *c = *state;

	for (size_t f = 0; f < ARRAY_LEN(index_fields); f++) {
		const struct index_field *field = &index_fields[f];
		uint64_t limit = count(c, field->into);

		/* Of both there is one more than what they hold. */
		if (field->into == CUBE_TEXT_OFFSETS || field->into == CUBE_MAP_FIRST)
			limit--;
		for (uint64_t i = 0; i < count(c, field->section); i++) {
			char *at = (char *)item(c, field->section, i) + field->offset;
			const uint32_t bad[] = { (uint32_t)limit, UINT32_MAX };
			uint32_t good, last = (uint32_t)limit - 1;

			memcpy(&good, at, sizeof(good));
			for (size_t k = 0; k < ARRAY_LEN(bad); k++) {
				memcpy(at, &bad[k], sizeof(good));
				if (check(c) != -EBADMSG)
					fail_msg("field %zu of item %zu", f, (size_t)i);
			}
			/* Another extent's block may be too small for it. */
			memcpy(at, &last, sizeof(last));
			if (field->into != CUBE_BLOCKS)
				assert_int_equal(check(c), 0);
			memcpy(at, &good, sizeof(good));
		}
	}
	assert_int_equal(check(c), 0);
}

static bool is_text_key(int dim, int key)
{
	if (dim == DIM_DAY)
		return false;
	if (dim == DIM_RESOURCE || dim == DIM_UNTAGGED || dim == DIM_CHARGE)
		return key == 1;
	return key == 0 || dim == DIM_INVOICE || dim >= DIM_TAG;
}

static uint32_t key_limit(struct cube_case *c, int dim, int key, uint32_t slice)
{
	const struct month_slice *s = item(c, CUBE_SLICES, slice);

	if (is_text_key(dim, key))
		return (uint32_t)count(c, CUBE_TEXT_OFFSETS) - 1;
	if (key == 0 && (dim == DIM_RESOURCE || dim == DIM_UNTAGGED))
		return s->resource_count;
	return key == 0 && dim == DIM_CHARGE ? CHARGE_COUNT : UINT32_MAX;
}

static void each_key_of_a_sum_is_below_its_count(void **state)
{
	struct cube_case *c = *state;
	unsigned dims = 0;

	for (uint32_t i = 0; i < count(c, CUBE_SLICES); i++) {
		const struct month_slice *s = item(c, CUBE_SLICES, i);

		for (int dim = 0; dim < DIM_COUNT; dim++) {
			for (uint64_t n = s->entry_first[dim];
				n < s->entry_first[dim + 1]; n++) {
				struct entry *e = item(c, CUBE_ENTRIES, n);

				dims |= 1u << dim;
				for (int key = 0; key < 2; key++) {
					uint32_t good = e->key[key];
					uint32_t limit = key_limit(c, dim, key, i);

					e->key[key] = limit;
					assert_int_equal(check(c),
						limit == UINT32_MAX ? 0 : -EBADMSG);
					e->key[key] = limit - 1;
					assert_int_equal(check(c), 0);
					e->key[key] = good;
				}
			}
		}
	}
	assert_int_equal(dims, (1u << DIM_COUNT) - 1);
}

static void slices_are_in_order_and_inside(void **state)
{
	struct cube_case *c = *state;

	for (uint32_t i = 0; i < count(c, CUBE_SLICES); i++) {
		struct month_slice *s = item(c, CUBE_SLICES, i), good = *s;

#define BREAK(field, value)                                                              \
	do {                                                                             \
		s->field = (value);                                                      \
		assert_int_equal(check(c), -EBADMSG);                                    \
		*s = good;                                                               \
	} while (0)
		BREAK(account, (uint32_t)count(c, CUBE_ACCOUNTS));
		BREAK(account, UINT32_MAX);
		BREAK(service, (uint32_t)count(c, CUBE_SERVICES));
		BREAK(service, UINT32_MAX);
		BREAK(resource_first, UINT32_MAX);
		BREAK(resource_count, UINT32_MAX);
		BREAK(resource_count, 0);
		BREAK(extent_first, UINT64_MAX);
		BREAK(extent_first, count(c, CUBE_EXTENTS) + 1);
		BREAK(extent_count, UINT64_MAX);
		BREAK(extent_count, good.extent_count - 1);
		BREAK(lines, good.lines + 1);
		BREAK(bytes, good.bytes + 1);
		BREAK(bytes, good.bytes - 1);
		for (int dim = 0; dim <= DIM_COUNT; dim++) {
			BREAK(entry_first[dim], UINT64_MAX);
			BREAK(entry_first[dim], count(c, CUBE_ENTRIES) + 1);
		}
		/* Not sorted by itself, nor twice the same. */
		if (i > 0) {
			struct month_slice *before = item(c, CUBE_SLICES, i - 1);
			struct month_slice kept = *before;

			before->account = good.account;
			before->service = good.service;
			assert_int_equal(check(c), -EBADMSG);
			*before = kept;
		}
#undef BREAK
	}
	assert_int_equal(check(c), 0);
}

static void extents_are_inside_and_in_order(void **state)
{
	struct cube_case *c = *state;

	for (uint32_t i = 0; i < count(c, CUBE_EXTENTS); i++) {
		struct cube_extent *e = item(c, CUBE_EXTENTS, i), good = *e;

#define BREAK(field, value)                                                              \
	do {                                                                             \
		e->field = (value);                                                      \
		assert_int_equal(check(c), -EBADMSG);                                    \
		*e = good;                                                               \
	} while (0)
		BREAK(row_start, good.row_start + 1);
		BREAK(fixed_start, good.fixed_start + 1);
		BREAK(offset, UINT32_MAX);
		BREAK(len, UINT32_MAX);
		BREAK(len, 0);
		BREAK(rows, 0);
		BREAK(rows, good.rows + 1);
		BREAK(rows, UINT32_MAX);
		BREAK(fixed_bytes, good.fixed_bytes + 1);
#undef BREAK
	}
	assert_int_equal(check(c), 0);
}

static void blocks_are_inside_the_data(void **state)
{
	struct cube_case *c = *state;

	for (uint32_t i = 0; i < count(c, CUBE_BLOCKS); i++) {
		struct cube_block *b = item(c, CUBE_BLOCKS, i), good = *b;

#define BREAK(field, value)                                                              \
	do {                                                                             \
		b->field = (value);                                                      \
		assert_int_equal(check(c), -EBADMSG);                                    \
		*b = good;                                                               \
	} while (0)
		BREAK(offset, c->data_bytes);
		BREAK(offset, UINT64_MAX);
		BREAK(stored_bytes, good.raw_bytes + 1);
		BREAK(stored_bytes, UINT32_MAX);
		BREAK(raw_bytes, CUBE_BLOCK_MAX + 1);
		BREAK(raw_bytes, UINT32_MAX);
		BREAK(raw_bytes, 0);
#undef BREAK
	}
	assert_int_equal(check(c), 0);
}

static void texts_follow_each_other_and_end(void **state)
{
	struct cube_case *c = *state;
	uint64_t *offsets = item(c, CUBE_TEXT_OFFSETS, 0);
	char *bytes = item(c, CUBE_TEXT_BYTES, 0);

	for (uint64_t i = 0; i < count(c, CUBE_TEXT_OFFSETS); i++) {
		uint64_t good = offsets[i];

		offsets[i] = UINT64_MAX;
		assert_int_equal(check(c), -EBADMSG);
		offsets[i] = count(c, CUBE_TEXT_BYTES) + 1;
		assert_int_equal(check(c), -EBADMSG);
		if (i > 0) {
			offsets[i] = offsets[i - 1];
			assert_int_equal(check(c), -EBADMSG);
			bytes[good - 1] = 'x';
			offsets[i] = good;
			assert_int_equal(check(c), -EBADMSG);
			bytes[good - 1] = '\0';
		}
		offsets[i] = good;
	}
	assert_int_equal(check(c), 0);
}

static void maps_follow_each_other_and_have_columns(void **state)
{
	struct cube_case *c = *state;
	uint64_t *first = item(c, CUBE_MAP_FIRST, 0);
	uint32_t *columns = item(c, CUBE_MAP_COLUMNS, 0);

	for (uint64_t i = 0; i < count(c, CUBE_MAP_FIRST); i++) {
		uint64_t good = first[i];

		first[i] = UINT64_MAX;
		assert_int_equal(check(c), -EBADMSG);
		first[i] = count(c, CUBE_MAP_COLUMNS) + 1;
		assert_int_equal(check(c), -EBADMSG);
		first[i] = good;
	}
	for (uint64_t i = 0; i < count(c, CUBE_MAP_COLUMNS); i++) {
		uint32_t good = columns[i];

		columns[i] = header(c)->map_columns;
		assert_int_equal(check(c), -EBADMSG);
		columns[i] = header(c)->map_columns - 1;
		assert_int_equal(check(c), 0);
		columns[i] = good;
	}
}

static void the_header_is_a_line(void **state)
{
	struct cube_case *c = *state;
	char *last = item(c, CUBE_HEADER_LINE, count(c, CUBE_HEADER_LINE) - 1);

	*last = ' ';
	assert_int_equal(check(c), -EBADMSG);
	*last = '\n';
	assert_int_equal(check(c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		CASE(a_whole_cube_is_accepted),
		CASE(a_wrong_size_is_refused),
		CASE(a_truncation_that_the_header_admits_is_refused),
		CASE(each_part_of_the_header_counts),
		CASE(each_section_stays_inside),
		CASE(each_section_stays_apart),
		CASE(no_section_that_is_used_may_be_empty),
		CASE(each_index_is_below_its_count),
		CASE(each_key_of_a_sum_is_below_its_count),
		CASE(slices_are_in_order_and_inside),
		CASE(extents_are_inside_and_in_order),
		CASE(blocks_are_inside_the_data),
		CASE(texts_follow_each_other_and_end),
		CASE(maps_follow_each_other_and_have_columns),
		CASE(the_header_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
