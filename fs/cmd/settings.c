#include "fs/cmd/settings.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vec.h"
#include "fs/cmd/config.h"
#include "fs/cmd/given.h"
#include "fs/cmd/near.h"

enum {
	PATH_MAX_BYTES = 4096,
	ACCOUNTS_MAX = 100000,
	REFRESH_SECONDS = 3600,
	MEMORY_LIMIT = 256 << 20,
	ACCOUNT_ID_MAX = 64,
	THREADS_MAX = 64,
	ROLE_BYTES_MAX = 1024,
	REGIONS_BYTES_MAX = 16384,
};

/* variable/tail, or ~/home_tail. */
static int path_below(const char *variable, const char *tail, const char *home_tail,
	char **ret, struct fault *why)
{
	struct buf path = BUF_INIT(PATH_MAX_BYTES);
	const char *base = getenv(variable);
	int r;

	if (base == NULL || base[0] != '/') {
		base = getenv("HOME");
		tail = home_tail;
	}
	if (base == NULL || base[0] != '/') {
		fault_cure(
			why, "set HOME, or %s, or give --cache and --config", variable);
		return fault(why, -EINVAL, "no home directory is known");
	}
	r = buf_appendf(&path, "%s/%s", base, tail);
	if (r == 0) {
		*ret = buf_take(&path);
		r = *ret == NULL ? -ENOMEM : 0;
	}
	buf_finish(&path);
	return r;
}

static int copy_text(char **to, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

int settings_cache(const struct arguments *a, char **ret, struct fault *why)
{
	const char *given = a->value[OPTION_CACHE];

	*ret = NULL;
	if (given == NULL)
		given = getenv("COSTFS_CACHE");
	if (given != NULL && given[0] != '\0')
		return copy_text(ret, given);
	return path_below("XDG_CACHE_HOME", "costfs", ".cache/costfs", ret, why);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_account_id(struct span id)
{
	return id.len > 0 && id.len <= ACCOUNT_ID_MAX && span_is_digits(id);
}

static void forget_accounts(struct selection *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->ids[i]);
	free(s->ids);
	*s = (struct selection){ 0 };
}

static int set_accounts(struct settings *s, const char *list, struct fault *why)
{
	struct span rest = span_of(list), id;
	size_t cap = 0;

	forget_accounts(&s->selection);
	if (strcmp(list, "all") == 0)
		return 0;
	while (span_split(&rest, ',', &id)) {
		struct selection *sel = &s->selection;

		id = span_trim(id);
		if (!is_account_id(id)) {
			fault_cure(why, "give 12-digit ids with commas between them");
			return fault(why, -EINVAL, "accounts: no account id: \"%.*s\"",
				SPAN_ARG(id));
		}
		int r = VEC_RESERVE(
			&sel->ids, &cap, sel->count + 1, (size_t)ACCOUNTS_MAX);
		if (r < 0)
			return r;
		sel->ids[sel->count] = strndup(id.p, id.len);
		if (sel->ids[sel->count] == NULL)
			return -ENOMEM;
		sel->count++;
	}
	if (s->selection.count > 0)
		qsort(s->selection.ids, s->selection.count, sizeof(char *), compare_ids);
	return 0;
}

static int add_name(struct account_name **names, size_t *count, size_t *cap,
	const char *id, const char *name)
{
	int r = VEC_RESERVE(names, cap, *count + 1, (size_t)ACCOUNTS_MAX);

	if (r < 0)
		return r;
	struct account_name n = { strdup(id), strdup(name) };
	if (n.id == NULL || n.name == NULL) {
		free(n.id);
		free(n.name);
		return -ENOMEM;
	}
	(*names)[(*count)++] = n;
	return 0;
}

static int bad_value(
	const char *name, const char *value, const char *example, struct fault *why)
{
	struct near n = near_to(span_of(value));

	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_info *o = option_info((enum option_id)id);
		const char *values = option_values(o);

		if (values != NULL && strcmp(o->name, name) == 0)
			near_try_all(&n, values);
	}
	fault_cure(why, "write it like: %s", example);
	return fault(why, -EINVAL, "%s: not understood: \"%s\"%s", name, value,
		near_said(&n, ""));
}

static int set_threads(struct settings *s, const char *value, struct fault *why)
{
	uint64_t n;

	if (parse_number(value, THREADS_MAX, &n) < 0 || n == 0)
		return bad_value("threads", value, "4", why);
	s->threads = (unsigned)n;
	return 0;
}

