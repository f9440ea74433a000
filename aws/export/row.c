/* CSV records to rows. Columns are bound to their fields once, when an object is opened. */
#include "aws/export/row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/columns.h"
#include "aws/export/csv.h"
#include "aws/export/decoder.h"
#include "aws/export/rowcost.h"
#include "aws/export/rowmap.h"
#include "base/buf.h"
#include "base/vec.h"

enum { ACCOUNT_ID_MAX = 64, SHOWN_MAX = 40 /* bytes of a refused text in a message */ };

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

static ssize_t read_decoder(void *context, void *bytes, size_t len, struct fault *why)
{
	return decoder_read(context, bytes, len, why);
}

static struct span text_of(
	const struct row_reader *r, const struct csv_field *fields, enum role role)
{
	uint32_t field = r->plan.role_field[role];

	return field == COLUMNS_NONE ? (struct span){ .len = 0 } : fields[field].text;
}

static int stale(const struct row_reader *r, struct fault *why)
{
	return fault(why, -ESTALE,
		"%s: its header is no longer the one that was read first; it is being "
		"replaced",
		r->name);
}

/* Everything that the header has stands in the layout. */
static bool is_in_layout(const struct header_plan *p, const struct layout *l)
{
	bool maps = false;

	for (size_t i = 0; i < MAP_COUNT; i++)
		maps |= p->map_field[i] != COLUMNS_NONE;
	return p->table == l->table && (l->has_maps || !maps) &&
		(l->has_tags || !p->has_tags) &&
		(l->has_net || p->role_field[ROLE_NET_UNBLENDED] == COLUMNS_NONE) &&
		(l->has_list || p->role_field[ROLE_LIST] == COLUMNS_NONE) &&
		(l->has_resources || p->role_field[ROLE_RESOURCE_ID] == COLUMNS_NONE);
}

static int bind_group(struct group_list *l, struct intern *keys, struct span name,
	struct span prefix, uint32_t field)
{
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, LAYOUT_COLUMNS_MAX);

	if (r == 0)
		r = row_keys_new(
			keys, span_from(name, prefix.len), &l->items[l->count].key);
	if (r == 0)
		l->items[l->count++].field = field;
	return r;
}

static int bind_field(struct row_reader *r, uint32_t index, struct fault *why)
{
	const struct plan_field *f = &r->plan.fields[index];
	struct span name;
	uint32_t column;

	if (!f->is_column && !f->is_column_if_listed)
		return 0;
	name = header_plan_name(&r->plan, f);
	if (intern_find(r->keys.columns, name, &column) < 0)
		return f->is_column ? stale(r, why) : 0;
	r->bindings[r->binding_count++] =
		(struct cell_binding){ .field = index, .column = column };
	if (f->is_name_tag && r->name_tag_field == COLUMNS_NONE)
		r->name_tag_field = index;
	if (f->family == FAMILY_TAG)
		return bind_group(&r->tags, r->keys.tags, name,
			map_prefix(MAP_RESOURCE_TAGS), index);
	if (f->family == FAMILY_CATEGORY)
		return bind_group(&r->categories, r->keys.categories, name,
			map_prefix(MAP_COST_CATEGORY), index);
	return 0;
}

static int bind_maps(struct row_reader *r)
{
	enum column_map tags = r->plan.map_field[MAP_RESOURCE_TAGS] != COLUMNS_NONE
		? MAP_RESOURCE_TAGS
		: MAP_TAGS;

	for (unsigned map = 0; map < MAP_COUNT; map++) {
		int e;

		if (r->plan.map_field[map] == COLUMNS_NONE)
			continue;
		e = row_map_new((enum column_map)map, map == tags, &r->maps[map]);
		if (e < 0)
			return e;
		r->has_maps = true;
	}
	return 0;
}

static int bind(struct row_reader *r, struct fault *why)
{
	int e = 0;

	if (!is_in_layout(&r->plan, r->layout))
		return stale(r, why);
	r->bindings = vec_alloc(r->plan.count + 1, sizeof(*r->bindings));
	r->cells = vec_alloc(r->layout->count + 1, sizeof(*r->cells));
	if (!r->bindings || !r->cells)
		return -ENOMEM;
	for (size_t i = 0; i < r->layout->count && e == 0; i++) {
		uint32_t id;

		e = intern_add(r->keys.columns, span_of(r->layout->columns[i].name), &id);
	}
	for (uint32_t i = 0; i < r->plan.count && e == 0; i++)
		e = bind_field(r, i, why);
	if (e == 0)
		e = bind_maps(r);
	r->costs.role_field = r->plan.role_field;
	r->costs.has_net = r->layout->has_net;
	return e;
}

