/* When the cache asks, what it keeps, and that it asks once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "aws/auth/credentials.h"

enum { NOW = 1000 * 1000, THREADS = 8, ROUNDS = 200 };

struct fake {
	struct credential_provider base;
	struct clock clock;
	_Atomic int64_t seconds;
	_Atomic uint64_t ms;
	int error; /* of the next gets */
	int64_t lifetime; /* 0 = for ever */
	_Atomic unsigned gets, dropped, running;
	atomic_bool hold; /* gets do not return until it is false */
	struct credential_provider *cache;
};

static struct fake *fake_of(const struct clock *c)
{
	return (struct fake *)((uintptr_t)c - offsetof(struct fake, clock));
}

static struct instant fake_now(const struct clock *c)
{
	return (struct instant){ fake_of(c)->seconds };
}

static uint64_t fake_ms(const struct clock *c)
{
	return fake_of(c)->ms;
}

static int fake_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct fake *f = (struct fake *)p;
	struct credentials c = { .expires = { INSTANT_NONE }, .source = "fake" };
	char name[32];

	/* Never two at once. */
	assert_int_equal(atomic_fetch_add(&f->running, 1), 0);
	(void)snprintf(name, sizeof(name), "AK%u", atomic_fetch_add(&f->gets, 1) + 1);
	while (atomic_load(&f->hold) && !(stop && atomic_load(stop)))
		(void)sched_yield();
	atomic_fetch_sub(&f->running, 1);
	if (stop && atomic_load(stop))
		return -ECANCELED;
	if (f->error)
		return fault(why, f->error, "no luck");
	c.access_key_id = strdup(name);
	c.secret = strdup("S");
	c.session_token = strdup("T");
	if (f->lifetime)
		c.expires.seconds = f->seconds + f->lifetime;
	*ret = c;
	return 0;
}

static void fake_drop(struct credential_provider *p, const struct credentials *refused)
{
	assert_non_null(refused->access_key_id);
	((struct fake *)p)->dropped++;
}

static void fake_free(struct credential_provider *p)
{
	(void)p;
}

static int setup(void **state)
{
	static const struct credential_ops ops = {
		.get = fake_get,
		.free = fake_free,
		.drop = fake_drop,
	};
	static const struct clock_ops clock_ops = { fake_now, fake_ms };
	struct fake *f = test_calloc(1, sizeof(*f));

	f->base.ops = &ops;
	f->clock.ops = &clock_ops;
	f->seconds = NOW;
	f->ms = 5000;
	f->lifetime = 3600;
	*state = f;
	return credential_cache_new(&f->clock, &f->base, &f->cache);
}

static int teardown(void **state)
{
	struct fake *f = *state;

	credential_provider_free(f->cache);
	test_free(f);
	return 0;
}

static void pass(struct fake *f, int64_t seconds)
{
	f->seconds += seconds;
	f->ms += (uint64_t)seconds * 1000;
}

static void expect(struct fake *f, const char *id, unsigned gets)
{
	struct credentials c = { 0 };

	assert_int_equal(credential_get(f->cache, NULL, &c, NULL), 0);
	assert_string_equal(c.access_key_id, id);
	assert_string_equal(c.source, "fake");
	assert_int_equal(f->gets, gets);
	credentials_finish(&c);
}

static void expect_failure(struct fake *f, int error, unsigned gets)
{
	struct credentials c = { 0 };
	struct fault why = { 0 };

	assert_int_equal(credential_get(f->cache, NULL, &c, &why), error);
	assert_null(c.access_key_id);
	assert_true(why.text[0] != '\0');
	assert_int_equal(f->gets, gets);
}

static void they_are_kept_until_fifteen_minutes_are_left(void **state)
{
	struct fake *f = *state;

	assert_int_equal(f->gets, 0);
	expect(f, "AK1", 1);
	expect(f, "AK1", 1);
	pass(f, 3600 - 15 * 60);
	expect(f, "AK1", 1);
	pass(f, 1);
	expect(f, "AK2", 2);
}

static void those_without_an_end_are_kept_for_ever(void **state)
{
	struct fake *f = *state;

	f->lifetime = 0;
	expect(f, "AK1", 1);
	pass(f, 1000000);
	expect(f, "AK1", 1);
}

static void a_failure_keeps_the_old_ones_until_ten_minutes_are_left(void **state)
{
	struct fake *f = *state;

	expect(f, "AK1", 1);
	pass(f, 3600 - 15 * 60 + 1);
	f->error = -ETIMEDOUT;
	expect(f, "AK1", 2);
	/* Tried again when the failure is two seconds old. */
	f->ms += 1999;
	expect(f, "AK1", 2);
	f->ms += 1;
	expect(f, "AK1", 3);
	pass(f, 5 * 60 - 1);
	expect(f, "AK1", 4);
	pass(f, 1);
	expect_failure(f, -ETIMEDOUT, 4);
	pass(f, 2);
	expect_failure(f, -ETIMEDOUT, 5);
	f->error = 0;
	expect_failure(f, -ETIMEDOUT, 5);
	pass(f, 2);
	expect(f, "AK6", 6);
}

static void a_failure_is_remembered_for_two_seconds(void **state)
{
	struct fake *f = *state;

	f->error = -EKEYEXPIRED;
	expect_failure(f, -EKEYEXPIRED, 1);
	f->ms += 1999;
	expect_failure(f, -EKEYEXPIRED, 1);
	f->error = 0;
	f->ms += 1;
	expect(f, "AK2", 2);
}

