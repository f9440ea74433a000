#include "fs/store/gather.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/render.h"

enum {
	HOLD_BYTES = 48 * 1024 * 1024,
	/* How often progress is told and stop is looked at. */
	ROWS_A_LOOK = 1024,
};

/* The last text of a column: rows come in runs. */
struct memo {
	uint32_t id;
	bool is_set;
};
enum memo_column {
	MEMO_ACCOUNT,
	MEMO_ACCOUNT_NAME,
	MEMO_SERVICE,
	MEMO_PRODUCT,
	MEMO_REGION,
	MEMO_USAGE_TYPE,
	MEMO_OPERATION,
	MEMO_CHARGE_TYPE,
	MEMO_RESOURCE,
	MEMO_RESOURCE_NAME,
	MEMO_CURRENCY,
	MEMO_INVOICE,
	MEMO_ENTITY,
	MEMO_DESCRIPTION,
	MEMO_COUNT,
};
/* A tag or cost category of the open reader. */
struct key_memo {
	struct memo key, value;
	bool is_user;
};
struct keys {
	struct key_memo *items;
	size_t count, cap;
};

struct gather {
	const struct ingest_options *options;
	const struct layout *layout;
	struct builder *builder;
	struct catalog catalog;
	struct window *window;
	struct memo memos[MEMO_COUNT];
	struct keys tags, categories;
	size_t hold_bytes;
	uint64_t rounded;
	uint64_t bytes_told, rows_told;
};

int gather_new(const struct ingest_options *options, const struct layout *layout,
	struct builder *builder, struct data_file *file, struct gather **ret)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return -ENOMEM;
	g->options = options;
	g->layout = layout;
	g->builder = builder;
	g->hold_bytes = options->hold_bytes > 0 ? options->hold_bytes : HOLD_BYTES;
	g->window = window_new(file);
	if (g->window == NULL || catalog_init(&g->catalog) < 0) {
		gather_free(g);
		return -ENOMEM;
	}
	*ret = g;
	return 0;
}

void gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	window_free(g->window);
	catalog_finish(&g->catalog);
	free(g->tags.items);
	free(g->categories.items);
	free(g);
}

uint64_t gather_rounded(const struct gather *g)
{
	return g->rounded;
}

static int text_id(struct gather *g, struct memo *memo, struct span text, uint32_t *ret)
{
	if (memo->is_set && span_eq(intern_text(g->catalog.texts, memo->id), text)) {
		*ret = memo->id;
		return 0;
	}
	int r = intern_add(g->catalog.texts, text, &memo->id);
	if (r < 0)
		return r;
	memo->is_set = true;
	*ret = memo->id;
	return 0;
}

/* What of a row all its sums share. */
struct item {
	uint32_t slice, currency, region, resource;
	const struct row *row;
	const struct money *costs;
	const uint32_t *cost_lines;
	unsigned filled;
};

static int add_to(struct gather *g, const struct item *item, enum dim dim, uint32_t key0,
	uint32_t key1)
{
	const struct tally_key key = { item->slice, dim, { key0, key1 }, item->currency };
	struct entry *e;
	int r = tally_entry(g->catalog.tally, &key, &e);

	if (r < 0)
		return r;
	e->lines += item->row->lines;
	for (int i = 0; i < COST_COUNT; i++) {
		if ((item->filled & 1u << i) == 0)
			continue;
		r = money_add(&e->cost[i], item->costs[i]);
		if (r < 0)
			return r;
		e->filled[i] += item->cost_lines[i];
	}
	for (int i = 0; i < 2; i++)
		e->lacking[i] += item->row->lacking_lines[i];
	return 0;
}

static int add_text(struct gather *g, const struct item *item, enum dim dim,
	enum memo_column column, struct span text)
{
	uint32_t id;
	int r = text_id(g, &g->memos[column], text, &id);

	return r == 0 ? add_to(g, item, dim, id, 0) : r;
}

static int add_invoice(struct gather *g, const struct item *item)
{
	uint32_t invoice, entity;
	int r = text_id(g, &g->memos[MEMO_INVOICE], item->row->invoice_id, &invoice);

	if (r == 0)
		r = text_id(
			g, &g->memos[MEMO_ENTITY], item->row->invoicing_entity, &entity);
	return r == 0 ? add_to(g, item, DIM_INVOICE, invoice, entity) : r;
}

