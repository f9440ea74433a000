/* Manifests as AWS writes them, as others write them, and as nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "aws/export/delivery.h"
#include "aws/export/manifest.h"
#include "base/buf.h"

static const struct {
	const char *says;
	const char *text;
	const char *assembly, *name, *month;
	const char *keys; /* joined by ' ' */
} good[] = {
	{ "legacy",
		"{\n \"assemblyId\":\"aa1ddccb\",\n \"account\":\"111122223333\",\n"
		" \"columns\":[{\"category\":\"identity\",\"name\":\"LineItemId\"}],\n"
		" \"reportName\":\"hourly2\",\n \"billingPeriod\":{\n"
		"  \"start\":\"20161101T000000.000Z\",\n  "
		"\"end\":\"20161201T000000.000Z\"\n },\n"
		" \"bucket\":\"b\",\n \"reportKeys\":[\"p/1.csv.gz\",\n "
		"\"p/2.csv.gz\"],\n"
		" \"additionalArtifactKeys\":[{\"artifactType\":\"RedshiftCommands\","
		"\"name\":\"x\"}]\n}\n",
		"aa1ddccb", "hourly2", "2016-11", "p/1.csv.gz p/2.csv.gz" },
	{ "Data Exports",
		"{\"executionId\":\"9b6b\",\"exportArn\":\"arn:x\",\"columns\":[],"
		"\"dataFiles\":[\"s3://b/p/e/data/"
		"f.parquet\"],\"additionalOutputFiles\":[]}",
		"9b6b", "", "", "p/e/data/f.parquet" },
	{ "files as objects, other schemes, unknown members",
		"{\"dataFiles\":[{\"s3Uri\":\"s3://b/a\",\"size\":12},{\"s3Uri\":\"S3A://"
		"b/c\"},"
		"{\"s3Uri\":\"s3n://b/d\"}],\"later\":{\"x\":[null,true,1e3]}}",
		"", "", "", "a c d" },
	{ "slashes", "{\"reportKeys\":[\"/a/b\",\"c//d\",\"e/f/\",\"s3://b//g\"]}", "",
		"", "", "a/b c/d e/f g" },
	{ "absolute is relative to the source", "{\"reportKeys\":[\"/etc/passwd\"]}", "",
		"", "", "etc/passwd" },
	{ "dots inside parts", "{\"reportKeys\":[\"a..b/...c/.d\"]}", "", "", "",
		"a..b/...c/.d" },
	{ "no files", "{\"reportKeys\":[]}", "", "", "", "" },
	{ "escapes and UTF-8", "{\"reportKeys\":[\"a\\/\\u00e9\\\"\\\\\"]}", "", "", "",
		"a/\303\251\"\\" },
	{ "byte order mark and blanks", "\357\273\277 {\"reportKeys\":[\"a\"]} \r\n\t",
		"", "", "", "a" },
	{ "both ids: the execution's",
		"{\"assemblyId\":\"a\",\"executionId\":\"e\",\"dataFiles\":[\"x\"]}", "e",
		"", "", "x" },
	{ "members that are no texts say nothing",
		"{\"assemblyId\":7,\"reportName\":[],\"billingPeriod\":null,"
		"\"reportKeys\":[\"x\"]}",
		"", "", "", "x" },
	{ "period as a text", "{\"billingPeriod\":\"2026-06\",\"dataFiles\":[]}", "", "",
		"2026-06", "" },
	{ "period with dashes",
		"{\"billingPeriod\":{\"start\":\"2026-06-01T00:00:00Z\"},\"dataFiles\":[]"
		"}",
		"", "", "2026-06", "" },
	{ "no such month",
		"{\"billingPeriod\":{\"start\":\"20161301T00\"},\"dataFiles\":[]}", "",
		"", "", "" },
	{ "names of members are case-sensitive",
		"{\"REPORTKEYS\":[\"x\"],\"reportKeys\":[\"y\"]}", "", "", "", "y" },
};

