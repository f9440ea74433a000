#include "base/day.h"

#include <errno.h>

#include "base/digits.h"

enum {
	DAY_SECONDS = 24 * 60 * 60,
	YEAR_FIRST = 1900,
	YEAR_LAST = 9999,
	/* 1970-01-01, and 10000-01-01, counted from 0000-01-01. */
	DAYS_TO_1970 = 719528,
	DAYS_TO_10000 = 3652425,
	DAYS_400_YEARS = 146097,
	DAYS_TO_MARCH = 60, /* 0000-03-01 */
};

struct date {
	int64_t year;
	int month; /* 1 to 12 */
	int day; /* 1 to 31 */
};

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* year >= 0. The reverse of date_of(). */
static int64_t days_of(struct date d)
{
	/* Years that begin with March, 400 of them more so that none is below 0. */
	unsigned from_march = (unsigned)(d.month + 9) % 12;
	uint64_t year = (uint64_t)d.year + 400 - (d.month < 3);
	uint64_t days = 365 * year + year / 4 - year / 100 + year / 400 +
		(153 * from_march + 2) / 5 + (unsigned)d.day - 1;

	return (int64_t)days + DAYS_TO_MARCH - DAYS_400_YEARS - DAYS_TO_1970;
}

/* days >= 0 from 0000-01-01. */
static struct date date_of(int64_t days)
{
	/* Years that begin with March end with the day that leap years have more: of the
	 * 400 years before it, of the year, of five months with 153 days. */
	uint64_t from_march = (uint64_t)days + DAYS_400_YEARS - DAYS_TO_MARCH;
	uint64_t era = from_march / DAYS_400_YEARS;
	unsigned day = (unsigned)(from_march % DAYS_400_YEARS);
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153; /* 0 = March */
	day -= (153 * month + 2) / 5;
	return (struct date){
		.year = (int64_t)era * 400 - 400 + year + (month >= 10),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)day + 1,
	};
}

/* Number of two digits; sets a bit of *bad that is no digit's if they are none. */
static int two(const char *p, unsigned *bad)
{
	unsigned tens = (unsigned)(unsigned char)p[0] - '0';
	unsigned ones = (unsigned)(unsigned char)p[1] - '0';

	*bad |= tens > 9 || ones > 9;
	return (int)(tens * 10 + ones);
}

/* The pieces of a time, before anybody asked whether there is such a one. */
struct pieces {
	struct date date;
	int64_t hour, minute, second;
};

static int seconds_of(const struct pieces *t, struct instant *ret)
{
	const struct date *d = &t->date;

	if (d->year < YEAR_FIRST || d->month < 1 || d->month > 12 || d->day < 1 ||
		(d->day > 28 && d->day > days_in_month(d->year, d->month)))
		return -ERANGE;
	if (t->hour > 23 || t->minute > 59 || t->second > 59)
		return -ERANGE;
	ret->seconds =
		days_of(*d) * DAY_SECONDS + t->hour * 3600 + t->minute * 60 + t->second;
	return 0;
}

/* "2026-11-23", of DAY_TEXT bytes at least. */
static int parse_date(const char *p, struct date *ret)
{
	unsigned bad = p[4] != '-' || p[7] != '-';
	int year = two(p, &bad) * 100 + two(p + 2, &bad);
	int month = two(p + 5, &bad);
	int day = two(p + 8, &bad);

	if (bad)
		return -EINVAL;
	*ret = (struct date){ year, month, day };
	return 0;
}

/* "14:00:00", of 8 bytes at least; separators are a or b. */
static int parse_time(const char *p, char a, char b, struct pieces *t)
{
	unsigned bad = (p[2] != a && p[2] != b) || (p[5] != a && p[5] != b);

	t->hour = two(p, &bad);
	t->minute = two(p + 3, &bad);
	t->second = two(p + 6, &bad);
	return bad ? -EINVAL : 0;
}

