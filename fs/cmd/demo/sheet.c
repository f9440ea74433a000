#include "fs/cmd/demo/sheet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { MILLIS = 1000 };

/* Ours, whatever the habits: readers know writers' faults by this name. */
static const char creator[] = "costfs demo-export";
static const char origami_root[] =
	"com.amazon.aws.origami.datawriter.parquet.ParquetDataWriter$";

struct sheet {
	enum demo_format format;
	struct sheet_columns columns;
	struct outcolumn table_columns[FIELD_COUNT];
	struct outtable *table;
};

/* Athena's rule: '_' before capitals, all in lower case; what is neither letter nor
 * digit becomes '_', of which there is never more than one, nor one at the ends. */
static void athena_name(const struct field_name *f, char ret[SHEET_NAME])
{
	const char *const parts[] = { f->category, "_", f->name };
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		for (const char *p = parts[i]; *p; p++) {
			bool capital = *p >= 'A' && *p <= 'Z';
			bool plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');

			assert(len + 3 < SHEET_NAME);
			if ((capital || !plain) && len > 0 && ret[len - 1] != '_')
				ret[len++] = '_';
			if (capital || plain)
				ret[len++] = capital ? (char)(*p - 'A' + 'a') : *p;
		}
	}
	while (len > 0 && ret[len - 1] == '_')
		len--;
	ret[len] = '\0';
}

void sheet_columns(
	enum demo_format format, const struct columns *c, struct sheet_columns *ret)
{
	bool legacy = format_info(format)->family == FORMAT_LEGACY;

	ret->count = 0;
	for (size_t i = 0; i < c->count; i++) {
		struct sheet_column *column = &ret->items[ret->count];
		const struct field_name *f = &field_names[c->fields[i]];
		size_t same = 0;

		*column = (struct sheet_column){ .field = c->fields[i],
			.other = FIELD_COUNT };
		if (legacy)
			athena_name(f, column->name);
		else
			memcpy(column->name, f->key, strlen(f->key) + 1);
		while (strcmp(ret->items[same].name, column->name) != 0)
			same++;
		if (same < ret->count)
			ret->items[same].other = column->field;
		else
			ret->count++;
	}
}

enum outkind sheet_kind(enum demo_format format, enum field f)
{
	switch (field_names[f].type) {
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_INTERVAL:
		return OUTKIND_TEXT;
	case FIELD_TYPE_NUMBER:
		return OUTKIND_NUMBER;
	case FIELD_TYPE_TIME:
		return format_info(format)->family == FORMAT_CUR2 ? OUTKIND_INT96
								  : OUTKIND_MILLIS;
	case FIELD_TYPE_MAP:
		return f == FIELD_DISCOUNT_MAP || f == FIELD_FOCUS_DISCOUNTS
			? OUTKIND_NUMBER_MAP
			: OUTKIND_TEXT_MAP;
	}
	return OUTKIND_TEXT;
}

static bool is_required(enum demo_format format, enum field f)
{
	switch (format_info(format)->family) {
	case FORMAT_LEGACY:
		return true;
	case FORMAT_CUR2:
		return false;
	case FORMAT_FOCUS:
		return f == FIELD_FOCUS_CHARGE_CATEGORY ||
			f == FIELD_FOCUS_CHARGE_FREQUENCY || f == FIELD_FOCUS_REGION_ID ||
			f == FIELD_FOCUS_REGION_NAME || f == FIELD_FOCUS_SERVICE_CATEGORY;
	}
	return false;
}

static struct outstyle style_of(const struct demo_options *o)
{
	static const enum squeeze_codec codecs[] = { [DEMO_SNAPPY] = SQUEEZE_SNAPPY,
		[DEMO_ZSTD] = SQUEEZE_ZSTD,
		[DEMO_GZIP_PAGES] = SQUEEZE_GZIP,
		[DEMO_PLAIN_PAGES] = SQUEEZE_NONE };
	bool legacy = format_info(o->format)->family == FORMAT_LEGACY;

	return (struct outstyle){ .root = legacy ? origami_root : "spark_schema",
		.creator = creator,
		.codec = codecs[o->codec],
		.second_pages = o->page_version == 0 ? legacy : o->page_version == 2,
		.origami = legacy,
		.page_rows = o->rows_per_page,
		.group_rows = o->rows_per_group };
}

struct sheet *sheet_new(const struct demo_options *o, const struct columns *c)
{
	const struct outstyle style = style_of(o);
	struct sheet *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->format = o->format;
	sheet_columns(o->format, c, &s->columns);
	for (size_t i = 0; i < s->columns.count; i++) {
		enum field f = s->columns.items[i].field;

		s->table_columns[i] =
			(struct outcolumn){ .name = s->columns.items[i].name,
				.kind = sheet_kind(o->format, f),
				.required = is_required(o->format, f) };
	}
	s->table = outtable_new(&style, s->table_columns, s->columns.count);
	if (!s->table) {
		free(s);
		return NULL;
	}
	return s;
}

