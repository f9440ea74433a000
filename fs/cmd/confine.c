#include "fs/cmd/confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "fs/cmd/confine_paths.h"
#include "fs/cmd/landlock.h"
#include "fs/cmd/source.h"
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
	if (source_is_path(s->source) && access(s->source, F_OK) < 0)
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

/* What is not there, or not allowed to us, as within some containers, is said. */
static int append_lack(struct buf *b, const char *what, int error, const char *instead)
{
	if (error == 0)
		return 0;
	return buf_appendf(b, "; no limit of %s: %s", what,
		instead != NULL		       ? instead
			: error == -EOPNOTSUPP ? "the kernel has none"
					       : fault_errno_text(error));
}

static int enter(const struct settings *s, const struct plan *p, struct confinement *ret)
{
	struct buf text = BUF_INIT(CONFINE_TEXT - 1);
	int files = p->open != NULL ? -EOPNOTSUPP : confine_files(s, p);
	int calls = syscalls_deny();
	int rights = syscalls_drop_capabilities();
	int r = buf_append_text(&text,
		files == 0 && calls == 0 ? "files and system calls"
			: files == 0	 ? "files"
			: calls == 0	 ? "system calls"
					 : "nothing");

	if (r == 0)
		r = append_lack(&text, "files", files, p->open);
	if (r == 0)
		r = append_lack(&text, "system calls", calls, NULL);
	if (r == 0)
		r = append_lack(&text, "capabilities", rights, NULL);
	ret->has_files = files == 0;
	ret->has_calls = calls == 0 && rights == 0;
	if (r == 0 || r == -EFBIG)
		(void)snprintf(
			ret->text, sizeof(ret->text), "%.*s", SPAN_ARG(buf_span(&text)));
	buf_finish(&text);
	return r == -EFBIG ? 0 : r;
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
