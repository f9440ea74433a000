#include "aws/auth/sigv4.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "aws/auth/canonical.h"
#include "base/hash.h"

enum {
	SIGV4_TEXT_MAX = 1024 * 1024, /* a canonical request */
	SIGV4_SECRET_MAX = 1024,
	SIGV4_DATE = 8, /* YYYYMMDD, the front of an amz_date */
};

struct digest {
	unsigned char bytes[SHA256_BYTES];
};

static void print_hex(struct digest d, char ret[2 * SHA256_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		ret[2 * i] = digits[d.bytes[i] >> 4];
		ret[2 * i + 1] = digits[d.bytes[i] & 15];
	}
}

static void format_amz_date(struct instant t, char ret[SIGV4_AMZ_DATE])
{
	char text[INSTANT_TEXT];
	size_t n = 0;

	instant_format(t, text);
	for (size_t i = 0; i < INSTANT_TEXT; i++)
		if (text[i] != '-' && text[i] != ':')
			ret[n++] = text[i];
}

int sigv4_encode(struct span text, bool keep_slash, struct buf *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t before = ret->len;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
			c == '~' || (c == '/' && keep_slash);
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
		int r = is_plain ? buf_append_byte(ret, (char)c)
				 : buf_append(ret, escape, sizeof(escape));

		if (r < 0) {
			buf_truncate(ret, before);
			return r;
		}
	}
	return 0;
}

int sigv4_payload_hash(struct span body, char ret[64])
{
	struct digest d;
	int r = sha256(body, d.bytes);

	if (r == 0)
		print_hex(d, ret);
	return r;
}

static int append_path(
	const struct sigv4_request *q, const struct sigv4_key *key, struct buf *ret)
{
	if (!key->is_s3)
		return canonical_path(q->path, ret);
	return buf_append_span(ret, q->path.len ? q->path : SPAN("/"));
}

static int append_canonical(const struct sigv4_request *q, const struct sigv4_key *key,
	const struct canonical_headers *headers, struct buf *ret)
{
	int r = buf_append_span(ret, q->method);

	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = append_path(q, key, ret);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = canonical_query(q->query, ret);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = canonical_header_lines(headers, ret);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = canonical_header_names(headers, ret);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	return r < 0 ? r : buf_append_span(ret, q->payload_hash);
}

int sigv4_canonical_request(
	const struct sigv4_request *request, const struct sigv4_key *key, struct buf *ret)
{
	char date[SIGV4_AMZ_DATE];
	struct canonical_headers headers;
	size_t before = ret->len;
	int r;

	format_amz_date(key->time, date);
	r = canonical_headers_make(
		request, key, (struct span){ date, sizeof(date) }, &headers);
	if (r < 0)
		return r;
	r = append_canonical(request, key, &headers, ret);
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

/* date/region/service/aws4_request */
static int append_scope(struct span date, const struct sigv4_key *key, struct buf *ret)
{
	return buf_appendf(ret, "%.*s/%.*s/%.*s/aws4_request", SIGV4_DATE, date.p,
		SPAN_ARG(key->region), SPAN_ARG(key->service));
}

int sigv4_string_to_sign(
	struct span canonical_request, const struct sigv4_key *key, struct buf *ret)
{
	char date[SIGV4_AMZ_DATE], hash[2 * SHA256_BYTES];
	struct span stamp = { date, sizeof(date) };
	size_t before = ret->len;
	int r = sigv4_payload_hash(canonical_request, hash);

	if (r < 0)
		return r;
	format_amz_date(key->time, date);
	r = buf_appendf(ret, "AWS4-HMAC-SHA256\n%.*s\n", SPAN_ARG(stamp));
	if (r == 0)
		r = append_scope(stamp, key, ret);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = buf_append(ret, hash, sizeof(hash));
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

static int hmac(struct span key, struct span text, struct digest *ret)
{
	unsigned len = 0;
	const unsigned char *made = HMAC(EVP_sha256(), key.len ? key.p : "", (int)key.len,
		(const unsigned char *)(text.len ? text.p : ""), text.len, ret->bytes,
		&len);

	return made && len == SHA256_BYTES ? 0 : -ENOMEM;
}

static struct span digest_span(const struct digest *d)
{
	return (struct span){ (const char *)d->bytes, sizeof(d->bytes) };
}

/* The key of a day, a region and a service, and then what it makes of the text. */
static int sign(const struct sigv4_key *key, struct span date, struct span text,
	struct digest *ret)
{
	char secret[4 + SIGV4_SECRET_MAX] = "AWS4";
	struct digest step[4];
	int r;

	if (key->secret.len > SIGV4_SECRET_MAX)
		return -EFBIG;
	if (key->secret.len > 0)
		memcpy(secret + 4, key->secret.p, key->secret.len);
	r = hmac((struct span){ secret, 4 + key->secret.len },
		span_first(date, SIGV4_DATE), &step[0]);
	if (r == 0)
		r = hmac(digest_span(&step[0]), key->region, &step[1]);
	if (r == 0)
		r = hmac(digest_span(&step[1]), key->service, &step[2]);
	if (r == 0)
		r = hmac(digest_span(&step[2]), SPAN("aws4_request"), &step[3]);
	if (r == 0)
		r = hmac(digest_span(&step[3]), text, ret);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(step, sizeof(step));
	return r;
}

static int append_authorization(const struct sigv4_key *key, struct span date,
	const struct canonical_headers *headers, struct digest signature, struct buf *ret)
{
	char hex[2 * SHA256_BYTES];
	int r = buf_appendf(
		ret, "AWS4-HMAC-SHA256 Credential=%.*s/", SPAN_ARG(key->access_key_id));

	print_hex(signature, hex);
	if (r == 0)
		r = append_scope(date, key, ret);
	if (r == 0)
		r = buf_append_text(ret, ", SignedHeaders=");
	if (r == 0)
		r = canonical_header_names(headers, ret);
	if (r == 0)
		r = buf_append_text(ret, ", Signature=");
	return r < 0 ? r : buf_append(ret, hex, sizeof(hex));
}

int sigv4_authorization(const struct sigv4_request *request, const struct sigv4_key *key,
	char amz_date[SIGV4_AMZ_DATE], struct buf *ret)
{
	struct buf canonical = BUF_SECRET(SIGV4_TEXT_MAX),
		   text = BUF_INIT(SIGV4_TEXT_MAX);
	struct canonical_headers headers;
	char date[SIGV4_AMZ_DATE];
	struct span stamp = { date, sizeof(date) };
	struct digest signature;
	size_t before = ret->len;
	int r;

	format_amz_date(key->time, date);
	r = canonical_headers_make(request, key, stamp, &headers);
	if (r == 0)
		r = append_canonical(request, key, &headers, &canonical);
	if (r == 0)
		r = sigv4_string_to_sign(buf_span(&canonical), key, &text);
	if (r == 0)
		r = sign(key, stamp, buf_span(&text), &signature);
	if (r == 0)
		r = append_authorization(key, stamp, &headers, signature, ret);
	if (r == 0)
		memcpy(amz_date, date, sizeof(date));
	else
		buf_truncate(ret, before);
	buf_finish(&canonical);
	buf_finish(&text);
	return r;
}
