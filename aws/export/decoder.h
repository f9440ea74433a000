/* Plain bytes out of a gzip, zip or plain object, streaming; the form is told by magic
 * bytes. */
#ifndef AWS_EXPORT_DECODER_H
#define AWS_EXPORT_DECODER_H

#include "aws/object/object.h"

struct decoder;
struct inflate_library;

enum decoder_form { DECODER_PLAIN, DECODER_GZIP, DECODER_ZIP };

struct decoder_options {
	size_t read_bytes; /* size of one read of the object; 0 = 512 KiB */
	/* Output over bomb_floor_bytes (0 = 64 MiB) at more than 400 times the input
	 * is refused. */
	uint64_t bomb_floor_bytes;
	const struct inflate_library *inflate; /* NULL = the fastest of this build */
};

/* Borrows s and object until decoder_free(); nothing is read yet. options may be NULL.
 * 0; -ENOMEM. */
MUST_USE int decoder_new(struct object_source *s, const struct object_info *object,
	const struct decoder_options *options, struct decoder **ret);
/* Decoded bytes, at most len, > 0; 0 at the end, which is given only when the object
 * is whole: checksums and lengths right, last member finished, nothing behind it but
 * further gzip members (or the zip's directory of exactly one entry). -EBADMSG
 * damaged, truncated, more than one zip member, encrypted, trailing garbage, or not
 * text (Parquet, binary); -EFBIG a bomb; -errno of the source. Failure is sticky. The
 * text of why names the object and the offset. */
MUST_USE ssize_t decoder_read(
	struct decoder *d, void *bytes, size_t len, struct fault *why);
/* Of the object, so far: what progress is measured by. */
uint64_t decoder_bytes_in(const struct decoder *d);
/* After decoder_read() has refused the object: its first bytes are Parquet's. */
bool decoder_is_parquet(const struct decoder *d);
void decoder_free(struct decoder *d);

#endif
