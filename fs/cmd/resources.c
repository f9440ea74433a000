#include "fs/cmd/resources.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/settings.h"
#include "aws/auth/sts.h"
#include "aws/resource/metrics.h"
#include "base/log.h"
#include "fs/cmd/session.h"

enum { ACCOUNT_DIGITS = 12, ROLE_MAX = 2048, IDENTITY_BYTES = 65536 };

/* As whom an account is asked. */
struct asked {
	struct asked *next;
	char id[ACCOUNT_DIGITS + 1];
	struct session *session; /* of its own profile; NULL: the one of all */
	struct resource_account *account;
};
struct resources {
	const struct settings *settings;
	struct session *session, *own_session; /* own: to be closed */
	struct live *live;
	struct tree_discovery discovery;
	/* Held while one is made, which reads files, and may ask the instance's metadata
	 * for a region: only those who ask AWS take it. */
	pthread_mutex_t lock;
	/* The list; who adds to it holds lock, others read it without: what is in it
	 * stays until the end. */
	_Atomic(struct asked *) asked;
	pthread_mutex_t caller_lock; /* a leaf */
	char caller[ACCOUNT_DIGITS + 1]; /* guarded by it; "": not known yet */
};

static bool is_account(const char *id)
{
	return strlen(id) == ACCOUNT_DIGITS && span_is_digits(span_of(id));
}

/* The profile that the settings have for the account. */
static const char *profile_of(const struct resources *r, const char *account)
{
	const struct settings *s = r->settings;

	for (size_t i = s->profile_count; i > 0; i--)
		if (strcmp(s->profiles[i - 1].id, account) == 0)
			return s->profiles[i - 1].name;
	return NULL;
}

bool resources_are_wanted(const struct settings *s, const struct session *session)
{
	switch (s->resources) {
	case RESOURCES_DEFAULT:
		return session != NULL || s->discovery_role != NULL ||
			s->profile_count > 0;
	case RESOURCES_ON:
		return true;
	case RESOURCES_OFF:
		break;
	}
	return false;
}

static void read_caller(struct resources *r, char ret[ACCOUNT_DIGITS + 1])
{
	pthread_mutex_lock(&r->caller_lock);
	memcpy(ret, r->caller, sizeof(r->caller));
	pthread_mutex_unlock(&r->caller_lock);
}

/* Once; other threads may be at it as well, and learn the same. */
static int learn_caller(struct resources *r, const atomic_bool *stop,
	char ret[ACCOUNT_DIGITS + 1], struct fault *why)
{
	const struct auth_context *context = session_context(r->session);
	struct sts_identity identity = { 0 };
	struct credentials keys = { 0 };
	const char *id;
	int result;

	read_caller(r, ret);
	if (ret[0] != '\0')
		return 0;
	result = credential_get(session_credentials(r->session), stop, &keys, why);
	if (result < 0)
		return resource_errno(result);
	if (keys.account_id == NULL)
		result = sts_caller_identity(context, &keys, stop, &identity, why);
	id = keys.account_id != NULL ? keys.account_id : identity.account_id;
	if (result == 0 && (id == NULL || !is_account(id)))
		result = fault(why, -EBADMSG,
			"sts:GetCallerIdentity: the answer names no account");
	if (result == 0 && id != NULL) {
		memcpy(ret, id, ACCOUNT_DIGITS + 1);
		pthread_mutex_lock(&r->caller_lock);
		memcpy(r->caller, id, ACCOUNT_DIGITS + 1);
		pthread_mutex_unlock(&r->caller_lock);
	}
	sts_identity_finish(&identity);
	credentials_finish(&keys);
	return resource_errno(result);
}

static const char *partition_of(const char *region)
{
	struct span name = span_of(region);

	if (span_starts(name, SPAN("cn-")))
		return "aws-cn";
	return span_starts(name, SPAN("us-gov-")) ? "aws-us-gov" : "aws";
}

/* "arn:aws:iam::111122223333:role/NAME" of a name, or of an ARN with {account}. */
static int append_role(const struct resources *r, const char *account, struct buf *ret)
{
	static const char mark[] = "{account}";
	const char *pattern = r->settings->discovery_role;
	const char *at = strstr(pattern, mark);
	int result;

	if (at == NULL)
		return buf_appendf(ret, "arn:%s:iam::%s:role/%s",
			partition_of(session_context(r->session)->region), account,
			pattern);
	result = buf_append(ret, pattern, (size_t)(at - pattern));
	if (result == 0)
		result = buf_appendf(ret, "%s%s", account, at + sizeof(mark) - 1);
	return result;
}

static void free_asked(struct asked *a)
{
	if (a == NULL)
		return;
	resource_account_free(a->account);
	session_close(a->session);
	free(a);
}

static int refuse(const char *account, const char *caller, struct fault *why)
{
	fault(why, -ENOKEY,
		"account %s: there are no credentials for it; these are of %s", account,
		caller);
	fault_cure(why,
		"name a role that may be assumed there, discovery-role = NAME, or a "
		"profile, profile.%s = NAME (README.md, What the resources are)",
		account);
	return -ENOKEY;
}

