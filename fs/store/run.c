#include "fs/store/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/name.h"

_Static_assert(sizeof(struct run_entry) % 16 == 0, "records stay aligned in a block");

int run_key_compare(const void *a, const void *b)
{
	const struct run_key *x = a, *y = b;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	return (x->c > y->c) - (x->c < y->c);
}

void run_finish(struct run *run, struct spill *s)
{
	tape_finish(&run->texts, s);
	tape_finish(&run->resources, s);
	tape_finish(&run->entries, s);
	*run = (struct run){ 0 };
}

/* A catalog on its way out. */
struct outgoing {
	struct catalog *c;
	const uint32_t *slices; /* NULL: numbers as they are */
	uint32_t *dirs; /* text, by resource */
	uint32_t *texts; /* rank, by number */
	uint32_t *ranks; /* of c's slices */
	struct run_key *keys; /* of what is being sorted */
};

static int name_resources(struct outgoing *o)
{
	struct catalog *c = o->c;
	struct buf name = BUF_INIT((size_t)64 * 1024);
	int r = 0;

	o->dirs = vec_alloc(c->resources.count + 1, sizeof(*o->dirs));
	if (o->dirs == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < c->resources.count; i++) {
		struct span id = intern_text(c->texts, c->resources.items[i].b);

		buf_clear(&name);
		r = name_of_resource(id, &name);
		if (r == 0)
			r = intern_add(c->texts, buf_span(&name), &o->dirs[i]);
	}
	buf_finish(&name);
	return r;
}

/* The first bytes tell most texts apart. */
struct text_key {
	uint64_t front;
	uint32_t text;
};

static uint64_t front_of(struct span text)
{
	uint64_t front = 0;

	for (size_t i = 0; i < sizeof(front); i++)
		front = front << 8 | (i < text.len ? (unsigned char)text.p[i] : 0);
	return front;
}

static int compare_texts(const void *a, const void *b, void *context)
{
	const struct intern *texts = context;
	const struct text_key *x = a, *y = b;

	if (x->front != y->front)
		return x->front < y->front ? -1 : 1;
	return span_cmp(intern_text(texts, x->text), intern_text(texts, y->text));
}

static int put_texts(struct outgoing *o, struct spill *s, struct run *run)
{
	struct intern *texts = o->c->texts;
	uint32_t count = intern_count(texts);
	struct text_key *keys = vec_alloc((size_t)count + 1, sizeof(*keys));
	struct tape_writer w;
	int r = 0;

	o->texts = vec_alloc((size_t)count + 1, sizeof(*o->texts));
	if (keys == NULL || o->texts == NULL) {
		free(keys);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++)
		keys[i] = (struct text_key){ front_of(intern_text(texts, i)), i };
	qsort_r(keys, count, sizeof(*keys), compare_texts, texts);
	tape_begin(&w, s, &run->texts, false);
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		o->texts[keys[i].text] = i;
		r = tape_put_text(&w, intern_text(texts, keys[i].text));
	}
	run->text_count = count;
	free(keys);
	return tape_end(&w, r);
}

static void sort_keys(struct outgoing *o, size_t count)
{
	if (count > 0)
		qsort(o->keys, count, sizeof(*o->keys), run_key_compare);
}

static int make_keys(struct outgoing *o, size_t count)
{
	free(o->keys);
	o->keys = vec_alloc(count + 1, sizeof(*o->keys));
	return o->keys == NULL ? -ENOMEM : 0;
}

