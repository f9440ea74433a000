#include "fs/finding/measured.h"

#include <errno.h>

#include "base/money.h"

enum { HOUR = 3600, COLUMNS_MAX = 32 };
enum column { TIME, CPU, NETWORK_IN, NETWORK_OUT, COLUMN_COUNT };

static const char *const names[COLUMN_COUNT] = { "time", "cpu_average",
	"network_in_bytes", "network_out_bytes" };

struct sum {
	struct money sum;
	uint64_t hours;
};
struct measuring {
	size_t at[COLUMN_COUNT]; /* of the columns */
	struct sum sums[COLUMN_COUNT];
	int64_t from, to; /* of the time that counts, and what has values of it */
	int64_t first, last;
};

/* Without its newline; rest goes on behind it. */
static struct span take_line(struct span *rest)
{
	size_t len = span_find(*rest, '\n');
	struct span line = span_first(*rest, len);

	*rest = span_from(*rest, len < rest->len ? len + 1 : len);
	return line;
}

/* The table has neither quotes nor commas in its cells. Answers how many there are. */
static size_t split(struct span line, struct span cells[COLUMNS_MAX])
{
	size_t count = 0;

	while (count < COLUMNS_MAX) {
		size_t len = span_find(line, ',');

		cells[count++] = span_first(line, len);
		if (len == line.len)
			break;
		line = span_from(line, len + 1);
	}
	return count;
}

static int read_header(struct measuring *m, struct span line)
{
	struct span cells[COLUMNS_MAX];
	size_t count = split(line, cells);

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		size_t at = 0;

		while (at < count && !span_eq(cells[at], span_of(names[i])))
			at++;
		if (at == count)
			return -EBADMSG;
		m->at[i] = at;
	}
	return 0;
}

static int add(struct sum *s, struct span cell)
{
	struct money value;

	if (cell.len == 0)
		return 0;
	if (money_parse(cell, &value, NULL) < 0 || value.units < 0 ||
		money_add(&s->sum, value) < 0)
		return -EBADMSG;
	s->hours++;
	return 0;
}

/* 0; -EBADMSG. */
static int read_row(struct measuring *m, struct span line)
{
	struct span cells[COLUMNS_MAX];
	size_t count = split(line, cells);
	struct instant at;
	int r = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (m->at[i] >= count)
			return -EBADMSG;
	if (instant_parse(cells[m->at[TIME]], &at) < 0)
		return -EBADMSG;
	if (at.seconds < m->from)
		return 0;
	for (size_t i = CPU; i < COLUMN_COUNT && r == 0; i++)
		r = add(&m->sums[i], cells[m->at[i]]);
	if (r == 0 && cells[m->at[CPU]].len > 0) {
		m->last = at.seconds + HOUR;
		if (m->first == INSTANT_NONE)
			m->first = at.seconds;
	}
	return r;
}

/* When the last hour of the table ends. */
static int find_end(const struct measuring *m, struct span rest, int64_t *ret)
{
	struct instant at = { INSTANT_NONE };

	while (rest.len > 0) {
		struct span cells[COLUMNS_MAX];
		struct span line = take_line(&rest);

		if (split(line, cells) <= m->at[TIME] ||
			instant_parse(cells[m->at[TIME]], &at) < 0 ||
			at.seconds > INT64_MAX / 2)
			return -EBADMSG;
	}
	if (at.seconds == INSTANT_NONE)
		return -EBADMSG;
	*ret = at.seconds + HOUR;
	return 0;
}

/* Units of money are 10^-18. */
static uint64_t average(const struct sum *s, uint64_t scale)
{
	const money_int one = (money_int)1000000000000000000;
	money_int mean = s->sum.units / (money_int)s->hours;

	/* What is over any limit may be as large. */
	if (mean / one >= (money_int)1 << 40)
		return UINT64_MAX / 4;
	return (uint64_t)(mean * (money_int)scale / one);
}

int measured_read(struct span csv, uint64_t seconds, struct finding_metric *ret)
{
	struct measuring m = { .first = INSTANT_NONE };
	struct finding_metric made = *ret;
	int r = read_header(&m, take_line(&csv));

	if (r == 0)
		r = find_end(&m, csv, &m.to);
	if (r < 0)
		return r;
	m.from = seconds < INT64_MAX / 2 ? m.to - (int64_t)seconds : INT64_MIN / 2;
	while (csv.len > 0 && r == 0)
		r = read_row(&m, take_line(&csv));
	if (r < 0)
		return r;
	made.from = (struct instant){ m.first };
	made.to = (struct instant){ m.last };
	made.has_cpu = m.sums[CPU].hours > 0;
	made.has_network_in = m.sums[NETWORK_IN].hours > 0;
	made.has_network_out = m.sums[NETWORK_OUT].hours > 0;
	/* Percent to 10^-6; an hour's bytes to a second's. */
	if (made.has_cpu)
		made.cpu_ppm = average(&m.sums[CPU], 10000);
	if (made.has_network_in)
		made.network_in = average(&m.sums[NETWORK_IN], 1) / HOUR;
	if (made.has_network_out)
		made.network_out = average(&m.sums[NETWORK_OUT], 1) / HOUR;
	*ret = made;
	return 0;
}
