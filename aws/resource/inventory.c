#include "aws/resource/inventory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"

enum {
	PART_COUNT = INVENTORY_FIELD_COUNT + 1, /* the fields, and the JSON */
	PART_JSON = INVENTORY_FIELD_COUNT,
	MAGIC_BYTES = 8, /* the last one is the version */
	HEAD_BYTES = MAGIC_BYTES + 8 + 8 + 4, /* hash, time, count */
	HASHED_FROM = MAGIC_BYTES + 8,
	RECORD_BYTES = 4 * PART_COUNT, /* of an item, before the texts of all */
	WRITE_BYTES = 256 * 1024,
};
static const char MAGIC[] = "costfsL1";

/* Its parts stand one after another in the bytes. */
struct item {
	uint32_t at;
	uint32_t len[PART_COUNT];
};

struct inventory {
	atomic_size_t refs;
	struct instant time;
	struct item *items; /* by id */
	size_t count;
	char *bytes;
	size_t bytes_len;
};

struct inventory_builder {
	struct instant time;
	struct item *items;
	size_t count, cap;
	struct buf bytes;
};

static struct span part_of(const char *bytes, const struct item *item, size_t part)
{
	size_t at = item->at;

	for (size_t i = 0; i < part; i++)
		at += item->len[i];
	return (struct span){ bytes + at, item->len[part] };
}

struct inventory *inventory_ref(struct inventory *v)
{
	atomic_fetch_add(&v->refs, 1);
	return v;
}

void inventory_unref(struct inventory *v)
{
	if (!v || atomic_fetch_sub(&v->refs, 1) > 1)
		return;
	free(v->items);
	free(v->bytes);
	free(v);
}

struct instant inventory_time(const struct inventory *v)
{
	return v->time;
}

size_t inventory_count(const struct inventory *v)
{
	return v->count;
}

struct span inventory_text(
	const struct inventory *v, size_t item, enum inventory_field field)
{
	return part_of(v->bytes, &v->items[item], field);
}

struct span inventory_json(const struct inventory *v, size_t item)
{
	return part_of(v->bytes, &v->items[item], PART_JSON);
}

