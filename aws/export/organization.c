#include "aws/export/organization.h"

#include <errno.h>

enum { ORGANIZATION_ID_MAX = 64 };

struct telling {
	organization_account_fn *fn;
	void *context;
	size_t count;
};

bool organization_is_account(struct span id, struct span name)
{
	if (!span_is_digits(id) || id.len > ORGANIZATION_ID_MAX || name.len == 0 ||
		name.len > ORGANIZATION_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7F)
			return false;
	return true;
}

static int read_page(void *context, const struct json *page, struct fault *why)
{
	const struct json *all = json_member(page, "Accounts");
	struct telling *t = context;
	int r = 0;

	for (const struct json *i = json_first(all); i && r == 0; i = json_next(i)) {
		const char *id = json_member_text(i, "Id");
		const char *name = json_member_text(i, "Name");

		if (!organization_is_account(span_of(id), span_of(name)))
			continue;
		if (t->count++ >= ORGANIZATION_ACCOUNTS_MAX)
			return fault(why, -E2BIG, "ListAccounts: more than %d accounts",
				ORGANIZATION_ACCOUNTS_MAX);
		r = t->fn(t->context, id, name);
	}
	return r;
}

int organization_accounts(struct client *c, const atomic_bool *stop,
	organization_account_fn *fn, void *context, struct fault *why)
{
	struct telling t = { .fn = fn, .context = context };
	const struct pages_call call = {
		.target = "AWSOrganizationsV20161128.ListAccounts",
		.arguments = "\"MaxResults\":20",
		.needs = "organizations:ListAccounts on *",
		.page = read_page,
		.context = &t,
	};

	return client_pages(c, &call, stop, why);
}
