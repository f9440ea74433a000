/* Writes with libxlsxwriter, row by row. */
#include "fs/form/xlsx_book.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/io.h"
#include "fs/form/txt_cells.h"
#include "fs/form/xlsx_cells.h"
#include "fs/form/xlsx_files.h"

enum {
	XLSX_ROWS_MAX = 1048575, /* and the header */
	XLSX_COLUMNS_MAX = 16384,
	XLSX_XML_MAX = 160 * 1024 * 1024, /* which is in memory twice */
	CELL_BYTES_MAX = 8 * XLSX_TEXT_MAX, /* of its text; a control character has 7 */
	CELL_XML = 64, /* of a cell, beside its text */
	MEASURED_ROWS = 1000,
	WIDTH_LEAST = 8,
	WIDTH_MOST = 60,
	EXACT_WIDTH = 25,
	ABOUT_WIDTH = 30,
	/* 1980-01-01, the time that the library gives to what is in the archive. */
	CREATED = 315532800,
};

/* Two decimals, as bills have; and as many as there are. */
#define CENTS "#,##0.00"
#define DIGITS "#,##0.00################"

struct xlsx_book {
	lxw_workbook *book;
	lxw_worksheet *about; /* NULL until something is said */
	size_t line; /* of it, the next */
	lxw_format *header, *text, *formats[SHEET_KIND_COUNT];
	locale_t plain;
	struct buf cell;
	const atomic_bool *stop;
	uint64_t bytes; /* of XML, about */
	size_t cut; /* cells */
	bool has_times;
	int failed; /* sticky -errno */
};

/* Rows and columns have been checked: what is left is memory. */
static void note(struct xlsx_book *b, lxw_error error)
{
	if (error != LXW_NO_ERROR && !b->failed)
		b->failed = -ENOMEM;
}

/* Text is what editing a cell keeps as it is typed: nothing that begins with "=" becomes
 * a formula, and no id loses its zeros. */
static const char *pattern_of(enum sheet_kind kind)
{
	switch (kind) {
	case SHEET_TEXT:
	case SHEET_KIND_COUNT:
		break;
	case SHEET_MONEY:
		return CENTS;
	case SHEET_DECIMAL:
		return DIGITS;
	case SHEET_PERCENT:
		return "0.00%";
	case SHEET_COUNT:
		return "#,##0";
	case SHEET_DATE:
		return "yyyy-mm-dd";
	case SHEET_MONTH:
		return "yyyy-mm";
	case SHEET_TIME:
		return "yyyy-mm-dd hh:mm:ss";
	}
	return "@";
}

static lxw_format *new_format(struct xlsx_book *b, const char *pattern)
{
	lxw_format *f = workbook_add_format(b->book);

	if (f)
		format_set_num_format(f, pattern);
	else
		note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
	return f;
}

static void make_formats(struct xlsx_book *b)
{
	for (int i = 0; i < SHEET_KIND_COUNT; i++)
		b->formats[i] = new_format(b, pattern_of((enum sheet_kind)i));
	b->text = b->formats[SHEET_TEXT];
	b->header = new_format(b, "@");
	if (b->header)
		format_set_bold(b->header);
}

static void put_text(struct xlsx_book *b, lxw_worksheet *to, size_t row, size_t column,
	struct span text, lxw_format *format)
{
	bool is_cut = false;
	const char *cell;
	int r;

	if (b->failed || !text.len)
		return;
	r = xlsx_text(text, &b->cell, &is_cut);
	if (r < 0) {
		b->failed = r;
		return;
	}
	cell = buf_text(&b->cell);
	if (!cell) {
		b->failed = -ENOMEM;
		return;
	}
	b->cut += is_cut;
	b->bytes += CELL_XML + b->cell.len;
	for (size_t i = 0; i < b->cell.len; i++)
		if (cell[i] == '&' || cell[i] == '<' || cell[i] == '>')
			b->bytes += 4;
	note(b,
		worksheet_write_string(
			to, (lxw_row_t)row, (lxw_col_t)column, cell, format));
}

static void put_number(struct xlsx_book *b, lxw_worksheet *to, size_t row, size_t column,
	const struct xlsx_number *n, lxw_format *format)
{
	b->bytes += CELL_XML;
	note(b,
		worksheet_write_number(
			to, (lxw_row_t)row, (lxw_col_t)column, n->value, format));
}

static lxw_format *format_of(
	const struct xlsx_book *b, const struct xlsx_table *t, enum sheet_kind kind)
{
	return b->formats[kind == SHEET_MONEY && t->has_digits ? SHEET_DECIMAL : kind];
}

