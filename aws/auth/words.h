/* Words of a command line as a POSIX shell splits them: quotes and backslashes, nothing
 * else. */
#ifndef AWS_AUTH_WORDS_H
#define AWS_AUTH_WORDS_H

#include "base/span.h"

enum { WORDS_MAX = 256 };

/* Plain; the words share one allocation. */
struct words {
	char **items; /* NULL behind the last one */
	size_t count;
	char *memory;
};
/* 0; -EINVAL a quote or backslash without end, or a NUL; -E2BIG over WORDS_MAX; -ENOMEM.
 */
MUST_USE int words_split(struct span text, struct words *ret);
void words_finish(struct words *w);

#endif
