/* Texts of scalars as AWS's tools print them, which is as Python does. */
#ifndef AWS_RESOURCE_SCALAR_H
#define AWS_RESOURCE_SCALAR_H

#include "base/buf.h"

/* All append JSON. What is not of the type, which AWS's tools refuse, is appended as a
 * string, as it is: nothing of an answer is lost, and JSON has no infinities. 0; -ENOMEM;
 * -EFBIG. */

/* "true" is true, all else is false. */
MUST_USE int scalar_boolean(struct buf *b, struct span text);
/* Of any length: "+007" is 7. */
MUST_USE int scalar_integer(struct buf *b, struct span text);
/* As the nearest double, by the fewest digits: 1.0, 1e-07. */
MUST_USE int scalar_float(struct buf *b, struct span text);
/* Of ISO 8601: "2026-11-01T12:00:00+00:00", with microseconds where there are any, and
 * with the offset that text has, if any. Years 1900 to 9999. */
MUST_USE int scalar_timestamp(struct buf *b, struct span text);

#endif
