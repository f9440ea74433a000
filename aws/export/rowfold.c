#include "aws/export/rowfold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/amortize.h"
#include "aws/export/foldtexts.h"
#include "base/hash.h"
#include "base/vec.h"

enum {
	KEYS_MAX = ROLE_COUNT + 3, /* the day, and two of the product's map */
	/* What is gathered before it is answered. */
	GROUPS_MAX = 16 * 1024,
	ROWS_MAX = 512 * 1024,
	TEXTS_MAX = 64 * 1024, /* distinct ones of one column */
	SLOTS = 4 * GROUPS_MAX,
	ROWS = CELL_BATCH_ROWS,
};
#define NO_GROUP UINT32_MAX

/* Rows with the same key. Its sums and its key stand in arrays of their own. */
struct group {
	uint64_t lines, number; /* of the first row */
	int64_t first, last;
	uint64_t hash;
};
struct key_column {
	uint32_t field;
	struct fold_texts texts;
};
struct cost_column {
	uint32_t field;
	enum role role;
	struct fold_costs costs;
};

struct row_fold {
	struct cell_source *source;
	unsigned parts;
	struct key_column *keys;
	size_t key_count; /* of columns */
	size_t width; /* of a key: those, the day, and the map's */
	struct cost_column costs[ROLE_COUNT];
	size_t cost_count;
	uint32_t start_field, map_field; /* or COLUMNS_NONE */
	struct fold_times starts;
	struct fold_map map;
	size_t day_at, map_at; /* in a key; KEYS_MAX = not there */

	struct group *groups;
	uint32_t count;
	uint32_t *group_keys; /* width a group */
	struct cost_input *sums; /* cost_count a group */
	uint32_t *slots;
	uint64_t rows; /* in them */
	uint64_t rounded;
	uint32_t next; /* of those that are being answered */
	bool is_answering, is_at_end;

	/* Of the batch. */
	uint32_t *row_keys; /* width a row */
	uint64_t hashes[ROWS];
	uint32_t row_groups[ROWS];
	int64_t times[ROWS];
	uint32_t ids[ROWS];

	/* Of the answer. */
	struct cell *cells;
	struct cell_map *maps; /* or NULL */
	struct cell_pair pairs[FOLD_MAP_KEYS];
	struct cost_input answer[ROLE_COUNT];
};

static struct fold_texts *texts_of(struct row_fold *f, size_t at)
{
	return at < f->key_count ? &f->keys[at].texts : &f->map.values[at - f->map_at];
}

static enum fold_how how_of(const struct row_fold_options *o, enum role role)
{
	switch ((int)role) {
	case ROLE_OPERATION:
		return o->parts & ROW_OPERATION ? FOLD_AS_IT_IS : FOLD_SPLIT;
	case ROLE_DESCRIPTION:
		return o->parts & ROW_DESCRIPTION ? FOLD_AS_IT_IS : FOLD_REFUND;
	case ROLE_RESERVATION_ARN:
		return FOLD_PRESENCE;
	default:
		return FOLD_AS_IT_IS;
	}
}

static int add_role(struct row_fold *f, const struct row_fold_options *o, enum role role)
{
	uint32_t field = o->plan->role_field[role];

	if (field == COLUMNS_NONE || role == ROLE_USAGE_START)
		return 0;
	if (role_is_cost(role)) {
		f->costs[f->cost_count++] =
			(struct cost_column){ .field = field, .role = role };
		return 0;
	}
	f->keys[f->key_count].field = field;
	return fold_texts_init(&f->keys[f->key_count++].texts, how_of(o, role));
}

