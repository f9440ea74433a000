/* What the files of an account share. */
#ifndef AWS_RESOURCE_ACCOUNT_PRIVATE_H
#define AWS_RESOURCE_ACCOUNT_PRIVATE_H

#include "aws/api/aws_errors.h"
#include "aws/resource/account.h"
#include "aws/resource/convert.h"
#include "aws/resource/kind_private.h"

enum {
	ACCOUNT_REGION_MAX = 64,
	ACCOUNT_PAGES_MAX = 10 * 1000,
	ACCOUNT_TOKEN_MAX = 16 * 1024,
};

/* One operation. Borrowed for the call. */
struct account_call {
	enum aws_service service; /* of those in services, account_call.c */
	const char *region; /* "": that of the context */
	const char *operation;
	/* Of a form, "&Owner.1=self"; of S3 the query, "acl"; encoded. NULL: none. */
	const char *parameters;
	const char *path; /* as of convert.h */
	const char *bucket; /* of S3: a checked name; NULL: none */
	const char *token; /* of the page that is wanted; NULL: the first */
};
/* Asks, and converts the answer. As resource_account_regions(); *ret_error (may be NULL)
 * is what the service said, its status 0 when it said nothing. ret as convert_page(). */
MUST_USE int account_ask(struct resource_account *a, const struct account_call *call,
	const atomic_bool *stop, struct convert_page *ret, struct aws_error *ret_error,
	struct fault *why);
/* Puts "account 111122223333, eu-west-1: " in front of what was said. */
void account_explain(const struct resource_account *a, const struct account_call *call,
	struct fault *why);
/* Appends the permission that a call needs: "s3:ListAllMyBuckets". 0; -ENOMEM; -EFBIG. */
MUST_USE int account_permission(const struct account_call *call, struct buf *ret);

/* For each page; a negative errno ends it all. */
typedef int account_page_fn(
	void *context, const struct convert_page *page, struct fault *why);
/* All pages, likewise. An empty page with a token is legal, the same token twice is not.
 */
struct account_pages {
	const struct account_call *call;
	account_page_fn *page;
	void *context;
};
MUST_USE int account_ask_pages(struct resource_account *a,
	const struct account_pages *pages, const atomic_bool *stop,
	struct aws_error *ret_error, struct fault *why);

const struct auth_context *account_context(const struct resource_account *a);
/* The context's, else us-east-1: where what is of no region is asked. */
const char *account_home_region(const struct resource_account *a);
/* For messages. */
const char *account_id_of(const struct resource_account *a);
unsigned account_deadline_ms(const struct resource_account *a);
/* Made when it is needed. 0; -EINVAL no region; -ENOMEM; -EFBIG too many of them. Valid
 * as long as a. */
struct client;
MUST_USE int account_client(struct resource_account *a, enum aws_service service,
	const char *region, struct client **ret, struct fault *why);
void account_count_call(struct resource_account *a, enum aws_service service);
/* Of the account; valid as long as it. */
struct agents *account_agents(struct resource_account *a);

/* The element's text without quotes, when it is a JSON string that needs no escapes; else
 * an empty one. */
struct span account_plain_text(struct span json);
/* The number-th element of a page. */
struct span account_element(const struct convert_page *page, size_t number);

#endif
