/* Names of directories and files made from values, and back. Safe: letters, digits, '.',
 * '_', '-'; everything else is %XX per byte, upper-case. A leading '-', '.', '_' or '~'
 * and a trailing '.' are encoded too, so that names of our own ("_no-resource") are never
 * met. Longer than NAME_PLAIN_MAX: cut at NAME_CUT or before, at a whole character, then
 * '~' and 12 hex digits of the value's SHA-256. */
#ifndef FS_STORE_NAME_H
#define FS_STORE_NAME_H

#include "base/buf.h"

enum { NAME_PLAIN_MAX = 200, NAME_CUT = 180, NAME_BYTES_MAX = 255 };

#define NAME_NO_RESOURCE "_no-resource"
#define NAME_NO_REGION "_no-region"
#define NAME_UNTAGGED "_untagged"
/* What is called like our index.csv. */
#define NAME_INDEX_AS_RESOURCE "%69ndex.csv"

/* All append to ret. 0; -ENOMEM; -EFBIG. */

/* value is not empty. */
MUST_USE int name_encode(struct span value, struct buf *ret);
/* "prod-eu_111122223333": the lower-cased slug of name (at most 40 bytes) and the id; the
 * bare id (encoded) where name is empty or has nothing that can stand in a slug. */
MUST_USE int name_of_account(struct span id, struct span name, struct buf *ret);
/* The code, encoded; of a marketplace product "MongoDB-Atlas_CODE". "_no-service" for
 * none. */
MUST_USE int name_of_service(
	struct span code, struct span product_name, bool is_marketplace, struct buf *ret);
/* The id as it is; of an ARN the part behind the account id; encoded. "_no-resource" for
 * none, NAME_INDEX_AS_RESOURCE for "index.csv". */
MUST_USE int name_of_resource(struct span id, struct buf *ret);
/* What clashing resources get behind their name: "~" and the region of the ARN, or "~"
 * and 12 hex digits where it has none. */
MUST_USE int name_resource_suffix(struct span id, struct buf *ret);
/* The opposite of name_encode() for uncut names. 0; -EINVAL no such name. */
MUST_USE int name_decode(struct span name, struct buf *ret);
/* "ec2" -> "AmazonEC2": the code that an everyday name stands for; empty where none does.
 */
struct span name_service_of_alias(struct span alias);

#endif
