#include "fs/store/window.h"

#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/io.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct fixture {
	struct data_file file;
	struct window *window;
	char *rows[4]; /* what each slice's text must be */
	size_t lens[4];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[] = "/tmp/costfs-window-XXXXXX";

	f->file.fd = mkostemp(path, O_CLOEXEC);
	assert_true(f->file.fd >= 0);
	assert_int_equal(unlink(path), 0);
	f->window = window_new(&f->file);
	assert_non_null(f->window);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	window_free(f->window);
	window_free(NULL);
	close(f->file.fd);
	for (size_t i = 0; i < ARRAY_LEN(f->rows); i++)
		free(f->rows[i]);
	free(f);
	return 0;
}

static int put(struct fixture *f, uint32_t slice, struct span row)
{
	f->rows[slice] = realloc(f->rows[slice], f->lens[slice] + row.len);
	assert_non_null(f->rows[slice]);
	memcpy(f->rows[slice] + f->lens[slice], row.p, row.len);
	f->lens[slice] += row.len;
	assert_int_equal(buf_append_span(window_text(f->window), row), 0);
	return window_row(f->window, slice, (uint32_t)row.len);
}

static char *decode(struct fixture *f, const struct cube_block *b)
{
	char *stored = malloc(b->stored_bytes + 1), *raw = malloc(b->raw_bytes + 1);

	assert_int_equal(io_pread(f->file.fd, stored, b->stored_bytes, b->offset),
		b->stored_bytes);
	assert_true(hash64(stored, b->stored_bytes, 0) == b->hash);
	if (b->stored_bytes == b->raw_bytes)
		memcpy(raw, stored, b->raw_bytes);
	else
		assert_int_equal(LZ4_decompress_safe(stored, raw, (int)b->stored_bytes,
					 (int)b->raw_bytes),
			b->raw_bytes);
	free(stored);
	return raw;
}

/* The extents of each slice, in order, are its rows; all bytes of the file are some
 * block's. */
static void assert_rows(struct fixture *f)
{
	size_t at[4] = { 0 }, extents, blocks;
	uint64_t stored = 0;
	const struct window_extent *e = window_extents(f->window, &extents);
	const struct cube_block *b = window_blocks(f->window, &blocks);

	for (size_t i = 0; i < blocks; i++)
		stored += b[i].stored_bytes;
	assert_int_equal(stored, f->file.bytes);
	for (size_t i = 0; i < extents; i++) {
		const struct cube_extent *x = &e[i].extent;
		char *raw;

		assert_true(x->block < blocks && e[i].slice < 4);
		assert_true((uint64_t)x->offset + x->len <= b[x->block].raw_bytes);
		assert_int_equal(x->row_start + x->fixed_start + x->chunk, 0);
		assert_int_equal(x->fixed_bytes, x->len);
		assert_true(at[e[i].slice] + x->len <= f->lens[e[i].slice]);
		raw = decode(f, &b[x->block]);
		assert_memory_equal(
			raw + x->offset, f->rows[e[i].slice] + at[e[i].slice], x->len);
		free(raw);
		at[e[i].slice] += x->len;
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(at[i], f->lens[i]);
}

static void rows_are_sorted_by_slice_and_keep_their_order(void **state)
{
	struct fixture *f = *state;
	size_t extents, blocks;
	char row[32];

	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(row, sizeof(row), "row %u\n", i);
		assert_int_equal(put(f, i * i % 4, span_of(row)), 0);
	}
	assert_int_equal(f->file.bytes, 0);
	assert_int_equal(window_flush(f->window), 0);
	assert_rows(f);
	window_blocks(f->window, &blocks);
	assert_int_equal(blocks, 1);
	/* Squares modulo 4 are 0 and 1. */
	const struct window_extent *e = window_extents(f->window, &extents);
	assert_int_equal(extents, 2);
	assert_int_equal(e[0].slice, 0);
	assert_int_equal(e[0].extent.rows, 500);
	assert_int_equal(e[1].slice, 1);
	assert_int_equal(e[1].extent.rows, 500);
}

static void nothing_is_flushed_to_nothing(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(window_flush(f->window), 0);
	assert_int_equal(window_flush(f->window), 0);
	assert_int_equal(f->file.bytes, 0);
	window_extents(f->window, &count);
	assert_int_equal(count, 0);
	window_blocks(f->window, &count);
	assert_int_equal(count, 0);
}

