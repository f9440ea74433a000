/* Finds the fields of one record in bytes that are at hand. Private to the reader. */
#ifndef AWS_EXPORT_CSV_SCAN_H
#define AWS_EXPORT_CSV_SCAN_H

#include "aws/export/csv.h"
#include "aws/export/csv_block.h"

enum { CSV_SCAN_SLACK = CSV_BLOCK }; /* bytes behind the end that must be readable */
_Static_assert((int)CSV_SCAN_SLACK >= (int)CELL_SLACK, "and are, of every record");

/* Big (130 KiB): lives on the heap. Zeroed before the first record. */
struct csv_scan {
	size_t count, escaped_count;
	/* A block may close so many fields more before the limit is seen. */
	struct cell fields[CSV_FIELDS_MAX + CSV_BLOCK + 1];
	uint16_t escaped[CSV_FIELDS_MAX + CSV_BLOCK +
		1]; /* fields with "" in them, still as read */
	/* A bit a field, the same as its cell's; words behind quoted_words are 0. */
	uint64_t quoted[(CSV_FIELDS_MAX + CSV_BLOCK) / 64 + 1];
	size_t quoted_words;
};

/* 1: a record stands in [start, end), its line end with it, and *ret_next is what
 * follows. 0: it goes on behind end. -EBADMSG text behind a closing quote; -E2BIG.
 * Looks at a byte only after all before it, so that more bytes never change an answer
 * but 0. */
typedef int csv_scan_fn(
	struct csv_scan *s, const char *start, const char *end, const char **ret_next);
/* Where records end, in bytes that grow behind what was looked at; nothing else of them.
 * Zeroed at the start of a record, or with at and end behind what is none of it. */
struct csv_ends {
	size_t at; /* looked at so far */
	size_t end; /* behind the last record that ends */
	size_t first_end; /* behind the first one; 0: there is none yet */
	size_t closed; /* behind the last closing quote; 0: there is none */
	bool is_quoted; /* at stands in quotes */
	uint64_t records; /* without empty lines */
};
/* Looks at bytes[e->at, len). Of records that csv_scan_fn refuses it finds no end before
 * what is refused. */
typedef void csv_ends_fn(struct csv_ends *e, const char *bytes, size_t len);
/* A way to find fields and ends. All answer the same. */
struct csv_scan_way {
	const char *name;
	csv_scan_fn *scan;
	csv_ends_fn *ends;
};
enum { CSV_SCAN_WAYS = 3 };
extern const struct csv_scan_way csv_scan_scalar, csv_scan_sse2, csv_scan_avx2;

/* Those that the build has and this processor can, the fastest first; their count. */
size_t csv_scan_ways(const struct csv_scan_way *ret[CSV_SCAN_WAYS]);
/* Makes "" one quote in the fields that have it. Once for a whole record, in [start,
 * next). */
void csv_scan_unescape(struct csv_scan *s, char *start);

#endif
