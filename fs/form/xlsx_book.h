/* A workbook: sheets with a table each, where numbers lose digits further ones with these
 * whole, and a last sheet that says what all of it is about. */
#ifndef FS_FORM_XLSX_BOOK_H
#define FS_FORM_XLSX_BOOK_H

#include "fs/form/sheet.h"

struct xlsx_book;

/* A table, and the sheets that it gets. Plain; all but lost is the caller's. */
struct xlsx_table {
	const struct sheet *s;
	struct span name; /* of the sheet; what a sheet cannot be called is replaced */
	const char *exact; /* that of what numbers lose, if any do */
	bool has_digits; /* money is shown with all of them, else with two decimals */
	size_t lost; /* set when it is written: numbers that are not whole */
};

/* Writes the sheets of a book. What fails in xlsx_book_…() is kept until the end, and all
 * that follows does nothing. 0; -errno: the book is given up. */
typedef int xlsx_fill_fn(struct xlsx_book *b, void *context);

/* Appends a book that fill has filled. The same calls give the same bytes. stop: may be
 * NULL; when it becomes true: -ECANCELED. 0; -EFBIG too much for a sheet, the memory or
 * ret; -ENOMEM; what fill answers. */
MUST_USE int xlsx_book_make(
	xlsx_fill_fn *fill, void *context, const atomic_bool *stop, struct buf *ret);

/* Whether a sheet has room for so many rows and columns. */
bool xlsx_book_has_room(const struct sheet *s);
void xlsx_book_put(struct xlsx_book *b, struct xlsx_table *t);

/* The sheet "about", which begins with the first of these calls; no table comes behind
 * it. A title, and what stands below it: */
void xlsx_book_begin_about(struct xlsx_book *b, struct span title, struct span subtitle);
/* A line of text. */
void xlsx_book_say(struct xlsx_book *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* A sum of the table's column, in that currency: a number, and beside it all digits. */
void xlsx_book_say_total(struct xlsx_book *b, const struct xlsx_table *t, size_t column,
	struct span currency, struct money total);
/* Where the digits are that the table has lost; nothing if it has not. */
void xlsx_book_say_lost(struct xlsx_book *b, const struct xlsx_table *t);
/* What is to be known of the cells of all tables. */
void xlsx_book_end_about(struct xlsx_book *b);

#endif
