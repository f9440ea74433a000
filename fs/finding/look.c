#include "fs/finding/look.h"

#include <errno.h>
#include <stdio.h>

#include "base/vec.h"

void look_forget(struct look *l)
{
	buf_clear(&l->note);
	l->note_count = 0;
}

int look_note(struct look *l, const char *format, ...)
{
	va_list args;
	int r = l->note.len ? buf_append_text(&l->note, "; ") : 0;

	va_start(args, format);
	if (r == 0)
		r = buf_vappendf(&l->note, format, args);
	va_end(args);
	return r;
}

struct span look_cut(struct span text)
{
	size_t len = LOOK_TEXT_MAX;

	if (text.len <= len)
		return text;
	while (len > 0 && (text.p[len] & 0xC0) == 0x80)
		len--;
	return span_first(text, len);
}

int look_list(struct look *l, struct span text)
{
	if (l->note_count++ >= LOOK_NOTES_MAX)
		return 0;
	return look_note(l, "%.*s", SPAN_ARG(look_cut(text)));
}

int look_list_end(struct look *l)
{
	if (l->note_count <= LOOK_NOTES_MAX)
		return 0;
	return look_note(l, "and %zu more", l->note_count - LOOK_NOTES_MAX);
}

int look_error(struct look *l, const struct json *error)
{
	struct buf text = BUF_INIT(2 * LOOK_TEXT_MAX + 2);
	int r = buf_append_span(
		&text, look_cut(span_of(json_member_text(error, "Operation"))));

	if (r == 0)
		r = buf_append_text(&text, ": ");
	if (r == 0)
		r = buf_append_span(
			&text, look_cut(span_of(json_member_text(error, "Code"))));
	if (r == 0)
		r = look_list(l, buf_span(&text));
	buf_finish(&text);
	return r;
}

int look_note_day(struct look *l, const char *name, struct instant t, const char *none)
{
	char text[DAY_TEXT];

	if (t.seconds == INSTANT_NONE)
		return look_note(l, "%s %s", name, none);
	day_format(instant_day(t), text);
	return look_note(l, "%s %.*s", name, DAY_TEXT, text);
}

/* A bucket has a region of its own. */
static struct span region_of(
	const struct look_region *r, const struct inventory *v, size_t item)
{
	struct span zone = inventory_text(v, item, INVENTORY_ZONE);

	return strcmp(r->name, "global") == 0 && zone.len ? zone : span_of(r->name);
}

static int add_item(struct look *l, const struct look_region *r, size_t kind, size_t item,
	struct report_item *row)
{
	const struct inventory *v = r->inventories[kind];
	struct span id = inventory_text(v, item, INVENTORY_ID);
	int e;

	row->region = region_of(r, v, item);
	row->id = id;
	row->name = inventory_text(v, item, INVENTORY_NAME);
	e = report_add(l->report, row);
	return e < 0 ? e : report_cost(l->report, id);
}

int look_found(struct look *l, const struct look_region *r, size_t kind, size_t item,
	const char *why)
{
	struct report_item row = { .status = REPORT_FINDING,
		.why = span_of(why),
		.evidence = buf_span(&l->note) };

	return add_item(l, r, kind, item, &row);
}

int look_unknown(struct look *l, const struct look_region *r, size_t kind, size_t item,
	const char *why)
{
	struct report_item row = { .status = REPORT_NO_DATA,
		.why = span_of(why),
		.evidence = buf_span(&l->note) };

	return add_item(l, r, kind, item, &row);
}

int look_lack(struct look *l, const char *region, const struct fault *why,
	const char *otherwise)
{
	struct report_item row = { .status = REPORT_NO_DATA,
		.region = span_of(region),
		.why = span_of(otherwise) };

	if (why && why->text[0]) {
		row.why = span_of(why->text);
		row.evidence = span_of(why->cure);
	}
	return report_add(l->report, &row);
}

int look_json(struct look *l, const struct look_region *r, size_t kind, size_t item,
	struct json **ret)
{
	struct json *json = NULL;
	int e = json_parse(inventory_json(r->inventories[kind], item), &json);

	if (e == 0 && json_is_object(json)) {
		*ret = json;
		return 1;
	}
	json_free(json);
	if (e == -ENOMEM)
		return e;
	look_forget(l);
	return look_unknown(l, r, kind, item, "its JSON cannot be read");
}

struct instant look_created(const struct inventory *v, size_t item)
{
	struct instant t;

	if (instant_parse(inventory_text(v, item, INVENTORY_CREATED), &t) < 0)
		return (struct instant){ INSTANT_NONE };
	return t;
}

bool look_is_older(const struct look *l, struct instant t, uint64_t seconds)
{
	int64_t age;

	return !__builtin_sub_overflow(l->in->now.seconds, t.seconds, &age) && age > 0 &&
		(uint64_t)age > seconds;
}

int look_reserve(uint64_t **items, size_t *cap, size_t n)
{
	size_t old = *cap;
	int r = VEC_RESERVE(items, cap, n + 1, (size_t)1 << 32);

	if (r == 0 && *cap > old)
		memset(*items + old, 0, (*cap - old) * sizeof(**items));
	return r;
}

bool look_has(struct span text, struct span part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (span_starts(span_from(text, i), part))
			return true;
	return false;
}

int look_time(const struct json *object, const char *name, struct instant *ret)
{
	const struct json *value = json_member(object, name);
	const char *text = json_text(value);

	if (!value)
		return 0;
	if (!text || instant_parse(span_of(text), ret) < 0)
		return -EINVAL;
	return 1;
}

int look_bill(struct look *l, unsigned days)
{
	const struct bill *b = &l->bill;
	char first[DAY_TEXT], last[DAY_TEXT], text[256];

	if (b->lack)
		return look_lack(
			l, NULL, l->in->newest ? NULL : l->in->bill_why, b->lack);
	if (bill_days(b) >= days)
		return 1;
	day_format(b->first, first);
	day_format(b->last, last);
	(void)snprintf(text, sizeof(text),
		"too few days in the bill: %u, from %.*s to %.*s; %u are needed",
		bill_days(b), DAY_TEXT, first, DAY_TEXT, last, days);
	return look_lack(l, NULL, NULL, text);
}
