/* ~/.aws/config and ~/.aws/credentials. Wanted values are those of botocore 1.43
 * (botocore.configloader.load_config) and of Python's shlex.split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "aws/auth/paths.h"
#include "aws/auth/profile.h"
#include "aws/auth/words.h"
#include "tests/aws/sandbox.h"

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static struct profile_set *load(const char *config, const char *credentials)
{
	struct sandbox_file files[] = {
		{ ".aws/config", config ? config : "", 0 },
		{ ".aws/credentials", credentials ? credentials : "", 0 },
		{ 0 },
	};
	struct profile_set *s = NULL;
	struct fault why = { 0 };
	char home[SANDBOX_PATH];

	sandbox_make(home);
	sandbox_fill(home, files);
	if (profile_set_load(no_env, home, &s, &why) < 0)
		print_error("%s\n", why.text);
	sandbox_remove(home);
	return s;
}

static void expect_text(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got ? got : "(none)", want);
	else
		assert_null(got);
}

static void values_are_those_that_botocore_reads(void **state)
{
	static const struct {
		const char *config, *profile, *key, *want;
	} cases[] = {
		{ "[default]\nregion=a", "default", "region", "a" },
		{ "[default]\nregion=a\n", "default", "region", "a" },
		{ "[default]\r\nregion = a b \r\n", "default", "region", "a b" },
		{ "[default]\nregion: a=b\n", "default", "region", "a=b" },
		{ "[default]\nregion = a:b\n", "default", "region", "a:b" },
		{ "[default]\nREGION = A\n", "default", "region", "A" },
		{ "[default]\nregion = a # no comment\n", "default", "region",
			"a # no comment" },
		{ "# c\n; d\n[default]\n # e\nregion = a\n", "default", "region", "a" },
		{ "[default]\nregion =\n", "default", "region", "" },
		{ "[default]\nregion = a\n  b\n\n", "default", "region", "a\nb" },
		{ "[default]\nregion = a\n\n  b\n", "default", "region", "a\n\nb" },
		{ "[default]\nregion = a\n# c\n  b\n", "default", "region", "a\nb" },
		{ "[default]\n  region = a\n  output = b\n", "default", "output", "b" },
		{ "[default]\nregion = a\n  output = b\n", "default", "region",
			"a\noutput = b" },
		{ "[profile x]\nregion=a\n", "x", "region", "a" },
		{ "[profile \"x y\"]\nregion=a\n", "x y", "region", "a" },
		{ "[profile 'x y']\nregion=a\n", "x y", "region", "a" },
		{ "[profile x\\ y]\nregion=a\n", "x y", "region", "a" },
		{ "[profile  x ]\nregion=a\n", "x", "region", "a" },
		{ "[profile default]\nregion=a\n", "default", "region", "a" },
		{ "[default]\nregion=a\n[profile default]\nregion=b\n", "default",
			"region", "b" },
		{ "[x]\nregion=a\n", "x", "region", NULL },
		{ "[profile x y]\nregion=a\n", "x", "region", NULL },
		{ "[profile \"x]\nregion=a\n", "x", "region", NULL },
		{ "[profile x]y]\nregion=a\n", "x]y", "region", "a" },
		{ "[default]\ns3 =\n  a = b\n", "default", "s3", NULL },
		{ "[DEFAULT]\nregion=a\n[default]\noutput=b\n", "default", "region",
			"a" },
		{ "", "default", "region", NULL },
		{ "\n\n", "default", "region", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct profile_set *s = load(cases[i].config, NULL);

		print_message("%zu ", i);
		assert_non_null(s);
		expect_text(
			profile_get(s, cases[i].profile, cases[i].key), cases[i].want);
		profile_set_free(s);
	}
	print_message("\n");
}

static void files_that_are_none_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *config, *want;
	} cases[] = {
		{ "region = a\n", ".aws/config: line 1: no [section]" },
		{ "[default]\nnonsense\n", ".aws/config: line 2: neither" },
		{ "[default]\n= a\n", ".aws/config: line 2: neither" },
		{ "[]\n", ".aws/config: line 1: no [section]" },
		{ "[default]\na=1\n[default]\n", ".aws/config: line 3: this section" },
		{ "[default]\na=1\nb=2\nA=3\n", ".aws/config: line 4: this key" },
		{ "[default]\ns3 =\n  a\nb=1\n", "an indented block has no '='" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct profile_set *s = NULL;
		struct fault why = { 0 };
		char home[SANDBOX_PATH];

		print_message("%zu ", i);
		sandbox_make(home);
		sandbox_write(home,
			&(struct sandbox_file){ ".aws/config", cases[i].config, 0 });
		assert_int_equal(profile_set_load(no_env, home, &s, &why), -EINVAL);
		sandbox_remove(home);
		assert_null(s);
		if (!strstr(why.text, cases[i].want))
			fail_msg("%s", why.text);
	}
	print_message("\n");
}

static void the_same_key_in_two_sections_is_no_double(void **state)
{
	struct profile_set *s =
		load("[DEFAULT]\na=0\n[profile x]\na=1\n[profile y]\na=2\n", NULL);

	(void)state;
	assert_non_null(s);
	expect_text(profile_get(s, "x", "a"), "1");
	expect_text(profile_get(s, "y", "a"), "2");
	profile_set_free(s);
}

static void blocks_have_one_level_of_their_own_keys(void **state)
{
	struct profile_set *s =
		load("[default]\ns3 =\n  addressing_style = path\n\n"
		     "  x = 1\n  x = 2\nregion = r\n"
		     "[services local]\ns3 =\n  endpoint_url = http://e:1\n"
		     "[sso-session my-sso]\nsso_region = eu\n",
			NULL);

	(void)state;
	assert_non_null(s);
	expect_text(profile_get_nested(s, "default", "s3", "addressing_style"), "path");
	expect_text(profile_get_nested(s, "default", "s3", "x"), "2");
	expect_text(profile_get_nested(s, "default", "s3", "y"), NULL);
	expect_text(profile_get_nested(s, "other", "s3", "x"), NULL);
	expect_text(profile_get(s, "default", "region"), "r");
	expect_text(profile_get_section(s, "services", "local", "s3", "endpoint_url"),
		"http://e:1");
	expect_text(profile_get_section(s, "sso-session", "my-sso", "sso_region", NULL),
		"eu");
	expect_text(profile_get_section(s, "sso-session", "x", "sso_region", NULL), NULL);
	profile_set_free(s);
}

static void the_credentials_file_comes_first(void **state)
{
	struct profile_set *s =
		load("[profile x]\nregion=c\noutput=o\n[profile c]\na=1\n",
			"[x]\nregion=k\n[profile z]\na=1\n[k]\na=1\n");

	(void)state;
	assert_non_null(s);
	expect_text(profile_get(s, "x", "region"), "k");
	expect_text(profile_get(s, "x", "output"), "o");
	expect_text(profile_get_config(s, "x", "region"), "c");
	expect_text(profile_get_credentials(s, "x", "region"), "k");
	expect_text(profile_get_credentials(s, "x", "output"), NULL);
	assert_true(profile_exists(s, "x"));
	assert_true(profile_exists(s, "c"));
	assert_true(profile_exists(s, "k"));
	assert_true(profile_exists(s, "profile z"));
	assert_false(profile_exists(s, "z"));
	assert_false(profile_exists(s, "default"));
	profile_set_free(s);
}

static const char *home_of_variables;

static const char *some_env(const char *name)
{
	if (strcmp(name, "AWS_CONFIG_FILE") == 0)
		return "$HERE/${HERE_TOO}/c$X";
	if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
		return "~/keys";
	if (strcmp(name, "HERE") == 0)
		return home_of_variables;
	if (strcmp(name, "HERE_TOO") == 0)
		return "d";
	return NULL;
}

static void paths_of_the_environment_are_expanded(void **state)
{
	struct sandbox_file files[] = {
		{ "d/c$X", "[default]\nregion=a\n", 0 },
		{ "keys", "[default]\noutput=b\n", 0 },
		{ ".aws/config", "[default]\nwrong=c\n", 0 },
		{ 0 },
	};
	struct profile_set *s = NULL;
	char home[SANDBOX_PATH];

	(void)state;
	sandbox_make(home);
	sandbox_fill(home, files);
	home_of_variables = home;
	assert_int_equal(profile_set_load(some_env, home, &s, NULL), 0);
	sandbox_remove(home);
	expect_text(profile_get(s, "default", "region"), "a");
	expect_text(profile_get(s, "default", "output"), "b");
	expect_text(profile_get(s, "default", "wrong"), NULL);
	profile_set_free(s);
}

static void absent_files_and_homes_are_empty(void **state)
{
	struct profile_set *s = NULL;

	(void)state;
	assert_int_equal(profile_set_load(no_env, "/nonexistent", &s, NULL), 0);
	assert_false(profile_exists(s, "default"));
	profile_set_free(s);
	assert_int_equal(profile_set_load(no_env, NULL, &s, NULL), 0);
	profile_set_free(s);
}

static void files_over_the_limit_are_refused(void **state)
{
	for (int over = 0; over < 2; over++) {
		size_t size = (size_t)PROFILE_FILE_MAX + (size_t)over;
		struct profile_set *s = NULL;
		char home[SANDBOX_PATH];
		char *text = malloc(size + 1);
		int r;

		(void)state;
		memset(text, '#', size);
		text[size] = '\0';
		sandbox_make(home);
		sandbox_write(home, &(struct sandbox_file){ ".aws/config", text, 0 });
		r = profile_set_load(no_env, home, &s, NULL);
		sandbox_remove(home);
		free(text);
		assert_int_equal(r, over ? -EFBIG : 0);
		profile_set_free(s);
	}
}

static const char *both(const char *name)
{
	return strcmp(name, "AWS_PROFILE") == 0		   ? "a"
		: strcmp(name, "AWS_DEFAULT_PROFILE") == 0 ? "b"
							   : NULL;
}

static const char *second(const char *name)
{
	return strcmp(name, "AWS_PROFILE") == 0 ? "" : both(name);
}

static void the_profile_is_given_or_from_the_environment(void **state)
{
	(void)state;
	assert_string_equal(profile_name("x", both), "x");
	assert_string_equal(profile_name(NULL, both), "a");
	assert_string_equal(profile_name(NULL, second), "b");
	assert_string_equal(profile_name(NULL, no_env), "default");
}

static void words_are_split_as_by_a_shell(void **state)
{
	static const struct {
		const char *text;
		int want;
		const char *words; /* each ended by '|' */
	} cases[] = {
		{ "", 0, "" },
		{ "  ", 0, "" },
		{ "a", 0, "a|" },
		{ " a  b\tc\n", 0, "a|b|c|" },
		{ "'a b' c", 0, "a b|c|" },
		{ "\"a b\"c d", 0, "a bc|d|" },
		{ "a\\ b", 0, "a b|" },
		{ "\"a\\\"b\\\\c\\d\"", 0, "a\"b\\c\\d|" },
		{ "'a\\'", 0, "a\\|" },
		{ "''", 0, "|" },
		{ "a '' b", 0, "a||b|" },
		{ "$HOME `x` ; | # y", 0, "$HOME|`x`|;|||#|y|" },
		{ "'a", -EINVAL, NULL },
		{ "\"a", -EINVAL, NULL },
		{ "\"a\\\"", -EINVAL, NULL },
		{ "a\\", -EINVAL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct words w = { 0 };
		char got[256] = "";
		size_t len = 0;

		print_message("%zu ", i);
		assert_int_equal(words_split(span_of(cases[i].text), &w), cases[i].want);
		for (size_t k = 0; k < w.count; k++)
			len += (size_t)snprintf(
				got + len, sizeof(got) - len, "%s|", w.items[k]);
		assert_string_equal(got, cases[i].words ? cases[i].words : "");
		assert_true(!w.items || !w.items[w.count]);
		words_finish(&w);
	}
	print_message("\n");
}

