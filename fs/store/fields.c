#include "fs/store/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/delivery.h"
#include "base/hash.h"

int put_number(struct buf *b, uint64_t number, size_t bytes)
{
	unsigned char little[8];

	for (size_t i = 0; i < bytes; i++)
		little[i] = (unsigned char)(number >> (8 * i));
	return buf_append(b, little, bytes);
}

int put_text(struct buf *b, const char *text)
{
	size_t len = strlen(text);
	int r = len > UINT32_MAX ? -EFBIG : put_number(b, len, 4);

	return r < 0 ? r : buf_append(b, text, len);
}

int put_time(struct buf *b, struct instant t)
{
	return put_number(b, (uint64_t)t.seconds, 8);
}

int put_file(struct buf *b, const char *magic, struct span rest)
{
	int r = buf_reserve(b, FIELDS_MAGIC_BYTES + sizeof(uint64_t) + rest.len);

	if (r == 0)
		r = buf_append(b, magic, FIELDS_MAGIC_BYTES);
	if (r == 0)
		r = put_number(b, hash64(rest.p, rest.len, 0), sizeof(uint64_t));
	return r < 0 ? r : buf_append_span(b, rest);
}

int reader_begin(struct span bytes, const char *magic, struct reader *ret)
{
	struct reader x = { .rest = span_from(bytes, FIELDS_MAGIC_BYTES) };
	uint64_t hash = get_number(&x, sizeof(hash));

	if (x.error < 0 ||
		!span_starts(bytes, (struct span){ magic, FIELDS_MAGIC_BYTES }) ||
		hash64(x.rest.p, x.rest.len, 0) != hash)
		return -EBADMSG;
	*ret = x;
	return 0;
}

uint64_t get_number(struct reader *x, size_t bytes)
{
	uint64_t number = 0;

	if (x->error < 0 || x->rest.len < bytes) {
		x->error = x->error < 0 ? x->error : -EBADMSG;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		number |= (uint64_t)(unsigned char)x->rest.p[i] << (8 * i);
	x->rest = span_from(x->rest, bytes);
	return number;
}

struct instant get_time(struct reader *x)
{
	return (struct instant){ (int64_t)get_number(x, 8) };
}

struct span get_span(struct reader *x, size_t max)
{
	uint64_t len = get_number(x, 4);
	struct span text = { 0 };

	if (x->error < 0)
		return text;
	if (len > max || len > x->rest.len || memchr(x->rest.p, '\0', (size_t)len)) {
		x->error = -EBADMSG;
		return text;
	}
	text = span_first(x->rest, (size_t)len);
	x->rest = span_from(x->rest, (size_t)len);
	return text;
}

char *get_text(struct reader *x, size_t max)
{
	struct span text = get_span(x, max);
	char *copy = NULL;

	if (x->error == 0) {
		copy = text.len ? strndup(text.p, text.len) : strdup("");
		if (!copy)
			x->error = -ENOMEM;
	}
	return copy;
}

void get_array(struct reader *x, char *ret, size_t size)
{
	struct span text = get_span(x, size - 1);

	if (text.len)
		memcpy(ret, text.p, text.len);
	ret[text.len] = '\0';
}

bool get_flag(struct reader *x)
{
	uint64_t flag = get_number(x, 1);

	if (flag > 1 && x->error == 0)
		x->error = -EBADMSG;
	return flag == 1;
}

void expect(struct reader *x, bool is_true)
{
	if (!is_true && x->error == 0)
		x->error = -EBADMSG;
}

bool fields_is_key(const char *text, bool is_folder)
{
	struct span key = span_of(text), part;

	if (key.len == 0)
		return is_folder;
	if (key.len > OBJECT_KEY_MAX || span_ends(key, SPAN("/")) != is_folder)
		return false;
	if (is_folder)
		key.len--;
	while (span_split(&key, '/', &part))
		if (part.len == 0 || span_eq(part, SPAN(".")) ||
			span_eq(part, SPAN("..")))
			return false;
	return true;
}

bool fields_is_id(const char *id)
{
	size_t len = strspn(id, "0123456789abcdef");

	return id[len] == '\0' && (len == 0 || len == DELIVERY_ID_TEXT - 1);
}
