/* A bucket as an object source: requests as S3 wants them, replies as S3 and others give
 * them. */
#include "aws/object/s3.h"
#include "tests/aws/fake_http.h"

static const char *const one_key[] = { "AKID" };

#define LIST(inner)                                                                      \
	"<?xml version=\"1.0\"?><ListBucketResult "                                      \
	"xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner "</ListBucketResult>"
#define OBJECT(key, size)                                                                \
	"<Contents><Key>" key "</Key><LastModified>2026-06-01T23:48:02.000Z"             \
	"</LastModified><ETag>&quot;e-1&quot;</ETag><Size>" size                         \
	"</Size><StorageClass>STANDARD</StorageClass></Contents>"
#define FOLDER(key) "<CommonPrefixes><Prefix>" key "</Prefix></CommonPrefixes>"
#define ERROR(code) "<Error><Code>" code "</Code><Message>m</Message></Error>"

static const struct fake_step found = { .status = 200, .body = LIST(FOLDER("x/")) };

struct fixture {
	struct fake_http http;
	struct fake_keys keys;
	struct auth_context context;
	struct object_source *source;
	struct fault why;
};

static const char *env_custom(const char *name)
{
	return strcmp(name, "AWS_ENDPOINT_URL_S3") == 0 ? "http://127.0.0.1:9" : NULL;
}

static int try_open_by(
	int (*open)(const struct s3_options *, struct object_source **, struct fault *),
	struct fixture *f, const struct fake_step *steps, size_t count,
	const struct s3_options *options)
{
	struct s3_options o = *options;

	memset(f, 0, sizeof(*f));
	fake_http_init(&f->http, steps, count);
	fake_keys_init(&f->keys, one_key, 1);
	f->context = (struct auth_context){ .http = &f->http.http,
		.clock = &f->http.clock.clock,
		.profile = "default",
		.region = "eu-west-1",
		.env = o.context ? env_custom : NULL };
	o.context = &f->context;
	o.credentials = &f->keys.base;
	if (!o.bucket)
		o.bucket = "bkt";
	return open(&o, &f->source, &f->why);
}

static int try_open(struct fixture *f, const struct fake_step *steps, size_t count,
	const struct s3_options *options)
{
	return try_open_by(s3_open, f, steps, count, options);
}

static void begin(struct fixture *f, const struct fake_step *steps, size_t count)
{
	assert_int_equal(try_open(f, steps, count, &(struct s3_options){ 0 }), 0);
}

static void end(struct fixture *f)
{
	assert_int_equal(f->http.at, f->http.count);
	object_source_free(f->source);
}

