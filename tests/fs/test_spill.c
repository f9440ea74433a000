/* Months whose sums do not stay in memory are the months that they are else. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/store/cube.h"
#include "fs/store/spill.h"
#include "month_case.h"

#define HEAD                                                                             \
	"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UsageStartDate,lineItem/" \
	"LineItemType,lineItem/ResourceId,product/region,lineItem/CurrencyCode,"         \
	"lineItem/UnblendedCost,resourceTags/user:Name,resourceTags/user:team\n"

/* Instances, and functions whose names are the same in each region; rows of one are far
 * from each other, and their names change with the day, or within it. */
static char *made_rows(unsigned chunk, unsigned count)
{
	struct buf b = BUF_INIT(64 * 1024 * 1024);

	assert_int_equal(buf_append_text(&b, HEAD), 0);
	for (unsigned i = 0; i < count; i++) {
		unsigned x = (i + chunk * count) * 2654435761u >> 7, r = x % 1500;
		char id[64];

		if (r % 5)
			snprintf(id, sizeof(id), "i-%u", r);
		else
			snprintf(id, sizeof(id), "arn:aws:lambda:r%u-1:1:function:f%u",
				r % 3, r / 1155);
		assert_int_equal(
			buf_appendf(&b,
				"%u,S%u,2026-11-%02u,%s,%s,eu-%u,USD,%u.%09u,n%u-%u,t%u"
				"\n",
				r % 7, r % 11, 1 + x / 35 % 30, i % 50 ? "Usage" : "Tax",
				i % 11 ? id : "", x % 4, x % 100, x % 1000000000, r,
				x % 9, x % 5),
			0);
	}
	return buf_take(&b);
}

static void put_rows(struct month_case *c, unsigned chunks, unsigned count)
{
	for (unsigned i = 0; i < chunks; i++)
		month_case_put(c, i, span_of(made_rows(i, count)));
}

static void free_rows(struct month_case *c)
{
	for (size_t i = 0; i < c->source.count; i++)
		free((void *)(uintptr_t)c->objects[i].bytes);
}

static struct buf file_of(struct month_case *c, const char *name)
{
	struct buf b = BUF_INIT(256 * 1024 * 1024);

	assert_int_equal(io_read_file(c->dir_fd, name, &b), 0);
	return b;
}

static void assert_same_bytes(struct buf *got, const struct buf *want)
{
	assert_true(span_eq(buf_span(got), buf_span(want)));
	buf_finish(got);
}

static void ingest(struct month_case *c)
{
	int r;

	month_case_remove(c);
	r = month_case_ingest(c);
	if (r < 0)
		fail_msg("ingest answers %d: %s", r, c->why.text);
}

static void spilled_or_not_the_files_have_the_same_bytes(void **state)
{
	static const size_t holds[] = { 0, 400000, 1 }, keeps[] = { 1, 300000, 900000 };
	struct month_case *c = *state;

	put_rows(c, 3, 3000);
	for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
		struct buf cube, data, other;

		c->hold_bytes = holds[i];
		c->keep_bytes = 0;
		ingest(c);
		cube = file_of(c, "m.cube");
		data = file_of(c, "m.data");
		for (size_t k = 0; k < ARRAY_LEN(keeps); k++) {
			c->keep_bytes = keeps[k];
			ingest(c);
			other = file_of(c, "m.cube");
			assert_same_bytes(&other, &cube);
			other = file_of(c, "m.data");
			assert_same_bytes(&other, &data);
		}
		buf_finish(&cube);
		buf_finish(&data);
	}
	free_rows(c);
}

/* What goes by which thread came first: where rows are, and sizes and hashes by it. */
static bool is_of_threads(unsigned section)
{
	return section == CUBE_EXTENTS || section == CUBE_BLOCKS ||
		section == CUBE_SLICES;
}

static void assert_same_sections(const struct buf *a, const struct buf *b)
{
	const struct cube_header *x = (const void *)a->p, *y = (const void *)b->p;

	for (unsigned i = 0; i < CUBE_SECTION_COUNT; i++) {
		size_t len = x->sections[i].count * cube_item_bytes((enum cube_section)i);

		if (is_of_threads(i))
			continue;
		assert_int_equal(x->sections[i].count, y->sections[i].count);
		assert_memory_equal(
			a->p + x->sections[i].offset, b->p + y->sections[i].offset, len);
	}
}

