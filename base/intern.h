/* Strings to small numbers: each distinct string is kept once, in order of arrival. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/span.h"

struct intern;

/* NULL on no memory. One thread at a time. */
struct intern *intern_new(void);
void intern_free(struct intern *in);
/* Copies text. Ids count from 0. 0; -ENOMEM; -EFBIG over 2^32 - 2 strings. */
MUST_USE int intern_add(struct intern *in, struct span text, uint32_t *ret_id);
/* 0; -ENOENT. */
MUST_USE int intern_find(const struct intern *in, struct span text, uint32_t *ret_id);
/* id < intern_count(). Valid until intern_clear() or intern_free(). */
struct span intern_text(const struct intern *in, uint32_t id);
uint32_t intern_count(const struct intern *in);
/* Bytes of memory held. */
size_t intern_memory(const struct intern *in);
/* Forgets all strings, keeps the memory of the table. */
void intern_clear(struct intern *in);

#endif