/* caller: "" where it does not matter. */
static int new_asked(struct resources *r, const char *account, const char *caller,
	struct asked **ret, struct fault *why)
{
	const char *profile = profile_of(r, account);
	struct buf role = BUF_INIT(ROLE_MAX);
	struct asked *a = calloc(1, sizeof(*a));
	int result = a == NULL ? -ENOMEM : 0;

	if (a != NULL)
		memcpy(a->id, account, ACCOUNT_DIGITS + 1);
	if (result == 0 && profile != NULL)
		result = session_open(profile, r->settings->region, &a->session, why);
	if (result == 0 && profile == NULL && strcmp(account, caller) != 0)
		result = append_role(r, account, &role);
	if (result == 0) {
		const struct session *s = a->session != NULL ? a->session : r->session;
		const struct resource_account_options options = {
			.context = session_context(s),
			.credentials = session_credentials(s),
			.account_id = a->id,
			.role_arn = role.len > 0 ? buf_text(&role) : NULL,
			.external_id =
				role.len > 0 ? r->settings->discovery_external_id : NULL,
		};

		result = resource_account_new(&options, &a->account, why);
	}
	buf_finish(&role);
	if (result < 0)
		free_asked(a);
	else
		*ret = a;
	return result;
}

static struct asked *find(const struct resources *r, const char *account)
{
	struct asked *a = atomic_load(&r->asked);

	while (a != NULL && strcmp(a->id, account) != 0)
		a = a->next;
	return a;
}

/* Guarded by lock. */
static int find_or_make(struct resources *r, const char *account, const char *caller,
	struct asked **ret, struct fault *why)
{
	struct asked *a = find(r, account);
	int result;

	if (a == NULL) {
		result = new_asked(r, account, caller, &a, why);
		if (result < 0)
			return result;
		a->next = atomic_load(&r->asked);
		atomic_store(&r->asked, a);
	}
	*ret = a;
	return 0;
}

static int account_of(struct resources *r, const char *account, const atomic_bool *stop,
	struct resource_account **ret, struct fault *why)
{
	char caller[ACCOUNT_DIGITS + 1] = "";
	struct asked *a = NULL;
	int result = 0;

	if (!is_account(account))
		return fault(
			why, -ENOKEY, "\"%s\" is no id of an account of AWS", account);
	/* Nobody may assume a role of the payer's members in the payer itself. */
	if (profile_of(r, account) == NULL)
		result = learn_caller(r, stop, caller, why);
	if (result < 0)
		return result;
	if (caller[0] != '\0' && strcmp(account, caller) != 0 &&
		r->settings->discovery_role == NULL)
		return refuse(account, caller, why);
	pthread_mutex_lock(&r->lock);
	result = find_or_make(r, account, caller, &a, why);
	pthread_mutex_unlock(&r->lock);
	if (result == 0)
		*ret = a->account;
	return result;
}

/* Those of the settings, where they have some. */
static int configured_regions(const struct settings *s, struct buf *ret)
{
	struct span rest = span_of(s->regions), name;
	int r = 0;

	buf_clear(ret);
	while (r == 0 && span_split(&rest, ',', &name)) {
		r = buf_append_span(ret, name);
		if (r == 0)
			r = buf_append_byte(ret, '\0');
	}
	return r;
}

static int ask_regions(void *context, const char *account, const atomic_bool *stop,
	struct buf *ret, struct fault *why)
{
	struct resources *r = context;
	struct resource_account *a = NULL;
	int result = account_of(r, account, stop, &a, why);

	if (result < 0)
		return result;
	if (r->settings->regions != NULL)
		return configured_regions(r->settings, ret);
	return resource_account_regions(a, stop, ret, why);
}

/* NOLINTNEXTLINE(readability-function-size): as in fs/live/live.h */
static int ask_list(void *context, const char *account, size_t kind, const char *region,
	const atomic_bool *stop, struct inventory **ret, struct fault *why)
{
	struct resource_account *a = NULL;
	int result = account_of(context, account, stop, &a, why);

	if (result < 0)
		return result;
	return resource_account_list(a, kind, region, stop, ret, why);
}

/* NOLINTNEXTLINE(readability-function-size): likewise */
static int ask_metrics(void *context, const char *account, const char *region,
	const char *instance, const atomic_bool *stop, struct buf *ret, struct fault *why)
{
	struct resource_account *a = NULL;
	int result = account_of(context, account, stop, &a, why);

	if (result < 0)
		return result;
	/* What it says of a success is what the table lacks. */
	if (why != NULL)
		*why = (struct fault){ 0 };
	return resource_account_metrics(a, region, instance, stop, ret, why);
}

static uint64_t count_metrics_calls(void *context, const char *account)
{
	const struct asked *a = find(context, account);

	return a != NULL ? resource_account_metrics_calls(a->account) : 0;
}

static bool is_listed(void *context, const char *account)
{
	struct resources *r = context;
	char caller[ACCOUNT_DIGITS + 1];

	if (r->settings->resources == RESOURCES_ON ||
		r->settings->discovery_role != NULL || profile_of(r, account) != NULL)
		return true;
	read_caller(r, caller);
	return strcmp(account, caller) == 0;
}

