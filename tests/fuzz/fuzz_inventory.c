/* Any bytes as an inventory, its hash made to fit: what is accepted is saved as the same
 * bytes again, and each item is found by its id. The same bytes as an element's JSON:
 * what is accepted has an id. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/resource/fields.h"
#include "base/hash.h"
#include "tests/fuzz/target.h"

static void check(const struct inventory *v, struct span bytes)
{
	struct buf again = BUF_INIT(bytes.len);

	for (size_t i = 0; i < inventory_count(v); i++) {
		size_t at;

		assert(inventory_find(v, inventory_text(v, i, INVENTORY_ID), &at) == 0);
		assert(at == i);
		assert(span_ends(inventory_json(v, i), SPAN("\n")));
	}
	assert(inventory_save(v, &again) == 0);
	assert(span_eq(buf_span(&again), bytes));
	buf_finish(&again);
}

static void load(char *bytes, size_t size)
{
	struct inventory *v = NULL;
	int r;

	if (size >= 16) {
		uint64_t hash = hash64(bytes + 16, size - 16, 0);

		for (size_t i = 0; i < 8; i++)
			bytes[8 + i] = (char)(unsigned char)(hash >> (8 * i));
	}
	r = inventory_load((struct span){ bytes, size }, &v);
	assert(r == 0 || r == -EBADMSG);
	if (r == 0)
		check(v, (struct span){ bytes, size });
	inventory_unref(v);
}

static void add(struct span json)
{
	struct inventory_builder *b = inventory_builder_new((struct instant){ 0 });
	struct inventory *v = NULL;
	size_t kind = 0;
	int r;

	assert(b && resource_kind_find(SPAN("ec2"), SPAN("volumes"), &kind) == 0);
	r = fields_add(b, resource_kind_call(kind), "r", json, NULL);
	assert(r == 0 || r == -EBADMSG || r == -EFBIG);
	assert(inventory_builder_finish(b, &v) == 0);
	assert(inventory_count(v) == (r == 0 ? 1 : 0));
	inventory_unref(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size ? size : 1);

	assert(bytes);
	if (size)
		memcpy(bytes, data, size);
	add((struct span){ bytes, size });
	load(bytes, size);
	free(bytes);
	return 0;
}
