/* Findings as lines and as JSON, and the time that checks have. */
#include "fs/cmd/doctor/report.h"

#include <errno.h>
#include <sched.h>

#include "base/clock.h"
#include "fs/cmd/doctor/deadline.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

static const struct policy_subject subject = { .bucket = "acme" };

static void fill(struct finding findings[3])
{
	for (int i = 0; i < 3; i++)
		findings[i] = (struct finding){ .name = "clock" };
	finding_ok(&findings[0], "%d s off", 0);
	findings[1].name = "list";
	finding_fail(&findings[1], "HTTP 403");
	finding_why(&findings[1], "no policy allows it");
	finding_cure(&findings[1], "add this:");
	finding_allow(&findings[1], POLICY_LOCATE, &subject);
	findings[2].name = "read";
	finding_skip(&findings[2], "because list failed");
}

static void findings_are_lines(void **state)
{
	struct finding findings[3], warning = { .name = "cache" };
	struct buf text = BUF_INIT(4096);

	(void)state;
	fill(findings);
	for (int i = 0; i < 3; i++)
		assert_int_equal(finding_write(&findings[i], &text), 0);
	finding_warn(&warning, "1 MB free");
	assert_int_equal(finding_write(&warning, &text), 0);
	assert_string_equal(buf_text(&text),
		"ok       clock: 0 s off\n"
		"FAILED   list: HTTP 403\n"
		"          why:  no policy allows it\n"
		"          cure: add this:\n"
		"          {\n"
		"            \"Sid\": \"LocateBucket\",\n"
		"            \"Effect\": \"Allow\",\n"
		"            \"Action\": \"s3:GetBucketLocation\",\n"
		"            \"Resource\": \"arn:aws:s3:::acme\"\n"
		"          }\n"
		"skipped  read: because list failed\n"
		"warning  cache: 1 MB free\n");
	buf_finish(&text);
}

static void findings_are_an_array(void **state)
{
	struct finding findings[3];
	struct buf text = BUF_INIT(4096);

	(void)state;
	fill(findings);
	assert_int_equal(findings_write_json(findings, 0, &text), 0);
	assert_string_equal(buf_text(&text), "[]\n");
	buf_clear(&text);
	assert_int_equal(findings_write_json(findings, 3, &text), 0);
	assert_string_equal(buf_text(&text),
		"[\n"
		"  {\n"
		"    \"name\": \"clock\",\n"
		"    \"status\": \"ok\",\n"
		"    \"seen\": \"0 s off\",\n"
		"    \"why\": null,\n"
		"    \"cure\": null,\n"
		"    \"statement\": null\n"
		"  },\n"
		"  {\n"
		"    \"name\": \"list\",\n"
		"    \"status\": \"FAILED\",\n"
		"    \"seen\": \"HTTP 403\",\n"
		"    \"why\": \"no policy allows it\",\n"
		"    \"cure\": \"add this:\",\n"
		"    \"statement\": {\n"
		"      \"Sid\": \"LocateBucket\",\n"
		"      \"Effect\": \"Allow\",\n"
		"      \"Action\": \"s3:GetBucketLocation\",\n"
		"      \"Resource\": \"arn:aws:s3:::acme\"\n"
		"    }\n"
		"  },\n"
		"  {\n"
		"    \"name\": \"read\",\n"
		"    \"status\": \"skipped\",\n"
		"    \"seen\": \"because list failed\",\n"
		"    \"why\": null,\n"
		"    \"cure\": null,\n"
		"    \"statement\": null\n"
		"  }\n"
		"]\n");
	buf_finish(&text);
}

static void hostile_texts_stay_on_their_line(void **state)
{
	struct finding f = { .name = "export" };
	struct buf text = BUF_INIT(4096);

	(void)state;
	finding_fail(&f, "%s", "a\nok       list: \"\x1b[2J\"");
	assert_int_equal(finding_write(&f, &text), 0);
	assert_string_equal(
		buf_text(&text), "FAILED   export: a?ok       list: \"?[2J\"\n");
	buf_clear(&text);
	assert_int_equal(findings_write_json(&f, 1, &text), 0);
	assert_non_null(strstr(buf_text(&text), "\"a?ok       list: \\\"?[2J\\\"\",\n"));
	buf_finish(&text);
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	struct finding findings[3];

	(void)state;
	fill(findings);
	for (size_t limit = 1; limit < 200; limit += 3) {
		struct buf text = BUF_INIT(limit);

		assert_int_equal(buf_append_byte(&text, 'x'), 0);
		assert_int_not_equal(finding_write(&findings[1], &text), 0);
		assert_int_equal(text.len, 1);
		assert_int_not_equal(findings_write_json(findings, 3, &text), 0);
		assert_int_equal(text.len, 1);
		buf_finish(&text);
	}
}

static void no_memory_is_told(void **state)
{
	struct finding findings[3];
	int r = -ENOMEM;

	(void)state;
	fill(findings);
	for (unsigned n = 0; r == -ENOMEM; n++) {
		struct buf text = BUF_INIT(4096);

		oom_after(n);
		r = findings_write_json(findings, 3, &text);
		(void)oom_stop();
		buf_finish(&text);
	}
	assert_int_equal(r, 0);
}

static void raise_flag(void *context)
{
	atomic_store((atomic_bool *)context, true);
}

/* Until the flag is raised, or 20 s have passed. */
static bool comes(atomic_bool *flag)
{
	uint64_t end = clock_monotonic_ms(clock_system()) + 20000;

	while (!atomic_load(flag) && clock_monotonic_ms(clock_system()) < end)
		(void)sched_yield();
	return atomic_load(flag);
}

static void checks_are_stopped_and_the_next_has_time_again(void **state)
{
	atomic_bool stop = false, end = false;
	const struct deadline_options options = { .stop = &stop,
		.check_ms = 1,
		.wait_ms = 100000,
		.end_ms = 100000,
		.end = raise_flag,
		.context = &end };
	struct deadline *d;

	(void)state;
	assert_int_equal(deadline_start(&options, &d), 0);
	assert_true(comes(&stop));
	assert_true(deadline_next(d));
	assert_true(comes(&stop));
	assert_false(atomic_load(&end));
	deadline_free(d);
	assert_false(atomic_load(&end));
}

static void without_time_for_all_none_has_any(void **state)
{
	atomic_bool stop = false, end = false;
	const struct deadline_options options = { .stop = &stop,
		.check_ms = 100000,
		.wait_ms = 0,
		.end_ms = 100000,
		.end = raise_flag,
		.context = &end };
	struct deadline *d;

	(void)state;
	assert_int_equal(deadline_start(&options, &d), 0);
	assert_false(deadline_next(d));
	assert_true(atomic_load(&stop));
	deadline_free(d);
}

static void the_end_comes_whatever_hangs(void **state)
{
	atomic_bool stop = false, end = false;
	const struct deadline_options options = { .stop = &stop,
		.check_ms = 1,
		.wait_ms = 1,
		.end_ms = 2,
		.end = raise_flag,
		.context = &end };
	struct deadline *d;

	(void)state;
	assert_int_equal(deadline_start(&options, &d), 0);
	assert_true(comes(&end));
	deadline_free(d);
	deadline_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_lines),
		cmocka_unit_test(findings_are_an_array),
		cmocka_unit_test(hostile_texts_stay_on_their_line),
		cmocka_unit_test(a_full_buffer_is_left_as_it_was),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(checks_are_stopped_and_the_next_has_time_again),
		cmocka_unit_test(without_time_for_all_none_has_any),
		cmocka_unit_test(the_end_comes_whatever_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
