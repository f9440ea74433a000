#include "fs/cmd/demo/parquet/outchunk.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/cmd/demo/parquet/hybrid.h"

enum { META_MAX = 1 << 26, PAGES_MAX = 1 << 24 };

/* What the indexes say of a page. */
struct place {
	uint64_t offset, first_row;
	uint32_t size, low, high;
	int64_t nulls;
	bool has_order;
};
struct places {
	struct place *items;
	size_t count, cap;
};

int outsink_write(struct outsink *s, struct span bytes)
{
	int r = s->write(s->ctx, bytes.p, bytes.len);

	if (r == 0)
		s->offset += bytes.len;
	return r;
}

/* All values of the chunk, each as often as rows have it. */
struct weight {
	uint64_t values, bytes; /* in PLAIN encoding */
};

static void weigh(
	const struct outleaf *l, uint32_t value, uint32_t rows, struct weight *w)
{
	w->values += rows;
	w->bytes += (uint64_t)rows * outleaf_plain_size(l, value);
}

static struct weight weigh_all(const struct outleaf *l)
{
	struct weight w = { 0 };

	for (size_t i = 0; i < l->run_count; i++) {
		const struct outleaf_run *run = &l->runs[i];

		if (run->what == OUTLEAF_NULL)
			continue;
		if (!l->repeated) {
			weigh(l, run->what, run->rows, &w);
			continue;
		}
		for (uint32_t k = 0; k < l->lists[run->what].count; k++)
			weigh(l, l->items[l->lists[run->what].start + k], run->rows, &w);
	}
	return w;
}

/* What a dictionary page holds: the first values, as many as fit. */
struct dictionary {
	size_t count;
	unsigned width; /* of indexes */
	bool in_use;
};

/* None when it would save nothing, but for a column of one value, as AWS's writers do. */
static struct dictionary plan_dictionary(const struct outleaf *l)
{
	struct weight all = weigh_all(l);
	uint64_t size = 0;
	struct dictionary d = { 0 };

	while (d.count < l->count) {
		size += outleaf_plain_size(l, (uint32_t)d.count);
		if (size > OUTSTYLE_DICTIONARY_MAX)
			break;
		d.count++;
	}
	d.width = bit_width(d.count > 0 ? d.count - 1 : 0);
	d.in_use = d.count > 0 &&
		(d.count < l->count || l->count == 1 ||
			size + all.values * d.width / 8 < all.bytes);
	return d;
}

/* What is written without a dictionary. */
static enum outencoding other_encoding(
	const struct outleaf *l, const struct outstyle *style)
{
	if (style->second_pages && l->type == OUTLEAF_TEXT)
		return OUTENCODING_DELTA_TEXT;
	if (style->second_pages && l->type == OUTLEAF_INT64)
		return OUTENCODING_DELTA;
	return OUTENCODING_PLAIN;
}

static int write_page(struct outsink *s, const struct outpage *p, struct outchunk *c)
{
	c->plain_size += p->plain_size;
	c->packed_size += p->body.len;
	return outsink_write(s, buf_span(&p->body));
}

/* One page of data, made and written. */
static int write_data(struct outsink *s, struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, const struct dictionary *d, struct outchunk *c)
{
	int r = outpage_make(p, l, style, d->in_use ? c->coded : c->other, d->width);

	if (r < 0)
		return r;
	if (d->in_use)
		c->coded_pages++;
	else
		c->other_pages++;
	c->levels += p->level_count;
	return write_page(s, p, c);
}

static int note_place(struct places *places, const struct outsink *s,
	const struct outpage *p, const struct outleaf *l, uint64_t first_row)
{
	int r = VEC_RESERVE(&places->items, &places->cap, places->count + 1, PAGES_MAX);

	if (r < 0)
		return r;
	places->items[places->count++] =
		(struct place){ .offset = s->offset - p->body.len,
			.first_row = first_row,
			.size = (uint32_t)p->body.len,
			.low = p->low,
			.high = p->high,
			.nulls = (int64_t)outpage_nulls(p),
			.has_order = outpage_has_order(p, l) };
	return 0;
}

/* After a page that the dictionary does not cover, none uses it; it is not written if
 * that is the first. */
