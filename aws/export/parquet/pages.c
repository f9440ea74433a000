#include "aws/export/parquet/pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "aws/export/little.h"
#include "aws/export/parquet/text.h"
#include "base/vec.h"

enum {
	HEAD_FIRST_BYTES = 1024,
	HEAD_MAX = 1024 * 1024, /* it may hold long bounds */
	OLD_MAX = 1024 * 1024, /* pages at a time */
	DICTIONARY_STEP = 1024,
};

void pages_init(struct pages *p, struct chunk_shared *shared, const struct leaf *leaf)
{
	*p = (struct pages){ .shared = shared, .leaf = leaf };
	arena_init(&p->arena, &shared->memory);
	arena_init(&p->dictionary.arena, &shared->memory);
}

static void drop_dictionary(struct pages *p)
{
	struct dictionary *d = &p->dictionary;

	free(d->texts);
	memory_give(&p->shared->memory, d->bytes);
	d->texts = NULL;
	d->bytes = 0;
	d->count = 0;
	d->name = 0;
	arena_clear(&d->arena);
}

static void free_old(struct pages *p)
{
	while (p->old_count > 0)
		block_finish(&p->old[--p->old_count], &p->shared->memory);
}

void pages_begin(struct pages *p, const struct chunk *chunk,
	const struct fetch_range *range, size_t window_bytes)
{
	free_old(p);
	stream_finish(&p->stream);
	drop_dictionary(p);
	p->chunk = chunk;
	p->seen = 0;
	p->left = 0;
	p->values = (struct values){ .form = VALUES_PLAIN };
	stream_init(&p->stream, &p->shared->fetch, range, window_bytes);
}

void pages_finish(struct pages *p)
{
	struct memory *m = &p->shared->memory;

	free_old(p);
	free(p->old);
	stream_finish(&p->stream);
	drop_dictionary(p);
	block_finish(&p->dictionary.page, m);
	arena_finish(&p->dictionary.arena);
	block_finish(&p->page, m);
	block_finish(&p->spare, m);
	block_finish(&p->keep, m);
	arena_finish(&p->arena);
}

int pages_release(struct pages *p)
{
	int r = values_keep(&p->values, &p->keep);

	if (r < 0)
		return r;
	arena_clear(&p->arena);
	/* One is kept for the next page. */
	if (p->old_count > 0 && !p->spare.p) {
		p->spare = p->old[--p->old_count];
		p->old[p->old_count] = (struct block){ .cap = 0 };
	}
	free_old(p);
	return 0;
}

static int read_head(struct pages *p, struct page *ret, struct fault *why)
{
	size_t want = HEAD_FIRST_BYTES;

	for (;;) {
		struct span bytes;
		int r = stream_need(&p->stream, want, why);

		if (r < 0)
			return r;
		bytes = (struct span){ (const char *)p->stream.p, p->stream.have };
		r = page_read(bytes, ret);
		if (r == -ENODATA && bytes.len >= stream_left(&p->stream))
			return fault(why, -EBADMSG,
				"the page at byte %" PRIu64 " ends early", p->stream.at);
		if (r != -ENODATA)
			return r < 0
				? fault(why, r, "the page at byte %" PRIu64 " is damaged",
					  p->stream.at)
				: 0;
		if (bytes.len >= HEAD_MAX)
			return fault(why, -EFBIG,
				"the page at byte %" PRIu64 " has too long a head",
				p->stream.at);
		want = bytes.len * 2;
	}
}

/* The head of a page is passed. */
static int next_page(struct pages *p, struct page *ret, struct fault *why)
{
	struct page page;
	uint64_t at = p->stream.at;
	int r = read_head(p, &page, why);

	if (r < 0)
		return r;
	stream_skip(&p->stream, page.head_bytes);
	if (page.stored_bytes > stream_left(&p->stream))
		return fault(
			why, -EBADMSG, "the page at byte %" PRIu64 " ends early", at);
	if (page.kind != PAGE_OTHER &&
		(page.bytes > PARQUET_PAGE_MAX || page.stored_bytes > PARQUET_PAGE_MAX))
		return fault(why, -EFBIG,
			"the page at byte %" PRIu64 " has %" PRIu32
			" bytes, and %d are the most",
			at, page.bytes, PARQUET_PAGE_MAX);
	*ret = page;
	return 0;
}

/* What is stored goes to block, inflated; raw bytes at the front as they are. */
static int load(struct pages *p, const struct page *page, size_t raw, struct block *block,
	struct fault *why)
{
	uint64_t at = p->stream.at;
	int64_t codec = page->is_compressed ? p->chunk->codec : CODEC_NONE;
	const char *stored;
	struct span in;
	int r = stream_need(&p->stream, page->stored_bytes, why);

