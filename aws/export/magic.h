/* What kind of file some first bytes are the beginning of. Private to aws/export. */
#ifndef AWS_EXPORT_MAGIC_H
#define AWS_EXPORT_MAGIC_H

#include "base/span.h"

enum { MAGIC_HEAD = 4096 }; /* bytes to look at */

enum magic_kind { MAGIC_TEXT, MAGIC_GZIP, MAGIC_ZIP, MAGIC_PARQUET, MAGIC_OTHER };

/* head: the first MAGIC_HEAD bytes, or the whole file when it is shorter. *ret_name is
 * what to call it ("a Parquet file"), a literal. */
enum magic_kind magic_of(struct span head, const char **ret_name);

#endif
