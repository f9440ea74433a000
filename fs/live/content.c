/* What an inventory holds, apart from when it was asked for; regions, and metrics of an
 * instance, as one. */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "fs/live/live_private.h"

static uint64_t add(uint64_t hash, struct span s)
{
	uint64_t len = s.len;

	/* With its length, so that bytes do not move from one text to the next. */
	hash = hash64(&len, sizeof(len), hash);
	return s.len ? hash64(s.p, s.len, hash) : hash;
}

uint64_t live_content(const struct inventory *v)
{
	size_t count = inventory_count(v);
	uint64_t hash = hash64(&count, sizeof(count), 0);

	for (size_t i = 0; i < count; i++) {
		for (int f = 0; f < INVENTORY_FIELD_COUNT; f++)
			hash = add(hash, inventory_text(v, i, (enum inventory_field)f));
		hash = add(hash, inventory_json(v, i));
	}
	return hash;
}

/* They become names of directories, and of hosts. */
bool live_is_region(struct span name)
{
	if (name.len == 0 || name.len >= LIVE_REGION_TEXT)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == '\0' ||
			!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.p[i]))
			return false;
	return name.p[0] != '-';
}

bool live_are_regions(const struct inventory *v)
{
	if (inventory_count(v) > LIVE_REGIONS_MAX)
		return false;
	for (size_t i = 0; i < inventory_count(v); i++)
		if (!live_is_region(inventory_text(v, i, INVENTORY_ID)))
			return false;
	return true;
}

static int add_region(struct inventory_builder *b, struct span name)
{
	const struct inventory_item item = { .text = { [INVENTORY_ID] = name },
		.json = SPAN("{}") };

	return live_is_region(name) ? inventory_builder_add(b, &item) : -EBADMSG;
}

int live_regions_inventory(struct span names, struct instant time, struct inventory **ret)
{
	struct inventory_builder *b;
	size_t count = 0;
	int r = 0;

	/* An account without regions is a mistake of somebody's. */
	if (names.len == 0 || !span_ends(names, (struct span){ "", 1 }))
		return -EBADMSG;
	b = inventory_builder_new(time);
	if (!b)
		return -ENOMEM;
	while (r == 0 && names.len > 0) {
		struct span name = span_first(names, span_find(names, '\0'));

		r = ++count <= LIVE_REGIONS_MAX ? add_region(b, name) : -EBADMSG;
		names = span_from(names, name.len + 1);
	}
	if (r == 0)
		r = inventory_builder_finish(b, ret);
	if (r < 0)
		inventory_builder_free(b);
	return r;
}

int live_metrics_inventory(const char *instance, struct span csv, struct instant time,
	struct inventory **ret)
{
	struct inventory_item item = { .text = { [INVENTORY_ID] = span_of(instance) } };
	struct inventory_builder *b;
	int r;

	if (!span_ends(csv, SPAN("\n")))
		return -EBADMSG;
	/* Of JSON it is without the newline. */
	item.json = span_first(csv, csv.len - 1);
	b = inventory_builder_new(time);
	if (!b)
		return -ENOMEM;
	r = inventory_builder_add(b, &item);
	if (r == 0)
		r = inventory_builder_finish(b, ret);
	if (r < 0)
		inventory_builder_free(b);
	return r;
}

bool live_are_metrics(const struct inventory *v, const char *instance)
{
	return inventory_count(v) == 1 &&
		span_eq(inventory_text(v, 0, INVENTORY_ID), span_of(instance));
}
