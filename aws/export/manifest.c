#include "aws/export/manifest.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/delivery.h"
#include "base/buf.h"
#include "base/vec.h"

enum { MANIFEST_NAME_MAX = 64 * 1024, MANIFEST_COLUMN_MAX = 256 };

static int refuse(struct fault *why, int error, const char *name, const char *what)
{
	fault(why, error, "%s: %s", name, what);
	fault_cure(why,
		"copy the manifest again; in a bucket, see that AWS alone writes below "
		"the "
		"export's prefix");
	return error;
}

/* Looks at the brackets and commas outside strings, so that the parser's recursion and
 * memory are known before it runs. Also refuses an escaped NUL, where the parser would
 * cut the key. */
static int check_shape(struct span text, const char *name, struct fault *why)
{
	size_t depth = 0, values = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (quoted && c == '\\') {
			if (span_starts(span_from(text, i), SPAN("\\u0000")))
				return refuse(why, -EBADMSG, name, "has a NUL in a text");
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '[' || c == '{')) {
			depth++;
			values++;
		} else if (!quoted && (c == ']' || c == '}')) {
			depth -= depth > 0;
		} else if (!quoted && c == ',') {
			values++;
		}
		if (depth > MANIFEST_DEPTH_MAX || values > MANIFEST_VALUES_MAX)
			return refuse(why, -EFBIG, name, "is far larger than a manifest");
	}
	return 0;
}

static bool is_blank(struct span s)
{
	return span_trim(s).len == 0;
}

static int parse_json(struct span text, const char *name, cJSON **ret, struct fault *why)
{
	const char *end = NULL;
	cJSON *json;

	if (is_blank(text))
		return refuse(why, -EBADMSG, name, "is empty, no manifest");
	errno = 0;
	json = cJSON_ParseWithLengthOpts(text.p, text.len, &end, 0);
	if (!json && errno == ENOMEM)
		return -ENOMEM;
	if (!json || !is_blank(span_from(text, (size_t)(end - text.p)))) {
		cJSON_Delete(json);
		return refuse(why, -EBADMSG, name, "is no JSON, so no manifest");
	}
	*ret = json;
	return 0;
}

/* "s3://bucket/key" -> "/key"; others as they are. */
static struct span without_bucket(struct span uri)
{
	static const struct span schemes[] = { { "s3://", 5 }, { "s3a://", 6 },
		{ "s3n://", 6 } };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		struct span rest = span_from(uri, schemes[i].len);

		if (span_eq_nocase(span_first(uri, schemes[i].len), schemes[i]))
			return span_from(rest, span_find(rest, '/'));
	}
	return uri;
}

/* Appends the key, or answers -EBADMSG (not yet explained) when no object can be meant.
 */
static int normalise(struct span uri, struct buf *ret)
{
	struct span rest = without_bucket(uri), part;
	int r = 0;

	while (r == 0 && span_split(&rest, '/', &part)) {
		if (part.len == 0)
			continue;
		if (span_eq(part, SPAN(".")) || span_eq(part, SPAN("..")))
			return -EBADMSG;
		if (ret->len)
			r = buf_append_byte(ret, '/');
		if (r == 0)
			r = buf_append_span(ret, part);
	}
	return r == 0 && ret->len == 0 ? -EBADMSG : r;
}

static int add_key(
	struct manifest *m, const char *uri, const char *name, struct fault *why)
{
	struct buf key = BUF_INIT(OBJECT_KEY_MAX);
	char *text = NULL;
	int r = normalise(span_of(uri), &key);

	if (r == -EBADMSG || r == -EFBIG) {
		fault(why, r, "%s: names \"%s\", which cannot be an object's key", name,
			uri);
		fault_cure(why, "this is no manifest that AWS wrote: copy it again");
	}
	if (r == 0)
		r = VEC_RESERVE(&m->keys, &m->cap, m->count + 1, DELIVERY_FILES_MAX);
	if (r == 0) {
		text = buf_take(&key);
		r = text ? 0 : -ENOMEM;
	}
	if (r == 0)
		m->keys[m->count++] = text;
	buf_finish(&key);
	return r;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* "" unless it is a text. */
static const char *text_of(const cJSON *value)
{
	return cJSON_IsString(value) ? value->valuestring : "";
}

/* The items of reportKeys, or of dataFiles: texts, or objects with an s3Uri. */
static int read_keys(
	struct manifest *m, const cJSON *items, const char *name, struct fault *why)
{
	const cJSON *item;
	size_t count = 0;
	int r = 0;

