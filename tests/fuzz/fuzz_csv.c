/* Any bytes as CSV: the same records however they arrive, and the same that a machine
 * with one step a byte finds. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "aws/export/csv.h"
#include "base/buf.h"
#include "tests/fuzz/target.h"

enum { SEEN_LIMIT = 64 * 1024 * 1024, FIELD_END = '\1', RECORD_END = '\2' };

struct feed {
	const uint8_t *bytes;
	size_t len, step;
};

static ssize_t give(void *context, void *bytes, size_t len, struct fault *why)
{
	struct feed *f = context;

	(void)why;
	if (len > f->step)
		len = f->step;
	if (len > f->len)
		len = f->len;
	if (len == 0)
		return 0;
	memcpy(bytes, f->bytes, len);
	f->bytes += len;
	f->len -= len;
	return (ssize_t)len;
}

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return false;
	return true;
}

static void put(struct buf *b, char c)
{
	int r = buf_append_byte(b, c);

	assert(r == 0);
}

static int read_fast(struct feed f, struct buf *ret)
{
	struct csv_record record;
	struct fault why = { 0 };
	struct csv_reader *r;
	int got = csv_reader_new(give, &f, "fuzz", &r);

	assert(got == 0);
	while ((got = csv_reader_next(r, &record, &why)) == 1) {
		assert(record.count > 0 && record.count <= CSV_FIELDS_MAX);
		for (size_t i = 0; i < record.count; i++) {
			const struct cell *field = &record.fields[i];

			assert(field->quoted || is_plain(field->text));
			for (size_t k = 0; k < field->text.len; k++)
				put(ret, field->text.p[k]);
			put(ret, FIELD_END);
		}
		put(ret, RECORD_END);
	}
	assert(got == 0 || got == -EBADMSG || got == -E2BIG);
	assert(got == 0 || (why.error == got && why.text[0]));
	csv_reader_free(r);
	return got;
}

enum state { FIELD_BEGIN, BARE, QUOTED, QUOTE_SEEN };

/* One record; answers what follows it, NULL when it does not end well. The end is a
 * line end. */
static const uint8_t *read_slow(const uint8_t *p, const uint8_t *end, struct buf *ret)
{
	enum state state = FIELD_BEGIN;

	for (; p <= end; p++) {
		uint8_t c = p == end ? '\n' : *p;
		bool is_crlf = c == '\r' && (p + 1 >= end || p[1] == '\n');

		if (state == QUOTED) {
			if (c == '"')
				state = QUOTE_SEEN;
			else
				put(ret, (char)c);
			continue;
		}
		if (c == ',' || c == '\n' || is_crlf) {
			put(ret, FIELD_END);
			state = FIELD_BEGIN;
			if (c != ',')
				return p + 1 + (is_crlf && p + 1 <= end);
			continue;
		}
		if (state == QUOTE_SEEN && c != '"')
			return NULL;
		if (state == FIELD_BEGIN && c == '"') {
			state = QUOTED;
			continue;
		}
		put(ret, (char)c);
		state = state == QUOTE_SEEN ? QUOTED : BARE;
	}
	return NULL;
}

static int read_all_slow(const uint8_t *p, size_t len, struct buf *ret)
{
	const uint8_t *nul = len ? memchr(p, 0, len) : NULL, *end = p + len;

	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end) {
		size_t before = ret->len;
		const uint8_t *next = read_slow(p, end, ret);
		bool is_empty =
			*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));

		if (!next || (nul && next > nul)) {
			buf_truncate(ret, before);
			return -EBADMSG;
		}
		if (is_empty)
			buf_truncate(ret, before);
		else
			put(ret, RECORD_END);
		p = next;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf fast = BUF_INIT(SEEN_LIMIT), slow = BUF_INIT(SEEN_LIMIT);
	int r = read_fast((struct feed){ data, size, SIZE_MAX }, &fast);

	if (r != -E2BIG) {
		int expected = read_all_slow(data, size, &slow);

		assert(r == expected);
		assert(fast.len == slow.len);
		assert(fast.len == 0 || memcmp(fast.p, slow.p, fast.len) == 0);
	}
	buf_clear(&slow);
	assert(read_fast((struct feed){ data, size, 1 + size % 5 }, &slow) == r);
	assert(fast.len == slow.len);
	assert(fast.len == 0 || memcmp(fast.p, slow.p, fast.len) == 0);
	buf_finish(&fast);
	buf_finish(&slow);
	return 0;
}