static void host_or_path_by_the_name_and_the_endpoint(void **state)
{
	static const struct auth_context custom;
	static const struct {
		struct s3_options options;
		const char *wants;
	} cases[] = {
		{ { .bucket = "bkt" },
			"GET https://bkt.s3.eu-west-1.amazonaws.com/?delimiter=" },
		{ { .bucket = "my.bkt" },
			"GET https://s3.eu-west-1.amazonaws.com/my.bkt?delimiter=" },
		{ { .bucket = "Old_Bucket" },
			"GET https://s3.eu-west-1.amazonaws.com/Old_Bucket?delimiter=" },
		{ { .bucket = "bkt", .context = &custom },
			"GET http://127.0.0.1:9/bkt?delimiter=" },
		{ { .bucket = "bkt", .region = "cn-north-1" },
			"GET https://bkt.s3.cn-north-1.amazonaws.com.cn/"
			"?delimiter=|/cn-north-1/s3/" },
		{ { .bucket = "bkt", .requester_pays = true },
			"x-amz-request-payer: requester\n|;x-amz-request-payer" },
		{ { .bucket = "bkt", .prefix = "a b/+/" }, "&prefix=a%20b%2F%2B%2F" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *prefix = cases[i].options.prefix;
		struct fake_step step = { .wants = cases[i].wants,
			.status = 200,
			.body = prefix ? LIST(FOLDER("a+b%2F%2B%2Fx/"))
				       : LIST(FOLDER("x/")) };
		struct fixture f;

		print_message("  %s\n", cases[i].wants);
		assert_int_equal(try_open(&f, &step, 1, &cases[i].options), 0);
		end(&f);
	}
}

/* The first call that succeeds proves the bucket, and no other has to. */
static void made_without_a_request_it_proves_itself(void **state)
{
	static const struct fake_step denied = { .status = 403,
		.body = ERROR("AccessDenied") };
	static const struct fake_step gone = { .status = 404,
		.body = ERROR("NoSuchBucket") };
	static const struct fake_step listed = { .status = 200,
		.body = LIST(FOLDER("x/")) };
	static const struct fake_step head = { .wants = "HEAD ",
		.status = 200,
		.headers = "content-length: 3\netag: \"e\"\n" };
	const struct fake_step steps[] = { denied, gone, listed, listed, head };
	const struct s3_options options = { .bucket = "bkt" };
	struct object_list list = { 0 };
	struct object_info info = { 0 };
	struct fixture f;

	(void)state;
	assert_int_equal(try_open_by(s3_new, &f, steps, ARRAY_LEN(steps), &options), 0);
	assert_int_equal(f.http.at, 0);
	assert_string_equal(f.source->name, "s3://bkt");
	assert_int_equal(object_list(f.source, "", &list, &f.why), -EACCES);
	assert_true(f.why.cure[0]);
	/* The bucket is not there, not the object. */
	assert_int_equal(object_stat(f.source, "x/y", &info, &f.why), -EIO);
	assert_non_null(strstr(f.why.text, "NoSuchBucket"));
	assert_int_equal(object_list(f.source, "", &list, &f.why), 0);
	assert_int_equal(list.folder_count, 1);
	assert_int_equal(object_stat(f.source, "x/y", &info, &f.why), 0);
	assert_int_equal(info.size_bytes, 3);
	free(info.key);
	object_list_finish(&list);
	end(&f);
}

static void bad_names_are_no_request(void **state)
{
	static const char *const names[] = { "", "ab", "a/b", "a?bc", "b\xC3\xBCr",
		"a b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct fixture f;

		print_message("  \"%s\"\n", names[i]);
		assert_int_equal(
			try_open(&f, NULL, 0, &(struct s3_options){ .bucket = names[i] }),
			-EINVAL);
		assert_true(f.why.cure[0]);
	}
}

static void bucket_is_followed_to_its_region(void **state)
{
	static const struct fake_step there = {
		.wants = "https://bkt.s3.us-west-2.amazonaws.com/|/us-west-2/s3/",
		.status = 200,
		.body = LIST(FOLDER("x/"))
	};
	static const struct fake_step by_header = { .status = 301,
		.headers = "x-amz-bucket-region: us-west-2\n",
		.body = ERROR("PermanentRedirect") };
	static const struct fake_step by_body = { .status = 400,
		.body = "<Error><Code>AuthorizationHeaderMalformed</Code>"
			"<Region>us-west-2</Region></Error>" };
	static const struct fake_step silent = { .status = 301 };
	static const struct fake_step head = {
		.wants = "HEAD https://bkt.s3.eu-west-1.amazonaws.com/\n",
		.status = 301,
		.headers = "x-amz-bucket-region: us-west-2\n"
	};
	const struct fake_step a[] = { by_header, there, there };
	const struct fake_step b[] = { by_body, there, there };
	const struct fake_step c[] = { silent, head, there, there };
	const struct {
		const struct fake_step *steps;
		size_t count;
	} cases[] = { { a, 3 }, { b, 3 }, { c, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct object_list l = { 0 };
		struct fixture f;

		print_message("  case %zu\n", i);
		begin(&f, cases[i].steps, cases[i].count);
		/* And stays there. */
		assert_int_equal(object_list(f.source, "", &l, NULL), 0);
		assert_int_equal(l.folder_count, 1);
		object_list_finish(&l);
		end(&f);
	}
}

static void new_bucket_is_asked_where_it_says(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 307,
			.headers =
				"location: https://bkt.s3.us-east-2.amazonaws.com/?x\n",
			.body = ERROR("TemporaryRedirect") },
		{ .wants = "GET https://bkt.s3.us-east-2.amazonaws.com/?|/eu-west-1/s3/",
			.status = 200,
			.body = LIST(FOLDER("x/")) },
	};
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	end(&f);
}

