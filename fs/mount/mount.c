#include "fs/mount/mount.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/mount/crawlers.h"
#include "fs/mount/notify.h"
#include "fs/mount/state.h"

enum { NOTIFIER_END_MS = 200 };

struct mount {
	struct keeper *keeper;
	struct ops_context context;
	struct library *library;
	struct fuse_session *session;
	bool is_mounted;
};

static int new_session(const struct mount_options *o, struct mount *m)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = 0;

	if (fuse_opt_add_arg(&args, "costfs") < 0 ||
		(o->debug && fuse_opt_add_arg(&args, "-d") < 0))
		r = -ENOMEM;
	if (r == 0)
		m->session = fuse_session_new(&args, ops_table(),
			sizeof(struct fuse_lowlevel_ops), &m->context);
	fuse_opt_free_args(&args);
	m->context.loop = m->session == NULL ? NULL : loop_new(m->session);
	return m->context.loop == NULL ? -ENOMEM : 0;
}

/* The session takes the descriptor of what the keeper has mounted. */
static int mount_session(struct mount *m, struct fault *why)
{
	char device[32];
	int fd = -1;
	int r = keeper_mount(m->keeper, &fd, why);

	if (r < 0)
		return r;
	m->is_mounted = true;
	snprintf(device, sizeof(device), "/dev/fd/%d", fd);
	if (fuse_session_mount(m->session, device) == 0)
		return 0;
	close(fd);
	return fault(why, -EIO, "libfuse does not take %s", device);
}

/* Whether it was unmounted, or aborted, from outside: what is mounted there now is not
 * ours. */
static bool is_gone(const struct mount *m)
{
	struct pollfd device = { .fd = fuse_session_fd(m->session) };

	return poll(&device, 1, 0) == 1 && (device.revents & POLLERR) != 0;
}

static void measure(void *context, struct serving *ret)
{
	struct ops_context *c = context;

	requests_measure(&c->requests, ret);
	handles_count(&c->handles, &ret->open_files, &ret->open_directories);
	aside_measure(c->aside, ret);
	ret->refreshes = c->notifier != NULL ? notifier_refreshes(c->notifier) : 0;
}

static bool may_fetch(void *context, int64_t caller)
{
	const struct ops_context *c = context;
	char name[CRAWLER_NAME];

	return !crawlers_have(c->crawlers, caller, name);
}

/* From now on the tree tells what is counted here, and asks for whom it may fetch. */
static void serve_tree(struct mount *m)
{
	const struct tree_service service = { .began = clock_now(clock_system()),
		.measure = measure,
		.may_fetch = may_fetch,
		.context = &m->context };

	tree_serve(m->context.tree, &service);
}

static uint64_t refreshes_of(struct library *l)
{
	struct library_activity now;

	library_activity(l, &now);
	return now.refreshes;
}

int mount_new(const struct mount_options *o, struct mount **ret, struct fault *why)
{
	struct mount *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return -ENOMEM;
	m->context.tree = o->tree;
	m->library = o->library;
	handles_init(&m->context.handles);
	requests_init(&m->context.requests);
	buffers_init(&m->context.buffers);
	m->keeper = o->keeper;
	m->context.crawlers =
		strdup(o->crawlers != NULL ? o->crawlers : crawlers_default);
	r = m->context.crawlers == NULL ? -ENOMEM : new_session(o, m);
	if (r == 0)
		r = aside_new(o->tree, o->library, &m->context.aside);
	if (r == 0)
		serve_tree(m);
	if (r == 0)
		r = notifier_new(o->tree, m->session, refreshes_of(o->library),
			&m->context.notifier);
	if (r == 0)
		r = mount_session(m, why);
	if (r < 0)
		goto fail;
	*ret = m;
	return 0;
fail:
	mount_free(m);
	return r;
}

int mount_run(struct mount *m)
{
	int r = loop_run(m->context.loop);

	aside_stop(m->context.aside);
	return r;
}

void mount_stop(struct mount *m)
{
	loop_stop(m->context.loop);
}

void mount_event(struct mount *m, enum library_event event, struct month_no month)
{
	const struct tree_need need = { .month = month };

	if (event == LIBRARY_REFRESHED) {
		notifier_put_refreshed(m->context.notifier, refreshes_of(m->library));
		return;
	}
	aside_wake(m->context.aside, &need);
	notifier_put(m->context.notifier, event, month);
}

uint64_t mount_refreshes(struct mount *m)
{
	return notifier_refreshes(m->context.notifier);
}

void mount_live_event(struct mount *m, const struct tree_live_change *change)
{
	struct tree_need need = { .is_live = true, .kind = change->kind };
	size_t account = strlen(change->account), region = strlen(change->region);

	/* Longer ones are none that anybody can have asked for. */
	if (account < sizeof(need.account) && region < sizeof(need.region)) {
		memcpy(need.account, change->account, account);
		memcpy(need.region, change->region, region);
		aside_wake(m->context.aside, &need);
	}
	notifier_put_live(m->context.notifier, change);
}

void mount_tell_state(struct mount *m)
{
	state_tell(&m->context, m->library);
}

void mount_tend_log(struct mount *m)
{
	log_limit_expire(&m->context.requests.limit, requests_now_ms());
}

void mount_free(struct mount *m)
{
	if (m == NULL)
		return;
	tree_serve(m->context.tree, NULL);
	if (m->context.aside != NULL)
		aside_stop(m->context.aside);
	/* Before the descriptor is closed: its number may be another file's next. */
	if (m->context.notifier != NULL &&
		!notifier_stop(m->context.notifier, NOTIFIER_END_MS))
		keeper_abort(m->keeper);
	notifier_free(m->context.notifier);
	if (m->is_mounted && !is_gone(m))
		keeper_unmount(m->keeper);
	aside_free(m->context.aside);
	loop_free(m->context.loop);
	if (m->session != NULL)
		fuse_session_destroy(m->session);
	/* Nobody answers any more. */
	handles_finish(&m->context.handles);
	requests_finish(&m->context.requests);
	buffers_finish(&m->context.buffers);
	free(m->context.crawlers);
	free(m);
}
