#include <errno.h>
#include <string.h>

#include "base/span.h"
#include "fs/cmd/command.h"

static const struct option_info infos[] = {
	{ OPTION_ACCOUNT, "account", 0, "ID", "account that pays, 12 digits" },
	{ OPTION_ACCOUNT_NAMES, "account-names", 0, "FROM",
		"organizations: ask AWS for names that the export lacks; none (default: "
		"where SOURCE is left out)" },
	{ OPTION_ACCOUNTS, "accounts", 0, "LIST",
		"connected accounts, ids with commas between (default: all); "
		"demo-export: how many" },
	{ OPTION_ALL, "all", 'a', NULL,
		"also what is hidden; doctor: what a mount can do without" },
	{ OPTION_ALLOW_OTHER, "allow-other", 0, NULL, "let other users in" },
	{ OPTION_BUCKET, "bucket", 0, "BUCKET", "of the export" },
	{ OPTION_BUCKET_ONLY, "bucket-only", 0, NULL,
		"leave out the calls that are not S3's" },
	{ OPTION_CACHE, "cache", 0, "DIR", "cache directory (default: ~/.cache/costfs)" },
	{ OPTION_CACHE_LIMIT, "cache-limit", 0, "SIZE",
		"how large the cache may grow, as 500M or 20G (default: 20G)" },
	{ OPTION_COMPRESSION, "compression", 0, "gzip|zip|plain", "of the data files" },
	{ OPTION_CONFIG, "config", 0, "FILE",
		"configuration file (default: ~/.config/costfs/config)" },
	{ OPTION_DISCOVERY_ROLE, "discovery-role", 0, "ROLE",
		"role of that name in each account, or arn:aws:iam::{account}:role/ROLE, "
		"which asks what the account has" },
	{ OPTION_EXPORT, "export", 0, "NAME",
		"which export, where the source has several" },
	{ OPTION_FOREGROUND, "foreground", 'f', NULL,
		"stay in the foreground, log to stderr" },
	{ OPTION_FORMAT, "format", 0, "FORMAT",
		"legacy-csv, legacy-parquet, cur2-csv, cur2-parquet, focus-csv, "
		"focus-parquet, focus-1.0-csv or -parquet" },
	{ OPTION_HELP, "help", 'h', NULL, "this text" },
	{ OPTION_JSON, "json", 0, NULL, "for programs" },
	{ OPTION_KMS_KEY, "kms-key", 0, "ARN", "of the key that encrypts the bucket" },
	{ OPTION_LAST_MONTH, "last-month", 0, "YYYY-MM", "newest month" },
	{ OPTION_LAYOUT, "layout", 0, "overwrite|create-new",
		"a folder a month, or a delivery" },
	{ OPTION_LAZY, "lazy", 'z', NULL, "also while it is in use" },
	{ OPTION_LOG, "log", 0, "FILE", "append log lines to the file" },
	{ OPTION_LONG, "long", 'l', NULL, "with mode, size and time" },
	{ OPTION_MEMORY_LIMIT, "memory-limit", 0, "SIZE",
		"of months that the cache cannot take, since its disk is full or "
		"read-only (default: 256M; 0: none)" },
	{ OPTION_METRICS, "metrics", 0, "on|off",
		"what CloudWatch has measured of instances; each file costs some ten "
		"calls (default: off)" },
	{ OPTION_MONTHS, "months", 0, "N", "how many months" },
	{ OPTION_NAME, "name", 0, "NAME", "name of the export" },
	{ OPTION_NOTIFY_FD, "notify-fd", 0, "N",
		"write a newline to this descriptor when the mount is usable" },
	{ OPTION_O, "options", 'o', "OPT[,OPT…]",
		"the options of this list, as fstab has them: accounts=…, allow_other, "
		"ro, …" },
	{ OPTION_PARTITION, "partition", 0, "NAME",
		"aws, aws-cn or aws-us-gov (default: that of the source, or aws)" },
	{ OPTION_PREFIX, "prefix", 0, "PREFIX", "folder of the export" },
	{ OPTION_PROFILE, "profile", 0, "NAME", "profile of the AWS configuration" },
	{ OPTION_QUIET, "quiet", 'q', NULL, "no progress" },
	{ OPTION_REFRESH, "refresh", 0, "TIME",
		"how often to look for new deliveries, as 30m or 1h; 0 = never (default: "
		"1h)" },
	{ OPTION_REGION, "region", 0, "REGION",
		"AWS region to begin with; the bucket's own is found out" },
	{ OPTION_REGIONS, "regions", 0, "LIST",
		"of resources, with commas between (default: all that are enabled)" },
	{ OPTION_REQUESTER_PAYS, "requester-pays", 0, NULL,
		"agree to pay for reading somebody else's bucket" },
	{ OPTION_RESOURCES, "resources", 0, "on|off",
		"what accounts have, asked of AWS (default: on where the source is "
		"AWS's)" },
	{ OPTION_ROWS, "rows", 0, "N", "how many line items, over all months" },
	{ OPTION_SANDBOX, "sandbox", 0, "on|off",
		"keep the mount from what it does not need; on: all of it, or no "
		"mount (default: what can be had)" },
	{ OPTION_SEED, "seed", 0, "N", "another seed, other costs" },
	{ OPTION_TABLES, "tables", 0, NULL,
		"also recommendations and carbon emissions beside it" },
	{ OPTION_THREADS, "threads", 0, "N", "threads that read a month" },
	{ OPTION_VERBOSE, "verbose", 'v', NULL, "more log lines" },
	{ OPTION_WATCH, "watch", 'w', NULL, "again and again" },
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

/* The words behind a command, and where parsing is. */
struct words {
	int count, at;
	char **items;
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
	if (attached == NULL && w->at + 1 >= w->count)
		return fault(
			why, -EINVAL, "--%s needs a value: %s", o->name, o->argument);
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
		return fault(why, -EINVAL, "no such option: --%.*s", SPAN_ARG(name));
	return take_option(o, equals != NULL ? equals + 1 : NULL, w, ret, why);
}

static int parse_letters(const struct command *c, struct words *w, struct arguments *ret,
	struct fault *why)
{
	for (const char *letter = w->items[w->at] + 1; *letter != '\0'; letter++) {
		const struct option_info *o = find_option(c, (struct span){ 0 }, *letter);

		if (o == NULL)
			return fault(why, -EINVAL, "no such option: -%c", *letter);
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
	bool only_positional = false;
	int r = 0;

	for (; r == 0 && w->at < w->count; w->at++) {
		const char *word = w->items[w->at];

		if (!only_positional && strcmp(word, "--") == 0)
			only_positional = true;
		else if (!only_positional && word[0] == '-' && word[1] == '-')
			r = parse_long(c, w, ret, why);
		else if (!only_positional && word[0] == '-' && word[1] != '\0')
			r = parse_letters(c, w, ret, why);
		else if (ret->count >= POSITIONAL_MAX)
			r = fault(why, -EINVAL, "too many arguments");
		else
			ret->positional[ret->count++] = word;
	}
	return r;
}

int command_parse(const struct command *c, int argc, char **argv, struct arguments *ret,
	struct fault *why)
{
	struct words w = { .count = argc, .items = argv };

	*ret = (struct arguments){ 0 };
	int r = parse_words(c, &w, ret, why);
	if (r < 0 || ret->value[OPTION_HELP] != NULL)
		return r;
	if (ret->count < c->least)
		return fault(why, -EINVAL, "something is missing: costfs %s", c->usage);
	if (ret->count > c->most)
		return fault(why, -EINVAL, "one too many: %s", ret->positional[c->most]);
	return 0;
}
