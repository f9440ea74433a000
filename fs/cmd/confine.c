#include "fs/cmd/confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/cmd/confine_paths.h"
#include "fs/cmd/landlock.h"
#include "fs/cmd/syscalls.h"
#include "fs/store/cache_dir.h"

/* What must be known before. */
struct plan {
	struct profile_set *profiles; /* NULL: AWS is not needed, or says nothing */
	const char *obstacle; /* why nothing can be confined; NULL: it can */
	const char *open; /* why files cannot; NULL: they can */
};

static const char *read_env(const char *name)
{
	return getenv(name);
}

static void look(const struct settings *s, struct plan *p)
{
	/* What is wrong with these files is said by who signs in. */
	if (confine_needs_aws(s) &&
		profile_set_load(read_env, getenv("HOME"), &p->profiles, NULL) < 0)
		p->obstacle = "the AWS configuration cannot be read";
	if (p->profiles != NULL &&
		confine_profile_value(s, p->profiles, "credential_process") != NULL)
		p->obstacle = "the profile's credential_process is a program, which "
			      "needs files and calls that only it knows";
	/* It may come later, and there is no saying where from. */
	if (strchr(s->source, ':') == NULL && access(s->source, F_OK) < 0)
		p->open = "the source is not there yet";
}

static int confine_files(const struct settings *s, const struct plan *p)
{
	struct landlock *l = NULL;
	int r = landlock_new(&l);

	if (r == 0)
		r = confine_allow(l, s, p->profiles);
	if (r == 0)
		r = landlock_enter(l);
	landlock_free(l);
	return r;
}

static int enter(const struct settings *s, const struct plan *p, struct confinement *ret)
{
	int files = p->open != NULL ? -EOPNOTSUPP : confine_files(s, p);
	int calls = files == 0 || files == -EOPNOTSUPP ? syscalls_deny() : files;

	ret->has_files = files == 0;
	ret->has_calls = calls == 0;
	(void)snprintf(ret->text, sizeof(ret->text), "%s%s%s%s",
		files == 0 ? "files" : "", files == 0 && calls == 0 ? " and " : "",
		calls == 0 ? "system calls" : "",
		files == 0		  ? ""
			: p->open != NULL ? ", not files: the source is not there yet"
					  : ", not files: the kernel has no Landlock");
	if (calls == 0)
		calls = syscalls_drop_capabilities();
	return calls == -EOPNOTSUPP ? 0 : calls;
}

/* The store opens it once more; only a directory that is there can be allowed. */
static int make_cache_dir(const struct settings *s, struct fault *why)
{
	int fd = -1;
	int r = cache_dir_open(s->cache, &fd, why);

	if (r == 0)
		close(fd);
	return r;
}

static int insist(const struct confinement *c, struct fault *why)
{
	if (c->has_files && c->has_calls)
		return 0;
	fault_cure(why, "leave sandbox=on out, which asks for what can be had");
	return fault(why, -EOPNOTSUPP, "sandbox=on cannot hold: %s", c->text);
}

int confine(const struct settings *s, struct confinement *ret, struct fault *why)
{
	struct confinement c = { 0 };
	struct plan p = { 0 };
	int r = 0;

	if (s->sandbox != SANDBOX_OFF)
		look(s, &p);
	if (s->sandbox == SANDBOX_OFF) {
		(void)snprintf(c.text, sizeof(c.text), "off, as it was asked for");
	} else if (p.obstacle != NULL) {
		(void)snprintf(c.text, sizeof(c.text), "off: %s", p.obstacle);
	} else {
		r = make_cache_dir(s, why);
		if (r == 0) {
			r = enter(s, &p, &c);
			if (r < 0)
				r = fault(why, r, "sandbox: %s", fault_errno_text(r));
		}
	}
	profile_set_free(p.profiles);
	if (r == 0 && s->sandbox == SANDBOX_ON)
		r = insist(&c, why);
	log_line(LOG_LEVEL_INFO, "sandbox: %s", c.text);
	if (r == 0)
		*ret = c;
	return r;
}