static void failures_of_opening(void **state)
{
	static const struct {
		struct fake_step step;
		unsigned times;
		int error;
	} cases[] = {
		{ { .status = 404, .body = ERROR("NoSuchBucket") }, 1, -ENOENT },
		{ { .status = 403, .body = ERROR("AccessDenied") }, 1, -EACCES },
		{ { .status = 403, .body = ERROR("InvalidAccessKeyId") }, 1,
			-EKEYREJECTED },
		{ { .status = 400, .body = ERROR("ExpiredToken") }, 1, -EKEYEXPIRED },
		{ { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\n" }, 1,
			-EIO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;

		print_message("  %d %s\n", cases[i].step.status, cases[i].step.body);
		assert_int_equal(try_open(&f, &cases[i].step, cases[i].times,
					 &(struct s3_options){ 0 }),
			cases[i].error);
		assert_int_equal(f.why.error, cases[i].error);
		assert_true(f.why.text[0] && f.why.cure[0]);
		assert_null(f.source);
		assert_int_equal(f.http.at, f.http.count);
	}
}

/* Folders, then objects with their sizes. */
static void check_list(struct fixture *f, const char *prefix, const char *want)
{
	struct object_list l = { 0 };
	char got[2048];
	size_t len = 0;
	int r = object_list(f->source, prefix, &l, &f->why);

	got[0] = '\0';
	for (size_t i = 0; i < l.folder_count; i++)
		len += (size_t)snprintf(
			got + len, sizeof(got) - len, "%s ", l.folders[i]);
	for (size_t i = 0; i < l.count; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s=%d ",
			l.items[i].key, (int)l.items[i].size_bytes);
	object_list_finish(&l);
	if (r < 0)
		fail_msg("%s", f->why.text);
	assert_string_equal(got, want);
}

static void all_pages_are_listed_and_decoded(void **state)
{
	const struct fake_step steps[] = {
		found,
		{ .wants = "delimiter=%2F&encoding-type=url&list-type=2&prefix=d%2F\n",
			.status = 200,
			.body = LIST("<IsTruncated>true</IsTruncated>"
				     "<NextContinuationToken>a+/=b</"
				     "NextContinuationToken>" OBJECT("d/z", "1") OBJECT(
					     "d/", "0") OBJECT("d/a+b%2B%25%0A%C3%BC",
					     "18446744073709")) },
		{ .wants = "&continuation-token=a%2B%2F%3Db&prefix=d%2F\n",
			.status = 200,
			.body = LIST("<IsTruncated>false</IsTruncated>" OBJECT(
				"d/.", "1") OBJECT("d/bad%FF", "1") OBJECT("other",
				"1") FOLDER("d/y+y/") FOLDER("d/../") FOLDER("d/x/")) },
	};
	struct object_list l = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(object_list(f.source, "d/", &l, NULL), 0);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.items[0].key, "d/a b+%\n\xC3\xBC");
	assert_true(l.items[0].size_bytes == UINT64_C(18446744073709));
	assert_string_equal(l.items[0].etag, "e-1");
	/* date -d 2026-06-01T23:48:02Z +%s */
	assert_int_equal(l.items[0].modified.seconds, 1780357682);
	assert_string_equal(l.items[1].key, "d/z");
	assert_int_equal(l.folder_count, 2);
	assert_string_equal(l.folders[0], "d/x/");
	assert_string_equal(l.folders[1], "d/y y/");
	object_list_finish(&l);
	end(&f);
}

static void listing_in_a_circle_ends(void **state)
{
#define PAGE(token)                                                                      \
	{                                                                                \
		.status = 200,                                                           \
		.body = LIST("<IsTruncated>true</IsTruncated>"                           \
			     "<NextContinuationToken>" token "</NextContinuationToken>") \
	}
	const struct fake_step one[] = { found, PAGE("a"), PAGE("a") };
	const struct fake_step two[] = { found, PAGE("a"), PAGE("b"), PAGE("a"),
		PAGE("b") };
	const struct fake_step none[] = { found, PAGE("") };
	const struct {
		const struct fake_step *steps;
		size_t count;
	} cases[] = { { one, 3 }, { two, 5 }, { none, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct object_list l = { 0 };
		struct fixture f;

		print_message("  case %zu\n", i);
		begin(&f, cases[i].steps, cases[i].count);
		assert_int_equal(object_list(f.source, "d/", &l, &f.why), -EIO);
		object_list_finish(&l);
		end(&f);
	}
}

static void listing_that_is_none_is_an_error(void **state)
{
	static const char *const bodies[] = {
		LIST("<Contents><Key>d/a</Key><Size>x</Size></Contents>"),
		LIST("<Contents><Size>1</Size></Contents>"),
		LIST("<Contents><Key>d/a</Key><LastModified>now</LastModified></"
		     "Contents>"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const struct fake_step steps[] = { found,
			{ .status = 200, .body = bodies[i] } };
		struct object_list l = { 0 };
		struct fixture f;

		print_message("  %s\n", bodies[i]);
		begin(&f, steps, ARRAY_LEN(steps));
		assert_int_equal(object_list(f.source, "d/", &l, &f.why), -EIO);
		object_list_finish(&l);
		end(&f);
	}
}

static void keys_that_begin_with_a_slash_are_the_root(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 200, .body = LIST(FOLDER("/")) },
		{ .wants = "&prefix=%2F\n", .status = 200, .body = LIST(FOLDER("/r/")) },
		{ .wants = "&prefix=%2F\n", .status = 200, .body = LIST(FOLDER("/r/")) },
		{ .wants = "&prefix=%2Fr%2F\n",
			.status = 200,
			.body = LIST(OBJECT("/r/k", "3")) },
		{ .wants = "HEAD https://bkt.s3.eu-west-1.amazonaws.com//r/k\n",
			.status = 200,
			.headers = "content-length: 3\netag: \"e-1\"\n" },
	};
	struct object_info info;
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	check_list(&f, "", "r/ ");
	check_list(&f, "r/", "r/k=3 ");
	assert_int_equal(object_stat(f.source, "r/k", &info, NULL), 0);
	assert_string_equal(info.key, "r/k");
	free(info.key);
	end(&f);
}

static void empty_parts_among_others_are_left_out(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 200, .body = LIST(FOLDER("/") FOLDER("a/")) },
		{ .status = 200,
			.body = LIST(FOLDER("/") FOLDER("a/") OBJECT("k", "1")) },
		{ .wants = "&prefix=%2F\n",
			.status = 200,
			.body = LIST(FOLDER("/a/") FOLDER("/b/") OBJECT("/k", "2")
					OBJECT("/l", "3")) },
		{ .wants = "&prefix=b%2F\n", .status = 200, .body = LIST("") },
		{ .wants = "&prefix=%2Fb%2F\n",
			.status = 200,
			.body = LIST(OBJECT("/b/m", "4")) },
		{ .wants = "HEAD https://bkt.s3.eu-west-1.amazonaws.com/b/m\n",
			.status = 404 },
		{ .wants = "HEAD https://bkt.s3.eu-west-1.amazonaws.com//b/m\n",
			.status = 200,
			.headers = "content-length: 4\netag: \"e\"\n" },
	};
	struct object_info info;
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	check_list(&f, "", "a/ b/ k=1 l=3 ");
	check_list(&f, "b/", "b/m=4 ");
	assert_int_equal(object_stat(f.source, "b/m", &info, NULL), 0);
	assert_int_equal(info.size_bytes, 4);
	free(info.key);
	end(&f);
}

