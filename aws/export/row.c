/* Cells to rows, by bindings that were made when the object was opened. */
#include "aws/export/row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/charges.h"
#include "aws/export/csv.h"
#include "aws/export/rowreader.h"
#include "base/vec.h"

enum {
	ACCOUNT_ID_MAX = 64,
	FOCUS_ID_MAX = 128,
	SHOWN_MAX = 40 /* bytes of a refused text in a message */
};

static const struct {
	enum role role;
	size_t offset;
} texts[] = {
	{ ROLE_ACCOUNT_ID, offsetof(struct row, account_id) },
	{ ROLE_ACCOUNT_NAME, offsetof(struct row, account_name) },
	{ ROLE_SERVICE, offsetof(struct row, service) },
	{ ROLE_AVAILABILITY_ZONE, offsetof(struct row, availability_zone) },
	{ ROLE_USAGE_TYPE, offsetof(struct row, usage_type) },
	{ ROLE_OPERATION, offsetof(struct row, operation) },
	{ ROLE_CHARGE_TYPE, offsetof(struct row, charge_type) },
	{ ROLE_RESOURCE_ID, offsetof(struct row, resource_id) },
	{ ROLE_USAGE_UNIT, offsetof(struct row, usage_unit) },
	{ ROLE_CURRENCY, offsetof(struct row, currency) },
	{ ROLE_INVOICE_ID, offsetof(struct row, invoice_id) },
	{ ROLE_INVOICING_ENTITY, offsetof(struct row, invoicing_entity) },
	{ ROLE_BILLING_ENTITY, offsetof(struct row, billing_entity) },
	{ ROLE_PRODUCT_NAME, offsetof(struct row, product_name) },
	{ ROLE_DESCRIPTION, offsetof(struct row, description) },
};

int row_reader_of(struct cell_source *source, const char *name,
	const struct layout *layout, struct row_reader **ret, struct fault *why)
{
	struct row_reader *r = vec_alloc(1, sizeof(*r));
	int e;

	if (!r) {
		cell_source_free(source);
		return -ENOMEM;
	}
	r->source = source;
	r->layout = layout;
	r->name_tag_field = COLUMNS_NONE;
	r->scratch = BUF_INIT(row_map_scratch(MAP_DISCOUNT, CSV_RECORD_MAX));
	r->charge_type = BUF_INIT(CSV_RECORD_MAX);
	r->name = strdup(name);
	e = r->name ? row_keys_init(&r->keys) : -ENOMEM;
	if (e == 0)
		e = row_reader_bind(r, why);
	if (e < 0) {
		row_reader_free(r);
		return e;
	}
	*ret = r;
	return 0;
}

int row_reader_open(struct object_source *s, const struct object_info *object,
	const struct layout *layout, struct row_reader **ret, struct fault *why)
{
	struct cell_source *source;
	int e = cell_source_open(s, object, NULL, &source, why);

	/* Its header has been read before. */
	if (e == -ENODATA)
		e = fault(why, -ESTALE, "%s: is being replaced", object->key);
	return e < 0 ? e : row_reader_of(source, object->key, layout, ret, why);
}

void row_reader_free(struct row_reader *r)
{
	if (!r)
		return;
	row_fold_free(r->fold);
	cell_source_free(r->source);
	header_plan_finish(&r->plan);
	row_keys_finish(&r->keys);
	for (size_t i = 0; i < MAP_COUNT; i++)
		row_map_free(r->maps[i]);
	free(r->runs);
	free(r->values);
	free(r->tags.items);
	free(r->categories.items);
	buf_finish(&r->scratch);
	buf_finish(&r->charge_type);
	free(r->name);
	free(r);
}

static bool is_id_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* Other providers' FOCUS has paths and URNs; AWS's ids are names of directories as they
 * are. */
static bool is_account_id(enum export_table table, struct span id)
{
	if (table == TABLE_FOCUS)
		return id.len > 0 && id.len <= FOCUS_ID_MAX;
	if (id.len == 0 || id.len > ACCOUNT_ID_MAX)
		return false;
	/* Nearly all are digits alone. */
	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)(id.p[i] - '0') > 9 && !is_id_letter(id.p[i]))
			return false;
	return true;
}

/* Names object, row, column, and the text. */
static int refuse(const struct row_reader *r, const struct cell_row *cells,
	enum role role, int error, struct fault *why)
{
	struct span text = row_text(r, cells->items, role);
	const char *what = "is not a number";

