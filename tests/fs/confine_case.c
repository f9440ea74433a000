#include "tests/fs/confine_case.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cmocka.h"

enum {
	NOT_HERE = 250,
	FAILED = 251
}; /* exit status of a child, which else is an errno */

char confine_root[SANDBOX_PATH];

int result(long r)
{
	return r < 0 ? errno : 0;
}

int open_as(const char *path, int flags)
{
	char full[SANDBOX_PATH];
	int fd;

	sandbox_path(confine_root, path, full);
	fd = open(path[0] == '/' ? path : full, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

int try_in(int (*enter)(void), int (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int r = enter();

		_exit(r == -EOPNOTSUPP ? NOT_HERE : r < 0 ? FAILED : attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_HERE)
		skip();
	return WEXITSTATUS(status);
}

int run_program(void)
{
	char program[] = "/bin/true";
	char *const words[] = { program, NULL };

	return result(execv(program, words));
}

void run_all(int (*enter)(void), const struct attempt *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("%s\n", all[i].name);
		assert_int_equal(try_in(enter, all[i].attempt), all[i].expected);
	}
}
