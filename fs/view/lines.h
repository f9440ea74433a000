/* costs.csv and lines.csv: rows that are read where they stand, never copied to one
 * place. */
#ifndef FS_VIEW_LINES_H
#define FS_VIEW_LINES_H

#include "fs/view/detail.h"

/* Immutable. */
struct lines;

/* Of all slices of the scope. 0; -ENOMEM. */
MUST_USE int lines_open(const struct scope *scope, struct lines **ret);
/* Of so many rows of them from one on (as many as there are), below the same header. As
 * month_row_offset(). */
MUST_USE int lines_open_rows(const struct scope *scope, uint64_t first, uint64_t count,
	struct lines **ret, struct fault *why);
/* Of the scope's resource, which the detail knows. Takes a reference of its own. 0;
 * -ENOENT; -ENOMEM. */
MUST_USE int lines_open_resource(
	const struct scope *scope, struct held *detail, struct lines **ret);
/* Before the first lines_read(): keeps the rows until lines_close(). As month_pin(). */
MUST_USE int lines_pin(struct lines *l);
uint64_t lines_size(const struct lines *l);
/* As view_read(). */
MUST_USE ssize_t lines_read(const struct lines *l, uint64_t offset, void *bytes,
	size_t len, struct fault *why);
void lines_close(struct lines *l);

#endif
