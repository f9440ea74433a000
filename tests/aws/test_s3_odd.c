/* Replies that are not S3's, or not of the object: proxies make them. */
#include "aws/object/s3.h"
#include "tests/aws/fake_http.h"

static const char *const one_key[] = { "AKID" };

#define LIST                                                                             \
	"<ListBucketResult><CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes>"         \
	"</ListBucketResult>"
#define PART "content-range: bytes 5-14/26\n"

struct fixture {
	struct fake_http http;
	struct fake_keys keys;
	struct auth_context context;
	struct object_source *source;
	struct fault why;
};

static void begin(struct fixture *f, const struct fake_step *steps, size_t count)
{
	struct s3_options options = { .bucket = "bkt" };

	memset(f, 0, sizeof(*f));
	fake_http_init(&f->http, steps, count);
	fake_keys_init(&f->keys, one_key, 1);
	f->context = (struct auth_context){ .http = &f->http.http,
		.clock = &f->http.clock.clock,
		.profile = "default",
		.region = "eu-west-1" };
	options.context = &f->context;
	options.credentials = &f->keys.base;
	assert_int_equal(s3_open(&options, &f->source, &f->why), 0);
}

static void end(struct fixture *f)
{
	assert_int_equal(f->http.at, f->http.count);
	object_source_free(f->source);
}

static ssize_t read_ten(struct fixture *f, char bytes[11])
{
	static char key[] = "d/a b";
	const struct object_info o = { .key = key, .size_bytes = 26, .etag = "e-1" };

	memset(bytes, 0, 11);
	return object_read(f->source, &o, 5, bytes, 10, &f->why);
}

static void reply_that_is_none_of_the_object_is_asked_for_again(void **state)
{
	static const struct fake_step cases[] = {
		{ .status = 206,
			.headers = "content-range: bytes 4-14/26\n",
			.body = "efghijklmno" },
		{ .status = 206, .body = "fghijklmno" },
		{ .status = 206,
			.headers = "content-range: bytes 5-14/27\netag: \"e-1\"\n",
			.body = "fghijklmno" },
		{ .status = 200,
			.headers = "content-length: 13\n",
			.body = "<html></html>" },
		{ .status = 200, .body = "<html></html>" },
		{ .status = 200,
			.headers = "content-length: 13\netag: \"e-1\"\n",
			.body = "abcdefghijklm" },
		{ .status = 200, .body = "<Error><Code>InternalError</Code></Error>" },
	};
	const struct fake_step good = {
		.status = 206, .headers = PART, .body = "fghijklmno"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (unsigned odd = 1; odd <= 8; odd++) {
			struct fake_step steps[9] = { { .status = 200, .body = LIST } };
			struct fixture f;
			char bytes[11];

			for (unsigned k = 1; k <= odd; k++)
				steps[k] = cases[i];
			if (odd < 8)
				steps[odd + 1] = good;
			print_message("  case %zu, %u times\n", i, odd);
			begin(&f, steps, odd < 8 ? odd + 2 : odd + 1);
			assert_int_equal(read_ten(&f, bytes), odd < 8 ? 10 : -EIO);
			if (odd < 8)
				assert_string_equal(bytes, "fghijklmno");
			else
				assert_non_null(strstr(f.why.text, "s3://bkt/d/a b"));
			end(&f);
		}
}

static void page_of_html_is_no_empty_listing(void **state)
{
	const struct fake_step html = { .status = 200,
		.body = "<html><body><h1>502 Bad Gateway</h1></body></html>" };
	const struct fake_step list = { .status = 200, .body = LIST };
	const struct fake_step steps[] = { html, list, html, list };
	struct object_list found = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(object_list(f.source, "", &found, &f.why), 0);
	assert_int_equal(found.folder_count, 1);
	object_list_finish(&found);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_that_is_none_of_the_object_is_asked_for_again),
		cmocka_unit_test(page_of_html_is_no_empty_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
