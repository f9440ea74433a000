#include "aws/export/rowmap.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/export/jsonmap.h"
#include "base/buf.h"
#include "base/decimal.h"
#include "base/vec.h"

/* Texts that the row wants from maps. */
enum key_use { KEY_PLAIN, KEY_NAME_TAG, KEY_REGION, KEY_PRODUCT_NAME };

struct map_key {
	struct span hint; /* empty if the key needs escapes */
	/* COLUMNS_NONE until a row has a value: an always empty key makes no column. */
	uint32_t column;
	uint32_t group; /* tag or category */
	uint32_t next; /* what came behind it last time */
	enum key_use use;
	uint64_t seen_row;
};

struct row_map {
	enum column_map map;
	bool is_tag_source;
	struct intern *raw; /* keys as they stand; id = index in items */
	struct map_key *items;
	size_t cap;
	uint32_t first; /* what the last object began with */
};

int row_keys_init(struct row_keys *k)
{
	k->columns = intern_new();
	k->map_columns = intern_new();
	k->tags = intern_new();
	k->categories = intern_new();
	return k->columns && k->map_columns && k->tags && k->categories ? 0 : -ENOMEM;
}

void row_keys_finish(struct row_keys *k)
{
	intern_free(k->columns);
	intern_free(k->map_columns);
	intern_free(k->tags);
	intern_free(k->categories);
	free(k->row_cells.items);
	free(k->row_tags.items);
	free(k->row_categories.items);
}

void row_keys_begin_row(struct row_keys *k)
{
	k->row_number++;
	k->row_cells.count = 0;
	k->row_tags.count = 0;
	k->row_categories.count = 0;
}

int pair_list_add(struct pair_list *l, uint32_t key, struct span value)
{
	if (l->count == l->cap) {
		int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1,
			(size_t)MAP_COUNT * LAYOUT_MAP_COLUMNS_MAX);

		if (r < 0)
			return r == -EFBIG ? -E2BIG : r;
	}
	l->items[l->count++] = (struct row_pair){ .key = key, .value = value };
	return 0;
}

size_t row_map_scratch(enum column_map map, size_t len)
{
	/* "":1 are 4 bytes. */
	return map_has_numbers(map) ? len / 4 * MONEY_TEXT_MAX + len : len;
}

/* also may be NULL. */
static bool is_taken(
	const struct intern *keys, const struct intern *also, struct span key)
{
	uint32_t id;

	return intern_find(keys, key, &id) == 0 ||
		(also && intern_find(also, key, &id) == 0);
}

static int add_new(struct intern *keys, const struct intern *also, struct span prefix,
	struct span key, uint32_t *ret)
{
	struct buf name = BUF_INIT((size_t)2 * COLUMNS_NAME_MAX);
	size_t plain;
	int r = buf_append_span(&name, prefix);

	if (r == 0)
		r = buf_append_span(&name, key);
	plain = name.len;
	for (unsigned n = 2; r == 0 && is_taken(keys, also, buf_span(&name)); n++) {
		buf_truncate(&name, plain);
		r = buf_appendf(&name, "_%u", n);
	}
	if (r == 0)
		r = intern_add(keys, buf_span(&name), ret);
	buf_finish(&name);
	return r;
}

int row_keys_new(struct intern *keys, struct span key, uint32_t *ret)
{
	return add_new(keys, NULL, (struct span){ .len = 0 }, key, ret);
}

