/* Horizontal bars, an item each: name, bar, amount and share. */
#include "fs/form/svg.h"

#include "fs/form/txt_cells.h"

enum {
	TOP = 340, /* below the heading */
	ROW = 260,
	BAR = 160,
	GAP = 80, /* between a text and a bar */
	AXIS = 260,
	NAME_COLUMNS = 38, /* with the detail */
	DETAIL_COLUMNS = 16, /* and a space */
	REST_COLUMNS = 17,
	MARK = 10, /* what is not nothing is seen */
};

/* Where things stand. */
struct layout {
	const struct plot *p;
	const struct bars *b;
	struct scale scale;
	bool has_shares;
	int label_right; /* the end of names */
	int left, width; /* of the bars */
};

static struct number amount_of(const struct layout *l, const struct bar *bar)
{
	struct number n = number_of(bar->value);

	if (l->p->is_percent && n.len < sizeof(n.text)) {
		n.text[n.len++] = '%';
		n.columns++;
	}
	return n;
}

/* With the space in front. */
static size_t detail_columns(const struct bar *bar)
{
	const size_t columns = txt_width(bar->detail);

	return columns == 0 ? 0
			    : (columns < DETAIL_COLUMNS ? columns : DETAIL_COLUMNS) + 1;
}

static size_t label_columns(const struct bar *bar)
{
	const size_t columns = txt_width(bar->label);
	const size_t most = NAME_COLUMNS - detail_columns(bar);

	return columns < most ? columns : most;
}

static int columns_of(const struct bar *bar)
{
	return bar->rest ? REST_COLUMNS : (int)(label_columns(bar) + detail_columns(bar));
}

static int max_of(int a, int b)
{
	return a > b ? a : b;
}

/* Names to the left, room for amounts at both ends. */
static void lay_out(struct layout *l)
{
	int names = 6, above = 4, below = 0;

	for (size_t i = 0; i < l->b->count; i++) {
		const struct bar *bar = &l->b->bars[i];
		int columns = (int)amount_of(l, bar).columns;

		names = max_of(names, columns_of(bar));
		if (bar->value.units < 0)
			below = max_of(below, columns);
		else
			above = max_of(above, columns);
	}
	l->label_right = SVG_MARGIN + (names + 1) * SVG_COLUMN;
	l->left = l->label_right + GAP + (below ? below * SVG_COLUMN + GAP : 0);
	l->width = SVG_WIDTH - SVG_MARGIN - l->left - GAP - above * SVG_COLUMN -
		(l->has_shares ? 7 * SVG_COLUMN : 0);
}

static void draw_axis(struct markup *m, const struct layout *l, int bottom)
{
	struct money tick = scale_first(&l->scale);

	do {
		int x = l->left + scale_at(&l->scale, tick, l->width);

		markup_raw(m, tick.units ? "<line class=\"g\"" : "<line class=\"z\"");
		markup_tenths(m, "x1", x);
		markup_tenths(m, "x2", x);
		markup_tenths(m, "y1", TOP - 40);
		markup_tenths(m, "y2", bottom);
		markup_raw(m, "/>");
		svg_text_at(m, "a c", x, bottom + 160);
		svg_number(m, number_of_tick(&l->scale, tick));
		markup_raw(m, l->p->is_percent ? "%</text>\n" : "</text>\n");
	} while (scale_next(&l->scale, &tick));
}

static void draw_label(
	struct markup *m, const struct layout *l, const struct bar *b, int y)
{
	svg_text_at(m, b->rest ? "l e m" : "l e", l->label_right, y + 120);
	markup_text(m, b->label, label_columns(b));
	if (b->rest)
		markup_put(m, " (%zu more)", b->rest);
	if (b->detail.len) {
		markup_raw(m, " <tspan class=\"m\">");
		markup_text(m, b->detail, DETAIL_COLUMNS);
		markup_raw(m, "</tspan>");
	}
	markup_raw(m, "</text>");
}

/* What the pointer is told: all of the name, and the exact amount. */
static void put_title(struct markup *m, const struct layout *l, const struct bar *b)
{
	char text[MONEY_TEXT_MAX];

	markup_raw(m, "<title>");
	markup_text(m, b->label, 200);
	if (b->key.len && b->label.p != b->key.p) {
		markup_raw(m, " (");
		markup_text(m, b->key, 200);
		markup_raw(m, ")");
	}
	if (b->detail.len && b->detail.p != b->key.p) {
		markup_raw(m, ", ");
		markup_text(m, b->detail, 200);
	}
	markup_put(m, ": %.*s%s</title>", (int)money_format(b->value, text), text,
		l->p->is_percent ? "%" : "");
}

static void draw_bar(struct markup *m, const struct layout *l, const struct bar *b, int y)
{
	int zero = scale_at(&l->scale, (struct money){ 0 }, l->width);
	int at = scale_at(&l->scale, b->value, l->width);
	bool is_below = b->value.units < 0;
	int from = is_below ? at : zero;
	int width = is_below ? zero - at : at - zero;

	if (b->value.units && width < MARK)
		width = MARK;
	markup_put(m, "<rect class=\"%s\"", b->rest ? "r" : is_below ? "n" : "s0");
	markup_tenths(m, "x", l->left + from);
	markup_tenths(m, "y", y);
	markup_tenths(m, "width", width);
	markup_tenths(m, "height", BAR);
	markup_raw(m, "/>");
	svg_text_at(m, is_below ? "v e" : "v",
		l->left + (is_below ? from - GAP : from + width + GAP), y + 120);
	svg_number(m, amount_of(l, b));
	if (l->has_shares) {
		markup_raw(m, " <tspan class=\"m\">");
		svg_number(m, number_of_share(b->value, l->b->total));
		markup_raw(m, "</tspan>");
	}
	markup_raw(m, "</text>");
}

static void put_head(struct markup *m, const struct plot *p, struct span currency,
	const struct bars *b)
{
	svg_head(m, p, currency, b->total);
	if (p->is_percent && b->rows > b->count)
		markup_put(m, " · the %zu with most of %zu", b->count, b->rows);
	else if (b->count && b->bars[b->count - 1].rest)
		markup_put(m, " · the %zu largest of %zu", b->count - 1, b->rows);
	svg_head_end(m);
}

int svg_bars(
	struct markup *m, const struct plot *p, struct span currency, int *ret_height)
{
	struct bars b;
	struct layout l = { .p = p, .b = &b };
	int r = plot_bars(p, currency, &b);

	if (r == 0)
		r = scale_make(b.low,
			p->is_percent ? (struct money){ (money_int)100 * 1000000000 *
						1000000000 }
				      : b.high,
			5, false, &l.scale);
	if (r < 0)
		return r;
	l.has_shares = p->kind == PLOT_BARS && !p->is_percent && b.low.units == 0 &&
		b.total.units > 0;
	lay_out(&l);
	put_head(m, p, currency, &b);
	*ret_height = TOP + (int)b.count * ROW + AXIS;
	draw_axis(m, &l, TOP + (int)b.count * ROW - 60);
	for (size_t i = 0; i < b.count; i++) {
		int y = TOP + (int)i * ROW;

		markup_raw(m, "<g>");
		put_title(m, &l, &b.bars[i]);
		draw_label(m, &l, &b.bars[i], y);
		draw_bar(m, &l, &b.bars[i], y);
		markup_raw(m, "</g>\n");
	}
	return m->failed;
}
