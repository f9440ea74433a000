#include "fs/cmd/app.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fs/cmd/known_source.h"
#include "fs/cmd/names.h"
#include "fs/cmd/place.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/resources.h"
#include "fs/cmd/say.h"
#include "fs/cmd/session.h"

enum {
	VIEW_MEMORY = 64 * 1024 * 1024,
	FRESH_SECONDS = 3600, /* where settings say "never" */
	LOOK_SECONDS = 5, /* that a command waits for a look */
	LIVE_LOOK_MS = 10, /* between two looks at what AWS is asked */
	MOUNT_NICENESS = 10, /* who reads a month goes before what reads one in */
};

struct app {
	const struct settings *settings;
	struct source source;
	struct store *store;
	atomic_bool own_stop;
	atomic_bool *stop; /* of calls to AWS */
	struct library *library;
	struct object_source *above; /* where the export itself is the source */
	struct tables *tables;
	struct resources *resources; /* NULL: none are wanted */
	struct view_cache *views;
	struct tree *tree;
	struct session *names_session; /* where the source has none */
	struct names *names;
	pthread_mutex_t lock;
	/* Guarded by lock. */
	library_listener_fn *listener;
	void *context;
	live_listener_fn *live_listener;
	void *live_context;
	bool has_tree; /* which the library's threads may call */
	unsigned calling; /* threads that are at the listener, or the tree */
	pthread_cond_t idle; /* calling became 0 */
};

static void on_event(void *context, enum library_event event, struct month_no month)
{
	struct app *a = context;

	pthread_mutex_lock(&a->lock);
	library_listener_fn *listener = a->listener;
	void *listener_context = a->context;
	struct tree *tree = a->has_tree ? a->tree : NULL;
	a->calling++;
	pthread_mutex_unlock(&a->lock);
	/* At once, and nobody else's business. */
	if (event == LIBRARY_ROOM_WANTED && tree != NULL)
		tree_let_go(tree);
	if (event != LIBRARY_ROOM_WANTED && listener != NULL)
		listener(listener_context, event, month);
	pthread_mutex_lock(&a->lock);
	if (--a->calling == 0)
		pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
}

static void on_live(void *context, enum live_event event, const char *account,
	size_t kind, const char *region)
{
	struct app *a = context;

	pthread_mutex_lock(&a->lock);
	live_listener_fn *listener = a->live_listener;
	void *listener_context = a->live_context;
	a->calling++;
	pthread_mutex_unlock(&a->lock);
	if (listener != NULL)
		listener(listener_context, event, account, kind, region);
	pthread_mutex_lock(&a->lock);
	if (--a->calling == 0)
		pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
}

/* What is known when an app opens. */
struct beginning {
	bool is_mount;
	char *identity;
	struct remembered memory;
	bool has_memory;
	struct fault away; /* why the source could not be asked */
};

static int open_store(struct app *a, bool is_mount, struct fault *why)
{
	const struct settings *s = a->settings;
	const struct store_options store = { .path = s->cache,
		.limit_bytes = s->cache_limit,
		.memory_bytes = s->memory_limit,
		.threads = s->threads,
		.niceness = is_mount ? MOUNT_NICENESS : 0 };

	return store_open(&store, &a->store, why);
}

static void forget(struct beginning *b)
{
	remembered_finish(&b->memory);
	b->has_memory = false;
}

/* What is far is not asked when it is remembered. What is near is asked first, and its
 * memory is for when it has gone. */
