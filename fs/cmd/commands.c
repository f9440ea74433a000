/* The table of commands. */
#include <string.h>

#include "base/span.h"
#include "fs/cmd/command.h"

#define SOURCE_OPTIONS                                                                   \
	OPTION_EXPORT, OPTION_ACCOUNTS, OPTION_ACCOUNT_NAMES, OPTION_CACHE,              \
		OPTION_CACHE_LIMIT, OPTION_CONFIG, OPTION_PROFILE, OPTION_REGION,        \
		OPTION_MEMORY_LIMIT, OPTION_REQUESTER_PAYS, OPTION_RESOURCES,            \
		OPTION_METRICS, OPTION_DISCOVERY_ROLE, OPTION_REGIONS, OPTION_THREADS,   \
		OPTION_VERBOSE, OPTION_COLOR, OPTION_HELP, OPTION_COUNT

static const enum option_id mount_options[] = { OPTION_FOREGROUND, OPTION_REFRESH,
	OPTION_ALLOW_OTHER, OPTION_LOG, OPTION_SANDBOX, OPTION_NOTIFY_FD, OPTION_O,
	SOURCE_OPTIONS };
static const enum option_id umount_options[] = { OPTION_LAZY, OPTION_COLOR, OPTION_HELP,
	OPTION_COUNT };
static const enum option_id status_options[] = { OPTION_JSON, OPTION_WATCH, OPTION_COLOR,
	OPTION_HELP, OPTION_COUNT };
static const enum option_id prefetch_options[] = { OPTION_QUIET, SOURCE_OPTIONS };
static const enum option_id ls_options[] = { OPTION_LONG, OPTION_ALL, OPTION_JSON,
	SOURCE_OPTIONS };
static const enum option_id source_options[] = { SOURCE_OPTIONS };
static const enum option_id demo_options[] = { OPTION_ROWS, OPTION_ACCOUNTS,
	OPTION_MONTHS, OPTION_SEED, OPTION_FORMAT, OPTION_LAYOUT, OPTION_COMPRESSION,
	OPTION_TABLES, OPTION_LAST_MONTH, OPTION_NAME, OPTION_PREFIX, OPTION_QUIET,
	OPTION_COLOR, OPTION_HELP, OPTION_COUNT };
static const enum option_id cache_options[] = { OPTION_JSON, OPTION_CACHE,
	OPTION_CACHE_LIMIT, OPTION_COLOR, OPTION_HELP, OPTION_COUNT };
static const enum option_id path_options[] = { OPTION_JSON, SOURCE_OPTIONS };
static const enum option_id version_options[] = { OPTION_JSON, OPTION_COLOR, OPTION_HELP,
	OPTION_COUNT };
static const enum option_id exports_options[] = { OPTION_JSON, SOURCE_OPTIONS };
static const enum option_id policy_options[] = { OPTION_BUCKET, OPTION_PREFIX,
	OPTION_ACCOUNT, OPTION_PARTITION, OPTION_KMS_KEY, OPTION_BUCKET_ONLY,
	OPTION_CONFIG, OPTION_COLOR, OPTION_HELP, OPTION_COUNT };
static const enum option_id doctor_options[] = { OPTION_JSON, OPTION_ALL,
	OPTION_ALLOW_OTHER, SOURCE_OPTIONS };
static const enum option_id no_options[] = { OPTION_COLOR, OPTION_HELP, OPTION_COUNT };

