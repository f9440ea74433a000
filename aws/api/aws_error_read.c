#include <errno.h>

#include "aws/api/aws_errors.h"
#include "aws/api/json.h"
#include "aws/api/xml.h"
#include "base/line.h"

static void print(char *ret, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
static void print(char *ret, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)line_print(ret, size, format, args);
	va_end(args);
}

/* A word of a service's own making; other bytes become '?'. The first one given stays. */
static void set_word(char *ret, size_t size, struct span text)
{
	size_t n = 0;

	text = span_trim(text);
	if (ret[0])
		return;
	for (; n < text.len && n < size - 1; n++) {
		char c = text.p[n];

		ret[n] = c > ' ' && c < 0x7F ? c : '?';
	}
	ret[n] = '\0';
}

/* "aws.protocols#ThrottlingException:http://…" */
static void set_code(struct aws_error *e, struct span text)
{
	size_t hash;

	text = span_first(text, span_find(text, ':'));
	hash = span_rfind(text, '#');
	if (hash < text.len)
		text = span_from(text, hash + 1);
	set_word(e->code, sizeof(e->code), text);
}

/* Index, or text.len. */
static size_t find_text(struct span text, struct span what)
{
	for (size_t i = 0; i + what.len <= text.len; i++)
		if (span_eq_nocase(span_first(span_from(text, i), what.len), what))
			return i;
	return text.len;
}

/* A refused signature is answered with all that should have been signed: the session
 * token too. */
static struct span without_secrets(struct span text)
{
	static const char *const begins[] = { "The Canonical String",
		"The String-to-Sign", "x-amz-security-token", "authorization:" };

	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		text = span_first(text, find_text(text, span_of(begins[i])));
	return span_trim(text);
}

/* Without the last character, which may be cut. */
static size_t without_last(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
		len--;
	return len > 0 ? len - 1 : 0;
}

static void set_message(struct aws_error *e, struct span text)
{
	char line[4 * AWS_MESSAGE_MAX]; /* of what is longer the end is no news */
	size_t n = 0;

	if (e->message[0])
		return;
	text = without_secrets(text);
	for (size_t i = 0; i < text.len && n < sizeof(line); i++) {
		bool is_break =
			text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == '\t';

		line[n++] = is_break ? ' ' : text.p[i];
	}
	if (n < text.len)
		n = without_last(line, n);
	print(e->message, sizeof(e->message), "%.*s", (int)n, line);
}

static struct span last_part(struct span path)
{
	size_t slash = span_rfind(path, '/');

	return slash < path.len ? span_from(path, slash + 1) : path;
}

/* What stands in an <Error>, wherever that is. */
static void take_member(struct aws_error *e, struct span name, struct span text)
{
	if (span_eq(name, SPAN("Code")))
		set_code(e, text);
	else if (span_eq(name, SPAN("Message")))
		set_message(e, text);
	else if (span_eq(name, SPAN("Region")))
		set_word(e->region, sizeof(e->region), text);
	else if (span_eq(name, SPAN("Endpoint")))
		set_word(e->endpoint, sizeof(e->endpoint), text);
}

static int take_element(void *context, struct span path, struct span text)
{
	struct aws_error *e = context;
	struct span name = last_part(path);
	struct span parent = path.len > name.len
		? last_part(span_first(path, path.len - name.len - 1))
		: (struct span){ 0 };

	if (span_eq_nocase(name, SPAN("RequestId")))
		set_word(e->request_id, sizeof(e->request_id), text);
	else if (span_eq(parent, SPAN("Error")))
		take_member(e, name, text);
	return 0;
}

static void read_xml(struct aws_error *e, struct span body)
{
	static const struct xml_events events = { .end = take_element };

	/* What came before a fault in it is as good as it gets. */
	if (xml_read(body, &events, e, NULL) < 0)
		return;
}

static void read_json(struct aws_error *e, struct span body)
{
	static const char *const code_names[] = { "__type", "code", "Code", "error" };
	static const char *const message_names[] = { "message", "Message", "errorMessage",
		"error_description" };
	struct json *json = NULL;

	if (json_parse(body, &json) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(code_names); i++)
		set_code(e, span_of(json_member_text(json, code_names[i])));
	for (size_t i = 0; i < ARRAY_LEN(message_names); i++)
		set_message(e, span_of(json_member_text(json, message_names[i])));
	json_free(json);
}

/* What a proxy or load balancer puts in its title says most. */
static void read_html(struct aws_error *e, struct span body)
{
	struct span title = span_from(body, find_text(body, SPAN("<title>")));

	title = span_from(title, sizeof("<title>") - 1);
	set_message(e, span_first(title, find_text(title, SPAN("</title>"))));
}

static void read_headers(struct aws_error *e, const struct http_response *r)
{
	struct span overriding = http_header_of(r, SPAN("x-amzn-query-error"));

	set_code(e, span_first(overriding, span_find(overriding, ';')));
	set_code(e, http_header_of(r, SPAN("x-amzn-errortype")));
	set_word(e->request_id, sizeof(e->request_id),
		http_header_of(r, SPAN("x-amzn-requestid")));
	set_word(e->request_id, sizeof(e->request_id),
		http_header_of(r, SPAN("x-amz-request-id")));
	set_word(e->region, sizeof(e->region),
		http_header_of(r, SPAN("x-amz-bucket-region")));
}

static struct span without_mark(struct span body)
{
	struct span mark = SPAN("\xEF\xBB\xBF");

	return span_trim(span_starts(body, mark) ? span_from(body, mark.len) : body);
}

void aws_error_read(const struct http_response *r, struct aws_error *ret)
{
	struct aws_error e = { .status = r->status };
	struct span body = without_mark(buf_span(&r->body));

	read_headers(&e, r);
	if (span_starts(body, SPAN("{")))
		read_json(&e, body);
	else if (find_text(span_first(body, 512), SPAN("<html")) <
		span_first(body, 512).len)
		read_html(&e, body);
	else if (span_starts(body, SPAN("<")))
		read_xml(&e, body);
	/* A HEAD's. */
	if (body.len == 0 && r->status >= 300 && r->status < 500 && !e.code[0])
		print(e.code, sizeof(e.code), "%d", r->status);
	*ret = e;
}

/* Looks at the root alone. */
static int take_root(void *context, struct span path)
{
	bool *is_error = context;

	*is_error = span_eq(path, SPAN("Error"));
	return -ECANCELED;
}

bool aws_error_in_success(const struct http_response *r)
{
	static const struct xml_events events = { .begin = take_root };
	bool is_error = false;

	if (r->status < 200 || r->status >= 300)
		return false;
	if (xml_read(without_mark(buf_span(&r->body)), &events, &is_error, NULL) == 0)
		return false;
	return is_error;
}
