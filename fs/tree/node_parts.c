#include "fs/tree/node_parts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

struct blob {
	atomic_uint refs;
	struct instant time;
	size_t len;
	char *bytes;
};

struct blob *blob_new_at(struct buf *b, struct instant time)
{
	struct blob *made = vec_alloc(1, sizeof(*made));
	size_t len = b->len;

	if (!made)
		return NULL;
	made->bytes = buf_take(b);
	if (!made->bytes) {
		free(made);
		return NULL;
	}
	made->len = len;
	made->time = time;
	atomic_init(&made->refs, 1);
	return made;
}

struct blob *blob_new(struct buf *b)
{
	return blob_new_at(b, (struct instant){ INSTANT_NONE });
}

struct instant blob_time(const struct blob *b)
{
	return b->time;
}

struct blob *blob_ref(struct blob *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void blob_unref(struct blob *b)
{
	if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1) {
		free(b->bytes);
		free(b);
	}
}

struct span blob_span(const struct blob *b)
{
	return (struct span){ b->bytes, b->len };
}

void node_finish(struct node *n)
{
	month_unref(n->month);
	blob_unref(n->blob);
	table_file_unref(n->table);
	inventory_unref(n->inventory);
	*n = (struct node){ 0 };
}

struct node node_copy_parts(const struct node *n)
{
	struct node copy = *n;

	copy.blob = n->blob ? blob_ref(n->blob) : NULL;
	copy.table = n->table ? table_file_ref(n->table) : NULL;
	copy.inventory = n->inventory ? inventory_ref(n->inventory) : NULL;
	copy.month = NULL;
	return copy;
}

static bool is_same_blob(const struct blob *a, const struct blob *b)
{
	if (!a || !b)
		return a == b;
	return span_eq(blob_span(a), blob_span(b));
}

static bool is_same_table(const struct table_file *a, const struct table_file *b)
{
	if (!a || !b || a == b)
		return a == b;
	return strcmp(table_file_id(a), table_file_id(b)) == 0;
}

/* One may have been in the cache since. Times alone do not tell what was asked for twice
 * within a second. */
bool node_has_same_inventory(const struct inventory *a, const struct inventory *b)
{
	if (!a || !b || a == b)
		return a == b;
	if (inventory_time(a).seconds != inventory_time(b).seconds ||
		inventory_count(a) != inventory_count(b))
		return false;
	for (size_t i = 0; i < inventory_count(a); i++)
		if (!span_eq(inventory_json(a, i), inventory_json(b, i)))
			return false;
	return true;
}

bool node_is_metrics(const struct node *n)
{
	return n->place.kind == PLACE_LIVE_METRICS ||
		n->place.kind == PLACE_RESOURCE_METRICS;
}

bool node_is_unread(const struct node *n)
{
	return n->place.kind == PLACE_TABLE_FILE ? !n->table
						 : node_is_metrics(n) && !n->inventory;
}

bool node_is_json(const struct node *n)
{
	return n->place.kind == PLACE_LIVE_JSON || n->place.kind == PLACE_RESOURCE_JSON;
}

static struct span json_of(const struct node *n)
{
	return inventory_json(n->inventory, n->place.item);
}

/* Of the same resource with the same text; it may stand elsewhere in another inventory.
 */
static bool is_same_json(const struct node *a, const struct node *b)
{
	struct place place = b->place;

	place.item = a->place.item;
	return memcmp(&a->place, &place, sizeof(place)) == 0 &&
		span_eq(inventory_text(a->inventory, a->place.item, INVENTORY_ID),
			inventory_text(b->inventory, b->place.item, INVENTORY_ID)) &&
		span_eq(json_of(a), json_of(b));
}

/* by-tag keeps its keys in a blob, which is no part of its version. */
bool node_is_same(const struct node *a, const struct node *b)
{
	if (a->place.kind == b->place.kind && node_is_json(a))
		return is_same_json(a, b);
	return memcmp(&a->place, &b->place, sizeof(a->place)) == 0 &&
		is_same_table(a->table, b->table) &&
		node_has_same_inventory(a->inventory, b->inventory) &&
		(b->month || is_same_blob(a->blob, b->blob));
}

struct span node_pending_key(const struct node *n)
{
	const struct span blob = blob_span(n->blob);
	struct span names = span_from(blob, NODE_PENDING_HEAD), name = { 0 };

	(void)span_split(&names, '/', &name);
	return span_first(blob, NODE_PENDING_HEAD + name.len);
}

uint64_t node_version(const struct node *n)
{
	struct span bytes = { 0 };
	uint64_t seed = 0;

	if (n->inventory && node_is_json(n)) {
		bytes = json_of(n);
		seed = hash64(bytes.p, bytes.len, seed);
		bytes = (struct span){ 0 };
	} else if (n->inventory) {
		int64_t time = inventory_time(n->inventory).seconds;

		seed = hash64(&time, sizeof(time), seed);
	}
	if (n->month)
		bytes = span_of(month_facts(n->month)->id);
	else if (n->table)
		bytes = span_of(table_file_id(n->table));
	else if (n->blob && place_is_pending(&n->place))
		bytes = node_pending_key(n);
	else if (n->blob)
		bytes = blob_span(n->blob);
	return hash64(bytes.p, bytes.len, seed);
}