static int make_columns(struct row_fold *f, const struct row_fold_options *o)
{
	int r = 0;

	f->keys = vec_alloc(ROLE_COUNT, sizeof(*f->keys));
	if (!f->keys)
		return -ENOMEM;
	for (unsigned role = 0; role < ROLE_COUNT && r == 0; role++)
		r = add_role(f, o, (enum role)role);
	f->width = f->key_count;
	f->day_at = f->map_at = KEYS_MAX;
	f->start_field = o->plan->role_field[ROLE_USAGE_START];
	f->map_field = COLUMNS_NONE;
	if (o->has_product_map) {
		f->map_field = o->plan->map_field[MAP_PRODUCT];
		f->map_at = f->width;
		f->width += (o->parts & ROW_REGION) ? 2 : 1;
		if (r == 0)
			r = fold_map_init(&f->map, f->width - f->map_at);
	}
	if (o->parts & ROW_DAY)
		f->day_at = f->width++;
	return r;
}

static int make_arrays(struct row_fold *f)
{
	size_t fields = f->source->count + 1;

	f->groups = vec_alloc(GROUPS_MAX, sizeof(*f->groups));
	f->group_keys = vec_alloc((size_t)GROUPS_MAX * f->width, sizeof(uint32_t));
	f->sums = vec_alloc((size_t)GROUPS_MAX * f->cost_count + 1, sizeof(*f->sums));
	f->slots = vec_alloc(SLOTS, sizeof(*f->slots));
	f->row_keys = vec_alloc((size_t)ROWS * f->width, sizeof(*f->row_keys));
	f->cells = vec_alloc(fields, sizeof(*f->cells));
	f->maps =
		f->map_field != COLUMNS_NONE ? vec_alloc(fields, sizeof(*f->maps)) : NULL;
	if (!f->groups || !f->group_keys || !f->sums || !f->slots || !f->row_keys ||
		!f->cells || (f->map_field != COLUMNS_NONE && !f->maps))
		return -ENOMEM;
	memset(f->slots, 0xff, SLOTS * sizeof(*f->slots));
	for (size_t i = 0; f->maps && i + 1 < fields; i++)
		f->maps[i].is_text = i != f->map_field;
	return 0;
}

int row_fold_new(const struct row_fold_options *options, struct row_fold **ret)
{
	struct row_fold *f = vec_alloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->source = options->source;
	f->parts = options->parts;
	r = make_columns(f, options);
	if (r == 0)
		r = make_arrays(f);
	if (r < 0) {
		row_fold_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void row_fold_free(struct row_fold *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->key_count; i++)
		fold_texts_finish(&f->keys[i].texts);
	for (size_t i = 0; i < f->cost_count; i++)
		fold_costs_finish(&f->costs[i].costs);
	fold_times_finish(&f->starts);
	fold_map_finish(&f->map);
	free(f->keys);
	free(f->groups);
	free(f->group_keys);
	free(f->sums);
	free(f->slots);
	free(f->row_keys);
	free(f->cells);
	free(f->maps);
	free(f);
}

/* One number of each row's key. Hashing goes on from column to column. */
static void put_ids(struct row_fold *f, size_t at, uint32_t rows)
{
	uint32_t *to = f->row_keys + at;

	for (uint32_t i = 0; i < rows; i++, to += f->width) {
		*to = f->ids[i];
		f->hashes[i] = (f->hashes[i] ^ f->ids[i]) * UINT64_C(0x9e3779b97f4a7c15);
	}
}

static int put_map(struct row_fold *f, const struct cell_batch *b)
{
	for (size_t i = 0; i < f->map.count; i++) {
		int r = fold_map_ids(
			&f->map, i, &b->columns[f->map_field], b->rows, f->ids);

		if (r < 0)
			return r;
		put_ids(f, f->map_at + i, b->rows);
	}
	return 0;
}

static int put_keys(struct row_fold *f, const struct cell_batch *b)
{
	memset(f->hashes, 0, b->rows * sizeof(*f->hashes));
	for (size_t i = 0; i < f->key_count; i++) {
		struct key_column *k = &f->keys[i];
		int r = fold_texts_ids(
			&k->texts, &b->columns[k->field].values, b->rows, f->ids);

		if (r < 0)
			return r;
		put_ids(f, i, b->rows);
	}
	if (f->day_at != KEYS_MAX) {
		for (uint32_t i = 0; i < b->rows; i++)
			f->ids[i] = (uint32_t)instant_day((struct instant){ f->times[i] })
					    .number;
		put_ids(f, f->day_at, b->rows);
	}
	return f->map_field != COLUMNS_NONE ? put_map(f, b) : 0;
}

static uint32_t new_group(struct row_fold *f, uint32_t row, const struct cell_batch *b)
{
	uint32_t id = f->count++;

	f->groups[id] = (struct group){ .number = b->number + row,
		.first = INT64_MAX,
		.last = INSTANT_NONE,
		.hash = f->hashes[row] };
	memcpy(f->group_keys + id * f->width, f->row_keys + row * f->width,
		f->width * sizeof(uint32_t));
	memset(f->sums + id * f->cost_count, 0, f->cost_count * sizeof(*f->sums));
	return id;
}

static uint32_t find_group(struct row_fold *f, uint32_t row, const struct cell_batch *b)
{
	const uint32_t *key = f->row_keys + row * f->width;
	const size_t bytes = f->width * sizeof(*key);
	uint64_t hash = f->hashes[row];
	size_t slot = hash >> 32 & (SLOTS - 1);

	for (;; slot = (slot + 1) & (SLOTS - 1)) {
		uint32_t id = f->slots[slot];

		if (id == NO_GROUP)
			return f->slots[slot] = new_group(f, row, b);
		if (f->groups[id].hash == hash &&
			memcmp(f->group_keys + id * f->width, key, bytes) == 0)
			return id;
	}
}

static void group_rows(struct row_fold *f, const struct cell_batch *b)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t id = find_group(f, i, b);
		struct group *g = &f->groups[id];
		int64_t at = f->times[i];

		f->row_groups[i] = id;
		g->lines++;
		g->last = at > g->last ? at : g->last;
		if (at != INSTANT_NONE && at < g->first)
			g->first = at;
	}
	f->rows += b->rows;
}

