/* Finds the fields of one record in bytes that are at hand. */
#include "aws/export/csv_scan.h"

#include <errno.h>
#include <string.h>

/* Most fields of a billing row are short or empty and few have quotes, so the commas
 * before the next other byte of a block are walked by bit in a loop with nothing else
 * in it. */
struct walk {
	struct csv_scan *scan;
	struct cell *out; /* the next field */
	const char *field; /* where it begins */
	const char *end;
	const char *next; /* behind what a step took */
	bool is_dirty; /* the field has a bare quote or carriage return */
};

enum step { STEP_ON, STEP_RECORD, STEP_MORE };

static inline void close_field(struct walk *w, const char *end)
{
	w->out->text = (struct span){ w->field, (size_t)(end - w->field) };
	w->out->quoted = w->is_dirty;
	w->out++;
	w->is_dirty = false;
}

/* The quote that ends the field whose text begins at p; NULL when it, or the byte
 * behind it, is not at hand. */
static const char *find_closing(const char *p, const char *end, bool *ret_escaped)
{
	bool is_escaped = false;

	for (;;) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p || end - p < 2)
			return NULL;
		if (p[1] != '"')
			break;
		is_escaped = true;
		p += 2;
	}
	*ret_escaped = is_escaped;
	return p;
}

/* A field in quotes, and the comma or line end behind it. */
static int take_quoted(struct walk *w, const char *open)
{
	bool is_escaped;
	const char *close = find_closing(open + 1, w->end, &is_escaped);
	const char *behind;
	bool is_carriage;

	if (!close)
		return STEP_MORE;
	behind = close + 1;
	is_carriage = *behind == '\r';
	if (is_carriage && w->end - behind < 2)
		return STEP_MORE;
	behind += is_carriage;
	if (*behind != '\n' && (is_carriage || *behind != ','))
		return -EBADMSG;
	if (is_escaped)
		w->scan->escaped[w->scan->escaped_count++] =
			(uint16_t)(w->out - w->scan->fields);
	w->field = open + 1;
	w->is_dirty = true;
	close_field(w, close);
	w->field = w->next = behind + 1;
	return *behind == '\n' ? STEP_RECORD : STEP_ON;
}

/* A quote, line feed or carriage return outside of quotes. */
static int take_other(struct walk *w, const char *at)
{
	w->next = at + 1;
	if (*at == '"' && at == w->field)
		return take_quoted(w, at);
	if (*at == '\n') {
		close_field(w, at);
		return STEP_RECORD;
	}
	if (*at == '\r') {
		if (w->end - at < 2)
			return STEP_MORE;
		if (at[1] == '\n') {
			close_field(w, at);
			w->next = at + 2;
			return STEP_RECORD;
		}
	}
	w->is_dirty = true;
	return STEP_ON;
}

static inline void take_commas(struct walk *w, const char *block, uint64_t commas)
{
	while (commas) {
		const char *at = block + __builtin_ctzll(commas);

		close_field(w, at);
		w->field = at + 1;
		commas &= commas - 1;
	}
}

static bool is_full(const struct walk *w)
{
	return w->out - w->scan->fields > CSV_FIELDS_MAX;
}

/* One block at w->next, or as much of it as stands before w->end. Leaves w->next where
 * the next one begins, which is further on when a quoted field crosses the end of this
 * one. */
static int step(struct walk *w)
{
	const char *block = w->next;
	struct csv_block b = csv_block(block);
	uint64_t live = ~UINT64_C(0);
	int r;

	if (w->end - block < CSV_BLOCK)
		live = (UINT64_C(1) << (w->end - block)) - 1;
	for (;;) {
		uint64_t others = b.others & live;
		/* All bits below the lowest one of others; all when there is none. */
		uint64_t before = (others & -others) - 1;

		take_commas(w, block, b.commas & live & before);
		if (is_full(w))
			return -E2BIG;
		if (!others)
			break;
		r = take_other(w, block + __builtin_ctzll(others));
		if (r != STEP_ON)
			return r == STEP_RECORD && is_full(w) ? -E2BIG : r;
		if (w->next - block >= CSV_BLOCK)
			return STEP_ON;
		live &= ~UINT64_C(0) << (w->next - block);
	}
	w->next = block + CSV_BLOCK;
	return STEP_ON;
}

int csv_scan(
	struct csv_scan *s, const char *start, const char *end, const char **ret_next)
{
	struct walk w = {
		.scan = s, .out = s->fields, .field = start, .end = end, .next = start
	};

	s->count = s->escaped_count = 0;
	while (w.next < end) {
		int r = step(&w);

		if (r < 0)
			return r;
		if (r == STEP_RECORD) {
			s->count = (size_t)(w.out - s->fields);
			*ret_next = w.next;
			return 1;
		}
		if (r == STEP_MORE)
			break;
	}
	return 0;
}

static size_t unescape(char *p, size_t len)
{
	const char *from = p, *end = p + len;
	char *to = p;

	while (from < end) {
		const char *quote = memchr(from, '"', (size_t)(end - from));
		size_t run = (size_t)((quote ? quote + 1 : end) - from);

		memmove(to, from, run);
		to += run;
		from += run + (quote != NULL);
	}
	return (size_t)(to - p);
}

void csv_scan_unescape(struct csv_scan *s, char *start)
{
	for (size_t i = 0; i < s->escaped_count; i++) {
		struct span *text = &s->fields[s->escaped[i]].text;

		text->len = unescape(start + (text->p - start), text->len);
	}
}
