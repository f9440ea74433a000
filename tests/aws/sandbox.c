#include "tests/aws/sandbox.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

void sandbox_make(char *ret)
{
	snprintf(ret, SANDBOX_PATH, "/tmp/costfs-test-XXXXXX");
	check(mkdtemp(ret) != NULL, "mkdtemp");
}

void sandbox_path(const char *root, const char *path, char *ret)
{
	char both[SANDBOX_PATH];
	int n = snprintf(both, sizeof(both), "%s/%s", root, path);

	check(n > 0 && n < SANDBOX_PATH, "path too long");
	memcpy(ret, both, (size_t)n + 1);
}

static void make_parents(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void sandbox_write(const char *root, const struct sandbox_file *file)
{
	const struct timespec t = { .tv_sec =
					    SANDBOX_EPOCH + INT64_C(86400) * file->day };
	const struct timespec times[2] = { t, t };
	size_t len = strlen(file->text ? file->text : "");
	char path[SANDBOX_PATH];
	int fd;

	sandbox_path(root, file->path, path);
	make_parents(path, strlen(root) + 1);
	if (path[strlen(path) - 1] == '/')
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	check(fd >= 0, path);
	check(len == 0 || write(fd, file->text, len) == (ssize_t)len, path);
	check(futimens(fd, times) == 0, path);
	close(fd);
}

void sandbox_fill(const char *root, const struct sandbox_file *files)
{
	for (; files->path; files++)
		sandbox_write(root, files);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void sandbox_remove(const char *root)
{
	check(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, root);
}
