#include "base/fault.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

static void a_fault_notes_and_answers_its_error(void **state)
{
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(fault(&why, -EACCES, "read %s: %d", "key", 403), -EACCES);
	assert_int_equal(why.error, -EACCES);
	assert_string_equal(why.text, "read key: 403");
	assert_string_equal(why.cure, "");
	assert_int_equal(fault(NULL, -EIO, "%s", "unheard"), -EIO);
}

static void a_new_fault_has_no_old_cure(void **state)
{
	struct fault why = { 0 };

	(void)state;
	(void)fault(&why, -EACCES, "first");
	fault_cure(&why, "run %s", "login");
	fault_cure(&why, "run %s", "aws sso login");
	assert_string_equal(why.cure, "run aws sso login");
	(void)fault(&why, -EIO, "second");
	assert_string_equal(why.cure, "");
	fault_cure(NULL, "unheard");
}

static void a_cure_may_be_named_before_its_fault(void **state)
{
	struct fault why = { 0 };

	(void)state;
	fault_cure(&why, "name another");
	(void)fault(&why, -EINVAL, "no such name");
	assert_string_equal(why.text, "no such name");
	assert_string_equal(why.cure, "name another");
	(void)fault(&why, -EIO, "worse");
	assert_string_equal(why.cure, "");
}

static void a_request_goes_with_its_text(void **state)
{
	char longer[FAULT_REQUEST + 1];
	struct fault why = { 0 };

	(void)state;
	(void)fault(&why, -EACCES, "denied");
	fault_request(&why, "4442587FB7D0A2F9");
	fault_prefix(&why, "month");
	assert_string_equal(why.request, "4442587FB7D0A2F9");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	fault_request(&why, longer);
	assert_string_equal(why.request, "4442587FB7D0A2F9");
	(void)fault(&why, -EIO, "another");
	assert_string_equal(why.request, "");
	fault_request(NULL, "unheard");
}

static void prefixes_stand_in_front_of_a_text_only(void **state)
{
	struct fault why = { 0 };

	(void)state;
	fault_prefix(&why, "month %s", "2026-11");
	assert_string_equal(why.text, "");
	(void)fault(&why, -EIO, "row 7: bad");
	fault_prefix(&why, "%s", "a.csv");
	fault_prefix(&why, "month %s", "2026-11");
	assert_string_equal(why.text, "month 2026-11: a.csv: row 7: bad");
	assert_int_equal(why.error, -EIO);
	fault_prefix(NULL, "unheard");
}

static void a_fault_may_quote_itself(void **state)
{
	struct fault why = { 0 };

	(void)state;
	(void)fault(&why, -EIO, "inner");
	(void)fault(&why, -EBADMSG, "outer (%s)", why.text);
	fault_prefix(&why, "%s", why.text);
	fault_cure(&why, "see %s", why.text);
	assert_string_equal(why.text, "outer (inner): outer (inner)");
	assert_string_equal(why.cure, "see outer (inner): outer (inner)");
}

static void control_characters_cannot_forge_lines(void **state)
{
	struct fault why = { 0 };

	(void)state;
	(void)fault(&why, -EIO,
		"a\nb\rc\td\x1B[31m\x7F\xC2\x9B"
		"31m\xC3\x9B");
	assert_string_equal(why.text, "a?b?c?d?[31m???31m\xC3\x9B");
	fault_cure(&why, "%s", "x\ny");
	assert_string_equal(why.cure, "x?y");
	fault_prefix(&why, "%s", "p\nq");
	assert_int_equal(strncmp(why.text, "p?q: a?b", 8), 0);
}

static void expect_utf8(const char *text)
{
	struct buf json = BUF_INIT(16 * FAULT_TEXT);

	assert_int_equal(buf_append_json(&json, span_of(text)), 0);
	assert_null(strstr(buf_text(&json), "\xEF\xBF\xBD"));
	buf_finish(&json);
}

