/* One way to find the fields of a record: built once for each kind of processor, as
 * CSV_WAY_..., with the compiler's flags and the csv_block() of that kind. */
#include "aws/export/csv_scan.h"

#include <errno.h>
#include <string.h>

#include "aws/export/csv_block.h"

/* Most fields of a billing row are short or empty and few have quotes, so the commas
 * before the next other byte of a block are walked by bit in a loop with nothing else
 * in it. */
struct walk {
	struct csv_scan *scan;
	struct cell *out; /* the next field */
	const char *field; /* where it begins */
	const char *end;
	const char *next; /* behind what a step took */
};

enum step { STEP_ON, STEP_RECORD, STEP_MORE };

static inline void close_field(struct walk *w, const char *end)
{
	w->out->text = (struct span){ w->field, (size_t)(end - w->field) };
	w->out++;
}

/* The field at hand, before it is closed. */
static void mark_quoted(struct walk *w)
{
	size_t i = (size_t)(w->out - w->scan->fields);

	w->out->quoted = true;
	w->scan->quoted[i / 64] |= UINT64_C(1) << i % 64;
	if (w->scan->quoted_words <= i / 64)
		w->scan->quoted_words = i / 64 + 1;
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
	mark_quoted(w);
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
	mark_quoted(w);
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

/* Few are, so that no other field needs a word on it. */
static void clear_quoted(struct csv_scan *s)
{
	for (size_t i = 0; i < s->quoted_words; i++)
		for (; s->quoted[i]; s->quoted[i] &= s->quoted[i] - 1)
			s->fields[i * 64 + (size_t)__builtin_ctzll(s->quoted[i])].quoted =
				false;
	s->quoted_words = 0;
}

static int scan(
	struct csv_scan *s, const char *start, const char *end, const char **ret_next)
{
	struct walk w = {
		.scan = s, .out = s->fields, .field = start, .end = end, .next = start
	};

	s->count = s->escaped_count = 0;
	clear_quoted(s);
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

/* A quote opens a field where one begins; one that follows a closing quote was doubled,
 * and the field goes on. */
static void turn_quote(struct csv_ends *e, const char *bytes, size_t at)
{
	if (e->is_quoted) {
		e->is_quoted = false;
		e->closed = at + 1;
	} else {
		e->is_quoted = at == e->end || at == e->closed || bytes[at - 1] == ',';
	}
}

static void end_line(struct csv_ends *e, const char *bytes, size_t at)
{
	size_t len = at - e->end;
	bool is_empty = len == 0 || (len == 1 && bytes[at - 1] == '\r');

	e->end = at + 1;
	e->records += !is_empty;
	if (!is_empty && e->first_end == 0)
		e->first_end = e->end;
}

static void find_ends(struct csv_ends *e, const char *bytes, size_t len)
{
	for (size_t from = e->at; from < len; from += CSV_BLOCK) {
		uint64_t others = csv_block(bytes + from).others;

		if (len - from < CSV_BLOCK)
			others &= (UINT64_C(1) << (len - from)) - 1;
		for (; others; others &= others - 1) {
			size_t at = from + (size_t)__builtin_ctzll(others);

			if (bytes[at] == '"')
				turn_quote(e, bytes, at);
			else if (bytes[at] == '\n' && !e->is_quoted)
				end_line(e, bytes, at);
		}
	}
	e->at = len;
}

#if defined(CSV_WAY_AVX2)
const struct csv_scan_way csv_scan_avx2 = { "AVX2", scan, find_ends };
#elif defined(CSV_WAY_SSE2)
const struct csv_scan_way csv_scan_sse2 = { "SSE2", scan, find_ends };
#else
const struct csv_scan_way csv_scan_scalar = { "scalar", scan, find_ends };
#endif
