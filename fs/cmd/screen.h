/* What is on the other end of standard output and standard error. */
#ifndef FS_CMD_SCREEN_H
#define FS_CMD_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

enum colour_wish {
	COLOUR_AUTO, /* on a screen, unless NO_COLOR is set and not empty */
	COLOUR_ALWAYS, /* whatever the environment says, and in pipes */
	COLOUR_NEVER,
};

/* Once, before there are threads; COLOUR_AUTO until then. */
void screen_wish_colour(enum colour_wish wish);
/* Whether it is a terminal that knows more than lines; not with TERM=dumb, or without
 * TERM. */
bool is_screen(FILE *f);
/* Whether what is written there may have colours and bold letters. */
bool is_coloured(FILE *f);

struct screen_size {
	unsigned rows, columns;
};
/* As it is now; 24 rows of 80 columns where nobody knows. */
struct screen_size screen_size(FILE *f);

#endif
