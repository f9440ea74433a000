#include "live_case.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct instant fake_now(const struct clock *c)
{
	const struct live_clock *f = (const struct live_clock *)(const void *)c;

	return (struct instant){ atomic_load(&f->now) };
}

static uint64_t fake_ms(const struct clock *c)
{
	const struct live_clock *f = (const struct live_clock *)(const void *)c;

	return atomic_load(&f->ms);
}

static const struct clock_ops fake_clock_ops = { fake_now, fake_ms };

static const struct live_answer usual = { .state = "running" };

static bool fits(const char *wanted, const char *seen)
{
	return !wanted || strcmp(wanted, seen) == 0;
}

/* With the lock. */
static const struct live_answer *answer_of(
	const struct live_case *c, const char *account, const char *region)
{
	for (size_t i = 0; i < LIVE_CASE_ANSWERS; i++) {
		const struct live_answer *a = &c->answers[i];

		if ((a->error < 0 || a->hangs || a->state || a->regions) &&
			fits(a->account, account) && fits(a->region, region))
			return a;
	}
	return &usual;
}

static struct timespec soon(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static int begin(struct live_case *c, const char *account, const char *region,
	const atomic_bool *stop, struct live_answer *ret)
{
	int r = 0;

	pthread_mutex_lock(&c->lock);
	c->calls++;
	if (++c->calling > c->calling_most)
		c->calling_most = c->calling;
	pthread_cond_broadcast(&c->changed);
	while (answer_of(c, account, region)->hangs && !atomic_load(stop)) {
		const struct timespec t = soon(5);

		pthread_cond_timedwait(&c->changed, &c->lock, &t);
	}
	*ret = *answer_of(c, account, region);
	if (ret->hangs)
		r = -ECANCELED;
	c->calling--;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return r < 0 ? r : ret->error;
}

static int fake_regions(void *context, const char *account, const atomic_bool *stop,
	struct buf *ret, struct fault *why)
{
	struct live_answer a;
	int r = begin(context, account, "", stop, &a);

	if (r < 0)
		return fault(why, r, "as told");
	if (!a.regions)
		a.regions = "eu-west-1\nus-east-1\n";
	buf_clear(ret);
	r = buf_append_text(ret, a.regions);
	for (size_t i = 0; r == 0 && i < ret->len; i++)
		if (ret->p[i] == '\n')
			ret->p[i] = '\0';
	return r;
}

static int add_item(struct inventory_builder *b, const char *id, const struct span *json,
	const char *state)
{
	const struct inventory_item item = {
		.text = { [INVENTORY_ID] = span_of(id),
			[INVENTORY_STATE] = span_of(state) },
		.json = *json,
	};

	return inventory_builder_add(b, &item);
}

/* NOLINTNEXTLINE(readability-function-size): as in fs/live/live.h */
static int fake_list(void *context, const char *account, size_t kind, const char *region,
	const atomic_bool *stop, struct inventory **ret, struct fault *why)
{
	static const char big[LIVE_CASE_BIG];
	struct live_case *c = context;
	struct inventory_builder *b;
	struct live_answer a;
	struct span json = SPAN("{}");
	int r = begin(c, account, region, stop, &a);

	(void)kind;
	if (r < 0)
		return r == -ENOTSUP ? r : fault(why, r, "as told");
	if (a.is_big)
		json = (struct span){ big, sizeof(big) };
	b = inventory_builder_new(clock_now(&c->clock.clock));
	if (!b)
		return -ENOMEM;
	r = add_item(b, "i-1", &json, a.state ? a.state : "running");
	if (r == 0)
		r = add_item(b, "i-2", &json, "running");
	if (r == 0)
		r = inventory_builder_finish(b, ret);
	if (r < 0)
		inventory_builder_free(b);
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): as in fs/live/live.h */
static int fake_metrics(void *context, const char *account, const char *region,
	const char *instance, const atomic_bool *stop, struct buf *ret, struct fault *why)
{
	struct live_case *c = context;
	struct live_answer a;
	int r = begin(c, account, instance, stop, &a);

	(void)region;
	if (r < 0)
		return r == -ENOTSUP ? r : fault(why, r, "%s as told", instance);
	if (a.lacks)
		fault(why, -EACCES, "%s", a.lacks);
	return buf_appendf(ret, "%s\n", a.state ? a.state : "time");
}

static uint64_t fake_metrics_calls(void *context, const char *account)
{
	return strcmp(account, ACCOUNT) == 0 ? live_case_calls(context) : 0;
}

static const struct live_ops fake_ops = { fake_regions, fake_list, fake_metrics,
	fake_metrics_calls };

static void listen(void *context, enum live_event event, const char *account, size_t kind,
	const char *region)
{
	struct live_case *c = context;

	(void)account;
	(void)kind;
	pthread_mutex_lock(&c->lock);
	switch (event) {
	case LIVE_LISTED:
		c->listed++;
		break;
	case LIVE_CHANGED:
		c->changes++;
		break;
	}
	snprintf(c->last_region, sizeof(c->last_region), "%s", region);
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

static size_t kind_of(struct span service, struct span type)
{
	size_t kind = 0;

	assert_int_equal(resource_kind_find(service, type, &kind), 0);
	return kind;
}

int live_case_setup(void **state)
{
	struct live_case *c = calloc(1, sizeof(*c));

	snprintf(c->root, sizeof(c->root), "/tmp/test_live-XXXXXX");
	assert_non_null(mkdtemp(c->root));
	c->clock.clock.ops = &fake_clock_ops;
	atomic_store(&c->clock.ms, 1000000);
	atomic_store(&c->clock.now, LIVE_CASE_NOW);
	c->instances = kind_of(SPAN("ec2"), SPAN("instances"));
	c->volumes = kind_of(SPAN("ec2"), SPAN("volumes"));
	c->users = kind_of(SPAN("iam"), SPAN("users"));
	c->options = (struct live_options){ .ops = &fake_ops,
		.context = c,
		.cache_dir = c->root,
		.identity = "profile payer",
		.clock = &c->clock.clock,
		.refresh_seconds = 3600,
		.listener = listen,
		.listener_context = c };
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	*state = c;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int live_case_teardown(void **state)
{
	struct live_case *c = *state;

	live_case_close(c);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	assert_int_equal(nftw(c->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(c);
	return 0;
}

void live_case_open(struct live_case *c)
{
	struct fault why = { 0 };

	assert_null(c->live);
	assert_int_equal(live_open(&c->options, &c->live, &why), 0);
	assert_string_equal(why.text, "");
}

void live_case_close(struct live_case *c)
{
	live_close(c->live);
	c->live = NULL;
}

void live_case_answer(struct live_case *c, size_t at, struct live_answer answer)
{
	pthread_mutex_lock(&c->lock);
	c->answers[at] = answer;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void live_case_pass(struct live_case *c, unsigned seconds)
{
	atomic_fetch_add(&c->clock.ms, seconds * UINT64_C(1000));
	atomic_fetch_add(&c->clock.now, (int64_t)seconds);
}

static unsigned get(struct live_case *c, const unsigned *number)
{
	unsigned n;

	pthread_mutex_lock(&c->lock);
	n = *number;
	pthread_mutex_unlock(&c->lock);
	return n;
}

static void await(struct live_case *c, const unsigned *number, unsigned count)
{
	const struct timespec t = soon(LIVE_PATIENCE_MS);
	unsigned n;
	int r = 0;

	pthread_mutex_lock(&c->lock);
	while (*number < count && r == 0)
		r = pthread_cond_timedwait(&c->changed, &c->lock, &t);
	n = *number;
	pthread_mutex_unlock(&c->lock);
	if (n < count)
		fail_msg("%u came of %u", n, count);
}

unsigned live_case_calls(struct live_case *c)
{
	return get(c, &c->calls);
}

unsigned live_case_calling(struct live_case *c)
{
	return get(c, &c->calling);
}

unsigned live_case_calling_most(struct live_case *c)
{
	return get(c, &c->calling_most);
}

unsigned live_case_listed(struct live_case *c)
{
	return get(c, &c->listed);
}

unsigned live_case_changes(struct live_case *c)
{
	return get(c, &c->changes);
}

void live_case_await_calls(struct live_case *c, unsigned count)
{
	await(c, &c->calls, count);
}

void live_case_await_calling(struct live_case *c, unsigned count)
{
	await(c, &c->calling, count);
}

void live_case_await_listed(struct live_case *c, unsigned count)
{
	await(c, &c->listed, count);
}

void live_case_await_changes(struct live_case *c, unsigned count)
{
	await(c, &c->changes, count);
}

static bool is_loading(struct live_case *c)
{
	struct live_status *all = NULL;
	ssize_t count = live_states(c->live, NULL, &all);
	bool any = false;

	assert_true(count >= 0);
	for (ssize_t i = 0; i < count; i++)
		any |= all[i].is_loading;
	free(all);
	return any;
}

void live_case_await_rest(struct live_case *c)
{
	for (int i = 0; i < LIVE_PATIENCE_MS; i++) {
		if (!is_loading(c))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	fail_msg("it does not come to rest");
}

int live_case_list(
	struct live_case *c, const char *account, const char *region, bool load)
{
	struct inventory *v = NULL;
	int r = live_list(c->live, account, c->instances, region, load, &v, NULL);

	assert_true((r == 0) == (v != NULL));
	inventory_unref(v);
	return r;
}

int live_case_load(struct live_case *c, const char *account, const char *region)
{
	unsigned before = live_case_listed(c);
	int r = live_case_list(c, account, region, true);

	if (r != -EAGAIN)
		return r;
	live_case_await_listed(c, before + 1);
	return live_case_list(c, account, region, true);
}

int live_case_known(struct live_case *c, const char *account, const char *region)
{
	struct inventory *v = NULL;
	int r = live_known(c->live, account, c->instances, region, &v);

	assert_true((r == 0) == (v != NULL));
	inventory_unref(v);
	return r;
}

void live_case_assert_state(
	struct live_case *c, const char *account, const char *region, const char *state)
{
	struct inventory *v = NULL;
	struct span seen;

	assert_int_equal(live_known(c->live, account, c->instances, region, &v), 0);
	seen = inventory_text(v, 0, INVENTORY_STATE);
	if (!span_eq(seen, span_of(state)))
		fail_msg("%s: \"%.*s\"", state, SPAN_ARG(seen));
	inventory_unref(v);
}

int live_case_metrics(struct live_case *c, const char *region, const char *instance,
	bool load, char ret_text[LIVE_CASE_TEXT])
{
	struct inventory *v = NULL;
	int r = live_metrics(c->live, ACCOUNT, region, instance, load, &v, NULL);

	assert_true((r == 0) == (v != NULL));
	if (ret_text)
		ret_text[0] = '\0';
	if (r == 0 && ret_text)
		snprintf(
			ret_text, LIVE_CASE_TEXT, "%.*s", SPAN_ARG(inventory_json(v, 0)));
	inventory_unref(v);
	return r;
}

int live_case_measure(struct live_case *c, const char *region, const char *instance)
{
	unsigned before = live_case_listed(c);
	int r = live_case_metrics(c, region, instance, true, NULL);

	if (r != -EAGAIN)
		return r;
	live_case_await_listed(c, before + 1);
	return live_case_metrics(c, region, instance, true, NULL);
}

struct live_status live_case_status(
	struct live_case *c, const char *account, size_t kind, const char *region)
{
	struct live_status *all = NULL, found = { 0 };
	ssize_t count = live_states(c->live, account, &all);

	assert_true(count >= 0);
	for (ssize_t i = 0; i < count; i++)
		if (all[i].kind == kind && strcmp(all[i].region, region) == 0)
			found = all[i];
	free(all);
	assert_string_equal(found.account, account);
	return found;
}

static unsigned scan(struct live_case *c, char *ret, size_t size)
{
	char folder[128];
	const struct dirent *d;
	unsigned count = 0;
	DIR *stream;

	snprintf(folder, sizeof(folder), "%s/v1/live", c->root);
	stream = opendir(folder);
	assert_non_null(stream);
	while ((d = readdir(stream)))
		if (d->d_name[0] != '.') {
			count++;
			snprintf(ret, size, "%s/%s", folder, d->d_name);
		}
	closedir(stream);
	return count;
}

void live_case_only_file(struct live_case *c, char *ret, size_t size)
{
	assert_int_equal(scan(c, ret, size), 1);
}

unsigned live_case_files(struct live_case *c)
{
	char path[512];

	return scan(c, path, sizeof(path));
}
