#include "aws/export/cell_source.h"

#include "aws/export/keys.h"

int cell_source_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why)
{
	if (key_pack(span_of(object->key), NULL) == KEY_PACK_PARQUET)
		return parquet_cells_open(s, object, ret, why);
	return csv_cells_open(s, object, options, ret, why);
}
