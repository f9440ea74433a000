#include "fs/cmd/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the command line, for all that prints, as the level of the log is. */
static enum colour_wish wished = COLOUR_AUTO;

void screen_wish_colour(enum colour_wish wish)
{
	wished = wish;
}

bool is_screen(FILE *f)
{
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && term != NULL && strcmp(term, "dumb") != 0;
}

bool is_coloured(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	switch (wished) {
	case COLOUR_AUTO:
		return is_screen(f) && (no == NULL || no[0] == '\0');
	case COLOUR_ALWAYS:
		return true;
	case COLOUR_NEVER:
		return false;
	}
	return false;
}

struct screen_size screen_size(FILE *f)
{
	struct winsize size;

	if (ioctl(fileno(f), TIOCGWINSZ, &size) < 0 || size.ws_row < 2 || size.ws_col < 2)
		return (struct screen_size){ .rows = 24, .columns = 80 };
	return (struct screen_size){ .rows = size.ws_row, .columns = size.ws_col };
}