static void prefix_is_found_with_its_empty_parts(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = "&prefix=a%2Fb%2F\n", .status = 200, .body = LIST("") },
		{ .wants = "&prefix=a%2F\n", .status = 200, .body = LIST(FOLDER("a//")) },
		{ .wants = "&prefix=a%2Fb%2F\n", .status = 200, .body = LIST("") },
		{ .wants = "&prefix=a%2F%2Fb%2F\n",
			.status = 200,
			.body = LIST(OBJECT("a//b/k", "1") OBJECT("a//b/l", "1")) },
		{ .wants = "&prefix=a%2F%2Fb%2F\n",
			.status = 200,
			.body = LIST(OBJECT("a//b/k", "1")) },
	};
	struct fixture f;

	(void)state;
	assert_int_equal(try_open(&f, steps, ARRAY_LEN(steps),
				 &(struct s3_options){ .prefix = "a/b/" }),
		0);
	assert_string_equal(f.source->name, "s3://bkt/a/b");
	check_list(&f, "", "k=1 ");
	end(&f);
}

static void stat_tells_why_it_is_refused(void **state)
{
	const struct fake_step steps[] = { found, { .wants = "HEAD ", .status = 404 },
		{ .wants = "HEAD ", .status = 403 },
		{ .wants = "GET |range: bytes=0-0\n",
			.status = 403,
			.body = ERROR("AccessDenied") },
		{ .wants = "HEAD ", .status = 403 },
		{ .wants = "GET ",
			.status = 206,
			.headers = "content-range: bytes 0-0/77\netag: \"q\"\n"
				   "last-modified: Tue, 24 Nov 2026 22:53:42 GMT\n",
			.body = "x" } };
	struct object_info info = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(object_stat(f.source, "k", &info, &f.why), -ENOENT);
	assert_string_equal(f.why.text, "");
	assert_int_equal(object_stat(f.source, "k", &info, &f.why), -EACCES);
	assert_non_null(strstr(f.why.cure, "s3:GetObject"));
	assert_int_equal(object_stat(f.source, "k", &info, NULL), 0);
	assert_int_equal(info.size_bytes, 77);
	assert_string_equal(info.etag, "q");
	assert_int_equal(info.modified.seconds, 1795560822);
	free(info.key);
	end(&f);
}