static void whatever_the_threads_the_texts_and_sums_have_the_same_bytes(void **state)
{
	static const size_t keeps[] = { 0, 1, 900000 };
	struct month_case *c = *state;
	struct month *m;
	struct buf cube, other;
	uint64_t content;
	char *want;

	put_rows(c, 4, 4000);
	m = month_case_month(c);
	want = month_dump(m);
	assert_non_null(strstr(want, "\nfunction%3Af0~r1-1 id arn:"));
	content = month_facts(m)->content;
	month_unref(m);
	cube = file_of(c, "m.cube");
	for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
		c->hold_bytes = 100000;
		c->keep_bytes = keeps[i];
		c->threads = 4;
		m = month_case_month(c);
		assert_int_equal(month_facts(m)->content, content);
		assert_text(month_dump(m), want);
		month_unref(m);
		other = file_of(c, "m.cube");
		assert_same_sections(&other, &cube);
		buf_finish(&other);
	}
	buf_finish(&cube);
	free(want);
	free_rows(c);
}

/* Every 1,024 rows are a run, and more than so many at a time are not merged. */
static void more_runs_than_are_merged_at_once_are_the_same_month(void **state)
{
	struct month_case *c = *state;
	struct buf cube, other;

	put_rows(c, 16, 6200);
	c->hold_bytes = 1;
	ingest(c);
	cube = file_of(c, "m.cube");
	c->keep_bytes = 1;
	ingest(c);
	other = file_of(c, "m.cube");
	assert_same_bytes(&other, &cube);
	buf_finish(&cube);
	free_rows(c);
}

/* A file may not grow: as a full disk. */
static void no_room_to_spill_is_said_and_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;
	struct rlimit before;
	unsigned refused = 0;
	int r = -EFBIG;

	put_rows(c, 2, 5000);
	c->hold_bytes = c->keep_bytes = 1;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 0; r < 0; limit = limit * 2 + 5000) {
		assert_int_equal(setrlimit(RLIMIT_FSIZE,
					 &(struct rlimit){ limit, before.rlim_max }),
			0);
		r = month_case_ingest(c);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_true(r == 0 || r == -EFBIG);
		assert_int_equal(month_case_files(c), r == 0 ? 2 : 0);
		refused += r < 0;
	}
	assert_true(refused > 3);
	free_rows(c);
}

/* Of the mapping, by the kernel; its pages come in groups of 64 KiB. */
static unsigned long resident_kib(const char *name)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long found = 0;
	bool is_it = false;
	char line[4096];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strchr(line, '-') && strchr(line, ' ') < strchr(line, ':'))
			is_it = strstr(line, name) != NULL;
		if (is_it && strncmp(line, "Rss:", 4) == 0)
			found += strtoul(line + 4, NULL, 10);
	}
	fclose(maps);
	return found;
}

static void an_open_month_has_pages_of_what_was_read_of_it_alone(void **state)
{
	struct month_case *c = *state;
	struct month *m;
	struct stat st = { 0 };
	unsigned long opened;
	unsigned lines = 0;

	put_rows(c, 3, 3000);
	m = month_case_month(c);
	assert_int_equal(fstatat(c->dir_fd, "m.cube", &st, 0), 0);
	assert_true(st.st_size > 1024 * 1024);
	opened = resident_kib("m.cube");
	for (uint32_t i = 0; i < month_slice_count(m); i++) {
		size_t count;
		const struct entry *e = month_entries(m, i, DIM_TAG, &count);

		while (count-- > 0)
			lines += e[count].lines > 0;
	}
	assert_true(lines > 0);
	assert_in_range(opened, 1, 256);
	assert_true(resident_kib("m.cube") > 2 * opened);
	month_unref(m);
	free_rows(c);
}

static int ingest_in_memory(struct month_case *c, uint64_t limit, uint64_t *ret_bytes)
{
	const struct ingest_options options = { .source = &c->source.base,
		.delivery = &c->delivery,
		.threads = 1,
		.hold_bytes = 1,
		.keep_bytes = 1 };
	const struct month_files files = { memfd_create("cube", MFD_CLOEXEC),
		memfd_create("data", MFD_CLOEXEC) };
	struct stat st = { 0 };
	int r = ingest_into(&options, &files, limit, &c->why);

	assert_int_equal(fstat(files.cube_fd, &st), 0);
	*ret_bytes = (uint64_t)st.st_size;
	close(files.cube_fd);
	close(files.data_fd);
	return r;
}