	if (error == -ERANGE)
		what = "does not fit";
	else if (role == ROLE_USAGE_START || role == ROLE_USAGE_END)
		what = "is not a date";
	else if (role == ROLE_ACCOUNT_ID)
		what = "is not an account id";
	return fault(why, error, "%s: row %" PRIu64 ": %s \"%.*s\"%s %s", r->name,
		cells->number, role_name(r->plan.table, role),
		SPAN_ARG(span_first(text, SHOWN_MAX)), text.len > SHOWN_MAX ? "..." : "",
		what);
}

static int read_instant(const struct row_reader *r, const struct cell_row *cells,
	enum role role, struct instant *ret, struct fault *why)
{
	struct span text = row_text(r, cells->items, role);

	if (text.len == 0) {
		ret->seconds = INSTANT_NONE;
		return 0;
	}
	if (instant_parse(text, ret) < 0)
		return refuse(r, cells, role, -EBADMSG, why);
	return 0;
}

static int read_texts(struct row_reader *r, const struct cell_row *cells, struct row *row,
	struct fault *why)
{
	int e;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct span *to = (struct span *)(void *)((char *)row + texts[i].offset);

		*to = row_text(r, cells->items, texts[i].role);
	}
	row->region = row_text(r, cells->items, ROLE_REGION_CODE);
	if (row->region.len == 0)
		row->region = row_text(r, cells->items, ROLE_REGION);
	if (r->name_tag_field != COLUMNS_NONE)
		row->name_tag = cells->items[r->name_tag_field].text;
	if (r->plan.table == TABLE_FOCUS) {
		e = row_focus_fill(r, cells->items, row);
		if (e < 0)
			return e;
	} else {
		row->charges = row_charges(row);
	}
	if (!is_account_id(r->plan.table, row->account_id))
		return refuse(r, cells, ROLE_ACCOUNT_ID, -EBADMSG, why);
	e = read_instant(r, cells, ROLE_USAGE_START, &row->usage_start, why);
	return e < 0 ? e : read_instant(r, cells, ROLE_USAGE_END, &row->usage_end, why);
}

static int read_group(
	const struct group_list *l, const struct cell *cells, struct pair_list *pairs)
{
	int e = 0;

	for (size_t i = 0; i < l->count && e == 0; i++) {
		struct span value = cells[l->items[i].field].text;

		if (value.len > 0)
			e = pair_list_add(pairs, l->items[i].key, value);
	}
	return e;
}

/* NULL: it is JSON text. */
static const struct cell_map *pairs_of(const struct cell_row *cells, uint32_t field)
{
	return cells->maps && !cells->maps[field].is_text ? &cells->maps[field] : NULL;
}

static int read_map(struct row_reader *r, enum column_map map,
	const struct cell_row *cells, char *scratch, struct row *row, struct fault *why)
{
	uint32_t field = r->plan.map_field[map];
	const struct cell_map *pairs = pairs_of(cells, field);
	int e;

	if (pairs)
		e = row_map_take(r->maps[map], pairs, scratch, &r->keys, row, why);
	else
		e = row_map_read(r->maps[map], cells->items[field].text, scratch,
			&r->keys, row, why);
	if (e == -EBADMSG || e == -E2BIG)
		fault_prefix(why, "%s: row %" PRIu64 ": column %.*s", r->name,
			cells->number, SPAN_ARG(map_name(map)));
	return e;
}

static size_t scratch_of(
	const struct row_reader *r, enum column_map map, const struct cell_row *cells)
{
	uint32_t field = r->plan.map_field[map];
	const struct cell_map *pairs = pairs_of(cells, field);

	return pairs ? row_map_take_scratch(pairs)
		     : row_map_scratch(map, cells->items[field].text.len);
}

static int read_maps(struct row_reader *r, const struct cell_row *cells, struct row *row,
	struct fault *why)
{
	size_t need = 0;
	int e;

	for (unsigned i = 0; i < MAP_COUNT; i++)
		if (r->maps[i])
			need += scratch_of(r, (enum column_map)i, cells);
	/* Reserved whole, so that it does not move under the pairs of the row. */
	buf_clear(&r->scratch);
	e = buf_reserve(&r->scratch, need);
	need = 0;
	for (unsigned i = 0; i < MAP_COUNT && e == 0; i++) {
		if (!r->maps[i])
			continue;
		e = read_map(r, (enum column_map)i, cells, r->scratch.p + need, row, why);
		need += scratch_of(r, (enum column_map)i, cells);
	}
	return e;
}

