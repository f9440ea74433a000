/* Raw deflate (RFC 1951) and its checksum: all that is asked of a compression library,
 * so that another one can stand in its place. Private to the decoder. */
#ifndef AWS_EXPORT_INFLATE_H
#define AWS_EXPORT_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct inflater;

/* What there is to read and room to write; a step moves both on by what it used. */
struct inflater_io {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
};

/* All give the same bytes of the same stream, and all refuse what is no deflate; but a
 * code with unused words, which no compressor writes, is for the checksum behind it to
 * refuse where a library takes it. */
struct inflate_library {
	const char *name;
	/* 0; -ENOMEM. */
	int (*open)(struct inflater **ret);
	/* A new stream begins. */
	void (*reset)(struct inflater *z);
	/* Goes on until the input is used up, the output is full or the stream ends;
	 * takes no byte behind its end. 1 ended; 0 not yet; -EBADMSG no deflate; -ENOMEM.
	 */
	int (*step)(struct inflater *z, struct inflater_io *io);
	void (*close)(struct inflater *z);
	/* The CRC-32 of gzip and zip, begun with crc = 0. */
	uint32_t (*crc32)(uint32_t crc, const void *bytes, size_t len);
};

extern const struct inflate_library inflate_zlib;
/* Where the build has it (COSTFS_ISAL). */
extern const struct inflate_library inflate_isal;
/* Those of this build, the fastest first; NULL behind the last. */
extern const struct inflate_library *const inflate_libraries[];

#endif
