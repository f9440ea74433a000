#include "fs/cmd/place.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

enum { PLACE_MAX = 2048 };

/* Behind "s3://" and the like; p NULL for other sources. */
static struct span behind_scheme(struct span source)
{
	const struct span schemes[] = { SPAN("s3://"), SPAN("s3a://"), SPAN("S3://") };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (span_starts(source, schemes[i]))
			return span_from(source, schemes[i].len);
	if (!span_starts(source, SPAN("arn:aws")))
		return (struct span){ 0 };
	/* arn:PARTITION:s3:::BUCKET/PREFIX */
	source = span_from(source, 4);
	source = span_from(source, span_find(source, ':'));
	return span_starts(source, SPAN(":s3:::")) ? span_from(source, 6)
						   : (struct span){ 0 };
}

bool place_is_s3(const char *source)
{
	return behind_scheme(span_of(source)).p != NULL;
}

static int write_prefix(struct span rest, struct buf *prefix)
{
	struct span part;
	int r = 0;

	while (r == 0 && span_split(&rest, '/', &part)) {
		if (part.len == 0)
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

int place_parse(const char *source, struct place *ret, struct fault *why)
{
	struct span rest = behind_scheme(span_of(source)), bucket = { 0 };
	struct buf name = BUF_INIT(PLACE_MAX), prefix = BUF_INIT(PLACE_MAX);
	struct place p = { 0 };
	int r = 0;

	while (span_starts(rest, SPAN("/")))
		rest = span_from(rest, 1);
	bucket = span_first(rest, span_find(rest, '/'));
	if (bucket.len == 0) {
		r = fault(why, -EINVAL, "%s: names no bucket", source);
		fault_cure(why, "write it like: s3://my-bucket/prefix/export");
	}
	if (r == 0)
		r = buf_append_span(&name, bucket);
	if (r == 0)
		r = write_prefix(span_from(rest, bucket.len), &prefix);
	if (r == -EFBIG)
		r = fault(why, -EINVAL, "%s: longer than any key", source);
	if (r == 0)
		r = take_text(&name, &p.bucket);
	if (r == 0)
		r = take_text(&prefix, &p.prefix);
	buf_finish(&name);
	buf_finish(&prefix);
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
	*p = (struct place){ 0 };
}
