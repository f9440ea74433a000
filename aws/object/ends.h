/* The ends of objects, kept: who looks at the footers of many files, and reads the files
 * afterwards, asks for no byte of a footer twice. */
#ifndef AWS_OBJECT_ENDS_H
#define AWS_OBJECT_ENDS_H

#include "aws/object/object.h"

enum {
	ENDS_BYTES = 32 * 1024 * 1024, /* of all that is kept */
	ENDS_MAX = 4096, /* objects */
};

/* A source of the same objects, which it asks s for. Borrows s until it is freed. As long
 * as it gathers, which is from the beginning, a read that reaches the end of its object
 * is kept; later reads have these bytes from memory, and ask s for those before them.
 * What is over ENDS_BYTES or ENDS_MAX, or finds no memory, is not kept, but read again.
 * object_forget() gives back what is kept of the objects. 0; -ENOMEM. */
MUST_USE int ends_new(struct object_source *s, struct object_source **ret);
/* Of ends_new(): from now on nothing more is kept. */
void ends_seal(struct object_source *s);

#endif
