/* Any bytes as what is remembered of tables, their hash made to fit: what is accepted is
 * written as the same bytes again, and holds only keys, names and ids that are some. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fs/store/tables_private.h"
#include "tests/fuzz/target.h"

static void check_key(const char *key)
{
	struct span rest = span_of(key ? key : ""), part;

	while (span_split(&rest, '/', &part))
		assert(!span_eq(part, SPAN("..")) && !span_eq(part, SPAN(".")));
}

static void check_name(const char *name)
{
	assert(name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= 255);
}

static void check(const struct table *table)
{
	check_name(table->name);
	check_key(table->export.folder);
	for (size_t i = 0; i < table->count; i++) {
		const struct partition *p = table->parts[table->order[i]];

		check_name(p->name);
		check_key(p->at.data);
		check_key(p->at.metadata);
		assert(p->at.data || p->at.metadata);
		assert(strlen(p->id) == 0 || strlen(p->id) == DELIVERY_ID_TEXT - 1);
		assert(!strpbrk(p->id, "/."));
	}
}

static void fit_hash(char *bytes, size_t size)
{
	uint64_t hash = hash64(bytes + 16, size - 16, 0);

	for (size_t i = 0; i < 8; i++)
		bytes[8 + i] = (char)(unsigned char)(hash >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct object_source source = { .name = "place" };
	char home[] = "e/cur2/", identity[] = "fuzz";
	struct tables t = { .source = &source, .home = home, .identity = identity };
	struct buf again = BUF_INIT(TABLES_MEMORY_MAX);
	char *bytes = malloc(size ? size : 1);
	int r;

	assert(bytes);
	if (size)
		memcpy(bytes, data, size);
	if (size >= 16)
		fit_hash(bytes, size);
	r = tables_parse(&t, (struct span){ bytes, size });
	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 || t.count == 0);
	for (size_t i = 0; i < t.count; i++)
		check(t.items[i]);
	if (r == 0) {
		assert(tables_write(&t, &again) == 0);
		assert(span_eq(buf_span(&again), (struct span){ bytes, size }));
	}
	for (size_t i = 0; i < t.count; i++)
		table_free(t.items[i]);
	free(t.items);
	buf_finish(&again);
	free(bytes);
	return 0;
}
