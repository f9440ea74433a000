#include "aws/api/json.h"

#include <cjson/cJSON.h>
#include <errno.h>

static const int64_t integer_max = INT64_C(1) << 53; /* cJSON has doubles only */

static const cJSON *inner(const struct json *json)
{
	return (const cJSON *)json;
}

static const struct json *outer(const cJSON *json)
{
	return (const struct json *)json;
}

/* cJSON would recurse for each level, end a string at a NUL, and answer no memory as no
 * JSON. */
static int check(struct span text)
{
	unsigned depth = 0;
	bool in_string = false;

	if (text.len > JSON_BYTES_MAX)
		return -EFBIG;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '\0')
			return -EBADMSG;
		if (in_string && c == '\\') {
			if (span_starts(span_from(text, i), SPAN("\\u0000")))
				return -EBADMSG;
			i++;
		} else if (c == '"') {
			in_string = !in_string;
		} else if (!in_string && (c == '{' || c == '[')) {
			if (++depth > JSON_DEPTH_MAX)
				return -EFBIG;
		} else if (!in_string && (c == '}' || c == ']')) {
			if (depth-- == 0)
				return -EBADMSG;
		}
	}
	return depth == 0 && !in_string ? 0 : -EBADMSG;
}

int json_parse(struct span text, struct json **ret)
{
	const char *end = NULL;
	cJSON *json;
	int r = check(text);

	if (r < 0)
		return r;
	json = cJSON_ParseWithLengthOpts(text.len ? text.p : "", text.len, &end, 0);
	if (!json)
		return -EBADMSG;
	if (span_trim((struct span){ end, text.len - (size_t)(end - text.p) }).len > 0) {
		json_free((struct json *)json);
		return -EBADMSG;
	}
	*ret = (struct json *)json;
	return 0;
}

/* As deep as check() let it be. */
static void wipe(cJSON *item)
{
	for (; item; item = item->next) {
		if (item->valuestring)
			explicit_bzero(item->valuestring, strlen(item->valuestring));
		wipe(item->child);
	}
}

void json_free(struct json *json)
{
	cJSON *c = (cJSON *)json;

	wipe(c);
	cJSON_Delete(c);
}

const struct json *json_member(const struct json *object, const char *name)
{
	if (!json_is_object(object))
		return NULL;
	return outer(cJSON_GetObjectItemCaseSensitive(inner(object), name));
}

const char *json_text(const struct json *value)
{
	return cJSON_GetStringValue(inner(value));
}

const char *json_member_text(const struct json *object, const char *name)
{
	return json_text(json_member(object, name));
}

int json_integer(const struct json *value, int64_t *ret)
{
	double n;
	int64_t whole;

	if (!cJSON_IsNumber(inner(value)))
		return -EINVAL;
	n = inner(value)->valuedouble;
	if (!(n >= (double)-integer_max && n <= (double)integer_max))
		return -ERANGE;
	whole = (int64_t)n;
	if ((double)whole < n || (double)whole > n)
		return -EINVAL;
	*ret = whole;
	return 0;
}

int json_boolean(const struct json *value)
{
	return cJSON_IsBool(inner(value)) ? cJSON_IsTrue(inner(value)) != 0 : -1;
}

bool json_is_object(const struct json *value)
{
	return cJSON_IsObject(inner(value));
}

bool json_is_array(const struct json *value)
{
	return cJSON_IsArray(inner(value));
}

const struct json *json_first(const struct json *container)
{
	if (!json_is_object(container) && !json_is_array(container))
		return NULL;
	return outer(inner(container)->child);
}

const struct json *json_next(const struct json *item)
{
	return item ? outer(inner(item)->next) : NULL;
}

const char *json_name(const struct json *member)
{
	return member ? inner(member)->string : NULL;
}
