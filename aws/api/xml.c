#include "aws/api/xml.h"

#include <errno.h>
#include <expat.h>

#include "aws/api/wipe.h"
#include "base/buf.h"

enum { XML_PIECE = 1 << 20 }; /* expat counts in int */

struct reader {
	XML_Parser parser;
	const struct xml_events *events;
	void *context;
	struct buf path, text;
	unsigned depth;
	bool is_leaf; /* no child since the last tag began */
	bool has_type;
	int failed; /* negative errno of an event or a limit */
};

static void stop(struct reader *x, int error)
{
	if (error == 0 || x->failed < 0)
		return;
	x->failed = error;
	(void)XML_StopParser(x->parser, XML_FALSE);
}

static struct span local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return span_of(colon ? colon + 1 : name);
}

static int push(struct reader *x, struct span name)
{
	int r = 0;

	if (x->depth >= XML_DEPTH_MAX)
		return -EFBIG;
	if (x->depth > 0)
		r = buf_append_byte(&x->path, '/');
	if (r == 0)
		r = buf_append_span(&x->path, name);
	if (r == 0)
		x->depth++;
	return r;
}

static void pop(struct reader *x)
{
	size_t slash = span_rfind(buf_span(&x->path), '/');

	buf_truncate(&x->path, slash < x->path.len ? slash : 0);
	x->depth--;
}

static int tell_attributes(struct reader *x, const XML_Char **attributes)
{
	int r = 0;

	if (!x->events->attribute)
		return 0;
	for (; *attributes && r == 0; attributes += 2)
		r = x->events->attribute(x->context, buf_span(&x->path),
			span_of(attributes[0]), span_of(attributes[1]));
	return r;
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *x = context;
	int r;

	if (x->failed < 0)
		return;
	buf_clear(&x->text);
	x->is_leaf = true;
	r = push(x, local_name(name));
	if (r == 0 && x->events->begin)
		r = x->events->begin(x->context, buf_span(&x->path));
	if (r == 0)
		r = tell_attributes(x, attributes);
	stop(x, r);
}

static void on_end(void *context, const XML_Char *name)
{
	struct reader *x = context;
	struct span text = { 0 };

	(void)name;
	if (x->failed < 0)
		return;
	if (x->is_leaf)
		text = buf_span(&x->text);
	x->is_leaf = false;
	if (x->events->end)
		stop(x, x->events->end(x->context, buf_span(&x->path), text));
	pop(x);
}

static void on_text(void *context, const XML_Char *text, int len)
{
	struct reader *x = context;

	if (x->failed == 0 && x->is_leaf)
		stop(x, buf_append(&x->text, text, (size_t)len));
}

static void on_type(void *context, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_subset)
{
	struct reader *x = context;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	x->has_type = true;
	stop(x, -EBADMSG);
}

static int explain(const struct reader *x, struct fault *why)
{
	unsigned long long line = XML_GetCurrentLineNumber(x->parser);
	enum XML_Error error = XML_GetErrorCode(x->parser);

	if (x->has_type)
		return fault(why, -EBADMSG, "line %llu: a document type", line);
	if (x->failed == -EFBIG)
		return fault(why, -EFBIG, "line %llu: too deep or too long", line);
	if (x->failed < 0)
		return x->failed;
	if (error == XML_ERROR_NO_MEMORY)
		return -ENOMEM;
	return fault(why, -EBADMSG, "line %llu: %s", line, XML_ErrorString(error));
}

static int feed(struct reader *x, struct span document, struct fault *why)
{
	do {
		struct span piece = span_first(document, XML_PIECE);

		document = span_from(document, XML_PIECE);
		if (XML_Parse(x->parser, piece.len ? piece.p : "", (int)piece.len,
			    document.len == 0) != XML_STATUS_OK)
			return explain(x, why);
	} while (document.len > 0);
	return 0;
}

int xml_read(struct span document, const struct xml_events *events, void *context,
	struct fault *why)
{
	/* Replies of STS hold keys. */
	static const XML_Memory_Handling_Suite memory = { malloc, wipe_realloc,
		wipe_free };
	struct reader x = { .events = events,
		.context = context,
		.path = BUF_INIT(XML_PATH_MAX),
		.text = BUF_SECRET(XML_TEXT_MAX) };
	int r;

	x.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (!x.parser)
		return -ENOMEM;
	XML_SetUserData(x.parser, &x);
	XML_SetElementHandler(x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(x.parser, on_text);
	XML_SetStartDoctypeDeclHandler(x.parser, on_type);
	r = feed(&x, document, why);
	XML_ParserFree(x.parser);
	buf_finish(&x.text);
	buf_finish(&x.path);
	return r;
}