/* A text of FAULT_TEXT - 1 bytes fits; of what is longer both ends are kept. */
static void longer_texts_are_cut_between_characters(void **state)
{
	static const char *const characters[] = { "x", "\xC3\xA4", "\xE2\x82\xAC",
		"\xF0\x9F\x98\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(characters); i++)
		for (size_t lead = 0; lead < 8; lead++) {
			struct fault why = { 0 };
			struct buf text = BUF_INIT(4 * FAULT_TEXT);
			const char *cut;

			for (size_t n = 0; n < lead; n++)
				assert_int_equal(buf_append_byte(&text, 'a'), 0);
			while (text.len < FAULT_TEXT)
				assert_int_equal(
					buf_append_text(&text, characters[i]), 0);
			assert_int_equal(buf_append_text(&text, ": because"), 0);
			(void)fault(&why, -EIO, "%s", buf_text(&text));
			assert_true(strlen(why.text) < FAULT_TEXT);
			assert_true(strlen(why.text) > FAULT_TEXT - 10);
			expect_utf8(why.text);
			cut = strstr(why.text, "\xE2\x80\xA6");
			assert_non_null(cut);
			assert_memory_equal(
				why.text, buf_text(&text), (size_t)(cut - why.text));
			assert_string_equal(
				cut + 3, buf_text(&text) + text.len - strlen(cut + 3));
			assert_true(strlen(cut + 3) > FAULT_TEXT / 2 - 10);
			buf_finish(&text);
		}
}

static void a_text_that_just_fits_is_whole(void **state)
{
	struct fault why = { 0 };
	char text[FAULT_TEXT + 1] = "";

	(void)state;
	memset(text, 'a', FAULT_TEXT - 1);
	(void)fault(&why, -EIO, "%s", text);
	assert_string_equal(why.text, text);
	text[FAULT_TEXT - 1] = 'b';
	(void)fault(&why, -EIO, "%s", text);
	assert_int_equal(strlen(why.text), FAULT_TEXT - 1);
	assert_int_equal(why.text[FAULT_TEXT - 2], 'b');
}

/* Then it ends before the character that the cut is in. */
static void without_memory_the_beginning_is_kept(void **state)
{
	struct fault why = { 0 };
	char text[FAULT_TEXT + 8] = "";

	(void)state;
	memset(text, 'a', FAULT_TEXT - 2);
	memcpy(text + FAULT_TEXT - 2, "\xC3\xA4z", 4);
	oom_after(0);
	(void)fault(&why, -EIO, "%s", text);
	assert_true(oom_stop());
	assert_int_equal(strlen(why.text), FAULT_TEXT - 2);
	assert_memory_equal(why.text, text, FAULT_TEXT - 2);
}

static void bytes_that_are_no_text_are_cut_where_they_must(void **state)
{
	struct fault why = { 0 };
	char text[2 * FAULT_TEXT] = "";

	(void)state;
	memset(text, 0x80, sizeof(text) - 1);
	(void)fault(&why, -EIO, "%s", text);
	assert_true(strlen(why.text) > FAULT_TEXT - 8 && strlen(why.text) < FAULT_TEXT);
}

static void errors_have_english_names_for_either_sign(void **state)
{
	(void)state;
	assert_string_equal(fault_errno_text(EIO), "Input/output error");
	assert_string_equal(fault_errno_text(-EIO), "Input/output error");
	assert_string_equal(fault_errno_text(-ENOENT), "No such file or directory");
	assert_string_equal(fault_errno_text(99999), "Unknown error");
	assert_string_equal(fault_errno_text(INT_MIN), "Unknown error");
	assert_string_equal(fault_errno_text(INT_MAX), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_notes_and_answers_its_error),
		cmocka_unit_test(a_new_fault_has_no_old_cure),
		cmocka_unit_test(a_cure_may_be_named_before_its_fault),
		cmocka_unit_test(a_request_goes_with_its_text),
		cmocka_unit_test(prefixes_stand_in_front_of_a_text_only),
		cmocka_unit_test(a_fault_may_quote_itself),
		cmocka_unit_test(control_characters_cannot_forge_lines),
		cmocka_unit_test(longer_texts_are_cut_between_characters),
		cmocka_unit_test(a_text_that_just_fits_is_whole),
		cmocka_unit_test(without_memory_the_beginning_is_kept),
		cmocka_unit_test(bytes_that_are_no_text_are_cut_where_they_must),
		cmocka_unit_test(errors_have_english_names_for_either_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
