/* Names of accounts: of the configuration, of the organization, as remembered. */
#include "fs/cmd/names.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cmd/names_file.h"
#include "tests/aws/fake_http.h"
#include "tests/aws/sandbox.h"

static const char *const one_key[] = { "AKID" };
static char prod_id[] = "111111111111", prod_name[] = "configured";
static const struct account_name configured[] = { { prod_id, prod_name } };

#define TWO                                                                              \
	"{\"Accounts\":[{\"Id\":\"111111111111\",\"Name\":\"Prod\"},{\"Id\":"            \
	"\"222222222222\",\"Name\":\"Web Shop\"},{\"Id\":\"x\",\"Name\":\"y\"},"         \
	"{\"Id\":\"333333333333\",\"Name\":\"a\\nb\"},{\"Id\":\"444444444444\"}]}"

struct fixture {
	struct fake_http http;
	struct fake_keys keys;
	struct auth_context context;
	atomic_bool stop;
	char cache[SANDBOX_PATH];
	struct names *names;
};

static const char *no_env(const char *name)
{
	return strcmp(name, "AWS_MAX_ATTEMPTS") == 0 ? "1" : NULL;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	sandbox_make(f->cache);
	assert_int_equal(chmod(f->cache, 0700), 0);
	fake_http_init(&f->http, NULL, 0);
	fake_keys_init(&f->keys, one_key, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sandbox_remove(f->cache);
	free(f);
	return 0;
}

static void open_names(struct fixture *f, const struct fake_step *steps, size_t count,
	unsigned fresh_seconds)
{
	f->http.steps = steps;
	f->http.count = count;
	f->http.at = 0;
	f->context = (struct auth_context){ .http = &f->http.http,
		.clock = &f->http.clock.clock,
		.env = no_env,
		.profile = "default" };
	const struct names_options options = { .configured = configured,
		.configured_count = 1,
		.context = &f->context,
		.credentials = &f->keys.base,
		.cache = f->cache,
		.identity = "somebody",
		.fresh_seconds = fresh_seconds,
		.stop = &f->stop };

	assert_int_equal(names_open(&options, &f->names), 0);
}

static void write_list(struct fixture *f, char *ret, size_t size)
{
	const struct account_name *names = NULL;
	size_t count = names_list(f->names, &names);

	ret[0] = '\0';
	for (size_t i = 0; i < count; i++)
		(void)snprintf(ret + strlen(ret), size - strlen(ret), "%s=%s\n",
			names[i].id, names[i].name);
}

static void expect_list(struct fixture *f, const char *want)
{
	char text[512];

	write_list(f, text, sizeof(text));
	assert_string_equal(text, want);
}

#define ALL "111111111111=configured\n222222222222=Web Shop\n"

static void first_answer_is_waited_for_and_remembered(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = "POST https://organizations.us-east-1.amazonaws.com/|"
			   "AWSOrganizationsV20161128.ListAccounts",
			.status = 200,
			.body = TWO }
	};
	struct fixture *f = *state;

	open_names(f, steps, 1, 3600);
	expect_list(f, ALL);
	names_close(f->names);
	/* Fresh: nobody is asked. */
	open_names(f, NULL, 0, 3600);
	expect_list(f, ALL);
	names_close(f->names);
	assert_int_equal(f->http.at, 0);
}

static void no_is_remembered_as_well(void **state)
{
	const struct fake_step steps[] = { { .status = 400,
		.body = "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}" } };
	struct fixture *f = *state;

	open_names(f, steps, 1, 3600);
	expect_list(f, "111111111111=configured\n");
	names_close(f->names);
	open_names(f, NULL, 0, 3600);
	expect_list(f, "111111111111=configured\n");
	names_close(f->names);
}

static void trouble_is_not_remembered(void **state)
{
	const struct fake_step bad[] = { { .status = 503 } };
	const struct fake_step good[] = { { .status = 200, .body = TWO } };
	struct fixture *f = *state;

	open_names(f, bad, 1, 3600);
	expect_list(f, "111111111111=configured\n");
	names_close(f->names);
	open_names(f, good, 1, 3600);
	expect_list(f, ALL);
	names_close(f->names);
}

/* Answers when it is let. */
struct gate {
	struct http http;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_open, is_told;
	char seen[512];
};

