/* What stands beside the data of a legacy report for Athena. */
#ifndef FS_CMD_DEMO_ARTIFACT_H
#define FS_CMD_DEMO_ARTIFACT_H

#include "fs/cmd/demo/shipment.h"

/* Append the key of NAME-create-table.sql, and of the file that tells whether the export
 * is being updated. 1; 0 there is none; -ENOMEM; -EFBIG. */
MUST_USE int artifact_table_key(const struct shipment *d, struct buf *ret);
MUST_USE int artifact_status_key(const struct shipment *d, struct buf *ret);
/* Their contents. 0; -ENOMEM; -EFBIG. */
MUST_USE int artifact_table(const struct shipment *d, struct buf *ret);
MUST_USE int artifact_status(const struct shipment *d, struct buf *ret);

#endif
