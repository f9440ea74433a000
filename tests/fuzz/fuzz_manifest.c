/* Any bytes as a manifest: what is accepted names only keys that stay in the source. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "aws/export/delivery.h"
#include "aws/export/keys.h"
#include "aws/export/manifest.h"
#include "tests/fuzz/target.h"

static void check_key(struct span key)
{
	struct span rest = key, part;
	struct key_month month;

	assert(key.len > 0 && key.len <= OBJECT_KEY_MAX);
	while (span_split(&rest, '/', &part))
		assert(part.len > 0 && !span_eq(part, SPAN(".")) &&
			!span_eq(part, SPAN("..")));
	if (key_find_month(key, &month))
		assert(month.at < month.rest && month.rest <= key.len);
	assert(key_parent(key).len + key_last(key).len == key.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest m = { 0 };
	struct fault why = { 0 };
	struct span text = { size ? (const char *)data : NULL, size };
	int r = manifest_parse(text, "fuzz", &m, &why);

	assert(r == 0 || r == -EBADMSG || r == -EFBIG);
	assert(r == 0 || why.text[0]);
	for (size_t i = 0; r == 0 && i < m.count; i++)
		check_key(span_of(m.keys[i]));
	manifest_finish(&m);
	return 0;
}
