/* Opening and reading a month: what is there, at every offset, and what is damaged. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/store/cube.h"
#include "fs/store/in_memory.h"
#include "fs/store/month_impl.h"
#include "fs/store/rows.h"
#include "month_case.h"

#define HEAD "line_item_usage_account_id,line_item_product_code,line_item_unblended_cost"

/* Three slices, of which one has two chunks. */
static const char *const texts[] = {
	HEAD ",resource_tags\n"
	     "1,A,1,\"{\"\"k\"\":\"\"v\"\"}\"\n1,B,2,\n1,A,3,\"{\"\"l\"\":\"\"w\"\"}\"\n",
	HEAD
	",resource_tags\n1,A,4,\n2,A,5,\"{\"\"m\"\":\"\"x\"\",\"\"k\"\":\"\"y\"\"}\"\n",
};
static const char *const plain_texts[] = {
	HEAD "\n1,A,1\n1,B,2\n1,A,3\n",
	HEAD "\n1,A,4\n2,A,5\n",
};
/* The rows of account 1 and service A, of 1 and B, of 2 and A. */
#define PLAIN(account, service, cost)                                                    \
	",," account "," service ",,,,,,,,," cost ".00,," cost ".00,,,,"
static const char plain_1a[] =
	PLAIN("1", "A", "1") "\n" PLAIN("1", "A", "3") "\n" PLAIN("1", "A", "4") "\n";
static const char plain_1b[] = PLAIN("1", "B", "2") "\n";
static const char plain_2a[] = PLAIN("2", "A", "5") "\n";
static const char *const plain_rows[] = { plain_1a, plain_1b, plain_2a };
static const char marked_1a[] = PLAIN("1", "A", "1") ",v,,\n" PLAIN(
	"1", "A", "3") ",,w,\n" PLAIN("1", "A", "4") ",,,\n";
static const char marked_1b[] = PLAIN("1", "B", "2") ",,,\n";
static const char marked_2a[] = PLAIN("2", "A", "5") ",y,,x\n";
static const char *const marked_rows[] = { marked_1a, marked_1b, marked_2a };

static void assert_every_read(const struct month *m, uint32_t slice, const char *want)
{
	size_t len = strlen(want);
	char *got = malloc(len + 2);

	assert_int_equal(month_slice(m, slice)->bytes, len);
	for (size_t offset = 0; offset <= len + 1; offset++) {
		for (size_t n = 0; n <= len + 1; n++) {
			size_t left = offset < len ? len - offset : 0;
			size_t count = n < left ? n : left;

			memset(got, '~', len + 2);
			assert_int_equal(
				month_read(m, slice, offset, got, n, NULL), count);
			if (count > 0)
				assert_memory_equal(got, want + offset, count);
			assert_int_equal(got[count], '~');
		}
	}
	assert_int_equal(month_read(m, slice, UINT64_MAX, got, len, NULL), 0);
	free(got);
}

static void assert_pieces(const struct month *m, uint32_t slice, const char *want)
{
	struct buf piece = BUF_INIT(1024 * 1024);
	size_t at = 0;

	assert_int_equal(buf_append_text(&piece, "old"), 0);
	for (uint64_t i = 0; i < month_slice(m, slice)->extent_count; i++) {
		assert_int_equal(month_piece(m, slice, i, &piece, NULL), 0);
		assert_true(piece.len > 0 && at + piece.len <= strlen(want));
		assert_int_equal(piece.p[piece.len - 1], '\n');
		assert_memory_equal(piece.p, want + at, piece.len);
		at += piece.len;
	}
	assert_int_equal(at, strlen(want));
	buf_finish(&piece);
}

static void every_read_is_a_part_of_the_whole(void **state)
{
	struct month_case *c = *state;
	struct month *m;

	for (int marked = 0; marked < 2; marked++) {
		const char *const *want = marked ? marked_rows : plain_rows;

		month_case_set(c, marked ? texts : plain_texts, 2);
		m = month_case_month(c);
		assert_int_equal(month_slice_count(m), 3);
		assert_int_equal(month_slice(m, 0)->extent_count, 2);
		for (uint32_t i = 0; i < 3; i++) {
			assert_every_read(m, i, want[i]);
			assert_pieces(m, i, want[i]);
			month_case_expect_rows(m, i, want[i]);
		}
		month_unref(m);
	}
}

