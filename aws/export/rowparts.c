/* Rows of one object for several readers. CSV alone can be had by parts. */
#include <errno.h>

#include "aws/export/csv_split.h"
#include "aws/export/keys.h"
#include "aws/export/rowreader.h"

static struct csv_split *split_of(struct row_parts *p)
{
	return (struct csv_split *)(void *)p;
}

int row_parts_open(struct object_source *s, const struct object_info *object,
	size_t part_bytes, struct row_parts **ret)
{
	struct csv_split *split;

	if (key_pack(span_of(object->key), NULL) == KEY_PACK_PARQUET)
		return -EMEDIUMTYPE;
	int e = csv_split_open(s, object, part_bytes, &split);
	if (e < 0)
		return e == -ENOMEM ? e : -EMEDIUMTYPE;
	*ret = (struct row_parts *)(void *)split;
	return 0;
}

void row_parts_free(struct row_parts *p)
{
	csv_split_free(split_of(p));
}

int row_reader_open_parts(struct row_parts *parts, const struct layout *layout,
	struct row_reader **ret, struct fault *why)
{
	struct csv_split *split = split_of(parts);
	struct cell_source *source;
	int e = csv_cells_open_parts(split, &source, why);

	return e < 0 ? e : row_reader_of(source, csv_split_name(split), layout, ret, why);
}

int row_reader_part(struct row_reader *r, struct row_place *ret, struct fault *why)
{
	struct cell_part part;
	int e = cell_source_next_part(r->source, &part, why);

	if (e < 0)
		r->failed = e;
	if (e > 0)
		*ret = (struct row_place){ part.number,
			part.rows_before ? part.rows_before + 1 : 2 };
	return e;
}
