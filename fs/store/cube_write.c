/* The cube file, section after section. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/vec.h"
#include "fs/store/ranks.h"
#include "fs/store/render.h"
#include "fs/store/resource_dirs.h"

enum { WRITE_BYTES = 1024 * 1024, HEADER_LINE_MAX = 64 * 1024 * 1024 };

struct writer {
	int fd;
	uint64_t bytes; /* written and buffered */
	struct buf buf;
	struct cube_header header;
	struct builder *b;
	struct ranks ranks;
	struct run run; /* all that was read */
	struct cube_texts texts;
	uint32_t *numbers; /* of texts of the catalog that names need */
	struct resources resources;
	uint64_t *entry_first; /* by slice rank * DIM_COUNT + dimension, and one more */
	struct month_slice *slices; /* by rank */
};

static int flush(struct writer *w)
{
	int r = io_pwrite(w->fd, w->buf.p, w->buf.len, w->bytes - w->buf.len);

	if (r == 0)
		buf_clear(&w->buf);
	return r;
}

static int put(struct writer *w, const void *bytes, size_t len)
{
	int r = w->buf.len + len > WRITE_BYTES ? flush(w) : 0;

	if (r < 0)
		return r;
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

/* Of items whose count shows when they are there. */
static void end(struct writer *w, enum cube_section section)
{
	w->header.sections[section].count =
		(w->bytes - w->header.sections[section].offset) /
		cube_item_bytes(section);
}

/* Texts of the catalog, by their bytes, whose numbers are looked for. */
struct wanted {
	const struct intern *texts;
	uint32_t *items;
	size_t count, next;
};

static int compare_wanted(const void *a, const void *b, void *context)
{
	const struct intern *texts = context;

	return span_cmp(intern_text(texts, *(const uint32_t *)a),
		intern_text(texts, *(const uint32_t *)b));
}

static void want(struct wanted *x, uint32_t text)
{
	x->items[x->count++] = text;
}

static void want_latest(struct wanted *x, const struct latest *l)
{
	if (l->is_set)
		want(x, l->text);
}

/* Those of names: of what there is in each slice, all have numbers already. */
static int wanted_init(struct wanted *x, const struct writer *w, uint32_t assembly)
{
	const struct catalog *c = &w->b->catalog;

	*x = (struct wanted){ .texts = c->texts };
	x->items = vec_alloc(
		1 + 2 * c->accounts.count + 3 * c->services.count, sizeof(*x->items));
	if (x->items == NULL)
		return -ENOMEM;
	want(x, assembly);
	for (size_t i = 0; i < c->accounts.count; i++) {
		want(x, c->accounts.items[i].a);
		want_latest(x, &c->account_names[i]);
	}
	for (size_t i = 0; i < c->services.count; i++) {
		want(x, c->services.items[i].a);
		want_latest(x, &c->service_facts[i].name);
		want(x, w->ranks.service_dirs[i]);
	}
	qsort_r(x->items, x->count, sizeof(*x->items), compare_wanted, c->texts);
	return 0;
}

static void find_wanted(struct writer *w, struct wanted *x, struct span text)
{
	while (x->next < x->count &&
		span_eq(intern_text(x->texts, x->items[x->next]), text))
		w->numbers[x->items[x->next++]] = w->texts.count;
}

/* A text and a NUL; where it begins is noted. */
static int put_text(struct writer *w, struct tape_writer *offsets, struct span text)
{
	uint64_t at = w->bytes - w->texts.first;
	int r = tape_put(offsets, &at, sizeof(at));

	if (r == 0 && text.len > 0)
		r = put(w, text.p, text.len);
	return r == 0 ? put(w, "", 1) : r;
}

/* Those that were read, and one more offset: their end. */
static int put_read_texts(struct writer *w, struct wanted *wanted)
{
	struct tape_reader reader;
	struct tape_writer offsets;
	struct span text;
	int r;

	tape_open(&reader, w->b->spill, &w->run.texts);
	tape_begin(&offsets, w->b->spill, &w->texts.offsets, true);
	while ((r = tape_next_text(&reader, &text)) > 0) {
		find_wanted(w, wanted, text);
		r = put_text(w, &offsets, text);
		if (r < 0)
			break;
		w->texts.count++;
	}
	tape_reader_finish(&reader);
	uint64_t last = w->bytes - w->texts.first;
	if (r == 0)
		r = tape_put(&offsets, &last, sizeof(last));
	return tape_end(&offsets, r);
}

static int begin_texts(struct writer *w, uint32_t assembly)
{
	size_t count = intern_count(w->b->catalog.texts);
	struct wanted wanted = { 0 };
	int r = begin(w, CUBE_TEXT_BYTES, 0);

	w->texts.fd = w->fd;
	w->texts.first = w->bytes;
	w->texts.spill = w->b->spill;
	w->numbers = vec_alloc(count + 1, sizeof(*w->numbers));
	if (r == 0)
		r = w->numbers == NULL ? -ENOMEM : wanted_init(&wanted, w, assembly);
	if (r == 0)
		r = put_read_texts(w, &wanted);
	assert(r < 0 || wanted.next == wanted.count);
	free(wanted.items);
	tape_finish(&w->run.texts, w->b->spill);
	if (r == 0)
		w->header.assembly = w->numbers[assembly];
	return r == 0 ? flush(w) : r;
}

static int put_tape(struct writer *w, const struct tape *from, size_t item)
{
	struct tape_reader reader;
	const void *p;
	int r;

	tape_open(&reader, w->b->spill, from);
	while ((r = tape_next(&reader, item, &p)) > 0) {
		r = put(w, p, item);
		if (r < 0)
			break;
	}
	tape_reader_finish(&reader);
	return r;
}

/* Behind the texts that were read the names that were made. */
static int end_texts(struct writer *w)
{
	const struct intern *more = w->texts.more;
	uint32_t count = more == NULL ? 0 : intern_count(more);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		struct span text = intern_text(more, i);

		if (text.len > 0)
			r = put(w, text.p, text.len);
		if (r == 0)
			r = put(w, "", 1);
	}
	end(w, CUBE_TEXT_BYTES);
	if (r == 0)
		r = begin(w, CUBE_TEXT_OFFSETS, 0);
	if (r == 0)
		r = put_tape(w, &w->texts.offsets, sizeof(uint64_t));
	uint64_t at = w->header.sections[CUBE_TEXT_BYTES].count;
	for (uint32_t i = 0; i < count; i++)
		at -= intern_text(more, i).len + 1;
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		at += intern_text(more, i).len + 1;
		r = put(w, &at, sizeof(at));
	}
	end(w, CUBE_TEXT_OFFSETS);
	return r;
}