/* Names the cell that cannot be read. */
static int refuse(struct row_fold *f, uint32_t field, enum role role, struct span text,
	uint64_t number, struct folded *ret)
{
	memset(f->cells, 0, f->source->count * sizeof(*f->cells));
	f->cells[field].text = text;
	ret->cells = (struct cell_row){ .items = f->cells, .number = number };
	ret->failed = role;
	return -EBADMSG;
}

/* 0; -ERANGE; -EBADMSG. */
static int add_cost(
	struct row_fold *f, const struct fold_cost *cost, struct cost_input *sum)
{
	switch (cost->state) {
	case FOLD_NULL:
		return 0;
	case FOLD_ROUNDED:
		f->rounded++;
		break;
	case FOLD_VALUE:
		break;
	case FOLD_NO_NUMBER:
		return -EBADMSG;
	case FOLD_TOO_LARGE:
		return -ERANGE;
	}
	sum->lines++;
	return money_add(&sum->sum, cost->value);
}

static int add_costs(
	struct row_fold *f, size_t at, const struct cell_batch *b, struct folded *ret)
{
	struct cost_column *c = &f->costs[at];
	const struct cell_texts *cells = &b->columns[c->field].values;
	struct cost_input *sums = f->sums + at;
	int r = fold_costs_read(&c->costs, cells, b->rows);

	for (uint32_t i = 0; i < b->rows && r == 0; i++) {
		r = add_cost(f, fold_costs_at(&c->costs, cells, i),
			sums + f->row_groups[i] * f->cost_count);
		if (r < 0)
			(void)refuse(f, c->field, c->role, fold_text(cells, i),
				b->number + i, ret);
	}
	return r;
}

