#include "aws/auth/words.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

struct splitter {
	struct span rest;
	char *to; /* where the next byte of a word goes */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char take(struct splitter *s)
{
	char c = s->rest.p[0];

	s->rest = span_from(s->rest, 1);
	return c;
}

static int read_single(struct splitter *s)
{
	while (s->rest.len) {
		char c = take(s);

		if (c == '\'')
			return 0;
		*s->to++ = c;
	}
	return -EINVAL;
}

/* Between double quotes a backslash stands for itself unless it is before '"' or '\'. */
static int read_double(struct splitter *s)
{
	while (s->rest.len) {
		char c = take(s);

		if (c == '"')
			return 0;
		if (c == '\\' && s->rest.len &&
			(s->rest.p[0] == '"' || s->rest.p[0] == '\\'))
			c = take(s);
		*s->to++ = c;
	}
	return -EINVAL;
}

static int read_word(struct splitter *s)
{
	while (s->rest.len && !is_blank(s->rest.p[0])) {
		char c = take(s);
		int r = 0;

		if (c == '\'') {
			r = read_single(s);
		} else if (c == '"') {
			r = read_double(s);
		} else if (c == '\\') {
			if (!s->rest.len)
				return -EINVAL;
			*s->to++ = take(s);
		} else {
			*s->to++ = c;
		}
		if (r < 0)
			return r;
	}
	*s->to++ = '\0';
	return 0;
}

static int read_words(struct splitter *s, struct words *w)
{
	for (;;) {
		int r;

		while (s->rest.len && is_blank(s->rest.p[0]))
			(void)take(s);
		if (!s->rest.len)
			return 0;
		if (w->count == WORDS_MAX)
			return -E2BIG;
		w->items[w->count++] = s->to;
		r = read_word(s);
		if (r < 0)
			return r;
	}
}

int words_split(struct span text, struct words *ret)
{
	struct words w = { 0 };
	struct splitter s = { .rest = text };
	int r;

	if (span_find(text, '\0') < text.len)
		return -EINVAL;
	/* A word's end is where a blank was, or the end of the text. */
	w.memory = malloc(text.len + 1);
	w.items = vec_alloc(WORDS_MAX + 1, sizeof(*w.items));
	s.to = w.memory;
	r = w.memory && w.items ? read_words(&s, &w) : -ENOMEM;
	if (r < 0) {
		words_finish(&w);
		return r;
	}
	*ret = w;
	return 0;
}

void words_finish(struct words *w)
{
	free(w->items);
	free(w->memory);
	*w = (struct words){ 0 };
}
