/* Text from outside in XML, SVG and HTML. */
#ifndef FS_FORM_MARKUP_H
#define FS_FORM_MARKUP_H

#include "base/buf.h"

/* A document that is being written. failed is sticky: what comes after is dropped. */
struct markup {
	struct buf *out;
	int failed; /* 0 or -errno */
};

/* What is ours: tags, and numbers in them. Never text from outside. */
void markup_put(struct markup *m, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same without a format. */
void markup_raw(struct markup *m, const char *text);
/* Text from outside, also for attributes in double quotes, as far as it fits into so many
 * columns (txt_cells.h; SIZE_MAX: all). Every < > & " ' is written as a reference; what
 * is no UTF-8, controls, and marks that turn the direction of what follows, become '?'.
 */
void markup_text(struct markup *m, struct span text, size_t width);
/* name="12.5" out of tenths, with a space in front. */
void markup_tenths(struct markup *m, const char *name, int tenths);

#endif
