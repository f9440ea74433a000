/* How pages are compressed. The length is known beforehand, and has to be right. Private
 * to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_CODEC_H
#define AWS_EXPORT_PARQUET_CODEC_H

#include "base/span.h"

/* As in parquet.thrift. */
enum codec_id {
	CODEC_NONE,
	CODEC_SNAPPY,
	CODEC_GZIP,
	CODEC_LZO,
	CODEC_BROTLI,
	CODEC_LZ4, /* of Hadoop: blocks with their lengths in front; or as LZ4_RAW */
	CODEC_ZSTD,
	CODEC_LZ4_RAW,
};

/* Zeroed = nothing needed yet. One thread at a time. */
struct codec {
	void *gzip, *zstd; /* what these keep from page to page */
};

/* "SNAPPY"; "unknown". */
const char *codec_name(int64_t id);
bool codec_is_known(int64_t id);
/* Fills out, exactly. 0; -EBADMSG, and then out may be partly filled; -ENOTSUP;
 * -ENOMEM. */
MUST_USE int codec_inflate(
	struct codec *c, int64_t id, struct span in, unsigned char *out, size_t len);
void codec_finish(struct codec *c);

#endif
