#include "fs/mount/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "fs/mount/mount.h"
#include "fs/mount/ops.h"

enum { OPTIONS_MAX = 4096 };

/* A source may hold anything; commas and backslashes would end the option. */
static int append_source(struct buf *options, const char *source)
{
	int r = buf_append_text(options, "fsname=");

	for (; r == 0 && *source != '\0'; source++) {
		if (*source == ',' || *source == '\\')
			r = buf_append_byte(options, '\\');
		if (r == 0)
			r = buf_append_byte(options, *source);
	}
	return r;
}

/* Of a session that only mounts. */
static int new_session(const struct keeper_options *o, struct fuse_session **ret)
{
	static const struct fuse_lowlevel_ops none;
	struct buf options = BUF_INIT(OPTIONS_MAX);
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = buf_append_text(&options,
		"ro,nosuid,nodev,noexec,noatime,default_permissions,subtype=costfs,");

	if (r == 0 && o->allow_other)
		r = buf_append_text(&options, "allow_other,");
	if (r == 0)
		r = append_source(&options, o->source);
	if (r < 0 || fuse_opt_add_arg(&args, "costfs") < 0 ||
		fuse_opt_add_arg(&args, "-o") < 0 ||
		fuse_opt_add_arg(&args, buf_text(&options)) < 0) {
		r = -ENOMEM;
		goto out;
	}
	*ret = fuse_session_new(&args, &none, sizeof(none), NULL);
	r = *ret == NULL ? -ENOMEM : 0;
out:
	fuse_opt_free_args(&args);
	buf_finish(&options);
	return r;
}

/* Of a daemon that is gone the kernel still answers stat() from what it remembers;
 * statvfs() is always asked of the daemon. */
static int look_at(const char *path, struct stat *ret)
{
	struct statvfs fs;

	if (mount_is_ours(path) && statvfs(path, &fs) < 0)
		return -errno;
	return stat(path, ret) < 0 ? -errno : 0;
}

/* A daemon that died leaves a mount on which every call fails with ENOTCONN. */
static int clear_mountpoint(const char *path, struct fault *why)
{
	struct stat st = { 0 };
	int r = look_at(path, &st);

	if ((r == -ENOTCONN || r == -ECONNABORTED) && mount_is_ours(path)) {
		r = mount_remove(path, true, why);
		if (r < 0)
			return r;
		r = look_at(path, &st);
	}
	if (r == -ENOENT)
		fault_cure(why, "make it: mkdir -p %s", path);
	if (r < 0)
		return fault(why, r, "mount point %s: %s", path, fault_errno_text(r));
	if (!S_ISDIR(st.st_mode)) {
		fault_cure(why, "name a directory; it may be made by mkdir -p");
		return fault(why, -ENOTDIR, "mount point %s: not a directory", path);
	}
	if (mount_is_ours(path)) {
		fault_cure(why, "use it, or: costfs umount %s", path);
		return fault(why, -EBUSY,
			"mount point %s: costfs is mounted here already", path);
	}
	return 0;
}

static bool can_open_device(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Where libfuse looks for it. */
static bool has_helper(void)
{
	const char *path = getenv("PATH");
	struct span rest = span_of(path != NULL ? path : ""), directory;
	char name[PATH_MAX];

	if (access("/usr/bin/fusermount3", X_OK) == 0)
		return true;
	while (span_split(&rest, ':', &directory)) {
		snprintf(name, sizeof(name), "%.*s/fusermount3", SPAN_ARG(directory));
		if (access(name, X_OK) == 0)
			return true;
	}
	return false;
}

/* Why libfuse could not; it has printed a line of its own. */
static int explain(const struct keeper_options *o, struct fault *why)
{
	if (!can_open_device()) {
		fault_cure(why,
			"let this user open it: sudo chmod a+rw /dev/fuse; in a "
			"container: --device /dev/fuse --cap-add SYS_ADMIN; or read "
			"without a mount: costfs ls, costfs cat");
		return fault(why, -EPERM, "/dev/fuse cannot be opened by user %ju",
			(uintmax_t)geteuid());
	}
	if (geteuid() != 0 && !has_helper()) {
		fault_cure(why,
			"install it: sudo apt install fuse3, or sudo dnf install fuse3; "
			"or read without a mount: costfs ls, costfs cat");
		return fault(why, -EPERM,
			"fusermount3, which mounts for users other than root, is not "
			"there");
	}
	fault_cure(why,
		"what the line above says; --allow-other needs user_allow_other in "
		"/etc/fuse.conf");
	return fault(why, -EPERM, "cannot mount on %s", o->mountpoint);
}

static int mount_session(
	const struct keeper_options *o, struct fuse_session *session, struct fault *why)
{
	if (access("/dev/fuse", F_OK) < 0) {
		fault_cure(why,
			"load it (modprobe fuse), give the container --device /dev/fuse, "
			"or read without a mount: costfs ls, costfs cat");
		return fault(why, -ENODEV, "/dev/fuse is not there");
	}
	return fuse_session_mount(session, o->mountpoint) == 0 ? 0 : explain(o, why);
}

int attach(const struct keeper_options *o, int *ret_fd, struct fault *why)
{
	struct fuse_session *session = NULL;
	int fd = -1;
	int r = clear_mountpoint(o->mountpoint, why);

	if (r == 0)
		r = new_session(o, &session);
	if (r == 0)
		r = mount_session(o, session, why);
	if (r == 0) {
		/* Destroying the session closes its own. */
		fd = fcntl(fuse_session_fd(session), F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			r = -errno;
	}
	if (r < 0 && session != NULL)
		fuse_session_unmount(session);
	if (session != NULL)
		fuse_session_destroy(session);
	if (r == 0)
		*ret_fd = fd;
	return r;
}
