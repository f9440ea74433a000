#include "fs/view/rendered.h"

#include <stdlib.h>

#include "base/vec.h"

struct rendered {
	struct held held;
	char *bytes;
	size_t len;
};

struct span rendered_text(const struct held *h)
{
	const struct rendered *f = (const struct rendered *)h;

	return (struct span){ f->bytes, f->len };
}

static void free_rendered(struct held *h)
{
	struct rendered *f = (struct rendered *)h;

	free(f->bytes);
	free(f);
}

struct held *rendered_new(struct buf *text)
{
	struct rendered *f = vec_alloc(1, sizeof(*f));
	size_t len = text->len;
	char *bytes = f ? buf_take(text) : NULL, *fitting;

	if (!bytes) {
		free(f);
		return NULL;
	}
	fitting = realloc(bytes, len + 1);
	atomic_init(&f->held.refs, 1);
	f->held.free = free_rendered;
	f->held.bytes = sizeof(*f) + len + 1;
	f->bytes = fitting ? fitting : bytes;
	f->len = len;
	return &f->held;
}
