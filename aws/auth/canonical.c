#include "aws/auth/canonical.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int compare_names(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int d = (unsigned char)lower(a.p[i]) - (unsigned char)lower(b.p[i]);

		if (d != 0)
			return d;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static void insert(struct canonical_headers *h, struct span name, struct span value)
{
	size_t at = h->count++;

	for (; at > 0 && compare_names(h->items[at - 1].name, name) > 0; at--)
		h->items[at] = h->items[at - 1];
	h->items[at] = (struct sigv4_header){ span_trim(name), value };
}

int canonical_headers_make(const struct sigv4_request *request,
	const struct sigv4_key *key, struct span amz_date, struct canonical_headers *ret)
{
	if (request->header_count > SIGV4_HEADERS_MAX)
		return -E2BIG;
	ret->count = 0;
	for (size_t i = 0; i < request->header_count; i++)
		insert(ret, request->headers[i].name, request->headers[i].value);
	insert(ret, SPAN("x-amz-date"), amz_date);
	if (key->session_token.len > 0 && !key->leave_token_unsigned)
		insert(ret, SPAN("x-amz-security-token"), key->session_token);
	return 0;
}

static int append_lower(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		int r = buf_append_byte(b, lower(s.p[i]));

		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Trimmed, and each run of blanks one space. */
static int append_value(struct buf *b, struct span s)
{
	int r = 0;

	s = span_trim(s);
	for (size_t i = 0; i < s.len && r == 0; i++) {
		if (!is_blank(s.p[i]))
			r = buf_append_byte(b, s.p[i]);
		else if (!is_blank(s.p[i - 1]))
			r = buf_append_byte(b, ' ');
	}
	return r;
}

static bool is_repeated(const struct canonical_headers *h, size_t i)
{
	return i > 0 && compare_names(h->items[i - 1].name, h->items[i].name) == 0;
}

int canonical_header_lines(const struct canonical_headers *h, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < h->count && r == 0; i++) {
		if (is_repeated(h, i)) {
			r = buf_append_byte(ret, ',');
		} else {
			if (i > 0)
				r = buf_append_byte(ret, '\n');
			if (r == 0)
				r = append_lower(ret, h->items[i].name);
			if (r == 0)
				r = buf_append_byte(ret, ':');
		}
		if (r == 0)
			r = append_value(ret, h->items[i].value);
	}
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

int canonical_header_names(const struct canonical_headers *h, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < h->count && r == 0; i++) {
		if (is_repeated(h, i))
			continue;
		if (i > 0)
			r = buf_append_byte(ret, ';');
		if (r == 0)
			r = append_lower(ret, h->items[i].name);
	}
	return r;
}

/* Takes the last "/segment" off, unless there is none behind start. */
static void pop_segment(struct buf *b, size_t start)
{
	struct span made = span_from(buf_span(b), start);
	size_t slash = span_rfind(made, '/');

	if (slash < made.len)
		buf_truncate(b, start + slash);
}

int canonical_path(struct span path, struct buf *ret)
{
	struct span rest = path, segment;
	size_t start = ret->len;
	int r = 0;

	while (r == 0 && span_split(&rest, '/', &segment)) {
		if (segment.len == 0 || span_eq(segment, SPAN(".")))
			continue;
		if (span_eq(segment, SPAN(".."))) {
			pop_segment(ret, start);
			continue;
		}
		r = buf_append_byte(ret, '/');
		if (r == 0)
			r = sigv4_encode(segment, false, ret);
	}
	if (r == 0 && (ret->len == start || span_ends(path, SPAN("/"))))
		r = buf_append_byte(ret, '/');
	return r;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A '%' that begins no escape stands for itself. */
static int append_recoded(struct buf *b, struct span s)
{
	int r = 0;

	for (size_t i = 0; i < s.len && r == 0; i++) {
		char c = s.p[i];

		if (c == '%' && i + 2 < s.len && hex_value(s.p[i + 1]) >= 0 &&
			hex_value(s.p[i + 2]) >= 0) {
			c = (char)(hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2]));
			i += 2;
		}
		r = sigv4_encode((struct span){ &c, 1 }, false, b);
	}
	return r;
}

struct parameter {
	size_t name_at, name_len, value_len;
	struct span name, value; /* once the text moves no more */
};
struct parameters {
	struct buf text;
	struct parameter *items;
	size_t count, cap;
};

static int add_parameter(struct parameters *p, struct span part)
{
	size_t equals = span_find(part, '=');
	struct parameter *made;
	int r = VEC_RESERVE(&p->items, &p->cap, p->count + 1, CANONICAL_PARAMETERS_MAX);

	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	made = &p->items[p->count];
	*made = (struct parameter){ .name_at = p->text.len };
	r = append_recoded(&p->text, span_first(part, equals));
	if (r < 0)
		return r;
	made->name_len = p->text.len - made->name_at;
	r = append_recoded(&p->text, span_from(part, equals + 1));
	if (r < 0)
		return r;
	made->value_len = p->text.len - made->name_at - made->name_len;
	p->count++;
	return 0;
}

static int compare_parameters(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	int d = span_cmp(x->name, y->name);

	return d != 0 ? d : span_cmp(x->value, y->value);
}

static void sort_parameters(struct parameters *p)
{
	struct span text = buf_span(&p->text);

	for (size_t i = 0; i < p->count; i++) {
		struct parameter *x = &p->items[i];
		struct span from = span_from(text, x->name_at);

		x->name = span_first(from, x->name_len);
		x->value = span_first(span_from(from, x->name_len), x->value_len);
	}
	if (p->count > 1)
		qsort(p->items, p->count, sizeof(*p->items), compare_parameters);
}

int canonical_query(struct span query, struct buf *ret)
{
	struct parameters p = { .text = BUF_INIT(ret->limit) };
	struct span rest = query, part;
	int r = 0;

	while (r == 0 && span_split(&rest, '&', &part))
		if (part.len > 0)
			r = add_parameter(&p, part);
	if (r < 0)
		goto out;
	sort_parameters(&p);
	for (size_t i = 0; i < p.count && r == 0; i++) {
		if (i > 0)
			r = buf_append_byte(ret, '&');
		if (r == 0)
			r = buf_append_span(ret, p.items[i].name);
		if (r == 0)
			r = buf_append_byte(ret, '=');
		if (r == 0)
			r = buf_append_span(ret, p.items[i].value);
	}
out:
	buf_finish(&p.text);
	free(p.items);
	return r;
}
