/* One file that several threads read by parts: the same month as one thread makes. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "month_case.h"

#define HEAD                                                                             \
	"line_item_usage_account_id,line_item_product_code,line_item_usage_start_date,"  \
	"line_item_line_item_description,line_item_unblended_cost,resource_tags"

enum { ROWS = 1500 };
static const size_t sizes[] = { 1, 64, 5000, 100000, 8000000 };

/* Quotes, newlines in them, empty lines, carriage returns, tags whose keys appear in any
 * order; the order of rows shows. */
static void append_row(struct buf *b, unsigned i)
{
	static const char *const ends[] = { "\n", "\r\n", "\n\n", "\n\r\n" };
	unsigned x = i * 2654435761u >> 7;
	int r = buf_appendf(b,
		"%u,S%u,2026-11-%02uT00:00:00Z,\"%srow %u, \"\"%u\"\"\",%u.%03u,"
		"\"{\"\"user_k%u\"\":\"\"v%u\"\",\"\"user_l\"\":\"\"w\"\"}\"%s",
		x % 3, x / 3 % 4, 1 + x / 12 % 30, i % 7 ? "" : "two\nlines\r\n", i,
		x % 10, x % 100, x % 1000, x / 5 % 23, x % 9, ends[x / 11 % 4]);

	assert_int_equal(r, 0);
}

static char *made(unsigned rows, const char *bad, unsigned bad_at)
{
	struct buf b = BUF_INIT(64 * 1024 * 1024);

	assert_int_equal(buf_append_text(&b, "\xef\xbb\xbf" HEAD "\n"), 0);
	for (unsigned i = 0; i < rows; i++) {
		if (bad && i == bad_at)
			assert_int_equal(buf_append_text(&b, bad), 0);
		append_row(&b, i);
	}
	return buf_take(&b);
}

static char *dump(struct month_case *c)
{
	struct month *m = month_case_month(c);
	char *text = month_dump(m);

	month_unref(m);
	return text;
}

/* Reads that take a while, so that others come to the next part before who reads this
 * one is back; and who reads: the test's own thread, or others. */
static pthread_t own_thread;
static atomic_uint own_reads, other_reads;

static ssize_t read_slowly(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	atomic_fetch_add(
		pthread_equal(pthread_self(), own_thread) ? &own_reads : &other_reads, 1);
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
	return memory_read(s, object, offset, bytes, len, why);
}

static void slow_down(struct month_case *c)
{
	static struct object_ops ops;

	ops = *c->source.base.ops;
	ops.read = read_slowly;
	c->source.base.ops = &ops;
	c->source.read_max = 8000;
	own_thread = pthread_self();
	atomic_store(&own_reads, 0);
	atomic_store(&other_reads, 0);
}

static void rows_keep_their_order_whoever_reads_them(void **state)
{
	struct month_case *c = *state;
	char *text = made(ROWS, NULL, 0), *want;

	month_case_put(c, 0, span_of(text));
	want = dump(c);
	slow_down(c);
	c->part_bytes = 8000;
	for (c->threads = 2; c->threads < 5; c->threads++)
		assert_text(dump(c), want);
	assert_true(atomic_load(&own_reads) > 3 && atomic_load(&other_reads) > 3);
	free(want);
	free(text);
}

static void one_file_is_the_same_month_whatever_the_threads_and_parts(void **state)
{
	struct month_case *c = *state;
	char *text = made(ROWS, NULL, 0), *want;

	month_case_put(c, 0, span_of(text));
	want = dump(c);
	assert_non_null(strstr(want, "row 1499"));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		c->part_bytes = sizes[i];
		for (c->threads = 2; c->threads < 5; c->threads++) {
			c->hold_bytes = c->threads == 3 ? 1 : 0;
			c->keep_bytes = c->threads == 4 ? 1 : 0;
			assert_text(dump(c), want);
		}
	}
	free(want);
	free(text);
}

static void files_are_read_in_turn_and_then_together(void **state)
{
	struct month_case *c = *state;
	char *texts[3], *want;

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		texts[i] = made(i == 1 ? ROWS : 100, NULL, 0);
		month_case_put(c, i, span_of(texts[i]));
	}
	want = dump(c);
	c->part_bytes = 3000;
	for (c->threads = 2; c->threads < 9; c->threads += 2)
		assert_text(dump(c), want);
	free(want);
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
}

/* What is wrong with a file, told by one thread and by several. */
static void refuse(struct month_case *c, char *text, int error)
{
	char want[sizeof(c->why.text)];

	month_case_put(c, 0, span_of(text));
	c->threads = 1;
	assert_int_equal(month_case_ingest(c), error);
	memcpy(want, c->why.text, sizeof(want));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		c->part_bytes = sizes[i];
		c->threads = 2 + (unsigned)i % 3;
		assert_int_equal(month_case_ingest(c), error);
		assert_string_equal(c->why.text, want);
		assert_int_equal(month_case_files(c), 0);
	}
	free(text);
}

static void the_row_that_is_refused_is_named_as_by_one_thread(void **state)
{
	struct month_case *c = *state;
	static const char twice[] = "1,A,,,x,\n1,A,,,y,\n";

	refuse(c, made(ROWS, twice, 1200), -EBADMSG);
	assert_non_null(strstr(c->why.text, "chunk-00.csv: row 1202: "));
	assert_non_null(strstr(c->why.text, "\"x\""));
	refuse(c, made(ROWS, "1,A,,,1\n", 700), -EBADMSG);
	assert_non_null(strstr(c->why.text, "row 702: has 5 fields, the header has 6"));
	refuse(c, made(ROWS, "1,A,,\"a\"b,1,\n", 700), -EBADMSG);
	assert_non_null(strstr(c->why.text, "record 702 has text behind a closing"));
	refuse(c, made(ROWS, "1,A,,\"", ROWS - 1), -EBADMSG);
	/* Just the cost of which the sum does not fit. */
	refuse(c,
		made(ROWS, "9,A,,,100000000000000000000,\n9,A,,,100000000000000000000,\n",
			900),
		-ERANGE);
	assert_non_null(strstr(c->why.text, "row 903: the sum of costs does not fit"));
}

