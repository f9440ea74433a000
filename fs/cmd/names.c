#include "fs/cmd/names.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/export/organization.h"
#include "base/condition.h"
#include "base/log.h"
#include "fs/cmd/names_file.h"

struct names {
	struct names_options o;
	char *identity;
	pthread_t thread;
	bool has_thread;
	struct names_table
		remembered; /* the organization's; of the thread, once it runs */
	struct instant asked;
	/* Before lock; held over the listener, so that it is told one after another. now
	 * changes with both only. */
	pthread_mutex_t telling;
	names_listener_fn *listener; /* guarded by telling, as the next */
	void *listener_context;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	struct names_table now; /* merged */
	struct names_table before; /* what names_list() answered, if it is not now */
	bool was_listed, is_news;
	bool has_answer; /* the first question is over */
	bool is_closing;
};

static int add_account(void *context, const char *id, const char *name)
{
	return names_table_add(context, id, name);
}

static int ask_organization(
	const struct names *n, struct names_table *ret, struct fault *why)
{
	const struct client_options options = { .context = n->o.context,
		.credentials = n->o.credentials,
		.service = AWS_ORGANIZATIONS };
	struct client *client = NULL;
	int r = client_new(&options, &client, why);

	if (r == 0)
		r = organization_accounts(client, n->o.stop, add_account, ret, why);
	client_free(client);
	return r;
}

static bool are_equal(const struct names_table *a, const struct names_table *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].id, b->items[i].id) != 0 ||
			strcmp(a->items[i].name, b->items[i].name) != 0)
			return false;
	return true;
}

/* Takes merged. What it replaces stays as long as somebody may have it. */
static void change(struct names *n, struct names_table *merged)
{
	struct names_table old;

	pthread_mutex_lock(&n->telling);
	pthread_mutex_lock(&n->lock);
	old = n->now;
	n->now = *merged;
	n->is_news = n->listener == NULL;
	if (n->is_news && n->was_listed && n->before.items == NULL) {
		n->before = old;
		old = (struct names_table){ 0 };
	}
	pthread_mutex_unlock(&n->lock);
	if (n->listener)
		n->listener(n->listener_context, n->now.items, n->now.count);
	pthread_mutex_unlock(&n->telling);
	names_table_finish(&old);
}

/* Takes found. */
static void take(struct names *n, struct names_table *found)
{
	struct names_table merged = { 0 };

	names_table_finish(&n->remembered);
	n->remembered = *found;
	if (names_table_merge(n->o.configured, n->o.configured_count, found, &merged) < 0)
		return;
	if (are_equal(&merged, &n->now))
		names_table_finish(&merged);
	else
		change(n, &merged);
}

/* It says no, and will say so tomorrow. */
static bool is_final(int error)
{
	return error == -EACCES || error == -EREMOTEIO || error == -EINVAL ||
		error == -ENOENT;
}

static void ask(struct names *n)
{
	struct names_table found = { 0 };
	struct fault why = { 0 };
	int r = ask_organization(n, &found, &why);

	n->asked = clock_now(clock_system());
	if (r == 0)
		take(n, &found);
	else
		names_table_finish(&found);
	if (r < 0)
		log_line(LOG_LEVEL_DEBUG,
			"accounts go without the organization's names: "
			"%s",
			why.text);
	if ((r == 0 || is_final(r)) &&
		names_save(n->o.cache, n->identity, &n->remembered, n->asked) < 0)
		log_line(LOG_LEVEL_DEBUG, "names of accounts were not remembered");
}

static void deadline_of(unsigned wait_ms, struct timespec *ret)
{
	(void)clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_sec += wait_ms / 1000;
	ret->tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (ret->tv_nsec >= 1000000000) {
		ret->tv_nsec -= 1000000000;
		ret->tv_sec++;
	}
}

