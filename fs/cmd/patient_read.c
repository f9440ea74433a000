#include "fs/cmd/patient_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/cmd/interrupt.h"

enum { CHUNK = 64 * 1024, LOOK_MS = 50 /* between two looks for signals */ };

/* In the child: what it copies ends with its errno, in one byte that is 0 for none. */
static _Noreturn void copy(const char *path, int to)
{
	static char bytes[CHUNK];

	/* Who reads our output to its end does not wait for this one. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fd != to)
			close(fd);
	int from = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = from < 0 ? -1 : 1;
	unsigned char error;

	while (n > 0) {
		n = read(from, bytes, sizeof(bytes));
		for (ssize_t at = 0, put; at < n; at += put) {
			put = write(to, bytes + at, (size_t)(n - at));
			if (put <= 0)
				_exit(1);
		}
	}
	error = n < 0 ? (unsigned char)errno : 0;
	_exit(write(to, &error, 1) == 1 ? 0 : 1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until its end. */
static int gather(int fd, int64_t until_ms, struct buf *ret)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	char bytes[CHUNK];
	ssize_t n = 1;
	int r = 0;

	while (n > 0 && r == 0) {
		int64_t left = until_ms - now_ms();
		int slice = left < LOOK_MS ? (int)left : LOOK_MS;
		int ready = left <= 0 ? 0 : poll(&one, 1, slice);

		if (atomic_load(interrupt_flag()))
			return -ECANCELED;
		if ((ready < 0 && errno == EINTR) || (ready == 0 && left > slice))
			continue;
		if (ready <= 0)
			return ready < 0 ? -errno : -ETIMEDOUT;
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0)
			r = buf_append(ret, bytes, (size_t)n);
	}
	return n < 0 ? -errno : r;
}

/* Takes the last byte for what it is. */
static int take_error(struct buf *b, size_t before)
{
	unsigned char error;

	if (b->len == before)
		return -EIO;
	error = (unsigned char)b->p[b->len - 1];
	buf_truncate(b, b->len - 1);
	return -(int)error;
}

int patient_read(const char *path, int ms, struct buf *ret)
{
	size_t before = ret->len;
	int fds[2], r;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		copy(path, fds[1]);
	close(fds[1]);
	if (child < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	r = gather(fds[0], now_ms() + ms, ret);
	close(fds[0]);
	/* One that hangs is left to init, which waits for it longer than we can. */
	if (r < 0)
		kill(child, SIGKILL);
	else
		waitpid(child, NULL, 0);
	return r < 0 ? r : take_error(ret, before);
}
