/* Children that enter a sandbox and try something in it. */
#ifndef TESTS_FS_CONFINE_CASE_H
#define TESTS_FS_CONFINE_CASE_H

#include <stddef.h>

#include "tests/aws/sandbox.h"

/* Where the files of a test are. */
extern char confine_root[SANDBOX_PATH];

struct attempt {
	const char *name;
	int (*attempt)(void); /* answers 0 or an errno, below 250 */
	int expected;
};

/* What the child's attempt answered. enter: 0; -EOPNOTSUPP the machine has no such
 * sandbox, and the test is skipped; -errno. */
int try_in(int (*enter)(void), int (*attempt)(void));
void run_all(int (*enter)(void), const struct attempt *all, size_t count);

/* 0 where r is no failure, else errno. */
int result(long r);
/* Opens what stands below the root, or at an absolute path, and closes it. 0 or errno. */
int open_as(const char *path, int flags);
/* /bin/true in the process's place. */
int run_program(void);

#endif
