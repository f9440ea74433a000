#include "aws/resource/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "aws/api/json.h"
#include "base/vec.h"

struct tag {
	const char *key, *value;
	size_t number;
};

/* Texts of one element, until all of them are known. */
struct fields {
	struct buf texts;
	size_t ends[INVENTORY_FIELD_COUNT];
};

static const struct json *step_into(const struct json *value, struct span name)
{
	char member[64];

	if (json_is_array(value))
		value = json_first(value);
	if (name.len >= sizeof(member))
		return NULL;
	memcpy(member, name.p, name.len);
	member[name.len] = '\0';
	return json_member(value, member);
}

/* What stands at "Placement.AvailabilityZone". */
static const struct json *walk(const struct json *element, struct span place)
{
	const struct json *value = element;
	struct span name;

	while (value && span_split(&place, '.', &name))
		value = step_into(value, name);
	return value == element ? NULL : value;
}

/* A path of kind_private.h: the first of its places where something is. */
static const struct json *find(const struct json *element, const char *path)
{
	struct span places = span_of(path), place;

	while (path && span_split(&places, '|', &place)) {
		const struct json *value = walk(element, place);

		if (value)
			return value;
	}
	return NULL;
}

static int compare_tags(const void *left, const void *right)
{
	const struct tag *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	if (order != 0)
		return order;
	return a->number < b->number ? -1 : 1;
}

/* The tags of a list in ret, by key; -errno or their number. */
static ssize_t sort_tags(const struct json *list, struct tag *ret)
{
	size_t count = 0;

	for (const struct json *i = json_first(list); i; i = json_next(i)) {
		const char *value = json_member_text(i, "Value");

		ret[count].key = json_member_text(i, "Key");
		ret[count].value = value ? value : "";
		ret[count].number = count;
		if (ret[count].key)
			count++;
	}
	qsort(ret, count, sizeof(*ret), compare_tags);
	return (ssize_t)count;
}

static int put_tag(const struct tag *tag, bool is_first, struct buf *b)
{
	int r = buf_append_byte(b, is_first ? '{' : ',');

	if (r == 0)
		r = buf_append_json(b, span_of(tag->key));
	if (r == 0)
		r = buf_append_byte(b, ':');
	return r < 0 ? r : buf_append_json(b, span_of(tag->value));
}

static int put_tags(const struct json *list, struct buf *b)
{
	size_t count = 0;
	struct tag *tags;
	ssize_t tag_count;
	int r = 0;

	if (!json_is_array(list))
		return 0;
	for (const struct json *i = json_first(list); i; i = json_next(i))
		count++;
	tags = vec_alloc(count + 1, sizeof(*tags));
	if (!tags)
		return -ENOMEM;
	tag_count = sort_tags(list, tags);
	for (ssize_t i = 0; i < tag_count && r == 0; i++)
		if (i == 0 || strcmp(tags[i].key, tags[i - 1].key) != 0)
			r = put_tag(&tags[i], i == 0, b);
	if (r == 0 && tag_count > 0)
		r = buf_append_byte(b, '}');
	free(tags);
	return r;
}

static const char *name_tag(const struct json *list)
{
	for (const struct json *i = json_first(list); i; i = json_next(i)) {
		const char *key = json_member_text(i, "Key");

		if (key && strcmp(key, "Name") == 0)
			return json_member_text(i, "Value");
	}
	return NULL;
}

static int put_text(const char *text, struct buf *b)
{
	return text ? buf_append_text(b, text) : 0;
}

static int put_time(const char *text, struct buf *b)
{
	char form[INSTANT_TEXT];
	struct instant t;

	if (!text || instant_parse(span_of(text), &t) < 0)
		return 0;
	instant_format(t, form);
	return buf_append(b, form, sizeof(form));
}

static int put_integer(const struct json *value, struct buf *b)
{
	int64_t number;

	if (!value || json_integer(value, &number) < 0)
		return 0;
	return buf_appendf(b, "%" PRId64, number);
}