	if (r == 0)
		r = block_renew(block, &p->shared->memory, page->bytes);
	if (r < 0)
		return r;
	stored = (const char *)p->stream.p;
	if (page->has_crc &&
		crc32_z(0, (const unsigned char *)stored, page->stored_bytes) !=
			page->crc)
		return fault(why, -EBADMSG,
			"the page at byte %" PRIu64 " has not its checksum", at);
	if (raw > 0)
		memcpy(block->p, stored, raw);
	in = (struct span){ stored + raw, page->stored_bytes - raw };
	r = codec_inflate(
		&p->shared->codec, codec, in, block->p + raw, page->bytes - raw);
	if (r == -ENOTSUP)
		return fault(why, r, "is compressed by %s, which is not read",
			codec_name(codec));
	if (r == -EBADMSG)
		return fault(
			why, r, "the page at byte %" PRIu64 " cannot be inflated", at);
	if (r == 0)
		stream_skip(&p->stream, page->stored_bytes);
	return r;
}

static int fill_dictionary(struct pages *p, struct values *values, uint32_t count)
{
	const struct value_type *type = &p->leaf->type;
	struct dictionary *d = &p->dictionary;
	int r = 0;

	for (uint32_t done = 0, n; done < count && r == 0; done += n) {
		struct span *texts = d->texts + done;
		int64_t numbers[DICTIONARY_STEP];

		n = count - done < DICTIONARY_STEP ? count - done : DICTIONARY_STEP;
		if (value_type_is_number(type)) {
			r = values_numbers(values, numbers, n);
			if (r == 0)
				r = text_of_numbers(type, numbers, n, &d->arena, texts);
		} else {
			r = values_spans(values, texts, n);
			if (r == 0)
				r = text_of_spans(type, texts, n, &d->arena);
		}
	}
	return r;
}

static int read_dictionary(struct pages *p, const struct page *page, struct fault *why)
{
	struct dictionary *d = &p->dictionary;
	size_t least = value_type_bytes(&p->leaf->type), bytes;
	struct values values;
	int r;

	if (d->name)
		return fault(why, -EBADMSG, "has a second dictionary");
	/* Each text has four bytes of length, at least. */
	if (page->values > page->bytes / (least > 0 ? least : 4) ||
		p->leaf->type.physical == PHYSICAL_BOOLEAN)
		return fault(why, -EBADMSG, "has a dictionary that is damaged");
	if (page->encoding != ENCODING_PLAIN &&
		page->encoding != ENCODING_PLAIN_DICTIONARY)
		return fault(why, -ENOTSUP, "has a dictionary in %s, which is not read",
			values_encoding_name(page->encoding));
	r = load(p, page, 0, &d->page, why);
	bytes = ((size_t)page->values + 1) * sizeof(*d->texts);
	if (r == 0)
		r = memory_take(&p->shared->memory, bytes);
	if (r < 0)
		return r;
	d->bytes = bytes;
	d->texts = vec_alloc((size_t)page->values + 1, sizeof(*d->texts));
	if (!d->texts)
		return -ENOMEM;
	r = values_init(&values, &p->leaf->type, ENCODING_PLAIN,
		(struct span){ (const char *)d->page.p, page->bytes }, &d->arena);
	if (r == 0)
		r = fill_dictionary(p, &values, page->values);
	if (r == -EBADMSG)
		return fault(why, r, "has a dictionary that is damaged");
	d->count = page->values;
	d->name = ++p->shared->dictionaries;
	return r;
}

static unsigned width_of(unsigned max)
{
	unsigned width = 0;

	while (max >> width)
		width++;
	return width;
}

/* In front of a data page of the first version: the length in bytes and runs; or without
 * a length the older form. */
static int take_levels(struct span *bytes, int64_t encoding, unsigned max,
	uint32_t values, struct rle *ret)
{
	unsigned width = width_of(max);
	uint64_t len;

	if (max == 0) {
		rle_init(ret, (struct span){ .len = 0 }, 0);
		return 0;
	}
	if (encoding == ENCODING_RLE) {
		if (bytes->len < 4)
			return -EBADMSG;
		len = little_u32((const unsigned char *)bytes->p);
		*bytes = span_from(*bytes, 4);
	} else if (encoding == ENCODING_BIT_PACKED) {
		len = ((uint64_t)values * width + 7) / 8;
	} else {
		return -ENOTSUP;
	}
	if (len > bytes->len)
		return -EBADMSG;
	if (encoding == ENCODING_RLE)
		rle_init(ret, span_first(*bytes, (size_t)len), width);
	else
		rle_init_msb(ret, span_first(*bytes, (size_t)len), width, values);
	*bytes = span_from(*bytes, (size_t)len);
	return 0;
}

