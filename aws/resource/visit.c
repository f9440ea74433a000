#include "aws/resource/visit.h"

#include <errno.h>

enum { PERMISSION_MAX = 256, ERROR_MAX = 4096 };

void visit_init(struct visit *v, struct resource_account *a, const atomic_bool *stop)
{
	*v = (struct visit){ .account = a, .stop = stop };
	compose_list_init(&v->errors);
}

void visit_finish(struct visit *v)
{
	compose_list_finish(&v->errors);
}

void part_finish(struct part *p)
{
	buf_finish(&p->json);
}

struct span part_json(const struct part *p)
{
	return p->state == PART_THERE ? buf_span(&p->json) : SPAN("null");
}

/* What another attempt would be told again, of this resource alone: the same keys have
 * just listed it. */
static bool is_refusal(const struct aws_error *e)
{
	int r = aws_error_errno(e);

	return e->status >= 300 && e->status < 500 && r != -EAGAIN && r != -EKEYEXPIRED &&
		r != -ETIME;
}

/* {"Operation": ..., "Code": ..., "Message": ..., "Permission": ...} */
static int note_error(
	struct visit *v, const struct account_call *call, const struct aws_error *e)
{
	struct buf b = BUF_INIT(ERROR_MAX), permission = BUF_INIT(PERMISSION_MAX);
	/* That of a refused signature quotes what was signed. */
	bool has_message = aws_error_errno(e) != -EKEYREJECTED;
	int r = account_permission(call, &permission);

	if (r == 0)
		r = compose_first_text(&b, "Operation", span_of(call->operation));
	if (r == 0)
		r = compose_text_member(&b, "Code", span_of(e->code));
	if (r == 0 && has_message)
		r = compose_text_member(&b, "Message", span_of(e->message));
	if (r == 0)
		r = compose_text_member(&b, "Permission", buf_span(&permission));
	if (r == 0)
		r = compose_end(&b);
	if (r == 0)
		r = compose_item(&v->errors, buf_span(&b));
	buf_finish(&permission);
	buf_finish(&b);
	return r;
}

/* What came instead of an answer, once more each time. */
static int note_broken(
	struct visit *v, const struct account_call *call, const struct fault *said)
{
	struct buf b = BUF_INIT(ERROR_MAX);
	int r = compose_first_text(&b, "Operation", span_of(call->operation));

	if (r == 0)
		r = compose_text_member(&b, "Message", span_of(said->text));
	if (r == 0)
		r = compose_end(&b);
	if (r == 0)
		r = compose_item(&v->errors, buf_span(&b));
	buf_finish(&b);
	return r;
}

int visit_judge(struct visit *v, const struct account_call *call,
	const struct aws_error *error, int failure, enum part_state *ret)
{
	if (error->status == 0)
		return failure;
	if (v->gone && strcmp(error->code, v->gone) == 0) {
		v->is_gone = true;
		*ret = PART_NONE;
		return 0;
	}
	if (!is_refusal(error))
		return failure;
	*ret = PART_UNKNOWN;
	return note_error(v, call, error);
}

int visit_ask(struct visit *v, const struct account_call *call, const char *none,
	struct part *ret, struct fault *why)
{
	struct convert_page page = { 0 };
	struct aws_error error = { 0 };
	struct fault said = { 0 };
	int r = account_ask(v->account, call, v->stop, &page, &error, &said);

	*ret = (struct part){ .json = BUF_INIT(COMPOSE_BYTES_MAX) };
	if (r == 0) {
		ret->state = page.count ? PART_THERE : PART_NONE;
		if (page.count)
			r = buf_append_span(&ret->json, account_element(&page, 0));
	} else if (r == -EBADMSG && said.text[0]) {
		ret->state = PART_UNKNOWN;
		r = note_broken(v, call, &said);
	} else if (!none || strcmp(error.code, none) != 0) {
		r = visit_judge(v, call, &error, r, &ret->state);
	} else {
		r = 0;
	}
	convert_page_finish(&page);
	if (r < 0 && why)
		*why = said;
	return r;
}