/* The texts of the header's fields; free() them. */
static int header_texts(const struct csv_record *header, struct span **ret)
{
	struct span *texts_of = vec_alloc(header->count + 1, sizeof(*texts_of));

	if (!texts_of)
		return -ENOMEM;
	for (size_t i = 0; i < header->count; i++)
		texts_of[i] = header->fields[i].text;
	*ret = texts_of;
	return 0;
}

static int read_header(struct row_reader *r, struct fault *why)
{
	struct csv_record header;
	struct span *names = NULL;
	int e = csv_reader_next(r->csv, &header, why);

	if (e < 0)
		return e;
	if (e == 0)
		return stale(r, why);
	e = header_texts(&header, &names);
	if (e == 0)
		e = header_plan_make(names, header.count, r->name, &r->plan, why);
	free(names);
	/* A header that cannot be planned cannot have been added to the layout either. */
	if (e == -EBADMSG || e == -ENOTSUP || e == -E2BIG)
		return stale(r, why);
	return e < 0 ? e : bind(r, why);
}

static int open_object(struct row_reader *r, struct object_source *s,
	const struct object_info *object, size_t read_bytes)
{
	const struct decoder_options options = { .read_bytes = read_bytes };
	int e;

	r->name = strdup(object->key);
	if (!r->name)
		return -ENOMEM;
	e = decoder_new(s, object, &options, &r->decoder);
	return e < 0 ? e : csv_reader_new(read_decoder, r->decoder, r->name, &r->csv);
}

int row_reader_open(struct object_source *s, const struct object_info *object,
	const struct layout *layout, struct row_reader **ret, struct fault *why)
{
	struct row_reader *r = vec_alloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	r->layout = layout;
	r->name_tag_field = COLUMNS_NONE;
	r->scratch = BUF_INIT(CSV_RECORD_MAX);
	e = open_object(r, s, object, 0);
	if (e == 0)
		e = row_keys_init(&r->keys);
	if (e == 0)
		e = read_header(r, why);
	if (e < 0) {
		row_reader_free(r);
		return e;
	}
	*ret = r;
	return 0;
}

void row_reader_free(struct row_reader *r)
{
	if (!r)
		return;
	csv_reader_free(r->csv);
	decoder_free(r->decoder);
	header_plan_finish(&r->plan);
	row_keys_finish(&r->keys);
	for (size_t i = 0; i < MAP_COUNT; i++)
		row_map_free(r->maps[i]);
	free(r->bindings);
	free(r->tags.items);
	free(r->categories.items);
	free(r->cells);
	buf_finish(&r->scratch);
	free(r->name);
	free(r);
}