static int set_names_from(struct settings *s, const char *value, struct fault *why)
{
	if (strcmp(value, "organizations") == 0)
		s->names_from = NAMES_FROM_ORGANIZATION;
	else if (strcmp(value, "none") == 0)
		s->names_from = NAMES_FROM_NOBODY;
	else
		return bad_value("account-names", value, "organizations", why);
	return 0;
}

static int set_resources(struct settings *s, const char *value, struct fault *why)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0)
		s->resources = RESOURCES_ON;
	else if (strcmp(value, "off") == 0 || strcmp(value, "no") == 0)
		s->resources = RESOURCES_OFF;
	else
		return bad_value("resources", value, "on, or off", why);
	return 0;
}

static int set_metrics(struct settings *s, const char *value, struct fault *why)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0)
		s->metrics = true;
	else if (strcmp(value, "off") == 0 || strcmp(value, "no") == 0)
		s->metrics = false;
	else
		return bad_value("metrics", value, "on", why);
	return 0;
}

static int set_sandbox(struct settings *s, const char *value, struct fault *why)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0)
		s->sandbox = SANDBOX_ON;
	else if (strcmp(value, "off") == 0 || strcmp(value, "no") == 0)
		s->sandbox = SANDBOX_OFF;
	else
		return bad_value("sandbox", value, "on, or off", why);
	return 0;
}

static bool is_of_name(struct span text, const char *others)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			!(c >= '0' && c <= '9') && (c == '\0' || !strchr(others, c)))
			return false;
	}
	return text.len > 0;
}

static bool has_capital(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'Z')
			return true;
	return false;
}

/* One ARN for all accounts would be a role in one of them. */
static int set_role(struct settings *s, const char *value, struct fault *why)
{
	struct span text = span_of(value);
	bool is_arn = span_starts(text, SPAN("arn:"));

	if (text.len > ROLE_BYTES_MAX ||
		!is_of_name(text, is_arn ? "+=,.@_-/:{}" : "+=,.@_-/") ||
		(is_arn && strstr(value, "{account}") == NULL))
		return bad_value("discovery-role", value,
			"CostsReadOnly, or arn:aws:iam::{account}:role/CostsReadOnly",
			why);
	return copy_text(&s->discovery_role, value);
}

static int set_regions(struct settings *s, const char *value, struct fault *why)
{
	struct buf list = BUF_INIT(REGIONS_BYTES_MAX);
	struct span rest = span_of(value), name;
	int r = 0;

	while (r == 0 && span_split(&rest, ',', &name)) {
		name = span_trim(name);
		if (!is_of_name(name, "-") || has_capital(name))
			r = bad_value("regions", value, "eu-west-1,us-east-1", why);
		if (r == 0 && list.len > 0)
			r = buf_append_byte(&list, ',');
		if (r == 0)
			r = buf_append_span(&list, name);
	}
	if (r == 0)
		r = copy_text(&s->regions, buf_text(&list));
	buf_finish(&list);
	return r;
}

/* "none" is a list of nobody. */
static int set_crawlers(struct settings *s, const char *value)
{
	return copy_text(&s->crawlers, strcmp(value, "none") == 0 ? "" : value);
}

static int set_profile(
	struct settings *s, const char *id, const char *value, struct fault *why)
{
	if (!is_account_id(span_of(id)))
		return bad_value("profile.ID", id, "profile.111122223333 = NAME", why);
	return add_name(&s->profiles, &s->profile_count, &s->profile_cap, id, value);
}

/* A number, or a name. */
static int set_owner(
	struct settings *s, const char *name, const char *value, struct fault *why)
{
	const bool is_user = strcmp(name, "uid") == 0;
	uint64_t number;

	if (parse_number(value, UINT32_MAX - 1, &number) < 0) {
		const struct passwd *user = is_user ? getpwnam(value) : NULL;
		const struct group *group = is_user ? NULL : getgrnam(value);

		if (user == NULL && group == NULL)
			return bad_value(name, value, "1000, or the name of one", why);
		number = user != NULL ? user->pw_uid : group->gr_gid;
	}
	if (is_user)
		s->uid = (uid_t)number;
	else
		s->gid = (gid_t)number;
	return 0;
}