/* Ten bytes of an object of 26: the request is a jump, so no thread takes part. */
static ssize_t read_ten(struct fixture *f, char bytes[11])
{
	static char key[] = "d/a b";
	const struct object_info o = { .key = key, .size_bytes = 26, .etag = "e-1" };

	memset(bytes, 0, 11);
	f->why = (struct fault){ 0 };
	return object_read(f->source, &o, 5, bytes, 10, &f->why);
}

#define RANGE "content-range: bytes 5-14/26\netag: \"e-1\"\n"

static void ranges_and_what_servers_make_of_them(void **state)
{
	static const struct {
		const char *what;
		struct fake_step step;
		ssize_t result;
	} cases[] = {
		{ "as asked for",
			{ .status = 206, .headers = RANGE, .body = "fghijklmno" }, 10 },
		{ "all of it",
			{ .status = 200,
				.headers = "content-length: 26\netag: \"e-1\"\n",
				.body = "abcdefghijklmnopqrstuvwxyz" },
			10 },
		{ "all of another one",
			{ .status = 200,
				.headers = "content-length: 25\netag: \"f\"\n",
				.body = "abcdefghijklmnopqrstuvwxy" },
			-ESTALE },
		{ "another size",
			{ .status = 206,
				.headers = "content-range: bytes 5-14/27\n",
				.body = "fghijklmno" },
			-ESTALE },
		{ "another etag",
			{ .status = 206,
				.headers = "content-range: bytes 5-14/26\netag: \"f\"\n",
				.body = "fghijklmno" },
			-ESTALE },
		{ "replaced", { .status = 412, .body = ERROR("PreconditionFailed") },
			-ESTALE },
		{ "gone", { .status = 404, .body = ERROR("NoSuchKey") }, -ENOENT },
		{ "shorter", { .status = 416, .body = ERROR("InvalidRange") }, -ESTALE },
		{ "denied", { .status = 403, .body = ERROR("AccessDenied") }, -EACCES },
		{ "archived", { .status = 403, .body = ERROR("InvalidObjectState") },
			-EIO },
		{ "too much", { .status = 206, .headers = RANGE, .body = "fghijklmnopq" },
			10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t piece = 0; piece < 4; piece++) {
			struct fake_step steps[] = { found, cases[i].step };
			struct fixture f;
			char bytes[11];

			print_message("  %s, by %zu\n", cases[i].what, piece);
			steps[1].wants = "GET https://bkt.s3.eu-west-1.amazonaws.com/"
					 "d/a%20b\n|range: bytes=5-14\n|if-match: "
					 "\"e-1\"\n";
			begin(&f, steps, ARRAY_LEN(steps));
			f.http.piece = piece;
			assert_int_equal(read_ten(&f, bytes), cases[i].result);
			if (cases[i].result > 0)
				assert_string_equal(bytes, "fghijklmno");
			else
				assert_non_null(strstr(f.why.text, "s3://bkt/d/a b"));
			end(&f);
		}
}

static void cut_transfer_goes_on_where_it_ended(void **state)
{
	const struct fake_step steps[] = { found,
		{ .status = 206, .headers = RANGE, .body = "fgh", .error = -ECONNRESET },
		{ .wants = "range: bytes=8-14\n|if-match: \"e-1\"\n",
			.status = 206,
			.headers = "content-range: bytes 8-14/26\n",
			.body = "ijkl" },
		{ .wants = "range: bytes=12-14\n",
			.status = 206,
			.headers = "content-range: bytes 12-14/26\n",
			.body = "mno" } };
	struct object_traffic counts;
	struct fixture f;
	char bytes[11];

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(read_ten(&f, bytes), 10);
	assert_string_equal(bytes, "fghijklmno");
	assert_true(object_traffic(f.source, &counts));
	assert_int_equal(counts.list, 1);
	assert_int_equal(counts.get, 3);
	assert_int_equal(counts.bytes, 10);
	end(&f);
}

static void object_replaced_while_it_is_read_is_never_mixed(void **state)
{
	const struct fake_step steps[] = { found,
		{ .status = 206, .headers = RANGE, .body = "fgh", .error = -ECONNRESET },
		{ .status = 412, .body = ERROR("PreconditionFailed") } };
	struct fixture f;
	char bytes[11];

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(read_ten(&f, bytes), -ESTALE);
	end(&f);
}

static void stall_and_silence_end_within_the_deadline(void **state)
{
	/* Bytes, then nothing for 10 s, then nothing at all. */
	const struct fake_step steps[] = { found,
		{ .takes_ms = 10000,
			.status = 206,
			.headers = RANGE,
			.body = "fgh",
			.error = -ETIMEDOUT },
		{ .takes_ms = 100000 } };
	struct fixture f;
	char bytes[11];

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(read_ten(&f, bytes), -ETIMEDOUT);
	assert_true(f.http.clock.ms <= 10000 + 30000);
	end(&f);
}

static void whole_object_is_asked_for_without_a_range(void **state)
{
	static char key[] = "k";
	const struct object_info o = { .key = key, .size_bytes = 3, .etag = "e-1" };
	const struct fake_step steps[] = { found,
		{ .status = 200, .headers = "content-length: 3\n", .body = "abc" } };
	struct fixture f;
	char bytes[4] = "";

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(object_read(f.source, &o, 0, bytes, 3, NULL), 3);
	assert_string_equal(bytes, "abc");
	assert_null(strstr(f.http.seen[1], "range:"));
	assert_int_equal(object_read(f.source, &o, 3, bytes, 3, NULL), 0);
	end(&f);
}

static void stop_ends_every_call(void **state)
{
	const struct fake_step steps[] = { found };
	struct object_info info = { 0 };
	struct object_list l = { 0 };
	atomic_bool stop = false;
	struct fixture f;
	char bytes[11];

	(void)state;
	assert_int_equal(
		try_open(&f, steps, 1, &(struct s3_options){ .stop = &stop }), 0);
	atomic_store(&stop, true);
	assert_int_equal(object_list(f.source, "", &l, NULL), -ECANCELED);
	assert_int_equal(object_stat(f.source, "k", &info, NULL), -ECANCELED);
	assert_int_equal(read_ten(&f, bytes), -ECANCELED);
	object_list_finish(&l);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_or_path_by_the_name_and_the_endpoint),
		cmocka_unit_test(made_without_a_request_it_proves_itself),
		cmocka_unit_test(bad_names_are_no_request),
		cmocka_unit_test(bucket_is_followed_to_its_region),
		cmocka_unit_test(new_bucket_is_asked_where_it_says),
		cmocka_unit_test(failures_of_opening),
		cmocka_unit_test(all_pages_are_listed_and_decoded),
		cmocka_unit_test(listing_in_a_circle_ends),
		cmocka_unit_test(listing_that_is_none_is_an_error),
		cmocka_unit_test(keys_that_begin_with_a_slash_are_the_root),
		cmocka_unit_test(empty_parts_among_others_are_left_out),
		cmocka_unit_test(prefix_is_found_with_its_empty_parts),
		cmocka_unit_test(stat_tells_why_it_is_refused),
		cmocka_unit_test(ranges_and_what_servers_make_of_them),
		cmocka_unit_test(cut_transfer_goes_on_where_it_ended),
		cmocka_unit_test(object_replaced_while_it_is_read_is_never_mixed),
		cmocka_unit_test(stall_and_silence_end_within_the_deadline),
		cmocka_unit_test(whole_object_is_asked_for_without_a_range),
		cmocka_unit_test(stop_ends_every_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
