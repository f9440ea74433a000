#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/span.h"
#include "fs/cmd/command.h"
#include "fs/cmd/near.h"

static const struct option_info infos[] = {
	{ OPTION_ACCOUNT, "account", 0, "ID", "account that pays, 12 digits", NULL,
		GROUP_COMMAND },
	{ OPTION_ACCOUNT_NAMES, "account-names", 0, "FROM",
		"organizations: ask AWS for names that the export lacks; none (default: "
		"where SOURCE is left out)",
		"organizations|none", GROUP_SOURCE },
	{ OPTION_ACCOUNTS, "accounts", 0, "LIST",
		"connected accounts, ids with commas between (default: all); "
		"demo-export: how many",
		NULL, GROUP_SOURCE },
	{ OPTION_ALL, "all", 'a', NULL,
		"also what is hidden; doctor: what a mount can do without", NULL,
		GROUP_COMMAND },
	{ OPTION_ALLOW_OTHER, "allow-other", 0, NULL, "let other users in", NULL,
		GROUP_COMMAND },
	{ OPTION_BUCKET, "bucket", 0, "BUCKET", "of the export", NULL, GROUP_COMMAND },
	{ OPTION_BUCKET_ONLY, "bucket-only", 0, NULL,
		"leave out the calls that are not S3's", NULL, GROUP_COMMAND },
	{ OPTION_CACHE, "cache", 0, "DIR", "cache directory (default: ~/.cache/costfs)",
		NULL, GROUP_CACHE },
	{ OPTION_CACHE_LIMIT, "cache-limit", 0, "SIZE",
		"how large the cache may grow, as 500M or 20G (default: 20G)", NULL,
		GROUP_CACHE },
	{ OPTION_COLOR, "color", 0, "WHEN",
		"auto, always or never: colours and bold letters (default: auto, on a "
		"terminal, and not with NO_COLOR)",
		"auto|always|never", GROUP_OTHER },
	{ OPTION_COMPRESSION, "compression", 0, "gzip|zip|plain", "of the data files",
		NULL, GROUP_COMMAND },
	{ OPTION_CONFIG, "config", 0, "FILE",
		"configuration file (default: ~/.config/costfs/config)", NULL,
		GROUP_SOURCE },
	{ OPTION_DISCOVERY_ROLE, "discovery-role", 0, "ROLE",
		"role of that name in each account, or arn:aws:iam::{account}:role/ROLE, "
		"which asks what the account has",
		NULL, GROUP_RESOURCES },
	{ OPTION_EXPORT, "export", 0, "NAME",
		"which export, where the source has several", NULL, GROUP_SOURCE },
	{ OPTION_FOREGROUND, "foreground", 'f', NULL,
		"stay in the foreground, log to stderr", NULL, GROUP_COMMAND },
	{ OPTION_FORMAT, "format", 0, "FORMAT",
		"legacy-csv, legacy-parquet, cur2-csv, cur2-parquet, focus-csv, "
		"focus-parquet, focus-1.0-csv or -parquet",
		"legacy-csv|legacy-parquet|cur2-csv|cur2-parquet|focus-csv|focus-parquet|"
		"focus-1.0-csv|focus-1.0-parquet",
		GROUP_COMMAND },
	{ OPTION_HELP, "help", 'h', NULL, "this text", NULL, GROUP_OTHER },
	{ OPTION_JSON, "json", 0, NULL, "for programs", NULL, GROUP_COMMAND },
	{ OPTION_KMS_KEY, "kms-key", 0, "ARN", "of the key that encrypts the bucket",
		NULL, GROUP_COMMAND },
	{ OPTION_LAST_MONTH, "last-month", 0, "YYYY-MM", "newest month", NULL,
		GROUP_COMMAND },
	{ OPTION_LAYOUT, "layout", 0, "overwrite|create-new",
		"a folder a month, or a delivery", NULL, GROUP_COMMAND },
	{ OPTION_LAZY, "lazy", 'z', NULL, "also while it is in use", NULL,
		GROUP_COMMAND },
	{ OPTION_LOG, "log", 0, "FILE", "append log lines to the file", NULL,
		GROUP_COMMAND },
	{ OPTION_LONG, "long", 'l', NULL, "with mode, size and time", NULL,
		GROUP_COMMAND },
	{ OPTION_MEMORY_LIMIT, "memory-limit", 0, "SIZE",
		"of months that the cache cannot take, since its disk is full or "
		"read-only (default: 256M; 0: none)",
		NULL, GROUP_CACHE },
	{ OPTION_METRICS, "metrics", 0, "on|off",
		"what CloudWatch has measured of instances; each file costs some ten "
		"calls (default: off)",
		NULL, GROUP_RESOURCES },
	{ OPTION_MONTHS, "months", 0, "N", "how many months", NULL, GROUP_COMMAND },
	{ OPTION_NAME, "name", 0, "NAME", "name of the export", NULL, GROUP_COMMAND },
	{ OPTION_NOTIFY_FD, "notify-fd", 0, "N",
		"write a newline to this descriptor when the mount is usable", NULL,
		GROUP_COMMAND },
	{ OPTION_O, "options", 'o', "OPT[,OPT…]",
		"the options of this list, as fstab has them: accounts=…, allow_other, "
		"ro, …",
		NULL, GROUP_COMMAND },
	{ OPTION_PARTITION, "partition", 0, "NAME",
		"aws, aws-cn or aws-us-gov (default: that of the source, or aws)",
		"aws|aws-cn|aws-us-gov", GROUP_COMMAND },
	{ OPTION_PREFIX, "prefix", 0, "PREFIX", "folder of the export", NULL,
		GROUP_COMMAND },
	{ OPTION_PROFILE, "profile", 0, "NAME", "profile of the AWS configuration", NULL,
		GROUP_SOURCE },
	{ OPTION_QUIET, "quiet", 'q', NULL, "no progress", NULL, GROUP_COMMAND },
	{ OPTION_REFRESH, "refresh", 0, "TIME",
		"how often to look for new deliveries, as 30m or 1h; 0 = never (default: "
		"1h)",
		NULL, GROUP_COMMAND },
	{ OPTION_REGION, "region", 0, "REGION",
		"AWS region to begin with; the bucket's own is found out", NULL,
		GROUP_SOURCE },
	{ OPTION_REGIONS, "regions", 0, "LIST",
		"of resources, with commas between (default: all that are enabled)", NULL,
		GROUP_RESOURCES },
	{ OPTION_REQUESTER_PAYS, "requester-pays", 0, NULL,
		"agree to pay for reading somebody else's bucket", NULL, GROUP_SOURCE },
	{ OPTION_RESOURCES, "resources", 0, "on|off",
		"what accounts have, asked of AWS (default: on where the source is "
		"AWS's)",
		NULL, GROUP_RESOURCES },
	{ OPTION_ROWS, "rows", 0, "N", "how many line items, over all months", NULL,
		GROUP_COMMAND },
	{ OPTION_SANDBOX, "sandbox", 0, "on|off",
		"keep the mount from what it does not need; on: all of it, or no "
		"mount (default: what can be had)",
		NULL, GROUP_COMMAND },
	{ OPTION_SEED, "seed", 0, "N", "another seed, other costs", NULL, GROUP_COMMAND },
	{ OPTION_TABLES, "tables", 0, NULL,
		"also recommendations and carbon emissions beside it", NULL,
		GROUP_COMMAND },
	{ OPTION_THREADS, "threads", 0, "N", "threads that read a month", NULL,
		GROUP_CACHE },
	{ OPTION_VERBOSE, "verbose", 'v', NULL, "more log lines", NULL, GROUP_OTHER },
	{ OPTION_WATCH, "watch", 'w', NULL, "again and again", NULL, GROUP_COMMAND },
};

