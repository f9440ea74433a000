/* The chart of a sheet, by itself or within a page. */
#ifndef FS_FORM_SVG_H
#define FS_FORM_SVG_H

#include "fs/form/chart.h"
#include "fs/form/markup.h"
#include "fs/form/plot.h"

/* Lengths in tenths of a pixel. */
enum {
	SVG_WIDTH = 8600,
	SVG_MARGIN = 240,
	SVG_COLUMN = 76, /* what a character takes at most, but for a few */
};

/* An <svg> of all currencies; within a page without title and background. 0; -ENOTSUP
 * nothing of this file is drawn; as form_render(). */
MUST_USE int svg_append(const struct sheet *s, const struct form_about *about,
	bool is_within_page, struct buf *ret);

/* One currency; m stands at its upper left. Answers its height in *ret. 0; as above. */
MUST_USE int svg_bars(
	struct markup *m, const struct plot *p, struct span currency, int *ret_height);
MUST_USE int svg_days(
	struct markup *m, const struct plot *p, struct span currency, int *ret_height);

/* <text class="CLASS" x="" y=""> without its end. */
void svg_text_at(struct markup *m, const char *class, int x, int y);
/* The heading of a currency: "USD 1,234.50" and then what m goes on with, up to
 * svg_head_end(). */
void svg_head(
	struct markup *m, const struct plot *p, struct span currency, struct money total);
void svg_head_end(struct markup *m);
/* "unblended_cost" in words */
void svg_words(struct markup *m, struct span name);
void svg_number(struct markup *m, struct number n);

#endif
