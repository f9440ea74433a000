/* A workbook of one table. */
#include "fs/form/renderers.h"

#include <errno.h>

#include "fs/form/totals.h"
#include "fs/form/xlsx_book.h"

struct filling {
	const struct form_about *about;
	struct xlsx_table table;
	struct totals totals;
};

static int fill(struct xlsx_book *b, void *context)
{
	struct filling *f = context;

	xlsx_book_put(b, &f->table);
	xlsx_book_begin_about(b, f->about->title, f->about->subtitle);
	xlsx_book_say(b, "rows: %zu", f->table.s->row_count);
	for (size_t i = 0; i < f->totals.count && f->totals.has_totals; i++)
		if (f->totals.items[i].has_whole)
			xlsx_book_say_total(b, &f->table, f->totals.cost,
				f->totals.items[i].currency, f->totals.items[i].whole);
	xlsx_book_say_lost(b, &f->table);
	xlsx_book_end_about(b);
	return 0;
}

int form_xlsx(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	struct filling f = { .about = about,
		.table = { .s = s, .name = about->file, .exact = "exact" } };
	int r;

	if (!xlsx_book_has_room(s))
		return -EFBIG;
	r = totals_find(s, about->file, &f.totals);
	f.table.has_digits = f.totals.is_exact;
	return r < 0 ? r : xlsx_book_make(fill, &f, s->stop, ret);
}