/* AWS's own tags are no sign that somebody cared. */
static bool is_user_tag(struct span key)
{
	return !span_starts(key, SPAN("aws:")) && !span_starts(key, SPAN("aws_"));
}

static int key_at(struct gather *g, struct keys *keys, const struct intern *names,
	uint32_t number, struct key_memo **ret)
{
	int r = VEC_RESERVE(
		&keys->items, &keys->cap, (size_t)number + 1, (size_t)UINT32_MAX);

	if (r < 0)
		return r;
	for (; keys->count <= number; keys->count++)
		keys->items[keys->count] = (struct key_memo){ 0 };
	struct key_memo *k = &keys->items[number];
	if (!k->key.is_set) {
		struct span name = intern_text(names, number);

		r = intern_add(g->catalog.texts, name, &k->key.id);
		if (r < 0)
			return r;
		k->key.is_set = true;
		k->is_user = is_user_tag(name);
	}
	*ret = k;
	return 0;
}

static int add_tags(struct gather *g, const struct item *item,
	const struct row_reader *reader, bool *ret_has_user_tag)
{
	const struct row *row = item->row;
	struct key_memo *k;
	uint32_t value;
	int r = 0;

	*ret_has_user_tag = false;
	for (size_t i = 0; r == 0 && i < row->tag_count; i++) {
		r = key_at(
			g, &g->tags, row_reader_tag_keys(reader), row->tags[i].key, &k);
		if (r == 0)
			r = text_id(g, &k->value, row->tags[i].value, &value);
		if (r == 0)
			r = add_to(g, item, DIM_TAG, k->key.id, value);
		*ret_has_user_tag |= r == 0 && k->is_user;
	}
	for (size_t i = 0; r == 0 && i < row->category_count; i++) {
		r = key_at(g, &g->categories, row_reader_category_keys(reader),
			row->categories[i].key, &k);
		if (r == 0)
			r = text_id(g, &k->value, row->categories[i].value, &value);
		if (r == 0)
			r = add_to(g, item, DIM_CATEGORY, k->key.id, value);
	}
	return r;
}

static int add_charges(struct gather *g, const struct item *item)
{
	const struct row *row = item->row;
	uint32_t description;
	int r = 0;

	for (uint32_t class = 0; r == 0 && class < CHARGE_COUNT; class ++) {
		if ((row->charges & 1u << class) == 0)
			continue;
		r = text_id(
			g, &g->memos[MEMO_DESCRIPTION], row->description, &description);
		if (r == 0)
			r = add_to(g, item, DIM_CHARGE, class, description);
	}
	return r;
}

static int add_split(struct gather *g, const struct item *item)
{
	static const uint32_t one[SPLIT_COUNT] = { 1, 1, 1, 1, 1 };
	struct item split = *item;
	uint32_t operation, resource;
	int r = text_id(g, &g->memos[MEMO_OPERATION], item->row->operation, &operation);

	if (r == 0)
		r = text_id(
			g, &g->memos[MEMO_RESOURCE], item->row->resource_id, &resource);
	split.costs = item->row->split;
	split.cost_lines = one;
	split.filled = item->row->split_filled;
	return r == 0 ? add_to(g, &split, DIM_SPLIT, operation, resource) : r;
}

static void note_day(struct catalog *c, struct day day)
{
	if (c->first_day.number == DAY_NONE || day.number < c->first_day.number)
		c->first_day = day;
	if (c->last_day.number == DAY_NONE || day.number > c->last_day.number)
		c->last_day = day;
}

static int note_latest(struct gather *g, struct memo *memo, struct span text,
	const struct row *row, struct latest *into)
{
	struct latest l = { .at = row->usage_start.seconds, .is_set = true };

	if (text.len == 0)
		return 0;
	int r = text_id(g, memo, text, &l.text);
	if (r == 0)
		catalog_latest(&g->catalog, into, l);
	return r;
}

