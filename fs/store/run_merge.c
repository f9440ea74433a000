/* Many runs into one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/run.h"

static void sift_down(struct run_heap *h, size_t at)
{
	uint32_t item = h->items[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count &&
			h->is_before(h->context, h->items[child + 1], h->items[child]))
			child++;
		if (!h->is_before(h->context, h->items[child], item))
			break;
		h->items[at] = h->items[child];
		at = child;
	}
	h->items[at] = item;
}

void run_heap_init(struct run_heap *h)
{
	for (size_t i = h->count / 2; i-- > 0;)
		sift_down(h, i);
}

void run_heap_moved(struct run_heap *h, bool has_ended)
{
	if (has_ended)
		h->items[0] = h->items[--h->count];
	if (h->count > 0)
		sift_down(h, 0);
}

/* Where the merge stands in a run; readers are of one of its tapes at a time. */
struct cursor {
	const struct run *run;
	struct tape_reader reader;
	uint32_t *texts; /* number in the merged run, by the run's */
	uint32_t text_count; /* of them so far */
	struct span text;
	const void *record;
	struct run_key key;
};

struct merge {
	struct cursor *cursors;
	size_t count;
	const uint32_t *ranks;
	struct spill *spill;
	uint32_t *heap;
	struct run *to;
};

typedef int advance_fn(struct merge *m, struct cursor *c);
typedef bool before_fn(const void *context, uint32_t x, uint32_t y);

static int advance_text(struct merge *m, struct cursor *c)
{
	(void)m;
	return tape_next_text(&c->reader, &c->text);
}

static int advance_resource(struct merge *m, struct cursor *c)
{
	int r = tape_next(&c->reader, sizeof(struct run_resource), &c->record);

	if (r > 0) {
		const struct run_resource *x = c->record;

		c->key.a = m->ranks[x->slice];
		c->key.b = (uint64_t)c->texts[x->dir] << 32 | c->texts[x->id];
	}
	return r;
}

/* As put_entries() of run.c has it. */
static int advance_entry(struct merge *m, struct cursor *c)
{
	int r = tape_next(&c->reader, sizeof(struct run_entry), &c->record);

	if (r > 0) {
		const struct run_entry *x = c->record;
		unsigned texts = dim_texts((enum dim)x->dim);
		uint32_t key[2] = { x->entry.key[0], x->entry.key[1] };

		if (x->dim == DIM_RESOURCE || x->dim == DIM_UNTAGGED)
			texts |= 1;
		for (unsigned part = 0; part < 2; part++)
			if (texts & 1U << part)
				key[part] = c->texts[key[part]];
		c->key.a = (uint64_t)m->ranks[x->slice] << 32 | x->dim;
		c->key.b = (uint64_t)key[0] << 32 | key[1];
		c->key.c = c->texts[x->entry.currency];
	}
	return r;
}

static bool text_is_before(const void *context, uint32_t x, uint32_t y)
{
	const struct cursor *cursors = context;

	return span_cmp(cursors[x].text, cursors[y].text) < 0;
}

static bool key_is_before(const void *context, uint32_t x, uint32_t y)
{
	const struct cursor *cursors = context;

	return run_key_compare(&cursors[x].key, &cursors[y].key) < 0;
}

static void close_cursors(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++)
		tape_reader_finish(&m->cursors[i].reader);
}

/* Every cursor at its first record. */
static int open_cursors(struct merge *m, size_t place_in_run, advance_fn *advance,
	before_fn *is_before, struct run_heap *ret)
{
	struct run_heap h = {
		.items = m->heap, .is_before = is_before, .context = m->cursors
	};

	for (size_t i = 0; i < m->count; i++) {
		struct cursor *c = &m->cursors[i];
		const char *run = (const char *)c->run;

		tape_open(&c->reader, m->spill,
			(const struct tape *)(const void *)(run + place_in_run));
	}
	for (size_t i = 0; i < m->count; i++) {
		int r = advance(m, &m->cursors[i]);

		if (r < 0)
			return r;
		if (r > 0)
			h.items[h.count++] = (uint32_t)i;
	}
	run_heap_init(&h);
	*ret = h;
	return 0;
}

static int step(struct merge *m, struct run_heap *h, advance_fn *advance)
{
	int r = advance(m, &m->cursors[h->items[0]]);

	if (r >= 0)
		run_heap_moved(h, r == 0);
	return r < 0 ? r : 0;
}

/* Numbers the text at all cursors that stand at it. */
static int take_text(struct merge *m, struct run_heap *h, struct buf *text)
{
	int r = 0;

	buf_clear(text);
	r = buf_append_span(text, m->cursors[h->items[0]].text);
	while (r == 0 && h->count > 0) {
		struct cursor *c = &m->cursors[h->items[0]];

		if (!span_eq(c->text, buf_span(text)))
			break;
		c->texts[c->text_count++] = m->to->text_count;
		r = step(m, h, advance_text);
	}
	return r;
}