/* Blocks are found again or not, with any memory for them. */
static void no_memory_for_blocks_is_only_slower(void **state)
{
	struct month_case *c = *state;
	struct block_cache *kept = c->blocks;
	struct month *m;

	c->blocks = block_cache_new(0);
	month_case_set(c, texts, 2);
	m = month_case_month(c);
	assert_every_read(m, 0, marked_rows[0]);
	month_unref(m);
	block_cache_free(c->blocks);
	c->blocks = kept;
}

static void several_blocks_are_one_text(void **state)
{
	struct month_case *c = *state;
	struct buf text = BUF_INIT(64 * 1024 * 1024), want = text;
	struct month *m;
	char *rows, *part;
	size_t len;

	assert_int_equal(buf_append_text(&text, HEAD ",identity_line_item_id\n"), 0);
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(buf_appendf(&text, "1,A,%u,%u-%u\n", i, i, i * 77), 0);
		assert_int_equal(
			buf_appendf(&want, ",,1,A,,,,,,,,,%u.00,,%u.00,,,,,%u-%u\n", i, i,
				i, i * 77),
			0);
	}
	month_case_put(c, 0, buf_span(&text));
	m = month_case_month(c);
	assert_true(month_slice(m, 0)->extent_count > 2);
	rows = month_rows(m, "1", "A");
	assert_string_equal(rows, buf_text(&want));
	assert_pieces(m, 0, rows);
	month_case_expect_rows(m, 0, rows);
	len = strlen(rows);
	part = malloc(len);
	for (size_t offset = 0; offset < len; offset += 99991) {
		assert_int_equal(month_read(m, 0, offset, part, len, NULL), len - offset);
		assert_memory_equal(part, rows + offset, len - offset);
	}
	free(part);
	free(rows);
	month_unref(m);
	buf_finish(&text);
	buf_finish(&want);
}

/* Rows of two tags in turns, and what readers see of them. */
static void append_tagged_rows(unsigned count, struct buf *text, struct buf *want)
{
	assert_int_equal(buf_append_text(text, HEAD ",resource_tags\n"), 0);
	for (unsigned i = 0; i < count; i++) {
		bool is_k = i % 2 == 0;

		assert_int_equal(
			buf_appendf(text, "1,A,%u,\"{\"\"%s\"\":\"\"v%u\"\"}\"\n", i,
				is_k ? "k" : "l", i),
			0);
		assert_int_equal(
			buf_appendf(want, ",,1,A,,,,,,,,,%u.00,,%u.00,,,,,%sv%u%s\n", i,
				i, is_k ? "" : ",", i, is_k ? "," : ""),
			0);
	}
}

static void rows_with_maps_in_several_blocks_are_one_text(void **state)
{
	static const size_t sizes[] = { 4096, 70000, 100000, 1 << 20 };
	struct month_case *c = *state;
	struct buf text = BUF_INIT(64 * 1024 * 1024), want = text;
	struct month *m;
	char *got;

	append_tagged_rows(10000, &text, &want);
	month_case_put(c, 0, buf_span(&text));
	got = malloc(want.len);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		m = month_case_month(c);
		assert_true(month_slice(m, 0)->extent_count > 2);
		assert_int_equal(month_slice(m, 0)->bytes, want.len);
		for (size_t at = 0; at < want.len; at += sizes[i]) {
			size_t left = want.len - at;
			size_t n = left < sizes[i] ? left : sizes[i];

			assert_int_equal(month_read(m, 0, at, got, n, NULL), n);
			assert_memory_equal(got, want.p + at, n);
		}
		month_case_expect_rows(m, 0, buf_text(&want));
		month_unref(m);
	}
	free(got);
	buf_finish(&text);
	buf_finish(&want);
}

static uint64_t file_bytes(const struct month_case *c, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(c->dir_fd, name, &st, 0), 0);
	return (uint64_t)st.st_size;
}

