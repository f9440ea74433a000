/* Days, months and seconds of the Gregorian calendar, always UTC. */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include "base/span.h"

/* Days since 1970-01-01; DAY_NONE where there is no date. */
struct day {
	int32_t number;
};
/* Months since 0000-01: year * 12 + month - 1. 0 = none. */
struct month_no {
	int32_t number;
};
/* Seconds since 1970-01-01T00:00:00Z; INSTANT_NONE where there is none. */
struct instant {
	int64_t seconds;
};
#define DAY_NONE INT32_MIN
#define INSTANT_NONE INT64_MIN

enum { DAY_TEXT = 10, MONTH_TEXT = 7, INSTANT_TEXT = 20 };

/* YYYY-MM-DD[T ]hh:mm:ss[.f…][Z|+00:00|+00] or YYYY-MM-DD alone (midnight); years 1900 to
 * 9999. The fraction is dropped. 0; -EINVAL no such form; -ERANGE no such date, or not
 * in those years. */
MUST_USE int instant_parse(struct span text, struct instant *ret);
/* 20230903T040211Z or 2026-06-01T23:48:02.356Z ('_' allowed for ':'), the front part
 * of an assembly or execution id; what follows is ignored. 0; -EINVAL. */
MUST_USE int instant_parse_stamp(struct span text, struct instant *ret);
/* DAY_NONE for INSTANT_NONE, and for what no day number can hold. */
struct day instant_day(struct instant t);
/* "2026-11-23T14:00:00Z", no NUL; ret holds INSTANT_TEXT bytes. t is not INSTANT_NONE.
 * What is outside the years 0000 to 9999 is printed as their nearest end; so are the
 * day and the month below. */
void instant_format(struct instant t, char ret[INSTANT_TEXT]);
/* "2026-11-23" */
void day_format(struct day d, char ret[DAY_TEXT]);
/* "2026-11"; years 1900 to 9999. 0; -EINVAL. */
MUST_USE int month_parse(struct span text, struct month_no *ret);
void month_format(struct month_no m, char ret[MONTH_TEXT]);
/* None for DAY_NONE, and for what is before the year 0. */
struct month_no month_of(struct day d);
/* DAY_NONE for none. */
struct day month_first_day(struct month_no m);
/* 28 to 31; 0 for none. */
int month_days(struct month_no m);

#endif
