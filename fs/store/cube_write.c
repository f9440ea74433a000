/* The cube file, section after section. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/vec.h"
#include "fs/store/ranks.h"
#include "fs/store/render.h"
#include "fs/store/text_order.h"

enum { WRITE_BYTES = 1024 * 1024, HEADER_LINE_MAX = 64 * 1024 * 1024 };

struct writer {
	int fd;
	uint64_t bytes; /* written and buffered */
	struct buf buf;
	struct cube_header header;
	struct builder *b;
	struct ranks ranks;
	struct text_order texts;
	uint32_t *entry_order; /* by slice rank and dimension */
	uint64_t *entry_first; /* by slice rank * DIM_COUNT + dimension, and one more */
	uint32_t empty; /* text */
};

static int put(struct writer *w, const void *bytes, size_t len)
{
	if (w->buf.len + len > WRITE_BYTES) {
		int r = io_pwrite(w->fd, w->buf.p, w->buf.len, w->bytes - w->buf.len);

		if (r < 0)
			return r;
		buf_clear(&w->buf);
	}
	w->bytes += len;
	if (len > WRITE_BYTES)
		return io_pwrite(w->fd, bytes, len, w->bytes - len);
	return buf_append(&w->buf, bytes, len);
}

static int begin(struct writer *w, enum cube_section section, uint64_t count)
{
	static const char zeros[CUBE_ALIGN];
	size_t over = w->bytes % CUBE_ALIGN;
	int r = over == 0 ? 0 : put(w, zeros, CUBE_ALIGN - over);

	w->header.sections[section].offset = w->bytes;
	w->header.sections[section].count = count;
	return r;
}

static int put_texts(struct writer *w)
{
	const struct intern *texts = w->b->catalog.texts;
	uint64_t count = w->texts.count, at = 0;
	int r = begin(w, CUBE_TEXT_OFFSETS, count + 1);

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = put(w, &at, sizeof(at));
		at += intern_text(texts, w->texts.order[i]).len + 1;
	}
	if (r == 0)
		r = put(w, &at, sizeof(at));
	if (r == 0)
		r = begin(w, CUBE_TEXT_BYTES, at);
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		struct span s = intern_text(texts, w->texts.order[i]);

		if (s.len > 0)
			r = put(w, s.p, s.len);
		if (r == 0)
			r = put(w, "", 1);
	}
	return r;
}

/* As it is numbered in the cube. */
static uint32_t text(const struct writer *w, uint32_t number)
{
	return w->texts.ranks[number];
}

static uint32_t text_or_empty(const struct writer *w, const struct latest *l)
{
	return text(w, l->is_set ? l->text : w->empty);
}

static int put_names(struct writer *w)
{
	const struct catalog *c = &w->b->catalog;
	int r = begin(w, CUBE_ACCOUNTS, c->accounts.count);

	for (size_t i = 0; r == 0 && i < c->accounts.count; i++) {
		uint32_t number = w->ranks.account_order[i];
		struct month_account a = { .id = text(w, c->accounts.items[number].a),
			.name = text_or_empty(w, &c->account_names[number]) };

		r = put(w, &a, sizeof(a));
	}
	if (r == 0)
		r = begin(w, CUBE_SERVICES, c->services.count);
	for (size_t i = 0; r == 0 && i < c->services.count; i++) {
		uint32_t number = w->ranks.service_order[i];
		struct month_service s = { .code = text(w, c->services.items[number].a),
			.name = text_or_empty(w, &c->service_facts[number].name),
			.dir = text(w, w->ranks.service_dirs[number]),
			.is_marketplace = c->service_facts[number].is_marketplace };

		r = put(w, &s, sizeof(s));
	}
	return r;
}

static int put_resources(struct writer *w)
{
	const struct catalog *c = &w->b->catalog;
	int r = begin(w, CUBE_RESOURCES, c->resources.count);

	for (size_t i = 0; r == 0 && i < c->resources.count; i++) {
		uint32_t number = w->ranks.resource_order[i];
		struct month_resource m = { .id = text(w, c->resources.items[number].b),
			.dir = text(w, w->ranks.resource_dirs[number]),
			.name = text_or_empty(w, &c->resource_facts[number].name),
			.region = text_or_empty(w, &c->resource_facts[number].region) };

		r = put(w, &m, sizeof(m));
	}
	return r;
}

