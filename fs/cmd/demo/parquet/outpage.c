#include "fs/cmd/demo/parquet/outpage.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/vec.h"
#include "fs/cmd/demo/parquet/compact.h"
#include "fs/cmd/demo/parquet/deltas.h"
#include "fs/cmd/demo/parquet/hybrid.h"

enum { LEVELS_MAX = 1 << 24, PAGE_MAX = 1 << 30, LENGTH_BYTES = 4 };

static unsigned definition_max(const struct outleaf *l)
{
	return (l->optional ? 1U : 0U) + (l->repeated ? 1U : 0U) +
		(l->optional_items ? 1U : 0U);
}

static void note_value(
	struct outpage *p, const struct outleaf *l, bool signed_bytes, uint32_t value)
{
	if (!p->noted) {
		p->most = p->low = p->high = value;
		p->noted = true;
		return;
	}
	if (value > p->most)
		p->most = value;
	if (outleaf_compare(l, value, p->low, signed_bytes) < 0)
		p->low = value;
	if (outleaf_compare(l, value, p->high, signed_bytes) > 0)
		p->high = value;
}

/* Of all its rows at once: they are the same. */
static void note_run(
	struct outpage *p, const struct outleaf *l, bool signed_bytes, uint32_t what)
{
	if (what == OUTLEAF_NULL)
		return;
	if (!l->repeated) {
		note_value(p, l, signed_bytes, what);
		return;
	}
	for (uint32_t i = 0; i < l->lists[what].count; i++)
		note_value(p, l, signed_bytes, l->items[l->lists[what].start + i]);
}

/* Room for so many levels and values more. */
static int make_room(struct outpage *p, size_t count)
{
	int r = VEC_RESERVE(
		&p->definitions, &p->definitions_cap, p->level_count + count, LEVELS_MAX);

	if (r == 0)
		r = VEC_RESERVE(&p->repetitions, &p->repetitions_cap,
			p->level_count + count, LEVELS_MAX);
	if (r == 0)
		r = VEC_RESERVE(
			&p->values, &p->values_cap, p->value_count + count, LEVELS_MAX);
	return r;
}

static void add_level(struct outpage *p, unsigned definition, unsigned repetition)
{
	p->definitions[p->level_count] = definition;
	p->repetitions[p->level_count++] = repetition;
}

static void add_list(struct outpage *p, const struct outleaf *l, uint32_t list)
{
	uint32_t start = l->lists[list].start, count = l->lists[list].count;

	if (count == 0)
		add_level(p, 1, 0);
	for (uint32_t i = 0; i < count; i++) {
		add_level(p, definition_max(l), i > 0);
		p->values[p->value_count++] = l->items[start + i];
	}
}

static int add_rows(
	struct outpage *p, const struct outleaf *l, uint32_t what, uint32_t rows)
{
	bool is_list = l->repeated && what != OUTLEAF_NULL;
	size_t levels = is_list && l->lists[what].count > 1 ? l->lists[what].count : 1;
	int r = make_room(p, rows * levels);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < rows; i++) {
		if (is_list) {
			add_list(p, l, what);
			continue;
		}
		add_level(p, l->optional && what != OUTLEAF_NULL, 0);
		if (what != OUTLEAF_NULL)
			p->values[p->value_count++] = what;
	}
	return 0;
}

int outpage_take(struct outpage *p, const struct outleaf *l, const struct outstyle *style,
	struct outcursor *at)
{
	int r = 0;

	p->value_count = p->level_count = 0;
	p->rows = 0;
	p->noted = false;
	while (at->run < l->run_count && p->rows < style->page_rows && r == 0) {
		const struct outleaf_run *run = &l->runs[at->run];
		uint32_t rows = run->rows - at->used;

		if (rows > style->page_rows - p->rows)
			rows = style->page_rows - p->rows;
		note_run(p, l, style->origami, run->what);
		r = add_rows(p, l, run->what, rows);
		p->rows += rows;
		at->used += rows;
		if (at->used == run->rows)
			*at = (struct outcursor){ .run = at->run + 1 };
	}
	return r;
}

size_t outpage_nulls(const struct outpage *p)
{
	return p->level_count - p->value_count;
}

