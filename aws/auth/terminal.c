/* The question for an MFA code. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "aws/auth/credentials.h"
#include "base/io.h"

enum { ASK_SLICE_MS = 100 };

static int read_byte(int fd, const atomic_bool *stop, char *ret)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n = poll(&p, 1, ASK_SLICE_MS);

		if (stop && atomic_load(stop))
			return -ECANCELED;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		if (read(fd, ret, 1) == 1)
			return 0;
		return -ENOTTY;
	}
}

static int read_line(int fd, const atomic_bool *stop, char *ret, size_t size)
{
	size_t len = 0;

	for (;;) {
		char c = 0;
		int r = read_byte(fd, stop, &c);

		if (r < 0)
			return r;
		if (c == '\n')
			break;
		if (len + 1 >= size)
			return -EINVAL;
		ret[len++] = c;
	}
	ret[len] = '\0';
	return len ? 0 : -EINVAL;
}

int credential_ask_terminal(
	const char *question, const atomic_bool *stop, char *ret, size_t size)
{
	struct termios before, unseen;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return -ENOTTY;
	/* In the background the terminal would stop us. */
	if (tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &before) < 0) {
		(void)close(fd);
		return -ENOTTY;
	}
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &unseen);
	r = io_write(fd, question, strlen(question));
	if (r == 0)
		r = read_line(fd, stop, ret, size);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)!io_write(fd, "\n", 1);
	(void)close(fd);
	return r;
}
