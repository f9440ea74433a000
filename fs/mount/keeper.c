#include "fs/mount/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/mount/attach.h"
#include "fs/mount/mount.h"

enum { FDS_MAX = 1024, END_MS = 300 /* of a daemon whose first thread has ended */ };
enum order { ORDER_MOUNT, ORDER_UNMOUNT, ORDER_ABORT };

struct keeper {
	pid_t pid;
	int fd; /* our end of its socket */
};

struct answer {
	int error;
	struct fault why;
};

/* In the process of its own. */
struct keeping {
	const struct keeper_options *options;
	pid_t daemon;
	int socket;
	int deaths; /* a signalfd */
	char connection[MOUNT_CONNECTION]; /* what was mounted */
};

/* With a descriptor beside it unless that is -1. */
static void send_answer(int socket, const struct answer *answer, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct answer copy = *answer;
	struct iovec part = { &copy, sizeof(copy) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	/* Who does not listen any more has ended; the next read says so. */
	while (sendmsg(socket, &m, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static ssize_t receive_answer(int socket, struct answer *ret, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { ret, sizeof(*ret) };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
	return n;
}

/* The terminal was for what mounting may complain of; who reads our output to its end
 * must not wait for the keeper's. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

static void heed(struct keeping *k, enum order order)
{
	const struct keeper_options *o = k->options;
	struct answer answer = { 0 };
	int fd = -1;

	switch (order) {
	case ORDER_MOUNT:
		answer.error = attach(o, &fd, &answer.why);
		if (answer.error == 0) {
			if (mount_connection(o->mountpoint, k->connection))
				mount_read_ahead(k->connection);
			leave_terminal();
		}
		break;
	case ORDER_UNMOUNT:
		answer.error = mount_remove(o->mountpoint, true, &answer.why);
		break;
	case ORDER_ABORT:
		mount_abort(o->mountpoint, k->connection);
		break;
	}
	send_answer(k->socket, &answer, fd);
	/* The daemon's is to be the last: the mount dies with it. */
	if (fd >= 0)
		close(fd);
}

/* Whether there is an order, or an end, within that time; -1: any. */
static bool await_order(const struct keeping *k, int ms)
{
	struct pollfd one = { .fd = k->socket, .events = POLLIN };

	return poll(&one, 1, ms) > 0;
}

/* The first thread of a killed daemon has ended. One that tells the kernel what to forget
 * may be held by a lock of somebody who waits for the daemon's answer: neither can be
 * killed, and the device stays open, until the connection is ended. */
static void bury(const struct keeping *k)
{
	struct signalfd_siginfo s;

	if (read(k->deaths, &s, sizeof(s)) != (ssize_t)sizeof(s) ||
		(pid_t)s.ssi_pid != k->daemon)
		return;
	if (!await_order(k, END_MS) && k->connection[0] != '\0')
		mount_abort(k->options->mountpoint, k->connection);
}

/* Tells by a signal, even where other threads of the daemon cannot end. */
static int watch_daemon(void)
{
	sigset_t death;

	sigemptyset(&death);
	sigaddset(&death, SIGUSR1);
	if (prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0)
		return -1;
	return signalfd(-1, &death, SFD_CLOEXEC);
}

static void become_keeper(struct keeping *k)
{
	sigset_t all;

	/* Those of the terminal and of a service manager are the daemon's; it ends us. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	(void)prctl(PR_SET_NAME, "costfs-keeper");
	/* Among others the end that tells us of the daemon's. */
	if (dup2(k->socket, STDERR_FILENO + 1) < 0)
		_exit(1);
	/* Linux 5.9; before it all that a daemon can have at its beginning. */
	if (close_range(STDERR_FILENO + 2, ~0U, 0) < 0)
		for (int fd = STDERR_FILENO + 2; fd < FDS_MAX; fd++)
			close(fd);
	k->socket = STDERR_FILENO + 1;
	(void)fcntl(k->socket, F_SETFD, FD_CLOEXEC);
	k->deaths = watch_daemon();
}

static _Noreturn void keep(struct keeping *k)
{
	unsigned char order;
	ssize_t n;

	become_keeper(k);
	for (;;) {
		struct pollfd both[] = { { .fd = k->socket, .events = POLLIN },
			{ .fd = k->deaths, .events = POLLIN } };

		if (poll(both, ARRAY_LEN(both), -1) < 0)
			continue;
		if (both[1].revents)
			bury(k);
		if (!both[0].revents)
			continue;
		n = read(k->socket, &order, 1);
		if (n == 1)
			heed(k, (enum order)order);
		else if (n == 0 || errno != EINTR)
			_exit(0);
	}
}

int keeper_start(
	const struct keeper_options *options, struct keeper **ret, struct fault *why)
{
	struct keeper *k = calloc(1, sizeof(*k));
	struct keeping keeping = { .options = options, .daemon = getpid() };
	int fds[2];

	if (k == NULL)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		free(k);
		return fault(why, -errno, "no socket: %s", fault_errno_text(errno));
	}
	keeping.socket = fds[1];
	k->pid = fork();
	if (k->pid == 0)
		keep(&keeping);
	close(fds[1]);
	k->fd = fds[0];
	if (k->pid < 0) {
		int r = fault(why, -errno, "no process can be made: %s",
			fault_errno_text(errno));

		close(k->fd);
		free(k);
		return r;
	}
	*ret = k;
	return 0;
}

static int give_order(struct keeper *k, enum order order, int *ret_fd, struct fault *why)
{
	const unsigned char byte = (unsigned char)order;
	struct answer answer = { 0 };
	ssize_t n;

	do
		n = send(k->fd, &byte, 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != 1 || receive_answer(k->fd, &answer, ret_fd) != (ssize_t)sizeof(answer))
		return fault(why, -EIO, "the process that mounts is gone");
	if (answer.error < 0 && why != NULL)
		*why = answer.why;
	return answer.error;
}

int keeper_mount(struct keeper *k, int *ret_fd, struct fault *why)
{
	int fd = -1;
	int r = give_order(k, ORDER_MOUNT, &fd, why);

	if (r == 0 && fd < 0)
		r = fault(why, -EIO, "no descriptor came from the process that mounts");
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

/* That it fails is known by the mount that is left. */
static void tell(struct keeper *k, enum order order)
{
	int fd = -1;
	int r = give_order(k, order, &fd, NULL);

	if (r == 0 && fd >= 0)
		close(fd);
}

void keeper_unmount(struct keeper *k)
{
	tell(k, ORDER_UNMOUNT);
}

void keeper_abort(struct keeper *k)
{
	tell(k, ORDER_ABORT);
}

void keeper_stop(struct keeper *k)
{
	if (k == NULL)
		return;
	close(k->fd);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(k);
}
