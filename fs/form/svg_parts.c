/* What days and months cost: columns, a line, areas one over the other. */
#include "base/day.h"
#include "fs/form/svg_frame.h"

enum {
	COLUMN_MAX = 480,
	MARK = 10, /* what is not nothing is seen */
	DOT = 22, /* radius */
};

/* What is below nothing hangs from it, what is above stands on it. */
enum side { UP, DOWN };

static struct money value_of(
	const struct svg_frame *f, size_t series, size_t day, enum side side)
{
	struct money value = f->d->values[series][day];

	if ((value.units < 0) != (side == DOWN))
		value.units = 0;
	return value;
}

/* Of the series before this one, on its side of nothing. */
static struct money stack_of(
	const struct svg_frame *f, size_t series, size_t day, enum side side)
{
	struct money sum = { 0 };

	for (size_t i = 0; i < series; i++)
		sum.units += value_of(f, i, day, side).units;
	return sum;
}

static int middle_of(const struct svg_frame *f, size_t day)
{
	return (svg_frame_x(f, day) + svg_frame_x(f, day + 1)) / 2;
}

static void put_title(
	struct markup *m, const struct svg_frame *f, size_t series, size_t day)
{
	char text[MONEY_TEXT_MAX];
	const struct series *s = &f->d->series[series];

	markup_raw(m, "<title>");
	markup_text(m, f->d->days[day], DAY_TEXT);
	if (s->name.len) {
		markup_raw(m, ", ");
		markup_text(m, s->name, 200);
	}
	markup_put(m, ": %.*s</title>",
		(int)money_format(f->d->values[series][day], text), text);
}

static void put_class(
	struct markup *m, const struct svg_frame *f, size_t series, bool is_below)
{
	if (f->d->series[series].rest)
		markup_raw(m, " class=\"r\"");
	else if (is_below && f->p->kind == PLOT_DAYS)
		markup_raw(m, " class=\"n\"");
	else
		markup_put(m, " class=\"s%zu\"", series);
}

struct box {
	int x, y, width, height;
};

static void put_box(struct markup *m, struct box b)
{
	markup_tenths(m, "x", b.x);
	markup_tenths(m, "y", b.y);
	markup_tenths(m, "width", b.width);
	markup_tenths(m, "height", b.height);
	markup_raw(m, ">");
}

/* A part of a day, as wide as the day, from what stands under it. */
static struct box box_of(const struct svg_frame *f, size_t series, size_t day)
{
	struct money value = f->d->values[series][day];
	struct money from = stack_of(f, series, day, value.units < 0 ? DOWN : UP);
	struct money to = { from.units + value.units };
	int x = svg_frame_x(f, day);
	int a = svg_frame_y(f, from), b = svg_frame_y(f, to);
	int height = a > b ? a - b : b - a;

	return (struct box){ .x = x,
		.y = a < b ? a : b,
		.width = svg_frame_x(f, day + 1) - x,
		.height = height < MARK ? MARK : height };
}

static void draw_column(
	struct markup *m, const struct svg_frame *f, size_t series, size_t day)
{
	struct box b = box_of(f, series, day);
	int bar = b.width * 3 / 4 < COLUMN_MAX ? b.width * 3 / 4 : COLUMN_MAX;

	b.x += (b.width - bar) / 2;
	b.width = bar;
	markup_raw(m, "<rect");
	put_class(m, f, series, f->d->values[series][day].units < 0);
	put_box(m, b);
	put_title(m, f, series, day);
	markup_raw(m, "</rect>\n");
}

/* Nothing is seen of it: the pointer finds it. */
static void draw_place(
	struct markup *m, const struct svg_frame *f, size_t series, size_t day)
{
	markup_raw(m, "<rect class=\"x\"");
	put_box(m, box_of(f, series, day));
	put_title(m, f, series, day);
	markup_raw(m, "</rect>\n");
}

static void draw_each(struct markup *m, const struct svg_frame *f,
	void (*draw)(
		struct markup *m, const struct svg_frame *f, size_t series, size_t day))
{
	for (size_t day = 0; day < f->d->day_count; day++)
		for (size_t i = 0; i < f->d->series_count; i++)
			if (f->d->values[i][day].units)
				draw(m, f, i, day);
}

static void put_point(struct markup *m, char command, int x, int y)
{
	markup_put(m, "%c%d.%d %d.%d", command, x / 10, x % 10, y / 10, y % 10);
}

static void draw_line(struct markup *m, const struct svg_frame *f)
{
	const size_t count = f->d->day_count;

	markup_raw(m, "<path class=\"k\" d=\"");
	for (size_t day = 0; day < count; day++)
		put_point(m, day ? 'L' : 'M', middle_of(f, day),
			svg_frame_y(f, f->d->values[0][day]));
	markup_raw(m, "\"/>\n");
	for (size_t day = 0; day < count; day++) {
		markup_raw(m, "<circle");
		put_class(m, f, 0, f->d->values[0][day].units < 0);
		markup_tenths(m, "cx", middle_of(f, day));
		markup_tenths(m, "cy", svg_frame_y(f, f->d->values[0][day]));
		markup_tenths(m, "r", DOT);
		markup_raw(m, ">");
		put_title(m, f, 0, day);
		markup_raw(m, "</circle>\n");
	}
}

static bool has_side(const struct svg_frame *f, size_t series, enum side side)
{
	for (size_t day = 0; day < f->d->day_count; day++)
		if (value_of(f, series, day, side).units)
			return true;
	return false;
}

/* There along what it stands on, and back along what stands on it. */
static void draw_area(
	struct markup *m, const struct svg_frame *f, size_t series, enum side side)
{
	const size_t count = f->d->day_count;

	markup_raw(m, "<path");
	put_class(m, f, series, false);
	markup_raw(m, " d=\"");
	for (size_t day = 0; day < count; day++)
		put_point(m, day ? 'L' : 'M', middle_of(f, day),
			svg_frame_y(f, stack_of(f, series, day, side)));
	for (size_t day = count; day-- > 0;)
		put_point(m, 'L', middle_of(f, day),
			svg_frame_y(f, stack_of(f, series + 1, day, side)));
	markup_raw(m, "Z\"/>\n");
}

static void draw_areas(struct markup *m, const struct svg_frame *f)
{
	for (size_t i = 0; i < f->d->series_count; i++)
		for (enum side side = UP; side <= DOWN; side++)
			if (has_side(f, i, side))
				draw_area(m, f, i, side);
}

void svg_parts(struct markup *m, const struct svg_frame *f)
{
	/* One day has no width. */
	bool is_curve = svg_frame_is_date(f) && f->d->day_count > 1;

	if (!is_curve) {
		draw_each(m, f, draw_column);
	} else if (f->p->kind == PLOT_DAYS) {
		draw_line(m, f);
	} else {
		draw_areas(m, f);
		draw_each(m, f, draw_place);
	}
}