/* How the process runs. As set_value(). */
static int set_running(
	struct settings *s, const char *name, const char *value, struct fault *why)
{
	if (strcmp(name, "threads") == 0)
		return set_threads(s, value, why);
	if (strcmp(name, "sandbox") == 0)
		return set_sandbox(s, value, why);
	if (strcmp(name, "uid") == 0 || strcmp(name, "gid") == 0)
		return set_owner(s, name, value, why);
	return -ENOENT;
}

/* What resources/ is made of. As set_value(). */
static int set_discovery(
	struct settings *s, const char *name, const char *value, struct fault *why)
{
	if (strcmp(name, "resources") == 0)
		return set_resources(s, value, why);
	if (strcmp(name, "metrics") == 0)
		return set_metrics(s, value, why);
	if (strcmp(name, "discovery-role") == 0 || strcmp(name, "discovery_role") == 0)
		return set_role(s, value, why);
	if (strcmp(name, "discovery-external-id") == 0 ||
		strcmp(name, "discovery_external_id") == 0)
		return copy_text(&s->discovery_external_id, value);
	if (strcmp(name, "regions") == 0)
		return set_regions(s, value, why);
	if (strncmp(name, "profile.", 8) == 0)
		return set_profile(s, name + 8, value, why);
	if (strncmp(name, "finding.", 8) == 0)
		return thresholds_set(&s->thresholds, name + 8, value, why);
	return set_running(s, name, value, why);
}

/* Of a setting that is any text; NULL: it is none. */
static char **text_named(struct settings *s, const char *name)
{
	const struct {
		const char *name;
		char **text;
	} all[] = { { "source", &s->source }, { "export", &s->export_name },
		{ "cache", &s->cache }, { "log", &s->log }, { "profile", &s->profile },
		{ "region", &s->region } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(name, all[i].name) == 0)
			return all[i].text;
	return NULL;
}

/* One setting, whatever it comes from. 0; -ENOENT there is no such name. */
static int set_value(
	struct settings *s, const char *name, const char *value, struct fault *why)
{
	char **text = text_named(s, name);

	if (text != NULL)
		return copy_text(text, value);
	if (strcmp(name, "crawlers") == 0)
		return set_crawlers(s, value);
	if (strcmp(name, "accounts") == 0)
		return set_accounts(s, value, why);
	if (strcmp(name, "account-names") == 0 || strcmp(name, "account_names") == 0)
		return set_names_from(s, value, why);
	if (strcmp(name, "refresh") == 0)
		return parse_time(value, &s->refresh_seconds) < 0
			? bad_value("refresh", value, "1h", why)
			: 0;
	if (strcmp(name, "cache-limit") == 0 || strcmp(name, "cache_limit") == 0)
		return parse_size(value, &s->cache_limit) < 0 || s->cache_limit == 0
			? bad_value("cache-limit", value, "20G", why)
			: 0;
	if (strcmp(name, "memory-limit") == 0 || strcmp(name, "memory_limit") == 0)
		return parse_size(value, &s->memory_limit) < 0
			? bad_value("memory-limit", value, "256M", why)
			: 0;
	if (strcmp(name, "allow-other") == 0 || strcmp(name, "allow_other") == 0)
		s->allow_other = strcmp(value, "no") != 0;
	else if (strcmp(name, "requester-pays") == 0 ||
		strcmp(name, "requester_pays") == 0)
		s->requester_pays = strcmp(value, "no") != 0;
	else if (strcmp(name, "foreground") == 0)
		s->foreground = true;
	else if (strncmp(name, "name.", 5) == 0)
		return add_name(&s->names, &s->name_count, &s->name_cap, name + 5, value);
	else
		return set_discovery(s, name, value, why);
	return 0;
}

/* For those who have mistyped one. */
static const char known_settings[] =
	"source|export|accounts|account-names|refresh|cache|cache-limit|memory-limit|"
	"crawlers|threads|sandbox|log|profile|region|requester-pays|allow-other|"
	"foreground|name.ID|resources|metrics|discovery-role|discovery-external-id|"
	"regions|profile.ID|finding.NAME|uid|gid";