static int write_pages(struct outsink *s, struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, struct places *places, struct outchunk *c)
{
	struct dictionary d = plan_dictionary(l);
	struct outcursor at = { 0 };
	uint64_t row = 0;
	int r = outpage_take(p, l, style, &at);

	d.in_use = d.in_use && !(p->noted && p->most >= d.count);
	if (r == 0 && d.in_use) {
		r = outpage_make_dictionary(p, l, style, d.count);
		if (r == 0)
			r = write_page(s, p, c);
	}
	c->data_start = s->offset;
	while (r == 0 && p->rows > 0) {
		d.in_use = d.in_use && !(p->noted && p->most >= d.count);
		r = write_data(s, p, l, style, &d, c);
		if (r == 0)
			r = note_place(places, s, p, l, row);
		row += p->rows;
		if (r == 0)
			r = outpage_take(p, l, style, &at);
	}
	return r;
}

static int make_statistics(const struct outleaf *l, const struct outstyle *style,
	const struct places *places, struct outchunk *c)
{
	uint32_t order[2] = { 0 };
	int64_t nulls = 0;
	struct compact out;

	for (size_t i = 0; i < places->count; i++)
		nulls += places->items[i].nulls;
	for (uint32_t i = 1; i < l->count; i++) {
		if (outleaf_compare(l, i, order[0], style->origami) < 0)
			order[0] = i;
		if (outleaf_compare(l, i, order[1], style->origami) > 0)
			order[1] = i;
	}
	compact_init(&out, &c->statistics);
	outpage_statistics(&out, l, style, nulls,
		l->count > 0 && l->type != OUTLEAF_INT96 ? order : NULL);
	compact_end(&out);
	return out.failed;
}

static int make_offset_index(const struct places *places, struct outchunk *c)
{
	struct compact out;

	compact_init(&out, &c->offset_index);
	compact_list(&out, 1, COMPACT_STRUCT, places->count);
	for (size_t i = 0; i < places->count; i++) {
		compact_item(&out);
		compact_i64(&out, 1, (int64_t)places->items[i].offset);
		compact_i32(&out, 2, (int32_t)places->items[i].size);
		compact_i64(&out, 3, (int64_t)places->items[i].first_row);
		compact_end(&out);
	}
	compact_end(&out);
	return out.failed;
}

static void list_bounds(struct compact *out, int field, const struct outleaf *l,
	const struct places *places, bool high)
{
	compact_list(out, field, COMPACT_BYTES, places->count);
	for (size_t i = 0; i < places->count; i++) {
		const struct place *p = &places->items[i];

		compact_item_bytes(out,
			p->has_order ? outleaf_bytes(l, high ? p->high : p->low)
				     : SPAN(""));
	}
}

static int make_column_index(
	const struct outleaf *l, const struct places *places, struct outchunk *c)
{
	struct compact out;

	if (l->type == OUTLEAF_INT96)
		return 0;
	compact_init(&out, &c->column_index);
	compact_list(&out, 1, COMPACT_TRUE, places->count);
	for (size_t i = 0; i < places->count; i++)
		compact_item_bool(&out, !places->items[i].has_order);
	list_bounds(&out, 2, l, places, false);
	list_bounds(&out, 3, l, places, true);
	compact_i32(&out, 4, 0); /* no order among pages */
	compact_list(&out, 5, COMPACT_I64, places->count);
	for (size_t i = 0; i < places->count; i++)
		compact_item_int(&out, places->items[i].nulls);
	compact_end(&out);
	return out.failed;
}

int outchunk_write(struct outsink *s, struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, struct outchunk *ret)
{
	struct outchunk c = { .start = s->offset,
		.coded = style->second_pages ? OUTENCODING_DICTIONARY
					     : OUTENCODING_PLAIN_DICTIONARY,
		.other = other_encoding(l, style),
		.statistics = BUF_INIT(META_MAX),
		.column_index = BUF_INIT(META_MAX),
		.offset_index = BUF_INIT(META_MAX) };
	struct places places = { 0 };
	int r = write_pages(s, p, l, style, &places, &c);

	if (r == 0)
		r = make_statistics(l, style, &places, &c);
	if (r == 0 && !style->origami)
		r = make_offset_index(&places, &c);
	if (r == 0 && !style->origami)
		r = make_column_index(l, &places, &c);
	free(places.items);
	if (r < 0)
		outchunk_finish(&c);
	else
		*ret = c;
	return r;
}

void outchunk_finish(struct outchunk *c)
{
	buf_finish(&c->statistics);
	buf_finish(&c->column_index);
	buf_finish(&c->offset_index);
}