static int read_starts(struct row_fold *f, const struct cell_batch *b, struct folded *ret)
{
	const struct cell_texts *cells;
	uint32_t bad;
	int r;

	if (f->start_field == COLUMNS_NONE) {
		for (uint32_t i = 0; i < b->rows; i++)
			f->times[i] = INSTANT_NONE;
		return 0;
	}
	cells = &b->columns[f->start_field].values;
	r = fold_times_read(&f->starts, cells, b->rows, f->times, &bad);
	if (r == -EBADMSG)
		return refuse(f, f->start_field, ROLE_USAGE_START, fold_text(cells, bad),
			b->number + bad, ret);
	return r;
}

static int add_batch(struct row_fold *f, const struct cell_batch *b, struct folded *ret)
{
	int r = read_starts(f, b, ret);

	if (r == 0)
		r = put_keys(f, b);
	if (r < 0)
		return r;
	group_rows(f, b);
	for (size_t i = 0; i < f->cost_count && r == 0; i++)
		r = add_costs(f, i, b, ret);
	return r;
}

static bool is_full(struct row_fold *f)
{
	if (f->count > GROUPS_MAX - ROWS || f->rows >= ROWS_MAX)
		return true;
	for (size_t i = 0; i < f->width; i++)
		if (i != f->day_at && fold_texts_count(texts_of(f, i)) > TEXTS_MAX)
			return true;
	return false;
}

/* Texts that were many are forgotten with the groups that had them. */
static int clear(struct row_fold *f)
{
	memset(f->slots, 0xff, SLOTS * sizeof(*f->slots));
	f->count = f->next = 0;
	f->rows = 0;
	f->is_answering = false;
	for (size_t i = 0; i < f->width; i++)
		if (i != f->day_at && fold_texts_count(texts_of(f, i)) > TEXTS_MAX / 2) {
			int r = fold_texts_clear(texts_of(f, i));

			if (r < 0)
				return r;
		}
	return 0;
}

static int gather(struct row_fold *f, struct folded *ret, struct fault *why)
{
	struct cell_batch batch;
	int r = clear(f);

	while (r == 0 && !is_full(f)) {
		r = cell_source_next_batch(f->source, &batch, why);
		f->is_at_end = r == 0;
		if (r <= 0)
			break;
		r = add_batch(f, &batch, ret);
	}
	f->is_answering = r == 0;
	return r;
}

static void answer_map(struct row_fold *f, const uint32_t *key)
{
	struct cell_map *to = &f->maps[f->map_field];

	to->pairs = f->pairs;
	to->count = 0;
	for (size_t i = 0; i < f->map.count; i++) {
		struct span text = fold_texts_text(&f->map.values[i], key[f->map_at + i]);

		if (text.len > 0)
			f->pairs[to->count++] =
				(struct cell_pair){ fold_map_key(i), text };
	}
}

static void answer(struct row_fold *f, struct folded *ret)
{
	uint32_t id = f->next++;
	const struct group *g = &f->groups[id];
	const uint32_t *key = f->group_keys + id * f->width;

	for (size_t i = 0; i < f->key_count; i++)
		f->cells[f->keys[i].field].text =
			fold_texts_text(&f->keys[i].texts, key[i]);
	if (f->maps)
		answer_map(f, key);
	for (size_t i = 0; i < f->cost_count; i++)
		f->answer[f->costs[i].role] = f->sums[id * f->cost_count + i];
	*ret = (struct folded){
		.cells = { .items = f->cells, .maps = f->maps, .number = g->number },
		.lines = g->lines,
		.first = { g->first == INT64_MAX ? INSTANT_NONE : g->first },
		.last = { g->last },
		.costs = f->answer,
		.rounded = f->rounded,
		.failed = ROLE_COUNT,
	};
	f->rounded = 0;
}

int row_fold_next(struct row_fold *f, struct folded *ret, struct fault *why)
{
	if (!f->is_answering || f->next == f->count) {
		int r = f->is_at_end ? 0 : gather(f, ret, why);

		if (r < 0)
			return r;
		if (!f->is_answering || f->next == f->count)
			return 0;
	}
	answer(f, ret);
	return 1;
}
