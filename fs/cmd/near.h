/* What was meant by a word that is mistyped. */
#ifndef FS_CMD_NEAR_H
#define FS_CMD_NEAR_H

#include "base/span.h"

enum { NEAR_TEXT = 64 };

/* Set by near_to(); borrows the words. */
struct near {
	struct span typed, best; /* best: len 0 while none is near */
	int least;
	char text[NEAR_TEXT];
};

struct near near_to(struct span typed);
void near_try(struct near *n, struct span word);
/* Words with '|' between. */
void near_try_all(struct near *n, const char *words);
/* "; did you mean --best?", where before is "--"; or "". Valid as long as n. */
const char *near_said(struct near *n, const char *before);

#endif