/* How wide a column is, in characters, by its name and its first rows. */
static size_t width_of(const struct xlsx_table *t, size_t column)
{
	const struct sheet *s = t->s;
	const enum sheet_kind kind = s->columns[column].kind;
	/* Beside the name stands the button of the filter. */
	size_t width = txt_width(s->columns[column].name) + 3;

	for (size_t row = 0; row < s->row_count && row < MEASURED_ROWS; row++) {
		struct span cell = sheet_cell(s, row, column);
		size_t has = txt_width(cell);

		if (kind == SHEET_MONEY && !t->has_digits)
			has = span_find(cell, '.') + 3;
		if (sheet_is_number(kind))
			has += span_find(cell, '.') / 3;
		if (has + 1 > width)
			width = has + 1;
	}
	return width < WIDTH_LEAST   ? WIDTH_LEAST
		: width > WIDTH_MOST ? WIDTH_MOST
				     : width;
}

static lxw_worksheet *add_sheet(struct xlsx_book *b, const char *name)
{
	lxw_worksheet *w = workbook_add_worksheet(b->book, name);

	if (!w)
		note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
	return w;
}

/* The names of the columns, which stay in sight. */
static void put_header(struct xlsx_book *b, const struct sheet *s, lxw_worksheet *to)
{
	for (size_t i = 0; i < s->column_count && !b->failed; i++)
		put_text(b, to, 0, i, s->columns[i].name, b->header);
	worksheet_freeze_panes(to, 1, 0);
	note(b, worksheet_repeat_rows(to, 0, 0));
	worksheet_set_landscape(to);
	worksheet_fit_to_pages(to, 1, 0);
	note(b,
		worksheet_ignore_errors(
			to, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576"));
}

/* The sheets of a table that is being written. */
struct writing {
	struct xlsx_book *b;
	struct xlsx_table *table;
	lxw_worksheet *to, *exact; /* the latter NULL while all numbers are */
};

static void start_table(struct writing *w)
{
	struct xlsx_book *b = w->b;
	const struct sheet *s = w->table->s;
	const lxw_col_t last = (lxw_col_t)(s->column_count - 1);
	int r = xlsx_name(w->table->name, &b->cell);
	const char *name = r < 0 ? NULL : buf_text(&b->cell);

	w->to = name ? add_sheet(b, name) : NULL;
	if (!w->to) {
		b->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i <= last; i++)
		note(b,
			worksheet_set_column(w->to, (lxw_col_t)i, (lxw_col_t)i,
				(double)width_of(w->table, i),
				format_of(b, w->table, s->columns[i].kind)));
	put_header(b, s, w->to);
	note(b, worksheet_autofilter(w->to, 0, 0, (lxw_row_t)s->row_count, last));
}

/* What a number has not kept, in the same cell of another sheet. */
static void keep_exact(struct writing *w, size_t row, size_t column, struct span cell)
{
	struct xlsx_book *b = w->b;
	const struct sheet *s = w->table->s;

	w->table->lost++;
	if (!w->exact) {
		w->exact = add_sheet(b, w->table->exact);
		if (!w->exact)
			return;
		note(b,
			worksheet_set_column(w->exact, 0,
				(lxw_col_t)(s->column_count - 1), EXACT_WIDTH, b->text));
		put_header(b, s, w->exact);
	}
	put_text(b, w->exact, row, column, cell, b->text);
}

static void put_cell(struct writing *w, size_t row, size_t column)
{
	struct xlsx_book *b = w->b;
	const enum sheet_kind kind = w->table->s->columns[column].kind;
	struct span cell = sheet_cell(w->table->s, row, column);
	struct xlsx_number n;

	if (!cell.len)
		return;
	if (!xlsx_number(cell, kind, b->plain, &n)) {
		put_text(b, w->to, row + 1, column, cell, b->text);
		return;
	}
	put_number(b, w->to, row + 1, column, &n, format_of(b, w->table, kind));
	if (!n.is_exact)
		keep_exact(w, row + 1, column, cell);
}

static bool is_stopped(const struct xlsx_book *b)
{
	return b->stop && atomic_load_explicit(b->stop, memory_order_relaxed);
}

static void put_rows(struct writing *w)
{
	struct xlsx_book *b = w->b;
	const struct sheet *s = w->table->s;

	for (size_t row = 0; row < s->row_count && !b->failed; row++) {
		if (is_stopped(b))
			b->failed = -ECANCELED;
		for (size_t i = 0; i < s->column_count && !b->failed; i++)
			put_cell(w, row, i);
		if (b->bytes > XLSX_XML_MAX && !b->failed)
			b->failed = -EFBIG;
	}
}

static bool has_times(const struct sheet *s)
{
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].kind == SHEET_TIME)
			return true;
	return false;
}

bool xlsx_book_has_room(const struct sheet *s)
{
	return s->row_count <= XLSX_ROWS_MAX && s->column_count <= XLSX_COLUMNS_MAX;
}

void xlsx_book_put(struct xlsx_book *b, struct xlsx_table *t)
{
	struct writing w = { .b = b, .table = t };

	t->lost = 0;
	if (!b->failed && !xlsx_book_has_room(t->s))
		b->failed = -EFBIG;
	if (b->failed)
		return;
	b->has_times |= has_times(t->s);
	start_table(&w);
	put_rows(&w);
}