static int merge_texts(struct merge *m)
{
	struct tape_writer w;
	struct run_heap h = { 0 };
	struct buf text = BUF_INIT(SIZE_MAX);
	int r = open_cursors(
		m, offsetof(struct run, texts), advance_text, text_is_before, &h);

	tape_begin(&w, m->spill, &m->to->texts, false);
	while (r == 0 && h.count > 0) {
		if (m->to->text_count == UINT32_MAX)
			r = -EFBIG;
		if (r == 0)
			r = take_text(m, &h, &text);
		if (r == 0)
			r = tape_put_text(&w, buf_span(&text));
		m->to->text_count++;
	}
	buf_finish(&text);
	close_cursors(m);
	return tape_end(&w, r);
}

/* The later one, of two at the same time the greater text (catalog_latest()). */
static bool is_later(int64_t at, uint32_t text, int64_t than_at, uint32_t than_text)
{
	return at != than_at ? at > than_at : text > than_text;
}

static void add_resource(struct run_resource *into, const struct cursor *c)
{
	const struct run_resource *x = c->record;

	if (x->has_name &&
		(!into->has_name ||
			is_later(x->name_at, c->texts[x->name], into->name_at,
				into->name))) {
		into->has_name = 1;
		into->name = c->texts[x->name];
		into->name_at = x->name_at;
	}
	if (x->has_region &&
		(!into->has_region ||
			is_later(x->region_at, c->texts[x->region], into->region_at,
				into->region))) {
		into->has_region = 1;
		into->region = c->texts[x->region];
		into->region_at = x->region_at;
	}
}

static int merge_resources(struct merge *m)
{
	struct tape_writer w;
	struct run_heap h = { 0 };
	int r = open_cursors(
		m, offsetof(struct run, resources), advance_resource, key_is_before, &h);

	tape_begin(&w, m->spill, &m->to->resources, false);
	while (r == 0 && h.count > 0) {
		const struct cursor *first = &m->cursors[h.items[0]];
		struct run_key key = first->key;
		struct run_resource x = {
			.slice = ((const struct run_resource *)first->record)->slice,
			.dir = (uint32_t)(key.b >> 32),
			.id = (uint32_t)key.b,
		};

		while (r == 0 && h.count > 0 &&
			run_key_compare(&m->cursors[h.items[0]].key, &key) == 0) {
			add_resource(&x, &m->cursors[h.items[0]]);
			r = step(m, &h, advance_resource);
		}
		if (r == 0)
			r = tape_put(&w, &x, sizeof(x));
	}
	close_cursors(m);
	return tape_end(&w, r);
}

static int merge_entries(struct merge *m)
{
	struct tape_writer w;
	struct run_heap h = { 0 };
	int r = open_cursors(
		m, offsetof(struct run, entries), advance_entry, key_is_before, &h);

	tape_begin(&w, m->spill, &m->to->entries, false);
	while (r == 0 && h.count > 0) {
		const struct cursor *first = &m->cursors[h.items[0]];
		const struct run_entry *front = first->record;
		struct run_key key = first->key;
		struct run_entry x = { .slice = front->slice, .dim = front->dim };

		x.entry.key[0] = (uint32_t)(key.b >> 32);
		x.entry.key[1] = (uint32_t)key.b;
		x.entry.currency = key.c;
		while (r == 0 && h.count > 0 &&
			run_key_compare(&m->cursors[h.items[0]].key, &key) == 0) {
			const struct run_entry *more = m->cursors[h.items[0]].record;

			r = entry_add(&x.entry, &more->entry);
			if (r == 0)
				r = step(m, &h, advance_entry);
		}
		if (r == 0)
			r = tape_put(&w, &x, sizeof(x));
	}
	close_cursors(m);
	return tape_end(&w, r);
}

static int begin(struct merge *m, const struct run *runs)
{
	m->cursors = vec_alloc(m->count + 1, sizeof(*m->cursors));
	m->heap = vec_alloc(m->count + 1, sizeof(*m->heap));
	if (m->cursors == NULL || m->heap == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < m->count; i++) {
		struct cursor *c = &m->cursors[i];

		c->run = &runs[i];
		c->texts = vec_alloc((size_t)runs[i].text_count + 1, sizeof(*c->texts));
		if (c->texts == NULL)
			return -ENOMEM;
	}
	return 0;
}

int runs_merge(struct run *runs, size_t count, const uint32_t *ranks, struct spill *s,
	struct run *ret)
{
	struct run to = { 0 };
	struct merge m = { .count = count, .ranks = ranks, .spill = s, .to = &to };
	int r = begin(&m, runs);

	if (r == 0)
		r = merge_texts(&m);
	if (r == 0)
		r = merge_resources(&m);
	if (r == 0)
		r = merge_entries(&m);
	for (size_t i = 0; m.cursors != NULL && i < count; i++)
		free(m.cursors[i].texts);
	free(m.cursors);
	free(m.heap);
	for (size_t i = 0; i < count; i++)
		run_finish(&runs[i], s);
	if (r < 0)
		run_finish(&to, s);
	else
		*ret = to;
	return r;
}