/* Two rows around the size of a block. */
static void blocks_hold_whole_rows(void **state)
{
	static const struct {
		size_t first, second;
		size_t blocks;
	} cases[] = {
		{ 1, BLOCK_BYTES - 1, 1 },
		{ 1, BLOCK_BYTES, 2 },
		{ BLOCK_BYTES - 1, 1, 1 },
		{ BLOCK_BYTES, 1, 2 },
		{ BLOCK_BYTES + 1, 1, 2 },
		{ 1, 3 * BLOCK_BYTES, 2 },
		{ 5 * BLOCK_BYTES, 4 * BLOCK_BYTES, 2 },
	};
	char *row = malloc(5 * BLOCK_BYTES);

	(void)state;
	for (size_t i = 0; i < 5 * (size_t)BLOCK_BYTES; i++)
		row[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f;
		void *inner;
		size_t blocks;

		print_message("%zu and %zu\n", cases[i].first, cases[i].second);
		setup(&inner);
		f = inner;
		assert_int_equal(put(f, 2, (struct span){ row, cases[i].first }), 0);
		assert_int_equal(put(f, 2, (struct span){ row, cases[i].second }), 0);
		assert_int_equal(window_flush(f->window), 0);
		window_blocks(f->window, &blocks);
		assert_int_equal(blocks, cases[i].blocks);
		assert_rows(f);
		teardown(&inner);
	}
	free(row);
}

static void fill_noise(char *bytes, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		bytes[i] = (char)(seed >> 56);
	}
}

/* More than the window holds, and what does not compress. */
static void a_full_window_writes_by_itself(void **state)
{
	struct fixture *f = *state;
	enum { ROW = 100 * 1024, ROWS = 200 };
	char *row = malloc(ROW);

	for (uint32_t i = 0; i < ROWS; i++) {
		fill_noise(row, ROW, i);
		assert_int_equal(put(f, i % 3, (struct span){ row, ROW }), 0);
	}
	free(row);
	assert_true(f->file.bytes > (uint64_t)ROW * ROWS / 2);
	assert_int_equal(window_flush(f->window), 0);
	assert_true(f->file.bytes >= (uint64_t)ROW * ROWS);
	assert_rows(f);
}

/* The longest that render can make of a record of 8 MiB. */
static void a_row_of_32_mib_is_one_extent(void **state)
{
	struct fixture *f = *state;
	const size_t len = 32 * 1024 * 1024;
	char *row = malloc(len);
	size_t count;

	memset(row, 'x', len);
	assert_int_equal(put(f, 0, SPAN("first\n")), 0);
	assert_int_equal(put(f, 1, (struct span){ row, len }), 0);
	free(row);
	assert_int_equal(put(f, 0, SPAN("last\n")), 0);
	assert_int_equal(window_flush(f->window), 0);
	assert_rows(f);
	window_extents(f->window, &count);
	assert_int_equal(count, 3);
}

static void taken_is_gone_and_the_file_goes_on(void **state)
{
	struct fixture *f = *state;
	size_t count;
	uint64_t bytes;

	assert_int_equal(put(f, 1, SPAN("one\n")), 0);
	assert_int_equal(window_flush(f->window), 0);
	bytes = f->file.bytes;
	window_taken(f->window);
	window_extents(f->window, &count);
	assert_int_equal(count, 0);
	f->lens[1] = 0;
	assert_int_equal(put(f, 1, SPAN("two\n")), 0);
	assert_int_equal(window_flush(f->window), 0);
	const struct cube_block *b = window_blocks(f->window, &count);
	assert_int_equal(count, 1);
	assert_int_equal(b->offset, bytes);
	char *raw = decode(f, b);
	assert_memory_equal(raw, "two\n", 4);
	free(raw);
}

static void a_full_disk_is_said(void **state)
{
	struct data_file file = { .fd = open("/dev/full", O_RDWR | O_CLOEXEC) };
	struct window *w;

	(void)state;
	if (file.fd < 0)
		skip();
	w = window_new(&file);
	assert_int_equal(buf_append_text(window_text(w), "row\n"), 0);
	assert_int_equal(window_row(w, 0, 4), 0);
	assert_int_equal(window_flush(w), -ENOSPC);
	window_free(w);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			rows_are_sorted_by_slice_and_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_flushed_to_nothing, setup, teardown),
		cmocka_unit_test(blocks_hold_whole_rows),
		cmocka_unit_test_setup_teardown(
			a_full_window_writes_by_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_row_of_32_mib_is_one_extent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			taken_is_gone_and_the_file_goes_on, setup, teardown),
		cmocka_unit_test(a_full_disk_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
