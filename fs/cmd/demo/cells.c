/* The common case is a copy of a few hundred constant bytes and a dozen numbers. */
#include "fs/cmd/demo/cells.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TIME_SECONDS = 20, TIME_MILLIS = 24, HOLES_TEXT_MAX = 64 * CELLS_HOLES };

void cells_empty(struct cells *r)
{
	memset(r->text, 0, sizeof(r->text));
	memset(r->hole, 0, sizeof(r->hole));
	r->used = 0;
}

void cells_set(struct cells *r, enum field f, const char *text)
{
	if (text && *text)
		r->text[f] = text;
}

void cells_printf(struct cells *r, enum field f, const char *format, ...)
{
	char *at = r->bytes + r->used;
	size_t room = sizeof(r->bytes) - r->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(at, room, format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < room);
	r->text[f] = at;
	r->used += (size_t)len + 1;
}

void cells_number(struct cells *r, enum field f, int64_t e10, enum number_style style)
{
	char text[NUMBER_TEXT];
	size_t len = number_print(e10, style, text);

	cells_printf(r, f, "%.*s", (int)len, text);
	r->value[f] = e10;
}

void cells_copy(struct cells *r, enum field to, enum field from)
{
	if (!r->text[from] && !r->hole[from])
		return;
	r->text[to] = r->text[from];
	r->hole[to] = r->hole[from];
	r->style[to] = r->style[from];
	r->value[to] = r->value[from];
}

void cells_hole(struct cells *r, enum field f, enum hole hole, enum number_style style)
{
	r->hole[f] = (unsigned char)hole;
	r->style[f] = (unsigned char)style;
}

static size_t time_print(int64_t seconds, bool milliseconds, char *ret)
{
	/* All times of the demo are after 1970. */
	static const char millis[5] = { '.', '0', '0', '0', 'Z' };
	struct day day = { (int32_t)(seconds / 86400) };
	unsigned clock = (unsigned)(seconds % 86400);
	unsigned parts[3] = { clock / 3600, clock / 60 % 60, clock % 60 };

	day_format(day, ret);
	ret[10] = 'T';
	for (size_t i = 0; i < 3; i++) {
		ret[11 + 3 * i] = (char)('0' + parts[i] / 10);
		ret[12 + 3 * i] = (char)('0' + parts[i] % 10);
		ret[13 + 3 * i] = ':';
	}
	if (!milliseconds) {
		ret[TIME_SECONDS - 1] = 'Z';
		return TIME_SECONDS;
	}
	memcpy(ret + TIME_SECONDS - 1, millis, sizeof(millis));
	return TIME_MILLIS;
}

void cells_time(struct cells *r, enum field f, int64_t seconds, bool milliseconds)
{
	char text[TIME_MILLIS];
	size_t len = time_print(seconds, milliseconds, text);

	cells_printf(r, f, "%.*s", (int)len, text);
	r->value[f] = seconds;
}

/* Appends "key":"value" to the object that grows at the end of the record's bytes. */
static void json_string(struct cells *r, const char *text)
{
	r->bytes[r->used++] = '"';
	for (; *text; text++) {
		assert(r->used + 8 < sizeof(r->bytes));
		if (*text == '"' || *text == '\\')
			r->bytes[r->used++] = '\\';
		r->bytes[r->used++] = *text;
	}
	r->bytes[r->used++] = '"';
}

/* What FOCUS says of a price, as far as the demo knows. */
static const char *detail_key(enum field f)
{
	switch ((unsigned)f) {
	case FIELD_PRODUCT_INSTANCE_TYPE:
		return "InstanceType";
	case FIELD_PRODUCT_INSTANCE_TYPE_FAMILY:
		return "InstanceSeries";
	case FIELD_PRODUCT_OPERATING_SYSTEM:
		return "OperatingSystem";
	case FIELD_PRODUCT_STORAGE_CLASS:
		return "StorageClass";
	default:
		return NULL;
	}
}

/* The field's key in the map; NULL: it is not in it. */
static const char *map_key(enum field map, enum field f)
{
	const struct field_name *n = &field_names[f];
	bool is_tag = n->place == FIELD_IN_TAGS;

	switch ((unsigned)map) {
	case FIELD_PRODUCT_MAP:
		return n->place == FIELD_IN_PRODUCT ? n->key : NULL;
	case FIELD_TAG_MAP:
		return is_tag ? n->key : NULL;
	case FIELD_COST_CATEGORY_MAP:
		return n->place == FIELD_IN_COST_CATEGORY ? n->key : NULL;
	case FIELD_FOCUS_TAGS:
		/* FOCUS leaves out who made the tag, unless AWS did. */
		return !is_tag				    ? NULL
			: strncmp(n->name, "user:", 5) == 0 ? n->name + 5
							    : n->name;
	case FIELD_FOCUS_COST_CATEGORIES:
		return n->place == FIELD_IN_COST_CATEGORY ? n->name : NULL;
	case FIELD_FOCUS_SKU_PRICE_DETAILS:
		return detail_key(f);
	default:
		return NULL;
	}
}