static int no_such_setting(const char *section, const char *name, struct fault *why)
{
	struct near n = near_to(span_of(name));
	struct span rest = span_of(known_settings), word;
	struct buf known = BUF_INIT(FAULT_TEXT);
	int r = 0;

	near_try_all(&n, known_settings);
	while (r == 0 && span_split(&rest, '|', &word))
		r = buf_appendf(
			&known, "%s%.*s", known.len > 0 ? ", " : "", SPAN_ARG(word));
	if (r == 0)
		fault_cure(why, "known are: %s", buf_text(&known));
	buf_finish(&known);
	return fault(why, -EINVAL, "[%s]: no such setting: %s%s", section, name,
		near_said(&n, ""));
}

static int apply_section(struct settings *s, const struct config *c, const char *section,
	const char *path, struct fault *why)
{
	const struct config_item *item;

	for (unsigned i = 0; (item = config_item(c, section, i)) != NULL; i++) {
		int r = set_value(s, item->name, item->value, why);

		if (r == -ENOENT)
			r = no_such_setting(section, item->name, why);
		if (r == -EINVAL)
			fault_prefix(why, "%s:%u", path, item->line);
		if (r < 0)
			return r;
	}
	return 0;
}

int settings_config(const struct arguments *a, char **ret, struct fault *why)
{
	const char *named = a->value[OPTION_CONFIG];

	*ret = NULL;
	return named != NULL ? copy_text(ret, named)
			     : path_below("XDG_CONFIG_HOME", "costfs/config",
				       ".config/costfs/config", ret, why);
}

/* What a word that is no section may have been meant to be. */
static int keep_near_section(
	struct settings *s, const struct config *c, const char *given)
{
	struct near n = near_to(span_of(given));
	const char *section;
	bool is_head;

	for (size_t i = 0; (section = config_section(c, i, &is_head)) != NULL; i++)
		near_try(&n, span_of(section));
	if (n.best.len == 0)
		return 0;
	s->near_section = strndup(n.best.p, n.best.len);
	return s->near_section == NULL ? -ENOMEM : 0;
}

static int apply_config(const struct arguments *a, const char *given, struct settings *s,
	struct fault *why)
{
	const char *named = a->value[OPTION_CONFIG];
	struct config *c = NULL;
	char *path = NULL;
	int r = settings_config(a, &path, why);

	if (r == -EINVAL) {
		*why = (struct fault){ 0 };
		return 0; /* no home, no configuration */
	}
	if (r == 0)
		r = config_read(path, named != NULL, &c, why);
	if (r == 0 && config_has(c, given)) {
		free(s->source);
		s->source = NULL;
		r = apply_section(s, c, given, path, why);
		if (r == 0 && s->source == NULL)
			r = fault(why, -EINVAL, "%s: [%s] has no source", path, given);
	} else if (r == 0)
		r = keep_near_section(s, c, given);
	config_free(c);
	free(path);
	return r;
}

/* What mount(8) and systemd add. */
static bool is_mount_option(struct span name)
{
	static const char *const known[] = { "ro", "rw", "auto", "noauto", "user",
		"nouser", "users", "owner", "group", "_netdev", "nofail", "defaults",
		"nosuid", "nodev", "noexec", "noatime", "suid", "dev", "exec", "atime",
		"diratime", "nodiratime", "relatime", "norelatime", "strictatime",
		"nostrictatime", "lazytime", "nolazytime", "sync", "async", "dirsync",
		"silent", "loud", "symfollow", "default_permissions" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_eq(name, span_of(known[i])))
			return true;
	return span_starts(name, SPAN("x-")) || span_starts(name, SPAN("X-")) ||
		span_starts(name, SPAN("comment=")) || span_starts(name, SPAN("user="));
}

static int apply_mount_option(struct settings *s, struct span word, struct fault *why)
{
	struct buf name = BUF_INIT(PATH_MAX_BYTES), value = BUF_INIT(PATH_MAX_BYTES);
	size_t equals = span_find(word, '=');
	int r = buf_append_span(&name, span_first(word, equals));

	if (r == 0)
		r = buf_append_span(&value, span_from(word, equals + 1));
	/* A list in a list: accounts=1:2 */
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == ':' &&
			(span_eq(buf_span(&name), SPAN("accounts")) ||
				span_eq(buf_span(&name), SPAN("crawlers")) ||
				span_eq(buf_span(&name), SPAN("regions"))))
			value.p[i] = ',';
	if (r == 0)
		r = set_value(s, buf_text(&name), buf_text(&value), why);
	buf_finish(&name);
	buf_finish(&value);
	return r;
}

