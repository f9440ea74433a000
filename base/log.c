#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/line.h"

enum { LOG_LINE = 2048 };

static atomic_int current_level = LOG_LEVEL_WARNING;
static atomic_bool is_over_progress;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&current_level, memory_order_relaxed);
}

void log_set_over_progress(bool is_over)
{
	atomic_store(&is_over_progress, is_over);
}

bool log_is_over_progress(void)
{
	return atomic_load(&is_over_progress);
}

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "?";
}

static void write_line(const char *word, const char *format, va_list args)
	PRINTF_LIKE(2, 0);
static void write_line(const char *word, const char *format, va_list args)
{
	char line[LOG_LINE];
	int saved = errno;
	const char *lead = log_is_over_progress() ? "\r\033[K" : "";
	size_t len = (size_t)snprintf(line, sizeof(line), "%scostfs: %s: ", lead, word);

	len += line_print(line + len, sizeof(line) - len - 1, format, args);
	line[len++] = '\n';
	/* Nobody is left to be told that telling failed. */
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		continue;
	errno = saved;
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	if (level > log_get_level())
		return;
	va_start(args, format);
	write_line(log_level_name(level), format, args);
	va_end(args);
}

void log_state(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("state", format, args);
	va_end(args);
}