	cJSON_ArrayForEach(item, items)
	{
		const cJSON *uri = cJSON_IsObject(item) ? member(item, "s3Uri") : item;

		if (++count > DELIVERY_FILES_MAX)
			return fault(why, -EFBIG, "%s: names more than %d files", name,
				DELIVERY_FILES_MAX);
		if (!cJSON_IsString(uri))
			return refuse(why, -EBADMSG, name, "names a file by no text");
		r = add_key(m, uri->valuestring, name, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "20161101T000000.000Z", "2026-06" and "2026-06-01T00:00:00Z" alike. */
static struct month_no read_month(const cJSON *period)
{
	struct span text = span_of(
		text_of(cJSON_IsObject(period) ? member(period, "start") : period));
	struct month_no month = { 0 };
	char dashed[MONTH_TEXT];

	if (text.len >= MONTH_TEXT + 1 && span_is_digits(span_first(text, 8))) {
		memcpy(dashed, text.p, 4);
		dashed[4] = '-';
		memcpy(dashed + 5, text.p + 4, 2);
		text = (struct span){ dashed, MONTH_TEXT };
	}
	if (month_parse(span_first(text, MONTH_TEXT), &month) < 0)
		month.number = 0;
	return month;
}

/* {"category": "lineItem", "name": "ResourceId"} or {"name": "line_item_resource_id"}.
 * Answers the length, cut. */
static size_t write_column(const cJSON *column, char *text, size_t size)
{
	const char *category = text_of(member(column, "category"));
	int n = snprintf(text, size, "%s%s%s", category, *category ? "/" : "",
		text_of(member(column, "name")));

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static bool is_resource_column(struct span name)
{
	return span_eq_nocase(name, SPAN("lineItem/ResourceId")) ||
		span_eq_nocase(name, SPAN("line_item_resource_id")) ||
		span_eq_nocase(name, SPAN("ResourceId"));
}

static int read_columns(struct manifest *m, const cJSON *columns)
{
	size_t count = 0, cap = (size_t)cJSON_GetArraySize(columns);
	struct span *names;
	char *texts;
	const cJSON *column;

	if (!cJSON_IsArray(columns) || cap == 0 || cap > LAYOUT_COLUMNS_MAX)
		return 0;
	names = vec_alloc(cap, sizeof(*names));
	texts = vec_alloc(cap, MANIFEST_COLUMN_MAX);
	if (!names || !texts) {
		free(names);
		free(texts);
		return -ENOMEM;
	}
	cJSON_ArrayForEach(column, columns)
	{
		char *text = texts + count * MANIFEST_COLUMN_MAX;

		names[count].p = text;
		names[count].len = write_column(column, text, MANIFEST_COLUMN_MAX);
		m->has_resources |= is_resource_column(names[count]);
		count++;
	}
	m->table = table_of_header(names, count);
	free(names);
	free(texts);
	return 0;
}

static int read_members(
	struct manifest *m, const cJSON *json, const char *name, struct fault *why)
{
	const cJSON *keys = member(json, "reportKeys");
	const char *assembly = text_of(member(json, "assemblyId"));
	int r;

	if (!cJSON_IsArray(keys))
		keys = member(json, "dataFiles");
	if (!cJSON_IsArray(keys))
		return refuse(why, -EBADMSG, name,
			"is no manifest of an export: it has neither reportKeys nor "
			"dataFiles");
	if (!*assembly || cJSON_IsString(member(json, "executionId")))
		assembly = text_of(member(json, "executionId"));
	if (strlen(assembly) > MANIFEST_ASSEMBLY_MAX)
		return refuse(why, -EBADMSG, name, "has an id that is far too long");
	m->assembly = strdup(assembly);
	m->name = strdup(text_of(member(json, "reportName")));
	if (!m->assembly || !m->name)
		return -ENOMEM;
	m->month = read_month(member(json, "billingPeriod"));
	r = read_columns(m, member(json, "columns"));
	return r < 0 ? r : read_keys(m, keys, name, why);
}

int manifest_parse(
	struct span text, const char *name, struct manifest *ret, struct fault *why)
{
	cJSON *json = NULL;
	int r;

	if (text.len > MANIFEST_BYTES_MAX)
		return refuse(why, -EFBIG, name, "is far larger than a manifest");
	r = check_shape(text, name, why);
	if (r == 0)
		r = parse_json(text, name, &json, why);
	if (r == 0)
		r = read_members(ret, json, name, why);
	cJSON_Delete(json);
	return r;
}

/* Reads all of it. Bytes read; -ESTALE when there are fewer than the listing said. */
static int read_all(struct object_source *s, const struct object_info *object,
	char *bytes, struct fault *why)
{
	size_t done = 0, size = (size_t)object->size_bytes;

	while (done < size) {
		ssize_t n = object_read(s, object, done, bytes + done, size - done, why);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return fault(why, -ESTALE, "%s/%s: is shorter than it was listed",
				s->name, object->key);
		done += (size_t)n;
	}
	return 0;
}

int manifest_read(struct object_source *s, const struct object_info *object,
	struct manifest *ret, struct fault *why)
{
	struct buf name = BUF_INIT(MANIFEST_NAME_MAX);
	char *bytes = NULL;
	int r = buf_appendf(&name, "%s/%s", s->name, object->key);

	if (r == 0 && object->size_bytes > MANIFEST_BYTES_MAX)
		r = refuse(why, -EFBIG, buf_text(&name), "is far larger than a manifest");
	if (r < 0)
		goto out;
	bytes = malloc((size_t)object->size_bytes + 1);
	r = bytes && buf_text(&name) ? 0 : -ENOMEM;
	if (r == 0)
		r = read_all(s, object, bytes, why);
	if (r == 0)
		r = manifest_parse((struct span){ bytes, (size_t)object->size_bytes },
			buf_text(&name), ret, why);
out:
	free(bytes);
	buf_finish(&name);
	return r;
}

void manifest_finish(struct manifest *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->keys[i]);
	free(m->keys);
	free(m->assembly);
	free(m->name);
	*m = (struct manifest){ 0 };
}
