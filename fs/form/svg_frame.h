/* Days or months side by side: where they stand, and what is drawn of them. */
#ifndef FS_FORM_SVG_FRAME_H
#define FS_FORM_SVG_FRAME_H

#include "fs/form/svg.h"

/* Lengths in tenths of a pixel. Borrows. */
struct svg_frame {
	const struct plot *p;
	const struct days *d;
	struct scale scale;
	int left, width; /* of all days */
	int top;
};

/* The left edge of a day, and with day_count the right one of the last. */
int svg_frame_x(const struct svg_frame *f, size_t day);
int svg_frame_y(const struct svg_frame *f, struct money m);
/* Days, not months. */
bool svg_frame_is_date(const struct svg_frame *f);

/* A line through the days, or areas of their parts; a column a month, or in parts. */
void svg_parts(struct markup *m, const struct svg_frame *f);

#endif
