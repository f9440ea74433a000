/* A file of the export: written under another name, compressed on the way, renamed
 * when whole. */
#ifndef FS_CMD_DEMO_OUTFILE_H
#define FS_CMD_DEMO_OUTFILE_H

#include <zlib.h>

#include "base/buf.h"
#include "fs/cmd/demo/demo.h"

enum { OUTFILE_OUT = 256 * 1024 };

/* Opaque but for its size; zeroed = closed. */
struct outfile {
	struct buf path, temporary; /* NUL-terminated by buf_text() */
	enum demo_compression compression;
	int fd; /* -1: none */
	bool deflating;
	z_stream z;
	uint32_t crc;
	uint64_t plain_size, packed_size;
	size_t header_size; /* ZIP's local header */
	struct buf member; /* the name inside a ZIP */
	unsigned char out[OUTFILE_OUT];
};

/* member: the file's name inside a ZIP. 0; -ENOMEM; -errno of the file system. On failure
 * there is nothing to abandon. */
MUST_USE int outfile_open(struct outfile *s, const char *path,
	enum demo_compression compression, const char *member);
/* 0; -errno. */
MUST_USE int outfile_write(struct outfile *s, const void *bytes, size_t len);
/* Completes the file, dates it and puts it in its place. Closes in any case. 0;
 * -EFBIG: 4 GiB and more do not fit in a ZIP; -errno. */
MUST_USE int outfile_close(struct outfile *s, int64_t mtime_seconds);
/* Removes what was written. Does nothing when it is closed. */
void outfile_abandon(struct outfile *s);
/* A small file, whole. 0; -errno. */
MUST_USE int outfile_write_file(
	const char *path, struct span contents, int64_t mtime_seconds);

#endif
