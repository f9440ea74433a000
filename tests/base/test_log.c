#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
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

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(lines_below_the_level_are_not_written),
		CAPTURED(a_line_is_one_line_and_one_write),
		CAPTURED(long_lines_are_cut_and_still_end),
		CAPTURED(errno_is_kept_even_when_nothing_can_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