static void words_have_a_limit(void **state)
{
	for (int over = 0; over < 2; over++) {
		struct words w = { 0 };
		char text[2 * WORDS_MAX + 3];
		size_t len = 2 * ((size_t)WORDS_MAX + (size_t)over);

		(void)state;
		for (size_t i = 0; i < len; i++)
			text[i] = i % 2 ? ' ' : 'a';
		assert_int_equal(
			words_split((struct span){ text, len }, &w), over ? -E2BIG : 0);
		assert_int_equal(w.count, over ? 0 : WORDS_MAX);
		words_finish(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_that_botocore_reads),
		cmocka_unit_test(files_that_are_none_are_refused_with_their_line),
		cmocka_unit_test(the_same_key_in_two_sections_is_no_double),
		cmocka_unit_test(blocks_have_one_level_of_their_own_keys),
		cmocka_unit_test(the_credentials_file_comes_first),
		cmocka_unit_test(paths_of_the_environment_are_expanded),
		cmocka_unit_test(absent_files_and_homes_are_empty),
		cmocka_unit_test(files_over_the_limit_are_refused),
		cmocka_unit_test(the_profile_is_given_or_from_the_environment),
		cmocka_unit_test(words_are_split_as_by_a_shell),
		cmocka_unit_test(words_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