static int find_source(struct app *a, struct beginning *b, struct fault *why)
{
	const struct settings *s = a->settings;
	int r = source_identity(s, &b->identity, why);

	if (r < 0)
		return r;
	b->has_memory = store_recall(a->store, b->identity, &b->memory) == 0;
	if (b->has_memory && place_is_s3(b->memory.place) && !b->memory.is_doubtful)
		return known_source_open(s, &b->memory, a->stop, &a->source, why);
	struct progress *p = progress_start_text("looking for the export");
	r = source_open(s, a->stop, &a->source, &b->away);
	progress_stop(p);
	if (r == 0)
		b->away = (struct fault){ 0 };
	if (r == 0 && b->has_memory && !is_known_source(&a->source, &b->memory))
		forget(b);
	if (r < 0 && b->has_memory && b->memory.count > 0) {
		b->away.error = r;
		return known_source_open(s, &b->memory, a->stop, &a->source, why);
	}
	if (r < 0 && why)
		*why = b->away;
	return r;
}

static unsigned fresh_seconds(const struct settings *s)
{
	return s->refresh_seconds ? s->refresh_seconds : FRESH_SECONDS;
}

static bool is_fresh(const struct settings *s, const struct remembered *m)
{
	int64_t now = clock_now(clock_system()).seconds;

	return m->looked.seconds != INSTANT_NONE && m->looked.seconds <= now &&
		now - m->looked.seconds <= (int64_t)fresh_seconds(s);
}

/* For a command that is over before the next refresh would be. */
static void look_first(struct app *a)
{
	struct library_activity now;

	struct progress *p = progress_start_text("looking for new deliveries");

	library_wait_refresh(a->library, 1, LOOK_SECONDS);
	progress_stop(p);
	library_activity(a->library, &now);
	if (now.refreshes > 0 && now.refresh_fault.error == 0)
		return;
	if (now.refresh_fault.error == 0)
		fault(&now.refresh_fault, -ETIMEDOUT, "%s: no answer within %d s",
			a->source.objects->name, LOOK_SECONDS);
	say_old(&now.refresh_fault, now.looked);
}

static int open_library(struct app *a, const struct beginning *b, struct fault *why)
{
	const struct settings *s = a->settings;
	const bool has_source = b->away.error == 0;
	const bool is_known = b->has_memory && b->memory.count > 0;
	const bool looks = is_known && !(a->source.objects->is_near && has_source) &&
		(b->is_mount || !has_source || !is_fresh(s, &b->memory));
	const struct library_options library = { .source = a->source.objects,
		.store = a->store,
		.export = &a->source.export,
		.clock = clock_system(),
		.refresh_seconds = b->is_mount ? s->refresh_seconds : 0,
		.load_newest = b->is_mount,
		.identity = b->identity,
		.remembered = is_known ? &b->memory : NULL,
		.list_first = a->source.objects->is_near && has_source,
		.look_at_once = looks,
		.away = has_source ? NULL : &b->away,
		.fresh_seconds = b->is_mount ? 0 : fresh_seconds(s),
		.shows_old = b->is_mount,
		.listener = on_event,
		.context = a };
	struct progress *p = progress_start_text("listing months");
	int r = library_open(&library, &a->library, why);

	progress_stop(p);
	if (r == 0 && looks && !b->is_mount)
		look_first(a);
	return r;
}

static bool is_away(void *context)
{
	struct app *a = context;
	struct library_activity now;

	library_activity(a->library, &now);
	return now.refresh_fault.error < 0;
}

static void on_tables(void *context, bool has_names)
{
	on_event(context, has_names ? LIBRARY_TABLES_CHANGED : LIBRARY_TABLES_LOOKED,
		(struct month_no){ 0 });
}

/* Those that stand beside the export; where nobody may look there are none. */
static int open_tables(struct app *a, const struct beginning *b)
{
	struct tables_options tables = { .source = a->source.objects,
		.home = a->source.export.folder,
		.store = a->store,
		.clock = clock_system(),
		.identity = b->identity,
		.fresh_seconds = fresh_seconds(a->settings),
		.is_mount = b->is_mount,
		.is_away = is_away,
		.listener = on_tables,
		.context = a };
	char *home = NULL;
	int r = 0;

	/* The demo stands alone, and a lone month has nothing beside it. */
	if (strcmp(a->settings->source, "demo:") == 0 ||
		a->source.export.layout == EXPORT_MONTH)
		return 0;
	if (a->source.export.folder[0] == '\0') {
		r = source_open_above(a->settings, &a->source, a->stop, &a->above, &home);
		if (r < 0 && r != -ENOMEM)
			return 0;
		tables.source = a->above;
		tables.home = home;
	}
	if (r == 0)
		r = tables_open(&tables, &a->tables);
	free(home);
	return r;
}

