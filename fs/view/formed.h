/* A file of the kit in another form than CSV, with what is said above it. */
#ifndef FS_VIEW_FORMED_H
#define FS_VIEW_FORMED_H

#include "fs/view/cache.h"

enum {
	FORMED_CSV_MAX = 64 * 1024 * 1024, /* what the CSV may have */
	FORMED_BYTES_MAX = 256 * 1024 * 1024, /* what the form may come to */
};

/* All of the CSV, and when to give up. */
struct formed_source {
	struct span csv;
	const atomic_bool *stop;
};

/* Appends the file that the key names in the key's form. What is
 * said comes out of the delivery alone, so that it is the same whoever reads it. 0;
 * -ENOENT there is nothing of it in this form; -EMSGSIZE it is too large; -ENOMEM;
 * -ERANGE; -EBADMSG; -ECANCELED. */
MUST_USE int formed_render(const struct scope *scope, const struct view_key *key,
	const struct formed_source *from, struct buf *ret, struct fault *why);
/* Appends "all accounts, 2026-11, estimated, as of 2026-11-24T03:58:05Z". 0; -ENOENT;
 * -ENOMEM; -EFBIG. */
MUST_USE int formed_subtitle(const struct scope *scope, struct buf *ret);
/* -EMSGSIZE, saying so: an export's own -EFBIG is another thing. */
int formed_too_large(const struct view_key *key, struct fault *why);

#endif