static int find_slice(struct gather *g, const struct row *row, uint32_t *ret)
{
	struct catalog *c = &g->catalog;
	uint32_t text = 0, account = 0, service = 0;
	int r = text_id(g, &g->memos[MEMO_ACCOUNT], row->account_id, &text);

	if (r == 0)
		r = catalog_account(c, text, &account);
	if (r == 0)
		r = note_latest(g, &g->memos[MEMO_ACCOUNT_NAME], row->account_name, row,
			&c->account_names[account]);
	if (r == 0)
		r = text_id(g, &g->memos[MEMO_SERVICE], row->service, &text);
	if (r == 0)
		r = catalog_service(c, text, &service);
	if (r == 0)
		r = note_latest(g, &g->memos[MEMO_PRODUCT], row->product_name, row,
			&c->service_facts[service].name);
	if (r < 0)
		return r;
	if ((row->charges & 1u << CHARGE_MARKETPLACE) != 0)
		c->service_facts[service].is_marketplace = true;
	return catalog_slice(c, account, service, ret);
}

static int find_item(struct gather *g, const struct row *row, struct item *ret)
{
	struct item item = { .row = row,
		.costs = row->cost,
		.cost_lines = row->cost_lines,
		.filled = row->cost_filled };
	int r = find_slice(g, row, &item.slice);

	if (r == 0)
		r = text_id(g, &g->memos[MEMO_CURRENCY], row->currency, &item.currency);
	if (r == 0)
		r = text_id(g, &g->memos[MEMO_REGION], row->region, &item.region);
	if (r == 0)
		*ret = item;
	return r;
}

static int find_resource(struct gather *g, const struct row *row, struct item *item)
{
	struct catalog *c = &g->catalog;
	uint32_t text;
	int r = text_id(g, &g->memos[MEMO_RESOURCE], row->resource_id, &text);

	if (r == 0)
		r = catalog_resource(c, item->slice, text, &item->resource);
	if (r == 0)
		r = note_latest(g, &g->memos[MEMO_RESOURCE_NAME], row->name_tag, row,
			&c->resource_facts[item->resource].name);
	if (r == 0)
		r = note_latest(g, &g->memos[MEMO_REGION], row->region, row,
			&c->resource_facts[item->resource].region);
	return r;
}

static bool wants(const struct gather *g, enum dim dim)
{
	return g->options->sums.dims == 0 || (g->options->sums.dims & 1u << dim) != 0;
}

/* What names and numbers a sum is by, where it is wanted. */
static int count_by_text(struct gather *g, const struct item *item)
{
	const struct row *row = item->row;
	int r = add_text(g, item, DIM_CHARGE_TYPE, MEMO_CHARGE_TYPE, row->charge_type);

	if (r == 0 && wants(g, DIM_REGION))
		r = add_to(g, item, DIM_REGION, item->region, 0);
	if (r == 0 && wants(g, DIM_USAGE_TYPE))
		r = add_text(g, item, DIM_USAGE_TYPE, MEMO_USAGE_TYPE, row->usage_type);
	if (r == 0 && wants(g, DIM_OPERATION))
		r = add_text(g, item, DIM_OPERATION, MEMO_OPERATION, row->operation);
	return r;
}

static int count_row(struct gather *g, const struct item *item)
{
	const struct row *row = item->row;
	struct day day = instant_day(row->usage_start);
	int r = count_by_text(g, item);

	if (row->usage_start.seconds != INSTANT_NONE) {
		note_day(&g->catalog, day);
		note_day(&g->catalog, instant_day(row->usage_first));
	}
	if (r == 0 && wants(g, DIM_DAY))
		r = add_to(g, item, DIM_DAY, (uint32_t)day.number, 0);
	if (r == 0)
		r = add_invoice(g, item);
	if (r == 0 && wants(g, DIM_CHARGE))
		r = add_charges(g, item);
	g->catalog.lines += row->lines;
	return r;
}

/* What only a month with all columns has. */
static int count_details(
	struct gather *g, const struct item *item, const struct row_reader *reader)
{
	const struct row *row = item->row;
	bool has_user_tag = false;
	int r = add_to(g, item, DIM_RESOURCE, item->resource, item->region);

	if (r == 0)
		r = add_tags(g, item, reader, &has_user_tag);
	if (r == 0 && !has_user_tag && row->resource_id.len > 0)
		r = add_to(g, item, DIM_UNTAGGED, item->resource, item->region);
	if (r == 0 && row->is_split)
		r = add_split(g, item);
	return r;
}

static int take_sums(struct gather *g, const struct row *row)
{
	struct item item;
	int r = find_item(g, row, &item);

	return r == 0 ? count_row(g, &item) : r;
}

static int take_row(
	struct gather *g, const struct row *row, const struct row_reader *reader)
{
	struct item item;
	uint32_t fixed;
	int r = find_item(g, row, &item);