/* As it is numbered in the cube, where number 0 is the empty one. */
static uint32_t text(const struct writer *w, uint32_t number)
{
	return w->numbers[number];
}

static uint32_t text_or_empty(const struct writer *w, const struct latest *l)
{
	return l->is_set ? text(w, l->text) : 0;
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
	int r = begin(w, CUBE_RESOURCES, 0);

	if (r == 0)
		r = put_tape(w, &w->resources.items, sizeof(struct month_resource));
	end(w, CUBE_RESOURCES);
	return r;
}

static int put_entry(
	struct writer *w, struct resource_reader *resources, const struct run_entry *x)
{
	uint32_t rank = w->ranks.slices[x->slice];
	struct entry e = x->entry;

	if (x->dim == DIM_RESOURCE || x->dim == DIM_UNTAGGED) {
		int r = resource_reader_go(resources, rank);
		int64_t index = r < 0 ? r : resource_reader_find(resources, e.key[0]);

		if (index < 0)
			return (int)index;
		e.key[0] = (uint32_t)index;
	}
	w->entry_first[(size_t)rank * DIM_COUNT + x->dim + 1]++;
	return put(w, &e, sizeof(e));
}

static int put_entries(struct writer *w)
{
	size_t groups = w->b->catalog.slices.count * DIM_COUNT;
	struct resource_reader resources;
	struct tape_reader reader;
	const void *record;
	int r = begin(w, CUBE_ENTRIES, 0);

	w->entry_first = vec_alloc(groups + 2, sizeof(*w->entry_first));
	if (r < 0 || w->entry_first == NULL)
		return r < 0 ? r : -ENOMEM;
	tape_open(&reader, w->b->spill, &w->run.entries);
	resource_reader_open(&resources, w->b->spill, &w->resources);
	while ((r = tape_next(&reader, sizeof(struct run_entry), &record)) > 0) {
		r = put_entry(w, &resources, record);
		if (r < 0)
			break;
	}
	tape_reader_finish(&reader);
	resource_reader_finish(&resources);
	for (size_t g = 0; g < groups; g++)
		w->entry_first[g + 1] += w->entry_first[g];
	end(w, CUBE_ENTRIES);
	return r;
}

/* Each extent knows what stands before it in its slice. */
static int put_extent(void *context, const struct built_extent *built)
{
	struct writer *w = context;
	struct month_slice *s = &w->slices[w->ranks.slices[built->slice]];
	struct cube_extent e = built->extent;

	e.row_start = s->lines;
	e.fixed_start = s->bytes;
	s->lines += e.rows;
	s->bytes += e.fixed_bytes;
	s->extent_count++;
	return put(w, &e, sizeof(e));
}