static int split_levels(struct pages *p, const struct page *page, struct span *bytes)
{
	const struct leaf *leaf = p->leaf;
	int r;

	if (page->kind == PAGE_DATA_V2) {
		struct span rep = span_first(*bytes, page->rep_bytes);
		struct span def =
			span_first(span_from(*bytes, page->rep_bytes), page->def_bytes);

		rle_init(&p->rep, rep, width_of(leaf->rep_max));
		rle_init(&p->def, def, width_of(leaf->def_max));
		*bytes = span_from(*bytes, (size_t)page->rep_bytes + page->def_bytes);
		return 0;
	}
	r = take_levels(bytes, page->rep_encoding, leaf->rep_max, page->values, &p->rep);
	if (r == 0)
		r = take_levels(
			bytes, page->def_encoding, leaf->def_max, page->values, &p->def);
	return r;
}

/* Whether texts may stand in the page itself. */
static bool is_answered_from(const struct pages *p)
{
	return p->values.form != VALUES_INDEXES &&
		!value_type_is_number(&p->leaf->type) &&
		p->leaf->type.meaning == MEANING_PLAIN;
}

static int put_page_aside(struct pages *p)
{
	int r;

	if (!p->page.p || !is_answered_from(p))
		return 0;
	r = VEC_RESERVE(&p->old, &p->old_cap, p->old_count + 1, OLD_MAX);
	if (r < 0)
		return r;
	p->old[p->old_count++] = p->page;
	p->page = p->spare;
	p->spare = (struct block){ .cap = 0 };
	return 0;
}

static int read_data(struct pages *p, const struct page *page, struct fault *why)
{
	/* Levels of the second version are never compressed. */
	size_t raw = (size_t)page->rep_bytes + page->def_bytes;
	struct span bytes;
	int r = put_page_aside(p);

	if (r == 0)
		r = load(p, page, raw, &p->page, why);
	if (r < 0)
		return r;
	bytes = (struct span){ (const char *)p->page.p, page->bytes };
	r = split_levels(p, page, &bytes);
	if (r == -ENOTSUP)
		return fault(why, r, "has levels in %s, which is not read",
			values_encoding_name(page->rep_encoding == ENCODING_RLE
					? page->def_encoding
					: page->rep_encoding));
	if (r == 0)
		r = values_init(
			&p->values, &p->leaf->type, page->encoding, bytes, &p->arena);
	if (r == -ENOTSUP)
		return fault(why, r, "is written in %s, which is not read",
			values_encoding_name(page->encoding));
	if (r == -EBADMSG)
		return fault(why, r, "the page before byte %" PRIu64 " is damaged",
			p->stream.at);
	p->left = page->values;
	p->seen += page->values;
	return r;
}

int pages_next(struct pages *p, struct fault *why)
{
	while (p->seen < p->chunk->values && stream_left(&p->stream) > 0) {
		struct page page = { .kind = PAGE_OTHER };
		int r = next_page(p, &page, why);

		if (r < 0)
			return r;
		if (page.kind == PAGE_DICTIONARY) {
			r = read_dictionary(p, &page, why);
		} else if (page.kind == PAGE_OTHER || page.values == 0) {
			stream_skip(&p->stream, page.stored_bytes);
		} else {
			r = read_data(p, &page, why);
			if (r == 0)
				return 1;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int pages_probe(struct pages *p, struct fault *why)
{
	while (p->seen < p->chunk->values && stream_left(&p->stream) > 0) {
		struct page page = { .kind = PAGE_OTHER };
		int r = next_page(p, &page, why);

		if (r < 0)
			return r;
		if (page.kind == PAGE_DICTIONARY) {
			r = read_dictionary(p, &page, why);
			if (r < 0)
				return r;
			continue;
		}
		if (p->chunk->has_dictionary_only)
			break;
		stream_skip(&p->stream, page.stored_bytes);
		if (page.kind == PAGE_OTHER || page.values == 0)
			continue;
		if (page.encoding != ENCODING_RLE_DICTIONARY &&
			page.encoding != ENCODING_PLAIN_DICTIONARY)
			return -ENODATA;
		p->seen += page.values;
	}
	return p->dictionary.name ? 0 : -ENODATA;
}
