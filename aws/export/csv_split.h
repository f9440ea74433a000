/* One CSV object for several threads: who wants rows inflates the next part himself,
 * while the others read theirs. Private to aws/export. */
#ifndef AWS_EXPORT_CSV_SPLIT_H
#define AWS_EXPORT_CSV_SPLIT_H

#include "aws/export/cell_source.h"
#include "base/buf.h"

/* Of a part by default. Longer ones take more memory and leave the processor's cache, and
 * shorter ones make more extents of a month, whose windows (fs/store/window.c) they
 * end. */
enum { CSV_PART_BYTES = 4 * 1024 * 1024 };

/* Thread-safe but for opening and freeing. Holds at most a part. */
struct csv_split;

struct csv_part {
	/* Whole records, but perhaps for the last part, and CSV_TEXT_SLACK. */
	struct buf bytes;
	struct cell_part place;
	uint64_t bytes_in; /* of the object, read for it */
	struct fault failure; /* behind the bytes; error 0 = none */
};

/* Reads the first part; part_bytes 0: by default. Borrows s and object until
 * csv_split_free(). Whatever fails, csv_cells_open() says it better: -ENOMEM; -ENODATA
 * there is no header; else as decoder_read(). */
MUST_USE int csv_split_open(struct object_source *s, const struct object_info *object,
	size_t part_bytes, struct csv_split **ret);
/* 1: the next part, into memory of the last one, which is zeroed before the first. 0
 * none is left; -ENOMEM. What the object is refused for is the part's failure. */
MUST_USE int csv_split_next(struct csv_split *split, struct csv_part *part);
const char *csv_split_name(const struct csv_split *split);
/* The first record, as it stands in the file. */
struct span csv_split_header(const struct csv_split *split);
void csv_split_free(struct csv_split *split);

/* Rows of the parts that this source gets. Borrows split until cell_source_free(). As
 * csv_cells_open(). */
MUST_USE int csv_cells_open_parts(
	struct csv_split *split, struct cell_source **ret, struct fault *why);

#endif
