/* What of a sheet is drawn: its items, or its days, of one currency. */
#ifndef FS_FORM_PLOT_H
#define FS_FORM_PLOT_H

#include "fs/form/form.h"
#include "fs/form/sheet.h"

enum {
	PLOT_CURRENCIES_MAX = 4,
	PLOT_BARS_MAX = 16, /* with the rest */
	PLOT_SERIES_MAX = 9, /* with the rest */
	PLOT_DAYS_MAX = 512,
};

enum plot_kind {
	PLOT_NONE, /* line items; what has no amounts */
	PLOT_BARS, /* an item a row */
	PLOT_COSTS, /* bars as well: what each column of money says */
	PLOT_DAYS, /* a column a day or month */
	PLOT_STACKS, /* the same in parts: what the second column says */
};

/* Which columns are drawn. Plain. */
struct plot {
	const struct sheet *s;
	enum plot_kind kind;
	bool is_percent; /* the values are shares of 100 each, and have no sum */
	size_t value, key, name, detail, currency; /* columns; column_count: none */
	struct span currencies[PLOT_CURRENCIES_MAX]; /* in the order of the rows */
	size_t currency_count;
	bool has_more; /* currencies */
};
/* By the columns' names and the file's alone, whatever the rows are. */
struct plot plot_of(const struct sheet *s, const struct form_about *about);

struct bar {
	struct span label, key;
	struct span detail; /* what tells items of one name apart; may be empty */
	struct money value;
	size_t rest; /* so many rows that are not drawn themselves; 0: it is a row */
};
/* The largest of a currency, whatever their sign, from dear to cheap, then the rest; of
 * PLOT_COSTS all, in their order. */
struct bars {
	struct bar bars[PLOT_BARS_MAX + 1];
	size_t count;
	size_t rows;
	struct money total;
	struct money low, high; /* of what is drawn, and 0 */
};
/* 0; -EBADMSG; -ERANGE. */
MUST_USE int plot_bars(const struct plot *p, struct span currency, struct bars *ret);

struct series {
	struct span name;
	struct money total;
	size_t rest;
};
/* Large: not for the stack. */
struct days {
	struct span days[PLOT_DAYS_MAX];
	size_t day_count;
	struct series series[PLOT_SERIES_MAX]; /* dearest first, then the rest */
	size_t series_count;
	struct money values[PLOT_SERIES_MAX][PLOT_DAYS_MAX];
	struct money total;
	struct money low, high; /* of the stacks, and 0 */
	size_t peak; /* the dearest day */
};
/* Fills *ret, which is zeroed. 0; -EFBIG over PLOT_DAYS_MAX; -EBADMSG; -ERANGE; -ENOMEM.
 */
MUST_USE int plot_days(const struct plot *p, struct span currency, struct days *ret);
/* The sum of the day's series. Fits, since the whole does. */
struct money days_sum(const struct days *d, size_t day);

#endif
