#include "aws/export/cell_source.h"

int cell_source_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why)
{
	return csv_cells_open(s, object, options, ret, why);
}