bool outpage_has_order(const struct outpage *p, const struct outleaf *l)
{
	return p->value_count > 0 && l->type != OUTLEAF_INT96;
}

static void put_length(char *at, size_t len)
{
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		at[i] = (char)(len >> 8 * i);
}

/* with_length: as in pages of the first generation. */
static int append_levels(struct buf *b, const uint32_t *levels, size_t count,
	unsigned most, bool with_length)
{
	const char room[LENGTH_BYTES] = { 0 };
	size_t start = b->len;
	int r = 0;

	if (most == 0)
		return 0;
	if (with_length)
		r = buf_append(b, room, sizeof(room));
	if (r == 0)
		r = hybrid_append(b, levels, count, bit_width(most));
	if (r == 0 && with_length)
		put_length(b->p + start, b->len - start - LENGTH_BYTES);
	return r;
}

static int append_plain(struct outpage *p, const struct outleaf *l, struct buf *b)
{
	int r = 0;

	for (size_t i = 0; i < p->value_count && r == 0; i++)
		r = outleaf_plain(l, p->values[i], b);
	return r;
}

static int64_t int64_of(struct span bytes)
{
	uint64_t value = 0;

	for (size_t i = sizeof(value); i-- > 0;)
		value = value << 8 | (unsigned char)bytes.p[i];
	return (int64_t)value;
}

static int append_deltas(struct outpage *p, const struct outleaf *l, struct buf *b)
{
	size_t count = p->value_count ? p->value_count : 1;
	int64_t *numbers = vec_alloc(count, sizeof(*numbers));
	struct span *texts = vec_alloc(count, sizeof(*texts));
	bool is_text = l->type == OUTLEAF_TEXT;
	int r = numbers && texts ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->value_count && r == 0; i++) {
		texts[i] = outleaf_bytes(l, p->values[i]);
		if (!is_text)
			numbers[i] = int64_of(texts[i]);
	}
	if (r == 0)
		r = is_text ? deltas_append_texts(b, texts, p->value_count)
			    : deltas_append(b, numbers, p->value_count);
	free(numbers);
	free(texts);
	return r;
}

static int append_values(struct outpage *p, const struct outleaf *l,
	enum outencoding encoding, unsigned width, struct buf *b)
{
	int r;

	switch (encoding) {
	case OUTENCODING_PLAIN:
		return append_plain(p, l, b);
	case OUTENCODING_DELTA:
	case OUTENCODING_DELTA_TEXT:
		return append_deltas(p, l, b);
	case OUTENCODING_PLAIN_DICTIONARY:
	case OUTENCODING_DICTIONARY:
		r = buf_append_byte(b, (char)width);
		return r < 0 ? r : hybrid_append(b, p->values, p->value_count, width);
	case OUTENCODING_RLE:
		break;
	}
	return -EINVAL;
}

void outpage_statistics(struct compact *c, const struct outleaf *l,
	const struct outstyle *style, int64_t nulls, const uint32_t *order)
{
	struct span low = { 0 }, high = { 0 };

	if (order) {
		low = outleaf_bytes(l, order[0]);
		high = outleaf_bytes(l, order[1]);
	}
	/* Bytes have an order in the second generation only, but for one value. */
	if (order && (style->origami || l->type != OUTLEAF_TEXT || span_eq(low, high))) {
		compact_bytes(c, 1, high);
		compact_bytes(c, 2, low);
	}
	compact_i64(c, 3, nulls);
	if (order && !style->origami) {
		compact_bytes(c, 5, high);
		compact_bytes(c, 6, low);
	}
}

/* Type, sizes, checksum: the front of every header. */
static void begin_header(struct compact *c, const struct outstyle *style,
	enum outpage_type type, size_t plain_size, struct span body)
{
	compact_i32(c, 1, (int32_t)type);
	compact_i32(c, 2, (int32_t)plain_size);
	compact_i32(c, 3, (int32_t)body.len);
	if (!style->origami)
		compact_i32(c, 4,
			(int32_t)(uint32_t)crc32_z(0, (const Bytef *)body.p, body.len));
}

