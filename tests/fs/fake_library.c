#include "tests/fs/fake_library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAKE_MONTHS_MAX = 64 };

struct shelf {
	struct month_status status;
	struct month *month, *sums;
	unsigned loads;
};
struct library {
	struct shelf shelves[FAKE_MONTHS_MAX]; /* oldest first */
	size_t count;
	unsigned loads;
	struct export_ref export;
	bool has_traffic;
	struct object_traffic traffic;
};

struct library *fake_library_new(void)
{
	static char name[] = "costs", folder[] = "cur/costs/";
	struct library *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->export = (struct export_ref){ EXPORT_DATA, name, folder };
	return l;
}

void library_close(struct library *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		month_unref(l->shelves[i].month);
		month_unref(l->shelves[i].sums);
	}
	free(l);
}

static struct month_no number_of(const char *month)
{
	struct month_no m;

	if (month_parse(span_of(month), &m) < 0)
		abort();
	return m;
}

static struct shelf *find(struct library *l, struct month_no m)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->shelves[i].status.month.number == m.number)
			return &l->shelves[i];
	return NULL;
}

static struct shelf *put(struct library *l, struct month_no m)
{
	struct shelf *s = find(l, m);
	size_t at = 0;

	if (s)
		return s;
	while (at < l->count && l->shelves[at].status.month.number < m.number)
		at++;
	if (l->count == FAKE_MONTHS_MAX)
		abort();
	s = &l->shelves[at];
	memmove(s + 1, s, (l->count - at) * sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->status.month = m;
	s->status.as_of.seconds = INSTANT_NONE;
	s->status.is_looked = true;
	l->count++;
	return s;
}

void fake_library_know(struct library *l, const char *month, const char *as_of)
{
	struct shelf *s = put(l, number_of(month));

	if (*as_of && instant_parse(span_of(as_of), &s->status.as_of) < 0)
		abort();
}

void fake_library_ready(struct library *l, struct month *m)
{
	const struct month_facts *facts = month_facts(m);
	struct shelf *s = put(l, facts->month);

	month_unref(s->month);
	s->month = m;
	s->status.state = MONTH_READY;
	s->status.as_of = facts->as_of;
	s->status.lines = facts->lines;
	s->status.verified = facts->verified;
	s->status.fault = (struct fault){ 0 };
}

void fake_library_sums(struct library *l, struct month *m)
{
	struct shelf *s = put(l, month_facts(m)->month);

	month_unref(s->sums);
	s->sums = m;
	s->status.state = MONTH_KNOWN;
	s->status.sums = month_facts(m)->sums;
}

void fake_library_fail(struct library *l, const char *month, int error, const char *text,
	const char *cure)
{
	struct shelf *s = put(l, number_of(month));

	s->status.state = MONTH_FAILED;
	(void)fault(&s->status.fault, error, "%s", text);
	if (*cure)
		fault_cure(&s->status.fault, "%s", cure);
}

void fake_library_progress(struct library *l, const char *month, uint64_t done,
	uint64_t total, uint64_t rows)
{
	struct shelf *s = put(l, number_of(month));

	s->status.state = MONTH_LOADING;
	s->status.is_working = true;
	s->status.working_ms = 2000;
	s->status.bytes_done = done;
	s->status.bytes_total = total;
	s->status.rows_done = rows;
}

void fake_library_remove(struct library *l, const char *month)
{
	struct shelf *s = find(l, number_of(month));

	if (!s)
		abort();
	month_unref(s->month);
	month_unref(s->sums);
	l->count--;
	memmove(s, s + 1, (size_t)(&l->shelves[l->count] - s) * sizeof(*s));
}

void fake_library_let_go(struct library *l, const char *month)
{
	struct shelf *s = find(l, number_of(month));

	if (!s)
		abort();
	month_unref(s->month);
	s->month = NULL;
	s->status.state = MONTH_KNOWN;
}

void fake_library_rows_fail(struct library *l, const char *month, int error)
{
	(void)fault(&find(l, number_of(month))->status.fault, error, "as told");
}

unsigned fake_library_loads(const struct library *l, const char *month)
{
	for (size_t i = 0; month && i < l->count; i++)
		if (l->shelves[i].status.month.number == number_of(month).number)
			return l->shelves[i].loads;
	return month ? 0 : l->loads;
}

const struct export_ref *library_export(const struct library *l)
{
	return &l->export;
}

ssize_t library_months(struct library *l, struct month_status **ret)
{
	struct month_status *copy = calloc(l->count + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++)
		copy[i] = l->shelves[i].status;
	*ret = copy;
	return (ssize_t)l->count;
}

int library_status(struct library *l, struct month_no m, struct month_status *ret)
{
	const struct shelf *s = find(l, m);

	if (!s)
		return -ENOENT;
	*ret = s->status;
	return 0;
}

struct month_no library_newest(struct library *l)
{
	return l->count ? l->shelves[l->count - 1].status.month : (struct month_no){ 0 };
}

int library_get(struct library *l, struct month_no m, bool load, struct month **ret,
	struct fault *why)
{
	struct shelf *s = find(l, m);

	if (!s)
		return -ENOENT;
	if (s->month) {
		*ret = month_ref(s->month);
		return 0;
	}
	if (s->status.state == MONTH_FAILED)
		return fault(why, s->status.fault.error, "%s", s->status.fault.text);
	if (load) {
		s->loads++;
		l->loads++;
		s->status.state = MONTH_LOADING;
	}
	return -EAGAIN;
}

int library_get_sums(struct library *l, struct month_no m, const struct sums *want,
	bool load, struct month **ret, struct fault *why)
{
	struct shelf *s = find(l, m);

	if (!s || want->dims == 0 || s->month || !s->sums ||
		!sums_cover(&month_facts(s->sums)->sums, want))
		return library_get(l, m, load, ret, why);
	*ret = month_ref(s->sums);
	return 0;
}

int library_wait(struct library *l, struct month_no m, const atomic_bool *stop,
	struct month **ret, struct fault *why)
{
	(void)stop;
	return library_get(l, m, true, ret, why);
}

int library_get_rows(
	struct library *l, const struct month *m, struct month **ret, struct fault *why)
{
	struct shelf *s = find(l, month_facts(m)->month);

	if (!s || !s->month || month_facts(s->month)->content != month_facts(m)->content)
		return -ESTALE;
	if (month_pin(s->month) == 0) {
		month_unpin(s->month);
		*ret = month_ref(s->month);
		return 0;
	}
	if (s->status.fault.error)
		return fault(why, s->status.fault.error, "%s", s->status.fault.text);
	s->loads++;
	l->loads++;
	return -EAGAIN;
}

uint64_t library_refresh(struct library *l)
{
	(void)l;
	return 0;
}

void fake_library_traffic(struct library *l, const struct object_traffic *traffic)
{
	l->has_traffic = true;
	l->traffic = *traffic;
}

void library_activity(struct library *l, struct library_activity *ret)
{
	*ret = (struct library_activity){ .refreshes = 3,
		.last_refresh = { 1795528800 },
		.looked = { 1795528800 },
		.has_traffic = l->has_traffic,
		.traffic = l->traffic };
}

int library_usage(struct library *l, struct store_usage *ret)
{
	(void)l;
	*ret = (struct store_usage){ .bytes = 7000, .limit_bytes = 9000, .months = 2 };
	return 0;
}

void library_wait_refresh(struct library *l, uint64_t number, unsigned wait_s)
{
	(void)l;
	(void)number;
	(void)wait_s;
}

void library_open_cached(struct library *l)
{
	(void)l;
}

void library_wait_cached(struct library *l)
{
	(void)l;
}