static int no_such_mount_option(struct span word, struct fault *why)
{
	struct near n = near_to(span_first(word, span_find(word, '=')));

	near_try_all(&n, known_settings);
	return fault(why, -EINVAL, "-o: no such option: %.*s%s", SPAN_ARG(word),
		near_said(&n, ""));
}

static int apply_mount_options(
	struct settings *s, const struct arguments *a, struct fault *why)
{
	struct span rest = span_of(a->value[OPTION_O]), word;

	while (span_split(&rest, ',', &word)) {
		if (word.len == 0 || is_mount_option(word))
			continue;
		int r = apply_mount_option(s, word, why);
		if (r == -ENOENT && a->is_sloppy)
			continue;
		if (r == -ENOENT)
			return no_such_mount_option(word, why);
		if (r == -EFBIG)
			return fault(why, -EINVAL, "-o: too long, %zu bytes: %.*s...",
				word.len, SPAN_ARG(span_first(word, 40)));
		if (r < 0)
			return r;
	}
	return 0;
}

const enum option_id *settings_options(void)
{
	static const enum option_id ids[] = { OPTION_EXPORT, OPTION_ACCOUNTS,
		OPTION_ACCOUNT_NAMES, OPTION_THREADS, OPTION_REFRESH, OPTION_CACHE,
		OPTION_CACHE_LIMIT, OPTION_MEMORY_LIMIT, OPTION_ALLOW_OTHER, OPTION_LOG,
		OPTION_PROFILE, OPTION_REGION, OPTION_REQUESTER_PAYS, OPTION_FOREGROUND,
		OPTION_RESOURCES, OPTION_METRICS, OPTION_DISCOVERY_ROLE, OPTION_REGIONS,
		OPTION_SANDBOX, OPTION_COUNT };

	return ids;
}

static int apply_options(struct settings *s, const struct arguments *a, struct fault *why)
{
	const enum option_id *id = settings_options();
	int r = 0;

	if (a->value[OPTION_O] != NULL)
		r = apply_mount_options(s, a, why);
	for (; r == 0 && *id != OPTION_COUNT; id++)
		if (a->value[*id] != NULL)
			r = set_value(s, option_info(*id)->name, a->value[*id], why);
	return r;
}

/* After all has been read, since a section's source may be pasted as well. */
static int resolve_source(struct settings *s, struct fault *why)
{
	struct given g = { 0 };
	int r = given_parse(s->source, &g, why);

	if (r == 0)
		r = copy_text(&s->source, g.source);
	if (r == 0 && g.export_name != NULL && s->export_name == NULL)
		r = copy_text(&s->export_name, g.export_name);
	if (r == 0 && g.region != NULL && s->region == NULL)
		r = copy_text(&s->region, g.region);
	s->is_guess = g.is_guess;
	given_finish(&g);
	return r;
}

int settings_init(const struct arguments *a, const char *given, struct settings *ret,
	struct fault *why)
{
	struct settings s = { .refresh_seconds = REFRESH_SECONDS,
		.memory_limit = MEMORY_LIMIT,
		.uid = getuid(),
		.gid = getgid(),
		.thresholds = thresholds_default() };
	int r = copy_text(&s.source, given);

	if (r == 0)
		r = apply_config(a, given, &s, why);
	if (r == 0)
		r = apply_options(&s, a, why);
	if (r == 0)
		r = resolve_source(&s, why);
	if (r == 0 && (s.cache == NULL || a->value[OPTION_CACHE] != NULL)) {
		free(s.cache);
		r = settings_cache(a, &s.cache, why);
	}
	if (r < 0) {
		settings_finish(&s);
		return r;
	}
	*ret = s;
	return 0;
}

static void free_names(struct account_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(names[i].id);
		free(names[i].name);
	}
	free(names);
}

void settings_finish(struct settings *s)
{
	free(s->source);
	free(s->cache);
	free(s->export_name);
	free(s->log);
	free(s->near_section);
	free(s->crawlers);
	free(s->profile);
	free(s->region);
	forget_accounts(&s->selection);
	free(s->discovery_role);
	free(s->discovery_external_id);
	free(s->regions);
	free_names(s->names, s->name_count);
	free_names(s->profiles, s->profile_count);
	*s = (struct settings){ 0 };
}
