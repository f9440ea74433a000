#include "fs/cmd/place.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

enum { PLACE_MAX = 4096 };

enum form {
	FORM_NONE,
	FORM_SCHEME, /* s3://BUCKET/PREFIX */
	FORM_ARN, /* arn:PARTITION:s3:::BUCKET/PREFIX */
	FORM_VIRTUAL, /* https://BUCKET.s3.REGION.amazonaws.com/PREFIX */
	FORM_PATH, /* https://s3.REGION.amazonaws.com/BUCKET/PREFIX */
	FORM_CONSOLE, /* https://….console.aws.amazon.com/s3/buckets/BUCKET?prefix=PREFIX
		       */
};

/* What was pasted, taken apart; spans of it. */
struct pasted {
	enum form form;
	struct span bucket; /* p NULL: the first part of path */
	struct span path, query;
	struct span region;
};

/* Blanks and quotes around it come from where it was copied. */
static struct span trim(struct span s)
{
	for (;;) {
		s = span_trim(s);
		if (s.len < 2 || s.p[0] != s.p[s.len - 1] ||
			(s.p[0] != '"' && s.p[0] != '\'' && s.p[0] != '`'))
			return s;
		s = span_first(span_from(s, 1), s.len - 2);
	}
}

static bool starts_nocase(struct span s, struct span prefix)
{
	return s.len >= prefix.len && span_eq_nocase(span_first(s, prefix.len), prefix);
}

static bool ends_with_any(struct span host, const struct span *ends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (host.len > ends[i].len &&
			span_eq_nocase(span_from(host, host.len - ends[i].len), ends[i]))
			return true;
	return false;
}

static bool is_console(struct span host)
{
	const struct span ends[] = { SPAN("console.aws.amazon.com"),
		SPAN("console.amazonaws.cn"), SPAN("console.amazonaws-us-gov.com"),
		SPAN("console.amazonaws.eu") };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (span_eq_nocase(host, ends[i]))
			return true;
	return ends_with_any(host, ends, ARRAY_LEN(ends));
}

static bool is_aws(struct span host)
{
	const struct span ends[] = { SPAN(".amazonaws.com"), SPAN(".amazonaws.com.cn"),
		SPAN(".amazonaws.eu"), SPAN(".api.aws") };

	return ends_with_any(host, ends, ARRAY_LEN(ends));
}

/* "s3-REGION" names it itself, behind "s3" and "s3-fips" it comes next, unless the domain
 * does. */
static struct span region_at(struct span label, struct span behind)
{
	struct span next = { 0 };

	if (label.len > 3 && !span_eq_nocase(label, SPAN("s3-fips")) &&
		!span_eq_nocase(label, SPAN("s3-accelerate")))
		return span_from(label, 3);
	(void)span_split(&behind, '.', &next);
	if (span_eq_nocase(next, SPAN("dualstack")))
		(void)span_split(&behind, '.', &next);
	return span_eq_nocase(next, SPAN("amazonaws")) ? (struct span){ 0 } : next;
}

/* The labels before "s3", "s3-REGION", "s3-fips"; false: there is none of these. */
static bool find_s3_label(
	struct span host, struct span *ret_before, struct span *ret_region)
{
	struct span rest = host, label;

	while (span_split(&rest, '.', &label)) {
		size_t at = (size_t)(label.p - host.p);

		if (!span_eq_nocase(label, SPAN("s3")) &&
			!starts_nocase(label, SPAN("s3-")))
			continue;
		*ret_before = span_first(host, at ? at - 1 : 0);
		*ret_region = region_at(label, rest);
		return true;
	}
	return false;
}

/* name ends in '='. */
static struct span find_parameter(struct span query, struct span name)
{
	struct span part;

	while (span_split(&query, '&', &part))
		if (span_starts(part, name))
			return span_from(part, name.len);
	return (struct span){ 0 };
}

/* Behind "https://". */
static void read_url(struct span url, struct pasted *ret)
{
	struct span host = span_first(url, span_find(url, '/'));
	struct span path = span_from(url, host.len), before;

	path = span_first(path, span_find(path, '#'));
	ret->query = span_from(path, span_find(path, '?') + 1);
	path = span_first(path, span_find(path, '?'));
	host = span_first(host, span_find(host, ':'));
	if (is_console(host)) {
		/* /s3/buckets/BUCKET, /s3/object/BUCKET */
		if (!span_starts(path, SPAN("/s3/")))
			return;
		path = span_from(path, 4);
		ret->path = span_from(path, span_find(path, '/') + 1);
		ret->region = find_parameter(ret->query, SPAN("region="));
		ret->form = FORM_CONSOLE;
	} else if (is_aws(host) && find_s3_label(host, &before, &ret->region)) {
		ret->path = span_from(path, 1);
		ret->bucket = before.len ? before : (struct span){ 0 };
		ret->form = before.len ? FORM_VIRTUAL : FORM_PATH;
	}
}

static struct pasted take_apart(const char *source)
{
	const struct span schemes[] = { SPAN("s3://"), SPAN("s3a://"), SPAN("s3n://") };
	const struct span webs[] = { SPAN("https://"), SPAN("http://") };
	struct pasted p = { .form = FORM_NONE };
	struct span s = trim(span_of(source));

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!starts_nocase(s, schemes[i]))
			continue;
		p.form = FORM_SCHEME;
		p.path = span_from(s, schemes[i].len);
	}
	for (size_t i = 0; i < ARRAY_LEN(webs); i++)
		if (starts_nocase(s, webs[i]))
			read_url(span_from(s, webs[i].len), &p);
	if (p.form == FORM_NONE && span_starts(s, SPAN("arn:aws"))) {
		s = span_from(s, 4);
		s = span_from(s, span_find(s, ':'));
		if (span_starts(s, SPAN(":s3:::"))) {
			p.form = FORM_ARN;
			p.path = span_from(s, 6);
		}
	}
	return p;
}

