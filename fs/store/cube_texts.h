/* The texts of a cube being written: in the file, by their bytes, and behind them names
 * that were only made when these stood there. */
#ifndef FS_STORE_CUBE_TEXTS_H
#define FS_STORE_CUBE_TEXTS_H

#include "base/intern.h"
#include "fs/store/spill.h"

/* Plain; zeroed but for fd, first and spill, which are borrowed: no texts. */
struct cube_texts {
	int fd; /* of the cube */
	uint64_t first; /* place of the texts in it */
	struct spill *spill;
	struct tape offsets; /* plain: uint64_t of each text and, at last, their end */
	uint32_t count; /* of those by their bytes */
	struct intern *more; /* numbered from count on */
	uint32_t *places; /* of each of more: how many of the others come before */
	size_t place_cap;
};

void cube_texts_finish(struct cube_texts *t);
/* Any number. Replaces ret. 0; -ENOMEM; -errno. */
MUST_USE int cube_texts_get(const struct cube_texts *t, uint32_t number, struct buf *ret);
/* Finds the text or adds it to more. 0; -ENOMEM; -EFBIG; -errno. */
MUST_USE int cube_texts_number(struct cube_texts *t, struct span text, uint32_t *ret);
/* By their bytes. */
int cube_texts_compare(const struct cube_texts *t, uint32_t x, uint32_t y);

#endif
