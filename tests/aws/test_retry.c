#include "aws/api/retry.h"

#include "tests/cmocka.h"

/* After "standard mode" of the AWS SDK reference: at most 1, 2, 4, 8, 16, 20, 20 s. */
static const struct {
	unsigned attempts; /* made before */
	uint32_t random;
	unsigned want_ms;
} waits[] = {
	{ 0, 0, 0 },
	{ 0, UINT32_C(0x80000000), 500 },
	{ 0, UINT32_MAX, 999 },
	{ 1, UINT32_C(0x80000000), 1000 },
	{ 2, UINT32_C(0x80000000), 2000 },
	{ 3, UINT32_C(0x80000000), 4000 },
	{ 4, UINT32_C(0x80000000), 8000 },
	{ 5, UINT32_C(0x80000000), 10000 },
	{ 5, UINT32_MAX, 19999 },
	{ 6, UINT32_C(0x80000000), 10000 },
	{ 1000, UINT32_MAX, 19999 },
	{ 1000, 0, 0 },
};

static void waits_double_up_to_twenty_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct retry_bucket *b = retry_bucket_new();
		struct retry r = { .bucket = b,
			.max_attempts = UINT32_MAX,
			.attempts = waits[i].attempts };
		unsigned wait = 12345;

		print_message("%zu\n", i);
		assert_true(retry_again(&r, RETRY_TRANSIENT, waits[i].random, &wait));
		assert_int_equal(wait, waits[i].want_ms);
		assert_int_equal(r.attempts, waits[i].attempts + 1);
		retry_bucket_free(b);
	}
}

static void attempts_have_a_limit(void **state)
{
	static const struct {
		unsigned max_attempts, want_retries;
	} cases[] = { { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 2 }, { 5, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct retry_bucket *b = retry_bucket_new();
		struct retry r = { .bucket = b, .max_attempts = cases[i].max_attempts };
		unsigned retries = 0, wait = 0;

		while (retry_again(&r, RETRY_THROTTLED, UINT32_C(0x80000000), &wait))
			retries++;
		assert_int_equal(retries, cases[i].want_retries);
		wait = 12345;
		assert_false(
			retry_again(&r, RETRY_THROTTLED, UINT32_C(0x80000000), &wait));
		assert_int_equal(wait, 12345);
		retry_bucket_free(b);
	}
}

/* How many retries of one cause a bucket has left. */
static unsigned drain(struct retry_bucket *b, enum retry_cause cause)
{
	unsigned retries = 0, wait;

	for (;;) {
		struct retry r = { .bucket = b, .max_attempts = 2 };

		if (!retry_again(&r, cause, 0, &wait))
			return retries;
		retries++;
	}
}

static void retries_cost_tokens(void **state)
{
	static const struct {
		enum retry_cause cause;
		unsigned want;
	} cases[] = { { RETRY_TRANSIENT, 100 }, { RETRY_THROTTLED, 100 },
		{ RETRY_TIMEOUT, 50 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct retry_bucket *b = retry_bucket_new();

		assert_int_equal(drain(b, cases[i].cause), cases[i].want);
		retry_bucket_free(b);
	}
}

static void a_success_gives_back_what_its_last_retry_took(void **state)
{
	struct retry_bucket *b = retry_bucket_new();
	struct retry r = { .bucket = b, .max_attempts = 3 };
	unsigned wait;

	(void)state;
	assert_true(retry_again(&r, RETRY_TRANSIENT, 0, &wait));
	assert_int_equal(r.held, 5);
	assert_true(retry_again(&r, RETRY_TIMEOUT, 0, &wait));
	assert_int_equal(r.held, 10);
	assert_int_equal(drain(b, RETRY_TRANSIENT), (500 - 15) / 5);
	retry_succeeded(&r);
	assert_int_equal(drain(b, RETRY_TRANSIENT), 2);
	retry_bucket_free(b);
}

static void a_first_success_gives_one_token(void **state)
{
	struct retry_bucket *b = retry_bucket_new();

	(void)state;
	assert_int_equal(drain(b, RETRY_TRANSIENT), 100);
	for (int i = 0; i < 4; i++) {
		struct retry r = { .bucket = b, .max_attempts = 3 };

		retry_succeeded(&r);
	}
	assert_int_equal(drain(b, RETRY_TRANSIENT), 0);
	retry_succeeded(&(struct retry){ .bucket = b, .max_attempts = 3 });
	assert_int_equal(drain(b, RETRY_TRANSIENT), 1);
	retry_bucket_free(b);
}

static void a_bucket_holds_no_more_than_500(void **state)
{
	struct retry_bucket *b = retry_bucket_new();

	(void)state;
	for (int i = 0; i < 10; i++)
		retry_succeeded(&(struct retry){ .bucket = b, .max_attempts = 3 });
	assert_int_equal(drain(b, RETRY_TRANSIENT), 100);
	retry_bucket_free(b);
	retry_bucket_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_twenty_seconds),
		cmocka_unit_test(attempts_have_a_limit),
		cmocka_unit_test(retries_cost_tokens),
		cmocka_unit_test(a_success_gives_back_what_its_last_retry_took),
		cmocka_unit_test(a_first_success_gives_one_token),
		cmocka_unit_test(a_bucket_holds_no_more_than_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