static void flip(const struct month_case *c, const char *name, uint64_t offset)
{
	int fd = openat(c->dir_fd, name, O_RDWR | O_CLOEXEC);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 0x20;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

/* Every block that a read has touched is damaged on the disk before the next one. */
static void from_front_to_back_each_block_is_read_once(void **state)
{
	static const size_t sizes[] = { 4096, 60000, 100000, 300000 };
	struct month_case *c = *state;
	struct buf text = BUF_INIT(64 * 1024 * 1024);

	assert_int_equal(buf_append_text(&text, HEAD "\n"), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_appendf(&text, "1,A,%u\n", i), 0);
	month_case_put(c, 0, buf_span(&text));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct month *m = month_case_month(c);
		const struct cube_block *blocks = month_section(m, CUBE_BLOCKS);
		uint64_t count = month_section_count(m, CUBE_BLOCKS), touched = 0;
		uint64_t raw = 0, bytes = month_slice(m, 0)->bytes;
		char *got = malloc(sizes[i]);

		assert_true(count > 5);
		for (uint64_t at = 0; at < bytes; at += sizes[i]) {
			assert_true(month_read(m, 0, at, got, sizes[i], NULL) > 0);
			for (; touched < count && raw < at + sizes[i]; touched++) {
				raw += blocks[touched].raw_bytes;
				flip(c, "m.data", blocks[touched].offset);
			}
		}
		free(got);
		month_unref(m);
	}
	buf_finish(&text);
}

/* The kernel has it then: memory for it would be filled for nobody. */
static void a_block_that_one_read_has_all_of_is_not_kept(void **state)
{
	struct month_case *c = *state;
	struct buf text = BUF_INIT(64 * 1024 * 1024);
	const struct cube_block *blocks;
	struct block *kept;
	struct month *m;
	uint64_t bytes;
	char *got;

	assert_int_equal(buf_append_text(&text, HEAD "\n"), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_appendf(&text, "1,A,%u\n", i), 0);
	month_case_put(c, 0, buf_span(&text));
	m = month_case_month(c);
	blocks = month_section(m, CUBE_BLOCKS);
	bytes = month_slice(m, 0)->bytes;
	got = malloc(bytes);
	assert_int_equal(month_read(m, 0, 0, got, bytes, NULL), bytes);
	for (uint32_t i = 0; i < month_section_count(m, CUBE_BLOCKS); i++)
		assert_null(block_cache_get(m->blocks, m->block_user, i));
	assert_int_equal(month_read(m, 0, blocks[0].raw_bytes - 1, got, 2, NULL), 2);
	for (uint32_t i = 0; i < 2; i++) {
		kept = block_cache_get(m->blocks, m->block_user, i);
		assert_non_null(kept);
		block_unref(kept);
	}
	free(got);
	month_unref(m);
	buf_finish(&text);
}

/* The data's blocks are looked at when they are read, each of them. */
static void a_damaged_block_is_said_by_those_who_read_it(void **state)
{
	struct month_case *c = *state;

	for (int marked = 0; marked < 2; marked++) {
		uint64_t bytes;

		month_case_set(c, marked ? texts : plain_texts, 2);
		month_unref(month_case_month(c));
		bytes = file_bytes(c, "m.data") - ROWS_TAIL;
		for (uint64_t i = 0; i < bytes; i++) {
			struct month *m;
			unsigned bad = 0;

			flip(c, "m.data", i);
			assert_int_equal(
				month_open(c->dir_fd, "m", c->blocks, &m, &c->why), 0);
			for (uint32_t s = 0; s < month_slice_count(m); s++) {
				struct buf piece = BUF_INIT(1024);
				char row[8] = "~";
				uint64_t offset = 7;
				ssize_t r = month_read(m, s, 0, row, 8, &c->why);

				assert_true(r == -EBADMSG || r == 8);
				if (month_slice(m, s)->lines > 1 && r < 0) {
					assert_int_equal(
						month_row_offset(m, s, 1, &offset, NULL),
						-EBADMSG);
					assert_int_equal(offset, 7);
				}
				assert_int_equal(month_piece(m, s, 0, &piece, NULL),
					r < 0 ? -EBADMSG : 0);
				bad += r < 0;
				assert_true(r > 0 ||
					strstr(c->why.text, "is damaged") != NULL);
				buf_finish(&piece);
			}
			assert_true(bad > 0);
			month_unref(m);
			flip(c, "m.data", i);
		}
	}
}

static int reopen(struct month_case *c)
{
	struct month *m = NULL;
	int r = month_open(c->dir_fd, "m", c->blocks, &m, &c->why);

	if (r < 0)
		assert_null(m);
	month_unref(m);
	return r;
}

static void any_damaged_byte_of_the_index_is_refused(void **state)
{
	struct month_case *c = *state;
	uint64_t bytes;

	month_case_set(c, texts, 2);
	month_unref(month_case_month(c));
	bytes = file_bytes(c, "m.cube");
	for (uint64_t i = 0; i < bytes; i += i < 512 ? 1 : 5) {
		flip(c, "m.cube", i);
		assert_int_equal(reopen(c), -EBADMSG);
		flip(c, "m.cube", i);
	}
	assert_int_equal(reopen(c), 0);
}

