#include "aws/auth/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_SLICE_MS = 20, RUN_CHUNK = 4096 };

struct running {
	const struct run *run;
	pid_t pid;
	int fds[2]; /* its stdout and stderr; -1 ended */
	struct buf *to[2];
	uint64_t end_ms;
	bool has_ended;
	int status;
};

static int set_actions(posix_spawn_file_actions_t *actions, int out, int err)
{
	int r = posix_spawn_file_actions_addopen(
		actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
	return -r;
}

/* It starts with the signals as a shell would leave them. */
static int set_attributes(posix_spawnattr_t *attributes, bool is_alone)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, usual;
	int r;

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)sigaddset(&usual, SIGCHLD);
	if (is_alone)
		flags |= POSIX_SPAWN_SETPGROUP;
	r = posix_spawnattr_setflags(attributes, flags);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &usual);
	return -r;
}

static int spawn(const struct run *run, int out, int err, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = set_actions(&actions, out, err);
	if (r == 0)
		r = set_attributes(&attributes, run->is_alone);
	if (r == 0)
		r = -posix_spawnp(
			ret, run->argv[0], &actions, &attributes, run->argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

static int start(struct running *x)
{
	int pipes[4] = { -1, -1, -1, -1 };
	int r = 0;

	if (pipe2(pipes, O_CLOEXEC) < 0 || pipe2(pipes + 2, O_CLOEXEC) < 0)
		r = -errno;
	if (r == 0)
		r = spawn(x->run, pipes[1], pipes[3], &x->pid);
	if (r < 0) {
		close_all(pipes, ARRAY_LEN(pipes));
		return r;
	}
	(void)close(pipes[1]);
	(void)close(pipes[3]);
	x->fds[0] = pipes[0];
	x->fds[1] = pipes[2];
	return 0;
}

static int take(struct running *x, size_t i)
{
	char chunk[RUN_CHUNK];
	ssize_t n = read(x->fds[i], chunk, sizeof(chunk));
	int r;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		(void)close(x->fds[i]);
		x->fds[i] = -1;
		return 0;
	}
	r = buf_append(x->to[i], chunk, (size_t)n);
	explicit_bzero(chunk, sizeof(chunk));
	/* Of what it complains only the beginning is wanted. */
	return r == -EFBIG && i == 1 ? 0 : r;
}

/* 1: something was read or may come; 0: nothing comes. */
static int listen(struct running *x)
{
	struct pollfd fds[2] = {
		{ .fd = x->fds[0], .events = POLLIN },
		{ .fd = x->fds[1], .events = POLLIN },
	};
	int n = poll(fds, 2, RUN_SLICE_MS);

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	for (size_t i = 0; i < 2; i++)
		if (fds[i].revents) {
			int r = take(x, i);

			if (r < 0)
				return r;
		}
	return n > 0;
}

static void look_for_end(struct running *x)
{
	pid_t pid = waitpid(x->pid, &x->status, WNOHANG);

	/* Where children are not waited for (SIGCHLD ignored) its status is not known. */
	if (pid < 0 && errno == ECHILD)
		x->status = 0;
	x->has_ended = pid == x->pid || (pid < 0 && errno == ECHILD);
}

/* Its own children may hold the pipes for longer than it lives: they are not waited for.
 */
static int attend(struct running *x)
{
	for (;;) {
		bool had_ended = x->has_ended;
		int r = listen(x);

		if (r < 0)
			return r;
		if (had_ended && (r == 0 || (x->fds[0] < 0 && x->fds[1] < 0)))
			return 0;
		if (!x->has_ended)
			look_for_end(x);
		if (x->run->stop && atomic_load(x->run->stop))
			return -ECANCELED;
		if (clock_monotonic_ms(x->run->clock) >= x->end_ms)
			return -ETIMEDOUT;
	}
}

static void end(struct running *x)
{
	close_all(x->fds, 2);
	if (x->has_ended)
		return;
	(void)kill(x->run->is_alone ? -x->pid : x->pid, SIGKILL);
	while (waitpid(x->pid, &x->status, 0) < 0 && errno == EINTR)
		;
}

int run_program(const struct run *run, struct buf *out, struct buf *err, int *ret_status)
{
	struct running x = { .run = run, .fds = { -1, -1 }, .to = { out, err } };
	int r = start(&x);

	if (r < 0)
		return r;
	x.end_ms = clock_monotonic_ms(run->clock) + run->deadline_ms;
	r = attend(&x);
	end(&x);
	if (r == 0)
		*ret_status = x.status;
	return r;
}
