/* The reader of rows and how it is bound to a header. Private to aws/export. */
#ifndef AWS_EXPORT_ROWREADER_H
#define AWS_EXPORT_ROWREADER_H

#include "aws/export/cell_source.h"
#include "aws/export/rowcost.h"
#include "aws/export/rowfold.h"
#include "aws/export/rowmap.h"
#include "base/buf.h"

struct group_binding {
	uint32_t field, key;
};
struct group_list {
	struct group_binding *items;
	size_t count, cap;
};

struct row_reader {
	struct cell_source *source;
	char *name;
	int failed; /* sticky -errno */

	const struct layout *layout;
	struct header_plan plan;
	struct row_run *runs; /* fields that are copied as they stand */
	struct row_values *values; /* of the runs */
	size_t run_count, head_run_count; /* as in struct row */
	struct group_list tags, categories;
	uint32_t name_tag_field;
	struct row_map *maps[MAP_COUNT];
	bool has_maps;
	struct row_keys keys;

	struct row_fold *fold; /* NULL: rows come one by one */
	struct span account; /* of rows that are answered; empty: of all */

	struct cost_inputs costs;
	struct buf scratch; /* of the maps' strings with escapes */
	struct buf charge_type; /* of FOCUS, where it is made of two columns */
};

/* Takes the source, also on failure. As row_reader_open(). */
MUST_USE int row_reader_of(struct cell_source *source, const char *name,
	const struct layout *layout, struct row_reader **ret, struct fault *why);
/* Binds the columns of the source to the layout. 0; -ESTALE; -ENOMEM. */
MUST_USE int row_reader_bind(struct row_reader *r, struct fault *why);
/* Of FOCUS: what a row says in other columns than a Cost and Usage Report. The texts of
 * row are there already. 0; -ENOMEM. */
MUST_USE int row_focus_fill(
	struct row_reader *r, const struct cell *cells, struct row *row);

static inline struct span row_text(
	const struct row_reader *r, const struct cell *cells, enum role role)
{
	uint32_t field = r->plan.role_field[role];

	return field == COLUMNS_NONE ? (struct span){ .len = 0 } : cells[field].text;
}

#endif