static void truncated_files_are_refused(void **state)
{
	static const char *const names[] = { "m.cube", "m.data" };
	struct month_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint64_t bytes;

		month_case_set(c, texts, 2);
		month_unref(month_case_month(c));
		bytes = file_bytes(c, names[i]);
		for (uint64_t len = bytes; len > 0;) {
			int fd = openat(c->dir_fd, names[i], O_RDWR | O_CLOEXEC);

			len -= len > 1000 ? 97 : 1;
			assert_int_equal(ftruncate(fd, (off_t)len), 0);
			close(fd);
			assert_int_equal(reopen(c), -EBADMSG);
		}
	}
}

/* Who opens it anew finds that it is damaged; here it is not what was promised. */
static void data_cut_while_open_is_not_read(void **state)
{
	struct month_case *c = *state;
	struct month *m;
	char row[8];
	int fd;

	month_case_set(c, texts, 2);
	m = month_case_month(c);
	fd = openat(c->dir_fd, "m.data", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1), 0);
	close(fd);
	assert_int_equal(month_read(m, 0, 0, row, sizeof(row), &c->why), -ENODATA);
	month_unref(m);
}

/* All is well but the version: the hash is that of the file. */
static void another_version_is_refused(void **state)
{
	struct month_case *c = *state;
	struct buf file = BUF_INIT(16 * 1024 * 1024);
	struct cube_header header;
	int fd;

	month_case_set(c, texts, 2);
	month_unref(month_case_month(c));
	assert_int_equal(io_read_file(c->dir_fd, "m.cube", &file), 0);
	for (uint32_t version = 0; version < 3; version++) {
		memcpy(&header, file.p, sizeof(header));
		header.version = version;
		fd = openat(c->dir_fd, "m.cube", O_RDWR | O_CLOEXEC);
		assert_int_equal(cube_hash_file(fd, &header, &header.hash), 0);
		assert_int_equal(io_pwrite(fd, &header, sizeof(header), 0), 0);
		close(fd);
		assert_int_equal(reopen(c), version == CUBE_VERSION ? 0 : -EBADMSG);
		if (version != CUBE_VERSION)
			assert_non_null(strstr(c->why.text, "m.cube is damaged"));
	}
	buf_finish(&file);
}

static void what_is_absent_is_enoent(void **state)
{
	struct month_case *c = *state;

	assert_int_equal(reopen(c), -ENOENT);
	month_case_set(c, texts, 2);
	month_unref(month_case_month(c));
	assert_int_equal(unlinkat(c->dir_fd, "m.cube", 0), 0);
	assert_int_equal(reopen(c), -ENOENT);
	month_case_remove(c);
	month_unref(month_case_month(c));
	assert_int_equal(unlinkat(c->dir_fd, "m.data", 0), 0);
	assert_int_equal(reopen(c), 0);
}

static void cut(const struct month_case *c, const char *name)
{
	int fd = openat(c->dir_fd, name, O_RDWR | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, 3), 0);
	close(fd);
}

/* Names and sums are answered; who wants rows hears that there are none, and has them
 * again as soon as they are there. */
static void rows_may_go_and_come_while_the_month_is_open(void **state)
{
	struct month_case *c = *state;
	struct month *m;
	char row[8];

	month_case_set(c, plain_texts, 2);
	m = month_case_month(c);
	assert_int_equal(renameat(c->dir_fd, "m.data", c->dir_fd, "away"), 0);
	assert_int_equal(month_pin(m), -ENODATA);
	assert_true(month_lacks_rows(m));
	assert_int_equal(month_slice_count(m), 3);
	assert_int_equal(month_read(m, 0, 0, row, sizeof(row), &c->why), -ENODATA);
	assert_non_null(strstr(c->why.text, "evicted"));
	assert_false(month_is_damaged(m));
	assert_int_equal(renameat(c->dir_fd, "away", c->dir_fd, "m.data"), 0);
	assert_every_read(m, 0, plain_rows[0]);
	assert_false(month_lacks_rows(m));
	/* Those of another index are not its rows, nor is what is left of them. */
	flip(c, "m.data", file_bytes(c, "m.data") - 1);
	assert_int_equal(month_pin(m), -ENODATA);
	flip(c, "m.data", file_bytes(c, "m.data") - 1);
	assert_int_equal(month_pin(m), 0);
	month_unpin(m);
	cut(c, "m.data");
	assert_int_equal(month_pin(m), -ENODATA);
	assert_false(month_is_damaged(m));
	month_unref(m);
}

