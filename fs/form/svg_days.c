/* Days or months side by side, whole or in parts: all that stands around them. */
#include <errno.h>
#include <stdlib.h>

#include "base/day.h"
#include "base/vec.h"
#include "fs/form/svg_frame.h"

enum {
	TOP = 480, /* below the heading, with room for an amount */
	LEGEND_ROW = 220,
	LEGEND_COLUMNS = 3,
	LEGEND_NAME = 20, /* characters at most */
	LEGEND_LEAST = 8,
	LEGEND_TEXT = 190, /* where it begins */
	LEGEND_GAP = 240, /* behind the amount */
	HEIGHT = 2600,
	AXIS = 520,
	TICK_SPACE = 80,
	DAY_LABEL = 240, /* a label has so much room at least */
	MONTH_LABEL = 640,
	PEAK_SPACE = 500, /* an amount over a column may be twice as wide */
	SATURDAY = 2, /* 1970-01-01 was a Thursday */
};

int svg_frame_x(const struct svg_frame *f, size_t day)
{
	return f->left +
		(int)((int64_t)f->width * (int64_t)day / (int64_t)f->d->day_count);
}

int svg_frame_y(const struct svg_frame *f, struct money m)
{
	return f->top + HEIGHT - scale_at(&f->scale, m, HEIGHT);
}

static void draw_ticks(struct markup *m, const struct svg_frame *f)
{
	struct money tick = scale_first(&f->scale);

	do {
		int y = svg_frame_y(f, tick);

		markup_raw(m, tick.units ? "<line class=\"g\"" : "<line class=\"z\"");
		markup_tenths(m, "x1", f->left);
		markup_tenths(m, "x2", f->left + f->width);
		markup_tenths(m, "y1", y);
		markup_tenths(m, "y2", y);
		markup_raw(m, "/>");
		svg_text_at(m, "a e", f->left - TICK_SPACE, y + 40);
		svg_number(m, number_of_tick(&f->scale, tick));
		markup_raw(m, "</text>\n");
	} while (scale_next(&f->scale, &tick));
}

bool svg_frame_is_date(const struct svg_frame *f)
{
	return f->p->s->columns[0].kind == SHEET_DATE;
}

static bool is_weekend(const struct svg_frame *f, size_t day)
{
	struct instant t;
	int32_t number;

	if (!svg_frame_is_date(f) || instant_parse(f->d->days[day], &t) < 0)
		return false;
	number = instant_day(t).number % 7;
	number = (number + 7) % 7;
	return number == SATURDAY || number == SATURDAY + 1;
}

static void draw_weekends(struct markup *m, const struct svg_frame *f)
{
	for (size_t day = 0; day < f->d->day_count; day++) {
		if (!is_weekend(f, day))
			continue;
		markup_raw(m, "<rect class=\"w\"");
		markup_tenths(m, "x", svg_frame_x(f, day));
		markup_tenths(m, "y", f->top);
		markup_tenths(m, "width", svg_frame_x(f, day + 1) - svg_frame_x(f, day));
		markup_tenths(m, "height", HEIGHT);
		markup_raw(m, "/>\n");
	}
}

/* Of a date the day alone. */
static struct span label_of(const struct svg_frame *f, size_t day)
{
	struct span text = f->d->days[day];

	if (svg_frame_is_date(f) && text.len == DAY_TEXT)
		text = span_from(
			text, text.p[DAY_TEXT - 2] == '0' ? DAY_TEXT - 1 : DAY_TEXT - 2);
	return text;
}

static void draw_days(struct markup *m, const struct svg_frame *f)
{
	const int room = svg_frame_is_date(f) ? DAY_LABEL : MONTH_LABEL;
	const int count = (int)f->d->day_count;
	const int every = (room * count + f->width - 1) / f->width;
	const int y = f->top + HEIGHT + 180;

	for (int day = 0; day < count; day += every) {
		size_t at = (size_t)day;

		svg_text_at(
			m, "a c", (svg_frame_x(f, at) + svg_frame_x(f, at + 1)) / 2, y);
		markup_text(m, label_of(f, at), DAY_TEXT);
		markup_raw(m, "</text>\n");
	}
	if (!svg_frame_is_date(f))
		return;
	svg_text_at(m, "a", f->left, y + 180);
	markup_text(m, span_first(f->d->days[0], MONTH_TEXT), MONTH_TEXT);
	markup_raw(m, ", days of UTC; weekends are shaded</text>\n");
}

