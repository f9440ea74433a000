#include "fs/cmd/app.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/source.h"

enum { VIEW_MEMORY = 64 * 1024 * 1024 };

struct app {
	const struct settings *settings;
	struct source source;
	struct store *store;
	atomic_bool own_stop;
	atomic_bool *stop; /* of calls to AWS */
	struct library *library;
	struct view_cache *views;
	struct tree *tree;
	pthread_mutex_t lock;
	/* Guarded by lock. */
	library_listener_fn *listener;
	void *context;
	unsigned calling; /* threads that are at the listener */
	pthread_cond_t idle; /* calling became 0 */
};

static void on_event(void *context, enum library_event event, struct month_no month)
{
	struct app *a = context;

	pthread_mutex_lock(&a->lock);
	library_listener_fn *listener = a->listener;
	void *listener_context = a->context;
	a->calling++;
	pthread_mutex_unlock(&a->lock);
	if (listener != NULL)
		listener(listener_context, event, month);
	pthread_mutex_lock(&a->lock);
	if (--a->calling == 0)
		pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
}

static int open_library(struct app *a, bool load_newest, struct fault *why)
{
	const struct settings *s = a->settings;
	const struct store_options store = {
		.path = s->cache, .limit_bytes = s->cache_limit, .threads = s->threads
	};
	int r = store_open(&store, &a->store, why);

	if (r < 0)
		return r;
	const struct library_options library = { .source = a->source.objects,
		.store = a->store,
		.export = &a->source.export,
		.clock = clock_system(),
		.refresh_seconds = s->refresh_seconds,
		.load_newest = load_newest,
		.listener = on_event,
		.context = a };
	return library_open(&library, &a->library, why);
}

static int open_tree(struct app *a)
{
	a->views = view_cache_new(VIEW_MEMORY);
	if (a->views == NULL)
		return -ENOMEM;
	const struct tree_options tree = { .library = a->library,
		.views = a->views,
		.selection = &a->settings->selection,
		.clock = clock_system(),
		.names = a->settings->names,
		.name_count = a->settings->name_count,
		.source = a->settings->source,
		.uid = getuid(),
		.gid = getgid() };
	return tree_new(&tree, &a->tree);
}

int app_open(const struct app_options *options, struct app **ret, struct fault *why)
{
	struct app *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->settings = options->settings;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->idle, NULL);
	a->stop = options->stop != NULL ? options->stop : &a->own_stop;
	r = source_open(a->settings, a->stop, &a->source, why);
	if (r == 0)
		r = open_library(a, options->load_newest, why);
	if (r == 0)
		r = open_tree(a);
	if (r < 0) {
		app_close(a);
		return r;
	}
	*ret = a;
	return 0;
}

void app_close(struct app *a)
{
	if (a == NULL)
		return;
	atomic_store(a->stop, true);
	/* The tree and the views hold months, which the store must outlive. */
	app_listen(a, NULL, NULL);
	tree_free(a->tree);
	view_cache_free(a->views);
	library_close(a->library);
	store_close(a->store);
	source_close(&a->source);
	pthread_cond_destroy(&a->idle);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

struct library *app_library(struct app *a)
{
	return a->library;
}

struct tree *app_tree(struct app *a)
{
	return a->tree;
}

void app_listen(struct app *a, library_listener_fn *fn, void *context)
{
	pthread_mutex_lock(&a->lock);
	/* The old one's context may be freed as soon as this is done. */
	while (a->calling > 0)
		pthread_cond_wait(&a->idle, &a->lock);
	a->listener = fn;
	a->context = context;
	pthread_mutex_unlock(&a->lock);
}

int app_wait(struct app *a, const struct tree_need *need, const atomic_bool *stop,
	struct fault *why)
{
	struct month *m = NULL;

	if (need->month.number == 0)
		return 0;
	struct progress *p = progress_start(a->library, need->month);
	int r = library_wait(a->library, need->month, stop, &m, why);
	progress_stop(p);
	month_unref(m);
	return r;
}

void app_know_months(struct app *a)
{
	const struct tree_need newest = { library_newest(a->library) };
	struct fault why = { 0 };

	library_open_cached(a->library);
	if (app_wait(a, &newest, a->stop, &why) < 0)
		log_line(LOG_LEVEL_DEBUG, "%s", why.text);
	library_wait_cached(a->library);
}

int app_walk(struct app *a, const char *path, const atomic_bool *stop,
	struct tree_entry *ret, struct fault *why)
{
	struct tree_need need;
	int r;

	while ((r = tree_walk(a->tree, span_of(path), true, ret, &need, why)) ==
		-EAGAIN) {
		r = app_wait(a, &need, stop, why);
		if (r < 0)
			break;
	}
	if (r == -ENOENT && why->text[0] == '\0')
		fault(why, r, "%s: no such file or directory", path);
	return r;
}
