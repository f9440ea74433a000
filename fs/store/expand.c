#include "fs/store/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/cube.h"

enum { MARK_BYTES = 3 /* CUBE_MAP_MARK and the number of the key */ };

/* Where bytes go. */
struct out {
	char *p;
	uint64_t left;
};

static void put(struct out *o, const char *bytes, size_t len)
{
	if (len > 0)
		memcpy(o->p, bytes, len);
	o->p += len;
	o->left -= len;
}

/* Fills the cells by what is marked, and *ret_bytes with what they take. 0; -EBADMSG. */
static int find_cells(const struct expansion *x, struct span marked, struct span *cells,
	uint64_t *ret_bytes)
{
	uint64_t bytes = 0;

	while (marked.len > 0) {
		if (marked.len < MARK_BYTES)
			return -EBADMSG;
		uint32_t key = ((uint32_t)(unsigned char)marked.p[1] & 0x7F) << 7 |
			((uint32_t)(unsigned char)marked.p[2] & 0x7F);
		if (key >= x->column_count)
			return -EBADMSG;
		marked = span_from(marked, MARK_BYTES);
		struct span *cell = &cells[x->columns[key]];
		bytes -= cell->len;
		*cell = span_first(marked, span_find(marked, CUBE_MAP_MARK));
		bytes += cell->len;
		marked = span_from(marked, cell->len);
	}
	*ret_bytes = bytes;
	return 0;
}

/* One row without its newline; the cells are empty before and after. */
static int expand_row(
	const struct expansion *x, struct span row, struct span *cells, struct out *to)
{
	size_t head = span_find(row, CUBE_MAP_MARK);
	size_t end = span_find(row, CUBE_MAP_END);
	uint64_t bytes;

	if (end == row.len)
		return -EBADMSG;
	if (head > end)
		head = end;
	int r = find_cells(x, (struct span){ row.p + head, end - head }, cells, &bytes);
	if (r < 0)
		return r;
	/* The newline stands for the mark at the end. */
	if (head + bytes + x->map_columns + (row.len - end) > to->left)
		return -EBADMSG;
	put(to, row.p, head);
	for (uint32_t i = 0; i < x->map_columns; i++) {
		put(to, ",", 1);
		if (cells[i].len == 0)
			continue;
		put(to, cells[i].p, cells[i].len);
		cells[i] = (struct span){ 0 };
	}
	put(to, row.p + end + 1, row.len - end - 1);
	put(to, "\n", 1);
	return 0;
}

int expand_rows(const struct expansion *x, struct span rows, char *to, uint64_t bytes)
{
	struct span *cells = vec_alloc((size_t)x->map_columns + 1, sizeof(*cells));
	struct out out = { to, bytes };
	int r = 0;

	if (cells == NULL)
		return -ENOMEM;
	while (r == 0 && rows.len > 0) {
		size_t len = span_find(rows, '\n');

		r = expand_row(x, span_first(rows, len), cells, &out);
		rows = span_from(rows, len + 1);
	}
	free(cells);
	return r == 0 && out.left > 0 ? -EBADMSG : r;
}