/* The amount of the dearest day stands over it. */
static void draw_peak(struct markup *m, const struct svg_frame *f)
{
	const size_t day = f->d->peak;
	struct money sum = days_sum(f->d, day), up = { 0 };
	int x = (svg_frame_x(f, day) + svg_frame_x(f, day + 1)) / 2;

	if (sum.units <= 0)
		return;
	for (size_t i = 0; i < f->d->series_count; i++)
		if (f->d->values[i][day].units > 0)
			up.units += f->d->values[i][day].units;
	if (x > SVG_WIDTH - SVG_MARGIN - PEAK_SPACE)
		svg_text_at(m, "v e", svg_frame_x(f, day + 1), svg_frame_y(f, up) - 60);
	else if (x < f->left + PEAK_SPACE)
		svg_text_at(m, "v", svg_frame_x(f, day) + TICK_SPACE / 2,
			svg_frame_y(f, up) - 60);
	else
		svg_text_at(m, "v c", x, svg_frame_y(f, up) - 60);
	svg_number(m, number_of(sum));
	markup_raw(m, "</text>\n");
}

/* Names make room for amounts that take more than usual. */
static size_t legend_columns(const struct series *s, int width)
{
	const size_t amount = number_of(s->total).columns + 1;
	const size_t room = (size_t)(width - LEGEND_TEXT - LEGEND_GAP) / SVG_COLUMN;

	if (room < amount + LEGEND_LEAST)
		return LEGEND_LEAST;
	return room - amount < LEGEND_NAME ? room - amount : LEGEND_NAME;
}

static void draw_legend(struct markup *m, const struct svg_frame *f)
{
	const int width = (SVG_WIDTH - 2 * SVG_MARGIN) / LEGEND_COLUMNS;

	for (size_t i = 0; i < f->d->series_count; i++) {
		const struct series *s = &f->d->series[i];
		int x = SVG_MARGIN + (int)(i % LEGEND_COLUMNS) * width;
		int y = 420 + (int)(i / LEGEND_COLUMNS) * LEGEND_ROW;

		if (s->rest)
			markup_raw(m, "<rect class=\"r\" rx=\"2\"");
		else
			markup_put(m, "<rect class=\"s%zu\" rx=\"2\"", i);
		markup_tenths(m, "x", x);
		markup_tenths(m, "y", y - 110);
		markup_raw(m, " width=\"12\" height=\"12\"/>");
		svg_text_at(m, "l", x + LEGEND_TEXT, y);
		markup_text(m, s->name, legend_columns(s, width));
		if (s->rest)
			markup_put(m, " (%zu)", s->rest);
		markup_raw(m, "</text>");
		svg_text_at(m, "v e", x + width - LEGEND_GAP, y);
		svg_number(m, number_of(s->total));
		markup_raw(m, "</text>\n");
	}
}

static void put_head(struct markup *m, const struct svg_frame *f, struct span currency)
{
	const struct days *d = f->d;
	struct money mean;

	svg_head(m, f->p, currency, d->total);
	/* A month may have just begun. */
	if (d->day_count > 1 && svg_frame_is_date(f)) {
		mean.units = d->total.units / (money_int)d->day_count;
		markup_raw(m, " · ");
		svg_number(m, number_of(mean));
		markup_raw(m, " a day on average");
	}
	svg_head_end(m);
}

static void lay_out(struct svg_frame *f)
{
	struct money tick = scale_first(&f->scale);
	size_t columns = 1;

	do {
		size_t needed = number_of_tick(&f->scale, tick).columns;

		columns = needed > columns ? needed : columns;
	} while (scale_next(&f->scale, &tick));
	f->left = SVG_MARGIN + (int)columns * SVG_COLUMN + TICK_SPACE;
	f->width = SVG_WIDTH - SVG_MARGIN - f->left;
	f->top = TOP;
	if (f->p->kind == PLOT_STACKS)
		f->top += (int)((f->d->series_count + LEGEND_COLUMNS - 1) /
				  LEGEND_COLUMNS) *
			LEGEND_ROW;
}

static void draw(struct markup *m, const struct svg_frame *f, struct span currency)
{
	put_head(m, f, currency);
	if (f->p->kind == PLOT_STACKS)
		draw_legend(m, f);
	draw_weekends(m, f);
	draw_ticks(m, f);
	svg_parts(m, f);
	draw_peak(m, f);
	draw_days(m, f);
}

int svg_days(
	struct markup *m, const struct plot *p, struct span currency, int *ret_height)
{
	struct days *d = vec_alloc(1, sizeof(*d));
	struct svg_frame f = { .p = p, .d = d };
	int r = d ? plot_days(p, currency, d) : -ENOMEM;

	if (r == 0)
		r = scale_make(d->low, d->high, 5, true, &f.scale);
	if (r == 0) {
		lay_out(&f);
		draw(m, &f, currency);
		*ret_height = f.top + HEIGHT + AXIS;
		r = m->failed;
	}
	free(d);
	return r;
}
