/* The table of commands, help and version. */
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "fs/cmd/command.h"
#include "fs/cmd/say.h"

#define SOURCE_OPTIONS                                                                   \
	OPTION_EXPORT, OPTION_ACCOUNTS, OPTION_ACCOUNT_NAMES, OPTION_CACHE,              \
		OPTION_CACHE_LIMIT, OPTION_CONFIG, OPTION_PROFILE, OPTION_REGION,        \
		OPTION_MEMORY_LIMIT, OPTION_REQUESTER_PAYS, OPTION_RESOURCES,            \
		OPTION_METRICS, OPTION_DISCOVERY_ROLE, OPTION_REGIONS, OPTION_THREADS,   \
		OPTION_VERBOSE, OPTION_HELP, OPTION_COUNT

static const enum option_id mount_options[] = { OPTION_FOREGROUND, OPTION_REFRESH,
	OPTION_ALLOW_OTHER, OPTION_LOG, OPTION_SANDBOX, OPTION_NOTIFY_FD, OPTION_O,
	SOURCE_OPTIONS };
static const enum option_id umount_options[] = { OPTION_LAZY, OPTION_HELP, OPTION_COUNT };
static const enum option_id status_options[] = { OPTION_JSON, OPTION_WATCH, OPTION_HELP,
	OPTION_COUNT };
static const enum option_id prefetch_options[] = { OPTION_QUIET, SOURCE_OPTIONS };
static const enum option_id ls_options[] = { OPTION_LONG, OPTION_ALL, SOURCE_OPTIONS };
static const enum option_id source_options[] = { SOURCE_OPTIONS };
static const enum option_id demo_options[] = { OPTION_ROWS, OPTION_ACCOUNTS,
	OPTION_MONTHS, OPTION_SEED, OPTION_FORMAT, OPTION_LAYOUT, OPTION_COMPRESSION,
	OPTION_TABLES, OPTION_LAST_MONTH, OPTION_NAME, OPTION_PREFIX, OPTION_QUIET,
	OPTION_HELP, OPTION_COUNT };
static const enum option_id cache_options[] = { OPTION_CACHE, OPTION_CACHE_LIMIT,
	OPTION_HELP, OPTION_COUNT };
static const enum option_id exports_options[] = { OPTION_JSON, SOURCE_OPTIONS };
static const enum option_id policy_options[] = { OPTION_BUCKET, OPTION_PREFIX,
	OPTION_ACCOUNT, OPTION_PARTITION, OPTION_KMS_KEY, OPTION_BUCKET_ONLY,
	OPTION_CONFIG, OPTION_HELP, OPTION_COUNT };
static const enum option_id doctor_options[] = { OPTION_JSON, OPTION_ALL,
	OPTION_ALLOW_OTHER, SOURCE_OPTIONS };
static const enum option_id no_options[] = { OPTION_HELP, OPTION_COUNT };