static void a_quote_that_does_not_end_is_told_of_the_last_part(void **state)
{
	struct month_case *c = *state;
	struct buf b = BUF_INIT(1024 * 1024);
	char *text = made(300, NULL, 0);

	assert_int_equal(buf_append_text(&b, text), 0);
	assert_int_equal(buf_append_text(&b, "1,A,,\"x\ny\n,1,"), 0);
	free(text);
	refuse(c, buf_take(&b), -EBADMSG);
	assert_non_null(strstr(c->why.text, "record 302 has a quote that does not end"));
}

static void a_nul_byte_ends_what_is_read(void **state)
{
	struct month_case *c = *state;
	char *text = made(ROWS, "#", 400);
	size_t len = strlen(text);

	*strchr(text, '#') = '\0';
	month_case_put(c, 0, (struct span){ text, len });
	for (c->threads = 1; c->threads < 4; c->threads++) {
		c->part_bytes = 2000;
		assert_int_equal(month_case_ingest(c), -EBADMSG);
		assert_string_equal(
			c->why.text, "chunk-00.csv: record 402 has a NUL byte");
	}
	free(text);
}

static void a_record_longer_than_a_part_is_whole(void **state)
{
	enum { LONG = 1000000 };
	struct month_case *c = *state;
	struct buf b = BUF_INIT(64 * 1024 * 1024);
	char *want;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(buf_append_text(&b, i ? "1,A,,\"" : HEAD "\n"), 0);
		for (unsigned k = 0; i && k < LONG / 10; k++)
			assert_int_equal(buf_append_text(&b, "0,\n3\"\"6789"), 0);
	}
	assert_int_equal(buf_append_text(&b, "\",1,\n2,B,,,1,\n"), 0);
	month_case_put(c, 0, buf_span(&b));
	want = dump(c);
	c->threads = 2;
	c->part_bytes = 4096;
	assert_text(dump(c), want);
	free(want);
	buf_finish(&b);
}

/* Of 8 MiB and more, as by one thread. */
static void a_record_that_is_too_long_is_refused(void **state)
{
	enum { LONG = 9 * 1024 * 1024 };
	struct month_case *c = *state;
	static const char head[] = HEAD "\n1,A,,,1,\n1,A,,", tail[] = ",1,\n1,A,,,1,\n";
	char *text = malloc(LONG + sizeof(head) + sizeof(tail));

	assert_non_null(text);
	memcpy(text, head, sizeof(head) - 1);
	memset(text + sizeof(head) - 1, 'x', LONG);
	memcpy(text + sizeof(head) - 1 + LONG, tail, sizeof(tail));
	refuse(c, text, -EFBIG);
	assert_string_equal(c->why.text, "chunk-00.csv: record 3 is longer than 8 MiB");
}

static void what_the_source_says_is_passed_on(void **state)
{
	struct month_case *c = *state;
	char *text = made(ROWS, NULL, 0);

	month_case_put(c, 0, span_of(text));
	c->threads = 3;
	c->part_bytes = 1000;
	c->source.fail_at = 66000;
	c->source.fail_error = -ECONNRESET;
	assert_int_equal(month_case_ingest(c), -ECONNRESET);
	assert_string_equal(c->why.text, "chunk-00.csv: read fails");
	assert_int_equal(month_case_files(c), 0);
	free(text);
}

static void a_stop_leaves_nothing_behind(void **state)
{
	static const atomic_bool stop = true;
	struct month_case *c = *state;
	char *text = made(ROWS, NULL, 0);

	month_case_put(c, 0, span_of(text));
	c->stop = &stop;
	c->part_bytes = 1000;
	for (c->threads = 2; c->threads < 5; c->threads++) {
		assert_int_equal(month_case_ingest(c), -ECANCELED);
		assert_int_equal(month_case_files(c), 0);
	}
	free(text);
}

static void what_has_no_rows_is_a_month_without_lines(void **state)
{
	static const char *const texts[] = { HEAD "\n", HEAD, "\n\n" HEAD "\n\n\n" };
	struct month_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char *want;

		c->threads = 1;
		month_case_set(c, &texts[i], 1);
		want = dump(c);
		c->threads = 3;
		for (c->part_bytes = 1; c->part_bytes < 200; c->part_bytes += 9)
			assert_text(dump(c), want);
		free(want);
	}
}

int main(void)
{
#define CASE(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, month_case_setup, month_case_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(rows_keep_their_order_whoever_reads_them),
		CASE(one_file_is_the_same_month_whatever_the_threads_and_parts),
		CASE(files_are_read_in_turn_and_then_together),
		CASE(the_row_that_is_refused_is_named_as_by_one_thread),
		CASE(a_quote_that_does_not_end_is_told_of_the_last_part),
		CASE(a_nul_byte_ends_what_is_read),
		CASE(a_record_longer_than_a_part_is_whole),
		CASE(a_record_that_is_too_long_is_refused),
		CASE(what_the_source_says_is_passed_on),
		CASE(a_stop_leaves_nothing_behind),
		CASE(what_has_no_rows_is_a_month_without_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
