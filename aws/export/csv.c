/* RFC 4180 records, pulled one at a time from bytes that arrive in pieces. */
#include "aws/export/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/csv_scan.h"

/* The window is filled from its front and used up before it is filled again: so much
 * at a time that inflating pays, so little that what was inflated is still in the
 * cache when it is scanned. */
enum {
	CSV_WINDOW_FIRST = 1024 * 1024, /* bytes */
	CSV_FILL = 256 * 1024,
	/* A record is told to be too long by one byte more than its line end. */
	CSV_LOOK_MAX = CSV_RECORD_MAX + 2,
	/* One byte for the line end that is put behind the last record. */
	CSV_WINDOW_MAX = CSV_LOOK_MAX + CSV_FILL + 1 + CSV_SCAN_SLACK,
};
_Static_assert((int)CSV_TEXT_SLACK > (int)CSV_SCAN_SLACK, "and a line end");

struct csv_reader {
	csv_source_fn *source;
	void *context;
	const char *name;

	char *window; /* with a source, owned */
	size_t cap;
	size_t at, len; /* unread: window[at, len) */
	bool is_begun;
	/* Nothing comes behind window[len): the end, a NUL byte, or the pending fault
	 * of the source, told when all records before it were given. */
	bool is_ended, is_nul;
	struct fault pending;
	uint64_t number; /* of the record given last */
	size_t record_bytes;
	struct fault failure; /* sticky; error 0 = none */
	csv_scan_fn *scan_by;
	struct csv_scan scan;
};

int csv_reader_new(
	csv_source_fn *source, void *context, const char *name, struct csv_reader **ret)
{
	const struct csv_scan_way *ways[CSV_SCAN_WAYS];
	struct csv_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	(void)csv_scan_ways(ways);
	r->scan_by = ways[0]->scan;
	r->name = name;
	if (!source) {
		r->is_begun = r->is_ended = true;
		*ret = r;
		return 0;
	}
	r->cap = CSV_WINDOW_FIRST;
	/* Zeroed: the scan reads, and throws away, up to CSV_SCAN_SLACK bytes behind
	 * the end. */
	r->window = calloc(1, r->cap);
	if (!r->window) {
		free(r);
		return -ENOMEM;
	}
	r->source = source;
	r->context = context;
	*ret = r;
	return 0;
}

/* Room for n bytes more in front of the slack. */
static int make_room(struct csv_reader *r, size_t n)
{
	size_t need, cap = r->cap;
	char *grown;

	if (r->at > 0) {
		memmove(r->window, r->window + r->at, r->len - r->at);
		r->len -= r->at;
		r->at = 0;
	}
	need = r->len + n + CSV_SCAN_SLACK;
	if (need <= cap)
		return 0;
	while (cap < need)
		cap *= 2;
	if (cap > CSV_WINDOW_MAX)
		cap = CSV_WINDOW_MAX;
	grown = realloc(r->window, cap);
	if (!grown)
		return -ENOMEM;
	memset(grown + r->cap, 0, cap - r->cap);
	r->window = grown;
	r->cap = cap;
	return 0;
}

/* Ends the last record; behind one that has its line end it is an empty line. */
static void end_window(struct csv_reader *r)
{
	r->window[r->len++] = '\n';
	r->is_ended = true;
}

/* Takes in what the source gives next. */
static void pull(struct csv_reader *r, size_t len)
{
	char *to = r->window + r->len;
	ssize_t n = r->source(r->context, to, len, &r->pending);
	const char *nul;

	if (n < 0) {
		r->pending.error = (int)n;
		r->is_ended = true;
		return;
	}
	if (n == 0) {
		end_window(r);
		return;
	}
	nul = memchr(to, 0, (size_t)n);
	if (nul)
		r->is_nul = r->is_ended = true;
	r->len += nul ? (size_t)(nul - to) : (size_t)n;
}

/* Pulls as much again as there is, at least CSV_FILL: a source that gives single bytes
 * must not make the same record be scanned at each of them. */
static int fill(struct csv_reader *r)
{
	size_t unread = r->len - r->at, want = unread, target;
	int e;

	if (want > CSV_LOOK_MAX - unread)
		want = CSV_LOOK_MAX - unread;
	if (want < CSV_FILL)
		want = CSV_FILL;
	e = make_room(r, want + 1);
	if (e < 0)
		return e;
	target = r->len + want;
	while (!r->is_ended && r->len < target)
		pull(r, target - r->len);
	return 0;
}

