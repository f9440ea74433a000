/* Everything wired together, from a source to a tree. */
#ifndef FS_CMD_APP_H
#define FS_CMD_APP_H

#include "fs/cmd/settings.h"

struct app;

struct app_options {
	const struct settings *settings; /* borrowed until app_close() */
	/* Ends what waits for AWS; becomes true at app_close(). NULL: app_close() alone
	   does it. Borrowed like settings. */
	atomic_bool *stop;
	/* It goes on for long: what is remembered is shown at once, whatever its age, the
	 * newest month is read in the background, and new deliveries are looked for every
	 * settings->refresh_seconds. Else that is the age up to which what is remembered
	 * is taken for true; what is older is looked for first. */
	bool is_mount;
	const char *sandbox; /* what the process is kept from, for status; or NULL */
};

/* Finds the export and lists its months, unless both are remembered; starts the library's
 * threads. With what is remembered a source that cannot be asked is no failure: commands
 * say so on stderr, and a mount in its status. 0; -ENOENT the
 * source is not there; -ENODATA no export in it, or several and none was named; -errno;
 * -ENOMEM. why says what and the cure. */
MUST_USE int app_open(
	const struct app_options *options, struct app **ret, struct fault *why);
void app_close(struct app *a);

struct library *app_library(struct app *a);
struct tree *app_tree(struct app *a);
/* Looks for new deliveries of everything, and asks again for resources that are in use,
 * in the background. Answers the number of the library's refresh. */
uint64_t app_refresh(struct app *a);
/* Events of the library go to fn from now on, NULL: to nobody. Waits for calls of the one
 * before, which must not call this. */
void app_listen(struct app *a, library_listener_fn *fn, void *context);
/* Likewise those of the live inventory. */
void app_listen_live(struct app *a, live_listener_fn *fn, void *context);

/* tree_walk(), waiting for months, with a line of progress on a terminal. stop may be
 * NULL. */
MUST_USE int app_walk(struct app *a, const char *path, const atomic_bool *stop,
	struct tree_entry *ret, struct fault *why);
/* What stands above the months says what is known of them: reads the newest one and opens
 * those that are in the cache. A month that cannot be read is no failure. */
void app_know_months(struct app *a);
/* Opens those that are in the cache, and waits for that. */
void app_know_cached(struct app *a);
/* Waits until the need is met. 0; the month's errno; -ECANCELED. Of what is live the
 * errno comes with the next call of the tree. */
MUST_USE int app_wait(struct app *a, const struct tree_need *need,
	const atomic_bool *stop, struct fault *why);

#endif