static const struct {
	const char *says;
	const char *text;
	int error;
	const char *fault;
} bad[] = {
	{ "nothing", "", -EBADMSG, "empty" },
	{ "blanks", " \n", -EBADMSG, "empty" },
	{ "no JSON", "<html>", -EBADMSG, "no JSON" },
	{ "cut", "{\"reportKeys\":[\"a\"]", -EBADMSG, "no JSON" },
	{ "something behind", "{\"reportKeys\":[\"a\"]}{}", -EBADMSG, "no JSON" },
	{ "an array", "[\"a\"]", -EBADMSG, "neither reportKeys nor dataFiles" },
	{ "a text", "\"reportKeys\"", -EBADMSG, "neither" },
	{ "another object", "{\"entries\":[{\"url\":\"s3://b/a\"}]}", -EBADMSG,
		"neither" },
	{ "keys are no array", "{\"reportKeys\":\"a\"}", -EBADMSG, "neither" },
	{ "a key is a number", "{\"reportKeys\":[\"a\",1]}", -EBADMSG, "no text" },
	{ "a key is null", "{\"reportKeys\":[null]}", -EBADMSG, "no text" },
	{ "a key is an array", "{\"reportKeys\":[[\"a\"]]}", -EBADMSG, "no text" },
	{ "an object without s3Uri", "{\"dataFiles\":[{\"uri\":\"a\"}]}", -EBADMSG,
		"no text" },
	{ "an s3Uri that is none", "{\"dataFiles\":[{\"s3Uri\":1}]}", -EBADMSG,
		"no text" },
	{ "up", "{\"reportKeys\":[\"../a\"]}", -EBADMSG, "\"../a\"" },
	{ "up later", "{\"reportKeys\":[\"a/../b\"]}", -EBADMSG, "\"a/../b\"" },
	{ "up at the end", "{\"reportKeys\":[\"s3://b/a/..\"]}", -EBADMSG, ".." },
	{ "up, escaped", "{\"reportKeys\":[\"\\u002e\\u002e/a\"]}", -EBADMSG,
		"\"../a\"" },
	{ "here", "{\"reportKeys\":[\"./a\"]}", -EBADMSG, "\"./a\"" },
	{ "an empty key", "{\"reportKeys\":[\"\"]}", -EBADMSG, "\"\"" },
	{ "only slashes", "{\"reportKeys\":[\"///\"]}", -EBADMSG, "\"///\"" },
	{ "only a bucket", "{\"dataFiles\":[\"s3://b\"]}", -EBADMSG, "\"s3://b\"" },
	{ "a NUL that would hide the rest", "{\"reportKeys\":[\"a.csv\\u0000.sh\"]}",
		-EBADMSG, "NUL" },
};

static void join(const struct manifest *m, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < m->count; i++)
		len += (size_t)snprintf(
			ret + len, size - len, "%s%s", i ? " " : "", m->keys[i]);
}

static void manifests_say_what_they_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char keys[1024], month[MONTH_TEXT + 1] = "";
		struct manifest m = { 0 };

		print_message("  %s\n", good[i].says);
		assert_int_equal(manifest_parse(span_of(good[i].text), "m", &m, NULL), 0);
		join(&m, keys, sizeof(keys));
		if (m.month.number)
			month_format(m.month, month);
		assert_string_equal(keys, good[i].keys);
		assert_string_equal(m.assembly, good[i].assembly);
		assert_string_equal(m.name, good[i].name);
		assert_string_equal(month, good[i].month);
		manifest_finish(&m);
		manifest_finish(&m);
	}
	manifest_finish(NULL);
}

static void what_is_no_manifest_is_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct manifest m = { 0 };
		struct fault why = { 0 };

		print_message("  %s\n", bad[i].says);
		assert_int_equal(manifest_parse(span_of(bad[i].text), "the-Manifest.json",
					 &m, &why),
			bad[i].error);
		assert_int_equal(why.error, bad[i].error);
		if (!strstr(why.text, bad[i].fault))
			fail_msg("\"%s\" lacks \"%s\"", why.text, bad[i].fault);
		assert_ptr_equal(strstr(why.text, "the-Manifest.json: "), why.text);
		assert_true(why.cure[0] != '\0');
		manifest_finish(&m);
	}
}

static void a_manifest_cut_anywhere_is_refused(void **state)
{
	struct span whole = span_of(good[0].text);
	size_t end = whole.len - 1; /* only the last newline may be missing */

	(void)state;
	for (size_t n = 0; n < end; n++) {
		/* Of exact size, so that a sanitizer sees a read past the end. */
		char *text = malloc(n + 1);
		struct manifest m = { 0 };

		assert_non_null(text);
		text = realloc(text, n ? n : 1);
		memcpy(text, whole.p, n);
		assert_int_equal(manifest_parse((struct span){ text, n }, "m", &m, NULL),
			-EBADMSG);
		manifest_finish(&m);
		free(text);
	}
}

/* head, then piece count times with ',' between, then tail. */
static int parse_repeated(const char *head, const char *piece, size_t count,
	const char *tail, struct fault *why)
{
	struct buf text = BUF_INIT((size_t)64 * 1024 * 1024);
	struct manifest m = { 0 };
	int r = buf_append_text(&text, head);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = buf_appendf(&text, "%s%s", i && piece[0] == '"' ? "," : "", piece);
	if (r == 0)
		r = buf_append_text(&text, tail);
	assert_int_equal(r, 0);
	r = manifest_parse(buf_span(&text), "m", &m, why);
	manifest_finish(&m);
	buf_finish(&text);
	return r;
}

