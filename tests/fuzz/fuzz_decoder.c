/* Any bytes as an object: the same text however they arrive and whatever inflates them,
 * or the same refusal. */
#include <assert.h>

#include "aws/export/decoder.h"
#include "aws/export/inflate.h"
#include "base/buf.h"
#include "tests/aws/memory_source.h"
#include "tests/fuzz/target.h"

enum { FLOOR_BYTES = 1024 * 1024, OUT_LIMIT = 64 * 1024 * 1024 };

static int read_all(struct memory_source *m, const struct object_info *info,
	const struct decoder_options *options, size_t step, struct buf *ret)
{
	static char bytes[64 * 1024];
	struct fault why = { 0 };
	struct decoder *d;
	ssize_t n;
	int r = decoder_new(&m->base, info, options, &d);

	assert(r == 0);
	while ((n = decoder_read(d, bytes, step, &why)) > 0) {
		assert((size_t)n <= step);
		assert(buf_append(ret, bytes, (size_t)n) == 0);
	}
	assert(n == 0 || n == -EBADMSG || n == -EFBIG);
	assert(n == 0 || (why.error == n && why.text[0]));
	assert(n != 0 || decoder_bytes_in(d) == info->size_bytes);
	assert(ret->len <= FLOOR_BYTES + step ||
		ret->len <= info->size_bytes * 400 + step);
	decoder_free(d);
	return (int)n;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_object object = { "month/costs.csv.gz", data, size };
	struct decoder_options options = { .bomb_floor_bytes = FLOOR_BYTES };
	struct buf whole = BUF_INIT(OUT_LIMIT), pieces = BUF_INIT(OUT_LIMIT);
	char key[] = "month/costs.csv.gz";
	struct memory_source m;
	struct object_info info;
	int r, again;

	memory_source_init(&m, &object, 1);
	info = memory_info_of(&m, &object, key);
	r = read_all(&m, &info, &options, 64 * 1024, &whole);
	for (size_t i = 0; inflate_libraries[i]; i++) {
		m.read_max = 1 + size % 7;
		options.read_bytes = 1 + size % 64;
		options.inflate = inflate_libraries[i];
		buf_clear(&pieces);
		again = read_all(&m, &info, &options, 1 + size % 1000, &pieces);
		/* A bomb is seen at the end of a step, and steps differ. */
		assert(r == again || r == -EFBIG || again == -EFBIG ||
			inflate_libraries[i] != inflate_libraries[0]);
		assert(r != 0 || again != 0 || is_same(&whole, &pieces));
	}
	buf_finish(&whole);
	buf_finish(&pieces);
	return 0;
}