static int order_entries(struct writer *w)
{
	const struct catalog *c = &w->b->catalog;
	size_t count = tally_count(c->tally), groups = c->slices.count * DIM_COUNT;
	uint64_t *next = vec_alloc(groups + 1, sizeof(*next));

	w->entry_order = vec_alloc(count + 1, sizeof(*w->entry_order));
	w->entry_first = vec_alloc(groups + 2, sizeof(*w->entry_first));
	if (next == NULL || w->entry_order == NULL || w->entry_first == NULL) {
		free(next);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		const struct tally_key *k = tally_key_at(c->tally, i);

		w->entry_first[(size_t)w->ranks.slices[k->slice] * DIM_COUNT + k->dim +
			1]++;
	}
	for (size_t g = 0; g < groups; g++) {
		w->entry_first[g + 1] += w->entry_first[g];
		next[g] = w->entry_first[g];
	}
	for (size_t i = 0; i < count; i++) {
		const struct tally_key *k = tally_key_at(c->tally, i);
		size_t g = (size_t)w->ranks.slices[k->slice] * DIM_COUNT + k->dim;

		w->entry_order[next[g]++] = (uint32_t)i;
	}
	free(next);
	return 0;
}

static int put_entries(struct writer *w)
{
	const struct catalog *c = &w->b->catalog;
	size_t count = tally_count(c->tally);
	int r = begin(w, CUBE_ENTRIES, count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct tally_key *k = tally_key_at(c->tally, w->entry_order[i]);
		struct entry e = *tally_entry_at(c->tally, w->entry_order[i]);

		for (unsigned part = 0; part < 2; part++)
			e.key[part] = dim_texts((enum dim)k->dim) & 1U << part
				? text(w, k->key[part])
				: k->key[part];
		e.currency = text(w, k->currency);
		if (k->dim == DIM_RESOURCE || k->dim == DIM_UNTAGGED)
			e.key[0] = w->ranks.resources[k->key[0]];
		r = put(w, &e, sizeof(e));
	}
	return r;
}

static int compare_extents(const void *a, const void *b, void *context)
{
	const uint32_t *ranks = context;
	const struct built_extent *x = a, *y = b;

	if (x->slice != y->slice)
		return (ranks[x->slice] > ranks[y->slice]) -
			(ranks[x->slice] < ranks[y->slice]);
	if (x->extent.chunk != y->extent.chunk)
		return (x->extent.chunk > y->extent.chunk) -
			(x->extent.chunk < y->extent.chunk);
	return (x->place > y->place) - (x->place < y->place);
}

/* Sorts them and lets each know what stands before it in its slice. */
static void order_extents(struct builder *b, struct ranks *ranks)
{
	if (b->extent_count == 0)
		return;
	qsort_r(b->extents, b->extent_count, sizeof(*b->extents), compare_extents,
		ranks->slices);
	for (size_t i = 1; i < b->extent_count; i++) {
		const struct built_extent *before = &b->extents[i - 1];
		struct built_extent *e = &b->extents[i];

		if (e->slice != before->slice)
			continue;
		e->extent.row_start = before->extent.row_start + before->extent.rows;
		e->extent.fixed_start =
			before->extent.fixed_start + before->extent.fixed_bytes;
	}
}

static int put_slices(struct writer *w)
{
	const struct builder *b = w->b;
	size_t extent = 0;
	int r = begin(w, CUBE_SLICES, b->catalog.slices.count);

	for (size_t i = 0; r == 0 && i < b->catalog.slices.count; i++) {
		uint32_t number = w->ranks.slice_order[i];
		struct pair p = b->catalog.slices.items[number];
		struct month_slice s = { .account = w->ranks.accounts[p.a],
			.service = w->ranks.services[p.b],
			.resource_first = w->ranks.resource_first[i],
			.resource_count = w->ranks.resource_first[i + 1] -
				w->ranks.resource_first[i],
			.extent_first = extent };
		uint64_t fixed = 0;

		memcpy(s.entry_first, &w->entry_first[i * DIM_COUNT],
			sizeof(s.entry_first));
		for (; extent < b->extent_count && b->extents[extent].slice == number;
			extent++) {
			s.lines += b->extents[extent].extent.rows;
			fixed += b->extents[extent].extent.fixed_bytes;
			s.extent_count++;
		}
		s.bytes = fixed + s.lines * w->ranks.map_count;
		r = put(w, &s, sizeof(s));
	}
	return r;
}

static int put_places(struct writer *w)
{
	const struct builder *b = w->b;
	int r = begin(w, CUBE_EXTENTS, b->extent_count);

	for (size_t i = 0; r == 0 && i < b->extent_count; i++)
		r = put(w, &b->extents[i].extent, sizeof(struct cube_extent));
	if (r == 0)
		r = begin(w, CUBE_BLOCKS, b->block_count);
	if (r == 0 && b->block_count > 0)
		r = put(w, b->blocks, b->block_count * sizeof(*b->blocks));
	return r;
}

