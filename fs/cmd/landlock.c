/* The kernel's interface by number and value: headers of the system may be older than the
 * kernel that it runs on. */
#include "fs/cmd/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS(bit) (UINT64_C(1) << (bit))

enum { CALL_CREATE = 444, CALL_ADD = 445, CALL_RESTRICT = 446 };
enum { CREATE_ASKS_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* Rights to files, in the order of their bits. */
enum {
	FS_EXECUTE,
	FS_WRITE_FILE,
	FS_READ_FILE,
	FS_READ_DIR,
	FS_REMOVE_DIR,
	FS_REMOVE_FILE,
	FS_MAKE_CHAR,
	FS_MAKE_DIR,
	FS_MAKE_REG,
	FS_MAKE_SOCK,
	FS_MAKE_FIFO,
	FS_MAKE_BLOCK,
	FS_MAKE_SYM,
	FS_REFER, /* version 2 */
	FS_TRUNCATE, /* version 3 */
	FS_IOCTL_DEV, /* version 5 */
};

enum { NET_BIND_TCP = 1, SCOPE_SIGNAL = 2 };

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct landlock {
	int fd;
	uint64_t handled;
};

static uint64_t handled_since(long version)
{
	uint64_t all = FS(FS_MAKE_SYM + 1) - 1;

	if (version >= 2)
		all |= FS(FS_REFER);
	if (version >= 3)
		all |= FS(FS_TRUNCATE);
	if (version >= 5)
		all |= FS(FS_IOCTL_DEV);
	return all;
}

static uint64_t rights_of(enum landlock_right right)
{
	const uint64_t names = FS(FS_READ_DIR);
	const uint64_t read = names | FS(FS_READ_FILE);

	switch (right) {
	case LANDLOCK_NAMES:
		return names;
	case LANDLOCK_READ:
		return read;
	case LANDLOCK_KEEP:
		return read | FS(FS_WRITE_FILE) | FS(FS_TRUNCATE) | FS(FS_MAKE_REG) |
			FS(FS_MAKE_DIR) | FS(FS_REMOVE_FILE) | FS(FS_REMOVE_DIR);
	case LANDLOCK_DEVICE:
		return FS(FS_READ_FILE) | FS(FS_WRITE_FILE) | FS(FS_IOCTL_DEV);
	}
	return 0;
}

/* Those that a rule for a file, and not for a directory, may name. */
static uint64_t rights_of_files(void)
{
	return FS(FS_EXECUTE) | FS(FS_WRITE_FILE) | FS(FS_READ_FILE) | FS(FS_TRUNCATE) |
		FS(FS_IOCTL_DEV);
}

int landlock_new(struct landlock **ret)
{
	struct ruleset_attr attr = { 0 };
	struct landlock *l;
	long version = syscall(CALL_CREATE, NULL, (size_t)0, CREATE_ASKS_VERSION);

	if (version < 1)
		return -EOPNOTSUPP;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->handled = handled_since(version);
	attr.fs = l->handled;
	/* It serves nobody over the network, and signals nobody but itself. */
	attr.net = version >= 4 ? NET_BIND_TCP : 0;
	attr.scoped = version >= 6 ? SCOPE_SIGNAL : 0;
	/* Members that an older kernel does not know may stand there as zeros. */
	l->fd = (int)syscall(CALL_CREATE, &attr, sizeof(attr), 0);
	if (l->fd < 0) {
		int r = errno == ENOMEM || errno == EMFILE ? -errno : -EOPNOTSUPP;

		free(l);
		return r;
	}
	(void)fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	*ret = l;
	return 0;
}

static int add_rule(struct landlock *l, int fd, enum landlock_right right)
{
	struct path_beneath_attr rule = { .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	rule.allowed = rights_of(right) & l->handled;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= rights_of_files();
	if (rule.allowed == 0)
		return 0;
	if (syscall(CALL_ADD, l->fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int landlock_allow(struct landlock *l, const char *path, enum landlock_right right)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOMEM || errno == EMFILE ? -errno : 0;
	r = add_rule(l, fd, right);
	close(fd);
	/* Of a file system that has no paths, as that of a pipe: no rule, no right. */
	return r == -EBADFD ? 0 : r;
}

int landlock_enter(const struct landlock *l)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return syscall(CALL_RESTRICT, l->fd, 0) < 0 ? -errno : 0;
}

void landlock_free(struct landlock *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}
