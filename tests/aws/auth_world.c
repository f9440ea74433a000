#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>

#include "tests/aws/auth_world.h"

/* The environment's function has no context. */
static struct world *the_world;

static const char *world_getenv(const char *name)
{
	for (size_t i = the_world->env_count; i > 0; i--)
		if (strcmp(the_world->env[i - 1].name, name) == 0)
			return the_world->env[i - 1].value;
	return NULL;
}

static struct instant world_now(const struct clock *c)
{
	return (struct instant){ ((const struct world_clock *)c)->seconds };
}

static uint64_t world_ms(const struct clock *c)
{
	struct world_clock *clock = (struct world_clock *)(uintptr_t)c;

	return atomic_fetch_add(&clock->ms, clock->tick_ms) + clock->tick_ms;
}

static void world_wait(const struct auth_context *c, unsigned ms, const atomic_bool *stop)
{
	(void)c;
	(void)stop;
	the_world->waited_ms += ms;
}

static int world_ask(
	const char *question, const atomic_bool *stop, char *ret, size_t size)
{
	(void)stop;
	(void)snprintf(the_world->question, sizeof(the_world->question), "%s", question);
	(void)snprintf(ret, size, "%s", the_world->typed);
	return 0;
}

/* "GET url\nname: value\n…\nbody" */
static char *spell(const struct http_request *q)
{
	struct buf b = BUF_INIT(1024 * 1024);
	char *text;

	assert_return_code(buf_appendf(&b, "%s %s\n", q->method, q->url), 0);
	for (size_t i = 0; i < q->header_count; i++)
		assert_return_code(buf_appendf(&b, "%s: %s\n", q->headers[i].name,
					   q->headers[i].value),
			0);
	assert_return_code(buf_append_byte(&b, '\n'), 0);
	assert_return_code(buf_append_span(&b, q->body), 0);
	text = buf_take(&b);
	assert_non_null(text);
	return text;
}

static void check_request(const struct world_answer *a, const char *text)
{
	size_t len = strlen(a->request);

	if (strncmp(text, a->request, len) != 0 || text[len] != '\n')
		fail_msg("asked\n%s\ninstead of\n%s", text, a->request);
	for (size_t i = 0; i < WORLD_WANTS && a->wants[i]; i++) {
		const char *want = a->wants[i];
		bool is_not = *want == '!';

		if (!strstr(text, want + is_not) != is_not)
			fail_msg("%s\nis%s in\n%s", want, is_not ? "" : " not", text);
	}
}

static int world_exchange(struct http *h, const struct http_request *request,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	const struct world_answer *a;
	char *text = spell(request);

	(void)h;
	if (stop && atomic_load(stop)) {
		free(text);
		return -ECANCELED;
	}
	if (the_world->asked == the_world->answer_count)
		fail_msg("asked, though there is no answer:\n%s", text);
	a = &the_world->answers[the_world->asked++];
	check_request(a, text);
	free(text);
	if (a->error)
		return fault(why, a->error, "the network is down");
	http_response_finish(ret);
	*ret = (struct http_response){
		.status = a->status ? a->status : 200,
		.headers = BUF_INIT(64 * 1024),
		.body = BUF_INIT(1024 * 1024),
		.content_length = UINT64_MAX,
	};
	assert_return_code(buf_append_text(&ret->headers, a->headers), 0);
	assert_return_code(buf_append_text(&ret->body, a->body), 0);
	return 0;
}

int world_setup(void **state)
{
	static const struct clock_ops clock_ops = { world_now, world_ms };
	static const struct http_ops http_ops = { .exchange = world_exchange };
	struct world *w = test_calloc(1, sizeof(*w));

	sandbox_make(w->home);
	w->clock.base.ops = &clock_ops;
	w->clock.seconds = WORLD_NOW;
	w->clock.ms = 1000 * 1000;
	w->http.ops = &http_ops;
	w->context = (struct auth_context){
		.env = world_getenv,
		.home = w->home,
		.http = &w->http,
		.clock = &w->clock.base,
		.region = "eu-west-1",
		.wait = world_wait,
	};
	the_world = w;
	*state = w;
	return 0;
}

void world_restart(struct world *w)
{
	credentials_finish(&w->got);
	credential_provider_free(w->provider);
	profile_set_free(w->profiles);
	w->provider = NULL;
	w->profiles = NULL;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	world_restart(w);
	sandbox_remove(w->home);
	assert_int_equal(w->asked, w->answer_count);
	test_free(w);
	return 0;
}

void world_env(struct world *w, const char *name, const char *value)
{
	assert_true(w->env_count < WORLD_ENV);
	w->env[w->env_count].name = name;
	w->env[w->env_count++].value = value;
}

void world_write(struct world *w, const char *path, const char *text)
{
	struct sandbox_file file = { path, text, 0 };

	sandbox_write(w->home, &file);
}

char *world_read(struct world *w, const char *path, unsigned *ret_mode)
{
	char whole[SANDBOX_PATH];
	char *text = calloc(1, 64 * 1024);
	struct stat st;
	FILE *f;

	sandbox_path(w->home, path, whole);
	f = fopen(whole, "re");
	if (!f) {
		free(text);
		return NULL;
	}
	assert_int_equal(fstat(fileno(f), &st), 0);
	(void)!fread(text, 1, 64 * 1024 - 1, f);
	(void)fclose(f);
	if (ret_mode)
		*ret_mode = st.st_mode & 07777;
	return text;
}

void world_answer(struct world *w, const struct world_answer *answer)
{
	assert_true(w->answer_count < WORLD_ANSWERS);
	w->answers[w->answer_count++] = *answer;
}

int world_get(struct world *w, const char *profile)
{
	credentials_finish(&w->got);
	w->why = (struct fault){ 0 };
	if (w->typed)
		w->context.ask = world_ask;
	if (!w->provider) {
		int r = profile_set_load(world_getenv, w->home, &w->profiles, &w->why);

		if (r < 0)
			return r;
		w->context.profiles = w->profiles;
		w->context.profile = profile_name(profile, world_getenv);
		w->context.profile_is_explicit = profile != NULL;
		assert_return_code(credential_chain_new(&w->context, &w->provider), 0);
	}
	return credential_get(w->provider, NULL, &w->got, &w->why);
}

void world_expect(struct world *w, const char *profile, const char *access_key_id)
{
	int r = world_get(w, profile);

	if (r < 0)
		fail_msg("%s: %s (%s)", fault_errno_text(r), w->why.text, w->why.cure);
	assert_string_equal(w->got.access_key_id, access_key_id);
	assert_non_null(w->got.source);
}

void world_expect_fault(struct world *w, const char *profile, int error, const char *text,
	const char *cure)
{
	int r = world_get(w, profile);

	if (r != error)
		fail_msg("%s instead of %s: %s", r ? fault_errno_text(r) : "success",
			fault_errno_text(error), w->why.text);
	assert_null(w->got.access_key_id);
	if (!strstr(w->why.text, text) || (cure && !strstr(w->why.cure, cure)))
		fail_msg("it says\n%s\n%s\nnot\n%s\n%s", w->why.text, w->why.cure, text,
			cure ? cure : "");
	assert_int_equal(w->why.error, error);
	assert_null(strstr(w->why.text, "S3CR3T"));
	assert_null(strstr(w->why.cure, "S3CR3T"));
}

void world_pass(struct world *w, int64_t seconds)
{
	w->clock.seconds += seconds;
	w->clock.ms += (uint64_t)seconds * 1000;
}
