/* Objects whose bytes are damaged on their way, small ones and ones in parts. */
#include "aws/object/s3.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/aws/fake_http.h"

enum { STEP = 256 * 1024 };

/* One object, by ranges and by several threads. */
struct bucket {
	struct http http;
	unsigned char *bytes;
	size_t len;
	const char *kind, *sum, *type; /* sum in base64 */
	atomic_int damaged_gets; /* so many of the next have a wrong bit */
	atomic_int gets, heads, modes;
	struct fake_clock clock;
	struct credential_provider keys;
	struct auth_context context;
	struct object_source *source;
	struct fault why;
};

static const char *header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (strcmp(q->headers[i].name, name) == 0)
			return q->headers[i].value;
	return NULL;
}

static int send_object(struct bucket *b, const struct http_request *q, size_t first,
	size_t end, struct http_response *ret)
{
	unsigned char *copy = malloc(end - first);
	int r = 0;

	assert_non_null(copy);
	memcpy(copy, b->bytes + first, end - first);
	if (atomic_load(&b->damaged_gets) > 0) {
		atomic_fetch_sub(&b->damaged_gets, 1);
		copy[(end - first) / 2] ^= 0x10;
	}
	for (size_t at = 0; at < end - first && r == 0;) {
		size_t n = end - first - at < 16384 ? end - first - at : 16384;

		r = q->sink ? q->sink(q->context, copy + at, n)
			    : buf_append(&ret->body, copy + at, n);
		at += n;
	}
	free(copy);
	return r;
}

static int add(struct buf *b, const char *name, const char *value)
{
	return value ? buf_appendf(b, "%s: %s\n", name, value) : 0;
}

static int serve(struct http *h, const struct http_request *q, const atomic_bool *stop,
	struct http_response *ret, struct fault *why)
{
	struct bucket *b = (struct bucket *)(void *)h;
	const char *range = header(q, "range");
	bool is_head = strcmp(q->method, "HEAD") == 0;
	bool has_mode = header(q, "x-amz-checksum-mode") != NULL;
	uint64_t first = 0, last = b->len - 1;
	struct buf name = BUF_INIT(64);

	(void)why;
	(void)stop;
	ret->headers.limit = ret->body.limit = 1 << 20;
	buf_clear(&ret->headers);
	buf_clear(&ret->body);
	ret->content_length = UINT64_MAX;
	ret->status = 200;
	if (strstr(q->url, "list-type"))
		return buf_append_text(&ret->body,
			"<ListBucketResult><CommonPrefixes><Prefix>x/</Prefix>"
			"</CommonPrefixes></ListBucketResult>");
	atomic_fetch_add(is_head ? &b->heads : &b->gets, 1);
	atomic_fetch_add(&b->modes, has_mode);
	if (range) {
		struct span rest = span_from(span_of(range), strlen("bytes=")), part;

		assert_true(span_split(&rest, '-', &part));
		assert_int_equal(span_parse_u64(part, b->len, &first), 0);
		assert_int_equal(span_parse_u64(rest, b->len, &last), 0);
		ret->status = 206;
		assert_int_equal(
			buf_appendf(&ret->headers, "content-range: bytes %zu-%zu/%zu\n",
				(size_t)first, (size_t)last, b->len),
			0);
	} else if (has_mode && b->kind) {
		assert_int_equal(buf_appendf(&name, "x-amz-checksum-%s", b->kind), 0);
		assert_int_equal(add(&ret->headers, buf_text(&name), b->sum), 0);
		assert_int_equal(add(&ret->headers, "x-amz-checksum-type", b->type), 0);
	}
	buf_finish(&name);
	assert_int_equal(add(&ret->headers, "etag", "\"e-1\""), 0);
	ret->content_length = last - first + 1;
	return is_head ? 0 : send_object(b, q, (size_t)first, (size_t)last + 1, ret);
}

/* Several threads ask at once. */
static int get_key(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	static char id[] = "AKID", secret[] = "SECRET";
	static const struct credentials keys = { .access_key_id = id,
		.secret = secret,
		.expires = { INSTANT_NONE },
		.source = "a test" };

	(void)p;
	(void)stop;
	(void)why;
	return credentials_copy(&keys, ret);
}

/* len bytes of no pattern; their SHA-256 by OpenSSL, which the CRCs are compared with
 * elsewhere. */
static char *begin(struct bucket *b, size_t len)
{
	static const struct credential_ops key_ops = { .get = get_key };
	static const struct http_ops ops = { serve, fake_free };
	static const struct clock_ops clock_ops = { fake_now, fake_ms };
	unsigned char hash[32];
	char *sum = malloc(64);
	uint32_t x = 1;

	memset(b, 0, sizeof(*b));
	b->http.ops = &ops;
	b->clock.clock.ops = &clock_ops;
	b->len = len;
	b->bytes = malloc(len);
	assert_non_null(sum);
	assert_non_null(b->bytes);
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		b->bytes[i] = (unsigned char)(x >> 24);
	}
	assert_int_equal(EVP_Digest(b->bytes, len, hash, NULL, EVP_sha256(), NULL), 1);
	(void)EVP_EncodeBlock((unsigned char *)sum, hash, sizeof(hash));
	b->kind = "sha256";
	b->sum = sum;
	b->type = "FULL_OBJECT";
	b->keys.ops = &key_ops;
	b->context = (struct auth_context){ .http = &b->http,
		.clock = &b->clock.clock,
		.profile = "default",
		.region = "eu-west-1" };
	const struct s3_options o = {
		.context = &b->context, .credentials = &b->keys, .bucket = "bkt"
	};
	assert_int_equal(s3_open(&o, &b->source, &b->why), 0);
	return sum;
}

