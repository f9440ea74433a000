/* A table as other forms than CSV show it: cells with a kind, read out of the CSV that
 * costfs writes itself (docs/formats.md has the dialect). */
#ifndef FS_FORM_SHEET_H
#define FS_FORM_SHEET_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/money.h"
#include "base/span.h"

enum {
	SHEET_COLUMNS_MAX = 4096,
	SHEET_CELLS_MAX = 16 * 1024 * 1024, /* 16 bytes of memory each */
};

/* What the cells of a column are, by the column's name. */
enum sheet_kind {
	SHEET_TEXT, /* ids among them: their zeros and digits are kept */
	SHEET_MONEY, /* an amount of the row's currency, or empty: null */
	SHEET_DECIMAL, /* another number: usage */
	SHEET_PERCENT, /* 83.33 */
	SHEET_COUNT, /* a whole number */
	SHEET_DATE, /* 2026-11-23 */
	SHEET_MONTH, /* 2026-11 */
	SHEET_TIME, /* 2026-11-23T14:00:00Z */
	SHEET_KIND_COUNT,
};

struct sheet_column {
	struct span name;
	enum sheet_kind kind;
};

/* Plain; zeroed = no columns. The spans are in its own text. */
struct sheet {
	struct sheet_column *columns;
	size_t column_count;
	struct span *cells; /* row by row */
	size_t row_count;
	char *text; /* of cells that were quoted */
	const atomic_bool
		*stop; /* when it becomes true, who renders gives up; NULL: never */
};

/* Reads a header and its rows. csv is borrowed until sheet_finish(). 0; -EBADMSG it is
 * not of our dialect: a row of another length, an open quote; -EFBIG over
 * SHEET_COLUMNS_MAX, or more cells than SHEET_CELLS_MAX; -ENOMEM. */
MUST_USE int sheet_read(struct span csv, struct sheet *ret, struct fault *why);
/* NULL and a zeroed one are allowed. */
void sheet_finish(struct sheet *s);

static inline struct span sheet_cell(const struct sheet *s, size_t row, size_t column)
{
	return s->cells[row * s->column_count + column];
}
static inline bool sheet_is_stopped(const struct sheet *s)
{
	return s->stop && atomic_load_explicit(s->stop, memory_order_relaxed);
}

/* The column of that name, or column_count. */
size_t sheet_find(const struct sheet *s, struct span name);
/* Whether the cells are set to the right: numbers of any kind. */
bool sheet_is_number(enum sheet_kind kind);

/* The exact sum of a column's cells, empty ones left out, over the rows of that currency
 * (all rows where the sheet has no such column). 0; -ENODATA every cell is empty;
 * -ERANGE; -EBADMSG a cell is no number. */
MUST_USE int sheet_sum(
	const struct sheet *s, size_t column, struct span currency, struct money *ret);

#endif
