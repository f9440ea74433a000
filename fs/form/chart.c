/* Scales of a chart, and amounts as they stand in it. */
#include "fs/form/chart.h"

#include <errno.h>
#include <stdio.h>

#include "base/vec.h"

static const money_int ONE = (money_int)1000000000000000000;
/* A power of two, so that sums and multiples of what is below fit. */
static const money_int AMOUNT_MAX = (money_int)1 << 120;

static money_int magnitude(money_int v)
{
	return v < 0 ? -v : v;
}

/* The least of 1, 2, 5 times a power of ten that is not less. */
static money_int round_step(money_int least)
{
	money_int power = 1;

	while (power * 10 <= least)
		power *= 10;
	return least <= power	     ? power
		: least <= 2 * power ? 2 * power
		: least <= 5 * power ? 5 * power
				     : 10 * power;
}

int scale_make(
	struct money low, struct money high, int ticks, bool is_round, struct scale *ret)
{
	struct scale s = { low.units < 0 ? low.units : 0, high.units > 0 ? high.units : 0,
		0 };

	if (magnitude(low.units) >= AMOUNT_MAX || magnitude(high.units) >= AMOUNT_MAX)
		return -ERANGE;
	if (s.low == s.high)
		s.high = ONE;
	s.step = round_step((s.high - s.low + ticks - 1) / ticks);
	if (is_round) {
		s.low = -((-s.low + s.step - 1) / s.step) * s.step;
		s.high = (s.high + s.step - 1) / s.step * s.step;
	}
	*ret = s;
	return 0;
}

int scale_at(const struct scale *s, struct money m, int length)
{
	money_int range = s->high - s->low;
	money_int at = m.units - s->low;

	/* Neither may their product with the length overflow. */
	while (range > ((money_int)1 << 100)) {
		range >>= 10;
		at >>= 10;
	}
	return (int)((at * length + range / 2) / range);
}

struct money scale_first(const struct scale *s)
{
	return (struct money){ s->low / s->step * s->step };
}

bool scale_next(const struct scale *s, struct money *m)
{
	if (m->units + s->step > s->high)
		return false;
	m->units += s->step;
	return true;
}

static void add(struct number *n, struct span text)
{
	for (size_t i = 0; i < text.len && n->len < sizeof(n->text); i++)
		n->text[n->len++] = text.p[i];
	n->columns += text.len;
}

static void add_minus(struct number *n)
{
	add(n, SPAN("\xE2\x88\x92"));
	n->columns -= 2;
}

/* A plain decimal, with a comma at each thousand. */
static void add_grouped(struct number *n, struct span plain)
{
	size_t whole;

	if (plain.len && plain.p[0] == '-') {
		add_minus(n);
		plain = span_from(plain, 1);
	}
	whole = span_find(plain, '.');
	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			add(n, SPAN(","));
		add(n, span_first(span_from(plain, i), 1));
	}
	add(n, span_from(plain, whole));
}

struct number number_of(struct money m)
{
	struct number n = { .len = 0 };
	char text[MONEY_TEXT_MAX];
	struct span plain = { text, money_format_cents(m, text) };

	if (m.units != 0 && span_eq(plain, SPAN("0.00"))) {
		if (m.units < 0)
			add(&n, SPAN(">"));
		else
			add(&n, SPAN("<"));
		plain = m.units < 0 ? SPAN("-0.01") : SPAN("0.01");
	}
	add_grouped(&n, plain);
	return n;
}

/* Without the zeros behind the last place. */
static struct span trimmed(struct money m, char ret[MONEY_TEXT_MAX])
{
	size_t len = money_format(m, ret);

	while (len && ret[len - 1] == '0')
		len--;
	if (len && ret[len - 1] == '.')
		len--;
	return (struct span){ ret, len };
}

static size_t places_of(struct span plain)
{
	size_t point = span_find(plain, '.');

	return point < plain.len ? plain.len - point - 1 : 0;
}

struct number number_of_tick(const struct scale *s, struct money m)
{
	static const struct {
		int64_t size; /* of the unit */
		int64_t least; /* that it is used for */
		const char *name;
	} units[] = { { 1000000000000, 1000000000000, "T" },
		{ 1000000000, 1000000000, "bn" }, { 1000000, 1000000, "M" },
		{ 1000, 10000, "k" }, { 1, 0, "" } };
	money_int most = -s->low > s->high ? -s->low : s->high;
	struct number n = { .len = 0 };
	char text[MONEY_TEXT_MAX], step_text[MONEY_TEXT_MAX];
	struct span plain, step;
	size_t at = 0;

	if (m.units == 0) {
		add(&n, SPAN("0"));
		return n;
	}
	while (most / ONE < units[at].least)
		at++;
	plain = trimmed((struct money){ m.units / units[at].size }, text);
	step = trimmed((struct money){ s->step / units[at].size }, step_text);
	add_grouped(&n, plain);
	if (places_of(step) && !places_of(plain))
		add(&n, SPAN("."));
	for (size_t i = places_of(plain); i < places_of(step); i++)
		add(&n, SPAN("0"));
	add(&n, span_of(units[at].name));
	return n;
}

struct number number_of_share(struct money part, struct money whole)
{
	struct number n = { .len = 0 };
	char text[MONEY_TEXT_MAX];
	struct span percent = { text, money_format_percent(part, whole, text) };
	struct money rounded;

	/* Two places would say more than anybody sees: round the text once more. */
	if (!percent.len || money_parse(percent, &rounded, NULL) < 0)
		return n;
	rounded.units = (rounded.units + (rounded.units < 0 ? -ONE : ONE) / 20) /
		(ONE / 10) * (ONE / 10);
	percent = (struct span){ text, money_format_cents(rounded, text) };
	add_grouped(&n, span_first(percent, percent.len - 1));
	add(&n, SPAN("%"));
	return n;
}
