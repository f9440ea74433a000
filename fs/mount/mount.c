#include "fs/mount/mount.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/mount/notify.h"
#include "fs/mount/ops.h"

/* Nothing blocks in them. */
enum { SESSION_THREADS = 4, OPTIONS_MAX = 4096, NOTIFIER_END_MS = 200 };

struct mount {
	char *mountpoint;
	struct ops_context context;
	struct fuse_session *session;
	struct notifier *notifier;
	bool is_mounted;
	pthread_t runner;
	atomic_bool is_running, is_stopping;
};

/* A source may hold anything; commas and backslashes would end the option. */
static int append_source(struct buf *options, const char *source)
{
	int r = buf_append_text(options, "fsname=");

	for (; r == 0 && *source != '\0'; source++) {
		if (*source == ',' || *source == '\\')
			r = buf_append_byte(options, '\\');
		if (r == 0)
			r = buf_append_byte(options, *source);
	}
	return r;
}

static int new_session(const struct mount_options *o, struct mount *m)
{
	struct buf options = BUF_INIT(OPTIONS_MAX);
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = buf_append_text(&options,
		"ro,nosuid,nodev,noexec,noatime,default_permissions,subtype=costfs,");

	if (r == 0 && o->allow_other)
		r = buf_append_text(&options, "allow_other,");
	if (r == 0 && o->debug)
		r = buf_append_text(&options, "debug,");
	if (r == 0)
		r = append_source(&options, o->source);
	if (r < 0 || fuse_opt_add_arg(&args, "costfs") < 0 ||
		fuse_opt_add_arg(&args, "-o") < 0 ||
		fuse_opt_add_arg(&args, buf_text(&options)) < 0) {
		r = -ENOMEM;
		goto out;
	}
	m->session = fuse_session_new(
		&args, ops_table(), sizeof(struct fuse_lowlevel_ops), &m->context);
	r = m->session == NULL ? -ENOMEM : 0;
out:
	fuse_opt_free_args(&args);
	buf_finish(&options);
	return r;
}

/* Of a daemon that is gone the kernel still answers stat() from what it remembers;
 * statvfs() is always asked of the daemon. */
static int look_at(const char *path, struct stat *ret)
{
	struct statvfs fs;

	if (mount_is_ours(path) && statvfs(path, &fs) < 0)
		return -errno;
	return stat(path, ret) < 0 ? -errno : 0;
}

/* A daemon that died leaves a mount on which every call fails with ENOTCONN. */
static int clear_mountpoint(const char *path, struct fault *why)
{
	struct stat st = { 0 };
	int r = look_at(path, &st);

	if ((r == -ENOTCONN || r == -ECONNABORTED) && mount_is_ours(path)) {
		r = mount_remove(path, true, why);
		if (r < 0)
			return r;
		r = look_at(path, &st);
	}
	if (r == -ENOENT)
		fault_cure(why, "make it: mkdir -p %s", path);
	if (r < 0)
		return fault(why, r, "mount point %s: %s", path, fault_errno_text(r));
	if (!S_ISDIR(st.st_mode))
		return fault(why, -ENOTDIR, "mount point %s: not a directory", path);
	if (mount_is_ours(path)) {
		fault_cure(why, "use it, or: costfs umount %s", path);
		return fault(why, -EBUSY,
			"mount point %s: costfs is mounted here already", path);
	}
	return 0;
}

static int mount_session(struct mount *m, struct fault *why)
{
	if (access("/dev/fuse", F_OK) < 0) {
		fault_cure(why,
			"load it (modprobe fuse), give the container --device /dev/fuse, "
			"or "
			"read without a mount: costfs ls, costfs cat");
		return fault(why, -ENODEV, "/dev/fuse is not there");
	}
	if (fuse_session_mount(m->session, m->mountpoint) != 0) {
		fault_cure(why,
			"what the line above says; --allow-other needs user_allow_other "
			"in "
			"/etc/fuse.conf");
		return fault(why, -EPERM, "cannot mount on %s", m->mountpoint);
	}
	m->is_mounted = true;
	return 0;
}

int mount_new(const struct mount_options *o, struct mount **ret, struct fault *why)
{
	struct mount *m = calloc(1, sizeof(*m));
	int r = -ENOMEM;

	if (m == NULL)
		return r;
	m->context.tree = o->tree;
	handles_init(&m->context.handles);
	m->mountpoint = strdup(o->mountpoint);
	if (m->mountpoint == NULL)
		goto fail;
	r = clear_mountpoint(m->mountpoint, why);
	if (r == 0)
		r = new_session(o, m);
	if (r == 0)
		r = aside_new(o->tree, o->library, &m->context.aside);
	if (r == 0)
		r = notifier_new(o->tree, m->session, &m->notifier);
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

static void on_kick(int signal)
{
	(void)signal;
}

int mount_run(struct mount *m)
{
	struct sigaction kick = { .sa_handler = on_kick };
	struct fuse_loop_config *config = fuse_loop_cfg_create();

	if (config == NULL)
		return -ENOMEM;
	sigaction(SIGUSR2, &kick, NULL);
	fuse_loop_cfg_set_max_threads(config, SESSION_THREADS);
	fuse_loop_cfg_set_idle_threads(config, SESSION_THREADS);
	m->runner = pthread_self();
	atomic_store(&m->is_running, true);
	int r = atomic_load(&m->is_stopping) ? 0
					     : fuse_session_loop_mt(m->session, config);
	atomic_store(&m->is_running, false);
	fuse_loop_cfg_destroy(config);
	aside_stop(m->context.aside);
	return r < 0 && !fuse_session_exited(m->session) ? r : 0;
}

void mount_stop(struct mount *m)
{
	atomic_store(&m->is_stopping, true);
	fuse_session_exit(m->session);
	/* The loop waits in sem_wait(), which only a signal ends. */
	if (atomic_load(&m->is_running))
		pthread_kill(m->runner, SIGUSR2);
}

void mount_event(struct mount *m, enum library_event event, struct month_no month)
{
	const struct tree_need need = { .month = month };

	aside_wake(m->context.aside, &need);
	notifier_put(m->notifier, event, month);
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
	notifier_put_live(m->notifier, change);
}

void mount_free(struct mount *m)
{
	if (m == NULL)
		return;
	if (m->context.aside != NULL)
		aside_stop(m->context.aside);
	/* Before the descriptor is closed: its number may be another file's next. */
	if (m->notifier != NULL && !notifier_stop(m->notifier, NOTIFIER_END_MS))
		mount_abort(m->mountpoint);
	notifier_free(m->notifier);
	if (m->is_mounted)
		fuse_session_unmount(m->session);
	aside_free(m->context.aside);
	if (m->session != NULL)
		fuse_session_destroy(m->session);
	/* Nobody answers any more. */
	handles_finish(&m->context.handles);
	free(m->mountpoint);
	free(m);
}