int row_map_new(enum column_map map, bool is_tag_source, struct row_map **ret)
{
	struct row_map *m = vec_alloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->map = map;
	m->is_tag_source = is_tag_source;
	m->first = COLUMNS_NONE;
	m->raw = intern_new();
	if (!m->raw) {
		free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

void row_map_free(struct row_map *m)
{
	if (!m)
		return;
	intern_free(m->raw);
	free(m->items);
	free(m);
}

static enum key_use use_of(const struct row_map *m, struct span raw)
{
	if (m->is_tag_source &&
		(span_eq(raw, SPAN("user:Name")) ||
			span_eq(raw,
				m->map == MAP_FOCUS_TAGS ? SPAN("Name")
							 : SPAN("user_name"))))
		return KEY_NAME_TAG;
	if (m->map == MAP_PRODUCT && span_eq(raw, SPAN("region")))
		return KEY_REGION;
	if (m->map == MAP_PRODUCT && span_eq(raw, SPAN("product_name")))
		return KEY_PRODUCT_NAME;
	return KEY_PLAIN;
}

static bool is_category(const struct row_map *m)
{
	return m->map == MAP_COST_CATEGORY || m->map == MAP_FOCUS_CATEGORIES;
}

static struct span without_user(const struct row_map *m, struct span raw)
{
	if (span_starts(raw, SPAN("user:")) ||
		(m->map == MAP_RESOURCE_TAGS && span_starts(raw, SPAN("user_"))))
		return span_from(raw, SPAN("user:").len);
	return raw;
}

/* At the first value of a key. */
static int make_column(struct row_map *m, struct map_key *key, struct span raw,
	struct row_keys *keys, struct fault *why)
{
	/* CUR 2.0 has tags beside resource_tags: those keep their keys. */
	bool is_plain = m->map == MAP_RESOURCE_TAGS || m->map == MAP_FOCUS_TAGS;
	struct span shown = is_plain ? without_user(m, raw) : raw;
	int r = 0;

	if (intern_count(keys->map_columns) >= LAYOUT_MAP_COLUMNS_MAX)
		return fault(why, -E2BIG, "has the maps' key number %d",
			LAYOUT_MAP_COLUMNS_MAX + 1);
	if (m->is_tag_source)
		r = row_keys_new(keys->tags, without_user(m, raw), &key->group);
	else if (is_category(m))
		r = row_keys_new(keys->categories, raw, &key->group);
	if (r == 0)
		r = add_new(keys->map_columns, keys->columns, map_prefix(m->map), shown,
			&key->column);
	return r;
}

static bool has_exponent(struct span number)
{
	return span_find(number, 'e') < number.len || span_find(number, 'E') < number.len;
}

/* Amounts are written as in columns, since CSV has 0.0 where Parquet has a double. Of
 * other numbers (SkuPriceDetails has counts of cores) only the exponent goes. */
static void make_plain(
	const struct row_map *m, struct jsonmap *json, struct jsonmap_pair *pair)
{
	bool is_amount = m->map == MAP_DISCOUNT || m->map == MAP_FOCUS_DISCOUNTS;
	char *to = json->scratch;
	ssize_t len;

	if (pair->type != JSONMAP_NUMBER || (!is_amount && !has_exponent(pair->value)))
		return;
	len = decimal_plain(pair->value, to, MONEY_TEXT_MAX);
	if (len < 0)
		return;
	pair->value = (struct span){ to, (size_t)len };
	json->scratch += len;
}

static int find_key(struct row_map *m, const struct jsonmap_pair *pair, uint32_t *ret,
	struct fault *why)
{
	uint32_t id = 0, count = intern_count(m->raw);
	int r;

	if (intern_find(m->raw, pair->key, ret) == 0)
		return 0;
	if (pair->key.len > COLUMNS_NAME_MAX)
		return fault(why, -EBADMSG, "has a key of %zu bytes", pair->key.len);
	if (count >= LAYOUT_MAP_COLUMNS_MAX)
		return fault(
			why, -E2BIG, "has more than %d keys", LAYOUT_MAP_COLUMNS_MAX);
	r = VEC_RESERVE(&m->items, &m->cap, (size_t)count + 1, LAYOUT_MAP_COLUMNS_MAX);
	if (r == 0)
		r = intern_add(m->raw, pair->key, &id);
	if (r < 0)
		return r;
	m->items[id] = (struct map_key){
		.column = COLUMNS_NONE,
		.group = COLUMNS_NONE,
		.next = COLUMNS_NONE,
		.use = use_of(m, pair->key),
		.hint = pair->key_plain ? intern_text(m->raw, id)
					: (struct span){ .len = 0 },
	};
	*ret = id;
	return 0;
}

static void use_text(const struct map_key *key, struct span value, struct row *row)
{
	switch (key->use) {
	case KEY_PLAIN:
		break;
	case KEY_NAME_TAG:
		row->name_tag = value;
		break;
	case KEY_REGION:
		if (row->region.len == 0)
			row->region = value;
		break;
	case KEY_PRODUCT_NAME:
		if (row->product_name.len == 0)
			row->product_name = value;
		break;
	}
}

static int add_value(struct row_map *m, uint32_t id, struct span value,
	struct row_keys *keys, struct row *row, struct fault *why)
{
	struct map_key *key = &m->items[id];
	int r = 0;

	if (key->column == COLUMNS_NONE)
		r = make_column(m, key, intern_text(m->raw, id), keys, why);
	if (r == 0)
		r = pair_list_add(&keys->row_cells, key->column, value);
	if (r == 0 && key->group != COLUMNS_NONE)
		r = pair_list_add(
			is_category(m) ? &keys->row_categories : &keys->row_tags,
			key->group, value);
	use_text(key, value, row);
	return r;
}

static struct span hint_of(const struct row_map *m, uint32_t expected)
{
	return expected == COLUMNS_NONE ? (struct span){ .len = 0 }
					: m->items[expected].hint;
}

/* Where reading a map stands: rows of a kind have the same keys in the same order, so
 * that most keys are found by one comparison with the expected one. */
struct map_walk {
	struct jsonmap json;
	uint64_t row_number;
	uint32_t previous, expected;
};

/* The id of the pair's key; what is expected next time, and behind it, is noted. */
static int follow(struct row_map *m, struct map_walk *w, const struct jsonmap_pair *pair,
	uint32_t *ret, struct fault *why)
{
	uint32_t id = w->expected;
	int r;

	if (id == COLUMNS_NONE || pair->key.p != m->items[id].hint.p) {
		r = find_key(m, pair, &id, why);
		if (r < 0)
			return r;
		if (w->previous == COLUMNS_NONE)
			m->first = id;
		else
			m->items[w->previous].next = id;
	}
	if (m->items[id].seen_row == w->row_number)
		return fault(why, -EBADMSG, "has the key \"%.*s\" twice",
			SPAN_ARG(span_first(pair->key, 40)));
	m->items[id].seen_row = w->row_number;
	w->previous = id;
	w->expected = m->items[id].next;
	*ret = id;
	return 0;
}

static int take_pair(struct row_map *m, struct map_walk *w, struct jsonmap_pair *pair,
	struct row_keys *keys, struct row *row, struct fault *why)
{
	uint32_t id = COLUMNS_NONE;
	int r = follow(m, w, pair, &id, why);

	if (r == 0 && map_has_numbers(m->map))
		make_plain(m, &w->json, pair);
	if (r == 0 && pair->value.len > 0)
		r = add_value(m, id, pair->value, keys, row, why);
	return r;
}

static struct map_walk begin_walk(const struct row_map *m, const struct row_keys *keys)
{
	return (struct map_walk){ .row_number = keys->row_number,
		.previous = COLUMNS_NONE,
		.expected = m->first };
}

int row_map_read(struct row_map *m, struct span text, char *scratch,
	struct row_keys *keys, struct row *row, struct fault *why)
{
	struct map_walk w = begin_walk(m, keys);
	struct jsonmap_pair pair;
	int r;

	if (text.len == 0)
		return 0;
	jsonmap_init(&w.json, text, scratch);
	while ((r = jsonmap_next(&w.json, hint_of(m, w.expected), &pair)) > 0) {
		r = take_pair(m, &w, &pair, keys, row, why);
		if (r < 0)
			return r;
	}
	if (r == 0)
		return 0;
	text = span_from(text, jsonmap_offset(&w.json));
	return fault(why, r, "is no flat JSON object, from byte %zu on: \"%.*s\"",
		jsonmap_offset(&w.json), SPAN_ARG(span_first(text, 40)));
}

size_t row_map_take_scratch(const struct cell_map *map)
{
	return map->has_numbers ? map->count * MONEY_TEXT_MAX : 0;
}

int row_map_take(struct row_map *m, const struct cell_map *map, char *scratch,
	struct row_keys *keys, struct row *row, struct fault *why)
{
	struct map_walk w = begin_walk(m, keys);

	w.json.scratch = scratch;
	for (size_t i = 0; i < map->count; i++) {
		const struct span hint = hint_of(m, w.expected);
		struct jsonmap_pair pair = { .key = map->pairs[i].key,
			.value = map->pairs[i].value,
			.type = map->has_numbers ? JSONMAP_NUMBER : JSONMAP_STRING,
			.key_plain = true };
		int r;

		if (hint.len > 0 && span_eq(pair.key, hint))
			pair.key = hint;
		r = take_pair(m, &w, &pair, keys, row, why);
		if (r < 0)
			return r;
	}
	return 0;
}