static const char as_itself[] =
	"asked     with the credentials of this mount, if they are this account's; who\n"
	"          they are is not known before the first look, as in  ls ec2\n";
static const char not_asked[] =
	"asked     by nobody: there are no credentials for this account. In the\n"
	"          configuration of costfs, [NAME] of the mount, write\n"
	"            discovery-role = ROLE          a role of that name in each "
	"account,\n"
	"                                           which the mount's credentials "
	"assume\n"
	"            profile.%s = PROFILE  a profile of the AWS configuration\n"
	"          and see what it has to allow: costfs policy discovery\n";

static int describe(void *context, const char *account, struct buf *ret)
{
	struct resources *r = context;
	const char *profile = profile_of(r, account);
	char caller[ACCOUNT_DIGITS + 1];
	int result;

	read_caller(r, caller);
	if (profile != NULL)
		return buf_appendf(ret, "asked     by profile %s\n", profile);
	if (strcmp(account, caller) == 0)
		return buf_appendf(ret,
			"asked     with the credentials of this mount, which are this "
			"account's\n");
	if (r->settings->discovery_role != NULL) {
		result = buf_append_text(ret, "asked     by role ");
		if (result == 0)
			result = append_role(r, account, ret);
		return result < 0 ? result
				  : buf_append_text(ret,
					    ",\n          assumed with the credentials "
					    "of this mount\n");
	}
	if (caller[0] == '\0')
		return buf_append_text(ret, as_itself);
	return buf_appendf(ret, not_asked, account);
}

/* What the files of the cache hang on: whoever is asked, and as whom. */
static int append_identity(const struct resources_options *o, const struct session *s,
	struct buf *ret, struct fault *why)
{
	const struct settings *set = o->settings;
	struct aws_endpoint e = { 0 };
	int r = aws_endpoint_of(session_context(s), AWS_STS, NULL, &e, why);

	if (r == 0)
		r = buf_appendf(ret, "%s\n%s\n%s\n%s://%s%s\n",
			session_context(s)->profile,
			set->discovery_role != NULL ? set->discovery_role : "",
			set->regions != NULL ? set->regions : "", e.scheme, e.host,
			e.base_path);
	for (size_t i = 0; i < set->profile_count && r == 0; i++)
		r = buf_appendf(
			ret, "%s=%s\n", set->profiles[i].id, set->profiles[i].name);
	return r;
}

static int open_live(
	struct resources *r, const struct resources_options *o, struct fault *why)
{
	static const struct live_ops ops = { .regions = ask_regions,
		.list = ask_list,
		.metrics = ask_metrics,
		.metrics_calls = count_metrics_calls };
	struct buf identity = BUF_INIT(IDENTITY_BYTES);
	struct fault cache = { 0 };
	struct live_options live = { .ops = &ops,
		.context = r,
		.cache_dir = o->settings->cache,
		.clock = clock_system(),
		.refresh_seconds = o->refresh_seconds,
		.fresh_seconds = o->fresh_seconds,
		.listener = o->listener,
		.listener_context = o->context };
	int result = append_identity(o, r->session, &identity, why);

	if (result == 0) {
		live.identity = buf_text(&identity);
		result = live.identity == NULL ? -ENOMEM : 0;
	}
	if (result == 0)
		result = live_open(&live, &r->live, &cache);
	/* Where only its cache cannot be used it works without. */
	if (result == 0 && cache.error != 0)
		log_line(LOG_LEVEL_WARNING, "%s", cache.text);
	else if (cache.error != 0 && why != NULL)
		*why = cache;
	buf_finish(&identity);
	return result;
}

int resources_open(const struct resources_options *options, struct resources **ret,
	struct fault *why)
{
	struct resources *r = calloc(1, sizeof(*r));
	int result = 0;

	if (r == NULL)
		return -ENOMEM;
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->caller_lock, NULL);
	r->settings = options->settings;
	r->session = options->session;
	if (r->session == NULL) {
		result = session_open(options->settings->profile,
			options->settings->region, &r->own_session, why);
		r->session = r->own_session;
	}
	if (result == 0)
		result = open_live(r, options, why);
	if (result < 0) {
		resources_close(r);
		return result;
	}
	r->discovery = (struct tree_discovery){ .live = r->live,
		.is_listed = is_listed,
		.has_metrics = r->settings->metrics,
		.describe = describe,
		.context = r,
		.thresholds = &options->settings->thresholds };
	*ret = r;
	return 0;
}

void resources_close(struct resources *r)
{
	if (r == NULL)
		return;
	live_close(r->live);
	for (struct asked *a = atomic_load(&r->asked), *next; a != NULL; a = next) {
		next = a->next;
		free_asked(a);
	}
	session_close(r->own_session);
	pthread_mutex_destroy(&r->caller_lock);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

const struct tree_discovery *resources_discovery(const struct resources *r)
{
	return r != NULL ? &r->discovery : NULL;
}
