#include "tests/aws/parquet/case.h"

#include "base/span.h"

enum { CASE_COLUMNS = 64 };

static int put_text(struct buf *b, struct span s)
{
	int r = s.p ? 0 : buf_append_text(b, "NULL");

	for (size_t i = 0; s.p && i < s.len && r == 0; i++) {
		unsigned char c = (unsigned char)s.p[i];

		r = c < 0x20 || c > 0x7e ? buf_appendf(b, "\\x%02x", c)
					 : buf_append_byte(b, (char)c);
	}
	return r;
}

static int put_entries(struct buf *b, const struct parquet_batch_column *c, uint32_t row)
{
	int r = c->nulls[row] ? buf_append_text(b, "NULL") : buf_append_byte(b, '[');

	for (uint32_t i = c->starts[row]; i < c->starts[row + 1] && r == 0; i++) {
		if (i > c->starts[row])
			r = buf_append_byte(b, ';');
		if (r == 0 && c->keys.texts) {
			r = put_text(b, parquet_cell(&c->keys, i));
			if (r == 0)
				r = buf_append_byte(b, '=');
		}
		if (r == 0)
			r = put_text(b, parquet_cell(&c->values, i));
	}
	return r == 0 && !c->nulls[row] ? buf_append_byte(b, ']') : r;
}

static int put_batch(struct buf *b, const struct parquet_batch *batch, size_t columns)
{
	int r = 0;

	for (uint32_t row = 0; row < batch->rows && r == 0; row++) {
		for (size_t i = 0; i < columns && r == 0; i++) {
			const struct parquet_batch_column *c = &batch->columns[i];

			if (i > 0)
				r = buf_append_byte(b, ',');
			if (r == 0)
				r = c->starts
					? put_entries(b, c, row)
					: put_text(b, parquet_cell(&c->values, row));
		}
		if (r == 0)
			r = buf_append_byte(b, '\n');
	}
	return r;
}

static int pick(
	struct parquet *p, const char *names, size_t *ret_count, struct fault *why)
{
	struct span rest = span_of(names), name;
	uint32_t columns[CASE_COLUMNS];
	size_t count = 0;

	if (!names)
		for (; count < parquet_column_count(p) && count < CASE_COLUMNS; count++)
			columns[count] = (uint32_t)count;
	while (span_split(&rest, ' ', &name)) {
		int r = parquet_find(p, name, &columns[count++]);

		if (r < 0)
			return r;
	}
	*ret_count = count;
	return parquet_pick(p, columns, count, why);
}

static int read_groups(
	struct parquet *p, size_t columns, struct buf *ret, struct fault *why)
{
	int r = 0;

	for (uint32_t g = 0; g < parquet_group_count(p) && r == 0; g++) {
		struct parquet_batch batch = { .rows = 0 };

		r = parquet_begin(p, g, why);
		if (r == 0)
			r = parquet_next(p, &batch, why);
		while (r == 1) {
			r = put_batch(ret, &batch, columns);
			if (r == 0)
				r = parquet_next(p, &batch, why);
		}
	}
	return r;
}

int case_read(
	struct span file, const struct reading *how, struct buf *ret, struct fault *why)
{
	static const struct reading simple = { .read_max = 0 };
	const struct reading *h = how ? how : &simple;
	const struct memory_object o = { .key = "x", .bytes = file.p, .len = file.len };
	struct memory_source m;
	struct object_info info;
	struct parquet *p;
	char key[] = "x";
	size_t columns;
	int r;

	memory_source_init(&m, &o, 1);
	m.read_max = h->read_max;
	info = memory_info_of(&m, &o, key);
	r = parquet_open(&m.base, &info, &h->options, &p, why);
	if (r < 0)
		return r;
	r = pick(p, h->columns, &columns, why);
	if (r == 0)
		r = read_groups(p, columns, ret, why);
	parquet_close(p);
	return r;
}
