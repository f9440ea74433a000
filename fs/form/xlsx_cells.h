/* What a cell of a spreadsheet can hold: its texts, numbers and dates. */
#ifndef FS_FORM_XLSX_CELLS_H
#define FS_FORM_XLSX_CELLS_H

#include <locale.h>

#include "fs/form/sheet.h"

enum {
	XLSX_TEXT_MAX = 32767, /* UTF-16 units of a cell */
	XLSX_NAME_MAX = 31, /* of a sheet's name */
	XLSX_DIGITS = 15, /* of a number, that are kept */
};

/* Puts the text in the place of what is in ret, as XML may have it: controls and what
 * looks like their notation as _xHHHH_, which spreadsheets read as the character, and
 * U+FFFD for bytes that are no UTF-8. *ret_cut is set to true, else left alone, where it
 * is longer than a cell and so ends in "…". 0; -ENOMEM; -EFBIG. */
MUST_USE int xlsx_text(struct span text, struct buf *ret, bool *ret_cut);
/* Likewise a name that a sheet may have, made of that of a file. 0; -ENOMEM; -EFBIG. */
MUST_USE int xlsx_name(struct span file, struct buf *ret);

/* A cell as a number. Plain. */
struct xlsx_number {
	double value; /* the nearest one; of days for dates */
	bool is_exact; /* no digit of the text is lost */
};
/* False: the cell is not what its column has, and stays a text. plain: the "C" locale. */
bool xlsx_number(
	struct span cell, enum sheet_kind kind, locale_t plain, struct xlsx_number *ret);

#endif