static void a_month_in_memory_spills_within_its_limit(void **state)
{
	struct month_case *c = *state;
	struct buf cube;
	uint64_t bytes;

	put_rows(c, 2, 5000);
	c->hold_bytes = 1;
	ingest(c);
	cube = file_of(c, "m.cube");
	assert_int_equal(ingest_in_memory(c, 64 * 1024 * 1024, &bytes), 0);
	assert_int_equal(bytes, cube.len);
	assert_int_equal(ingest_in_memory(c, 300000, &bytes), -ENOSPC);
	buf_finish(&cube);
	free_rows(c);
}

static void a_sum_that_does_not_fit_is_found_when_runs_are_merged(void **state)
{
#define HUGE_COST "100000000000000000000.00"
	struct month_case *c = *state;
	static const char *const texts[] = {
		HEAD "1,A,,Usage,,,USD," HUGE_COST ",,\n",
		HEAD "1,A,,Usage,,,USD," HUGE_COST ",,\n",
	};

	c->hold_bytes = c->keep_bytes = 1;
	month_case_set(c, texts, ARRAY_LEN(texts));
	assert_int_equal(month_case_ingest(c), -ERANGE);
	assert_string_equal(
		c->why.text, "0123456789abcdef: the sum of costs does not fit");
	assert_int_equal(month_case_files(c), 0);
}

static void read_again(struct spill *s, const struct tape *tape, const char *large)
{
	struct tape_reader x;
	struct span text;
	const void *p;

	tape_open(&x, s, tape);
	for (uint64_t i = 0; i < 30000; i++) {
		assert_int_equal(tape_next(&x, sizeof(i), &p), 1);
		assert_memory_equal(p, &i, sizeof(i));
	}
	assert_int_equal(tape_next_text(&x, &text), 1);
	assert_int_equal(text.len, 0);
	assert_int_equal(tape_next_text(&x, &text), 1);
	assert_true(span_eq(text, (struct span){ large, 1000000 }));
	assert_int_equal(tape_next_text(&x, &text), 0);
	tape_reader_finish(&x);
}

/* With a file and without, in a directory and in none. */
static void what_is_put_on_a_tape_is_read_again(void **state)
{
	struct month_case *c = *state;
	const struct spill_place places[] = {
		{ .dir_fd = c->dir_fd, .name = "spill" },
		{ .dir_fd = c->dir_fd, .name = "spill", .memory_bytes = 4000000 },
		{ .dir_fd = -1 },
	};
	char *large = calloc(1, 1000000);

	assert_non_null(large);
	for (size_t n = 0; n < 1000000; n += 3)
		large[n] = (char)(n * 2654435761u >> 20);
	for (size_t k = 0; k < ARRAY_LEN(places); k++) {
		struct tape mixed = { 0 }, plain = { 0 };
		struct tape_writer a, b;
		struct spill *s = NULL;
		uint64_t at = 29999, got = 0;
		int r = spill_new(&places[k], &s);

		tape_begin(&a, s, &mixed, false);
		tape_begin(&b, s, &plain, true);
		for (uint64_t i = 0; r == 0 && i < 30000; i++) {
			r = tape_put(&a, &i, sizeof(i));
			if (r == 0)
				r = tape_put(&b, &i, sizeof(i));
		}
		if (r == 0)
			r = tape_put_text(&a, SPAN(""));
		if (r == 0)
			r = tape_put_text(&a, (struct span){ large, 1000000 });
		assert_int_equal(tape_end(&a, r), 0);
		assert_int_equal(tape_end(&b, 0), 0);
		read_again(s, &mixed, large);
		assert_int_equal(
			tape_read_at(s, &plain, at * sizeof(got), &got, sizeof(got)), 0);
		assert_int_equal(got, at);
		assert_int_equal(tape_read_at(s, &plain, 65532, &got, 8), 0);
		assert_int_equal(got, UINT64_C(8192) << 32);
		assert_int_equal(month_case_files(c), 0);
		tape_finish(&mixed, s);
		tape_finish(&plain, s);
		spill_free(s);
	}
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, month_case_setup, month_case_teardown)
		CASE(spilled_or_not_the_files_have_the_same_bytes),
		CASE(whatever_the_threads_the_texts_and_sums_have_the_same_bytes),
		CASE(more_runs_than_are_merged_at_once_are_the_same_month),
		CASE(no_room_to_spill_is_said_and_leaves_nothing_behind),
		CASE(an_open_month_has_pages_of_what_was_read_of_it_alone),
		CASE(a_month_in_memory_spills_within_its_limit),
		CASE(a_sum_that_does_not_fit_is_found_when_runs_are_merged),
		CASE(what_is_put_on_a_tape_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