static uint64_t two(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static int rank_slices(struct outgoing *o)
{
	const struct catalog *c = o->c;
	int r = make_keys(o, c->slices.count);

	o->ranks = vec_alloc(c->slices.count + 1, sizeof(*o->ranks));
	if (r < 0 || o->ranks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->slices.count; i++) {
		struct pair p = c->slices.items[i];

		o->keys[i] = (struct run_key){
			.a = two(o->texts[c->accounts.items[p.a].a],
				o->texts[c->services.items[p.b].a]),
			.index = (uint32_t)i,
		};
	}
	sort_keys(o, c->slices.count);
	for (size_t i = 0; i < c->slices.count; i++)
		o->ranks[o->keys[i].index] = (uint32_t)i;
	return 0;
}

static uint32_t slice_number(const struct outgoing *o, uint32_t slice)
{
	return o->slices != NULL ? o->slices[slice] : slice;
}

static struct run_resource resource_of(const struct outgoing *o, uint32_t number)
{
	const struct catalog *c = o->c;
	const struct catalog_resource *f = &c->resource_facts[number];
	struct run_resource x = { .slice = slice_number(o, c->resources.items[number].a),
		.dir = o->texts[o->dirs[number]],
		.id = o->texts[c->resources.items[number].b],
		.has_name = f->name.is_set,
		.has_region = f->region.is_set };

	if (f->name.is_set) {
		x.name = o->texts[f->name.text];
		x.name_at = f->name.at;
	}
	if (f->region.is_set) {
		x.region = o->texts[f->region.text];
		x.region_at = f->region.at;
	}
	return x;
}

static int put_resources(struct outgoing *o, struct spill *s, struct run *run)
{
	const struct catalog *c = o->c;
	size_t count = c->resources.count;
	struct tape_writer w;
	int r = make_keys(o, count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		struct pair p = c->resources.items[i];

		o->keys[i] = (struct run_key){ .a = o->ranks[p.a],
			.b = two(o->texts[o->dirs[i]], o->texts[p.b]),
			.index = (uint32_t)i };
	}
	sort_keys(o, count);
	tape_begin(&w, s, &run->resources, false);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct run_resource x = resource_of(o, o->keys[i].index);

		r = tape_put(&w, &x, sizeof(x));
	}
	return tape_end(&w, r);
}

/* A key, with ranks of texts. */
static struct tally_key key_of(const struct outgoing *o, const struct tally_key *key)
{
	struct tally_key k = *key;
	unsigned texts = dim_texts((enum dim)k.dim);

	if (k.dim == DIM_RESOURCE || k.dim == DIM_UNTAGGED) {
		k.key[0] = o->c->resources.items[k.key[0]].b;
		texts |= 1;
	}
	for (unsigned part = 0; part < 2; part++)
		if (texts & 1U << part)
			k.key[part] = o->texts[k.key[part]];
	k.currency = o->texts[k.currency];
	return k;
}

static int put_entry(
	const struct outgoing *o, const struct run_key *key, struct tape_writer *w)
{
	const struct tally *t = o->c->tally;
	struct run_entry x = {
		.slice = slice_number(o, tally_key_at(t, key->index)->slice),
		.dim = (uint32_t)key->a,
		.entry = *tally_entry_at(t, key->index),
	};

	x.entry.key[0] = (uint32_t)(key->b >> 32);
	x.entry.key[1] = (uint32_t)key->b;
	x.entry.currency = key->c;
	return tape_put(w, &x, sizeof(x));
}

static int put_entries(struct outgoing *o, struct spill *s, struct run *run)
{
	const struct tally *t = o->c->tally;
	size_t count = tally_count(t);
	struct tape_writer w;
	int r = make_keys(o, count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		struct tally_key k = key_of(o, tally_key_at(t, i));

		o->keys[i] = (struct run_key){ two(o->ranks[k.slice], k.dim),
			two(k.key[0], k.key[1]), k.currency, (uint32_t)i };
	}
	sort_keys(o, count);
	tape_begin(&w, s, &run->entries, false);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = put_entry(o, &o->keys[i], &w);
	return tape_end(&w, r);
}

int run_write(struct catalog *c, const uint32_t *slices, struct spill *s, struct run *ret)
{
	struct outgoing o = { .c = c, .slices = slices };
	struct run run = { 0 };
	int r = name_resources(&o);

	if (r == 0)
		r = put_texts(&o, s, &run);
	if (r == 0)
		r = rank_slices(&o);
	if (r == 0)
		r = put_resources(&o, s, &run);
	if (r == 0)
		r = put_entries(&o, s, &run);
	free(o.dirs);
	free(o.texts);
	free(o.ranks);
	free(o.keys);
	if (r < 0)
		run_finish(&run, s);
	else
		*ret = run;
	return r;
}
