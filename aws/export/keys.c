#include "aws/export/keys.h"

#include <string.h>

enum { KEY_YEAR_MIN = 1900, KEY_YEAR_MAX = 9999 };

static bool ends_nocase(struct span s, struct span suffix)
{
	return s.len >= suffix.len &&
		span_eq_nocase(span_from(s, s.len - suffix.len), suffix);
}

static bool starts_nocase(struct span s, struct span prefix)
{
	return span_eq_nocase(span_first(s, prefix.len), prefix);
}

/* YYYYMMDD */
static bool parse_date(struct span text, struct month_no *ret_month, int *ret_day)
{
	uint64_t year, month, day;

	if (text.len != 8 || !span_is_digits(text) ||
		span_parse_u64(span_first(text, 4), KEY_YEAR_MAX, &year) < 0 ||
		span_parse_u64(span_first(span_from(text, 4), 2), 12, &month) < 0 ||
		span_parse_u64(span_from(text, 6), 31, &day) < 0)
		return false;
	if (year < KEY_YEAR_MIN || month < 1 || day < 1)
		return false;
	ret_month->number = (int32_t)(year * 12 + month - 1);
	*ret_day = (int)day;
	return *ret_day <= month_days(*ret_month);
}

bool key_is_range(struct span part, struct month_no *ret)
{
	struct month_no start, end;
	int start_day, end_day;

	if (part.len != 17 || part.p[8] != '-' ||
		!parse_date(span_first(part, 8), &start, &start_day) ||
		!parse_date(span_from(part, 9), &end, &end_day))
		return false;
	if (end.number == start.number ? end_day <= start_day
				       : end.number != start.number + 1 || end_day != 1)
		return false;
	*ret = start;
	return true;
}

bool key_is_period(struct span part, struct month_no *ret)
{
	const struct span label = SPAN("billing_period=");
	struct month_no month;

	if (!starts_nocase(part, label) ||
		month_parse(span_from(part, label.len), &month) < 0)
		return false;
	*ret = month;
	return true;
}

bool key_is_year(struct span part, uint64_t *ret)
{
	const struct span label = SPAN("year=");
	uint64_t year;

	if (!starts_nocase(part, label) || part.len != label.len + 4 ||
		span_parse_u64(span_from(part, label.len), KEY_YEAR_MAX, &year) < 0 ||
		year < KEY_YEAR_MIN)
		return false;
	*ret = year;
	return true;
}

bool key_is_partition(struct span part)
{
	for (size_t i = 0; i < part.len; i++) {
		char c = part.p[i];
		bool letter =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (c == '=')
			return i > 0;
		if (!letter && (i == 0 || c < '0' || c > '9'))
			break;
	}
	return false;
}

bool key_is_partition_of(struct span part, struct span name)
{
	return part.len > name.len && part.p[name.len] == '=' &&
		span_eq_nocase(span_first(part, name.len), name);
}

bool key_is_month_of(struct span part, uint64_t year, struct month_no *ret)
{
	const struct span label = SPAN("month=");
	uint64_t month;

	if (!starts_nocase(part, label) || part.len > label.len + 2 ||
		span_parse_u64(span_from(part, label.len), 12, &month) < 0 || month < 1)
		return false;
	ret->number = (int32_t)(year * 12 + month - 1);
	return true;
}

bool key_find_month(struct span key, struct key_month *ret)
{
	struct span rest = key, part;
	uint64_t year = 0;
	size_t begin = 0, year_at = 0;
	bool found = false;

	while (span_split(&rest, '/', &part)) {
		size_t behind = begin + part.len + 1;
		struct key_month here = { .at = begin,
			.rest = behind < key.len ? behind : key.len };
		bool is_month = true;

		if (key_is_range(part, &here.month)) {
			here.kind = KEY_MONTH_RANGE;
		} else if (key_is_period(part, &here.month)) {
			here.kind = KEY_MONTH_PERIOD;
		} else if (year && key_is_month_of(part, year, &here.month)) {
			here.kind = KEY_MONTH_YEAR;
			here.at = year_at;
		} else {
			is_month = false;
		}
		if (is_month)
			*ret = here;
		found = found || is_month;
		year_at = begin;
		if (!key_is_year(part, &year))
			year = 0;
		begin = behind;
	}
	return found;
}

/* 8-4-4-4-12 hex digits */
static bool is_uuid(struct span part)
{
	if (part.len != 36)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		char c = part.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
			(c >= 'A' && c <= 'F');

		if (dash ? c != '-' : !hex)
			return false;
	}
	return true;
}

bool key_is_stamped(struct span part, struct instant *ret)
{
	return instant_parse_stamp(part, ret) == 0;
}

bool key_is_assembly(struct span part)
{
	struct instant t;

	return is_uuid(part) || key_is_stamped(part, &t);
}

enum key_pack key_pack(struct span key, struct span *ret_stem)
{
	static const struct {
		struct span ending;
		enum key_pack pack;
	} endings[] = {
		/* Longest first. */
		{ { ".snappy.parquet", 15 }, KEY_PACK_PARQUET },
		{ { ".parquet", 8 }, KEY_PACK_PARQUET },
		{ { ".csv.gz", 7 }, KEY_PACK_GZIP },
		{ { ".csv.zip", 8 }, KEY_PACK_ZIP },
		{ { ".zip", 4 }, KEY_PACK_ZIP },
		{ { ".csv", 4 }, KEY_PACK_CSV },
	};
	struct span last = key_last(key);

	if (starts_nocase(last, SPAN("cost_and_usage_data_status")))
		return KEY_PACK_NONE;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (!ends_nocase(last, endings[i].ending))
			continue;
		if (ret_stem)
			*ret_stem = span_first(last, last.len - endings[i].ending.len);
		return endings[i].pack;
	}
	return KEY_PACK_NONE;
}

bool key_is_manifest(struct span key)
{
	struct span last = key_last(key);

	return span_eq(last, SPAN("Manifest.json")) ||
		span_ends(last, SPAN("-Manifest.json"));
}

bool key_export_name(struct span key, struct span *ret)
{
	const struct span ending = SPAN("-Manifest.json");
	struct span stem = key_last(key);
	size_t dash;

	if (span_ends(stem, ending)) {
		stem = span_first(stem, stem.len - ending.len);
	} else if (key_pack(key, &stem) != KEY_PACK_NONE) {
		dash = span_rfind(stem, '-');
		if (!span_is_digits(span_from(stem, dash + 1)))
			return false;
		stem = span_first(stem, dash);
	} else {
		return false;
	}
	if (stem.len)
		*ret = stem;
	return stem.len != 0;
}

/* Without a '/' at the end. */
static struct span trim_slash(struct span key)
{
	return key.len && key.p[key.len - 1] == '/' ? span_first(key, key.len - 1) : key;
}

struct span key_last(struct span key)
{
	struct span trimmed = trim_slash(key);
	size_t slash = span_rfind(trimmed, '/');

	return slash == trimmed.len ? trimmed : span_from(trimmed, slash + 1);
}

struct span key_parent(struct span key)
{
	return span_first(key, (size_t)(trim_slash(key).len - key_last(key).len));
}

char *key_copy(struct span key)
{
	return key.len ? strndup(key.p, key.len) : strdup("");
}