size_t cells_pairs(const struct cells *r, enum field map, struct cell_pair *ret)
{
	size_t count = 0;

	for (enum field f = 0; f < FIELD_COUNT; f++) {
		const char *key = r->text[f] ? map_key(map, f) : NULL;
		size_t same = 0;

		if (!key)
			continue;
		/* user:Owner and user:owner are one key in CUR 2.0; the first wins. */
		while (same < count && strcmp(ret[same].key, key) != 0)
			same++;
		if (same < count)
			continue;
		assert(count < CELLS_PAIRS);
		ret[count++] = (struct cell_pair){ key, r->text[f] };
	}
	return count;
}

static void map_make(struct cells *r, enum field map)
{
	struct cell_pair pairs[CELLS_PAIRS];
	size_t count = cells_pairs(r, map, pairs);
	size_t start = r->used;

	r->bytes[r->used++] = '{';
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			r->bytes[r->used++] = ',';
		json_string(r, pairs[i].key);
		r->bytes[r->used++] = ':';
		json_string(r, pairs[i].text);
	}
	r->bytes[r->used++] = '}';
	r->bytes[r->used++] = '\0';
	r->text[map] = r->bytes + start;
}

void cells_maps(struct cells *r)
{
	static const enum field maps[] = { FIELD_PRODUCT_MAP, FIELD_TAG_MAP,
		FIELD_COST_CATEGORY_MAP, FIELD_FOCUS_TAGS, FIELD_FOCUS_COST_CATEGORIES,
		FIELD_FOCUS_SKU_PRICE_DETAILS };
	static const enum field discounts[] = { FIELD_DISCOUNT_MAP,
		FIELD_FOCUS_DISCOUNTS };

	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		map_make(r, maps[i]);
	for (size_t i = 0; i < ARRAY_LEN(discounts); i++) {
		if (!r->hole[discounts[i]])
			r->text[discounts[i]] = "{}";
	}
}

static void form_byte(struct form *f, char byte)
{
	assert(f->len + HOLES_TEXT_MAX < sizeof(f->bytes));
	f->bytes[f->len++] = byte;
}

static void form_text(struct form *f, const char *text)
{
	/* Quotes tell an empty text from null. */
	bool quoted = !*text || strpbrk(text, ",\"\n\r") != NULL;

	if (quoted)
		form_byte(f, '"');
	for (; *text; text++) {
		if (*text == '"')
			form_byte(f, '"');
		form_byte(f, *text);
	}
	if (quoted)
		form_byte(f, '"');
}

void form_make(const struct cells *r, const struct columns *c, bool milliseconds,
	struct form *ret)
{
	ret->len = 0;
	ret->part_count = 0;
	ret->milliseconds = milliseconds;
	for (size_t i = 0; i < c->count; i++) {
		enum field f = c->fields[i];

		if (i > 0)
			form_byte(ret, ',');
		if (r->hole[f]) {
			assert(ret->part_count < CELLS_HOLES);
			ret->parts[ret->part_count++] =
				(struct form_part){ .until = ret->len,
					.hole = r->hole[f],
					.style = r->style[f] };
		} else if (r->text[f]) {
			form_text(ret, r->text[f]);
		}
	}
	form_byte(ret, '\n');
}

static size_t discount_print(const struct values *v, char *ret)
{
	static const char front[] = "\"{\"\"edp_discount\"\":";
	size_t len = sizeof(front) - 1;

	memcpy(ret, front, len);
	len += number_print(v->n[HOLE_DISCOUNT], NUMBER_JAVA, ret + len);
	ret[len++] = '}';
	ret[len++] = '"';
	return len;
}

size_t interval_print(const struct values *v, char *ret)
{
	size_t len = time_print(v->start, false, ret);

	ret[len++] = '/';
	return len + time_print(v->end, false, ret + len);
}

static size_t hole_print(const struct form *f, const struct form_part *part,
	const struct values *v, char *ret)
{
	if (part->hole >= HOLE_NUMBERS)
		return number_print(v->n[part->hole], part->style, ret);
	switch ((enum hole)part->hole) {
	case HOLE_INTERVAL:
		return interval_print(v, ret);
	case HOLE_START:
		return time_print(v->start, f->milliseconds, ret);
	case HOLE_END:
		return time_print(v->end, f->milliseconds, ret);
	case HOLE_DISCOUNT_MAP:
		return discount_print(v, ret);
	default:
		return 0;
	}
}

size_t form_print(const struct form *f, const struct values *v, char *ret)
{
	size_t from = 0, len = 0;

	for (size_t i = 0; i < f->part_count; i++) {
		const struct form_part *part = &f->parts[i];

		memcpy(ret + len, f->bytes + from, part->until - from);
		len += part->until - from;
		from = part->until;
		len += hole_print(f, part, v, ret + len);
	}
	memcpy(ret + len, f->bytes + from, f->len - from);
	return len + f->len - from;
}