/* Parts of an id, with '_' between: texts, and numbers unless they are all of it. Nothing
 * where one is not there. */
static int put_parts(const struct json *element, struct span place, struct buf *b)
{
	bool is_joined = span_find(place, '+') < place.len;
	size_t before = b->len;
	struct span part;
	int r = 0;

	while (r == 0 && span_split(&place, '+', &part)) {
		const struct json *value = walk(element, part);
		size_t start = b->len;

		if (start > before)
			r = buf_append_byte(b, '_');
		start = b->len;
		if (r == 0)
			r = put_text(json_text(value), b);
		if (r == 0 && b->len == start && is_joined)
			r = put_integer(value, b);
		if (r == 0 && b->len == start) {
			buf_truncate(b, before);
			break;
		}
	}
	return r;
}

static int put_id(const struct json *element, const char *path, struct buf *b)
{
	struct span places = span_of(path), place;
	size_t before = b->len;
	int r = 0;

	while (r == 0 && b->len == before && span_split(&places, '|', &place))
		r = put_parts(element, place, b);
	return r;
}

/* What is there and not empty. */
static const char *text_or(const char *text, const char *otherwise)
{
	return text && text[0] ? text : otherwise;
}

static int put_field(const struct json *element, const struct resource_call *call,
	enum inventory_field field, const char *region, struct buf *b)
{
	const struct json *value = find(element, call->fields[field]);
	const struct json *tags = find(element, call->fields[INVENTORY_TAGS]);

	switch (field) {
	case INVENTORY_NAME:
		return put_text(text_or(name_tag(tags), json_text(value)), b);
	case INVENTORY_ZONE:
		return put_text(text_or(json_text(value), region), b);
	case INVENTORY_SIZE:
		return put_integer(value, b);
	case INVENTORY_CREATED:
		return put_time(json_text(value), b);
	case INVENTORY_TAGS:
		return put_tags(tags, b);
	case INVENTORY_ID:
		return put_id(element, call->fields[INVENTORY_ID], b);
	case INVENTORY_TYPE:
	case INVENTORY_STATE:
	case INVENTORY_FIELD_COUNT:
		break;
	}
	return put_text(json_text(value), b);
}

static int read_fields(const struct json *element, const struct resource_call *call,
	const char *region, struct fields *ret)
{
	int r = 0;

	for (int i = 0; i < INVENTORY_FIELD_COUNT && r == 0; i++) {
		r = put_field(
			element, call, (enum inventory_field)i, region, &ret->texts);
		ret->ends[i] = ret->texts.len;
	}
	return r;
}

static int add_item(
	struct inventory_builder *b, const struct fields *fields, struct span json)
{
	struct inventory_item item = { .json = json };
	size_t begin = 0;

	for (size_t i = 0; i < INVENTORY_FIELD_COUNT; i++) {
		item.text[i] = span_first(span_from(buf_span(&fields->texts), begin),
			fields->ends[i] - begin);
		begin = fields->ends[i];
	}
	return inventory_builder_add(b, &item);
}

int fields_add(struct inventory_builder *b, const struct resource_call *call,
	const char *region, struct span json, struct fault *why)
{
	struct fields fields = { .texts = BUF_INIT(FIELDS_TEXT_MAX) };
	struct json *element = NULL;
	int r = json_parse(json, &element);

	if (r == 0 && !json_is_object(element))
		r = -EBADMSG;
	if (r == 0)
		r = read_fields(element, call, region, &fields);
	if (r == 0)
		r = add_item(b, &fields, json);
	if (r == -EINVAL || r == -EBADMSG)
		r = fault(why, -EBADMSG, "%s: an element without %s", call->operation,
			call->fields[INVENTORY_ID]);
	else if (r == -EFBIG)
		r = fault(why, r, "%s: more than can be kept", call->operation);
	json_free(element);
	buf_finish(&fields.texts);
	return r;
}
