/* What this machine has to have: a place for the cache, and FUSE. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/cmd/doctor/doctor.h"
#include "fs/store/cache_dir.h"

enum { MACHINE_PATH_MAX = 4096, MACHINE_CONF_MAX = 64 * 1024 };
#define MACHINE_SPACE_MIN 1000000000 /* bytes */

static void tell_space(struct finding *f, int fd, const char *path, const char *state)
{
	struct statvfs v;
	uint64_t free_bytes;

	if (fstatvfs(fd, &v) < 0) {
		finding_warn(f, "%s %s; its free space is not known: %s", path, state,
			fault_errno_text(errno));
		return;
	}
	free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	if (free_bytes >= MACHINE_SPACE_MIN) {
		finding_ok(f, "%s %s, %" PRIu64 " MB free", path, state,
			free_bytes / 1000000);
		return;
	}
	finding_warn(
		f, "%s %s, only %" PRIu64 " MB free", path, state, free_bytes / 1000000);
	finding_why(f, "a month of a large organization takes hundreds of MB");
	finding_cure(f, "free some space, or name a directory elsewhere: --cache DIR");
}

/* As a mount looks at it. */
static void check_existing(struct doctor *d, struct finding *f, const char *path)
{
	struct fault why = { 0 };
	int fd = -1;
	int r = cache_dir_open(path, &fd, &why);

	if (r < 0) {
		doctor_fail(d, f, r, &why, POLICY_STATEMENT_COUNT);
		return;
	}
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0) {
		tell_space(f, fd, path, "is yours alone and writable");
	} else {
		finding_fail(f, "%s: %s", path, fault_errno_text(errno));
		finding_why(f, "months that are not in it yet cannot be read");
		finding_cure(f,
			"chmod u+rwx %s, or name a directory of your own: --cache DIR",
			path);
	}
	close(fd);
}

/* The nearest directory above that is there. */
static void check_absent(struct finding *f, const char *path)
{
	char above[MACHINE_PATH_MAX];
	size_t len = strlen(path);
	int fd = -1;

	if (len >= sizeof(above)) {
		finding_fail(f, "%s: %s", path, fault_errno_text(ENAMETOOLONG));
		return;
	}
	memcpy(above, path, len + 1);
	while (len > 0 && fd < 0) {
		len = span_rfind((struct span){ above, len }, '/');
		if (len == strlen(above))
			len = 0;
		above[len] = '\0';
		fd = open(len			 ? above
				: path[0] == '/' ? "/"
						 : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0) {
		tell_space(f, fd, path, "will be made");
	} else {
		finding_fail(f, "%s: cannot be made: %s", path, fault_errno_text(errno));
		finding_cure(f, "name a directory of your own: --cache DIR");
	}
	if (fd >= 0)
		close(fd);
}

void check_cache(struct doctor *d, struct finding *f)
{
	struct stat st;

	if (!d->settings.cache)
		finding_skip(f, "because configuration failed");
	else if (lstat(d->settings.cache, &st) == 0)
		check_existing(d, f, d->settings.cache);
	else
		check_absent(f, d->settings.cache);
}

/* In one of the directories of PATH, or where packages put it. */
static bool find_program(const char *name, struct buf *ret)
{
	struct span rest = span_of(getenv("PATH")), part;
	const struct span usual = SPAN("/usr/bin:/bin:/usr/sbin:/sbin");

	for (int i = 0; i < 2; i++) {
		while (span_split(&rest, ':', &part)) {
			const char *path;

			buf_clear(ret);
			if (part.len == 0 ||
				buf_appendf(ret, "%.*s/%s", SPAN_ARG(part), name) < 0)
				continue;
			path = buf_text(ret);
			if (path && access(path, X_OK) == 0)
				return true;
		}
		rest = usual;
	}
	return false;
}

/* A line "user_allow_other" in /etc/fuse.conf; root needs none. */
static bool may_allow_other(void)
{
	struct buf text = BUF_INIT(MACHINE_CONF_MAX);
	struct span rest, line;
	bool found = geteuid() == 0;

	if (!found && io_read_file(AT_FDCWD, "/etc/fuse.conf", &text) == 0) {
		rest = buf_span(&text);
		while (!found && span_split(&rest, '\n', &line))
			found = span_eq(span_trim(line), SPAN("user_allow_other"));
	}
	buf_finish(&text);
	return found;
}

static void no_device(struct finding *f, int error)
{
	finding_fail(f, "/dev/fuse: %s", fault_errno_text(error));
	finding_why(f, "nothing can be mounted without it; costfs ls and cat need none");
	finding_cure(f,
		error == ENOENT || error == ENODEV || error == ENXIO
			? "modprobe fuse; in a container: --device /dev/fuse --cap-add "
			  "SYS_ADMIN"
			: "chmod 666 /dev/fuse; in a container: --device /dev/fuse "
			  "--cap-add SYS_ADMIN");
}

void check_fuse(struct doctor *d, struct finding *f)
{
	struct buf helper = BUF_INIT(MACHINE_PATH_MAX);
	bool has_helper = find_program("fusermount3", &helper);
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		no_device(f, errno);
	} else if (!has_helper && geteuid() != 0) {
		finding_fail(f, "/dev/fuse is there, but not fusermount3");
		finding_why(f, "only root can mount without it");
		finding_cure(f, "apt install fuse3, dnf install fuse3, or the like");
	} else if (d->settings.allow_other && !may_allow_other()) {
		finding_fail(f, "/etc/fuse.conf does not let you let others in");
		finding_why(f, "allow_other is asked for");
		finding_cure(
			f, "add the line user_allow_other to /etc/fuse.conf, as root");
	} else {
		finding_ok(f, "/dev/fuse and %s",
			has_helper ? buf_text(&helper)
				   : "root, who needs no fusermount3");
	}
	if (fd >= 0)
		close(fd);
	buf_finish(&helper);
}
