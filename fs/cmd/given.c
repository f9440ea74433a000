#include "fs/cmd/given.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "aws/export/keys.h"
#include "base/buf.h"
#include "fs/cmd/place.h"
#include "fs/cmd/source.h"

/* Pairs that people paste along; the same length at both ends. */
static const struct {
	struct span open, close;
} quotes[] = {
	{ { "\"", 1 }, { "\"", 1 } },
	{ { "'", 1 }, { "'", 1 } },
	{ { "`", 1 }, { "`", 1 } },
	{ { "<", 1 }, { ">", 1 } },
	{ { "\xE2\x80\x9C", 3 }, { "\xE2\x80\x9D", 3 } },
	{ { "\xE2\x80\x98", 3 }, { "\xE2\x80\x99", 3 } },
};

static struct span trim(struct span s)
{
	const struct span no_break = { "\xC2\xA0", 2 };
	size_t before;

	do {
		before = s.len;
		s = span_trim(s);
		if (span_starts(s, no_break))
			s = span_from(s, no_break.len);
		if (span_ends(s, no_break))
			s.len -= no_break.len;
		for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
			if (s.len >= 2 * quotes[i].open.len &&
				span_starts(s, quotes[i].open) &&
				span_ends(s, quotes[i].close))
				s = span_first(span_from(s, quotes[i].open.len),
					s.len - 2 * quotes[i].open.len);
	} while (s.len < before);
	return s;
}

static int keep(struct span s, char **ret)
{
	*ret = strndup(s.len ? s.p : "", s.len);
	return *ret ? 0 : -ENOMEM;
}

static bool is_data(struct span part)
{
	return span_eq(part, SPAN("data")) || span_eq(part, SPAN("metadata"));
}

/* Where the folder of an export ends, whose month's begins at. */
static size_t end_of_export(struct span key, size_t at, bool is_year)
{
	struct span above;

	key = span_first(key, at);
	above = key_parent(key);
	/* PREFIX/NAME/data/BILLING_PERIOD=, and PREFIX/NAME/NAME/year= */
	if (is_data(key_last(key)) ||
		(is_year && above.len > 0 && span_eq(key_last(above), key_last(key))))
		return above.len;
	return key.len;
}

/* key.len where no month is in it. */
static size_t find_end(struct span key)
{
	struct span rest = key, part;
	struct month_no month;
	size_t at = 0;
	uint64_t year;

	while (span_split(&rest, '/', &part)) {
		bool is_year = key_is_year(part, &year);

		if (is_year || key_is_range(part, &month) || key_is_period(part, &month))
			return end_of_export(key, at, is_year);
		at += part.len + 1;
	}
	return key.len;
}

/* Of a place within an export, the export. */
static struct span export_of(struct span key)
{
	return span_first(key, find_end(key));
}

static int write_place(struct span bucket, struct span key, char **ret)
{
	struct buf text = BUF_INIT(GIVEN_MAX);
	int r = buf_appendf(&text, "s3://%.*s", SPAN_ARG(bucket));

	if (r == 0 && key.len > 0)
		r = buf_appendf(&text, "/%.*s", SPAN_ARG(key));
	if (r == 0) {
		*ret = buf_take(&text);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&text);
	/* Longer than any key: nothing is there. */
	return r == -EFBIG ? -EINVAL : r;
}

static bool is_web(struct span text)
{
	return span_eq_nocase(span_first(text, 8), SPAN("https://")) ||
		span_eq_nocase(span_first(text, 7), SPAN("http://"));
}

/* What is right stays as it was written, but for addresses: their queries may be secret.
 */
static int take_place(const char *text, struct given *g, struct fault *why)
{
	bool is_address = is_web(span_of(text));
	struct place p = { 0 };
	int r = place_parse(text, &p, is_address ? why : NULL);
	struct span key = span_of(p.prefix), end = export_of(key);

	/* Told when it is opened, as any other that is not there. */
	if (r == -EINVAL && !is_address)
		return keep(span_of(text), &g->source);
	if (r == 0 && p.region[0])
		r = keep(span_of(p.region), &g->region);
	if (r == 0 && end.len == key.len && !is_address)
		r = keep(span_of(text), &g->source);
	else if (r == 0)
		r = write_place(span_of(p.bucket), end, &g->source);
	place_finish(&p);
	return r;
}

/* Nothing of it that may be secret: a query, a fragment, a user's password. */
static int refuse_address(struct span text, struct fault *why)
{
	struct span told = span_first(text, span_find(text, '?'));

	told = span_first(told, span_find(told, '#'));
	if (span_find(told, '@') < told.len)
		told = SPAN("the address");
	fault(why, -EINVAL, "%.*s: names no bucket", SPAN_ARG(told));
	fault_cure(why,
		"write it like: s3://my-bucket/prefix/export; another store than AWS's "
		"goes into AWS_ENDPOINT_URL_S3");
	return -EINVAL;
}