_Static_assert(ARRAY_LEN(infos) == OPTION_COUNT, "every option has its line, in order");

const struct option_info *option_info(enum option_id id)
{
	return &infos[id];
}

static const struct option_info *find_option(
	const struct command *c, struct span name, char letter)
{
	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++) {
		const struct option_info *o = option_info(*id);

		if (letter != 0 ? o->letter == letter : span_eq(span_of(o->name), name))
			return o;
	}
	return NULL;
}

/* Which option of the command is meant by one that it has not. */
static int no_such_option(const struct command *c, struct span name, struct fault *why)
{
	struct near n = near_to(name);

	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++)
		near_try(&n, span_of(option_info(*id)->name));
	return fault(why, -EINVAL, "no such option: --%.*s%s", SPAN_ARG(name),
		near_said(&n, "--"));
}

/* The words behind a command, and where parsing is. */
struct words {
	int count, at;
	const char *const *items;
	bool no_options; /* any more */
	const struct option_info *wants; /* that has no value yet */
};

/* Sets the option; takes its value from the rest of the word or the next one. */
static int take_option(const struct option_info *o, const char *attached, struct words *w,
	struct arguments *ret, struct fault *why)
{
	if (o->argument == NULL) {
		if (attached != NULL)
			return fault(why, -EINVAL, "--%s takes no value", o->name);
		ret->value[o->id] = "";
		return 0;
	}
	if (attached == NULL && w->at + 1 >= w->count) {
		w->wants = o;
		return fault(
			why, -EINVAL, "--%s needs a value: %s", o->name, o->argument);
	}
	ret->value[o->id] = attached != NULL ? attached : w->items[++w->at];
	return 0;
}

static int parse_long(const struct command *c, struct words *w, struct arguments *ret,
	struct fault *why)
{
	const char *word = w->items[w->at] + 2;
	const char *equals = strchr(word, '=');
	struct span name = span_of(word);

	if (equals != NULL)
		name.len = (size_t)(equals - word);
	const struct option_info *o = find_option(c, name, 0);
	if (o == NULL)
		return no_such_option(c, name, why);
	return take_option(o, equals != NULL ? equals + 1 : NULL, w, ret, why);
}

/* The whole of it, also where it is more than a byte. */
static struct span character(const char *text)
{
	struct span c = { text, 1 };

