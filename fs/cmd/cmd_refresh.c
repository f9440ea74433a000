/* costfs refresh: a daemon is told to look for new deliveries, and waited for. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "fs/cmd/command.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"

enum { WAIT_MS = 100, PROC_BYTES = 64 * 1024, ERRNO_MAX = 4095 };

/* What the daemon is doing, for the line of progress. */
struct seen {
	pthread_mutex_t lock;
	struct progress_state state; /* guarded by lock */
};

static void look_at_seen(void *context, struct progress_state *ret)
{
	struct seen *s = context;

	pthread_mutex_lock(&s->lock);
	*ret = s->state;
	pthread_mutex_unlock(&s->lock);
}

/* 0 for what is no number, too. */
static uint64_t number_of(const struct json *object, const char *name)
{
	int64_t n = 0;

	return json_integer(json_member(object, name), &n) == 0 && n > 0 ? (uint64_t)n
									 : 0;
}

/* The newest month that is read; the figures are 0 of all others. */
static void see(struct seen *seen, const struct json *status)
{
	const struct json *m = json_first(json_member(status, "months"));
	struct progress_state s = { .what = "looking for new deliveries" };
	struct month_no month;
	char text[MONTH_TEXT];

	for (; m != NULL; m = json_next(m)) {
		const char *name = json_member_text(m, "month");
		uint64_t total = number_of(m, "bytes_total");

		/* A daemon is not asked what may go to the terminal. */
		if (total == 0 || name == NULL || month_parse(span_of(name), &month) < 0)
			continue;
		month_format(month, text);
		snprintf(s.what, sizeof(s.what), "reading %.*s", MONTH_TEXT, text);
		s.bytes_total = total;
		s.bytes_done = number_of(m, "bytes_done");
		s.lines_done = number_of(m, "rows_done");
	}
	pthread_mutex_lock(&seen->lock);
	seen->state = s;
	pthread_mutex_unlock(&seen->lock);
}

/* Also of a process that is not dumpable, whose files in /proc are root's. */
static int uid_of(pid_t pid, uid_t *ret)
{
	struct buf text = BUF_INIT(PROC_BYTES);
	char path[64];
	uint64_t uid = 0;
	int r;

	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	r = io_read_file(AT_FDCWD, path, &text);
	if (r == 0) {
		struct span rest = buf_span(&text), line, real = { 0 };

		while (span_split(&rest, '\n', &line))
			if (span_starts(line, SPAN("Uid:\t")))
				real = span_from(line, sizeof("Uid:\t") - 1);
		r = span_parse_u64(
			span_first(real, span_find(real, '\t')), UINT32_MAX, &uid);
	}
	if (r == 0)
		*ret = (uid_t)uid;
	buf_finish(&text);
	return r;
}

/* It is the mount that says which process is its daemon, and who asks may be root. */
static int check_owner(const char *root, pid_t pid, struct fault *why)
{
	uid_t owner = 0, runs_as = 0;
	int r = mounted_owner(root, &owner);

	if (r == 0)
		r = uid_of(pid, &runs_as);
	if (r == 0 && owner != runs_as)
		r = -EPERM;
	if (r == -EPERM)
		return fault(why, r,
			"%s: process %lld is not one of the user that mounted it", root,
			(long long)pid);
	return r < 0 ? fault(why, r, "%s: its daemon (pid %lld) is not there: %s", root,
			       (long long)pid, fault_errno_text(r))
		     : 0;
}

static int tell(const char *root, uint64_t pid, struct fault *why)
{
	int r = pid > 0 && pid <= INT32_MAX
		? check_owner(root, (pid_t)pid, why)
		: fault(why, -EBADMSG, "%s/.costfs/status.json has no pid", root);

	if (r < 0 || kill((pid_t)pid, SIGHUP) == 0)
		return r;
	return fault(why, -errno, "%s: its daemon (pid %" PRIu64 ") takes no signal: %s",
		root, pid, fault_errno_text(errno));
}

/* What is shown may be older than what there is: nobody could be asked. */
static int check_looked(const char *root, const struct json *status, struct fault *why)
{
	const struct json *error = json_member(status, "refresh_error");
	const char *text = json_member_text(error, "text");
	const char *cure = json_member_text(error, "cure");
	int64_t number = 0;

	if (json_integer(json_member(error, "errno"), &number) < 0 || number <= 0 ||
		number > ERRNO_MAX)
		return 0;
	fault_cure(why, "%s", cure != NULL ? cure : "");
	return fault(why, -(int)number, "%s: %s", root,
		text != NULL ? text : fault_errno_text(-(int)number));
}

/* Until it has looked, and rebuilt what had changed. One that is under way may have
 * looked before what is wanted came. */
static int await(const char *root, uint64_t number, struct seen *seen, struct fault *why)
{
	struct progress *p = progress_start(look_at_seen, seen);
	uint64_t now = 0;
	int r = 0;

	while (r == 0 && now < number) {
		struct json *status = NULL;

		(void)poll(NULL, 0, WAIT_MS);
		r = atomic_load(interrupt_flag())
			? fault(why, -ECANCELED, "%s: not waited for", root)
			: mounted_status(root, &status, why);
		if (r == 0) {
			now = number_of(status, "refreshes");
			see(seen, status);
		}
		if (r == 0 && now >= number)
			r = check_looked(root, status, why);
		json_free(status);
	}
	progress_stop(p);
	return r;
}

static int refresh(const char *root)
{
	struct seen seen = { .state = { .what = "looking for new deliveries" } };
	struct json *status = NULL;
	struct fault why = { 0 };
	uint64_t pid = 0, next = 0;
	int r = mounted_status(root, &status, &why);

	if (r == 0) {
		pid = number_of(status, "pid");
		next = number_of(status, "next_refresh");
		if (next == 0)
			r = fault(&why, -EBADMSG,
				"%s/.costfs/status.json has no next_refresh", root);
	}
	json_free(status);
	if (r == 0)
		r = tell(root, pid, &why);
	pthread_mutex_init(&seen.lock, NULL);
	if (r == 0)
		r = await(root, next, &seen, &why);
	pthread_mutex_destroy(&seen.lock);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

static int refresh_all(void)
{
	char **all = mounted_all();
	struct fault none = { 0 };
	int status = EXIT_DONE;

	if (all == NULL || all[0] == NULL) {
		fault_cure(&none, "mount one: costfs mount SOURCE DIR");
		fault(&none, -ENOENT, "no costfs is mounted");
		status = say_fault(&none, -ENOENT);
	}
	for (char **root = all; root != NULL && *root != NULL; root++) {
		if (refresh(*root) != EXIT_DONE)
			status = EXIT_FAILED;
		free(*root);
	}
	free(all);
	return status;
}

int command_refresh(const struct arguments *a)
{
	if (a->count == 0)
		return refresh_all();
	char *root = mounted_root(a->positional[0]);
	if (root == NULL)
		return EXIT_FAILED;
	int status = refresh(root);
	free(root);
	return status;
}
