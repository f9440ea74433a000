#include "aws/export/csv_split.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/csv.h"
#include "aws/export/csv_scan.h"
#include "aws/export/decoder.h"
#include "base/vec.h"

enum {
	/* Looked at before it leaves the processor's cache. */
	FILL_BYTES = 256 * 1024,
	/* A record without an end in so many bytes is too long. */
	RECORD_LOOK = CSV_RECORD_MAX + 2,
	PART_LIMIT = 64 * 1024 * 1024,
};

struct csv_split {
	/* Immutable. */
	char *name;
	size_t part_bytes;
	csv_ends_fn *ends_by;
	struct buf header;

	pthread_mutex_t lock; /* guards all below; held while a part is inflated */
	struct decoder *decoder;
	struct buf rest; /* the beginning of the record behind the last part */
	struct csv_part first; /* until it is asked for */
	bool has_first, is_ended;
	uint64_t parts, records, bytes_in;
};

/* With the lock. 1; 0 at the end, of which part->failure says whether it is a good one;
 * -ENOMEM. */
static int fill(struct csv_split *split, struct csv_part *part, size_t len)
{
	struct buf *b = &part->bytes;
	int r = buf_reserve(b, len + CSV_TEXT_SLACK);

	if (r < 0)
		return -ENOMEM;
	ssize_t n = decoder_read(split->decoder, b->p + b->len, len, &part->failure);
	if (n < 0)
		part->failure.error = (int)n;
	if (n <= 0)
		return 0;
	b->len += (size_t)n;
	memset(b->p + b->len, 0, CSV_TEXT_SLACK);
	return 1;
}

/* Of a byte order mark; of less than three bytes it is not known yet. */
static size_t mark_bytes(const struct csv_split *split, const struct buf *b)
{
	if (split->parts > 0 || b->len < 3)
		return 0;
	return memcmp(b->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* With the lock. As much as a part should have, and more until a line ends. 1: one does,
 * unless the part begins with what is too long; as fill(). */
static int fill_lines(
	struct csv_split *split, struct csv_part *part, struct csv_ends *ends)
{
	size_t want = split->part_bytes, mark = 0;
	const struct buf *b = &part->bytes;
	int r = 1;

	while (b->len < want || (ends->end == mark && b->len < mark + RECORD_LOOK)) {
		size_t len = b->len < want ? want - b->len : FILL_BYTES;

		r = fill(split, part, len < FILL_BYTES ? len : FILL_BYTES);
		if (r <= 0)
			return r;
		if (split->parts == 0 && b->len < 3)
			continue;
		if (ends->at == 0)
			ends->at = ends->end = mark = mark_bytes(split, b);
		split->ends_by(ends, b->p, b->len);
	}
	return ends->end == mark ? 0 : r;
}

/* With the lock. */
static int take_rest(struct csv_split *split, struct csv_part *part)
{
	int r;

	buf_clear(&part->bytes);
	part->bytes.limit = PART_LIMIT;
	part->failure.error = 0;
	/* Pages of it that are not written to take no memory. */
	r = buf_reserve(&part->bytes, split->part_bytes + CSV_TEXT_SLACK);
	if (r == 0)
		r = buf_append_span(&part->bytes, buf_span(&split->rest));
	buf_clear(&split->rest);
	return r < 0 ? -ENOMEM : 0;
}

/* With the lock. */
static int read_part(struct csv_split *split, struct csv_part *part)
{
	struct csv_ends ends = { .at = 0 };
	int r = take_rest(split, part);

	if (r == 0)
		r = fill_lines(split, part, &ends);
	if (r < 0)
		return r;
	/* What is too long ends it as well: it is refused by who reads the part. */
	split->is_ended = r == 0;
	if (!split->is_ended) {
		struct span all = buf_span(&part->bytes);

		r = buf_append(&split->rest, all.p + ends.end, all.len - ends.end);
		if (r < 0)
			return -ENOMEM;
		buf_truncate(&part->bytes, ends.end);
	}
	if (split->parts == 0 &&
		buf_append(&split->header, part->bytes.p,
			ends.first_end || !split->is_ended ? ends.first_end
							   : part->bytes.len) < 0)
		return -ENOMEM;
	uint64_t bytes_in = decoder_bytes_in(split->decoder);
	part->bytes_in = bytes_in - split->bytes_in;
	part->place = (struct cell_part){ split->parts++, split->records };
	split->bytes_in = bytes_in;
	split->records += ends.records;
	return 1;
}

/* With the lock. */
static int next_part(struct csv_split *split, struct csv_part *part)
{
	if (split->has_first) {
		buf_finish(&part->bytes);
		*part = split->first;
		split->has_first = false;
		return 1;
	}
	return split->is_ended ? 0 : read_part(split, part);
}

int csv_split_next(struct csv_split *split, struct csv_part *part)
{
	pthread_mutex_lock(&split->lock);
	int r = next_part(split, part);

	/* Half a record may be lost: nobody must go on behind it. */
	if (r < 0)
		split->is_ended = true;
	pthread_mutex_unlock(&split->lock);
	return r;
}

static int begin(struct csv_split *split, struct object_source *s,
	const struct object_info *object)
{
	const struct csv_scan_way *ways[CSV_SCAN_WAYS];
	int r;

	(void)csv_scan_ways(ways);
	split->ends_by = ways[0]->ends;
	split->name = strdup(object->key);
	split->rest = split->header = BUF_INIT(PART_LIMIT);
	r = split->name ? decoder_new(s, object, NULL, &split->decoder) : -ENOMEM;
	if (r == 0)
		r = read_part(split, &split->first);
	if (r < 0)
		return r;
	split->has_first = true;
	if (split->first.failure.error < 0)
		return split->first.failure.error;
	return split->header.len > 0 ? 0 : -ENODATA;
}

int csv_split_open(struct object_source *s, const struct object_info *object,
	size_t part_bytes, struct csv_split **ret)
{
	struct csv_split *split = vec_alloc(1, sizeof(*split));
	int r;

	if (!split)
		return -ENOMEM;
	pthread_mutex_init(&split->lock, NULL);
	split->part_bytes = part_bytes ? part_bytes : CSV_PART_BYTES;
	r = begin(split, s, object);
	if (r < 0)
		csv_split_free(split);
	else
		*ret = split;
	return r;
}

const char *csv_split_name(const struct csv_split *split)
{
	return split->name;
}

struct span csv_split_header(const struct csv_split *split)
{
	return buf_span(&split->header);
}

void csv_split_free(struct csv_split *split)
{
	if (!split)
		return;
	decoder_free(split->decoder);
	if (split->has_first)
		buf_finish(&split->first.bytes);
	buf_finish(&split->rest);
	buf_finish(&split->header);
	pthread_mutex_destroy(&split->lock);
	free(split->name);
	free(split);
}
