#include "fs/store/resource_dirs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/store/month.h"
#include "fs/store/name.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };

void resources_finish(struct resources *x, struct spill *s)
{
	tape_finish(&x->items, s);
	free(x->first);
	*x = (struct resources){ 0 };
}

/* How hard a resource's name has to be told from others. */
enum clash { CLASH_REGION, CLASH_HASH };

/* One slice at a time. */
struct settling {
	struct cube_texts *texts;
	struct month_resource *items;
	size_t count, cap;
	struct buf id, name;
	struct tape_writer out;
};

static int rename_one(struct settling *s, struct month_resource *m, enum clash clash)
{
	char hex[13];
	int r = cube_texts_get(s->texts, m->id, &s->id);

	buf_clear(&s->name);
	if (r == 0)
		r = name_of_resource(buf_span(&s->id), &s->name);
	if (r == 0 && clash == CLASH_REGION)
		r = name_resource_suffix(buf_span(&s->id), &s->name);
	if (r == 0 && clash == CLASH_HASH)
		r = sha256_hex(buf_span(&s->id), 6, hex);
	if (r == 0 && clash == CLASH_HASH)
		r = buf_appendf(&s->name, "~%s", hex);
	return r == 0 ? cube_texts_number(s->texts, buf_span(&s->name), &m->dir) : r;
}

static int compare_dirs(const void *a, const void *b, void *context)
{
	const struct month_resource *x = a, *y = b;
	int order = cube_texts_compare(context, x->dir, y->dir);

	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

/* Renames those that share a name, which are sorted. Answers how many. */
static int part(struct settling *s, enum clash clash)
{
	int renamed = 0;

	for (size_t i = 0; i < s->count;) {
		uint32_t dir = s->items[i].dir;
		size_t end = i + 1;

		while (end < s->count && s->items[end].dir == dir)
			end++;
		for (size_t j = i; end - i > 1 && j < end; j++) {
			int r = rename_one(s, &s->items[j], clash);

			if (r < 0)
				return r;
			renamed = 1;
		}
		i = end;
	}
	return renamed;
}

static int end_slice(struct settling *s)
{
	int r = part(s, CLASH_REGION);

	for (int round = 0; r > 0 && round < 3; round++) {
		qsort_r(s->items, s->count, sizeof(*s->items), compare_dirs, s->texts);
		r = round < 2 ? part(s, CLASH_HASH) : 0;
	}
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = tape_put(&s->out, &s->items[i], sizeof(s->items[i]));
	s->count = 0;
	return r;
}

static int add(struct settling *s, const struct run_resource *x)
{
	int r = VEC_RESERVE(&s->items, &s->cap, s->count + 1, (size_t)UINT32_MAX);

	/* Text 0 is empty. */
	if (r == 0)
		s->items[s->count++] = (struct month_resource){ .id = x->id,
			.dir = x->dir,
			.name = x->has_name ? x->name : 0,
			.region = x->has_region ? x->region : 0 };
	return r;
}

static int settle(
	struct settling *s, const struct run *run, const uint32_t *ranks, uint32_t *first)
{
	struct tape_reader reader;
	const void *record;
	uint32_t rank = 0;
	uint64_t count = 0;
	int r;

	tape_open(&reader, s->texts->spill, &run->resources);
	while ((r = tape_next(&reader, sizeof(struct run_resource), &record)) > 0) {
		const struct run_resource *x = record;

		if (s->count > 0 && rank != ranks[x->slice])
			r = end_slice(s);
		rank = ranks[x->slice];
		if (r >= 0)
			r = add(s, x);
		if (r < 0)
			break;
		first[rank + 1]++;
		if (++count > UINT32_MAX) {
			r = -EFBIG;
			break;
		}
	}
	tape_reader_finish(&reader);
	return r == 0 ? end_slice(s) : r;
}

int resources_settle(const struct run *run, const uint32_t *ranks, size_t slice_count,
	struct cube_texts *texts, struct resources *ret)
{
	struct resources x = { .first = vec_alloc(slice_count + 2, sizeof(*x.first)) };
	struct settling s = { .texts = texts,
		.id = BUF_INIT(TEXT_MAX),
		.name = BUF_INIT((size_t)64 * 1024) };

	if (x.first == NULL)
		return -ENOMEM;
	tape_begin(&s.out, texts->spill, &x.items, false);
	int r = tape_end(&s.out, settle(&s, run, ranks, x.first));
	for (size_t i = 0; r == 0 && i < slice_count; i++)
		x.first[i + 1] += x.first[i];
	free(s.items);
	buf_finish(&s.id);
	buf_finish(&s.name);
	if (r < 0)
		resources_finish(&x, texts->spill);
	else
		*ret = x;
	return r;
}

void resource_reader_open(
	struct resource_reader *x, struct spill *s, const struct resources *from)
{
	*x = (struct resource_reader){ .from = from };
	tape_open(&x->reader, s, &from->items);
}

void resource_reader_finish(struct resource_reader *x)
{
	tape_reader_finish(&x->reader);
	free(x->items);
}

static int compare_ids(const void *a, const void *b)
{
	const struct resource_index *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int read_slice(struct resource_reader *x, size_t count)
{
	bool is_sorted = true;
	int r = VEC_RESERVE(&x->items, &x->cap, count, (size_t)UINT32_MAX);

	for (x->count = 0; r == 0 && x->count < count; x->count++) {
		const void *record;

		r = tape_next(&x->reader, sizeof(struct month_resource), &record);
		if (r <= 0)
			return r < 0 ? r : -EBADMSG;
		r = 0;
		x->items[x->count] = (struct resource_index){
			((const struct month_resource *)record)->id, (uint32_t)x->count
		};
		is_sorted &= x->count == 0 ||
			x->items[x->count - 1].id < x->items[x->count].id;
	}
	if (r == 0 && !is_sorted)
		qsort(x->items, x->count, sizeof(*x->items), compare_ids);
	return r;
}

int resource_reader_go(struct resource_reader *x, size_t rank)
{
	int r = 0;

	for (; r == 0 && x->slice <= rank; x->slice++)
		r = read_slice(
			x, x->from->first[x->slice + 1] - x->from->first[x->slice]);
	return r;
}

int64_t resource_reader_find(const struct resource_reader *x, uint32_t id)
{
	const struct resource_index key = { .id = id }, *found = NULL;

	if (x->count > 0)
		found = bsearch(&key, x->items, x->count, sizeof(*x->items), compare_ids);
	return found == NULL ? -ENOENT : (int64_t)found->index;
}
