/* One object, read from its front in steps, with a look ahead. */
#include "aws/export/intake.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int intake_init(struct intake *in, struct object_source *s,
	const struct object_info *object, size_t step)
{
	struct intake fresh = { .source = s, .object = object, .step = step };

	if (fresh.step == 0)
		fresh.step = INTAKE_STEP;
	fresh.cap = fresh.step < INTAKE_PEEK_MAX ? INTAKE_PEEK_MAX : fresh.step;
	fresh.bytes = malloc(fresh.cap);
	if (!fresh.bytes)
		return -ENOMEM;
	*in = fresh;
	return 0;
}

/* As object_read(), but 0 only at the end that the object's size promises. Nothing is
 * asked for behind it, which would be a request for nothing. */
static ssize_t fetch(struct intake *in, void *bytes, size_t len, struct fault *why)
{
	uint64_t left = in->object->size_bytes - in->fetched;
	ssize_t n;

	if (left == 0)
		return 0;
	if (len > in->step)
		len = in->step;
	if (len > left)
		len = (size_t)left;
	n = object_read(in->source, in->object, in->fetched, bytes, len, why);
	if (n < 0)
		return n;
	if (n == 0)
		return fault(why, -EBADMSG,
			"%s/%s: ends at byte %" PRIu64 ", its listed size is %" PRIu64,
			in->source->name, in->object->key, in->fetched,
			in->object->size_bytes);
	in->fetched += (uint64_t)n;
	return n;
}

ssize_t intake_peek(
	struct intake *in, size_t n, const unsigned char **ret, struct fault *why)
{
	assert(n <= INTAKE_PEEK_MAX);
	if (in->at == in->len) {
		in->at = in->len = 0;
	} else if (in->cap - in->at < n) {
		memmove(in->bytes, in->bytes + in->at, in->len - in->at);
		in->len -= in->at;
		in->at = 0;
	}
	while (in->len - in->at < n) {
		ssize_t got = fetch(in, in->bytes + in->len, in->cap - in->len, why);

		if (got < 0)
			return got;
		if (got == 0)
			break;
		in->len += (size_t)got;
	}
	*ret = in->bytes + in->at;
	return (ssize_t)(in->len - in->at);
}

int intake_need(struct intake *in, size_t n, const char *what, const unsigned char **ret,
	struct fault *why)
{
	const unsigned char *bytes;
	ssize_t got = intake_peek(in, n, &bytes, why);

	if (got < 0)
		return (int)got;
	if ((size_t)got < n)
		return fault(why, -EBADMSG, "%s/%s: ends at byte %" PRIu64 ", within %s",
			in->source->name, in->object->key, in->fetched, what);
	*ret = bytes;
	return 0;
}

void intake_pass(struct intake *in, size_t n)
{
	assert(n <= in->len - in->at);
	in->at += n;
}

ssize_t intake_read(struct intake *in, void *bytes, size_t len, struct fault *why)
{
	size_t unread = in->len - in->at;

	if (unread == 0)
		return fetch(in, bytes, len, why);
	if (unread < len)
		len = unread;
	memcpy(bytes, in->bytes + in->at, len);
	in->at += len;
	return (ssize_t)len;
}

uint64_t intake_offset(const struct intake *in)
{
	return in->fetched - (in->len - in->at);
}

int intake_fault(
	const struct intake *in, struct fault *why, int error, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	return fault(why, error, "%s/%s: at byte %" PRIu64 ": %s", in->source->name,
		in->object->key, intake_offset(in), text);
}

void intake_finish(struct intake *in)
{
	free(in->bytes);
	*in = (struct intake){ 0 };
}
