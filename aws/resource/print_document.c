/* Policies of IAM: JSON that is encoded as in URLs, printed as JSON of the answer's.
 * AWS's tools do so, too. */
#include <errno.h>
#include <string.h>

#include "aws/resource/print_private.h"
#include "aws/resource/scalar.h"

/* So that what holds it stays below JSON_DEPTH_MAX (json.h). IAM's own have some six. */
enum { DOCUMENT_DEPTH_MAX = 24 };

/* A document that is being read. All of it answer -EBADMSG where it is no JSON. */
struct document {
	struct span rest;
	struct buf text; /* of one string */
};

static int print_any(struct document *d, const struct place *at, unsigned depth);

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 is A; what is no such escape stands for itself. */
static int decode(struct span text, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < text.len && r == 0; i++) {
		int high = -1, low = -1;

		if (text.p[i] == '%' && text.len - i > 2) {
			high = digit_of(text.p[i + 1]);
			low = digit_of(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			r = buf_append_byte(ret, (char)(high * 16 + low));
			i += 2;
		} else {
			r = buf_append_byte(ret, text.p[i]);
		}
	}
	return r;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct document *d)
{
	while (d->rest.len && is_space(d->rest.p[0]))
		d->rest = span_from(d->rest, 1);
}

/* Whether text is next; if so it is passed over. */
static bool take(struct document *d, struct span text)
{
	if (!span_starts(d->rest, text))
		return false;
	d->rest = span_from(d->rest, text.len);
	return true;
}

/* Four digits of an escape. */
static bool take_unit(struct document *d, unsigned *ret)
{
	unsigned unit = 0;

	if (d->rest.len < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		int digit = digit_of(d->rest.p[i]);

		if (digit < 0)
			return false;
		unit = unit * 16 + (unsigned)digit;
	}
	d->rest = span_from(d->rest, 4);
	*ret = unit;
	return true;
}

static int append_character(struct buf *b, unsigned code)
{
	char bytes[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char heads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = len; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3F));
	bytes[0] = (char)(heads[len] | code);
	return buf_append(b, bytes, len);
}

/* Behind a \u. One of a pair without the other is no character. A NUL, which IAM refuses,
 * is taken by no reader of JSON here. */
static int read_unit(struct document *d)
{
	unsigned code, low;

	if (!take_unit(d, &code) || code == 0)
		return -EBADMSG;
	if (code >= 0xD800 && code < 0xDC00 && span_starts(d->rest, SPAN("\\u"))) {
		struct span before = d->rest;

		d->rest = span_from(d->rest, 2);
		if (!take_unit(d, &low))
			return -EBADMSG;
		if (low >= 0xDC00 && low < 0xE000)
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		else
			d->rest = before;
	}
	return append_character(
		&d->text, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
}

static int read_escape(struct document *d)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char bytes[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (d->rest.len == 0)
		return -EBADMSG;
	if (take(d, SPAN("u")))
		return read_unit(d);
	at = memchr(letters, d->rest.p[0], sizeof(letters) - 1);
	if (!at)
		return -EBADMSG;
	d->rest = span_from(d->rest, 1);
	return buf_append_byte(&d->text, bytes[at - letters]);
}

/* Behind its first quote. */
static int print_string(struct document *d, struct buf *b)
{
	int r = 0;

	buf_clear(&d->text);
	while (r == 0 && !take(d, SPAN("\""))) {
		if (d->rest.len == 0 || (unsigned char)d->rest.p[0] < 0x20)
			return -EBADMSG;
		if (take(d, SPAN("\\"))) {
			r = read_escape(d);
			continue;
		}
		r = buf_append_byte(&d->text, d->rest.p[0]);
		d->rest = span_from(d->rest, 1);
	}
	return r < 0 ? r : buf_append_json(b, buf_span(&d->text));
}

static size_t count_digits(struct span text)
{
	size_t n = 0;

	while (n < text.len && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return n;
}

/* How long a number is: 0, if it is none. */
static size_t measure_number(struct span text, bool *ret_is_integer)
{
	size_t at = span_starts(text, SPAN("-")), digits, more;

	digits = count_digits(span_from(text, at));
	*ret_is_integer = true;
	if (digits == 0)
		return 0;
	at += text.p[at] == '0' ? 1 : digits;
	more = count_digits(span_from(text, at + 1));
	if (at < text.len && text.p[at] == '.' && more > 0) {
		at += 1 + more;
		*ret_is_integer = false;
	}
	if (at < text.len && (text.p[at] | 0x20) == 'e') {
		size_t sign = at + 1;

		sign += sign < text.len && (text.p[sign] == '+' || text.p[sign] == '-');
		more = count_digits(span_from(text, sign));
		if (more > 0) {
			at = sign + more;
			*ret_is_integer = false;
		}
	}
	return at;
}

static int print_number(struct document *d, struct buf *b)
{
	bool is_integer;
	size_t len = measure_number(d->rest, &is_integer);
	struct span text = span_first(d->rest, len);

	if (len == 0)
		return -EBADMSG;
	d->rest = span_from(d->rest, len);
	return is_integer ? scalar_integer(b, text) : scalar_float(b, text);
}

/* "name": value. Of members of one name, which IAM refuses, all are printed. */
static int print_member(struct document *d, const struct place *at, unsigned depth)
{
	int r = take(d, SPAN("\"")) ? print_string(d, at->b) : -EBADMSG;

	skip_space(d);
	if (r == 0)
		r = take(d, SPAN(":")) ? buf_append_text(at->b, ": ") : -EBADMSG;
	return r < 0 ? r : print_any(d, at, depth);
}

/* Behind its beginning. */
static int print_container(
	struct document *d, const struct place *at, char begin, unsigned depth)
{
	struct frame f;
	struct place inside;
	int r = depth == DOCUMENT_DEPTH_MAX ? -EBADMSG : print_begin(at, begin, &f);

	if (r < 0)
		return r;
	inside = print_inside(&f);
	skip_space(d);
	while (r == 0 && !take(d, (struct span){ &f.end, 1 })) {
		if (f.has_items && !take(d, SPAN(",")))
			return -EBADMSG;
		skip_space(d);
		r = print_item(&f);
		if (r == 0)
			r = begin == '{' ? print_member(d, &inside, depth + 1)
					 : print_any(d, &inside, depth + 1);
		skip_space(d);
	}
	return r < 0 ? r : print_end(&f);
}

static int print_any(struct document *d, const struct place *at, unsigned depth)
{
	static const char *const words[] = { "null", "true", "false" };

	skip_space(d);
	if (take(d, SPAN("{")))
		return print_container(d, at, '{', depth);
	if (take(d, SPAN("[")))
		return print_container(d, at, '[', depth);
	if (take(d, SPAN("\"")))
		return print_string(d, at->b);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (take(d, span_of(words[i])))
			return buf_append_text(at->b, words[i]);
	return print_number(d, at->b);
}

int print_document(const struct place *at, struct span text)
{
	struct buf decoded = BUF_INIT(text.len + 1);
	struct document d = { .text = BUF_INIT(3 * text.len + 1) };
	size_t before = at->b->len;
	int r = decode(text, &decoded);

	d.rest = buf_span(&decoded);
	if (r == 0)
		r = print_any(&d, at, 0);
	skip_space(&d);
	if (r == 0 && d.rest.len)
		r = -EBADMSG;
	if (r < 0)
		buf_truncate(at->b, before);
	if (r == -EBADMSG)
		r = buf_append_json(at->b, text);
	buf_finish(&decoded);
	buf_finish(&d.text);
	return r;
}