/* ".356"; what follows it, or s as it is. */
static int skip_fraction(struct span *s)
{
	size_t len = 1;

	if (s->len == 0 || s->p[0] != '.')
		return 0;
	while (len < s->len && s->p[len] >= '0' && s->p[len] <= '9')
		len++;
	if (len == 1)
		return -EINVAL;
	*s = span_from(*s, len);
	return 0;
}

static bool is_utc(struct span zone)
{
	return zone.len == 0 || (zone.len == 1 && zone.p[0] == 'Z') ||
		span_eq(zone, SPAN("+00:00")) || span_eq(zone, SPAN("+00"));
}

/* What form has '0' for are digits, which become their values; all others, at which mask
 * is 0xff, are those of form, and become 0. Else a bit of *bad is set. */
static uint64_t take_form(
	const char *p, const char *form, const char *mask, uint64_t *bad)
{
	uint64_t v = word_load(p) ^ word_load(form);

	*bad |= digits_others(v) | (v & word_load(mask));
	return v;
}

/* Of digits from that byte on. */
static int two_at(uint64_t digits, unsigned byte)
{
	return (int)((digits * 10 + (digits >> 8)) >> 8 * byte & 0xFF);
}

/* As AWS writes and we do: "2026-11-23T14:00:00Z". */
static bool parse_ours(const char *p, struct pieces *ret)
{
	uint64_t bad = 0;
	uint64_t a = take_form(p, "0000-00-", "\0\0\0\0\xff\0\0\xff", &bad);
	uint64_t b = take_form(p + 8, "00T00:00", "\0\0\xff\0\0\xff\0\0", &bad);
	uint64_t c = take_form(p + 12, "0:00:00Z", "\0\xff\0\0\xff\0\0\xff", &bad);

	if (bad)
		return false;
	*ret = (struct pieces){
		.date = { two_at(a, 0) * 100 + two_at(a, 2), two_at(a, 5), two_at(b, 0) },
		.hour = two_at(b, 3),
		.minute = two_at(b, 6),
		.second = two_at(c, 5),
	};
	return true;
}

int instant_parse(struct span text, struct instant *ret)
{
	struct pieces t = { 0 };
	struct span zone;
	int r;

	if (text.len == INSTANT_TEXT && parse_ours(text.p, &t))
		return seconds_of(&t, ret);
	if (text.len < DAY_TEXT)
		return -EINVAL;
	r = parse_date(text.p, &t.date);
	if (r < 0)
		return r;
	if (text.len == DAY_TEXT)
		return seconds_of(&t, ret);
	if (text.len < DAY_TEXT + 9 || (text.p[10] != 'T' && text.p[10] != ' '))
		return -EINVAL;
	r = parse_time(text.p + 11, ':', ':', &t);
	if (r < 0)
		return r;
	zone = span_from(text, DAY_TEXT + 9);
	r = skip_fraction(&zone);
	if (r < 0)
		return r;
	if (!is_utc(zone))
		return -EINVAL;
	return seconds_of(&t, ret);
}

/* 20230903T040211Z */
static int parse_compact(struct span text, struct pieces *ret)
{
	const char *p = text.p;
	struct pieces t = { 0 };
	unsigned bad = 0;

	if (text.len < 16 || p[8] != 'T' || p[15] != 'Z')
		return -EINVAL;
	t.date.year = two(p, &bad) * 100 + two(p + 2, &bad);
	t.date.month = two(p + 4, &bad);
	t.date.day = two(p + 6, &bad);
	t.hour = two(p + 9, &bad);
	t.minute = two(p + 11, &bad);
	t.second = two(p + 13, &bad);
	if (bad)
		return -EINVAL;
	*ret = t;
	return 0;
}

/* 2026-06-01T23:48:02.356Z */
static int parse_spaced(struct span text, struct pieces *ret)
{
	struct pieces t = { 0 };
	struct span zone;
	int r;

	if (text.len < DAY_TEXT + 10 || text.p[10] != 'T')
		return -EINVAL;
	r = parse_date(text.p, &t.date);
	if (r == 0)
		r = parse_time(text.p + 11, ':', '_', &t);
	zone = span_from(text, DAY_TEXT + 9);
	if (r == 0)
		r = skip_fraction(&zone);
	if (r == 0 && !span_starts(zone, SPAN("Z")))
		r = -EINVAL;
	if (r == 0)
		*ret = t;
	return r;
}

