#include "aws/export/candidate_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"

enum { TEXT_MAX = 4096 };

static int copy(const char *text, char **ret)
{
	*ret = strndup(text ? text : "", TEXT_MAX);
	return *ret ? 0 : -ENOMEM;
}

static int add_parts(struct buf *to, struct span path)
{
	struct span part;
	int r = 0;

	while (r == 0 && span_split(&path, '/', &part)) {
		if (part.len == 0)
			continue;
		if (to->len)
			r = buf_append_byte(to, '/');
		if (r == 0)
			r = buf_append_span(to, part);
	}
	return r;
}

/* Empty parts of the prefix stand in the keys, but S3's source leaves them out. */
static int join(const struct candidate_texts *texts, char **ret)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	int r = add_parts(&b, span_of(texts->prefix));

	if (r == 0 && !texts->is_whole)
		r = add_parts(&b, span_of(texts->name));
	if (r == 0)
		r = buf_reserve(&b, 1);
	*ret = r == 0 ? buf_take(&b) : NULL;
	buf_finish(&b);
	return r == 0 && !*ret ? -ENOMEM : r;
}

static int fill(struct candidate *c, const struct candidate_texts *texts)
{
	int r = copy(texts->name, &c->name);

	if (r == 0)
		r = copy(texts->bucket, &c->bucket);
	if (r == 0)
		r = copy(texts->region, &c->region);
	if (r == 0)
		r = copy(texts->table, &c->table);
	if (r == 0)
		r = copy(texts->format, &c->format);
	if (r == 0)
		r = copy(texts->granularity, &c->granularity);
	if (r == 0)
		r = copy(texts->health, &c->health);
	return r < 0 ? r : join(texts, &c->prefix);
}

int candidate_add(struct candidate_list *l, const struct candidate *basis,
	const struct candidate_texts *texts)
{
	struct candidate_list one = { .count = 1, .cap = 1 };
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, (size_t)CANDIDATES_MAX);

	if (r < 0)
		return r;
	one.items = malloc(sizeof(*one.items));
	if (!one.items)
		return -ENOMEM;
	*one.items = *basis;
	r = fill(one.items, texts);
	if (r < 0) {
		candidate_list_finish(&one);
		return r;
	}
	l->items[l->count++] = *one.items;
	free(one.items);
	return 0;
}

const char *candidate_granularity(const char *text)
{
	struct span s = span_of(text);

	if (span_eq_nocase(s, SPAN("HOURLY")))
		return "hourly";
	if (span_eq_nocase(s, SPAN("DAILY")))
		return "daily";
	return span_eq_nocase(s, SPAN("MONTHLY")) ? "monthly" : "";
}
