/* The reader of rows and how it is bound to a header. Private to aws/export. */
#ifndef AWS_EXPORT_ROWREADER_H
#define AWS_EXPORT_ROWREADER_H

#include "aws/export/decoder.h"
#include "aws/export/rowcost.h"
#include "aws/export/rowmap.h"
#include "base/buf.h"

/* A field that is copied as it stands. */
struct cell_binding {
	uint32_t field, column;
};
struct group_binding {
	uint32_t field, key;
};
struct group_list {
	struct group_binding *items;
	size_t count, cap;
};

struct row_reader {
	struct decoder *decoder;
	struct csv_reader *csv;
	char *name;
	int failed; /* sticky -errno */

	const struct layout *layout;
	struct header_plan plan;
	struct cell_binding *bindings;
	size_t binding_count;
	struct group_list tags, categories;
	uint32_t name_tag_field;
	struct row_map *maps[MAP_COUNT];
	bool has_maps;
	struct row_keys keys;

	struct cost_inputs costs;
	struct cell *cells;
	struct buf scratch; /* of the maps' strings with escapes */
};

/* Reads the header and binds its columns to the layout. 0; -ESTALE; as
 * csv_reader_next(); -ENOMEM. */
MUST_USE int row_reader_bind(struct row_reader *r, struct fault *why);
/* The texts of a record; free() them. 0; -ENOMEM. */
MUST_USE int row_header_texts(const struct csv_record *header, struct span **ret);

#endif
