/* Any bytes as XML: events nest, and paths say where. */
#include <assert.h>
#include <errno.h>

#include "aws/api/xml.h"
#include "base/buf.h"
#include "tests/fuzz/target.h"

struct nest {
	size_t lengths[XML_DEPTH_MAX];
	size_t depth;
};

static int on_begin(void *context, struct span path)
{
	struct nest *n = context;
	size_t above = n->depth ? n->lengths[n->depth - 1] : 0;

	assert(n->depth < XML_DEPTH_MAX && path.len <= XML_PATH_MAX);
	assert(above == 0 || (path.len > above && path.p[above] == '/'));
	n->lengths[n->depth++] = path.len;
	return 0;
}

static int on_end(void *context, struct span path, struct span text)
{
	struct nest *n = context;

	assert(n->depth > 0 && n->lengths[n->depth - 1] == path.len);
	assert(text.len <= XML_TEXT_MAX);
	n->depth--;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xml_events events = { .begin = on_begin, .end = on_end };
	struct nest n = { .depth = 0 };
	struct fault why = { 0 };
	int r = xml_read((struct span){ (const char *)data, size }, &events, &n, &why);

	assert(r == 0 || r == -EBADMSG || r == -EFBIG);
	assert(r < 0 || n.depth == 0);
	assert(why.error == r);
	return 0;
}
