/* One thread's reading of chunks: rows into sums and into the window. */
#ifndef FS_STORE_GATHER_H
#define FS_STORE_GATHER_H

#include "fs/store/builder.h"
#include "fs/store/ingest.h"

struct gather;

/* Borrows all until gather_free(). 0; -ENOMEM. */
MUST_USE int gather_new(const struct ingest_options *options, const struct layout *layout,
	struct builder *builder, struct data_file *file, struct gather **ret);
void gather_free(struct gather *g);
/* Reads one file of the delivery; why is not NULL, and zeroed. As ingest_month(). */
MUST_USE int gather_chunk(struct gather *g, uint32_t chunk, struct fault *why);
/* Values that were rounded, over all chunks. */
uint64_t gather_rounded(const struct gather *g);

#endif
