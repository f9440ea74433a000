#include "fs/cmd/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fs/cmd/command.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/say.h"
#include "fs/cmd/screen.h"

enum {
	PAGE_MAX = 64 * 1024 * 1024,
	PERIOD_MS = 1000,
	LOOK_MS = 50, /* between two looks for keys, signals and another size */
	ALL_COLUMNS = 100000,
	NO_KEY = 0,
	CTRL_D = 4,
	CTRL_Z = 26,
};

struct screen {
	struct termios before;
	bool has_keys;
	struct screen_size size;
};

/* What the line says, by the words of STATUS.txt. */
static const char *style_of(struct span line)
{
	static const struct {
		const char *word, *style;
	} states[] = {
		{ "  failed   ", "\033[31m" },
		{ "  stale    ", "\033[33m" },
		{ "  reading  ", "\033[36m" },
	};
	struct span first = { line.p, span_find(line, ' ') };

	if (span_eq(first, SPAN("MONTH")) || span_eq(line, SPAN("ERRORS")))
		return "\033[1m";
	/* Behind the month. */
	for (size_t i = 0; first.len == 7 && i < ARRAY_LEN(states); i++)
		if (span_starts(span_from(line, first.len), span_of(states[i].word)))
			return states[i].style;
	return "";
}

/* So many bytes of it as fit; a character is as wide as any other. */
static size_t fitting(struct span line, size_t columns)
{
	size_t i = 0;

	for (; i < line.len; i++) {
		bool begins = ((unsigned char)line.p[i] & 0xC0) != 0x80;

		if (begins && columns-- == 0)
			break;
	}
	return i;
}

static void put_line(struct span line, size_t columns, bool has_colour, FILE *f)
{
	const char *style = has_colour ? style_of(line) : "";

	line.len = fitting(line, columns);
	fprintf(f, "%s%.*s%s", style, SPAN_ARG(line), style[0] ? "\033[m" : "");
}

void page_print(struct span page, FILE *f)
{
	const bool has_colour = is_coloured(f);
	struct span line;

	if (!has_colour) {
		fwrite(page.p, 1, page.len, f);
		return;
	}
	while (page.len > 0 && span_split(&page, '\n', &line)) {
		put_line(line, ALL_COLUMNS, true, f);
		putc('\n', f);
	}
}

static void open_screen(struct screen *s)
{
	struct termios keys;

	s->has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &s->before) == 0 &&
		tcgetpgrp(STDIN_FILENO) == getpgrp();
	if (s->has_keys) {
		keys = s->before;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		/* Stopped on the spot it would leave the screen as it is. */
		keys.c_cc[VSUSP] = _POSIX_VDISABLE;
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
	}
	/* The other screen, without a cursor. */
	fputs("\033[?1049h\033[?25l", stdout);
}

static void close_screen(const struct screen *s)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (s->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

/* Over what is there, so that nothing flickers. */
static void paint(struct screen *s, struct span page)
{
	const bool has_colour = is_coloured(stdout);
	struct span line;

	s->size = screen_size(stdout);
	fputs("\033[H", stdout);
	for (unsigned row = 1; row < s->size.rows; row++) {
		if (page.len == 0 || !span_split(&page, '\n', &line))
			break;
		put_line(line, s->size.columns, has_colour, stdout);
		fputs("\033[K\r\n", stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

static bool is_stopped(void)
{
	return atomic_load(interrupt_flag());
}

/* NO_KEY where none comes within a moment; CTRL_D as well where none can come. */
static char next_key(const struct screen *s)
{
	struct pollfd polled = { .fd = s->has_keys ? STDIN_FILENO : -1,
		.events = POLLIN };
	char key = NO_KEY;

	if (poll(&polled, 1, LOOK_MS) <= 0 || polled.revents == 0)
		return NO_KEY;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : CTRL_D;
}

/* The shell gets its own screen back; "fg" comes back to this one. */
static void suspend(struct screen *s)
{
	close_screen(s);
	(void)kill(0, SIGTSTP);
	open_screen(s);
}

/* Whether it is to go on. */
static bool rest(struct screen *s)
{
	for (int ms = 0; ms < PERIOD_MS; ms += LOOK_MS) {
		struct screen_size size = screen_size(stdout);

		if (is_stopped())
			return false;
		switch (next_key(s)) {
		case 'q':
		case 'Q':
		case CTRL_D:
			return false;
		case CTRL_Z:
			suspend(s);
			return !is_stopped();
		default:
			break;
		}
		if (size.rows != s->size.rows || size.columns != s->size.columns)
			return true;
	}
	return !is_stopped();
}

static int watch_screen(watch_page_fn *page, void *context, struct fault *why)
{
	struct buf text = BUF_INIT(PAGE_MAX);
	struct screen s = { .has_keys = false };
	int r = page(context, &text, why);

	if (r < 0)
		goto out;
	open_screen(&s);
	do {
		paint(&s, buf_span(&text));
		buf_clear(&text);
	} while (rest(&s) && (r = page(context, &text, why)) == 0 && !ferror(stdout));
	close_screen(&s);
out:
	buf_finish(&text);
	return r;
}

static int watch_lines(watch_page_fn *page, void *context, struct fault *why)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	int r = 0;

	while (r == 0 && !is_stopped() && !ferror(stdout)) {
		struct buf text = BUF_INIT(PAGE_MAX);

		r = page(context, &text, why);
		if (r == 0)
			page_print(buf_span(&text), stdout);
		buf_finish(&text);
		fflush(stdout);
		for (int ms = 0; r == 0 && ms < PERIOD_MS && !is_stopped(); ms += LOOK_MS)
			nanosleep(&look, NULL);
	}
	return r;
}

int watch(watch_page_fn *page, void *context)
{
	struct fault why = { 0 };
	int r = is_screen(stdout) ? watch_screen(page, context, &why)
				  : watch_lines(page, context, &why);

	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}