static bool asks_organization(const struct settings *s)
{
	return s->names_from == NAMES_FROM_ORGANIZATION ||
		(s->names_from == NAMES_FROM_DEFAULT && source_is_detected(s->source));
}

static int open_names(struct app *a, const struct beginning *b)
{
	const struct settings *s = a->settings;
	struct names_options names = { .configured = s->names,
		.configured_count = s->name_count,
		.cache = s->cache,
		.identity = b->identity,
		.fresh_seconds = fresh_seconds(s),
		.repeats = b->is_mount && s->refresh_seconds > 0,
		.stop = a->stop };
	const struct session *session = a->source.session;

	if (asks_organization(s) && session == NULL &&
		session_open(s->profile, s->region, &a->names_session, NULL) == 0)
		session = a->names_session;
	if (asks_organization(s) && session != NULL) {
		names.context = session_context(session);
		names.credentials = session_credentials(session);
	}
	return names_open(&names, &a->names);
}

static int open_resources(struct app *a, const struct beginning *b, struct fault *why)
{
	const struct settings *s = a->settings;
	const struct resources_options resources = { .settings = s,
		.session = a->source.session,
		.refresh_seconds = b->is_mount ? s->refresh_seconds : fresh_seconds(s),
		.fresh_seconds = b->is_mount ? 0 : fresh_seconds(s),
		.listener = on_live,
		.context = a };

	if (!resources_are_wanted(s, a->source.session))
		return 0;
	return resources_open(&resources, &a->resources, why);
}

/* In a thread of names. The months are as they were: that tells the kernel of names. */
static void on_names(void *context, const struct account_name *names, size_t count)
{
	struct app *a = context;

	if (tree_name_accounts(a->tree, names, count) == 0)
		on_event(a, LIBRARY_MONTH_READY, library_newest(a->library));
}

static void describe_signer(void *context, struct tree_signer *ret)
{
	const struct app *a = context;
	struct credential_facts facts;

	credential_cache_look(session_credentials(a->source.session), &facts);
	*ret = (struct tree_signer){ .expires = facts.expires, .failure = facts.failure };
	memcpy(ret->source, facts.source, sizeof(ret->source));
	memcpy(ret->account_id, facts.account_id, sizeof(ret->account_id));
}

static int open_tree(struct app *a, const char *sandbox)
{
	const struct account_name *names = NULL;
	const size_t name_count = names_list(a->names, &names);

	a->views = view_cache_new(VIEW_MEMORY);
	if (a->views == NULL)
		return -ENOMEM;
	const struct tree_options tree = { .library = a->library,
		.views = a->views,
		.tables = a->tables,
		.discovery = resources_discovery(a->resources),
		.selection = &a->settings->selection,
		.clock = clock_system(),
		.names = names,
		.name_count = name_count,
		.source = a->settings->source,
		.sandbox = sandbox,
		.signer = a->source.session ? describe_signer : NULL,
		.signer_context = a,
		.uid = a->settings->uid,
		.gid = a->settings->gid };
	int r = tree_new(&tree, &a->tree);
	if (r < 0)
		return r;
	pthread_mutex_lock(&a->lock);
	a->has_tree = true;
	pthread_mutex_unlock(&a->lock);
	names_follow(a->names, on_names, a);
	return 0;
}