static int gate_exchange(struct http *h, const struct http_request *q,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	struct gate *g = (struct gate *)(void *)h;

	(void)q;
	(void)stop;
	(void)why;
	pthread_mutex_lock(&g->lock);
	while (!g->is_open)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
	ret->status = 200;
	ret->headers.limit = ret->body.limit = 1 << 20;
	return buf_append_text(&ret->body, TWO);
}

static void note(void *context, const struct account_name *names, size_t count)
{
	struct gate *g = context;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < count; i++)
		(void)snprintf(g->seen + strlen(g->seen),
			sizeof(g->seen) - strlen(g->seen), "%s=%s\n", names[i].id,
			names[i].name);
	g->is_told = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void what_comes_later_is_told(void **state)
{
	static const struct http_ops ops = { gate_exchange, fake_free };
	struct gate g = { .http = { &ops },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	struct fixture *f = *state;
	struct names_table none = { 0 };

	/* Known, but old: the answer is not waited for. */
	assert_int_equal(names_save(f->cache, "somebody", &none,
				 (struct instant){ INT64_C(1000000000) }),
		0);
	f->context = (struct auth_context){ .http = &g.http,
		.clock = clock_system(),
		.env = no_env,
		.profile = "default" };
	const struct names_options options = { .configured = configured,
		.configured_count = 1,
		.context = &f->context,
		.credentials = &f->keys.base,
		.cache = f->cache,
		.identity = "somebody",
		.fresh_seconds = 3600,
		.repeats = true,
		.stop = &f->stop };
	assert_int_equal(names_open(&options, &f->names), 0);
	expect_list(f, "111111111111=configured\n");
	names_follow(f->names, note, &g);
	assert_false(g.is_told);
	pthread_mutex_lock(&g.lock);
	g.is_open = true;
	pthread_cond_broadcast(&g.changed);
	while (!g.is_told)
		pthread_cond_wait(&g.changed, &g.lock);
	pthread_mutex_unlock(&g.lock);
	assert_string_equal(g.seen, ALL);
	/* It would ask again in an hour; it ends at once. */
	atomic_store(&f->stop, true);
	names_close(f->names);
}

static void the_file_is_for_its_owner(void **state)
{
	struct names_table t = { 0 }, back = { 0 };
	struct instant asked = { 0 };
	struct fixture *f = *state;
	char command[SANDBOX_PATH + 100], mode[8] = "";
	FILE *p;

	assert_int_equal(names_table_add(&t, "222222222222", "Web Shop"), 0);
	assert_int_equal(names_save(f->cache, "x", &t, (struct instant){ 86400 }), 0);
	assert_int_equal(names_load(f->cache, "y", &back, &asked), -ENOENT);
	assert_int_equal(names_load(f->cache, "x", &back, &asked), 0);
	assert_int_equal(asked.seconds, 86400);
	assert_int_equal(back.count, 1);
	assert_string_equal(back.items[0].name, "Web Shop");
	(void)snprintf(
		command, sizeof(command), "stat -c %%a %s/v1/*.known-names", f->cache);
	p = popen(command, "re");
	assert_non_null(p);
	assert_non_null(fgets(mode, sizeof(mode), p));
	assert_int_equal(pclose(p), 0);
	assert_string_equal(mode, "600\n");
	names_table_finish(&t);
	names_table_finish(&back);
}

static void files_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "\n", "costfs account names 1\n",
		"costfs account names 2\n2026-11-24T00:00:00Z\n",
		"costfs account names 1\nyesterday\n",
		"costfs account names 1\n2026-11-24T00:00:00Z\n1 cut",
		"costfs account names 1\n2026-11-24T00:00:00Z\nx y\n",
		"costfs account names 1\n2026-11-24T00:00:00Z\n1\n",
		"costfs account names 1\n2026-11-24T00:00:00Z\n1 \n",
		"costfs account names 1\n2026-11-24T00:00:00Z\n1 a\x1b[2J\n",
		"costfs account names 1\n2026-11-24T00:00:00Z\n\n1 a\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct names_table t = { 0 };
		struct instant asked = { 7 };

		print_message("%s\n", bad[i]);
		assert_int_equal(names_parse(span_of(bad[i]), &t, &asked), -EBADMSG);
		assert_int_equal(t.count, 0);
		assert_int_equal(asked.seconds, 7);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(first_answer_is_waited_for_and_remembered),
		CASE(no_is_remembered_as_well),
		CASE(trouble_is_not_remembered),
		CASE(what_comes_later_is_told),
		CASE(the_file_is_for_its_owner),
		cmocka_unit_test(files_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
