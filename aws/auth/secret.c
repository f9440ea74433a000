#include "aws/auth/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_TEXT_MAX = 256 * 1024 };

void secret_free(char *text)
{
	if (!text)
		return;
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void secret_finish(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_finish(b);
}

int secret_set(char **ret, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return -ENOMEM;
	secret_free(*ret);
	*ret = copy;
	return 0;
}

int secret_parse(struct span text, cJSON **ret)
{
	cJSON *json = text.len ? cJSON_ParseWithLength(text.p, text.len) : NULL;

	if (!cJSON_IsObject(json)) {
		secret_delete(json);
		return -EBADMSG;
	}
	*ret = json;
	return 0;
}

/* cJSON itself allows nesting of a thousand levels. */
static void wipe(cJSON *json) /* NOLINT(misc-no-recursion) */
{
	for (; json; json = json->next) {
		if (json->valuestring)
			OPENSSL_cleanse(json->valuestring, strlen(json->valuestring));
		wipe(json->child);
	}
}

void secret_delete(cJSON *json)
{
	wipe(json);
	cJSON_Delete(json);
}

int secret_print(cJSON *json, struct buf *ret)
{
	/* cJSON_Print() grows its buffer, and leaves pieces of the text behind. */
	char *text = malloc(SECRET_TEXT_MAX);
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && !cJSON_PrintPreallocated(json, text, SECRET_TEXT_MAX, false))
		r = -EFBIG;
	if (r == 0)
		r = buf_append_text(ret, text);
	if (text)
		OPENSSL_cleanse(text, SECRET_TEXT_MAX);
	free(text);
	return r;
}

const char *secret_text(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* One character of UTF-8; a byte that begins none counts alone. */
static uint32_t take_character(struct span *text)
{
	unsigned char first = (unsigned char)text->p[0];
	size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	uint32_t code = len == 1 ? first : first & (0x7fU >> len);

	if (len > text->len)
		len = text->len;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)text->p[i] & 0x3f);
	*text = span_from(*text, len);
	return code;
}

static int append_escaped(uint32_t code, struct buf *ret)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; letters[i]; i += 2)
		if (code == (unsigned char)letters[i])
			return buf_appendf(ret, "\\%c", letters[i + 1]);
	if (code >= ' ' && code <= '~')
		return buf_append_byte(ret, (char)code);
	if (code < 0x10000)
		return buf_appendf(ret, "\\u%04x", code);
	code -= 0x10000;
	return buf_appendf(
		ret, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

int json_ascii(struct span text, struct buf *ret)
{
	int r = buf_append_byte(ret, '"');

	while (r == 0 && text.len)
		r = append_escaped(take_character(&text), ret);
	return r < 0 ? r : buf_append_byte(ret, '"');
}
