/* A page of HTML that stands alone: nothing is fetched, and no script but ours runs. */
#ifndef FS_FORM_PAGE_H
#define FS_FORM_PAGE_H

#include "fs/form/form.h"
#include "fs/form/markup.h"
#include "fs/form/sheet.h"

/* Up to <main>, with the heading. Well-formed XML as well, so that it can be read back.
 * style: rules behind those of every page, without < and &; "" for none. */
void page_start(struct markup *m, const struct form_about *about, const char *style);
/* <table> with shares and totals where they say something; of at most so many rows
 * (SIZE_MAX: all). 0; -ERANGE; -ENOMEM; -EFBIG. */
MUST_USE int page_table(struct markup *m, const struct sheet *s,
	const struct form_about *about, size_t rows_max);
void page_end(struct markup *m);

#endif