void xlsx_book_begin_about(struct xlsx_book *b, struct span title, struct span subtitle)
{
	b->about = b->failed ? NULL : add_sheet(b, "about");
	if (!b->about)
		return;
	note(b, worksheet_set_column(b->about, 0, 2, ABOUT_WIDTH, b->text));
	put_text(b, b->about, b->line++, 0, title, b->header);
	put_text(b, b->about, b->line++, 0, subtitle, b->text);
}

void xlsx_book_say(struct xlsx_book *b, const char *format, ...)
{
	struct buf text = BUF_INIT(XLSX_TEXT_MAX);
	va_list args;
	int r;

	if (b->failed)
		return;
	va_start(args, format);
	r = buf_vappendf(&text, format, args);
	va_end(args);
	if (r == -ENOMEM)
		b->failed = r;
	put_text(b, b->about, b->line++, 0, buf_span(&text), b->text);
	buf_finish(&text);
}

void xlsx_book_say_total(struct xlsx_book *b, const struct xlsx_table *t, size_t column,
	struct span currency, struct money total)
{
	char text[MONEY_TEXT_MAX];
	struct span exact = { text, money_format(total, text) };
	struct xlsx_number n;
	const size_t row = b->line;

	if (b->failed)
		return;
	xlsx_book_say(b, "total of %.*s, %.*s", SPAN_ARG(t->s->columns[column].name),
		SPAN_ARG(currency));
	if (xlsx_number(exact, SHEET_MONEY, b->plain, &n))
		put_number(b, b->about, row, 1, &n, format_of(b, t, SHEET_MONEY));
	put_text(b, b->about, row, 2, exact, b->text);
}

void xlsx_book_say_lost(struct xlsx_book *b, const struct xlsx_table *t)
{
	if (t->lost)
		xlsx_book_say(b,
			"%zu numbers have more than %d digits, which are all that a "
			"spreadsheet keeps. The sheet \"%s\" has them whole, as "
			"texts, each in the same cell.",
			t->lost, XLSX_DIGITS, t->exact);
}

void xlsx_book_end_about(struct xlsx_book *b)
{
	if (b->has_times)
		xlsx_book_say(b, "Times are UTC.");
	if (b->cut)
		xlsx_book_say(b,
			"%zu texts are longer than the %d characters of a cell, and "
			"end in \"…\". The .csv has them whole.",
			b->cut, XLSX_TEXT_MAX);
}

static void put_properties(struct xlsx_book *b)
{
	char title[] = "costfs";
	lxw_doc_properties properties = { .title = title, .created = CREATED };

	note(b, workbook_set_properties(b->book, &properties));
}

/* The library takes the calendar's names from a buffer that all threads share. */
static lxw_error close_book(lxw_workbook *book)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	lxw_error error;

	pthread_mutex_lock(&lock);
	error = workbook_close(book);
	pthread_mutex_unlock(&lock);
	return error;
}

/* Without writing it: then the library forgets the files of what is not finished. */
static void drop_book(lxw_workbook *book)
{
	lxw_worksheet *w;

	STAILQ_FOREACH(w, book->worksheets, list_pointers)
	if (w->optimize_tmpfile)
		fclose(w->optimize_tmpfile);
	lxw_workbook_free(book);
}

/* What is filled by then goes into the file at path. */
static int write_book(
	struct xlsx_book *b, const char *path, xlsx_fill_fn *fill, void *context)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	int r;

	b->book = workbook_new_opt(path, &options);
	if (!b->book)
		return -ENOMEM;
	make_formats(b);
	put_properties(b);
	r = b->failed ? 0 : fill(b, context);
	if (!b->failed)
		b->failed = r;
	if (is_stopped(b) && !b->failed)
		b->failed = -ECANCELED;
	if (b->failed) {
		drop_book(b->book);
		return b->failed;
	}
	note(b, close_book(b->book));
	return b->failed;
}

static int make(struct xlsx_book *b, xlsx_fill_fn *fill, void *context, struct buf *ret)
{
	char path[XLSX_PATH];
	int fd;
	int r = xlsx_file_new(&fd, path);

	/* What lacks then is descriptors, or memory. */
	if (r < 0)
		return -ENOMEM;
	r = write_book(b, path, fill, context);
	if (r == 0)
		r = io_read_all(fd, ret);
	close(fd);
	return r;
}

int xlsx_book_make(
	xlsx_fill_fn *fill, void *context, const atomic_bool *stop, struct buf *ret)
{
	struct xlsx_book b = { .stop = stop, .cell = BUF_INIT(CELL_BYTES_MAX) };
	int r;

	b.plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	r = b.plain ? make(&b, fill, context, ret) : -ENOMEM;
	if (b.plain)
		freelocale(b.plain);
	buf_finish(&b.cell);
	return r;
}
