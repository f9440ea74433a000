#include "base/log_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/cmocka.h"

/* stderr goes into a pipe of packets: one read gives what one write wrote. */
struct capture {
	int saved;
	int from;
};

static int start(void **state)
{
	static struct capture c;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_DIRECT | O_NONBLOCK) < 0)
		return -1;
	c.saved = dup(STDERR_FILENO);
	c.from = ends[0];
	if (dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	close(ends[1]);
	log_set_level(LOG_LEVEL_WARNING);
	*state = &c;
	return 0;
}

static int stop(void **state)
{
	struct capture *c = *state;

	if (dup2(c->saved, STDERR_FILENO) < 0)
		return -1;
	close(c->saved);
	close(c->from);
	return 0;
}

static void assert_line(const struct capture *c, const char *want)
{
	char line[4096] = "";
	ssize_t n = read(c->from, line, sizeof(line) - 1);

	if (!want) {
		assert_true(n < 0);
		return;
	}
	assert_int_equal(n, strlen(want));
	assert_string_equal(line, want);
}

static void lines_below_the_level_are_not_written(void **state)
{
	static const char *const lines[] = { "costfs: error: 7\n", "costfs: warning: 7\n",
		"costfs: info: 7\n", "costfs: debug: 7\n" };

	for (int set = 0; set < 4; set++)
		for (int level = 0; level < 4; level++) {
			log_set_level((enum log_level)set);
			assert_int_equal(log_get_level(), set);
			log_line((enum log_level)level, "%d", 7);
			assert_line(*state, level <= set ? lines[level] : NULL);
		}
}

static void a_line_takes_one_of_progress_away_in_the_same_write(void **state)
{
	log_set_over_progress(true);
	log_line(LOG_LEVEL_ERROR, "a");
	log_state("b");
	log_set_over_progress(false);
	log_line(LOG_LEVEL_ERROR, "c");
	assert_line(*state, "\r\x1B[Kcostfs: error: a\n");
	assert_line(*state, "\r\x1B[Kcostfs: state: b\n");
	assert_line(*state, "costfs: error: c\n");
}

static void a_line_is_one_line_and_one_write(void **state)
{
	log_line(LOG_LEVEL_ERROR, "%s", "a\nb\x1B[0m");
	log_line(LOG_LEVEL_WARNING, "c");
	assert_line(*state, "costfs: error: a?b?[0m\n");
	assert_line(*state, "costfs: warning: c\n");
	assert_line(*state, NULL);
}

static void long_lines_are_cut_and_still_end(void **state)
{
	struct capture *c = *state;
	char text[5000];
	char line[5000];
	ssize_t n;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_line(LOG_LEVEL_ERROR, "%s", text);
	n = read(c->from, line, sizeof(line));
	assert_true(n > 1000 && n <= 4096);
	assert_int_equal(line[n - 1], '\n');
	assert_int_equal(line[n - 2], 'x');
}

static void errno_is_kept_even_when_nothing_can_be_written(void **state)
{
	(void)state;
	close(STDERR_FILENO);
	errno = EXDEV;
	log_line(LOG_LEVEL_ERROR, "x");
	assert_int_equal(errno, EXDEV);
}

static void what_was_asked_for_is_written_at_every_level(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	log_state("a=%d", 1);
	assert_line(*state, "costfs: state: a=1\n");
}

/* How many of so many lines about what are let through. */
static unsigned allowed(
	struct log_limit *l, uint64_t now_ms, const char *what, unsigned n)
{
	unsigned count = 0;

	while (n-- > 0)
		count += log_limit_allows(l, now_ms, what);
	return count;
}

static void the_same_line_is_written_ten_times_a_minute(void **state)
{
	struct log_limit l;

	log_set_level(LOG_LEVEL_INFO);
	log_limit_init(&l);
	assert_int_equal(allowed(&l, 1000, "a", 13), LOG_LIMIT_LINES);
	assert_int_equal(allowed(&l, 1000, "b", 2), 2);
	assert_int_equal(allowed(&l, 1000 + LOG_LIMIT_MS - 1, "a", 1), 0);
	assert_line(*state, NULL);
	assert_int_equal(allowed(&l, 1000 + LOG_LIMIT_MS, "a", 1), 1);
	assert_line(*state, "costfs: info: left_out=4 a\n");
	assert_line(*state, NULL);
	assert_int_equal(allowed(&l, 1000 + LOG_LIMIT_MS, "a", 20), LOG_LIMIT_LINES - 1);
	/* Also where nobody comes any more. */
	log_limit_expire(&l, 1000 + 2 * LOG_LIMIT_MS);
	assert_line(*state, "costfs: info: left_out=11 a\n");
	log_limit_expire(&l, 1000 + 9 * LOG_LIMIT_MS);
	assert_line(*state, NULL);
	log_limit_finish(&l);
}

static void of_too_many_lines_the_oldest_is_forgotten(void **state)
{
	struct log_limit l;
	char what[8];

	log_set_level(LOG_LEVEL_INFO);
	log_limit_init(&l);
	assert_int_equal(allowed(&l, 1000, "first", 11), LOG_LIMIT_LINES);
	for (int i = 0; i < LOG_LIMIT_SLOTS; i++) {
		(void)snprintf(what, sizeof(what), "%d", i);
		assert_int_equal(allowed(&l, 1001, what, 11), LOG_LIMIT_LINES);
		assert_line(*state,
			i < LOG_LIMIT_SLOTS - 1 ? NULL
						: "costfs: info: left_out=1 first\n");
	}
	log_limit_finish(&l);
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(lines_below_the_level_are_not_written),
		CAPTURED(a_line_takes_one_of_progress_away_in_the_same_write),
		CAPTURED(a_line_is_one_line_and_one_write),
		CAPTURED(long_lines_are_cut_and_still_end),
		CAPTURED(what_was_asked_for_is_written_at_every_level),
		CAPTURED(the_same_line_is_written_ten_times_a_minute),
		CAPTURED(of_too_many_lines_the_oldest_is_forgotten),
		CAPTURED(errno_is_kept_even_when_nothing_can_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
