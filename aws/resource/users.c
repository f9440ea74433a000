#include "aws/resource/users.h"

#include <errno.h>

#include "aws/api/json.h"
#include "aws/auth/sigv4.h"
#include "aws/resource/roster.h"

enum { PARAMETERS_MAX = 4096 };
static const char GONE[] = "NoSuchEntity";

/* A user's keys, page by page. */
struct keys {
	struct visit *visit;
	struct compose_list list;
};

/* "&UserName=..." */
static int write_parameter(const char *name, const char *value, struct buf *ret)
{
	int r = buf_appendf(ret, "&%s=", name);

	return r < 0 ? r : sigv4_encode(span_of(value), false, ret);
}

static struct account_call call_of(
	const char *operation, const char *path, struct buf *parameters)
{
	return (struct account_call){ .service = AWS_IAM,
		.region = "",
		.operation = operation,
		.parameters = buf_text(parameters),
		.path = path };
}

static int ask_last_use(
	struct visit *v, struct span element, struct part *ret, struct fault *why)
{
	struct buf parameters = BUF_INIT(PARAMETERS_MAX);
	struct json *key = NULL;
	int r = json_parse(element, &key);
	const char *id = json_member_text(key, "AccessKeyId");

	if (r == 0)
		r = id ? write_parameter("AccessKeyId", id, &parameters) : -EBADMSG;
	if (r == 0) {
		const struct account_call call =
			call_of("GetAccessKeyLastUsed", "AccessKeyLastUsed", &parameters);

		r = visit_ask(v, &call, NULL, ret, why);
	} else if (r == -EBADMSG) {
		r = fault(why, r, "ListAccessKeys: a key without AccessKeyId");
	}
	json_free(key);
	buf_finish(&parameters);
	return r;
}

static int add_key(struct keys *keys, struct span element, struct fault *why)
{
	struct part last = { .state = PART_NONE };
	struct buf json = BUF_INIT(COMPOSE_BYTES_MAX);
	int r = ask_last_use(keys->visit, element, &last, why);

	if (r == 0)
		r = compose_begin(&json, element);
	if (r == 0)
		r = compose_member(&json, "AccessKeyLastUsed", part_json(&last));
	if (r == 0)
		r = compose_end(&json);
	if (r == 0)
		r = compose_item(&keys->list, buf_span(&json));
	part_finish(&last);
	buf_finish(&json);
	return r;
}

static int add_keys(void *context, const struct convert_page *page, struct fault *why)
{
	struct keys *keys = context;
	/* What is not there of a key is no sign that its user is not. */
	const char *gone = keys->visit->gone;
	int r = 0;

	keys->visit->gone = NULL;
	for (size_t i = 0; i < page->count && r == 0; i++)
		r = add_key(keys, account_element(page, i), why);
	keys->visit->gone = gone;
	return r;
}

/* What failed within a page is no failure of the listing: its error has no status then.
 */
static int ask_keys(
	struct visit *v, const char *user, struct buf *json, struct fault *why)
{
	struct buf parameters = BUF_INIT(PARAMETERS_MAX);
	struct keys keys = { .visit = v };
	struct aws_error error = { 0 };
	enum part_state state = PART_THERE;
	struct fault said = { 0 };
	int r = write_parameter("UserName", user, &parameters);

	compose_list_init(&keys.list);
	if (r == 0) {
		const struct account_call call =
			call_of("ListAccessKeys", "AccessKeyMetadata[]", &parameters);
		const struct account_pages pages = { &call, add_keys, &keys };

		r = account_ask_pages(v->account, &pages, v->stop, &error, &said);
		if (r < 0)
			r = visit_judge(v, &call, &error, r, &state);
	}
	if (r < 0 && why)
		*why = said;
	else if (r == 0 && state == PART_THERE)
		r = compose_list_member(json, "AccessKeys", &keys.list);
	else if (r == 0)
		r = compose_member(json, "AccessKeys", SPAN("null"));
	compose_list_finish(&keys.list);
	buf_finish(&parameters);
	return r;
}

static int ask_login(
	struct visit *v, const char *user, struct buf *json, struct fault *why)
{
	struct buf parameters = BUF_INIT(PARAMETERS_MAX);
	struct part part = { .state = PART_NONE };
	int r = write_parameter("UserName", user, &parameters);

	if (r == 0) {
		const struct account_call call =
			call_of("GetLoginProfile", "LoginProfile", &parameters);

		/* Without a password the code is that of a user who is no more. */
		r = visit_ask(v, &call, GONE, &part, why);
	}
	if (r == 0)
		r = compose_member(json, "LoginProfile", part_json(&part));
	part_finish(&part);
	buf_finish(&parameters);
	return r;
}

static int visit_user(struct visit *v, struct roster_entry *entry, struct fault *why)
{
	struct buf *json = &entry->json;
	int r = compose_begin(json, entry->element);

	if (r == 0)
		r = ask_login(v, entry->name, json, why);
	if (r == 0)
		r = ask_keys(v, entry->name, json, why);
	if (r == 0 && v->errors.count)
		r = compose_list_member(json, "Errors", &v->errors);
	return r < 0 ? r : compose_end(json);
}

int users_list(struct resource_account *a, const struct resource_call *call,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why)
{
	const struct roster_options options = {
		.call = call, .gone = GONE, .visit = visit_user
	};

	return roster_list(a, &options, stop, b, why);
}
