/* Fields of the small files of the cache: numbers are little-endian, a text is its length
 * in 4 bytes and its bytes. A file is its magic, the XXH3 of the rest, and the rest. */
#ifndef FS_STORE_FIELDS_H
#define FS_STORE_FIELDS_H

#include "base/buf.h"
#include "base/day.h"

enum { FIELDS_MAGIC_BYTES = 8 };

/* Append. 0; -ENOMEM; -EFBIG. */
MUST_USE int put_number(struct buf *b, uint64_t number, size_t bytes);
MUST_USE int put_text(struct buf *b, const char *text);
MUST_USE int put_time(struct buf *b, struct instant t);
/* Magic, hash and rest. */
MUST_USE int put_file(struct buf *b, const char *magic, struct span rest);

/* What is left to read; a zeroed answer after the first error, which is sticky. */
struct reader {
	struct span rest;
	int error;
};
/* Of a whole file, behind its hash. 0; -EBADMSG another magic, or damaged. */
MUST_USE int reader_begin(struct span bytes, const char *magic, struct reader *ret);
uint64_t get_number(struct reader *x, size_t bytes);
struct instant get_time(struct reader *x);
/* Without NUL bytes, at most max bytes; else -EBADMSG. */
struct span get_span(struct reader *x, size_t max);
/* For free(); NULL after an error. */
char *get_text(struct reader *x, size_t max);
/* NUL-terminated, of at most size with the NUL. */
void get_array(struct reader *x, char *ret, size_t size);
bool get_flag(struct reader *x);
/* -EBADMSG unless it is true. */
void expect(struct reader *x, bool is_true);

/* Parts between single '/', as keys have them; "" only where it may be empty. */
bool fields_is_key(const char *text, bool is_folder);
/* Of a delivery, or "". */
bool fields_is_id(const char *id);

#endif
