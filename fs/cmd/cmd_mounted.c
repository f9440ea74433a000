/* costfs status, refresh, umount, name: on what is mounted. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/cmd/command.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/say.h"
#include "fs/mount/mount.h"

enum { TEXT_MAX = 64 * 1024 * 1024, NAME_MAX_BYTES = 64 * 1024, WAIT_MS = 100 };

static void pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static int read_status(
	const char *root, const struct arguments *a, struct buf *ret, struct fault *why)
{
	bool is_json = a->value[OPTION_JSON] != NULL;

	return mounted_read(
		root, is_json ? ".costfs/status.json" : "STATUS.txt", ret, why);
}

static int print_status(const char *root, const struct arguments *a)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct fault why = { 0 };
	int r = read_status(root, a, &text, &why);

	if (r == 0)
		fwrite(text.p, 1, text.len, stdout);
	buf_finish(&text);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

/* The screen is cleared on a terminal only. */
static int watch_status(const char *root, const struct arguments *a)
{
	int status;

	do {
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		status = print_status(root, a);
		fflush(stdout);
		if (status == EXIT_DONE)
			pause_ms(1000);
	} while (status == EXIT_DONE && !ferror(stdout));
	return status;
}

static bool is_mounted(const char *root)
{
	char *same = NULL, *source = NULL;
	int r = mounted_find(root, &same, &source, NULL);

	free(same);
	free(source);
	return r == 0;
}

/* One of all; a mount that has just gone is none. */
static int print_one(const char *root, bool is_first, const struct arguments *a)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct fault why = { 0 };
	int r = read_status(root, a, &text, &why);

	if (r == 0 && a->value[OPTION_JSON] == NULL)
		printf("%s%s\n", is_first ? "" : "\n", root);
	if (r == 0)
		fwrite(text.p, 1, text.len, stdout);
	buf_finish(&text);
	return r < 0 && is_mounted(root) ? say_fault(&why, r) : EXIT_DONE;
}

static int status_of_all(const struct arguments *a)
{
	char **all = mounted_all();
	int status = EXIT_DONE;

	if (all == NULL || all[0] == NULL)
		fputs("No costfs is mounted. Try: costfs mount demo: DIR\n", stderr);
	for (char **root = all; root != NULL && *root != NULL; root++) {
		if (print_one(*root, root == all, a) != EXIT_DONE)
			status = EXIT_FAILED;
		free(*root);
	}
	free(all);
	return status;
}

/* The mount that the argument is in; says why there is none. */
static char *root_of(const char *path)
{
	char *root = NULL, *source = NULL;
	struct fault why = { 0 };
	int r = mounted_find(path, &root, &source, &why);

	free(source);
	if (r < 0)
		say_fault(&why, r);
	return root;
}

int command_status(const struct arguments *a)
{
	if (a->count == 0)
		return status_of_all(a);
	char *root = root_of(a->positional[0]);
	if (root == NULL)
		return EXIT_FAILED;
	int status = a->value[OPTION_WATCH] != NULL ? watch_status(root, a)
						    : print_status(root, a);
	free(root);
	return status;
}

/* Asks the daemon and waits until it has looked, and rebuilt what had changed. */
static int refresh(const char *root, struct fault *why)
{
	uint64_t pid = 0, before = 0, now;
	int r = mounted_number(root, "pid", &pid, why);

	if (r == 0)
		r = mounted_number(root, "refreshes", &before, why);
	if (r < 0)
		return r;
	if (pid == 0 || pid > INT32_MAX || kill((pid_t)pid, SIGHUP) < 0)
		return fault(why, -errno,
			"%s: its daemon (pid %" PRIu64 ") takes no signal: %s", root, pid,
			fault_errno_text(errno));
	for (now = before; r == 0 && now <= before;) {
		pause_ms(WAIT_MS);
		r = mounted_number(root, "refreshes", &now, why);
	}
	return r;
}

static int refresh_all(void)
{
	char **all = mounted_all();
	int status = EXIT_DONE;

	if (all == NULL || all[0] == NULL) {
		fputs("costfs: no costfs is mounted\n", stderr);
		status = EXIT_FAILED;
	}
	for (char **root = all; root != NULL && *root != NULL; root++) {
		struct fault why = { 0 };
		int r = refresh(*root, &why);

		if (r < 0)
			status = say_fault(&why, r);
		free(*root);
	}
	free(all);
	return status;
}

int command_refresh(const struct arguments *a)
{
	struct fault why = { 0 };

	if (a->count == 0)
		return refresh_all();
	char *root = root_of(a->positional[0]);

	if (root == NULL)
		return EXIT_FAILED;
	int r = refresh(root, &why);
	free(root);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

int command_umount(const struct arguments *a)
{
	struct fault why = { 0 };
	char *root = root_of(a->positional[0]);

	if (root == NULL)
		return EXIT_FAILED;
	int r = mount_remove(root, a->value[OPTION_LAZY] != NULL, &why);
	free(root);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

int command_name(const struct arguments *a)
{
	struct fault why = { 0 };
	char value[NAME_MAX_BYTES];
	ssize_t n = getxattr(a->positional[0], "user.costfs.id", value, sizeof(value));

	if (n < 0) {
		int error = -errno;

		if (error == -ENODATA || error == -ENOTSUP) {
			fault_cure(&why,
				"name a directory of an account, a service or a "
				"resource");
			fault(&why, error, "%s: stands for itself", a->positional[0]);
		} else {
			fault(&why, error, "%s: %s", a->positional[0],
				fault_errno_text(error));
		}
		return say_fault(&why, error);
	}
	fwrite(value, 1, (size_t)n, stdout);
	putchar('\n');
	return EXIT_DONE;
}