static bool is_locked(const struct month_case *c, const char *name)
{
	int fd = openat(c->dir_fd, name, O_RDONLY | O_CLOEXEC);
	bool locked;

	assert_true(fd >= 0);
	locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return locked;
}

static void rows_are_kept_by_who_has_them_pinned(void **state)
{
	struct month_case *c = *state;
	struct month *m;
	char row[8];

	month_case_set(c, plain_texts, 2);
	m = month_case_month(c);
	assert_true(is_locked(c, "m.cube"));
	assert_int_equal(month_read(m, 0, 0, row, sizeof(row), &c->why), sizeof(row));
	assert_false(is_locked(c, "m.data"));
	assert_int_equal(month_pin(m), 0);
	assert_int_equal(month_pin(m), 0);
	month_unpin(m);
	assert_true(is_locked(c, "m.data"));
	/* An open file goes on, whoever removes its name. */
	assert_int_equal(unlinkat(c->dir_fd, "m.data", 0), 0);
	assert_every_read(m, 0, plain_rows[0]);
	month_unpin(m);
	assert_int_equal(month_pin(m), -ENODATA);
	month_unref(m);
	assert_false(is_locked(c, "m.cube"));
}

static int64_t time_of(const struct month_case *c, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(c->dir_fd, name, &st, 0), 0);
	return st.st_mtim.tv_sec;
}

static void the_last_use_of_rows_and_month_is_noted_apart(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct month_case *c = *state;
	struct month *m;

	month_case_set(c, plain_texts, 2);
	m = month_case_month(c);
	assert_int_equal(utimensat(c->dir_fd, "m.cube", old, 0), 0);
	assert_int_equal(utimensat(c->dir_fd, "m.data", old, 0), 0);
	month_note_use(m);
	assert_int_equal(time_of(c, "m.cube"), 1000);
	month_use(m);
	assert_int_equal(time_of(c, "m.cube"), 1000);
	month_note_use(m);
	assert_true(time_of(c, "m.cube") > 1000);
	assert_int_equal(time_of(c, "m.data"), 1000);
	assert_int_equal(month_pin(m), 0);
	month_unpin(m);
	assert_true(time_of(c, "m.data") > 1000);
	assert_int_equal(utimensat(c->dir_fd, "m.cube", old, 0), 0);
	month_use(m);
	month_unref(m);
	assert_true(time_of(c, "m.cube") > 1000);
}

/* With no file of it anywhere, and within the limit. */
static void a_month_in_memory_is_the_one_of_the_cache(void **state)
{
	struct month_case *c = *state;
	const struct ingest_options options = {
		.source = &c->source.base, .delivery = &c->delivery, .threads = 1
	};
	struct month *in_cache, *m = NULL, *second = NULL;
	struct in_memory memory = { .limit = 0 };
	uint64_t bytes;
	char *want;

	month_case_set(c, texts, 2);
	in_cache = month_case_month(c);
	want = month_dump(in_cache);
	bytes = month_facts(in_cache)->disk_bytes;
	month_unref(in_cache);
	month_case_remove(c);
	memory.limit = bytes - 1;
	assert_int_equal(
		in_memory_build(&memory, &options, c->blocks, &m, NULL), -ENOSPC);
	assert_null(m);
	assert_int_equal(memory.used, 0);
	memory.limit = 2 * bytes - 1;
	assert_int_equal(in_memory_build(&memory, &options, c->blocks, &m, NULL), 0);
	assert_int_equal(memory.used, bytes);
	assert_true(month_is_in_memory(m));
	assert_text(month_dump(m), want);
	assert_int_equal(
		in_memory_build(&memory, &options, c->blocks, &second, NULL), -ENOSPC);
	assert_int_equal(month_pin(m), 0);
	month_unpin(m);
	assert_every_read(m, 0, marked_rows[0]);
	month_unref(m);
	assert_int_equal(memory.used, 0);
	assert_int_equal(month_case_files(c), 0);
	free(want);
}