int instant_parse_stamp(struct span text, struct instant *ret)
{
	struct pieces t = { 0 };
	int r = parse_compact(text, &t);

	if (r < 0)
		r = parse_spaced(text, &t);
	if (r < 0)
		return r;
	return seconds_of(&t, ret) < 0 ? -EINVAL : 0;
}

/* Rounds down, also before 1970. */
static int64_t floor_days(int64_t seconds)
{
	return seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
}

struct day instant_day(struct instant t)
{
	int64_t days = floor_days(t.seconds);

	if (days <= INT32_MIN || days > INT32_MAX)
		return (struct day){ DAY_NONE };
	return (struct day){ (int32_t)days };
}

static void put_two(char *p, int value)
{
	p[0] = (char)('0' + value / 10);
	p[1] = (char)('0' + value % 10);
}

static void put_month(char *p, int64_t year, int month)
{
	put_two(p, (int)(year / 100));
	put_two(p + 2, (int)(year % 100));
	p[4] = '-';
	put_two(p + 5, month);
}

void day_format(struct day d, char ret[DAY_TEXT])
{
	int64_t days = (int64_t)d.number + DAYS_TO_1970;
	struct date date;

	if (days < 0)
		days = 0;
	if (days >= DAYS_TO_10000)
		days = DAYS_TO_10000 - 1;
	date = date_of(days);
	put_month(ret, date.year, date.month);
	ret[7] = '-';
	put_two(ret + 8, date.day);
}

void instant_format(struct instant t, char ret[INSTANT_TEXT])
{
	const int64_t first = -(int64_t)DAYS_TO_1970 * DAY_SECONDS;
	const int64_t last = (int64_t)(DAYS_TO_10000 - DAYS_TO_1970) * DAY_SECONDS - 1;
	int64_t days;
	int second;

	if (t.seconds < first)
		t.seconds = first;
	if (t.seconds > last)
		t.seconds = last;
	days = floor_days(t.seconds);
	second = (int)(t.seconds - days * DAY_SECONDS);
	day_format((struct day){ (int32_t)days }, ret);
	ret[10] = 'T';
	put_two(ret + 11, second / 3600);
	ret[13] = ':';
	put_two(ret + 14, second / 60 % 60);
	ret[16] = ':';
	put_two(ret + 17, second % 60);
	ret[19] = 'Z';
}

int month_parse(struct span text, struct month_no *ret)
{
	unsigned bad = 0;
	int year;
	int month;

	if (text.len != MONTH_TEXT || text.p[4] != '-')
		return -EINVAL;
	year = two(text.p, &bad) * 100 + two(text.p + 2, &bad);
	month = two(text.p + 5, &bad);
	if (bad || year < YEAR_FIRST || month < 1 || month > 12)
		return -EINVAL;
	ret->number = year * 12 + month - 1;
	return 0;
}

void month_format(struct month_no m, char ret[MONTH_TEXT])
{
	int32_t number = m.number;

	if (number < 0)
		number = 0;
	if (number > YEAR_LAST * 12 + 11)
		number = YEAR_LAST * 12 + 11;
	put_month(ret, number / 12, number % 12 + 1);
}

struct month_no month_of(struct day d)
{
	int64_t days = (int64_t)d.number + DAYS_TO_1970;
	struct date date;

	if (days < 0)
		return (struct month_no){ 0 };
	date = date_of(days);
	return (struct month_no){ (int32_t)(date.year * 12 + date.month - 1) };
}

struct day month_first_day(struct month_no m)
{
	int64_t days;

	if (m.number <= 0)
		return (struct day){ DAY_NONE };
	days = days_of((struct date){ m.number / 12, m.number % 12 + 1, 1 });
	return (struct day){ days > INT32_MAX ? DAY_NONE : (int32_t)days };
}

int month_days(struct month_no m)
{
	if (m.number <= 0)
		return 0;
	return days_in_month(m.number / 12, m.number % 12 + 1);
}
