/* Any value has a name that may stand in a directory, and an uncut name gives the value
 * back. */
#include "fs/store/name.h"

#include <assert.h>
#include <string.h>

#include "tests/fuzz/target.h"

static void check_name(struct span name)
{
	assert(name.len > 0 && name.len <= NAME_BYTES_MAX);
	assert(!memchr(name.p, '/', name.len) && !memchr(name.p, 0, name.len));
	assert(name.p[0] != '.' && name.p[0] != '-' && name.p[0] != '~');
	assert(name.p[name.len - 1] != '.');
}

static void check_encoded(struct span value)
{
	struct buf name = BUF_INIT(1024), back = BUF_INIT(1024);

	assert(name_encode(value, &name) == 0);
	check_name(buf_span(&name));
	assert(name.p[0] != '_');
	if (!memchr(name.p, '~', name.len)) {
		assert(name_decode(buf_span(&name), &back) == 0);
		assert(span_eq(buf_span(&back), value));
	}
	buf_finish(&name);
	buf_finish(&back);
}

static void check_decoded(struct span name)
{
	struct buf value = BUF_INIT(1024), again = BUF_INIT(1024);

	if (name_decode(name, &value) == 0) {
		assert(name_encode(buf_span(&value), &again) == 0);
		assert(span_eq(buf_span(&again), name));
	}
	buf_finish(&value);
	buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span value = { (const char *)data, size };
	struct buf name = BUF_INIT(1024);

	if (!size)
		return 0;
	check_encoded(value);
	check_decoded(value);
	assert(name_of_resource(value, &name) == 0);
	assert(name_resource_suffix(value, &name) == 0);
	check_name(buf_span(&name));
	buf_clear(&name);
	assert(name_of_account(span_from(value, size / 2), span_first(value, size / 2),
		       &name) == 0);
	check_name(buf_span(&name));
	buf_clear(&name);
	assert(name_of_service(span_from(value, size / 2), span_first(value, size / 2),
		       true, &name) == 0);
	check_name(buf_span(&name));
	buf_finish(&name);
	return 0;
}