static const struct command commands[] = {
	{ "mount", "mount [SOURCE] DIR [options]", "show an export as a directory",
		"costfs mount demo: ~/costs              a made-up organization, no AWS "
		"account\n"
		"costfs mount s3://bucket/prefix/export ~/costs --profile billing\n"
		"costfs mount ~/costs --profile billing  the export that AWS tells of: "
		"see "
		"costfs exports\n"
		"costfs mount /srv/bucket-copy ~/costs   a copy of the bucket, or a part "
		"of it\n"
		"costfs mount /srv/bucket-copy ~/costs --accounts "
		"111122223333,444455556666\n"
		"costfs mount acme ~/costs               section [acme] of the "
		"configuration",
		1, 2, mount_options, command_mount },
	{ "umount", "umount DIR", "take it away", "costfs umount ~/costs", 1, 1,
		umount_options, command_umount },
	{ "status", "status [DIR]",
		"months, deliveries, fetches under way, errors and their cure",
		"costfs status ~/costs\ncostfs status --json ~/costs | jq .months", 0, 1,
		status_options, command_status },
	{ "prefetch", "prefetch [SOURCE|DIR [MONTH | FROM..TO]]",
		"read months into the cache ahead",
		"costfs prefetch ~/costs 2026-01..2026-06\ncostfs prefetch demo:", 0, 2,
		prefetch_options, command_prefetch },
	{ "refresh", "refresh [DIR]",
		"look for new deliveries now, there or in all mounts",
		"costfs refresh ~/costs", 0, 1, no_options, command_refresh },
	{ "ls", "ls [SOURCE [PATH…]]", "list the tree without a mount",
		"costfs ls demo:\ncostfs ls -l demo: this-month\n"
		"costfs ls aws: months    aws: is the export that AWS tells of",
		0, POSITIONAL_MAX, ls_options, command_ls },
	{ "cat", "cat SOURCE PATH…", "print files of the tree without a mount",
		"costfs cat demo: this-month/by-service.csv", 2, POSITIONAL_MAX,
		source_options, command_cat },
	{ "path", "path SOURCE|DIR ID|ARN|NAME", "where in the tree it stands",
		"costfs path ~/costs i-0123456789abcdef0", 2, 2, source_options,
		command_path },
	{ "name", "name PATH", "what a directory of a mount stands for",
		"costfs name ~/costs/accounts/prod-eu_111122223333", 1, 1, no_options,
		command_name },
	{ "exports", "exports [SOURCE]",
		"which exports there are, and which one is preferred, and why",
		"costfs exports --profile billing         asks AWS's billing services\n"
		"costfs exports s3://bucket               looks for them in the bucket\n"
		"costfs exports --json | jq -r '.exports[] | select(.verdict != "
		"\"refused\").name'",
		0, 1, exports_options, command_exports },
	{ "doctor", "doctor [SOURCE]",
		"check all that a mount needs, and say what to do about the rest",
		"costfs doctor s3://bucket/prefix/export --profile billing\n"
		"costfs doctor\ncostfs doctor --json acme | jq '.[] | "
		"select(.status == \"FAILED\")'",
		0, 1, doctor_options, command_doctor },
	{ "policy", "policy bucket|user|discovery [SOURCE]",
		"print what AWS has to allow, filled in",
		"costfs policy user s3://acme-billing/exports    lets you read it\n"
		"costfs policy bucket s3://acme-billing --account 111122223333    lets "
		"AWS "
		"deliver to it\n"
		"costfs policy discovery    lets you see what the resources are",
		1, 2, policy_options, command_policy },
	{ "demo-export", "demo-export DIR", "write a made-up export, as AWS delivers it",
		"costfs demo-export /tmp/bucket --rows 1000000 --accounts 50 --months "
		"12\n"
		"costfs demo-export /tmp/bucket --format cur2-parquet --seed 7",
		1, 1, demo_options, command_demo_export },
	{ "cache", "cache info|clean", "how large the cache is; empty it",
		"costfs cache info", 1, 1, cache_options, command_cache },
	{ "version", "version", "which version this is", "costfs version", 0, 0,
		no_options, command_version },
	{ "help", "help [COMMAND]", "this text, or that of a command",
		"costfs help mount", 0, 1, no_options, command_help },
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

enum { WORD_MAX = 32, NEAR_MAX = 2 };

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance. */
static int distance(const char *a, const char *b)
{
	int row[WORD_MAX + 1];
	int len = (int)strlen(b);

	if (strlen(a) > WORD_MAX || len > WORD_MAX)
		return WORD_MAX;
	for (int j = 0; j <= len; j++)
		row[j] = j;
	for (int i = 0; a[i] != '\0'; i++) {
		int corner = row[0]++;

		for (int j = 1; j <= len; j++) {
			int above = row[j];
			int change = corner + (a[i] != b[j - 1]);

			row[j] = smaller(change, 1 + smaller(above, row[j - 1]));
			corner = above;
		}
	}
	return row[len];
}

const struct command *command_near(const char *name)
{
	const struct command *best = NULL;
	int least = NEAR_MAX + 1;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		int d = distance(name, commands[i].name);

		if (d < least) {
			least = d;
			best = &commands[i];
		}
	}
	return best;
}

static void print_examples(const char *examples)
{
	struct span rest = span_of(examples), line;

	puts("Examples:");
	while (span_split(&rest, '\n', &line))
		printf("  %.*s\n", SPAN_ARG(line));
}

static void print_option(const struct option_info *o)
{
	char left[80];

	if (o->letter != 0)
		snprintf(left, sizeof(left), "-%c, --%s %s", o->letter, o->name,
			o->argument != NULL ? o->argument : "");
	else
		snprintf(left, sizeof(left), "    --%s %s", o->name,
			o->argument != NULL ? o->argument : "");
	printf("  %-36s %s\n", left, o->help);
}

static void print_command(const struct command *c)
{
	printf("costfs %s: %s\n\n", c->name, c->summary);
	print_examples(c->examples);
	printf("\nUsage: costfs %s\n\nOptions:\n", c->usage);
	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++)
		print_option(option_info(*id));
}

int command_help(const struct arguments *a)
{
	if (a->count == 1) {
		const struct command *c = command_find(a->positional[0]);

		if (c == NULL)
			return say_usage("", "no such command: %s", a->positional[0]);
		print_command(c);
		return EXIT_DONE;
	}
	puts("costfs shows AWS billing exports as directories of CSV files.\n");
	print_examples("costfs mount demo: ~/costs\n"
		       "column -s, -t ~/costs/this-month/by-service.csv | head\n"
		       "costfs umount ~/costs");
	puts("\nCommands:");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	puts("\ncostfs help COMMAND says more.");
	return EXIT_DONE;
}

int command_version(const struct arguments *a)
{
	(void)a;
	puts("costfs " COSTFS_VERSION);
	return EXIT_DONE;
}