static void a_warning_a_minute_is_enough(void **state)
{
	static const uint64_t minute_ms = 60000;
	struct in_memory memory = { .limit = 1 };

	(void)state;
	assert_true(in_memory_may_warn(&memory));
	assert_false(in_memory_may_warn(&memory));
	assert_true(memory.warned_ms > 0);
	if (memory.warned_ms <= minute_ms)
		skip();
	memory.warned_ms -= minute_ms;
	assert_true(in_memory_may_warn(&memory));
}

/* A link, a folder and a device are no files of the cache. */
static void only_files_are_opened(void **state)
{
	struct month_case *c = *state;

	month_case_set(c, texts, 2);
	month_unref(month_case_month(c));
	assert_int_equal(renameat(c->dir_fd, "m.cube", c->dir_fd, "x.cube"), 0);
	assert_int_equal(symlinkat("x.cube", c->dir_fd, "m.cube"), 0);
	assert_int_equal(reopen(c), -EBADMSG);
	assert_int_equal(unlinkat(c->dir_fd, "m.cube", 0), 0);
	/* That nobody writes to; opening it must not wait for one. */
	assert_int_equal(mkfifoat(c->dir_fd, "m.cube", 0600), 0);
	assert_int_equal(reopen(c), -EBADMSG);
	assert_int_equal(unlinkat(c->dir_fd, "m.cube", 0), 0);
	assert_int_equal(mkdirat(c->dir_fd, "m.cube", 0700), 0);
	assert_int_equal(reopen(c), -EBADMSG);
	assert_int_equal(unlinkat(c->dir_fd, "m.cube", AT_REMOVEDIR), 0);
	assert_int_equal(renameat(c->dir_fd, "x.cube", c->dir_fd, "m.cube"), 0);
	assert_int_equal(reopen(c), 0);
}

/* Its owner could change it after it was checked. */
static void file_of_another_user_is_not_opened(void **state)
{
	static const char *const names[] = { "m.cube", "m.data" };
	struct month_case *c = *state;

	if (geteuid() != 0)
		skip();
	month_case_set(c, texts, 2);
	month_unref(month_case_month(c));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(fchownat(c->dir_fd, names[i], 12345, 12345, 0), 0);
		assert_int_equal(reopen(c), -EBADMSG);
		assert_int_equal(fchownat(c->dir_fd, names[i], 0, 0, 0), 0);
	}
	assert_int_equal(reopen(c), 0);
}

static void facts_are_those_of_the_delivery(void **state)
{
	struct month_case *c = *state;
	const struct month_facts *f;
	struct month *m;

	month_case_set(c, texts, 2);
	m = month_ref(month_case_month(c));
	month_unref(m);
	f = month_facts(m);
	assert_int_equal(f->month.number, 2026 * 12 + 10);
	assert_int_equal(f->as_of.seconds, 1795000000);
	assert_true(f->verified);
	assert_string_equal(f->id, "0123456789abcdef");
	assert_string_equal(f->assembly, "run-1");
	assert_int_equal(f->lines, 5);
	assert_int_equal(
		f->disk_bytes, file_bytes(c, "m.cube") + file_bytes(c, "m.data"));
	assert_true(f->has_tags);
	assert_false(f->has_net || f->has_list || f->has_resources);
	month_unref(m);
	month_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, month_case_setup, month_case_teardown)
		CASE(every_read_is_a_part_of_the_whole),
		CASE(no_memory_for_blocks_is_only_slower),
		CASE(several_blocks_are_one_text),
		CASE(rows_with_maps_in_several_blocks_are_one_text),
		CASE(from_front_to_back_each_block_is_read_once),
		CASE(a_block_that_one_read_has_all_of_is_not_kept),
		CASE(a_damaged_block_is_said_by_those_who_read_it),
		CASE(any_damaged_byte_of_the_index_is_refused),
		CASE(truncated_files_are_refused),
		CASE(data_cut_while_open_is_not_read),
		CASE(another_version_is_refused),
		CASE(what_is_absent_is_enoent),
		CASE(rows_may_go_and_come_while_the_month_is_open),
		CASE(rows_are_kept_by_who_has_them_pinned),
		CASE(the_last_use_of_rows_and_month_is_noted_apart),
		CASE(a_month_in_memory_is_the_one_of_the_cache),
		CASE(a_warning_a_minute_is_enough),
		CASE(only_files_are_opened),
		CASE(file_of_another_user_is_not_opened),
		CASE(facts_are_those_of_the_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