static bool is_account_id(struct span id)
{
	if (id.len == 0 || id.len > ACCOUNT_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* Names object, row, column, and the text. */
static int refuse(const struct row_reader *r, const struct csv_record *record,
	enum role role, int error, struct fault *why)
{
	struct span text = text_of(r, record->fields, role);
	const char *what = "is not a number";

	if (error == -ERANGE)
		what = "does not fit";
	else if (role == ROLE_USAGE_START || role == ROLE_USAGE_END)
		what = "is not a date";
	else if (role == ROLE_ACCOUNT_ID)
		what = "is not an account id";
	return fault(why, error, "%s: row %" PRIu64 ": %s \"%.*s\"%s %s", r->name,
		record->number, role_name(role), SPAN_ARG(span_first(text, SHOWN_MAX)),
		text.len > SHOWN_MAX ? "..." : "", what);
}

static int read_instant(const struct row_reader *r, const struct csv_record *record,
	enum role role, struct instant *ret, struct fault *why)
{
	struct span text = text_of(r, record->fields, role);

	if (text.len == 0) {
		ret->seconds = INSTANT_NONE;
		return 0;
	}
	if (instant_parse(text, ret) < 0)
		return refuse(r, record, role, -EBADMSG, why);
	return 0;
}

static int read_texts(const struct row_reader *r, const struct csv_record *record,
	struct row *row, struct fault *why)
{
	int e;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct span *to = (struct span *)(void *)((char *)row + texts[i].offset);

		*to = text_of(r, record->fields, texts[i].role);
	}
	row->region = text_of(r, record->fields, ROLE_REGION_CODE);
	if (row->region.len == 0)
		row->region = text_of(r, record->fields, ROLE_REGION);
	if (r->name_tag_field != COLUMNS_NONE)
		row->name_tag = record->fields[r->name_tag_field].text;
	if (!is_account_id(row->account_id))
		return refuse(r, record, ROLE_ACCOUNT_ID, -EBADMSG, why);
	e = read_instant(r, record, ROLE_USAGE_START, &row->usage_start, why);
	return e < 0 ? e : read_instant(r, record, ROLE_USAGE_END, &row->usage_end, why);
}

static int read_group(const struct group_list *l, const struct csv_field *fields,
	struct pair_list *pairs)
{
	int e = 0;

	for (size_t i = 0; i < l->count && e == 0; i++) {
		struct span value = fields[l->items[i].field].text;

		if (value.len > 0)
			e = pair_list_add(pairs, l->items[i].key, value);
	}
	return e;
}

static int read_maps(struct row_reader *r, const struct csv_record *record,
	struct row *row, struct fault *why)
{
	size_t need = 0;
	int e;

	for (size_t i = 0; i < MAP_COUNT; i++)
		if (r->maps[i])
			need += record->fields[r->plan.map_field[i]].text.len;
	/* Reserved whole, so that it does not move under the pairs of the row. */
	buf_clear(&r->scratch);
	e = buf_reserve(&r->scratch, need);
	need = 0;
	for (size_t i = 0; i < MAP_COUNT && e == 0; i++) {
		struct span text;

		if (!r->maps[i])
			continue;
		text = record->fields[r->plan.map_field[i]].text;
		e = row_map_read(r->maps[i], text, r->scratch.p + need, record->number,
			&r->keys, row, why);
		if (e == -EBADMSG || e == -E2BIG)
			fault_prefix(why, "%s: row %" PRIu64 ": column %.*s", r->name,
				record->number, SPAN_ARG(map_name((enum column_map)i)));
		need += text.len;
	}
	return e;
}

static int read_groups(struct row_reader *r, const struct csv_record *record,
	struct row *row, struct fault *why)
{
	int e;

	row_keys_begin_row(&r->keys);
	e = read_group(&r->tags, record->fields, &r->keys.row_tags);
	if (e == 0)
		e = read_group(&r->categories, record->fields, &r->keys.row_categories);
	if (e == 0 && r->has_maps)
		e = read_maps(r, record, row, why);
	row->tags = r->keys.row_tags.items;
	row->tag_count = r->keys.row_tags.count;
	row->categories = r->keys.row_categories.items;
	row->category_count = r->keys.row_categories.count;
	row->map_cells = r->keys.row_cells.items;
	row->map_cell_count = r->keys.row_cells.count;
	return e;
}

static int read_costs(struct row_reader *r, const struct csv_record *record,
	struct row *row, struct fault *why)
{
	int e;

	r->costs.fields = record->fields;
	e = row_costs_fill(&r->costs, row);
	return e < 0 ? refuse(r, record, r->costs.failed, e, why) : 0;
}

static int read_row(struct row_reader *r, struct row *ret, struct fault *why)
{
	struct row row = { .cells = r->cells };
	struct csv_record record;
	int e = csv_reader_next(r->csv, &record, why);

	if (e <= 0)
		return e;
	if (record.count != r->plan.count)
		return fault(why, -EBADMSG,
			"%s: row %" PRIu64 ": has %zu fields, the header has %zu",
			r->name, record.number, record.count, r->plan.count);
	e = read_texts(r, &record, &row, why);
	if (e == 0)
		e = read_groups(r, &record, &row, why);
	if (e == 0)
		e = read_costs(r, &record, &row, why);
	if (e < 0)
		return e;
	for (size_t i = 0; i < r->binding_count; i++) {
		const struct csv_field *f = &record.fields[r->bindings[i].field];

		r->cells[r->bindings[i].column] =
			(struct cell){ .text = f->text, .quoted = f->quoted };
	}
	*ret = row;
	return 1;
}

int row_reader_next(struct row_reader *r, struct row *ret, struct fault *why)
{
	int e;

	if (r->failed < 0)
		return fault(why, r->failed, "%s: cannot be read any further", r->name);
	e = read_row(r, ret, why);
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
	return decoder_bytes_in(r->decoder);
}

uint64_t row_reader_rounded(const struct row_reader *r)
{
	return r->costs.rounded;
}

int row_reader_peek(struct object_source *s, const struct object_info *object,
	struct layout *layout, struct fault *why)
{
	/* A header is some KiB: no need for more of what may be far away. */
	const size_t read_bytes = 64 * (size_t)1024;
	struct row_reader *r = vec_alloc(1, sizeof(*r));
	struct csv_record header;
	struct span *names = NULL;
	int e = r ? open_object(r, s, object, read_bytes) : -ENOMEM;

	if (e == 0)
		e = csv_reader_next(r->csv, &header, why);
	if (e == 0)
		e = fault(why, -EBADMSG, "%s: is empty, not even a header", object->key);
	if (e > 0)
		e = header_texts(&header, &names);
	if (e == 0)
		e = layout_add_header(layout, names, header.count, object->key, why);
	free(names);
	row_reader_free(r);
	return e;
}
