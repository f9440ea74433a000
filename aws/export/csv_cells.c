/* Cells out of CSV: plain, gzip or zip. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/cell_source.h"
#include "aws/export/csv_split.h"
#include "aws/export/csv.h"
#include "aws/export/decoder.h"
#include "aws/export/layout.h"
#include "base/vec.h"

struct csv_cells {
	struct cell_source source;
	struct decoder *decoder; /* NULL: it has parts */
	struct csv_reader *csv;
	struct csv_split *split;
	struct csv_part part;
	uint64_t bytes_in; /* of all parts so far */
	char *name;
	char *header; /* what source.names point into */
	struct span *names;
	/* FOCUS: copies by third parties spell null as a word. */
	bool has_null_words;
	struct cell *cells; /* a row without those words */
};

static ssize_t read_decoder(void *context, void *bytes, size_t len, struct fault *why)
{
	return decoder_read(context, bytes, len, why);
}

static struct csv_cells *csv_of(struct cell_source *s)
{
	return (struct csv_cells *)(void *)s;
}

static void csv_cells_free(struct cell_source *s)
{
	struct csv_cells *c = csv_of(s);

	csv_reader_free(c->csv);
	decoder_free(c->decoder);
	buf_finish(&c->part.bytes);
	free(c->name);
	free(c->header);
	free(c->names);
	free(c->cells);
	free(c);
}

static uint64_t csv_cells_bytes_in(const struct cell_source *s)
{
	const struct csv_cells *c = (const struct csv_cells *)(const void *)s;

	return c->decoder ? decoder_bytes_in(c->decoder) : c->bytes_in;
}

static bool is_null_word(const struct cell *cell)
{
	static const char *const words[] = { "NULL", "\\N", "None" };

	if (cell->quoted || (cell->text.len != 4 && cell->text.len != 2))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_eq(cell->text, span_of(words[i])))
			return true;
	return false;
}

static const struct cell *without_null_words(
	const struct csv_cells *c, const struct cell *cells)
{
	for (size_t i = 0; i < c->source.count; i++)
		c->cells[i] = is_null_word(&cells[i]) ? (struct cell){ .quoted = false }
						      : cells[i];
	return c->cells;
}

static int csv_cells_next(struct cell_source *s, struct cell_row *ret, struct fault *why)
{
	struct csv_cells *c = csv_of(s);
	struct csv_record record;
	int r = csv_reader_next(c->csv, &record, why);

	if (r <= 0)
		return r;
	if (record.count != s->count)
		return fault(why, -EBADMSG,
			"%s: row %" PRIu64 ": has %zu fields, the header has %zu",
			c->name, record.number, record.count, s->count);
	*ret = (struct cell_row){ .items = record.fields,
		.quoted = record.quoted,
		.number = record.number,
		.line_bytes = record.bytes };
	if (c->has_null_words) {
		ret->items = without_null_words(c, record.fields);
		ret->line_bytes = 0;
	}
	return 1;
}

/* The record's texts go with the next one. */
static int keep_header(struct csv_cells *c, const struct csv_record *header)
{
	size_t bytes = 0;
	char *to;

	for (size_t i = 0; i < header->count; i++)
		bytes += header->fields[i].text.len;
	c->header = vec_alloc(bytes + 1, 1);
	c->names = vec_alloc(header->count + 1, sizeof(*c->names));
	c->cells = vec_alloc(header->count + 1, sizeof(*c->cells));
	if (!c->header || !c->names || !c->cells)
		return -ENOMEM;
	to = c->header;
	for (size_t i = 0; i < header->count; i++) {
		struct span text = header->fields[i].text;

		if (text.len > 0)
			memcpy(to, text.p, text.len);
		c->names[i] = (struct span){ to, text.len };
		to += text.len;
	}
	c->source.names = c->names;
	c->source.count = header->count;
	c->has_null_words = table_of_header(c->names, header->count) == TABLE_FOCUS;
	return 0;
}

static int begin(struct csv_cells *c, struct object_source *s,
	const struct object_info *object, const struct cell_options *options,
	struct fault *why)
{
	const struct decoder_options d = { .read_bytes =
						   options ? options->read_bytes : 0 };
	struct csv_record header;
	int r;

	c->name = strdup(object->key);
	r = c->name ? decoder_new(s, object, &d, &c->decoder) : -ENOMEM;
	if (r == 0)
		r = csv_reader_new(read_decoder, c->decoder, c->name, &c->csv);
	if (r == 0)
		r = csv_reader_next(c->csv, &header, why);
	else
		return r;
	if (r < 0 && decoder_is_parquet(c->decoder))
		return -EMEDIUMTYPE;
	if (r == 0)
		return fault(why, -ENODATA, "%s: is empty, not even a header", c->name);
	return r < 0 ? r : keep_header(c, &header);
}

int csv_cells_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why)
{
	static const struct cell_source_ops ops = { .next = csv_cells_next,
		.bytes_in = csv_cells_bytes_in,
		.free = csv_cells_free };
	struct csv_cells *c = vec_alloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->source.ops = &ops;
	r = begin(c, s, object, options, why);
	if (r < 0)
		csv_cells_free(&c->source);
	else
		*ret = &c->source;
	return r;
}

static void give_part(struct csv_cells *c)
{
	csv_reader_give(c->csv,
		&(struct csv_text){ .p = c->part.bytes.p,
			.len = c->part.bytes.len,
			.records_before = c->part.place.rows_before,
			.failure = c->part.failure });
}

static int next_part(struct cell_source *s, struct cell_part *ret, struct fault *why)
{
	struct csv_cells *c = csv_of(s);
	struct csv_record header;
	int r = csv_split_next(c->split, &c->part);

	if (r <= 0)
		return r;
	c->bytes_in += c->part.bytes_in;
	give_part(c);
	/* The header has been read before. */
	if (c->part.place.number == 0)
		r = csv_reader_next(c->csv, &header, why);
	if (r < 0)
		return r;
	*ret = c->part.place;
	return 1;
}

/* As if the header were a part. */
static int begin_parts(struct csv_cells *c, struct fault *why)
{
	struct span text = csv_split_header(c->split);
	struct csv_record header;
	int r;

	c->name = strdup(csv_split_name(c->split));
	c->part.bytes = BUF_INIT(text.len + CSV_TEXT_SLACK);
	r = c->name ? buf_reserve(&c->part.bytes, text.len + CSV_TEXT_SLACK) : -ENOMEM;
	if (r == 0)
		r = buf_append_span(&c->part.bytes, text);
	if (r == 0)
		r = csv_reader_new(NULL, NULL, c->name, &c->csv);
	if (r < 0)
		return r;
	memset(c->part.bytes.p + text.len, 0, CSV_TEXT_SLACK);
	give_part(c);
	r = csv_reader_next(c->csv, &header, why);
	if (r == 0)
		return fault(why, -ENODATA, "%s: is empty, not even a header", c->name);
	return r < 0 ? r : keep_header(c, &header);
}

int csv_cells_open_parts(
	struct csv_split *split, struct cell_source **ret, struct fault *why)
{
	static const struct cell_source_ops ops = { .next_part = next_part,
		.next = csv_cells_next,
		.bytes_in = csv_cells_bytes_in,
		.free = csv_cells_free };
	struct csv_cells *c = vec_alloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->source.ops = &ops;
	c->split = split;
	r = begin_parts(c, why);
	if (r < 0)
		csv_cells_free(&c->source);
	else
		*ret = &c->source;
	return r;
}
