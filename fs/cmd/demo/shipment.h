/* One delivery of one month: where its files stand, and the manifest that names them. */
#ifndef FS_CMD_DEMO_SHIPMENT_H
#define FS_CMD_DEMO_SHIPMENT_H

#include "base/buf.h"
#include "fs/cmd/demo/format.h"
#include "fs/cmd/demo/plan.h"

enum {
	SHIPMENT_ID = 80,
	SHIPMENT_PATH_MAX = 4096,
	SHIPMENT_MANIFEST_MAX = 1024 * 1024 * 64
};

/* Plain; borrows options and world. Immutable while chunks are written. */
struct shipment {
	const struct demo_options *o;
	const struct format_info *format;
	const struct world *w;
	struct plan plan;
	struct columns columns;
	unsigned chunks;
	bool superseded; /* an earlier state of the month that stays in the bucket */
	char id[SHIPMENT_ID]; /* assembly, or execution with its time */
	char execution[WORLD_UUID];
};

/* The part of the month so far; 0; -ENOMEM. */
MUST_USE int shipment_make(const struct demo_options *o, const struct world *w,
	unsigned period, uint64_t rows, bool superseded, struct shipment *ret);
void shipment_finish(struct shipment *d);
/* Whether dates are written with milliseconds; both are seen in real files. */
bool shipment_has_milliseconds(const struct shipment *d);
/* Appends the folder of the month, with a '/' at its end. part: "data" or "metadata", of
 * Data Exports. 0; -ENOMEM; -EFBIG. */
MUST_USE int shipment_folder(const struct shipment *d, const char *part, struct buf *ret);
/* Laid out for Athena: overwritten Parquet of legacy reports. */
bool shipment_is_athena(const struct shipment *d);
/* Rows of a chunk, which begin at chunk * rows / chunks. */
uint64_t shipment_chunk_start(const struct shipment *d, unsigned chunk);
/* Appends the key, below the bucket, without a '/' in front. 0; -ENOMEM; -EFBIG. */
MUST_USE int shipment_chunk_key(
	const struct shipment *d, unsigned chunk, struct buf *ret);
/* The manifest's text. 0; -ENOMEM; -EFBIG. */
MUST_USE int shipment_manifest(const struct shipment *d, struct buf *ret);
/* Where the manifest stands: the pointer, and the copy that belongs to the delivery.
 * 1; 0 there is no such; -ENOMEM; -EFBIG. */
MUST_USE int shipment_pointer_key(const struct shipment *d, struct buf *ret);
MUST_USE int shipment_copy_key(const struct shipment *d, struct buf *ret);

#endif
