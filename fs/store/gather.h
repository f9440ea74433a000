/* One thread's reading of chunks: rows into sums and into the window. */
#ifndef FS_STORE_GATHER_H
#define FS_STORE_GATHER_H

#include "fs/store/builder.h"
#include "aws/export/row.h"
#include "fs/store/ingest.h"

struct gather;

/* Borrows all until gather_free(). 0; -ENOMEM. */
MUST_USE int gather_new(const struct ingest_options *options, const struct layout *layout,
	struct builder *builder, struct data_file *file, struct gather **ret);
void gather_free(struct gather *g);
/* Begins one file of the delivery: all of it, or, where parts is not NULL, what it gets
 * of its parts, which it borrows until gather_end(). why is not NULL, and zeroed. As
 * ingest_month(). */
MUST_USE int gather_begin(
	struct gather *g, uint32_t chunk, struct row_parts *parts, struct fault *why);
/* Reads all of it, or a part. 1; 0 nothing was left; as ingest_month(). */
MUST_USE int gather_part(struct gather *g, struct fault *why);
/* Ends the file, r being what went wrong before, or 0. Answers r, or as
 * ingest_month(). */
MUST_USE int gather_end(struct gather *g, int r, struct fault *why);
/* Which part was read last, or failed: of the failures of a file that of the first part
 * is its own. */
uint64_t gather_place(const struct gather *g);
/* Values that were rounded, over all that was ended. */
uint64_t gather_rounded(const struct gather *g);

#endif
