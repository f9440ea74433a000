/* Cells of a batch as numbers: what is worked out of a text is worked out once for each
 * text of a dictionary. Private to aws/export. */
#ifndef AWS_EXPORT_FOLDTEXTS_H
#define AWS_EXPORT_FOLDTEXTS_H

#include "aws/export/cell_source.h"
#include "base/day.h"
#include "base/intern.h"
#include "base/money.h"

static inline struct span fold_text(const struct cell_texts *c, size_t i)
{
	return c->texts[c->indexes ? c->indexes[i] : i];
}

/* What of a text tells rows apart. */
enum fold_how {
	FOLD_AS_IT_IS,
	FOLD_PRESENCE, /* whether there is any */
	FOLD_SPLIT, /* an operation: only if it is one of shares */
	FOLD_REFUND, /* a description: only if it makes a refund another one */
};
/* Plain, and all below: zeroed is good for finishing; counts and caps as in base/vec.h.
 */
struct fold_texts {
	enum fold_how how;
	struct intern *texts;
	uint64_t dictionary; /* whose ids these are; 0 = none */
	uint32_t *ids;
	size_t cap;
	struct span last; /* of cells without a dictionary; borrowed from texts */
	uint32_t last_id;
};
/* 0; -ENOMEM. */
MUST_USE int fold_texts_init(struct fold_texts *t, enum fold_how how);
void fold_texts_finish(struct fold_texts *t);
/* A number for each cell, the same for those that are the same. 0; -ENOMEM. */
MUST_USE int fold_texts_ids(struct fold_texts *t, const struct cell_texts *cells,
	uint32_t rows, uint32_t *ret);
/* Of an id. Valid until fold_texts_clear(). */
struct span fold_texts_text(const struct fold_texts *t, uint32_t id);
uint32_t fold_texts_count(const struct fold_texts *t);
/* Forgets all ids. 0; -ENOMEM. */
MUST_USE int fold_texts_clear(struct fold_texts *t);

/* Values of those keys of the product's map that tell rows apart. */
enum { FOLD_MAP_KEYS = 2 };
struct fold_map {
	size_t count;
	struct fold_texts values[FOLD_MAP_KEYS];
	uint64_t dictionary; /* whose entries are marked */
	uint8_t *marks; /* 1 + which of the keys */
	size_t cap;
	struct span texts[CELL_BATCH_ROWS]; /* of values without a dictionary */
};
/* count: the first of them only, product_name; or region, too. 0; -ENOMEM. */
MUST_USE int fold_map_init(struct fold_map *m, size_t count);
void fold_map_finish(struct fold_map *m);
struct span fold_map_key(size_t key);
/* As fold_texts_ids(), the values of one key. */
MUST_USE int fold_map_ids(struct fold_map *m, size_t key, const struct cell_column *cells,
	uint32_t rows, uint32_t *ret);

enum fold_state { FOLD_NULL, FOLD_VALUE, FOLD_ROUNDED, FOLD_NO_NUMBER, FOLD_TOO_LARGE };
struct fold_cost {
	struct money value;
	enum fold_state state;
};
struct fold_costs {
	uint64_t dictionary;
	struct fold_cost *items; /* of the dictionary, or of the batch */
	size_t cap;
};
void fold_costs_finish(struct fold_costs *c);
/* What a dictionary has that is no number is no fault, if no row has it. 0; -ENOMEM. */
MUST_USE int fold_costs_read(
	struct fold_costs *c, const struct cell_texts *cells, uint32_t rows);
/* Of the batch that was read. */
static inline const struct fold_cost *fold_costs_at(
	const struct fold_costs *c, const struct cell_texts *cells, uint32_t row)
{
	return &c->items[cells->indexes ? cells->indexes[row] : row];
}

struct fold_times {
	uint64_t dictionary;
	int64_t *items; /* seconds, INSTANT_NONE, or what is no time */
	size_t cap;
};
void fold_times_finish(struct fold_times *t);
/* Seconds; INSTANT_NONE of an empty one. 0; -EBADMSG and the first row that has no time;
 * -ENOMEM. */
MUST_USE int fold_times_read(struct fold_times *t, const struct cell_texts *cells,
	uint32_t rows, int64_t *ret, uint32_t *ret_bad);

#endif