/* Of byte order. */
static void pass_mark(struct csv_reader *r)
{
	if (r->len >= 3 && memcmp(r->window, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
}

static int begin(struct csv_reader *r)
{
	int e = fill(r);

	if (e == 0)
		pass_mark(r);
	r->is_begun = e == 0;
	return e;
}

static int refuse(const struct csv_reader *r, struct fault *why, int error)
{
	const char *text = error == -E2BIG ? "has more than 4096 fields"
		: error == -EFBIG	   ? "is longer than 8 MiB"
		: error == -ENOMEM	   ? "does not fit the memory"
					   : "has text behind a closing quote";

	return fault(
		why, error, "%s: record %" PRIu64 " %s", r->name, r->number + 1, text);
}

/* No record is left: why. */
static int end_records(const struct csv_reader *r, struct fault *why)
{
	if (r->is_nul)
		return fault(why, -EBADMSG, "%s: record %" PRIu64 " has a NUL byte",
			r->name, r->number + 1);
	if (r->pending.error < 0) {
		*why = r->pending;
		return why->error;
	}
	if (r->at == r->len)
		return 0;
	return fault(why, -EBADMSG,
		"%s: record %" PRIu64 " has a quote that does not end", r->name,
		r->number + 1);
}

/* Without its line end. */
static size_t record_len(const char *start, const char *next)
{
	size_t len = (size_t)(next - start) - 1;

	return len > 0 && start[len - 1] == '\r' ? len - 1 : len;
}

/* The record that begins at r->at is in r->scan and stands before next. */
static int take_record(struct csv_reader *r, const char *next, struct fault *why)
{
	char *start = r->window + r->at;
	size_t len = record_len(start, next);

	if (len > CSV_RECORD_MAX)
		return refuse(r, why, -EFBIG);
	r->at = (size_t)(next - r->window);
	if (len == 0)
		return 0;
	csv_scan_unescape(&r->scan, start);
	r->number++;
	r->record_bytes = len;
	return 1;
}

static int next_record(struct csv_reader *r, struct fault *why)
{
	int e = r->is_begun ? 0 : begin(r);

	while (e == 0) {
		const char *start = r->window + r->at, *next;
		size_t unread = r->len - r->at;
		size_t look = unread < CSV_LOOK_MAX ? unread : CSV_LOOK_MAX;
		int got = r->scan_by(&r->scan, start, start + look, &next);

		if (got < 0)
			return refuse(r, why, got);
		if (got == 1) {
			got = take_record(r, next, why);
			if (got != 0)
				return got;
		} else if (look == CSV_LOOK_MAX) {
			return refuse(r, why, -EFBIG);
		} else if (r->is_ended) {
			return end_records(r, why);
		} else {
			e = fill(r);
		}
	}
	return refuse(r, why, e);
}

int csv_reader_next(struct csv_reader *r, struct csv_record *ret, struct fault *why)
{
	if (r->failure.error == 0) {
		struct fault seen;
		int got;

		seen.error = 0;
		seen.text[0] = seen.cure[0] = '\0';
		got = next_record(r, &seen);
		if (got == 1)
			*ret = (struct csv_record){ r->scan.fields, r->scan.quoted,
				r->scan.count, r->number, r->record_bytes };
		if (got >= 0)
			return got;
		r->failure = seen;
		r->failure.error = got;
	}
	if (why)
		*why = r->failure;
	return r->failure.error;
}

void csv_reader_give(struct csv_reader *r, const struct csv_text *text)
{
	const char *nul = text->len > 0 ? memchr(text->p, 0, text->len) : NULL;

	r->window = text->p;
	r->at = 0;
	r->len = nul ? (size_t)(nul - text->p) : text->len;
	r->is_begun = r->is_ended = true;
	r->is_nul = nul != NULL;
	r->pending = text->failure;
	r->number = text->records_before;
	if (r->number == 0)
		pass_mark(r);
	if (!nul && text->failure.error == 0)
		end_window(r);
}

void csv_reader_free(struct csv_reader *r)
{
	if (!r)
		return;
	if (r->source)
		free(r->window);
	free(r);
}
