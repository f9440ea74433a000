/* Any bytes as what is remembered, its hash made to fit: what is accepted is written as
 * the same bytes again, and holds only keys and ids that are some. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fs/store/remembered.h"
#include "tests/fuzz/target.h"

static void check_key(const char *key)
{
	struct span rest = span_of(key), part;

	while (span_split(&rest, '/', &part))
		assert(!span_eq(part, SPAN("..")) && !span_eq(part, SPAN(".")));
}

static void check(const struct remembered *m)
{
	check_key(m->export.folder);
	for (size_t i = 0; i < m->count; i++) {
		const struct remembered_month *x = &m->months[i];

		if (x->manifest.key)
			check_key(x->manifest.key);
		assert(strlen(x->id) == 0 || strlen(x->id) == DELIVERY_ID_TEXT - 1);
		assert(!strpbrk(x->id, "/."));
		assert(i == 0 || m->months[i - 1].month.number < x->month.number);
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
	struct buf again = BUF_INIT(REMEMBERED_BYTES_MAX);
	struct remembered m = { 0 };
	char *bytes = malloc(size ? size : 1);
	int r;

	assert(bytes);
	if (size)
		memcpy(bytes, data, size);
	if (size >= 16)
		fit_hash(bytes, size);
	r = remembered_parse((struct span){ bytes, size }, "fuzz", &m);
	assert(r == 0 || r == -EBADMSG);
	if (r == 0) {
		check(&m);
		assert(remembered_write(&m, "fuzz", &again) == 0);
		assert(span_eq(buf_span(&again), (struct span){ bytes, size }));
	}
	remembered_finish(&m);
	buf_finish(&again);
	free(bytes);
	return 0;
}