int inventory_find(const struct inventory *v, struct span id, size_t *ret)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = span_cmp(inventory_text(v, middle, INVENTORY_ID), id);

		if (order == 0) {
			*ret = middle;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

size_t inventory_memory(const struct inventory *v)
{
	return sizeof(*v) + v->count * sizeof(*v->items) + v->bytes_len;
}

static void put_number(unsigned char *at, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(number >> (8 * i));
}

static uint64_t get_number(struct span bytes, size_t at, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number |= (uint64_t)(unsigned char)bytes.p[at + i] << (8 * i);
	return number;
}

static void make_head(const struct inventory *v, unsigned char ret[static HEAD_BYTES])
{
	memset(ret, 0, HEAD_BYTES);
	memcpy(ret, MAGIC, MAGIC_BYTES);
	put_number(ret + MAGIC_BYTES + 8, (uint64_t)v->time.seconds, 8);
	put_number(ret + MAGIC_BYTES + 16, v->count, 4);
}

/* Takes a piece of what is saved. */
typedef int put_fn(void *context, const void *bytes, size_t len);

static int put_record(const struct item *item, put_fn *put, void *context)
{
	unsigned char record[RECORD_BYTES];

	for (size_t i = 0; i < PART_COUNT; i++)
		put_number(record + 4 * i, item->len[i], 4);
	return put(context, record, sizeof(record));
}

static size_t length_of(const struct item *item)
{
	size_t len = 0;

	for (size_t i = 0; i < PART_COUNT; i++)
		len += item->len[i];
	return len;
}

/* What follows the head. */
static int put_items(const struct inventory *v, put_fn *put, void *context)
{
	int r = 0;

	for (size_t i = 0; i < v->count && r == 0; i++)
		r = put_record(&v->items[i], put, context);
	for (size_t i = 0; i < v->count && r == 0; i++)
		r = put(context, v->bytes + v->items[i].at, length_of(&v->items[i]));
	return r;
}

static int put_in_buf(void *context, const void *bytes, size_t len)
{
	return buf_append(context, bytes, len);
}

int inventory_save(const struct inventory *v, struct buf *ret)
{
	unsigned char head[HEAD_BYTES];
	size_t begin = ret->len;
	int r;

	make_head(v, head);
	r = buf_append(ret, head, sizeof(head));
	if (r == 0)
		r = put_items(v, put_in_buf, ret);
	if (r < 0) {
		buf_truncate(ret, begin);
		return r;
	}
	put_number((unsigned char *)ret->p + begin + MAGIC_BYTES,
		hash64(ret->p + begin + HASHED_FROM, ret->len - begin - HASHED_FROM, 0),
		8);
	return 0;
}

static int put_in_hash(void *context, const void *bytes, size_t len)
{
	hash64_pieces_add(context, bytes, len);
	return 0;
}

static int hash_items(const struct inventory *v, unsigned char head[static HEAD_BYTES])
{
	struct hash64_pieces *hash = hash64_pieces_new();
	int r;

	if (!hash)
		return -ENOMEM;
	hash64_pieces_add(hash, head + HASHED_FROM, HEAD_BYTES - HASHED_FROM);
	r = put_items(v, put_in_hash, hash);
	put_number(head + MAGIC_BYTES, hash64_pieces_value(hash), 8);
	hash64_pieces_free(hash);
	return r;
}

/* Of a file: pieces are gathered, since each is small. */
struct writing {
	struct buf pending;
	int fd;
};

static int flush_pending(struct writing *w)
{
	int r = io_write(w->fd, w->pending.p, w->pending.len);

	buf_clear(&w->pending);
	return r;
}

static int put_in_file(void *context, const void *bytes, size_t len)
{
	struct writing *w = context;
	int r = 0;

	if (len > WRITE_BYTES - w->pending.len)
		r = flush_pending(w);
	if (r < 0)
		return r;
	if (len > WRITE_BYTES)
		return io_write(w->fd, bytes, len);
	return buf_append(&w->pending, bytes, len);
}

int inventory_write(const struct inventory *v, int fd)
{
	struct writing w = { .pending = BUF_INIT(WRITE_BYTES), .fd = fd };
	unsigned char head[HEAD_BYTES];
	int r;

	make_head(v, head);
	r = hash_items(v, head);
	if (r == 0)
		r = put_in_file(&w, head, sizeof(head));
	if (r == 0)
		r = put_items(v, put_in_file, &w);
	if (r == 0)
		r = flush_pending(&w);
	buf_finish(&w.pending);
	return r;
}

/* The item's record; at is where its parts begin in the bytes, of which there are len. */
static int load_item(struct span record, size_t at, size_t bytes_len, struct item *ret,
	size_t *ret_end)
{
	size_t end = at;

	for (size_t i = 0; i < PART_COUNT; i++) {
		uint64_t len = get_number(record, 4 * i, 4);

		if (len > bytes_len - end)
			return -EBADMSG;
		ret->len[i] = (uint32_t)len;
		end += len;
	}
	ret->at = (uint32_t)at;
	*ret_end = end;
	return 0;
}

/* What readers of items rely on. */
static bool is_in_order(
	const char *bytes, const struct item *before, const struct item *x)
{
	struct span id = part_of(bytes, x, INVENTORY_ID);

	return id.len > 0 && span_ends(part_of(bytes, x, PART_JSON), SPAN("\n")) &&
		(!before || span_cmp(part_of(bytes, before, INVENTORY_ID), id) < 0);
}

static int load_items(struct span records, struct span texts, struct inventory *v)
{
	size_t at = 0;

	for (size_t i = 0; i < v->count; i++) {
		int r = load_item(span_from(records, i * RECORD_BYTES), at, texts.len,
			&v->items[i], &at);

		if (r < 0)
			return r;
		if (!is_in_order(texts.p, i ? &v->items[i - 1] : NULL, &v->items[i]))
			return -EBADMSG;
	}
	return at == texts.len ? 0 : -EBADMSG;
}

static int check_head(struct span bytes)
{
	struct span hashed = span_from(bytes, HASHED_FROM);

	if (bytes.len < HEAD_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
		return -EBADMSG;
	if (get_number(bytes, MAGIC_BYTES, 8) != hash64(hashed.p, hashed.len, 0))
		return -EBADMSG;
	return 0;
}

/* All but the texts, which stand in bytes. */
static int read_saved(struct span bytes, struct inventory **ret, struct span *ret_texts)
{
	struct span records = span_from(bytes, HEAD_BYTES), texts;
	struct inventory *v;
	uint64_t count;
	int r = check_head(bytes);

	if (r < 0)
		return r;
	count = get_number(bytes, MAGIC_BYTES + 16, 4);
	if (count > INVENTORY_ITEMS_MAX || count > records.len / RECORD_BYTES)
		return -EBADMSG;
	texts = span_from(records, count * RECORD_BYTES);
	if (texts.len > INVENTORY_BYTES_MAX)
		return -EBADMSG;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*v = (struct inventory){ .refs = 1,
		.time = { (int64_t)get_number(bytes, MAGIC_BYTES + 8, 8) },
		.items = vec_alloc(count + 1, sizeof(*v->items)),
		.count = count,
		.bytes_len = texts.len };
	r = v->items ? load_items(records, texts, v) : -ENOMEM;
	if (r < 0) {
		inventory_unref(v);
		return r;
	}
	*ret = v;
	*ret_texts = texts;
	return 0;
}

int inventory_load(struct span bytes, struct inventory **ret)
{
	struct inventory *v;
	struct span texts;
	int r = read_saved(bytes, &v, &texts);

	if (r < 0)
		return r;
	v->bytes = malloc(texts.len + 1);
	if (!v->bytes) {
		inventory_unref(v);
		return -ENOMEM;
	}
	memcpy(v->bytes, texts.p, texts.len);
	*ret = v;
	return 0;
}

/* The memory keeps its size, which is that of the records too much: some 1 %. */
int inventory_take(struct buf *b, size_t from, struct inventory **ret)
{
	struct inventory *v;
	struct span texts;
	size_t at;
	int r = read_saved(span_from(buf_span(b), from), &v, &texts);

	if (r < 0)
		return r;
	at = (size_t)(texts.p - b->p);
	v->bytes = buf_take(b); /* there is some, so it does not fail */
	memmove(v->bytes, v->bytes + at, texts.len);
	*ret = v;
	return 0;
}

struct inventory_builder *inventory_builder_new(struct instant time)
{
	struct inventory_builder *b = calloc(1, sizeof(*b));

	if (b)
		*b = (struct inventory_builder){ .time = time,
			.bytes = BUF_INIT(INVENTORY_BYTES_MAX) };
	return b;
}

void inventory_builder_free(struct inventory_builder *b)
{
	if (!b)
		return;
	buf_finish(&b->bytes);
	free(b->items);
	free(b);
}

int inventory_builder_add(struct inventory_builder *b, const struct inventory_item *item)
{
	struct item x = { .at = (uint32_t)b->bytes.len };
	int r;

	if (item->text[INVENTORY_ID].len == 0)
		return -EINVAL;
	r = VEC_RESERVE(&b->items, &b->cap, b->count + 1, INVENTORY_ITEMS_MAX);
	for (size_t i = 0; i < PART_JSON && r == 0; i++) {
		x.len[i] = (uint32_t)item->text[i].len;
		r = buf_append_span(&b->bytes, item->text[i]);
	}
	x.len[PART_JSON] = (uint32_t)item->json.len + 1;
	if (r == 0)
		r = buf_append_span(&b->bytes, item->json);
	if (r == 0)
		r = buf_append_byte(&b->bytes, '\n');
	if (r < 0) {
		buf_truncate(&b->bytes, x.at);
		return r;
	}
	b->items[b->count++] = x;
	return 0;
}

/* An item on its way to its place. */
struct place {
	struct span id;
	struct item item;
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = span_cmp(a->id, b->id);

	if (order != 0)
		return order;
	return a->item.at < b->item.at ? -1 : 1; /* of equal ones the first stays */
}

/* Sorted, each id once. */
static int sort_items(struct inventory_builder *b, struct inventory *v)
{
	struct place *places = vec_alloc(b->count + 1, sizeof(*places));

	v->items = vec_alloc(b->count + 1, sizeof(*v->items));
	if (!places || !v->items) {
		free(places);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->count; i++)
		places[i] =
			(struct place){ part_of(b->bytes.p, &b->items[i], INVENTORY_ID),
				b->items[i] };
	qsort(places, b->count, sizeof(*places), compare_places);
	for (size_t i = 0; i < b->count; i++)
		if (i == 0 || !span_eq(places[i].id, places[i - 1].id))
			v->items[v->count++] = places[i].item;
	free(places);
	return 0;
}

/* The bytes stay where they are: a copy in order would need twice the memory. */
int inventory_builder_finish(struct inventory_builder *b, struct inventory **ret)
{
	struct inventory *v = calloc(1, sizeof(*v));
	int r = v ? sort_items(b, v) : -ENOMEM;

	if (r < 0) {
		if (v)
			free(v->items);
		free(v);
		return r;
	}
	v->refs = 1;
	v->time = b->time;
	v->bytes_len = b->bytes.len;
	v->bytes = buf_take(&b->bytes);
	if (v->bytes) {
		char *less = realloc(v->bytes, v->bytes_len + 1);

		v->bytes = less ? less : v->bytes;
	}
	if (!v->bytes) {
		free(v->items);
		free(v);
		return -ENOMEM;
	}
	inventory_builder_free(b);
	*ret = v;
	return 0;
}