	if (r == 0)
		r = find_resource(g, row, &item);
	if (r == 0)
		r = count_row(g, &item);
	if (r == 0)
		r = count_details(g, &item, reader);
	if (r == 0)
		r = render_row(g->layout, row, g->layout->has_maps,
			window_text(g->window), &fixed);
	return r == 0 ? window_row(g->window, item.slice, fixed) : r;
}

static int hand_over(struct gather *g, uint32_t chunk)
{
	int r = window_flush(g->window);

	if (r == 0)
		r = builder_add(g->builder, chunk, &g->catalog, g->window);
	memset(g->memos, 0, sizeof(g->memos));
	g->tags.count = g->categories.count = 0;
	return r;
}

static int look_around(
	struct gather *g, uint32_t chunk, const struct row_reader *reader, uint64_t rows)
{
	struct build_progress *p = g->options->progress;
	uint64_t bytes = row_reader_bytes_in(reader);

	if (g->options->stop != NULL && atomic_load(g->options->stop))
		return -ECANCELED;
	if (p != NULL) {
		atomic_fetch_add(&p->bytes_done, bytes - g->bytes_told);
		atomic_fetch_add(&p->rows, rows - g->rows_told);
		g->bytes_told = bytes;
		g->rows_told = rows;
	}
	return catalog_memory(&g->catalog) > g->hold_bytes ? hand_over(g, chunk) : 0;
}

static const char *chunk_key(const struct gather *g, uint32_t chunk)
{
	return g->options->delivery->files[chunk].key;
}

static const char *what_is_too_big(int error)
{
	return error == -ERANGE ? "the sum of costs does not fit"
				: "is more than a month can hold";
}

static int read_rows(
	struct gather *g, uint32_t chunk, struct row_reader *reader, struct fault *why)
{
	struct row row;
	uint64_t rows = 0, answers = 0;
	int r;

	g->bytes_told = g->rows_told = 0;
	while ((r = row_reader_next(reader, &row, why)) > 0) {
		r = g->options->sums.dims != 0 ? take_sums(g, &row)
					       : take_row(g, &row, reader);
		/* The header is row 1. What comes added up has no row. */
		if ((r == -ERANGE || r == -EFBIG) && g->options->sums.dims == 0)
			return fault(why, r, "%s: row %" PRIu64 ": %s",
				chunk_key(g, chunk), rows + 2, what_is_too_big(r));
		rows += row.lines;
		if (r == 0 && ++answers % ROWS_A_LOOK == 0)
			r = look_around(g, chunk, reader, rows);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = look_around(g, chunk, reader, rows);
	return r;
}

static unsigned parts_of(unsigned dims)
{
	static const struct {
		enum dim dim;
		enum row_part part;
	} parts[] = {
		{ DIM_REGION, ROW_REGION },
		{ DIM_USAGE_TYPE, ROW_USAGE_TYPE },
		{ DIM_OPERATION, ROW_OPERATION },
		{ DIM_DAY, ROW_DAY },
		{ DIM_CHARGE, ROW_DESCRIPTION },
	};
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (dims & 1u << parts[i].dim)
			found |= parts[i].part;
	return found;
}

int gather_chunk(struct gather *g, uint32_t chunk, struct fault *why)
{
	struct row_reader *reader = NULL;
	int r = row_reader_open(g->options->source, &g->options->delivery->files[chunk],
		g->layout, &reader, why);

	if (r < 0)
		return r;
	if (g->options->sums.dims != 0)
		r = row_reader_narrow(reader,
			&(struct row_narrow){ .parts = parts_of(g->options->sums.dims),
				.account = span_of(g->options->sums.account) },
			why);
	if (r == 0)
		r = read_rows(g, chunk, reader, why);
	if (r == 0)
		r = hand_over(g, chunk);
	if (r == 0 && g->options->sums.dims == 0)
		r = builder_maps(g->builder, chunk, row_reader_map_columns(reader));
	if (r == 0)
		g->rounded += row_reader_rounded(reader);
	/* What merging with the other chunks refuses has no row. */
	if ((r == -ERANGE || r == -EFBIG) && why->error == 0)
		r = fault(why, r, "%s: %s", chunk_key(g, chunk), what_is_too_big(r));
	row_reader_free(reader);
	return r;
}
