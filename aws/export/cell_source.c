#include "aws/export/cell_source.h"

#include <errno.h>

#include "aws/export/keys.h"
#include "aws/export/magic.h"

enum { HEAD_BYTES = 64 }; /* more than the longest magic */

/* Whether what is called Parquet, and could not be read as such, is packed CSV. */
static bool is_packed_csv(struct object_source *s, const struct object_info *object)
{
	char head[HEAD_BYTES];
	const char *name;
	ssize_t n = object_read(s, object, 0, head, sizeof(head), NULL);

	if (n <= 0)
		return false;
	switch (magic_of((struct span){ head, (size_t)n }, &name)) {
	case MAGIC_GZIP:
	case MAGIC_ZIP:
		return true;
	case MAGIC_TEXT:
	case MAGIC_PARQUET:
	case MAGIC_OTHER:
		return false;
	}
	return false;
}

int cell_source_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why)
{
	struct fault first = { .error = 0 };
	int r;

	if (key_pack(span_of(object->key), NULL) == KEY_PACK_PARQUET) {
		r = parquet_cells_open(s, object, ret, &first);
		if (r == -EBADMSG && is_packed_csv(s, object))
			return csv_cells_open(s, object, options, ret, why);
	} else {
		r = csv_cells_open(s, object, options, ret, &first);
		if (r == -EMEDIUMTYPE)
			return parquet_cells_open(s, object, ret, why);
	}
	if (r < 0 && why)
		*why = first;
	return r;
}
