/* A daemon that is killed while the kernel holds one of its threads: it tells the kernel
 * to forget a name in a directory whose lock somebody has who waits for its answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/mount/keeper.h"
#include "fs/mount/mount.h"

enum { SKIPPED = 77, REQUEST_BYTES = 256 * 1024, HELD_MS = 5000, END_MS = 5000 };

static char mountpoint[] = "/tmp/costfs-keeper-XXXXXX";

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* The daemon's side, without libfuse: no more than the first answer. */

static void answer(int fd, uint64_t unique, const void *body, size_t bytes)
{
	char reply[256];
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + bytes),
		.unique = unique };

	memcpy(reply, &head, sizeof(head));
	memcpy(reply + sizeof(head), body, bytes);
	if (write(fd, reply, head.len) != (ssize_t)head.len)
		_exit(3);
}

static void greet(int fd, char *request)
{
	struct fuse_in_header *in = (struct fuse_in_header *)(void *)request;
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_write = 4096,
		.time_gran = 1 };

	if (read(fd, request, REQUEST_BYTES) < (ssize_t)sizeof(*in) ||
		in->opcode != FUSE_INIT)
		_exit(4);
	answer(fd, in->unique, &out, sizeof(out));
}

static void await_lookup(int fd, char *request)
{
	const struct fuse_in_header *in = (struct fuse_in_header *)(void *)request;
	struct fuse_attr_out attr = { .attr_valid = 100,
		.attr = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 } };

	for (;;) {
		if (read(fd, request, REQUEST_BYTES) < 0)
			_exit(5);
		if (in->opcode == FUSE_LOOKUP)
			return;
		if (in->opcode == FUSE_GETATTR)
			answer(fd, in->unique, &attr, sizeof(attr));
	}
}

/* Waits for the lock of the directory, in which no signal reaches it. */
static void *tell_kernel(void *context)
{
	struct {
		struct fuse_out_header head;
		struct fuse_notify_inval_entry_out entry;
		char name[2];
	} __attribute__((packed))
	m = { .head = { .len = sizeof(m), .error = FUSE_NOTIFY_INVAL_ENTRY },
		.entry = { .parent = FUSE_ROOT_ID, .namelen = 1 },
		.name = "x" };

	return (void *)(intptr_t)write(*(int *)context, &m, sizeof(m));
}

static _Noreturn void be_daemon(int ready)
{
	const struct keeper_options options = { .mountpoint = mountpoint, .source = "s" };
	char *request = malloc(REQUEST_BYTES);
	struct keeper *k;
	pthread_t thread;
	int fd;

	if (request == NULL || keeper_start(&options, &k, NULL) < 0)
		_exit(1);
	if (keeper_mount(k, &fd, NULL) < 0)
		_exit(SKIPPED);
	greet(fd, request);
	if (write(ready, "m", 1) != 1)
		_exit(6);
	await_lookup(fd, request);
	if (pthread_create(&thread, NULL, tell_kernel, &fd) != 0)
		_exit(7);
	if (write(ready, "l", 1) != 1)
		_exit(6);
	for (;;)
		pause();
}

static bool is_held(pid_t pid)
{
	char name[64], line[512], state = 0;
	bool held = false;

	/* Some thread of it; the first one sleeps. */
	(void)snprintf(name, sizeof(name), "ls /proc/%d/task", (int)pid);
	FILE *tasks = popen(name, "re");
	while (tasks != NULL && fgets(line, sizeof(line), tasks) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(
			name, sizeof(name), "/proc/%d/task/%.16s/stat", (int)pid, line);
		FILE *stat = fopen(name, "re");
		if (stat != NULL && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1)
			held |= state == 'D';
		if (stat != NULL)
			fclose(stat);
	}
	if (tasks != NULL)
		pclose(tasks);
	return held;
}

static bool ends_within(pid_t pid, int ms, int *ret_status)
{
	for (int i = 0; i < ms; i += 10) {
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return true;
		pause_ms(10);
	}
	return false;
}

static pid_t begin_reader(void)
{
	pid_t reader = fork();

	if (reader == 0) {
		char path[128];
		struct stat st;

		(void)snprintf(path, sizeof(path), "%s/x", mountpoint);
		_exit(stat(path, &st) < 0 ? 0 : 1);
	}
	return reader;
}

static void killed_daemon_that_is_held_leaves_nobody_waiting(void **state)
{
	int ready[2], status, held = 0;
	char byte = 0;
	pid_t daemon, reader;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	daemon = fork();
	if (daemon == 0)
		be_daemon(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(daemon, &status, 0);
		assert_int_equal(WEXITSTATUS(status), SKIPPED);
		skip();
	}
	reader = begin_reader();
	assert_int_equal(read(ready[0], &byte, 1), 1);
	while (!is_held(daemon) && held++ < HELD_MS / 10)
		pause_ms(10);
	assert_true(is_held(daemon));
	kill(daemon, SIGKILL);
	bool is_over = ends_within(daemon, END_MS, &status);
	bool is_free = ends_within(reader, END_MS, &status);
	if (!is_over || !is_free) {
		char connection[MOUNT_CONNECTION];

		if (mount_connection(mountpoint, connection))
			mount_abort(mountpoint, connection);
	}
	assert_true(is_over);
	assert_true(is_free);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ready[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_daemon_that_is_held_leaves_nobody_waiting),
	};
	int failed;

	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return SKIPPED;
	if (mkdtemp(mountpoint) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (mount_is_ours(mountpoint) && mount_remove(mountpoint, true, NULL) < 0)
		failed = 1;
	rmdir(mountpoint);
	return failed;
}
