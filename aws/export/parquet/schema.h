/* The tree of a file's columns, flattened: leaves as they are stored, and columns as they
 * are read, which are a leaf, a list of a leaf's values, or a map of two leaves. Private
 * to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_SCHEMA_H
#define AWS_EXPORT_PARQUET_SCHEMA_H

#include "aws/export/parquet/parquet.h"
#include "aws/export/parquet/type.h"

enum {
	SCHEMA_ELEMENTS_MAX = 65536,
	SCHEMA_DEPTH_MAX = 24,
	SCHEMA_NAMES_MAX = 16 * 1024 * 1024, /* bytes of all columns' names */
};

#define SCHEMA_NO_LEAF UINT32_MAX

/* Plain. */
struct leaf {
	struct value_type type;
	uint8_t def_max, rep_max; /* levels */
	uint8_t entry_def; /* from this level on there is an entry of the list or map */
	uint8_t list_def; /* from this level on the list or map is not null */
};
struct schema_column {
	struct parquet_column shown;
	uint32_t value, key; /* leaves; key: SCHEMA_NO_LEAF where there is none */
};
/* Zeroed = empty. */
struct schema {
	struct leaf *leaves;
	uint32_t leaf_count;
	struct schema_column *columns; /* in the order of their first leaves */
	uint32_t column_count;
	char *names;
};

/* elements: the list of SchemaElement, the first being the root. 0; -EBADMSG; -ENOTSUP;
 * -E2BIG more than SCHEMA_ELEMENTS_MAX or SCHEMA_NAMES_MAX, or deeper than
 * SCHEMA_DEPTH_MAX; -ENOMEM. */
MUST_USE int schema_read(struct span elements, struct schema *ret, struct fault *why);
void schema_finish(struct schema *s);

#endif