static void those_that_come_short_are_not_asked_for_each_time(void **state)
{
	struct fake *f = *state;

	f->lifetime = 300;
	expect(f, "AK1", 1);
	expect(f, "AK1", 1);
	pass(f, 59);
	expect(f, "AK1", 1);
	pass(f, 1);
	expect(f, "AK2", 2);
	f->lifetime = 30;
	pass(f, 60);
	expect(f, "AK3", 3);
	pass(f, 29);
	expect(f, "AK3", 3);
	pass(f, 1);
	expect(f, "AK4", 4);
}

static void those_that_come_ended_are_an_error(void **state)
{
	struct fake *f = *state;

	f->lifetime = -1;
	expect_failure(f, -EKEYEXPIRED, 1);
}

static void refused_ones_are_asked_for_anew(void **state)
{
	struct fake *f = *state;
	struct credentials other = { .access_key_id = (char[]){ "AK0" } };
	struct credentials mine = { .access_key_id = (char[]){ "AK1" } };

	expect(f, "AK1", 1);
	credential_cache_drop(f->cache, &other);
	expect(f, "AK1", 1);
	credential_cache_drop(f->cache, &mine);
	assert_int_equal(f->dropped, 2);
	expect(f, "AK2", 2);
}

static void a_stop_is_no_failure_of_the_source(void **state)
{
	struct fake *f = *state;
	struct credentials c = { 0 };
	atomic_bool stop = true;

	assert_int_equal(credential_get(f->cache, &stop, &c, NULL), -ECANCELED);
	expect(f, "AK1", 1);
}

static void *get_one(void *context)
{
	struct fake *f = context;
	struct credentials c = { 0 };
	int r = credential_get(f->cache, NULL, &c, NULL);

	credentials_finish(&c);
	return (void *)(intptr_t)r;
}

static void await_get(struct fake *f)
{
	while (atomic_load(&f->running) == 0)
		(void)sched_yield();
}

static void many_threads_ask_once(void **state)
{
	struct fake *f = *state;
	pthread_t threads[THREADS];
	void *r;

	f->hold = true;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_one, f), 0);
	await_get(f);
	f->hold = false;
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &r), 0);
		assert_null(r);
	}
	assert_int_equal(f->gets, 1);
}

static void others_get_the_old_ones_during_a_refresh(void **state)
{
	struct fake *f = *state;
	pthread_t thread;
	void *r;

	expect(f, "AK1", 1);
	pass(f, 3600 - 14 * 60);
	f->hold = true;
	assert_int_equal(pthread_create(&thread, NULL, get_one, f), 0);
	await_get(f);
	expect(f, "AK1", 2);
	f->hold = false;
	assert_int_equal(pthread_join(thread, &r), 0);
	assert_null(r);
	expect(f, "AK2", 2);
}

static void waiting_ends_with_stop(void **state)
{
	struct fake *f = *state;
	struct credentials c = { 0 };
	atomic_bool stop = true;
	pthread_t thread;
	void *r;

	f->hold = true;
	assert_int_equal(pthread_create(&thread, NULL, get_one, f), 0);
	await_get(f);
	assert_int_equal(credential_get(f->cache, &stop, &c, NULL), -ECANCELED);
	f->hold = false;
	assert_int_equal(pthread_join(thread, &r), 0);
	assert_null(r);
}

static void *get_many(void *context)
{
	struct fake *f = context;

	for (int i = 0; i < ROUNDS; i++) {
		struct credentials c = { 0 };

		if (credential_get(f->cache, NULL, &c, NULL) < 0)
			return f;
		if (i % 10 == 0)
			credential_cache_drop(f->cache, &c);
		credentials_finish(&c);
		pass(f, 1);
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
	struct fake *f = *state;
	pthread_t threads[THREADS];
	void *r;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_many, f), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &r), 0);
		assert_null(r);
	}
}

static void looking_at_it_asks_nobody(void **state)
{
	struct fake *f = *state;
	struct credential_facts facts;

	credential_cache_look(f->cache, &facts);
	assert_string_equal(facts.source, "");
	assert_int_equal(facts.failure.error, 0);
	f->error = -EKEYEXPIRED;
	expect_failure(f, -EKEYEXPIRED, 1);
	credential_cache_look(f->cache, &facts);
	assert_int_equal(facts.failure.error, -EKEYEXPIRED);
	assert_string_equal(facts.source, "");
	f->error = 0;
	f->ms += 3000;
	expect(f, "AK2", 2);
	credential_cache_look(f->cache, &facts);
	assert_string_equal(facts.source, "fake");
	assert_int_equal(facts.expires.seconds, NOW + 3600);
	assert_int_equal(facts.failure.error, 0);
	assert_int_equal(f->gets, 2);
}

#define STEP(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP(they_are_kept_until_fifteen_minutes_are_left),
		STEP(those_without_an_end_are_kept_for_ever),
		STEP(a_failure_keeps_the_old_ones_until_ten_minutes_are_left),
		STEP(a_failure_is_remembered_for_two_seconds),
		STEP(those_that_come_short_are_not_asked_for_each_time),
		STEP(those_that_come_ended_are_an_error),
		STEP(refused_ones_are_asked_for_anew),
		STEP(a_stop_is_no_failure_of_the_source),
		STEP(many_threads_ask_once),
		STEP(others_get_the_old_ones_during_a_refresh),
		STEP(waiting_ends_with_stop),
		STEP(looking_at_it_asks_nobody),
		STEP(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
