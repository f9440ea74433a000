/* The rows of a chunk, as text or as a table. */
#include "fs/cmd/demo/rows.h"

#include <errno.h>
#include <string.h>

#include "fs/cmd/demo/fill.h"

static int sink(void *ctx, const void *bytes, size_t len)
{
	return outfile_write(ctx, bytes, len);
}

static int flush_rows(struct rows_writer *t)
{
	int ret = outfile_write(&t->file, t->rows, t->len);

	t->len = 0;
	return ret;
}

static void write_header(struct rows_writer *t, const struct shipment *d)
{
	bool legacy = d->format->family == FORMAT_LEGACY;

	for (size_t i = 0; i < d->columns.count; i++) {
		const struct field_name *f = &field_names[d->columns.fields[i]];
		const char *const parts[] = { i > 0 ? "," : "", legacy ? f->category : "",
			legacy ? "/" : "", legacy ? f->name : f->key };

		for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
			size_t n = strlen(parts[k]);

			memcpy(t->rows + t->len, parts[k], n);
			t->len += n;
		}
	}
	t->rows[t->len++] = '\n';
}

static int write_text(struct rows_writer *t, const struct shipment *d,
	const struct run *run, uint32_t from, uint32_t count)
{
	const struct series *s = &d->plan.series[run->series];
	struct values v;
	int ret = 0;

	form_make(&t->cells, &d->columns, shipment_has_milliseconds(d), &t->form);
	for (uint32_t row = from; row < from + count && ret == 0; row++) {
		if (t->len > sizeof(t->rows) - CELLS_ROW_MAX)
			ret = flush_rows(t);
		demo_values_of(d->w, &d->plan.period, s, run->from + row, &v);
		t->len += form_print(&t->form, &v, t->rows + t->len);
	}
	return ret;
}

static int write_sheet(struct rows_writer *t, const struct shipment *d,
	const struct run *run, uint32_t from, uint32_t count)
{
	const struct series *s = &d->plan.series[run->series];
	uint32_t end = from + count;
	struct values v;
	int ret = 0;

	while (from < end && ret == 0) {
		uint32_t rows = sheet_room(t->sheet);

		if (rows > end - from)
			rows = end - from;
		sheet_cells(t->sheet, &t->cells, rows);
		for (uint32_t row = from; row < from + rows; row++) {
			demo_values_of(d->w, &d->plan.period, s, run->from + row, &v);
			sheet_values(t->sheet, &t->cells, &v);
		}
		ret = sheet_rows(t->sheet, rows);
		from += rows;
	}
	return ret;
}

static int write_run(struct rows_writer *t, const struct shipment *d,
	const struct run *run, uint32_t from, uint32_t count)
{
	const struct filler f = { .w = d->w,
		.p = &d->plan,
		.milliseconds = shipment_has_milliseconds(d),
		.family = d->format->family };

	fill_cells(&f, &d->plan.series[run->series], &t->cells);
	return t->sheet ? write_sheet(t, d, run, from, count)
			: write_text(t, d, run, from, count);
}

static int write_rows(struct rows_writer *t, const struct shipment *d, unsigned chunk,
	rows_report_fn *report, void *ctx)
{
	enum { REPORT_ROWS = 20000 };
	uint64_t row = shipment_chunk_start(d, chunk);
	uint64_t end = shipment_chunk_start(d, chunk + 1);
	uint64_t reported = row;
	size_t at = row < end ? demo_plan_find(&d->plan, row) : 0;
	int ret = 0;

	while (row < end && ret == 0) {
		const struct run *run = &d->plan.runs[at++];
		uint32_t from = (uint32_t)(row - run->start);
		uint32_t count = run->count - from;

		if (count > end - row)
			count = (uint32_t)(end - row);
		ret = write_run(t, d, run, from, count);
		row += count;
		if (ret == 0 && (row == end || row - reported > REPORT_ROWS)) {
			ret = report(ctx, row - reported);
			reported = row;
		}
	}
	return ret;
}

int rows_write(struct rows_writer *t, const struct shipment *d, unsigned chunk,
	rows_report_fn *report, void *ctx)
{
	int ret;

	t->len = 0;
	if (!d->format->parquet) {
		write_header(t, d);
		ret = write_rows(t, d, chunk, report, ctx);
		return ret < 0 ? ret : flush_rows(t);
	}
	t->sheet = sheet_new(d->o, &d->columns);
	if (!t->sheet)
		return -ENOMEM;
	ret = sheet_open(t->sheet, sink, &t->file);
	if (ret == 0)
		ret = write_rows(t, d, chunk, report, ctx);
	if (ret == 0)
		ret = sheet_close(t->sheet);
	sheet_free(t->sheet);
	t->sheet = NULL;
	return ret;
}
