/* Growing bytes with a limit, named when the buffer is made. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/span.h"

/* Fields are for reading only. A zeroed buf has limit 0 and takes nothing. */
struct buf {
	char *p;
	size_t len;
	size_t cap;
	size_t limit; /* bytes; never exceeded */
	bool is_secret; /* memory that is given back is wiped before */
};

#define BUF_INIT(limit_bytes) ((struct buf){ .limit = (limit_bytes) })
/* For keys and tokens: no copy stays behind when it grows, or at its end. */
#define BUF_SECRET(limit_bytes)                                                          \
	((struct buf){ .limit = (limit_bytes), .is_secret = true })

/* Room for n more bytes. 0; -ENOMEM; -EFBIG past the limit. All appends below answer
 * the same, and leave the contents alone on failure. */
MUST_USE int buf_reserve(struct buf *b, size_t n);
MUST_USE int buf_append(struct buf *b, const void *bytes, size_t len);
MUST_USE int buf_append_span(struct buf *b, struct span s);
MUST_USE int buf_append_byte(struct buf *b, char byte);
/* C string. */
MUST_USE int buf_append_text(struct buf *b, const char *text);
/* -EINVAL when the format cannot be printed. */
MUST_USE int buf_appendf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
MUST_USE int buf_vappendf(struct buf *b, const char *format, va_list args)
	PRINTF_LIKE(2, 0);
/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
MUST_USE int buf_append_json(struct buf *b, struct span text);
/* Keeps the memory. */
void buf_clear(struct buf *b);
/* len <= b->len. */
void buf_truncate(struct buf *b, size_t len);
/* Valid until the next append. */
struct span buf_span(const struct buf *b);
/* NUL-terminated, valid until the next append; NULL when there is no memory. */
const char *buf_text(struct buf *b);
/* The caller takes the memory (NUL-terminated, free()); b is empty afterwards. NULL on
 * no memory, and then b is unchanged. */
char *buf_take(struct buf *b);
void buf_finish(struct buf *b);

#endif