static void limits_hold_and_one_more_is_too_much(void **state)
{
	char key[OBJECT_KEY_MAX + 4] = "\"";
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(parse_repeated("{\"reportKeys\":[", "\"abc\"",
				 DELIVERY_FILES_MAX, "]}", NULL),
		0);
	assert_int_equal(parse_repeated("{\"reportKeys\":[", "\"abc\"",
				 DELIVERY_FILES_MAX + 1, "]}", &why),
		-EFBIG);
	assert_non_null(strstr(why.text, "more than 100000 files"));

	memset(key + 1, 'k', OBJECT_KEY_MAX);
	key[OBJECT_KEY_MAX + 1] = '"';
	assert_int_equal(parse_repeated("{\"reportKeys\":[", key, 1, "]}", NULL), 0);
	key[OBJECT_KEY_MAX + 1] = 'k';
	key[OBJECT_KEY_MAX + 2] = '"';
	assert_int_equal(parse_repeated("{\"reportKeys\":[", key, 1, "]}", NULL), -EFBIG);

	/* Brackets: the object is the first. */
	assert_int_equal(parse_repeated("{\"reportKeys\":[],\"x\":", "[",
				 MANIFEST_DEPTH_MAX, "", NULL),
		-EFBIG);
	assert_int_equal(parse_repeated("{\"reportKeys\":[],\"x\":", "[",
				 MANIFEST_DEPTH_MAX - 1, "", NULL),
		-EBADMSG); /* only because nothing is closed */
	assert_int_equal(
		parse_repeated("[", "{},", MANIFEST_VALUES_MAX, "{}]", NULL), -EFBIG);
}

static void bytes_up_to_the_limit_are_parsed_and_one_more_is_not(void **state)
{
	const struct span json = SPAN("{\"reportKeys\":[]}");
	char *text = malloc(MANIFEST_BYTES_MAX + 1);
	struct manifest m = { 0 };

	(void)state;
	assert_non_null(text);
	memset(text, ' ', MANIFEST_BYTES_MAX + 1);
	memcpy(text, json.p, json.len);
	assert_int_equal(
		manifest_parse((struct span){ text, MANIFEST_BYTES_MAX }, "m", &m, NULL),
		0);
	manifest_finish(&m);
	assert_int_equal(manifest_parse((struct span){ text, MANIFEST_BYTES_MAX + 1 },
				 "m", &m, NULL),
		-EFBIG);
	manifest_finish(&m);
	free(text);
}

/* One object of any size that is never to be read, or of fewer bytes than it was listed.
 */
struct blob_source {
	struct object_source source;
	const char *text;
	int error;
};

static ssize_t blob_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	const struct blob_source *b = (const struct blob_source *)s;
	struct span rest = span_from(span_of(b->text), (size_t)offset);

	(void)object;
	if (b->error)
		return fault(why, b->error, "blob");
	rest = span_first(rest, len < 3 ? len : 3); /* in small pieces */
	if (rest.len)
		memcpy(bytes, rest.p, rest.len);
	return (ssize_t)rest.len;
}

static const struct object_ops blob_ops = { .read = blob_read };

static void an_object_is_read_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *says;
		uint64_t size;
		int error, want;
	} cases[] = {
		{ "as listed", 20, 0, 0 },
		{ "shorter than listed", 21, 0, -ESTALE },
		{ "50 MiB", UINT64_C(50) * 1024 * 1024, 0, -EFBIG },
		{ "as much as there can be", UINT64_MAX, 0, -EFBIG },
		{ "changed", 20, -ESTALE, -ESTALE },
		{ "denied", 20, -EACCES, -EACCES },
		{ "empty", 0, 0, -EBADMSG },
	};
	char key[] = "p/e-Manifest.json";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct blob_source b = { { &blob_ops, "blob" },
			"{\"reportKeys\":[\"a\"]}", cases[i].error };
		const struct object_info o = { .key = key, .size_bytes = cases[i].size };
		struct manifest m = { 0 };
		struct fault why = { 0 };

		print_message("  %s\n", cases[i].says);
		assert_int_equal(manifest_read(&b.source, &o, &m, &why), cases[i].want);
		assert_int_equal(why.error, cases[i].want);
		assert_int_equal(m.count, cases[i].want == 0);
		if (cases[i].want && !cases[i].error)
			assert_non_null(strstr(why.text, "blob/p/e-Manifest.json"));
		manifest_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_say_what_they_name),
		cmocka_unit_test(what_is_no_manifest_is_refused_with_a_reason),
		cmocka_unit_test(a_manifest_cut_anywhere_is_refused),
		cmocka_unit_test(limits_hold_and_one_more_is_too_much),
		cmocka_unit_test(bytes_up_to_the_limit_are_parsed_and_one_more_is_not),
		cmocka_unit_test(an_object_is_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
