/* An operation of an account, page by page. */
#include <errno.h>
#include <stdlib.h>

#include "aws/resource/account_private.h"
#include "base/hash.h"
#include "base/vec.h"

/* All pages of one listing. */
struct reading {
	struct resource_account *account;
	const struct account_pages *pages;
	uint64_t *seen; /* hashes of the tokens that came */
	size_t count, cap;
};

/* Notes the token of a page; -errno when it leads nowhere. */
static int note_token(struct reading *r, const char *token, struct fault *why)
{
	const char *operation = r->pages->call->operation;
	size_t len = strlen(token);
	uint64_t hash = hash64(token, len, 0);
	int error = 0;

	if (len > ACCOUNT_TOKEN_MAX)
		error = fault(why, -EBADMSG, "%s: the token is too long", operation);
	for (size_t i = 0; i < r->count && error == 0; i++)
		if (r->seen[i] == hash)
			error = fault(why, -EBADMSG,
				"%s: the same page is offered again and again",
				operation);
	if (error == 0 && r->count == ACCOUNT_PAGES_MAX)
		error = fault(why, -EFBIG, "%s: more than %d pages", operation,
			ACCOUNT_PAGES_MAX);
	if (error < 0) {
		account_explain(r->account, r->pages->call, why);
		return error;
	}
	error = VEC_RESERVE(&r->seen, &r->cap, r->count + 1, ACCOUNT_PAGES_MAX);
	if (error == 0)
		r->seen[r->count++] = hash;
	return error;
}

/* One page; *token is taken, and becomes that of the next one, or NULL. */
static int read_page(struct reading *reading, char **token, const atomic_bool *stop,
	struct aws_error *ret_error, struct fault *why)
{
	struct account_call call = *reading->pages->call;
	struct convert_page page = { 0 };
	int r;

	call.token = *token;
	r = account_ask(reading->account, &call, stop, &page, ret_error, why);
	free(*token);
	*token = NULL;
	if (r == 0)
		r = reading->pages->page(reading->pages->context, &page, why);
	if (r == 0 && page.next_token) {
		r = note_token(reading, page.next_token, why);
		*token = page.next_token;
		page.next_token = NULL;
	}
	convert_page_finish(&page);
	return r;
}

int account_ask_pages(struct resource_account *a, const struct account_pages *pages,
	const atomic_bool *stop, struct aws_error *ret_error, struct fault *why)
{
	struct reading reading = { .account = a, .pages = pages };
	char *token = NULL;
	int r;

	do
		r = read_page(&reading, &token, stop, ret_error, why);
	while (r == 0 && token);
	free(token);
	free(reading.seen);
	return r;
}

struct span account_plain_text(struct span json)
{
	if (json.len < 2 || json.p[0] != '"' || json.p[json.len - 1] != '"')
		return (struct span){ 0 };
	json = span_first(span_from(json, 1), json.len - 2);
	if (span_find(json, '\\') < json.len)
		return (struct span){ 0 };
	return json;
}

struct span account_element(const struct convert_page *page, size_t number)
{
	size_t begin = number ? page->ends[number - 1] : 0;

	return (struct span){ page->text.p + begin, page->ends[number] - begin };
}
