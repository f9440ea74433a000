/* A made file, read to a text that tests compare: "a|b" a row, cells apart by ','. */
#ifndef TESTS_AWS_PARQUET_CASE_H
#define TESTS_AWS_PARQUET_CASE_H

#include "aws/export/parquet/parquet.h"
#include "tests/aws/memory_source.h"
#include "tests/aws/parquet/made_file.h"

/* How a file is read. */
struct reading {
	size_t read_max; /* bytes of one read; 0 = all */
	struct parquet_options options;
	const char *columns; /* names apart by ' '; NULL = all */
};

/* Rows end in '\n'. Cells: the text, NULL for null, "[k=v;k=v]" for maps, "[v;v]" for
 * lists. Bytes over 0x7e and below 0x20 as \xNN. 0; what the reader answers. ret is
 * appended to; why may be NULL. */
int case_read(
	struct span file, const struct reading *how, struct buf *ret, struct fault *why);

#endif