int app_open(const struct app_options *options, struct app **ret, struct fault *why)
{
	struct app *a = calloc(1, sizeof(*a));
	struct beginning b = { .is_mount = options->is_mount };
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->settings = options->settings;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->idle, NULL);
	a->stop = options->stop != NULL ? options->stop : &a->own_stop;
	r = open_store(a, options->is_mount, why);
	if (r == 0)
		r = find_source(a, &b, why);
	if (r == 0)
		r = open_library(a, &b, why);
	if (r == 0)
		r = open_names(a, &b);
	if (r == 0)
		r = open_tables(a, &b);
	if (r == 0)
		r = open_resources(a, &b, why);
	if (r == 0)
		r = open_tree(a, options->sandbox);
	free(b.identity);
	remembered_finish(&b.memory);
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
	app_listen_live(a, NULL, NULL);
	names_close(a->names);
	resources_close(a->resources);
	pthread_mutex_lock(&a->lock);
	a->has_tree = false;
	while (a->calling > 0)
		pthread_cond_wait(&a->idle, &a->lock);
	pthread_mutex_unlock(&a->lock);
	tree_free(a->tree);
	view_cache_free(a->views);
	/* They ask the library. */
	tables_close(a->tables);
	library_close(a->library);
	store_close(a->store);
	object_source_free(a->above);
	source_close(&a->source);
	session_close(a->names_session);
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

uint64_t app_refresh(struct app *a)
{
	/* Before it ends: who waits for a refresh waits for the library's. */
	if (a->tables != NULL) {
		tables_refresh(a->tables);
		on_tables(a, true);
	}
	if (a->resources != NULL)
		live_refresh(resources_discovery(a->resources)->live);
	return library_refresh(a->library);
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

void app_listen_live(struct app *a, live_listener_fn *fn, void *context)
{
	pthread_mutex_lock(&a->lock);
	while (a->calling > 0)
		pthread_cond_wait(&a->idle, &a->lock);
	a->live_listener = fn;
	a->live_context = context;
	pthread_mutex_unlock(&a->lock);
}

static int wait_live(struct app *a, const struct tree_need *need, const atomic_bool *stop,
	struct fault *why)
{
	while (!tree_has_news(a->tree, need)) {
		if (stop != NULL && atomic_load(stop))
			return fault(why, -ECANCELED, "stopped while AWS was asked");
		(void)poll(NULL, 0, LIVE_LOOK_MS);
	}
	return 0;
}

static int wait_month(struct app *a, const struct tree_need *need,
	const atomic_bool *stop, struct fault *why)
{
	struct progress_month shown = { a->library, need->month };
	struct progress *p = progress_start(progress_look_at_month, &shown);
	struct month *m = NULL;
	int r = need->rows
		? library_wait_rows(a->library, need->month, stop, why)
		: library_wait_sums(a->library, need->month, &need->sums, stop, &m, why);

	progress_stop(p);
	month_unref(m);
	return r;
}

int app_wait(struct app *a, const struct tree_need *need, const atomic_bool *stop,
	struct fault *why)
{
	struct progress *p;
	int r;

	if (need->month.number != 0 && need->tables == 0 && !need->is_live)
		return wait_month(a, need, stop, why);
	if (need->tables == 0 && !need->is_live)
		return 0;
	p = progress_start_text(need->tables != 0 ? "reading a table" : "asking AWS");
	r = need->tables != 0 ? tables_wait(a->tables, need->tables, stop)
			      : wait_live(a, need, stop, why);
	progress_stop(p);
	return r;
}

void app_know_cached(struct app *a)
{
	library_open_cached(a->library);
	library_wait_cached(a->library);
}

void app_know_months(struct app *a)
{
	const struct tree_need newest = { .month = library_newest(a->library) };
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
	if (r == -ENOENT && why->text[0] == '\0') {
		fault_cure(why,
			"see what there is: costfs ls SOURCE, costfs ls SOURCE %s",
			strncmp(path, "accounts", 8) == 0 ? "accounts" : "months");
		fault(why, r, "%s: no such file or directory", path);
	}
	if (r < 0 && why->text[0] == '\0')
		fault(why, r, "%s: %s", path, fault_errno_text(r));
	return r;
}
