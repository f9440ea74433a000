#include "fs/mount/caller.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

enum { STATUS_MAX = 16 * 1024 };

struct signals {
	uint64_t pending, blocked, ignored, caught;
};

static uint64_t parse_hex(struct span s)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
	}
	return value;
}

static void take_line(struct span line, struct signals *s)
{
	size_t colon = span_find(line, ':');
	struct span name = span_first(line, colon);
	uint64_t value = parse_hex(span_from(line, colon + 1));

	if (span_eq(name, SPAN("SigPnd")) || span_eq(name, SPAN("ShdPnd")))
		s->pending |= value;
	else if (span_eq(name, SPAN("SigBlk")))
		s->blocked = value;
	else if (span_eq(name, SPAN("SigIgn")))
		s->ignored = value;
	else if (span_eq(name, SPAN("SigCgt")))
		s->caught = value;
}

static uint64_t bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

static bool leaves(const struct signals *s)
{
	const uint64_t asking = bit(SIGHUP) | bit(SIGINT) | bit(SIGQUIT) | bit(SIGTERM);
	const uint64_t harmless = bit(SIGCHLD) | bit(SIGCONT) | bit(SIGURG) |
		bit(SIGWINCH) | bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
	uint64_t arrived = s->pending & ~s->blocked & ~s->ignored;

	if ((s->pending & bit(SIGKILL)) != 0)
		return true;
	if ((arrived & s->caught & asking) != 0)
		return true;
	return (arrived & ~s->caught & ~harmless) != 0;
}

enum caller_wish caller_wish(pid_t thread)
{
	struct buf text = BUF_INIT(STATUS_MAX);
	struct signals s = { 0 };
	char path[64];
	enum caller_wish wish = CALLER_UNKNOWN;

	if (thread <= 0)
		return CALLER_UNKNOWN;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	if (io_read_file(AT_FDCWD, path, &text) == 0 && text.len > 0) {
		struct span rest = buf_span(&text), line;

		while (span_split(&rest, '\n', &line))
			take_line(line, &s);
		wish = leaves(&s) ? CALLER_LEAVES : CALLER_WAITS;
	}
	buf_finish(&text);
	return wish;
}