bool place_is_s3(const char *source)
{
	return take_apart(source).form != FORM_NONE;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of a URL; in a query '+' is a blank. */
static int append_decoded(struct buf *to, struct span s, bool is_query)
{
	int r = 0;

	for (size_t i = 0; i < s.len && r == 0; i++) {
		int high = s.p[i] == '%' && i + 2 < s.len ? hex(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex(s.p[i + 2]) : -1;

		if (low >= 0) {
			r = buf_append_byte(to, (char)(high << 4 | low));
			i += 2;
		} else {
			r = buf_append_byte(to, is_query && s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
	return r;
}

/* BUCKET/PREFIX */
static int write_path(const struct pasted *p, struct buf *to)
{
	bool is_url = p->form != FORM_SCHEME && p->form != FORM_ARN;
	bool has_query = p->form == FORM_CONSOLE && p->path.len > 0;
	int r = 0;

	if (p->bucket.p) {
		r = buf_append_span(to, p->bucket);
		if (r == 0)
			r = buf_append_byte(to, '/');
	}
	if (r == 0)
		r = is_url ? append_decoded(to, p->path, false)
			   : buf_append_span(to, p->path);
	if (r == 0 && has_query)
		r = buf_append_byte(to, '/');
	if (r == 0 && has_query)
		r = append_decoded(to, find_parameter(p->query, SPAN("prefix=")), true);
	return r;
}

/* A manifest or a data file was pasted: its folder is meant. */
static bool is_file(struct span part)
{
	const struct span ends[] = { SPAN(".json"), SPAN(".csv"), SPAN(".csv.gz"),
		SPAN(".zip"), SPAN(".parquet") };

	return ends_with_any(part, ends, ARRAY_LEN(ends));
}

static int write_prefix(struct span rest, struct buf *prefix)
{
	struct span part;
	int r = 0;

	while (r == 0 && span_split(&rest, '/', &part)) {
		if (part.len == 0 || (!rest.p && is_file(part)))
			continue;
		r = buf_append_span(prefix, part);
		if (r == 0)
			r = buf_append_byte(prefix, '/');
	}
	return r;
}

static int take_text(struct buf *from, char **ret)
{
	/* An empty buffer has no memory to take. */
	int r = buf_reserve(from, 1);
	char *text = r == 0 ? buf_take(from) : NULL;

	if (!text)
		return r < 0 ? r : -ENOMEM;
	*ret = text;
	return 0;
}

/* BUCKET/PREFIX into both. */
static int split(struct span rest, struct buf *name, struct buf *prefix)
{
	struct span bucket;
	int r;

	while (span_starts(rest, SPAN("/")))
		rest = span_from(rest, 1);
	bucket = span_trim(span_first(rest, span_find(rest, '/')));
	r = buf_append_span(name, bucket);
	return r < 0 ? r : write_prefix(span_from(rest, span_find(rest, '/')), prefix);
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-' &&
			!(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return true;
}

int place_parse(const char *source, struct place *ret, struct fault *why)
{
	struct pasted pasted = take_apart(source);
	struct buf path = BUF_INIT(PLACE_MAX), name = BUF_INIT(PLACE_MAX),
		   prefix = BUF_INIT(PLACE_MAX), region = BUF_INIT(PLACE_MAX);
	struct place p = { 0 };
	int r = write_path(&pasted, &path);

	if (r == 0)
		r = split(buf_span(&path), &name, &prefix);
	if (r == 0 && is_name(pasted.region))
		r = buf_append_span(&region, pasted.region);
	if (r == -EFBIG)
		r = fault(why, -EINVAL, "%.100s…: longer than any key", source);
	if (r == 0 && name.len == 0) {
		/* The query of a presigned address is secret. */
		r = fault(why, -EINVAL, "%.*s: names no bucket",
			(int)span_find(span_of(source), '?'), source);
		fault_cure(why, "write it like: s3://my-bucket/prefix/export");
	}
	if (r == 0)
		r = take_text(&name, &p.bucket);
	if (r == 0)
		r = take_text(&prefix, &p.prefix);
	if (r == 0)
		r = take_text(&region, &p.region);
	buf_finish(&path);
	buf_finish(&name);
	buf_finish(&prefix);
	buf_finish(&region);
	if (r < 0)
		place_finish(&p);
	else
		*ret = p;
	return r;
}

bool place_go_up(struct place *p, char **ret_part)
{
	struct span prefix = span_of(p->prefix), last;
	size_t at;

	if (prefix.len == 0)
		return false;
	prefix.len--;
	at = span_rfind(prefix, '/');
	at = at == prefix.len ? 0 : at + 1;
	last = span_from(prefix, at);
	*ret_part = strndup(last.p, last.len);
	if (!*ret_part)
		return false;
	p->prefix[at] = '\0';
	return true;
}

void place_finish(struct place *p)
{
	free(p->bucket);
	free(p->prefix);
	free(p->region);
	*p = (struct place){ 0 };
}