/* What S3 allows for the name of a bucket. */
static bool is_bucket(struct span name)
{
	bool has_letter = false;
	char last = '.';

	if (name.len < 3 || name.len > 63)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];
		bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';

		if (!letter && !digit && (c != '-' || last == '.') &&
			(c != '.' || last == '.' || last == '-'))
			return false;
		has_letter |= letter || c == '-';
		last = c;
	}
	/* Digits and dots alone are an address. */
	return last != '.' && last != '-' &&
		(has_letter || span_find(name, '.') == name.len);
}

static struct span without_uuid(struct span name)
{
	enum { UUID_LEN = 36 };

	if (name.len > UUID_LEN + 1 && name.p[name.len - UUID_LEN - 1] == '-' &&
		key_is_assembly(span_from(name, name.len - UUID_LEN)))
		name.len -= UUID_LEN + 1;
	return name;
}

/* arn:PARTITION:bcm-data-exports:REGION:ACCOUNT:export/NAME-UUID, and
 * arn:PARTITION:cur:REGION:ACCOUNT:definition/NAME. */
static int take_arn(struct span arn, struct given *g, struct fault *why)
{
	struct span rest = arn, part[5] = { 0 };
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if (!span_split(&rest, ':', &part[i]))
			rest = (struct span){ 0 };
	if (span_eq(part[2], SPAN("bcm-data-exports")) &&
		span_starts(rest, SPAN("export/")))
		r = keep(without_uuid(span_from(rest, 7)), &g->export_name);
	else if (span_eq(part[2], SPAN("cur")) && span_starts(rest, SPAN("definition/")))
		r = keep(span_from(rest, 11), &g->export_name);
	if (r == 0)
		r = keep(SPAN(SOURCE_DETECTED), &g->source);
	if (r == -EINVAL) {
		fault(why, r, "%.*s: an ARN of neither a bucket nor an export",
			SPAN_ARG(arn));
		fault_cure(why, "write it like: s3://my-bucket/prefix/export");
	}
	return r;
}

static bool is_there(struct span path)
{
	char *text = strndup(path.len ? path.p : "", path.len);
	struct stat st;
	/* What cannot be looked at is no bucket either: it is told when it is opened. */
	bool there = text && (stat(text, &st) == 0 || errno != ENOENT);

	free(text);
	return there;
}

static bool goes_up(struct span path)
{
	struct span part;

	while (span_split(&path, '/', &part))
		if (span_eq(part, SPAN(".")) || span_eq(part, SPAN("..")))
			return true;
	return false;
}

/* A word without any mark of what it is. What can only be a path is not looked at: it may
 * stand on a file server that is away. */
static int take_word(const char *whole, struct span text, struct given *g)
{
	struct span bucket = span_first(text, span_find(text, '/'));
	bool may_be_bucket =
		is_bucket(bucket) && span_find(text, ':') == text.len && !goes_up(text);
	bool is_trimmed = text.len != strlen(whole);

	if ((is_trimmed || may_be_bucket) && is_there(span_of(whole)))
		return keep(span_of(whole), &g->source);
	if (!may_be_bucket || (is_trimmed && is_there(text)))
		return keep(text, &g->source);
	g->is_guess = true;
	return write_place(
		bucket, export_of(span_from(text, bucket.len + 1)), &g->source);
}

static int take(const char *whole, const char *text, struct given *g, struct fault *why)
{
	struct span s = span_of(text);

	if (strcmp(text, "demo:") == 0 || source_is_detected(text))
		return keep(s, &g->source);
	if (place_is_s3(text))
		return take_place(text, g, why);
	if (is_web(s))
		return refuse_address(s, why);
	if (span_starts(s, SPAN("arn:")))
		return take_arn(s, g, why);
	return take_word(whole, s, g);
}

int given_parse(const char *whole, struct given *ret, struct fault *why)
{
	struct span trimmed = trim(span_of(whole));
	char *text = strndup(trimmed.len ? trimmed.p : "", trimmed.len);
	struct given g = { 0 };
	int r = text ? take(whole, text, &g, why) : -ENOMEM;

	free(text);
	if (r < 0)
		given_finish(&g);
	else
		*ret = g;
	return r;
}

void given_finish(struct given *g)
{
	free(g->source);
	free(g->export_name);
	free(g->region);
	*g = (struct given){ 0 };
}
