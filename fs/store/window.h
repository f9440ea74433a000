/* Rows of a chunk on their way to disk: gathered in a window of memory, sorted by slice
 * (within a slice they keep their order), cut into blocks, compressed, appended to the
 * data file. */
#ifndef FS_STORE_WINDOW_H
#define FS_STORE_WINDOW_H

#include <stdatomic.h>

#include "base/buf.h"
#include "fs/store/cube.h"

struct window;

/* The file that all windows of a build append to. */
struct data_file {
	int fd;
	uint64_t limit; /* bytes; 0: none */
	_Atomic uint64_t bytes;
};

/* file is borrowed. NULL on no memory. One thread at a time. */
struct window *window_new(struct data_file *file);
void window_free(struct window *w);
/* Where the next row's text is appended, before window_row(). */
struct buf *window_text(struct window *w);
/* What was appended is a row of this slice (a number of the caller's, dense from 0), with
 * fixed_bytes as render_row() says. Writes when the window is full. 0; -ENOMEM; -errno of
 * the file, -ENOSPC among them. */
MUST_USE int window_row(struct window *w, uint32_t slice, uint32_t fixed_bytes);
/* Rows from now on are of this part of their chunk, 0 to begin with; after a flush. */
void window_part(struct window *w, uint32_t part);
/* Writes what is left. As window_row(). */
MUST_USE int window_flush(struct window *w);

/* What was written since the last window_taken(), after a flush. An extent's block counts
 * from 0 in blocks; row_start, fixed_start and chunk are 0. */
struct window_extent {
	uint32_t slice;
	uint32_t part; /* of window_part() */
	struct cube_extent extent;
};
const struct window_extent *window_extents(const struct window *w, size_t *ret_count);
const struct cube_block *window_blocks(const struct window *w, size_t *ret_count);
void window_taken(struct window *w);

#endif
