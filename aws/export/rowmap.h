/* The maps of a row to columns, tags and categories. Private to aws/export. */
#ifndef AWS_EXPORT_ROWMAP_H
#define AWS_EXPORT_ROWMAP_H

#include "aws/export/columns.h"
#include "aws/export/cell_source.h"
#include "aws/export/row.h"

struct pair_list {
	struct row_pair *items;
	size_t count, cap;
};

/* What a reader knows of the keys it met. */
struct row_keys {
	struct intern *columns; /* of the layout: id = index */
	struct intern *map_columns, *tags, *categories;
	/* Of the row at hand. */
	uint64_t row_number;
	struct pair_list row_cells, row_tags, row_categories;
};

MUST_USE int row_keys_init(struct row_keys *k);
void row_keys_finish(struct row_keys *k);
void row_keys_begin_row(struct row_keys *k);
/* A key that no column or map before it has: with "_2" and so on behind it where it
 * is taken. Which of two spellings of one key comes first decides, so this may differ
 * between two files; it takes both "user:x" and "x" in one export. */
MUST_USE int row_keys_new(struct intern *keys, struct span key, uint32_t *ret);
MUST_USE int pair_list_add(struct pair_list *l, uint32_t key, struct span value);

struct row_map;

/* 0; -ENOMEM. is_tag_source: the keys are the row's tags. */
MUST_USE int row_map_new(enum column_map map, bool is_tag_source, struct row_map **ret);
void row_map_free(struct row_map *m);
/* Of a text of len bytes. */
size_t row_map_scratch(enum column_map map, size_t len);
/* Reads text, a JSON object or empty, into keys' lists and row's name_tag, and into
 * region and product_name where they are empty. scratch has room for
 * row_map_scratch() bytes. 0; -EBADMSG; -E2BIG over LAYOUT_MAP_COLUMNS_MAX keys;
 * -ENOMEM. The text of why wants the names of object, row and column in front. */
MUST_USE int row_map_read(struct row_map *m, struct span text, char *scratch,
	struct row_keys *keys, struct row *row, struct fault *why);
/* The same of pairs that are decoded already; never answers -EBADMSG but for a key that
 * is there twice or too long. */
size_t row_map_take_scratch(const struct cell_map *map);
MUST_USE int row_map_take(struct row_map *m, const struct cell_map *map, char *scratch,
	struct row_keys *keys, struct row *row, struct fault *why);

#endif
