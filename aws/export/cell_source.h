/* A data file as rows of named cells: what CSV and Parquet have in common, so that
 * nothing behind it knows the format. Private to aws/export. */
#ifndef AWS_EXPORT_CELL_SOURCE_H
#define AWS_EXPORT_CELL_SOURCE_H

#include "aws/object/object.h"

enum { CELL_BATCH_ROWS = 1024, CELL_SLACK = 32 /* bytes */ };

struct cell {
	/* Unescaped. Empty: null or "", which CSV does not tell apart; where the format
	 * does, p of a null is NULL. */
	struct span text;
	/* May hold comma, quote, newline or carriage return: in CSV it stood in quotes,
	 * or has a bare quote or carriage return inside. False: can be copied to an
	 * output without looking. */
	bool quoted;
};
struct cell_pair {
	struct span key, value;
};
struct cell_map {
	bool is_text; /* no pairs: a JSON object, or nothing, in items */
	bool has_numbers;
	const struct cell_pair *pairs;
	size_t count;
};
/* One row; valid until the next one. */
struct cell_row {
	const struct cell *items; /* one a column */
	/* One a column; of use of those that are maps. NULL: all are text. */
	const struct cell_map *maps;
	uint64_t number; /* for messages */
	/* Not 0: the texts together are no longer than that, those of neighbours that are
	 * not quoted stand behind each other in memory, with a comma between, and
	 * CELL_SLACK bytes behind the last one may be read. */
	size_t line_bytes;
	const uint64_t *quoted; /* with line_bytes: a bit a column, as in items */
};

/* Texts of one column in a batch: texts[i], or, where they are of a dictionary,
 * texts[indexes[i]], so that what is worked out of a text is worked out once. p of a null
 * is NULL. */
struct cell_texts {
	const struct span *texts;
	const uint32_t *indexes; /* or NULL */
	uint32_t dictionary_count; /* texts[dictionary_count] is a null */
	uint64_t dictionary; /* names it, for this source; 0 = none */
};
struct cell_column {
	struct cell_texts values;
	/* Of a map: row i has the entries starts[i] to starts[i + 1], but none if
	 * nulls[i]. NULL: it is none. */
	const uint32_t *starts;
	const uint8_t *nulls;
	struct cell_texts keys;
};
/* Some rows, column by column; valid until the next ones. */
struct cell_batch {
	uint32_t rows;
	const struct cell_column *columns; /* one a column; of use of those picked */
	uint64_t number; /* of the first row, as in cell_row */
};

/* What one of several sources of the same object has taken of it: whole rows that stand
 * together. */
struct cell_part {
	uint64_t number; /* in the object, from 0 */
	uint64_t rows_before; /* in the object, as they are numbered */
};

/* One thread at a time. */
struct cell_source;
struct cell_source_ops {
	/* NULL: to know it is of no use. */
	int (*pick)(struct cell_source *s, const bool *wanted, struct fault *why);
	/* NULL: it would be of no use. */
	int (*seek)(struct cell_source *s, const uint32_t *columns, size_t count,
		struct span text);
	/* NULL: it has the whole object. */
	int (*next_part)(struct cell_source *s, struct cell_part *ret, struct fault *why);
	int (*next)(struct cell_source *s, struct cell_row *ret, struct fault *why);
	/* NULL: there are none. */
	int (*next_batch)(
		struct cell_source *s, struct cell_batch *ret, struct fault *why);
	bool (*has_batches)(const struct cell_source *s);
	uint64_t (*bytes_in)(const struct cell_source *s);
	void (*free)(struct cell_source *s);
};
struct cell_source {
	const struct cell_source_ops *ops;
	const struct span *names; /* of the columns, as the file spells them */
	size_t count;
};

struct cell_options {
	size_t read_bytes; /* of one read of the object; 0 = as fits the format */
};

/* Opens the object and reads as much as tells the names of its columns. Its name says
 * where to look first, at the end of *.parquet, at the first bytes of all others; its
 * content says what it is: Parquet under another name is read, and so is CSV in gzip or
 * zip that is called *.parquet. Only where the two differ is more read than otherwise.
 * Plain text called *.parquet is refused as damaged Parquet. Borrows s and object until
 * cell_source_free(). options may be NULL. 0; -ENODATA nothing is there, not even a
 * header; -ENOMEM; else what cell_source_next() answers. */
MUST_USE int cell_source_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why);
/* Before the first row: only cells of these columns are looked at, one flag a column.
 * Others need not be read, and may come empty. 0; -ENOMEM. */
static inline MUST_USE int cell_source_pick(
	struct cell_source *s, const bool *wanted, struct fault *why)
{
	return s->ops->pick ? s->ops->pick(s, wanted, why) : 0;
}
/* Before the first row: rows that have this text in none of the columns are not wanted,
 * and may be left out; they keep their numbers. Borrows text until cell_source_free(). 0;
 * -ENOMEM. */
static inline MUST_USE int cell_source_seek(
	struct cell_source *s, const uint32_t *columns, size_t count, struct span text)
{
	return s->ops->seek ? s->ops->seek(s, columns, count, text) : 0;
}
/* Of a source by parts (csv_split.h), before the first row and at the end of each part: 1
 * and the part whose rows come next; 0 no part is left; as cell_source_next(). */
static inline MUST_USE int cell_source_next_part(
	struct cell_source *s, struct cell_part *ret, struct fault *why)
{
	return s->ops->next_part(s, ret, why);
}
/* 1 and a row; 0 at the end of a whole object, or of the part; what decoder_read(),
 * csv_reader_next() and parquet_next() answer; -EBADMSG a row of another number of cells.
 * The text of why names the object. After a failure s is only good for being freed. */
static inline MUST_USE int cell_source_next(
	struct cell_source *s, struct cell_row *ret, struct fault *why)
{
	return s->ops->next(s, ret, why);
}
/* Whether the columns that are picked can be had by batches: not where one becomes text
 * row by row, as lists do. */
static inline bool cell_source_has_batches(const struct cell_source *s)
{
	return s->ops->next_batch && s->ops->has_batches(s);
}
/* Instead of cell_source_next(), from the first row on; as that. Rows of a batch are at
 * least 1, and at most CELL_BATCH_ROWS. */
static inline MUST_USE int cell_source_next_batch(
	struct cell_source *s, struct cell_batch *ret, struct fault *why)
{
	return s->ops->next_batch(s, ret, why);
}
/* Of the object, so far. */
static inline uint64_t cell_source_bytes_in(const struct cell_source *s)
{
	return s->ops->bytes_in(s);
}
static inline void cell_source_free(struct cell_source *s)
{
	if (s)
		s->ops->free(s);
}

/* The formats. As cell_source_open(); of CSV -EMEDIUMTYPE, which leaves why as it may be,
 * the object is Parquet by its first bytes. */
MUST_USE int csv_cells_open(struct object_source *s, const struct object_info *object,
	const struct cell_options *options, struct cell_source **ret, struct fault *why);
MUST_USE int parquet_cells_open(struct object_source *s, const struct object_info *object,
	struct cell_source **ret, struct fault *why);

#endif
