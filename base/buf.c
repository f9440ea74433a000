#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 64 };

static char *move_secret(struct buf *b, size_t bytes)
{
	char *p = malloc(bytes);

	if (!p)
		return NULL;
	if (b->p) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->cap + 1);
		free(b->p);
	}
	return p;
}

/* One byte more than cap is always allocated, so that a NUL fits even at the limit. */
static int grow(struct buf *b, size_t need)
{
	/* Double, so that n one-byte appends cost O(n). */
	size_t cap = b->cap < BUF_FIRST / 2 ? BUF_FIRST : 2 * b->cap;
	char *p;

	if (cap < need)
		cap = need;
	if (cap > b->limit)
		cap = b->limit;
	if (cap >= PTRDIFF_MAX)
		return -ENOMEM;
	p = b->is_secret ? move_secret(b, cap + 1) : realloc(b->p, cap + 1);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t n)
{
	if (n <= b->cap - b->len)
		return 0;
	/* len can be over the limit only if the limit was lowered meanwhile. */
	if (b->len > b->limit || n > b->limit - b->len)
		return -EFBIG;
	return grow(b, b->len + n);
}

int buf_append(struct buf *b, const void *bytes, size_t len)
{
	int r = buf_reserve(b, len);

	if (r < 0)
		return r;
	if (len)
		memcpy(b->p + b->len, bytes, len);
	b->len += len;
	return 0;
}

int buf_append_span(struct buf *b, struct span s)
{
	return buf_append(b, s.p, s.len);
}

int buf_append_byte(struct buf *b, char byte)
{
	int r = buf_reserve(b, 1);

	if (r < 0)
		return r;
	b->p[b->len++] = byte;
	return 0;
}

int buf_append_text(struct buf *b, const char *text)
{
	return buf_append_span(b, span_of(text));
}

int buf_appendf(struct buf *b, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = buf_vappendf(b, format, args);
	va_end(args);
	return r;
}

int buf_vappendf(struct buf *b, const char *format, va_list args)
{
	size_t room = b->p ? b->cap - b->len + 1 : 0;
	va_list again;
	int len;
	int r = 0;

	va_copy(again, args);
	len = vsnprintf(b->p ? b->p + b->len : NULL, room, format, args);
	if (len < 0)
		r = -EINVAL;
	else if ((size_t)len >= room)
		r = buf_reserve(b, (size_t)len);
	/* A limit of 0 leaves no memory to print the empty text into. */
	if (r == 0 && b->p && (size_t)len >= room &&
		vsnprintf(b->p + b->len, (size_t)len + 1, format, again) != len)
		r = -EINVAL;
	va_end(again);
	if (r == 0)
		b->len += (size_t)len;
	return r;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len < b->len)
		b->len = len;
}

struct span buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->len };
}

const char *buf_text(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->len] = '\0';
	return b->p;
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : malloc(1);

	if (!p)
		return NULL;
	p[b->len] = '\0';
	*b = (struct buf){ .limit = b->limit, .is_secret = b->is_secret };
	return p;
}

void buf_finish(struct buf *b)
{
	if (!b)
		return;
	if (b->is_secret && b->p)
		explicit_bzero(b->p, b->cap + 1);
	free(b->p);
	*b = (struct buf){ .limit = b->limit, .is_secret = b->is_secret };
}