static void end(struct bucket *b, char *sum)
{
	object_source_free(b->source);
	free(b->bytes);
	free(sum);
}

/* All of it in order, step bytes at a time; the errno of the read that fails. */
static int read_all(struct bucket *b, size_t step)
{
	static char key[] = "k";
	const struct object_info o = { .key = key,
		.size_bytes = b->len,
		.etag = "e-1",
		.checksum = CHECKSUM_SHA256 };
	unsigned char *bytes = malloc(step);
	ssize_t n = 1;

	assert_non_null(bytes);
	for (uint64_t at = 0; at < b->len && n > 0; at += (uint64_t)n) {
		n = object_read(b->source, &o, at, bytes, step, &b->why);
		if (n > 0 && at + (uint64_t)n < b->len)
			assert_memory_equal(bytes, b->bytes + at, (size_t)n);
	}
	free(bytes);
	return n < 0 ? (int)n : 0;
}

static void small_object_is_fetched_until_it_is_right(void **state)
{
	static const struct {
		int damaged, result, gets;
	} cases[] = { { 0, 0, 1 }, { 1, 0, 2 }, { 2, 0, 3 }, { 3, -EIO, 3 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t step = 1000; step <= 5000; step += 4000) {
			struct bucket b;
			char *sum = begin(&b, 5000);

			print_message("  %d times, by %zu\n", cases[i].damaged, step);
			atomic_store(&b.damaged_gets, cases[i].damaged);
			assert_int_equal(read_all(&b, step), cases[i].result);
			assert_int_equal(atomic_load(&b.gets), cases[i].gets);
			assert_int_equal(atomic_load(&b.modes), cases[i].gets);
			if (cases[i].result < 0)
				assert_non_null(strstr(b.why.text, "s3://bkt/k: "));
			end(&b, sum);
		}
}

static void without_a_checksum_of_the_whole_nothing_is_compared(void **state)
{
	static const struct {
		const char *kind, *sum, *type;
	} cases[] = {
		{ NULL, NULL, NULL },
		{ "md5", "XXXX", "FULL_OBJECT" },
		{ "crc32", "y/Q5Jg==", "COMPOSITE" },
		{ "crc32", "y/Q5Jg==-3", NULL },
		{ "crc32", "nonsense", "FULL_OBJECT" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t len = 5000; len < 5000000; len += 3000000) {
			struct bucket b;
			char *sum = begin(&b, len);

			b.kind = cases[i].kind;
			b.sum = cases[i].sum;
			b.type = cases[i].type;
			assert_int_equal(read_all(&b, STEP), 0);
			end(&b, sum);
		}
}

static void large_object_is_asked_for_again_from_its_front(void **state)
{
	/* A part of 1 MiB and a bit; of 2; eight, and many. */
	static const size_t sizes[] = { (1 << 20) + 1, (3 << 20) + 17, 9 << 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct bucket b;
		char *sum = begin(&b, sizes[i]);

		print_message("  %zu\n", sizes[i]);
		/* The header of a file is looked at before all of it. */
		assert_int_equal(read_all(&b, STEP), 0);
		assert_int_equal(atomic_load(&b.heads), 1);
		assert_int_equal(read_all(&b, STEP), 0);
		b.sum = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";
		assert_int_equal(read_all(&b, STEP), -ESTALE);
		assert_non_null(strstr(b.why.text, "s3://bkt/k: damaged"));
		assert_int_equal(read_all(&b, STEP), -EIO);
		assert_non_null(strstr(b.why.text, "s3://bkt/k: damaged"));
		b.sum = sum;
		assert_int_equal(read_all(&b, STEP), 0);
		end(&b, sum);
	}
}

static void damage_of_a_part_is_found(void **state)
{
	struct bucket b;
	char *sum = begin(&b, 9 << 20);
	unsigned char first[16];
	static char key[] = "k";
	const struct object_info o = { .key = key,
		.size_bytes = b.len,
		.etag = "e-1",
		.checksum = CHECKSUM_SHA256 };

	(void)state;
	/* Damaged is a part that is not looked at by the test before the end. */
	atomic_store(&b.damaged_gets, 9);
	assert_int_equal(object_read(b.source, &o, 0, first, 16, NULL), 16);
	unsigned char *rest = malloc(b.len);
	assert_non_null(rest);
	assert_int_equal(
		object_read(b.source, &o, 16, rest, b.len - 16, &b.why), -ESTALE);
	free(rest);
	atomic_store(&b.damaged_gets, 0);
	assert_int_equal(read_all(&b, STEP), 0);
	end(&b, sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_object_is_fetched_until_it_is_right),
		cmocka_unit_test(without_a_checksum_of_the_whole_nothing_is_compared),
		cmocka_unit_test(large_object_is_asked_for_again_from_its_front),
		cmocka_unit_test(damage_of_a_part_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