/* False: it is closed. */
static bool sleep_for(struct names *n, unsigned seconds)
{
	struct timespec end;
	bool goes_on;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	pthread_mutex_lock(&n->lock);
	while (!n->is_closing &&
		pthread_cond_timedwait(&n->changed, &n->lock, &end) != ETIMEDOUT)
		;
	goes_on = !n->is_closing;
	pthread_mutex_unlock(&n->lock);
	return goes_on;
}

static bool is_fresh(const struct names *n)
{
	int64_t now = clock_now(clock_system()).seconds;

	return n->asked.seconds != INSTANT_NONE && n->asked.seconds <= now &&
		now - n->asked.seconds <= (int64_t)n->o.fresh_seconds;
}

static void *run(void *context)
{
	struct names *n = context;

	if (is_fresh(n) && !sleep_for(n, n->o.fresh_seconds))
		return NULL;
	do {
		ask(n);
		pthread_mutex_lock(&n->lock);
		n->has_answer = true;
		pthread_cond_broadcast(&n->changed);
		pthread_mutex_unlock(&n->lock);
	} while (n->o.repeats && sleep_for(n, n->o.fresh_seconds));
	return NULL;
}

/* A first mount shows names at once, unless they take longer. */
static void await_answer(struct names *n)
{
	struct timespec end;

	deadline_of(NAMES_WAIT_MS, &end);
	pthread_mutex_lock(&n->lock);
	while (!n->has_answer &&
		pthread_cond_timedwait(&n->changed, &n->lock, &end) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&n->lock);
}

/* Signals are for who called main(). */
static bool start(struct names *n)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	n->has_thread = pthread_create(&n->thread, NULL, run, n) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return n->has_thread;
}

static int begin(struct names *n)
{
	bool is_known =
		names_load(n->o.cache, n->identity, &n->remembered, &n->asked) == 0;
	int r = names_table_merge(
		n->o.configured, n->o.configured_count, &n->remembered, &n->now);

	if (r < 0 || (is_fresh(n) && !n->o.repeats))
		return r;
	if (!start(n))
		return -EAGAIN;
	if (!is_known)
		await_answer(n);
	return 0;
}

int names_open(const struct names_options *options, struct names **ret)
{
	struct names *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->o = *options;
	n->asked.seconds = INSTANT_NONE;
	pthread_mutex_init(&n->telling, NULL);
	pthread_mutex_init(&n->lock, NULL);
	r = condition_init(&n->changed);
	if (r < 0) {
		free(n);
		return r;
	}
	n->identity = strdup(options->identity);
	if (!n->identity)
		r = -ENOMEM;
	else if (options->context)
		r = begin(n);
	else
		r = names_table_merge(options->configured, options->configured_count,
			&n->remembered, &n->now);
	if (r < 0) {
		names_close(n);
		return r;
	}
	*ret = n;
	return 0;
}

void names_close(struct names *n)
{
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->is_closing = true;
	pthread_cond_broadcast(&n->changed);
	pthread_mutex_unlock(&n->lock);
	if (n->has_thread)
		pthread_join(n->thread, NULL);
	names_table_finish(&n->remembered);
	names_table_finish(&n->now);
	names_table_finish(&n->before);
	pthread_cond_destroy(&n->changed);
	pthread_mutex_destroy(&n->lock);
	pthread_mutex_destroy(&n->telling);
	free(n->identity);
	free(n);
}

size_t names_list(struct names *n, const struct account_name **ret)
{
	size_t count;

	pthread_mutex_lock(&n->lock);
	n->was_listed = true;
	n->is_news = false;
	*ret = n->now.items;
	count = n->now.count;
	pthread_mutex_unlock(&n->lock);
	return count;
}

void names_follow(struct names *n, names_listener_fn *fn, void *context)
{
	bool is_news;

	pthread_mutex_lock(&n->telling);
	pthread_mutex_lock(&n->lock);
	is_news = n->is_news;
	n->is_news = false;
	pthread_mutex_unlock(&n->lock);
	n->listener = fn;
	n->listener_context = context;
	if (is_news)
		fn(context, n->now.items, n->now.count);
	pthread_mutex_unlock(&n->telling);
}
