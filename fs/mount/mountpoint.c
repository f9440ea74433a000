/* Mount points: whose they are, and taking them away. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "fs/mount/mount.h"

enum { MOUNTINFO_MAX = 64 * 1024 * 1024 };

/* "\040" and its like in /proc/self/mountinfo. */
static bool same_path(struct span escaped, struct span path)
{
	size_t at = 0;

	for (size_t i = 0; i < escaped.len; i++, at++) {
		char c = escaped.p[i];

		if (c == '\\' && escaped.len - i > 3) {
			c = (char)((escaped.p[i + 1] - '0') << 6 |
				(escaped.p[i + 2] - '0') << 3 | (escaped.p[i + 3] - '0'));
			i += 3;
		}
		if (at >= path.len || path.p[at] != c)
			return false;
	}
	return at == path.len;
}

/* "36 35 98:0 /root /mount/point opts … - type source opts" */
static bool line_is(struct span line, struct span path, bool *ret_ours)
{
	struct span rest = line, field = { 0 };

	for (int i = 0; i < 5; i++)
		if (!span_split(&rest, ' ', &field))
			return false;
	if (!same_path(field, path))
		return false;
	while (span_split(&rest, ' ', &field) && !span_eq(field, SPAN("-")))
		;
	*ret_ours = span_split(&rest, ' ', &field) && span_eq(field, SPAN("fuse.costfs"));
	return true;
}

bool mount_is_ours(const char *path)
{
	struct buf text = BUF_INIT(MOUNTINFO_MAX);
	bool ours = false;

	if (io_read_file(AT_FDCWD, "/proc/self/mountinfo", &text) == 0) {
		struct span rest = buf_span(&text), line;

		/* The last one is on top. */
		while (span_split(&rest, '\n', &line))
			(void)line_is(line, span_of(path), &ours);
	}
	buf_finish(&text);
	return ours;
}

/* statvfs() is never answered by the kernel itself. */
bool mount_answers(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 || (errno != ENOTCONN && errno != ECONNABORTED);
}

/* Users unmount through the helper of libfuse, which is set-uid. */
static int run_fusermount(const char *path, bool lazy)
{
	char program[] = "fusermount3", unmount[] = "-u", detach[] = "-z", end[] = "--";
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin",
	     locale[] = "LC_ALL=C";
	char *directory = strdup(path);
	char *const plain_words[] = { program, unmount, end, directory, NULL };
	char *const lazy_words[] = { program, unmount, detach, end, directory, NULL };
	char *const environment[] = { search, locale, NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	if (directory == NULL)
		return -ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int r = posix_spawnp(&child, program, &actions, NULL,
		lazy ? lazy_words : plain_words, environment);
	posix_spawn_file_actions_destroy(&actions);
	free(directory);
	if (r != 0)
		return -r;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

/* The connection's directory is named by the minor number of the mount's device. */
static void abort_by_number(const char *minor)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%s/abort", minor);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	int r = io_write(fd, "1", 1);
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "%s: %s", path, fault_errno_text(r));
	close(fd);
}

/* "36 35 98:0": what stands behind the colon. */
static void take_minor(struct span line, char ret[MOUNT_CONNECTION])
{
	struct span field = { 0 };

	for (int i = 0; i < 3; i++)
		(void)span_split(&line, ' ', &field);
	(void)snprintf(ret, MOUNT_CONNECTION, "%.*s",
		SPAN_ARG(span_from(field, span_find(field, ':') + 1)));
}

bool mount_connection(const char *path, char ret[MOUNT_CONNECTION])
{
	struct buf text = BUF_INIT(MOUNTINFO_MAX);
	bool ours = false;

	ret[0] = '\0';
	if (io_read_file(AT_FDCWD, "/proc/self/mountinfo", &text) == 0) {
		struct span rest = buf_span(&text), line;

		while (span_split(&rest, '\n', &line))
			if (line_is(line, span_of(path), &ours) && ours)
				take_minor(line, ret);
	}
	buf_finish(&text);
	return ours;
}

void mount_read_ahead(const char *connection)
{
	char path[96], kib[16];
	int fd;

	(void)snprintf(
		path, sizeof(path), "/sys/class/bdi/0:%s/read_ahead_kb", connection);
	(void)snprintf(kib, sizeof(kib), "%d", MOUNT_READ_AHEAD_KB);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Reading is slower then, that is all. */
	if (write(fd, kib, strlen(kib)) < 0)
		errno = 0;
	close(fd);
}

/* By force as root, else through the file that belongs to who has mounted it. */
void mount_abort(const char *path, const char *connection)
{
	char now[MOUNT_CONNECTION];

	/* Another one may stand there by now. */
	if (mount_connection(path, now) && strcmp(now, connection) == 0 &&
		umount2(path, MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return;
	abort_by_number(connection);
}

int mount_remove(const char *path, bool lazy, struct fault *why)
{
	int r;

	if (!mount_is_ours(path)) {
		fault_cure(why, "list the mounts of costfs with: findmnt -t fuse.costfs");
		return fault(why, -EINVAL, "%s: nothing of costfs is mounted here", path);
	}
	r = umount2(path, lazy ? MNT_DETACH | UMOUNT_NOFOLLOW : UMOUNT_NOFOLLOW) < 0
		? -errno
		: 0;
	if (r == -EPERM)
		r = run_fusermount(path, lazy);
	if (r == -EBUSY)
		r = fault(why, r, "%s: still in use", path);
	else if (r < 0)
		r = fault(
			why, r, "%s: cannot be unmounted: %s", path, fault_errno_text(r));
	if (r < 0)
		fault_cure(why,
			"leave the directory and close its files (fuser -vm %s), or: "
			"costfs umount --lazy %s",
			path, path);
	return r;
}
