#include "fs/cmd/mount_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "fs/cmd/command.h"
#include "fs/cmd/say.h"
#include "fs/cmd/settings.h"

/* mount(8), EXIT STATUS. */
enum { MOUNT_USAGE = 1, MOUNT_SYSTEM = 2, MOUNT_FAILED = 32 };
enum { OPTIONS_MAX = 64 * 1024 };

/* What the letters say. */
struct wish {
	struct arguments arguments;
	const char *name_space;
	bool is_fake;
};

bool is_mount_helper(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;

	return strcmp(name, "mount.costfs") == 0 ||
		strcmp(name, "mount.fuse.costfs") == 0;
}

static int parse(int argc, char **argv, struct wish *ret)
{
	struct arguments *a = &ret->arguments;
	int letter;

	while ((letter = getopt(argc, argv, "sfnvN:o:t:")) != -1) {
		if (letter == 's')
			a->is_sloppy = true;
		else if (letter == 'f')
			ret->is_fake = true;
		else if (letter == 'v')
			log_set_level(LOG_LEVEL_DEBUG);
		else if (letter == 'N')
			ret->name_space = optarg;
		else if (letter == 'o')
			a->value[OPTION_O] = optarg;
		else if (letter == '?')
			return -EINVAL;
		/* There is no mtab to be left alone by -n, and one type for -t. */
	}
	if (argc - optind != 2)
		return -EINVAL;
	a->positional[a->count++] = argv[optind];
	a->positional[a->count++] = argv[optind + 1];
	return 0;
}

/* mount(8) names the one that it was told by its own -N, and has gone back. */
static int enter_name_space(const char *path, struct fault *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Threads that share a working directory, as a sanitizer's would, may not enter.
	 */
	int r = fd < 0 || unshare(CLONE_FS) < 0 || setns(fd, CLONE_NEWNS) < 0 ? -errno
									      : 0;

	if (fd >= 0)
		close(fd);
	return r < 0 ? fault(why, r, "mount namespace %s: %s", path, fault_errno_text(r))
		     : 0;
}

/* Takes "setuid=USER" out of the options; the last one counts, as with all options. */
static int split_user(const char *options, struct buf *ret_rest, struct buf *ret_user)
{
	const struct span key = SPAN("setuid=");
	struct span rest = span_of(options), word;
	int r = 0;

	while (r == 0 && span_split(&rest, ',', &word)) {
		if (span_starts(word, key)) {
			buf_clear(ret_user);
			r = buf_append_span(ret_user, span_from(word, key.len));
			continue;
		}
		if (ret_rest->len > 0)
			r = buf_append_byte(ret_rest, ',');
		if (r == 0)
			r = buf_append_span(ret_rest, word);
	}
	return r;
}

/* For good, before anything is read that comes from outside. */
static int become(const char *user, struct fault *why)
{
	const struct passwd *p = getpwnam(user);

	if (p == NULL) {
		fault_cure(why, "make the user: useradd --system --create-home %s", user);
		return fault(why, -EINVAL, "setuid=%s: there is no such user", user);
	}
	if (initgroups(user, p->pw_gid) < 0 || setgid(p->pw_gid) < 0 ||
		setuid(p->pw_uid) < 0) {
		fault_cure(why, "leave it out, or mount as root");
		return fault(why, -EPERM, "setuid=%s: %s", user, fault_errno_text(errno));
	}
	return setenv("HOME", p->pw_dir, 1) < 0 ? -ENOMEM : 0;
}

/* At boot there is no HOME, and AWS's files and the cache are in it. */
static int find_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *p;

	if (home != NULL && home[0] == '/')
		return 0;
	p = getpwuid(getuid());
	return p != NULL && setenv("HOME", p->pw_dir, 1) < 0 ? -ENOMEM : 0;
}

/* All that can be found out without asking anybody. */
static int check_only(const struct arguments *a)
{
	struct settings s = { 0 };
	struct fault why = { 0 };
	int r = settings_init(a, a->positional[0], &s, &why);

	settings_finish(&s);
	if (r == -EINVAL)
		return say_invalid("mount", &why);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

static int mount_wish(struct wish *w, struct fault *why)
{
	struct buf options = BUF_INIT(OPTIONS_MAX), user = BUF_INIT(OPTIONS_MAX);
	struct arguments *a = &w->arguments;
	int status = MOUNT_FAILED, r = 0;

	if (w->name_space != NULL)
		r = enter_name_space(w->name_space, why);
	if (r == 0 && a->value[OPTION_O] != NULL) {
		r = split_user(a->value[OPTION_O], &options, &user);
		a->value[OPTION_O] = buf_text(&options);
	}
	if (r == 0 && user.len > 0)
		r = become(buf_text(&user), why);
	if (r == 0)
		r = find_home();
	if (r == 0)
		status = w->is_fake ? check_only(a) : command_mount(a);
	buf_finish(&options);
	buf_finish(&user);
	if (r == -ENOMEM)
		return MOUNT_SYSTEM;
	if (r < 0)
		say_fault(why, r);
	if (r == -EINVAL || status == EXIT_USAGE)
		return MOUNT_USAGE;
	return status == EXIT_DONE ? 0 : MOUNT_FAILED;
}

int mount_helper_run(int argc, char **argv)
{
	struct wish wish = { 0 };
	struct fault why = { 0 };

	opterr = 0;
	if (parse(argc, argv, &wish) == 0)
		return mount_wish(&wish, &why);
	say_usage("mount",
		"%s: called by mount(8) as: SPEC DIR [-sfnv] [-N NAMESPACE] "
		"[-o OPTIONS] [-t TYPE]",
		argv[0]);
	return MOUNT_USAGE;
}