static int read_groups(struct row_reader *r, const struct cell_row *cells,
	struct row *row, struct fault *why)
{
	int e;

	row_keys_begin_row(&r->keys);
	e = read_group(&r->tags, cells->items, &r->keys.row_tags);
	if (e == 0)
		e = read_group(&r->categories, cells->items, &r->keys.row_categories);
	if (e == 0 && r->has_maps)
		e = read_maps(r, cells, row, why);
	row->tags = r->keys.row_tags.items;
	row->tag_count = r->keys.row_tags.count;
	row->categories = r->keys.row_categories.items;
	row->category_count = r->keys.row_categories.count;
	row->map_cells = r->keys.row_cells.items;
	row->map_cell_count = r->keys.row_cells.count;
	return e;
}

static int read_costs(struct row_reader *r, const struct cell_row *cells, struct row *row,
	struct fault *why)
{
	int e;

	r->costs.cells = cells->items;
	e = row_costs_fill(&r->costs, row);
	return e < 0 ? refuse(r, cells, r->costs.failed, e, why) : 0;
}

static int fill_row(struct row_reader *r, const struct cell_row *cells, struct row *row,
	struct fault *why)
{
	int e = read_texts(r, cells, row, why);

	if (e == 0)
		e = read_groups(r, cells, row, why);
	return e == 0 ? read_costs(r, cells, row, why) : e;
}

static int read_folded(struct row_reader *r, struct row *row, struct fault *why)
{
	struct folded folded = { .failed = ROLE_COUNT };
	int e = row_fold_next(r->fold, &folded, why);

	if (e < 0 && folded.failed != ROLE_COUNT)
		return refuse(r, &folded.cells, folded.failed, e, why);
	if (e <= 0)
		return e;
	r->costs.sums = folded.costs;
	r->costs.rounded += folded.rounded;
	row->lines = folded.lines;
	e = fill_row(r, &folded.cells, row, why);
	row->usage_start = folded.last;
	row->usage_first = folded.first;
	return e < 0 ? e : 1;
}

static int read_single(struct row_reader *r, struct row *row, struct fault *why)
{
	struct cell_row cells;
	int e = cell_source_next(r->source, &cells, why);

	if (e <= 0)
		return e;
	row->lines = 1;
	e = fill_row(r, &cells, row, why);
	if (e < 0)
		return e;
	row->usage_first = row->usage_start;
	row->cells = cells.items;
	row->runs = r->runs;
	row->run_count = r->run_count;
	row->head_run_count = r->head_run_count;
	row->line_bytes = cells.line_bytes;
	row->quoted = cells.quoted;
	row->start_text = row_text(r, cells.items, ROLE_USAGE_START);
	row->end_text = row_text(r, cells.items, ROLE_USAGE_END);
	return 1;
}

static int read_row(struct row_reader *r, struct row *ret, struct fault *why)
{
	struct row row = { .lines = 0 };
	int e = r->fold ? read_folded(r, &row, why) : read_single(r, &row, why);

	if (e > 0)
		*ret = row;
	return e;
}

int row_reader_next(struct row_reader *r, struct row *ret, struct fault *why)
{
	int e;

	if (r->failed < 0)
		return fault(why, r->failed, "%s: cannot be read any further", r->name);
	do
		e = read_row(r, ret, why);
	while (e > 0 && r->account.len > 0 && !span_eq(ret->account_id, r->account));
	if (e < 0)
		r->failed = e;
	return e;
}

const struct intern *row_reader_tag_keys(const struct row_reader *r)
{
	return r->keys.tags;
}

const struct intern *row_reader_category_keys(const struct row_reader *r)
{
	return r->keys.categories;
}

const struct intern *row_reader_map_columns(const struct row_reader *r)
{
	return r->keys.map_columns;
}

uint64_t row_reader_bytes_in(const struct row_reader *r)
{
	return cell_source_bytes_in(r->source);
}

uint64_t row_reader_rounded(const struct row_reader *r)
{
	return r->costs.rounded;
}

int row_reader_peek(struct object_source *s, const struct object_info *object,
	struct layout *layout, struct fault *why)
{
	/* A header is some KiB: no need for more of what may be far away. */
	const struct cell_options options = { .read_bytes = 64 * (size_t)1024 };
	struct cell_source *source = NULL;
	int e = cell_source_open(s, object, &options, &source, why);

	if (e == 0)
		e = layout_add_header(
			layout, source->names, source->count, object->key, why);
	cell_source_free(source);
	return e;
}
