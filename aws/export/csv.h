/* RFC 4180 records, pulled one at a time from bytes that arrive in pieces. */
#ifndef AWS_EXPORT_CSV_H
#define AWS_EXPORT_CSV_H

#include <sys/types.h>

#include "aws/export/cell_source.h"

enum {
	CSV_FIELDS_MAX = 4096, /* of one record */
	CSV_RECORD_MAX = 8 * 1024 * 1024, /* bytes */
	CSV_TEXT_SLACK = 128, /* bytes */
};

struct csv_reader;

/* Answers bytes (> 0), 0 at the end, -errno. */
typedef ssize_t csv_source_fn(void *context, void *bytes, size_t len, struct fault *why);

struct csv_record {
	const struct cell *fields;
	const uint64_t *quoted; /* as in struct cell_row */
	size_t count;
	uint64_t number; /* 1 = the first record of the file, which is the header */
	size_t bytes; /* of the record, without its line end */
};

/* Borrows context and name (for messages) until csv_reader_free(). 0; -ENOMEM. */
MUST_USE int csv_reader_new(
	csv_source_fn *source, void *context, const char *name, struct csv_reader **ret);
/* 1 and a record, valid until the next call; 0 at the end; -EBADMSG a quote that does
 * not end, text behind a closing quote, a NUL byte; -EFBIG over CSV_RECORD_MAX; -E2BIG
 * over CSV_FIELDS_MAX; -errno of the source. A byte order mark before the header, CRLF
 * and empty lines are passed over. Failure is sticky. */
MUST_USE int csv_reader_next(
	struct csv_reader *r, struct csv_record *ret, struct fault *why);
/* Instead of a source: records that are all in memory. */
struct csv_text {
	char *p; /* len bytes, and CSV_TEXT_SLACK that are not used */
	size_t len;
	uint64_t records_before; /* in the file */
	struct fault failure; /* what stands behind the bytes; error 0 = the end */
};
/* Of a reader whose source is NULL, before the first record and at each end: what it
 * reads from now on. Borrowed until then, and written to. */
void csv_reader_give(struct csv_reader *r, const struct csv_text *text);
void csv_reader_free(struct csv_reader *r);

#endif
