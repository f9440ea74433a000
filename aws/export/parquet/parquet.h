/* A Parquet file, read row group by row group: of the columns that are wanted each cell's
 * text. What is fetched is the end of the file, and then the chunks of those columns. */
#ifndef AWS_EXPORT_PARQUET_PARQUET_H
#define AWS_EXPORT_PARQUET_PARQUET_H

#include "aws/object/object.h"

struct parquet;

enum {
	PARQUET_BATCH_ROWS = 1024, /* at most */
	PARQUET_ENTRIES_MAX = 1024 * 1024, /* of lists and maps, in one batch */
	PARQUET_FOOTER_MAX = 64 * 1024 * 1024, /* bytes */
	PARQUET_PAGE_MAX = 64 * 1024 * 1024, /* bytes, compressed or not */
	PARQUET_GROUPS_MAX = 32768,
};

/* 0 = as said here. */
struct parquet_options {
	/* All that is held at once, but for some 300 bytes a column; 512 MiB. */
	size_t memory_bytes;
	/* Chunks of a row group are fetched whole up to this sum, 64 MiB; beyond it
	 * piece by piece, each column its share. */
	size_t fetch_bytes;
};

enum parquet_kind {
	PARQUET_CELL, /* one value a row, or null */
	PARQUET_LIST, /* values */
	PARQUET_MAP, /* pairs of key and value */
	PARQUET_NESTED, /* lists in lists and the like: cannot be picked */
};
enum parquet_form {
	PARQUET_TEXT, /* bytes as they are; what is UTF-8 is not checked */
	PARQUET_NUMBER, /* money_parse() reads it; or nan, inf, -inf */
	PARQUET_BOOL, /* true, false */
	PARQUET_DATE, /* 2026-11-23 */
	PARQUET_TIME, /* 14:00:00.123, the places being none, 3, 6 or 9 */
	PARQUET_TIMESTAMP, /* 2026-11-23T14:00:00.123Z, likewise, also where the file
			      does not say that it is UTC; years of more than four
			      digits come with their sign */
};

/* Plain; valid until parquet_close(). */
struct parquet_column {
	struct span name; /* members of structs: "outer.inner" */
	enum parquet_kind kind;
	enum parquet_form form; /* of the values */
	enum parquet_form key_form; /* of maps */
	bool has_keys; /* of maps; false: a map without values has them as its values */
	bool is_required; /* never null */
};

/* What the file says of one column in one row group. It may be wrong: good for passing
 * over, not for answering. */
struct parquet_statistics {
	bool has_range; /* min and max: of the forms above, valid until the next call; a
			   text may be a bound that no row has */
	struct span min, max;
	bool has_nulls;
	uint64_t nulls;
};

/* Texts of one column in a batch. Read them with parquet_cell(). */
struct parquet_cells {
	const struct span *texts;
	/* Of a dictionary: texts[indexes[i]] is the i-th text, so that what is worked out
	 * of a text is worked out once; texts[dictionary_count] is null. Else NULL. */
	const uint32_t *indexes;
	uint32_t dictionary_count;
	/* Names the dictionary, for this struct parquet; 0 = none. */
	uint64_t dictionary;
};
struct parquet_batch_column {
	/* Of lists and maps: row i has the entries starts[i] to starts[i + 1]; nulls[i]:
	 * the whole of it is null. NULL for PARQUET_CELL. */
	const uint32_t *starts;
	const uint8_t *nulls;
	struct parquet_cells values, keys;
};
/* All is valid until the next call on the reader, but a dictionary's texts until the
 * next parquet_begin(). */
struct parquet_batch {
	uint32_t rows;
	const struct parquet_batch_column *columns; /* as they were picked */
};

/* p is NULL for null, and only then. */
static inline struct span parquet_cell(const struct parquet_cells *c, size_t i)
{
	return c->texts[c->indexes ? c->indexes[i] : i];
}

/* One thread at a time. Fetches and reads the footer. Borrows s and object until
 * parquet_close(). options may be NULL. 0; -EBADMSG damaged or no Parquet; -ENOTSUP
 * encrypted, or in several files; -E2BIG too many columns or row groups; -EFBIG over a
 * limit; -ENOMEM; what object_read() answers. The text of why names the object. */
MUST_USE int parquet_open(struct object_source *s, const struct object_info *object,
	const struct parquet_options *options, struct parquet **ret, struct fault *why);
void parquet_close(struct parquet *p);

uint64_t parquet_rows(const struct parquet *p);
/* The writer's name; may be empty. */
struct span parquet_created_by(const struct parquet *p);
uint32_t parquet_column_count(const struct parquet *p);
/* column < parquet_column_count(). */
const struct parquet_column *parquet_column(const struct parquet *p, uint32_t column);
/* By exact name; the first of several. 0; -ENOENT. */
MUST_USE int parquet_find(const struct parquet *p, struct span name, uint32_t *ret);

uint32_t parquet_group_count(const struct parquet *p);
/* group < parquet_group_count(), also below. */
uint64_t parquet_group_rows(const struct parquet *p, uint32_t group);
/* Bytes that parquet_begin() would fetch at least. 0; -EBADMSG; -ENOTSUP; -ENOMEM. */
MUST_USE int parquet_group_bytes(
	struct parquet *p, uint32_t group, uint64_t *ret, struct fault *why);
/* Of a PARQUET_CELL; for others it has nothing. 0; as parquet_group_bytes(). */
MUST_USE int parquet_group_statistics(struct parquet *p, uint32_t group, uint32_t column,
	struct parquet_statistics *ret, struct fault *why);
/* Whether a row of the group may have that text in a column, a PARQUET_CELL: false only
 * where statistics exclude it, or the dictionary does, which is fetched for it. Ends
 * what parquet_begin() began. 0; as parquet_next(). */
MUST_USE int parquet_group_may_hold(struct parquet *p, uint32_t group, uint32_t column,
	struct span text, bool *ret, struct fault *why);

/* What the row groups after this are read of; none: rows are only counted. 0; -ENOTSUP a
 * PARQUET_NESTED column; -EINVAL no such column; -EFBIG too many for the memory;
 * -ENOMEM. Nothing changes on failure. */
MUST_USE int parquet_pick(
	struct parquet *p, const uint32_t *columns, size_t count, struct fault *why);
/* Starts to read a row group. 0; as parquet_next(). */
MUST_USE int parquet_begin(struct parquet *p, uint32_t group, struct fault *why);
/* 1 and rows; 0 at the end of the group; -EBADMSG damaged; -ENOTSUP a codec or an
 * encoding that is not read; -EFBIG over a limit; -ENOMEM; what object_read() answers.
 * Failure is sticky until parquet_begin(). The text of why names object and column. */
MUST_USE int parquet_next(
	struct parquet *p, struct parquet_batch *ret, struct fault *why);
/* Fetched so far. */
uint64_t parquet_bytes_in(const struct parquet *p);
/* The most memory held so far, of what memory_bytes limits. */
size_t parquet_memory_peak(const struct parquet *p);

#endif