	while (((unsigned char)text[0] & 0xC0) == 0xC0 &&
		((unsigned char)text[c.len] & 0xC0) == 0x80)
		c.len++;
	return c;
}

static int parse_letters(const struct command *c, struct words *w, struct arguments *ret,
	struct fault *why)
{
	for (const char *letter = w->items[w->at] + 1; *letter != '\0'; letter++) {
		const struct option_info *o = find_option(c, (struct span){ 0 }, *letter);

		if (o == NULL)
			return fault(why, -EINVAL, "no such option: -%.*s",
				SPAN_ARG(character(letter)));
		if (o->argument != NULL)
			return take_option(
				o, letter[1] != '\0' ? letter + 1 : NULL, w, ret, why);
		ret->value[o->id] = "";
	}
	return 0;
}

static int parse_words(const struct command *c, struct words *w, struct arguments *ret,
	struct fault *why)
{
	int r = 0;

	for (; r == 0 && w->at < w->count; w->at++) {
		const char *word = w->items[w->at];

		if (!w->no_options && strcmp(word, "--") == 0)
			w->no_options = true;
		else if (!w->no_options && word[0] == '-' && word[1] == '-')
			r = parse_long(c, w, ret, why);
		else if (!w->no_options && word[0] == '-' && word[1] != '\0')
			r = parse_letters(c, w, ret, why);
		else if (ret->count >= POSITIONAL_MAX)
			r = fault(why, -EINVAL, "too many arguments");
		else
			ret->positional[ret->count++] = word;
	}
	return r;
}

/* What is longer than any path is nothing, and need not be looked for. */
static int check_length(const char *text, struct fault *why)
{
	size_t len = strlen(text);

	return len < PATH_MAX
		? 0
		: fault(why, -EINVAL, "too long, %zu bytes: %.40s...", len, text);
}

static bool is_path(const struct option_info *o)
{
	return o->argument != NULL &&
		(strcmp(o->argument, "DIR") == 0 || strcmp(o->argument, "FILE") == 0);
}

/* An empty one is a variable of a script that is not set; it would be the current
 * directory, or all that there is. */
static int check_values(
	const struct command *c, const struct arguments *a, struct fault *why)
{
	int r = 0;

	for (int i = 0; r == 0 && i < a->count; i++) {
		if (a->positional[i][0] == '\0' && c->operands[0] != OPERAND_TYPED)
			return fault(why, -EINVAL, "an argument is empty: costfs %s",
				c->usage);
		r = check_length(a->positional[i], why);
	}
	for (const enum option_id *id = c->options; r == 0 && *id != OPTION_COUNT; id++)
		if (a->value[*id] != NULL && is_path(option_info(*id)))
			r = check_length(a->value[*id], why);
	return r;
}

int command_parse(const struct command *c, int argc, char **argv, struct arguments *ret,
	struct fault *why)
{
	struct words w = { .count = argc, .items = (const char *const *)argv };

	*ret = (struct arguments){ 0 };
	int r = parse_words(c, &w, ret, why);
	if (r < 0 || ret->value[OPTION_HELP] != NULL)
		return r;
	if (ret->count < c->least)
		return fault(why, -EINVAL, "something is missing: costfs %s", c->usage);
	if (ret->count > c->most)
		return fault(why, -EINVAL, "one too many: %s", ret->positional[c->most]);
	return check_values(c, ret, why);
}

void command_look(
	const struct command *c, int count, const char *const *words, struct typed *ret)
{
	struct words w = { .count = count, .items = words };
	struct fault why;

	*ret = (struct typed){ 0 };
	while (w.at < w.count)
		(void)parse_words(c, &w, &ret->given, &why);
	ret->wants = w.wants;
	ret->no_options = w.no_options;
}

const struct option_info *command_option(const struct command *c, struct span name)
{
	return find_option(c, name, 0);
}

const char *option_values(const struct option_info *o)
{
	if (o->values != NULL || o->argument == NULL)
		return o->values;
	return strchr(o->argument, '|') != NULL ? o->argument : NULL;
}

/* The index of the value in names, "a|b|c"; -1 for none. */
static int choice(const char *value, const char *names)
{
	struct span rest = span_of(names), name;

	for (int i = 0; span_split(&rest, '|', &name); i++)
		if (span_eq(name, span_of(value)))
			return i;
	return -1;
}

int option_refuse(const struct option_info *o, const char *value, const char *is,
	const char *known, struct fault *why)
{
	struct near n = near_to(span_of(value));

	near_try_all(&n, option_values(o));
	return fault(why, -EINVAL, "--%s: %s is %s %s%s", o->name, value, is, known,
		near_said(&n, ""));
}

int option_choice(
	const struct arguments *a, enum option_id id, int *ret, struct fault *why)
{
	const struct option_info *o = option_info(id);
	int which = 0;

	if (a->value[id] != NULL)
		which = choice(a->value[id], option_values(o));
	if (which < 0)
		return option_refuse(o, a->value[id], "none of", option_values(o), why);
	*ret = which;
	return 0;
}