static int put_places(struct writer *w)
{
	struct builder *b = w->b;
	int r = begin(w, CUBE_EXTENTS, 0);

	w->slices = vec_alloc(b->catalog.slices.count + 1, sizeof(*w->slices));
	if (r == 0)
		r = w->slices == NULL ? -ENOMEM
				      : extents_walk(&b->extents, w->ranks.slices,
						b->spill, put_extent, w);
	end(w, CUBE_EXTENTS);
	if (r == 0)
		r = begin(w, CUBE_BLOCKS, b->block_count);
	if (r == 0 && b->block_count > 0)
		r = put(w, b->blocks, b->block_count * sizeof(*b->blocks));
	return r;
}

/* Their rows are known by their extents. */
static int put_slices(struct writer *w)
{
	const struct catalog *c = &w->b->catalog;
	uint64_t extent = 0;
	int r = begin(w, CUBE_SLICES, c->slices.count);

	for (size_t i = 0; r == 0 && i < c->slices.count; i++) {
		struct pair p = c->slices.items[w->ranks.slice_order[i]];
		struct month_slice *s = &w->slices[i];

		s->account = w->ranks.accounts[p.a];
		s->service = w->ranks.services[p.b];
		s->resource_first = w->resources.first[i];
		s->resource_count = w->resources.first[i + 1] - s->resource_first;
		s->extent_first = extent;
		extent += s->extent_count;
		s->bytes += s->lines * w->ranks.map_count;
		memcpy(s->entry_first, &w->entry_first[i * DIM_COUNT],
			sizeof(s->entry_first));
		r = put(w, s, sizeof(*s));
	}
	return r;
}

static int put_maps(struct writer *w)
{
	const struct builder *b = w->b;
	uint64_t first = 0;
	int r = begin(w, CUBE_MAP_FIRST, (uint64_t)b->share_count + 1);

	for (size_t i = 0; r == 0 && i < b->share_count; i++) {
		r = put(w, &first, sizeof(first));
		first += b->shares[i].count;
	}
	if (r == 0)
		r = put(w, &first, sizeof(first));
	if (r == 0)
		r = begin(w, CUBE_MAP_COLUMNS, first);
	for (size_t i = 0; r == 0 && i < b->share_count; i++)
		for (uint32_t k = 0; r == 0 && k < b->shares[i].count; k++)
			r = put(w, &w->ranks.map_columns[b->shares[i].names[k]],
				sizeof(uint32_t));
	return r;
}

static int put_header_line(struct writer *w, const struct layout *layout)
{
	struct buf line = BUF_INIT(HEADER_LINE_MAX);
	struct span *names = vec_alloc((size_t)w->ranks.map_count + 1, sizeof(*names));
	int r = names == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; r == 0 && i < w->ranks.map_count; i++)
		names[i] = intern_text(w->b->map_names, w->ranks.map_names[i]);
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
	int r = flush(w);

	w->header.file_bytes = w->bytes;
	if (r == 0)
		r = cube_hash_file(w->fd, &w->header, &w->header.hash);
	return r == 0 ? io_pwrite(w->fd, &w->header, sizeof(w->header), 0) : r;
}

static int put_sections(struct writer *w, const struct layout *layout)
{
	int r = put_names(w);

	if (r == 0)
		r = put_resources(w);
	if (r == 0)
		r = put_entries(w);
	if (r == 0)
		r = put_places(w);
	if (r == 0)
		r = put_slices(w);
	if (r == 0)
		r = put_maps(w);
	return r == 0 ? put_header_line(w, layout) : r;
}

/* Texts go first: names of resources are made of them, and then all have numbers. */
static int put_all(struct writer *w, const struct layout *layout, uint32_t assembly)
{
	const struct catalog *c = &w->b->catalog;
	int r = builder_merge(w->b, w->ranks.slices, &w->run);

	if (r == 0)
		r = put(w, &w->header, sizeof(w->header));
	if (r == 0)
		r = begin_texts(w, assembly);
	if (r == 0)
		r = resources_settle(&w->run, w->ranks.slices, c->slices.count, &w->texts,
			&w->resources);
	if (r == 0)
		r = end_texts(w);
	return r == 0 ? put_sections(w, layout) : r;
}

int builder_write(struct builder *b, const struct cube_facts *facts, int fd)
{
	struct writer w = { .fd = fd, .b = b, .buf = BUF_INIT(2 * (size_t)WRITE_BYTES) };
	uint32_t empty, assembly;
	int r = intern_add(b->catalog.texts, SPAN(""), &empty);

	if (r == 0)
		r = intern_add(
			b->catalog.texts, span_of(facts->delivery->assembly), &assembly);
	if (r == 0)
		r = ranks_init(&w.ranks, b);
	if (r == 0) {
		fill_header(&w, facts);
		r = put_all(&w, facts->layout, assembly);
	}
	if (r == 0)
		r = finish_file(&w);
	resources_finish(&w.resources, b->spill);
	cube_texts_finish(&w.texts);
	run_finish(&w.run, b->spill);
	free(w.numbers);
	free(w.slices);
	free(w.entry_first);
	ranks_finish(&w.ranks);
	buf_finish(&w.buf);
	return r;
}
