/* A chart as SVG: no script, no fonts of its own, nothing fetched. */
#include "fs/form/svg.h"

#include <errno.h>

#include "fs/form/renderers.h"

enum {
	HEADING = 760, /* title and subtitle */
	TITLE_COLUMNS = 66,
	SUBTITLE_COLUMNS = 112,
	BOTTOM = 100,
	BODY_MAX = 16 * 1024 * 1024,
};

/* Okabe and Ito's colours, which the colour-blind tell apart, dark enough for three to
 * one against the ground (WCAG 1.4.11); on a dark ground brighter ones of the same hue.
 */
static const char style[] =
	"<style>"
	".costs{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',"
	"sans-serif;font-variant-numeric:tabular-nums}"
	".costs text{font-size:12px;fill:#1f2933}"
	".costs .h{font-size:20px;font-weight:600}"
	".costs .t{font-size:14px}"
	".costs .b{font-weight:600}"
	".costs .m,.costs text.a,.costs text.m,.costs .u{fill:#5b6775;font-weight:400}"
	".costs text.a{font-size:11px}"
	".costs .e{text-anchor:end}.costs .c{text-anchor:middle}"
	".costs .bg{fill:#fff}.costs .w{fill:#f1f4f7}"
	".costs .g{stroke:#dde3e9}.costs .z{stroke:#8894a2}"
	".costs .k{fill:none;stroke:#0072b2;stroke-width:2;stroke-linejoin:round}"
	".costs .x{fill:transparent}"
	".costs .n{fill:#c0504d}.costs .r{fill:#838e9b}"
	".costs .s0{fill:#0072b2}.costs .s1{fill:#c67f00}.costs .s2{fill:#009e73}"
	".costs .s3{fill:#d55e00}.costs .s4{fill:#3d9bd9}.costs .s5{fill:#b6609a}"
	".costs .s6{fill:#8a7a00}.costs .s7{fill:#6a51a3}.costs .s8{fill:#7a5230}"
	"@media screen and (prefers-color-scheme:dark){"
	".costs text{fill:#e6ebf0}"
	".costs .m,.costs text.a,.costs text.m,.costs .u{fill:#a3afbb}"
	".costs .bg{fill:#12171d}.costs .w{fill:#1b222a}"
	".costs .g{stroke:#2c3641}.costs .z{stroke:#6d7a88}.costs .k{stroke:#4aa3df}"
	".costs .n{fill:#e57373}.costs .r{fill:#7d8995}"
	".costs .s0{fill:#4aa3df}.costs .s1{fill:#e69f00}.costs .s2{fill:#2bbd92}"
	".costs .s3{fill:#f07f3c}.costs .s4{fill:#8cc9f0}.costs .s5{fill:#d98bbd}"
	".costs .s6{fill:#d6c53f}.costs .s7{fill:#a08fd6}.costs .s8{fill:#b58a63}"
	"}</style>\n";

void svg_text_at(struct markup *m, const char *class, int x, int y)
{
	markup_put(m, "<text class=\"%s\"", class);
	markup_tenths(m, "x", x);
	markup_tenths(m, "y", y);
	markup_raw(m, ">");
}

void svg_number(struct markup *m, struct number n)
{
	markup_text(m, number_span(&n), SIZE_MAX);
}

void svg_words(struct markup *m, struct span name)
{
	while (name.len) {
		size_t word = span_find(name, '_');

		markup_text(m, span_first(name, word), SIZE_MAX);
		if (word < name.len)
			markup_raw(m, " ");
		name = span_from(name, word + 1);
	}
}

void svg_head(
	struct markup *m, const struct plot *p, struct span currency, struct money total)
{
	svg_text_at(m, "t", SVG_MARGIN, 140);
	markup_raw(m, "<tspan class=\"b\">");
	markup_text(m, currency, 8);
	if (!p->is_percent) {
		markup_raw(m, " ");
		svg_number(m, number_of(total));
	}
	markup_raw(m, "</tspan><tspan class=\"u\"> · ");
	svg_words(m, p->s->columns[p->value].name);
}

void svg_head_end(struct markup *m)
{
	markup_raw(m, "</tspan></text>\n");
}

static void put_start(
	struct markup *m, const struct form_about *about, bool is_within_page, int height)
{
	markup_raw(m,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"costs\" role=\"img\"");
	markup_put(m, " viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" aria-label=\"",
		SVG_WIDTH / 10, height / 10, SVG_WIDTH / 10, height / 10);
	markup_text(m, about->title, SIZE_MAX);
	markup_raw(m, "\">\n");
	if (!is_within_page) {
		markup_raw(m, "<title>");
		markup_text(m, about->title, SIZE_MAX);
		markup_raw(m, "</title>\n");
	}
	markup_raw(m, "<desc>");
	markup_text(m, about->subtitle, SIZE_MAX);
	markup_raw(m, "</desc>\n");
	markup_raw(m, style);
	if (is_within_page)
		return;
	markup_raw(m, "<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n");
	svg_text_at(m, "h", SVG_MARGIN, 400);
	markup_text(m, about->title, TITLE_COLUMNS);
	markup_raw(m, "</text>\n");
	svg_text_at(m, "u", SVG_MARGIN, 620);
	markup_text(m, about->subtitle, SUBTITLE_COLUMNS);
	markup_raw(m, "</text>\n");
}

/* A currency under the other, then what is left to say. */
static int draw_all(struct markup *m, const struct plot *p, int *height)
{
	int r = 0;

	for (size_t i = 0; i < p->currency_count && r == 0; i++) {
		struct span currency = p->currencies[i];
		int more = 0;

		markup_put(m, "<g transform=\"translate(0 %d)\">\n", *height / 10);
		r = p->kind == PLOT_DAYS || p->kind == PLOT_STACKS
			? svg_days(m, p, currency, &more)
			: svg_bars(m, p, currency, &more);
		markup_raw(m, "</g>\n");
		*height += more;
	}
	if (!p->currency_count || p->has_more) {
		svg_text_at(m, "u", SVG_MARGIN, *height + 200);
		markup_raw(m,
			p->has_more ? "There are more currencies: see the table."
				    : "There are no costs here.");
		markup_raw(m, "</text>\n");
		*height += 300;
	}
	return r < 0 ? r : m->failed;
}

int svg_append(const struct sheet *s, const struct form_about *about, bool is_within_page,
	struct buf *ret)
{
	struct plot p = plot_of(s, about);
	struct buf body = BUF_INIT(BODY_MAX);
	struct markup inner = { .out = &body }, m = { .out = ret };
	int height = is_within_page ? 100 : HEADING + 140;
	int r = p.kind == PLOT_NONE ? -ENOTSUP : draw_all(&inner, &p, &height);

	if (r == 0) {
		put_start(&m, about, is_within_page, height + BOTTOM);
		if (!m.failed)
			m.failed = buf_append_span(ret, buf_span(&body));
		markup_raw(&m, "</svg>\n");
		r = m.failed;
	}
	buf_finish(&body);
	return r;
}

int form_svg(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	return svg_append(s, about, false, ret);
}
