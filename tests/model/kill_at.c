/* Preloaded: counts the calls that change the cache directory, and dies by SIGKILL at one
 * of them, so that a test can end a program at every step of publishing.
 *
 *   KILL_AT=CALL:N  before its N-th call of that name, from 1; a write does half first
 *   KILL_COUNT=FILE CALL:N for each, written when the program ends by itself */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static const char *const names[] = { "write", "pwrite64", "openat64", "fsync",
	"fdatasync", "flock", "fchmod", "mkdir", "mkdirat", "unlinkat", "renameat",
	"utimensat" };
enum { NAMES = sizeof(names) / sizeof(*names) };
static atomic_long calls[NAMES];

/* The C library's own, which stands behind ours. */
static void (*next(const char *name))(void)
{
	void *found = dlsym(RTLD_NEXT, name);
	void (*function)(void);

	if (!found)
		abort();
	/* POSIX says that this can be converted, C does not. */
	*(void **)(void *)&function = found;
	return function;
}

static bool is_last(const char *name)
{
	const char *at = getenv("KILL_AT");
	size_t len = strlen(name);
	long now = 0;

	for (int i = 0; i < NAMES; i++)
		if (strcmp(names[i], name) == 0)
			now = atomic_fetch_add(&calls[i], 1) + 1;
	return at && strncmp(at, name, len) == 0 && at[len] == ':' &&
		now == strtol(at + len + 1, NULL, 10);
}

static _Noreturn void die(void)
{
	for (;;)
		kill(getpid(), SIGKILL);
}

static void count(const char *name)
{
	if (is_last(name))
		die();
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("KILL_COUNT");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	for (int i = 0; i < NAMES; i++)
		fprintf(file, "%s:%ld\n", names[i], atomic_load(&calls[i]));
	fclose(file);
}

/* What goes to a terminal or a pipe is not the cache. */
static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

EXPORTED ssize_t write(int fd, const void *from, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) =
		(ssize_t(*)(int, const void *, size_t))next("write");

	if (is_file(fd) && is_last("write")) {
		(void)!real(fd, from, n / 2);
		die();
	}
	return real(fd, from, n);
}

EXPORTED ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) =
		(ssize_t(*)(int, const void *, size_t, off64_t))next("pwrite64");

	if (is_last("pwrite64")) {
		(void)!real(fd, from, n / 2, at);
		die();
	}
	return real(fd, from, n, at);
}

EXPORTED int openat64(int dir_fd, const char *path, int flags, ...)
{
	int (*real)(int, const char *, int, ...) =
		(int (*)(int, const char *, int, ...))next("openat64");
	va_list more;
	mode_t mode;

	if ((flags & O_CREAT) == 0)
		return real(dir_fd, path, flags);
	va_start(more, flags);
	mode = va_arg(more, mode_t);
	va_end(more);
	count("openat64");
	return real(dir_fd, path, flags, mode);
}

/* CALL(NAME, (PARAMETERS), (ARGUMENTS)): counted, and passed on. The parentheses come
 * with the arguments. NOLINTBEGIN(bugprone-macro-parentheses) */
#define CALL(name, parameters, arguments)                                                \
	EXPORTED int name parameters                                                     \
	{                                                                                \
		int(*real) parameters = (int(*) parameters)next(#name);                  \
                                                                                         \
		count(#name);                                                            \
		return real arguments;                                                   \
	}

/* NOLINTEND(bugprone-macro-parentheses) */
CALL(fsync, (int fd), (fd))
CALL(fdatasync, (int fd), (fd))
CALL(flock, (int fd, int how), (fd, how))
CALL(fchmod, (int fd, mode_t mode), (fd, mode))
CALL(mkdir, (const char *path, mode_t mode), (path, mode))
CALL(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
CALL(renameat, (int from_fd, const char *from, int to_fd, const char *to),
	(from_fd, from, to_fd, to))
CALL(utimensat, (int fd, const char *path, const struct timespec times[2], int flags),
	(fd, path, times, flags))
