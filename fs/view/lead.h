/* The leading block of a rendered row, read back from its text. */
#ifndef FS_VIEW_LEAD_H
#define FS_VIEW_LEAD_H

#include "fs/store/month.h"

/* Plain. Cells are valid as long as the piece they stand in. */
struct lead_row {
	struct span line; /* with its newline */
	struct span cell[LEAD_COUNT]; /* as they stand there, with quotes */
};

/* Takes the next row off *rest, and reads its cells up to and with last. 1; 0 at the end;
 * -EBADMSG too few cells, or a quote that does not end in the row. */
MUST_USE int lead_next(struct span *rest, enum lead last, struct lead_row *ret);
/* A cell's text; scratch holds it where it must be changed. 0; -ENOMEM; -EFBIG. */
MUST_USE int lead_text(const struct lead_row *row, enum lead cell, struct buf *scratch,
	struct span *ret);

#endif
