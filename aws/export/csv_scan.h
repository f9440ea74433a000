/* Finds the fields of one record in bytes that are at hand. Private to the reader. */
#ifndef AWS_EXPORT_CSV_SCAN_H
#define AWS_EXPORT_CSV_SCAN_H

#include "aws/export/csv.h"
#include "aws/export/csv_block.h"

enum { CSV_SCAN_SLACK = CSV_BLOCK }; /* bytes behind the end that must be readable */

/* Big (130 KiB): lives on the heap. */
struct csv_scan {
	size_t count, escaped_count;
	/* A block may close so many fields more before the limit is seen. */
	struct cell fields[CSV_FIELDS_MAX + CSV_BLOCK + 1];
	uint16_t escaped[CSV_FIELDS_MAX + CSV_BLOCK +
		1]; /* fields with "" in them, still as read */
};

/* 1: a record stands in [start, end), its line end with it, and *ret_next is what
 * follows. 0: it goes on behind end. -EBADMSG text behind a closing quote; -E2BIG.
 * Looks at a byte only after all before it, so that more bytes never change an answer
 * but 0. */
MUST_USE int csv_scan(
	struct csv_scan *s, const char *start, const char *end, const char **ret_next);
/* Makes "" one quote in the fields that have it. Once for a whole record, in [start,
 * next). */
void csv_scan_unescape(struct csv_scan *s, char *start);

#endif
