/* What a table shows of an element, taken out of its JSON. */
#ifndef AWS_RESOURCE_FIELDS_H
#define AWS_RESOURCE_FIELDS_H

#include "aws/resource/kind_private.h"

enum { FIELDS_TEXT_MAX = 4 * 1024 * 1024 /* bytes of an element's fields together */ };

/* Adds the element; region is what stands for a zone that it does not name. A time that
 * is none, and a size that is no integer, are empty. Of tags of one key the first counts.
 * 0; -EBADMSG no JSON object, or one without an id; -EFBIG over the limits here, of
 * json.h and inventory.h; -ENOMEM. */
MUST_USE int fields_add(struct inventory_builder *b, const struct resource_call *call,
	const char *region, struct span json, struct fault *why);

#endif