static const struct command commands[] = {
	{ "mount", "mount [SOURCE] DIR [options]", "show an export as a directory",
		"costfs mount demo: ~/costs              a made-up organization, no AWS "
		"account\n"
		"costfs mount s3://bucket/prefix/export ~/costs --profile billing\n"
		"costfs mount ~/costs --profile billing  the export that AWS tells of\n"
		"costfs mount /srv/bucket-copy ~/costs   a copy of the bucket, or a part "
		"of it\n"
		"costfs mount /srv/bucket-copy ~/costs --accounts "
		"111122223333,444455556666\n"
		"costfs mount acme ~/costs               section [acme] of the "
		"configuration",
		1, 2, mount_options, command_mount,
		.operands = { OPERAND_SOURCE_OR_DIRECTORY, OPERAND_DIRECTORY },
		.words = NULL },
	{ "umount", "umount DIR", "take it away", "costfs umount ~/costs", 1, 1,
		umount_options, command_umount, .operands = { OPERAND_MOUNT },
		.words = NULL },
	{ "status", "status [DIR]",
		"months, deliveries, fetches under way, errors and their cure",
		"costfs status ~/costs\ncostfs status --json ~/costs | jq .months", 0, 1,
		status_options, command_status, .operands = { OPERAND_MOUNT },
		.words = NULL },
	{ "prefetch", "prefetch [SOURCE|DIR [MONTH | FROM..TO]]",
		"read months into the cache ahead",
		"costfs prefetch ~/costs 2026-01..2026-06\ncostfs prefetch demo:", 0, 2,
		prefetch_options, command_prefetch,
		.operands = { OPERAND_SOURCE_OR_MOUNT, OPERAND_MONTHS }, .words = NULL },
	{ "refresh", "refresh [DIR]",
		"look for new deliveries now, there or in all mounts",
		"costfs refresh ~/costs", 0, 1, no_options, command_refresh,
		.operands = { OPERAND_MOUNT }, .words = NULL },
	{ "ls", "ls [SOURCE [PATH…]]", "list the tree without a mount",
		"costfs ls demo:\ncostfs ls -l demo: this-month\n"
		"costfs ls --json demo: accounts | jq -r '.[].id'\n"
		"costfs ls aws: months    aws: is the export that AWS tells of",
		0, POSITIONAL_MAX, ls_options, command_ls,
		.operands = { OPERAND_SOURCE, OPERAND_TREE_PATH }, .words = NULL },
	{ "cat", "cat SOURCE PATH…", "print files of the tree without a mount",
		"costfs cat demo: this-month/by-service.csv", 2, POSITIONAL_MAX,
		source_options, command_cat,
		.operands = { OPERAND_SOURCE, OPERAND_TREE_PATH }, .words = NULL },
	{ "path", "path SOURCE|DIR ID|ARN|NAME", "where in the tree it stands",
		"costfs path ~/costs i-0123456789abcdef0", 2, 2, path_options,
		command_path, .operands = { OPERAND_SOURCE_OR_MOUNT, OPERAND_TEXT },
		.words = NULL },
	{ "name", "name PATH", "what a directory of a mount stands for",
		"costfs name ~/costs/accounts/prod-eu_111122223333", 1, 1, no_options,
		command_name, .operands = { OPERAND_FILE }, .words = NULL },
	{ "exports", "exports [SOURCE]",
		"which exports there are, and which one is preferred, and why",
		"costfs exports --profile billing         asks AWS's billing services\n"
		"costfs exports s3://bucket               looks for them in the bucket\n"
		"costfs exports --json | jq -r '.exports[].name'",
		0, 1, exports_options, command_exports, .operands = { OPERAND_SOURCE },
		.words = NULL },
	{ "doctor", "doctor [SOURCE]",
		"check all that a mount needs, and say what to do about the rest",
		"costfs doctor s3://bucket/prefix/export --profile billing\n"
		"costfs doctor\ncostfs doctor --json acme | jq '.[] | "
		"select(.status == \"FAILED\")'",
		0, 1, doctor_options, command_doctor, .operands = { OPERAND_SOURCE },
		.words = NULL },
	{ "policy", "policy bucket|user|discovery [SOURCE]",
		"print what AWS has to allow, filled in",
		"costfs policy user s3://acme-billing/exports    lets you read it\n"
		"costfs policy bucket s3://acme-billing --account 111122223333  lets AWS "
		"write\n"
		"costfs policy discovery    lets you see what the resources are",
		1, 2, policy_options, command_policy,
		.operands = { OPERAND_WORD, OPERAND_SOURCE },
		.words = "bucket|user|discovery" },
	{ "demo-export", "demo-export DIR", "write a made-up export, as AWS delivers it",
		"costfs demo-export /tmp/bucket --rows 1000000 --accounts 50 --months "
		"12\n"
		"costfs demo-export /tmp/bucket --format cur2-parquet --seed 7",
		1, 1, demo_options, command_demo_export,
		.operands = { OPERAND_DIRECTORY }, .words = NULL },
	{ "cache", "cache info|clean", "how large the cache is; empty it",
		"costfs cache info\ncostfs cache info --json | jq .bytes", 1, 1,
		cache_options, command_cache, .operands = { OPERAND_WORD },
		.words = "info|clean" },
	{ "version", "version", "which version this is", "costfs version", 0, 0,
		version_options, command_version, .operands = { OPERAND_NONE },
		.words = NULL },
	{ "completion", "completion bash|zsh|fish",
		"print how a shell completes commands, months and paths",
		"source <(costfs completion bash)                for this shell\n"
		"costfs completion fish > ~/.config/fish/completions/costfs.fish",
		1, 1, no_options, command_completion, .operands = { OPERAND_WORD },
		.words = "bash|zsh|fish" },
	{ "complete", "complete -- WORD…", NULL, "costfs complete -- mount --me", 1,
		POSITIONAL_MAX, no_options, command_complete,
		.operands = { OPERAND_TYPED }, .words = NULL },
	{ "help", "help [COMMAND]", "this text, or that of a command",
		"costfs help mount", 0, 1, no_options, command_help,
		.operands = { OPERAND_COMMAND }, .words = NULL },
};

const struct command *command_at(size_t index)
{
	return index < ARRAY_LEN(commands) ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