void sheet_free(struct sheet *s)
{
	if (!s)
		return;
	outtable_free(s->table);
	free(s);
}

int sheet_open(struct sheet *s, outsink_fn *write, void *ctx)
{
	return outtable_open(s->table, write, ctx);
}

uint32_t sheet_room(const struct sheet *s)
{
	return outtable_room(s->table);
}

/* A legacy file cannot be null: it has "" and 0.0 instead. */
static void put_nothing(struct sheet *s, size_t column, uint32_t rows)
{
	const struct outcolumn *c = &s->table_columns[column];

	if (!c->required)
		outtable_null(s->table, column, rows);
	else if (c->kind == OUTKIND_TEXT)
		outtable_text(s->table, column, SPAN(""), rows);
	else if (c->kind == OUTKIND_NUMBER)
		outtable_number(s->table, column, 0, rows);
	else
		outtable_millis(s->table, column, 0, rows);
}

static void put_map(struct sheet *s, size_t column, const struct cells *r, enum field f,
	uint32_t rows)
{
	struct cell_pair pairs[CELLS_PAIRS];
	struct outpair out[CELLS_PAIRS];
	size_t count = cells_pairs(r, f, pairs);

	for (size_t i = 0; i < count; i++)
		out[i] = (struct outpair){ .key = span_of(pairs[i].key),
			.text = span_of(pairs[i].text) };
	outtable_map(s->table, column, out, count, rows);
}

static void put_constant(struct sheet *s, size_t column, const struct cells *r,
	enum field f, uint32_t rows)
{
	switch (s->table_columns[column].kind) {
	case OUTKIND_TEXT:
		outtable_text(s->table, column, span_of(r->text[f]), rows);
		break;
	case OUTKIND_NUMBER:
		outtable_number(s->table, column, number_double(r->value[f]), rows);
		break;
	case OUTKIND_MILLIS:
	case OUTKIND_INT96:
		outtable_millis(s->table, column, r->value[f] * MILLIS, rows);
		break;
	case OUTKIND_TEXT_MAP:
	case OUTKIND_NUMBER_MAP:
		put_map(s, column, r, f, rows);
		break;
	}
}

void sheet_cells(struct sheet *s, const struct cells *r, uint32_t rows)
{
	for (size_t i = 0; i < s->columns.count; i++) {
		enum field f = s->columns.items[i].field;
		enum field other = s->columns.items[i].other;

		if (r->hole[f])
			continue;
		if (!r->text[f] && other != FIELD_COUNT)
			f = other;
		if (r->text[f])
			put_constant(s, i, r, f, rows);
		else
			put_nothing(s, i, rows);
	}
}

static void put_discount(struct sheet *s, size_t column, const struct values *v)
{
	const struct outpair pair = { .key = SPAN("edp_discount"),
		.number = number_double(v->n[HOLE_DISCOUNT]) };

	outtable_map(s->table, column, &pair, 1, 1);
}

static void put_value(
	struct sheet *s, size_t column, unsigned hole, const struct values *v)
{
	char interval[CELLS_INTERVAL];

	if (hole >= HOLE_NUMBERS) {
		outtable_number(s->table, column, number_double(v->n[hole]), 1);
		return;
	}
	switch ((enum hole)hole) {
	case HOLE_INTERVAL:
		outtable_text(s->table, column,
			(struct span){ interval, interval_print(v, interval) }, 1);
		break;
	case HOLE_START:
		outtable_millis(s->table, column, v->start * MILLIS, 1);
		break;
	case HOLE_END:
		outtable_millis(s->table, column, v->end * MILLIS, 1);
		break;
	case HOLE_DISCOUNT_MAP:
		put_discount(s, column, v);
		break;
	default:
		break;
	}
}

void sheet_values(struct sheet *s, const struct cells *r, const struct values *v)
{
	for (size_t i = 0; i < s->columns.count; i++) {
		unsigned hole = r->hole[s->columns.items[i].field];

		if (hole != HOLE_NONE)
			put_value(s, i, hole, v);
	}
}

int sheet_rows(struct sheet *s, uint32_t rows)
{
	return outtable_rows(s->table, rows);
}

int sheet_close(struct sheet *s)
{
	return outtable_close(s->table);
}

int sheet_write_status(outsink_fn *write, void *ctx)
{
	static const struct outcolumn column = { "status", OUTKIND_TEXT, true };
	static const struct outstyle style = { .root = origami_root,
		.creator = creator,
		.codec = SQUEEZE_NONE,
		.second_pages = true,
		.origami = true,
		.page_rows = 1,
		.group_rows = 1 };
	struct outtable *t = outtable_new(&style, &column, 1);
	int r;

	if (!t)
		return -ENOMEM;
	r = outtable_open(t, write, ctx);
	outtable_text(t, 0, SPAN("READY"), 1);
	if (r == 0)
		r = outtable_rows(t, 1);
	if (r == 0)
		r = outtable_close(t);
	outtable_free(t);
	return r;
}
