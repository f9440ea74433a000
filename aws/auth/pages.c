#include "aws/auth/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct pages {
	struct client *client;
	const struct pages_call *call;
	const atomic_bool *stop;
	char **tokens; /* all that came */
	size_t count, cap;
};

static const char *operation_of(const struct pages_call *call)
{
	const char *dot = strrchr(call->target, '.');

	return dot ? dot + 1 : call->target;
}

static int write_request(const struct pages *p, struct buf *body)
{
	const char *arguments = p->call->arguments;
	int r = buf_appendf(body, "{%s", arguments);

	if (r == 0 && p->count)
		r = buf_appendf(body, "%s\"NextToken\":", arguments[0] ? "," : "");
	if (r == 0 && p->count)
		r = buf_append_json(body, span_of(p->tokens[p->count - 1]));
	return r < 0 ? r : buf_append_byte(body, '}');
}

/* 1: there is another page; 0: none. */
static int take_token(struct pages *p, const struct json *answer, struct fault *why)
{
	const struct json *member = json_member(answer, "NextToken");
	const char *token = json_text(member);
	const char *operation = operation_of(p->call);
	int r;

	if (!token || !token[0])
		return 0;
	if (strlen(token) > PAGES_TOKEN_MAX)
		return fault(why, -EBADMSG, "%s: its token is too long", operation);
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->tokens[i], token) == 0)
			return fault(why, -ELOOP,
				"%s: the same page is offered again and again",
				operation);
	if (p->count + 1 >= PAGES_MAX)
		return fault(why, -E2BIG, "%s: more than %d pages", operation, PAGES_MAX);
	r = VEC_RESERVE(&p->tokens, &p->cap, p->count + 1, (size_t)PAGES_MAX);
	if (r < 0)
		return r;
	p->tokens[p->count] = strdup(token);
	if (!p->tokens[p->count])
		return -ENOMEM;
	p->count++;
	return 1;
}

/* 1, 0 or -errno, as above. */
static int take_page(struct pages *p, struct span text, struct fault *why)
{
	struct json *answer = NULL;
	int r = json_parse(text, &answer);

	if (r == 0 && !json_is_object(answer))
		r = -EBADMSG;
	if (r < 0)
		fault(why, r, "%s: its answer is no JSON", operation_of(p->call));
	else
		r = p->call->page(p->call->context, answer, why);
	if (r == 0)
		r = take_token(p, answer, why);
	json_free(answer);
	return r;
}

static int do_page(struct pages *p, struct fault *why)
{
	struct http_response response = { 0 };
	struct buf body = BUF_INIT(PAGES_ARGUMENTS_MAX + 6 * PAGES_TOKEN_MAX);
	int r = write_request(p, &body);

	if (r == 0) {
		const struct json_operation operation = { .target = p->call->target,
			.body = buf_span(&body),
			.needs = p->call->needs };

		r = client_json(p->client, &operation, p->stop, &response, why);
	}
	if (r == 0)
		r = take_page(p, buf_span(&response.body), why);
	http_response_finish(&response);
	buf_finish(&body);
	return r;
}

int client_pages(struct client *c, const struct pages_call *call, const atomic_bool *stop,
	struct fault *why)
{
	struct pages p = { .client = c, .call = call, .stop = stop };
	int r;

	do
		r = do_page(&p, why);
	while (r > 0);
	for (size_t i = 0; i < p.count; i++)
		free(p.tokens[i]);
	free(p.tokens);
	return r;
}