static int put_maps(struct writer *w)
{
	const struct builder *b = w->b;
	uint64_t first = 0;
	int r = begin(w, CUBE_MAP_FIRST, (uint64_t)b->chunks + 1);

	for (uint32_t i = 0; r == 0 && i < b->chunks; i++) {
		r = put(w, &first, sizeof(first));
		first += b->maps[i].count;
	}
	if (r == 0)
		r = put(w, &first, sizeof(first));
	if (r == 0)
		r = begin(w, CUBE_MAP_COLUMNS, first);
	for (uint32_t i = 0; r == 0 && i < b->chunks; i++)
		for (uint32_t k = 0; r == 0 && k < b->maps[i].count; k++)
			r = put(w, &w->ranks.map_columns[b->maps[i].names[k]],
				sizeof(uint32_t));
	return r;
}

static int put_header_line(struct writer *w, const struct layout *layout)
{
	struct buf line = BUF_INIT(HEADER_LINE_MAX);
	struct span *names = vec_alloc((size_t)w->ranks.map_count + 1, sizeof(*names));
	int r = names == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; r == 0 && i < w->ranks.map_count; i++)
		names[i] = intern_text(w->b->catalog.texts, w->ranks.map_names[i]);
	if (r == 0)
		r = render_header(layout, names, w->ranks.map_count, &line);
	if (r == 0)
		r = begin(w, CUBE_HEADER_LINE, line.len);
	if (r == 0)
		r = put(w, line.p, line.len);
	free(names);
	buf_finish(&line);
	return r;
}

static void fill_header(struct writer *w, const struct cube_facts *facts)
{
	struct cube_header *h = &w->header;
	const struct delivery *d = facts->delivery;
	const struct layout *l = facts->layout;

	memcpy(h->magic, CUBE_MAGIC, sizeof(h->magic));
	h->version = CUBE_VERSION;
	h->byte_order = CUBE_BYTE_ORDER;
	h->data_bytes = facts->data_bytes;
	h->as_of = d->as_of.seconds;
	h->lines = w->b->catalog.lines;
	h->rounded = facts->rounded;
	h->dims = (uint16_t)facts->sums.dims;
	memcpy(h->account, facts->sums.account, sizeof(h->account));
	h->month = d->month.number;
	h->first_day = w->b->catalog.first_day.number;
	h->last_day = w->b->catalog.last_day.number;
	h->map_columns = w->ranks.map_count;
	h->verified = d->verified;
	h->has_net = l->has_net;
	h->has_list = l->has_list;
	h->has_resources = l->has_resources;
	h->has_tags = l->has_tags;
	h->lacks_invoices = !l->has_invoices;
	h->marked = l->has_maps;
	memcpy(h->id, d->id, sizeof(h->id));
}

/* The header last: without it the file is none. */
static int finish_file(struct writer *w)
{
	int r = io_pwrite(w->fd, w->buf.p, w->buf.len, w->bytes - w->buf.len);

	if (r < 0)
		return r;
	w->header.file_bytes = w->bytes;
	r = io_pwrite(w->fd, &w->header, sizeof(w->header), 0);
	if (r < 0)
		return r;
	void *p = mmap(NULL, w->bytes, PROT_READ, MAP_SHARED, w->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	w->header.hash = cube_hash((struct span){ p, w->bytes });
	munmap(p, w->bytes);
	return io_pwrite(w->fd, &w->header, sizeof(w->header), 0);
}

static int put_sections(struct writer *w, const struct cube_facts *facts)
{
	int r = put(w, &w->header, sizeof(w->header));

	if (r == 0)
		r = put_texts(w);
	if (r == 0)
		r = put_names(w);
	if (r == 0)
		r = put_slices(w);
	if (r == 0)
		r = put_resources(w);
	if (r == 0)
		r = put_entries(w);
	if (r == 0)
		r = put_places(w);
	if (r == 0)
		r = put_maps(w);
	return r == 0 ? put_header_line(w, facts->layout) : r;
}

int builder_write(struct builder *b, const struct cube_facts *facts, int fd)
{
	struct writer w = { .fd = fd, .b = b, .buf = BUF_INIT(2 * (size_t)WRITE_BYTES) };
	uint32_t first[2];
	int r = intern_add(b->catalog.texts, SPAN(""), &first[0]);

	if (r == 0)
		r = intern_add(
			b->catalog.texts, span_of(facts->delivery->assembly), &first[1]);
	if (r == 0)
		r = ranks_init(&w.ranks, b);
	if (r == 0)
		r = text_order_init(&w.texts, b, &w.ranks, first, ARRAY_LEN(first));
	if (r != 0)
		goto out;
	w.empty = first[0];
	w.header.assembly = text(&w, first[1]);
	fill_header(&w, facts);
	order_extents(b, &w.ranks);
	r = order_entries(&w);
	if (r == 0)
		r = put_sections(&w, facts);
	if (r == 0)
		r = finish_file(&w);
out:
	free(w.entry_order);
	free(w.entry_first);
	text_order_finish(&w.texts);
	ranks_finish(&w.ranks);
	buf_finish(&w.buf);
	return r;
}