/* Levels' sizes are those of the second generation. */
static void data_header(struct compact *c, struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, enum outencoding encoding, const size_t *levels)
{
	const uint32_t order[2] = { p->low, p->high };

	if (!style->second_pages) {
		compact_struct(c, 5);
		compact_i32(c, 1, (int32_t)p->level_count);
		compact_i32(c, 2, (int32_t)encoding);
		compact_i32(c, 3, OUTENCODING_RLE);
		compact_i32(c, 4, OUTENCODING_RLE);
	} else {
		compact_struct(c, 8);
		compact_i32(c, 1, (int32_t)p->level_count);
		compact_i32(c, 2, (int32_t)outpage_nulls(p));
		compact_i32(c, 3, (int32_t)p->rows);
		compact_i32(c, 4, (int32_t)encoding);
		compact_i32(c, 5, (int32_t)levels[1]);
		compact_i32(c, 6, (int32_t)levels[0]);
		compact_bool(c, 7, p->plain.len > 0);
		compact_struct(c, 8);
		outpage_statistics(c, l, style, (int64_t)outpage_nulls(p),
			outpage_has_order(p, l) ? order : NULL);
		compact_end(c);
	}
	compact_end(c);
}

static void clear(struct outpage *p)
{
	p->body.limit = p->plain.limit = p->packed.limit = PAGE_MAX;
	buf_clear(&p->body);
	buf_clear(&p->plain);
	buf_clear(&p->packed);
}

/* Levels stand before the values: compressed with them in the first generation, not
 * compressed in the second. */
static int pack(struct outpage *p, const struct outleaf *l, const struct outstyle *style,
	size_t *ret_levels)
{
	bool first = !style->second_pages;
	struct buf *b = &p->packed;
	int r;

	r = append_levels(first ? &p->plain : b, p->repetitions, p->level_count,
		l->repeated ? 1 : 0, first);
	ret_levels[0] = b->len;
	if (r == 0)
		r = append_levels(first ? &p->plain : b, p->definitions, p->level_count,
			definition_max(l), first);
	ret_levels[1] = b->len - ret_levels[0];
	return r;
}

int outpage_make(struct outpage *p, const struct outleaf *l, const struct outstyle *style,
	enum outencoding encoding, unsigned width)
{
	enum outpage_type type = style->second_pages ? OUTPAGE_DATA_V2 : OUTPAGE_DATA;
	struct compact c;
	size_t levels[2], plain_size;
	int r;

	clear(p);
	r = pack(p, l, style, levels);
	if (r == 0)
		r = append_values(p, l, encoding, width, &p->plain);
	plain_size = p->packed.len + p->plain.len;
	/* An empty body is not given to a codec. */
	if (r == 0 && p->plain.len > 0)
		r = squeeze_append(style->codec, buf_span(&p->plain), &p->packed);
	if (r < 0)
		return r;
	compact_init(&c, &p->body);
	begin_header(&c, style, type, plain_size, buf_span(&p->packed));
	data_header(&c, p, l, style, encoding, levels);
	compact_end(&c);
	p->plain_size = p->body.len + plain_size;
	return c.failed < 0 ? c.failed : buf_append_span(&p->body, buf_span(&p->packed));
}

int outpage_make_dictionary(struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, size_t count)
{
	struct compact c;
	int r = 0;

	clear(p);
	for (size_t i = 0; i < count && r == 0; i++)
		r = outleaf_plain(l, (uint32_t)i, &p->plain);
	if (r == 0)
		r = squeeze_append(style->codec, buf_span(&p->plain), &p->packed);
	if (r < 0)
		return r;
	compact_init(&c, &p->body);
	begin_header(&c, style, OUTPAGE_DICTIONARY, p->plain.len, buf_span(&p->packed));
	compact_struct(&c, 7);
	compact_i32(&c, 1, (int32_t)count);
	compact_i32(&c, 2,
		style->second_pages ? OUTENCODING_PLAIN : OUTENCODING_PLAIN_DICTIONARY);
	compact_end(&c);
	compact_end(&c);
	p->plain_size = p->body.len + p->plain.len;
	return c.failed < 0 ? c.failed : buf_append_span(&p->body, buf_span(&p->packed));
}

void outpage_finish(struct outpage *p)
{
	free(p->values);
	free(p->definitions);
	free(p->repetitions);
	buf_finish(&p->body);
	buf_finish(&p->plain);
	buf_finish(&p->packed);
	*p = (struct outpage){ 0 };
}
