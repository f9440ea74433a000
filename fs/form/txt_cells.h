/* Texts and numbers as they stand on a terminal. */
#ifndef FS_FORM_TXT_CELLS_H
#define FS_FORM_TXT_CELLS_H

#include "base/buf.h"

/* Takes the first character off a text that is not empty; false: a control character, or
 * one byte that is no UTF-8, of which *ret then says nothing. */
bool txt_take(struct span *text, uint32_t *ret, struct span *ret_bytes);
/* How many columns of a terminal the text takes: 0 for what combines, 2 for what is wide,
 * 1 for each byte that is no UTF-8. */
size_t txt_width(struct span text);
/* Appends the text as far as it fits into so many columns, with "…" in the place of what
 * is left out; control characters and bytes that are no UTF-8 become '?'. 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int txt_append(struct span text, size_t width, struct buf *ret);
/* Appends a plain decimal with commas in its whole part: -1,234.50. 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int txt_append_grouped(struct span number, struct buf *ret);

#endif
