#include "fs/cmd/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/cmd/command.h"
#include "fs/cmd/say.h"

int standard_open(void)
{
	/* In this order open() answers the one that is missing. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd)
			return -errno;
	}
	return 0;
}

/* Who closes a pipe has what he wanted, as head(1). */
static bool is_unread(void)
{
	struct pollfd polled = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&polled, 1, 0) == 1 && (polled.revents & POLLERR) != 0;
}

int standard_write(struct span bytes, struct fault *why)
{
	int r = io_write(STDOUT_FILENO, bytes.p, bytes.len);

	if (r == 0 || r == -EPIPE)
		return r;
	return fault(why, r, "standard output: %s", fault_errno_text(r));
}

/* 0; -errno; -ECANCELED nobody wants it any more. */
static int close_output(struct fault *why)
{
	/* What failed before, of which stdio keeps no more. */
	bool has_failed = ferror(stdout) != 0;
	int r = fflush(stdout) != 0 ? -errno : 0;
	bool is_wanted = r != -EPIPE && !is_unread();

	/* File servers may tell here that a disk is full. */
	if (fclose(stdout) != 0 && r == 0)
		r = -errno;
	if (r == 0 && !has_failed)
		return 0;
	if (!is_wanted)
		return -ECANCELED;
	if (r == 0)
		return fault(
			why, -EIO, "standard output: not all of it could be written");
	return fault(why, r, "standard output: %s", fault_errno_text(r));
}

int standard_end(int status)
{
	struct fault why = { 0 };
	int r = close_output(&why);

	if (r < 0 && r != -ECANCELED)
		say_fault(&why, r);
	return r < 0 && status == EXIT_DONE ? EXIT_FAILED : status;
}
