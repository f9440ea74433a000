/* Commands and their options: one table for parsing, help and completion. */
#ifndef FS_CMD_COMMAND_H
#define FS_CMD_COMMAND_H

#include <stdbool.h>

#include "base/fault.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 }; /* further: exit_code.h */
enum { POSITIONAL_MAX = 1024 };

enum option_id {
	OPTION_ACCOUNT,
	OPTION_ACCOUNT_NAMES,
	OPTION_ACCOUNTS,
	OPTION_ALL,
	OPTION_ALLOW_OTHER,
	OPTION_BUCKET,
	OPTION_BUCKET_ONLY,
	OPTION_CACHE,
	OPTION_CACHE_LIMIT,
	OPTION_COMPRESSION,
	OPTION_CONFIG,
	OPTION_DISCOVERY_ROLE,
	OPTION_EXPORT,
	OPTION_FOREGROUND,
	OPTION_FORMAT,
	OPTION_HELP,
	OPTION_JSON,
	OPTION_KMS_KEY,
	OPTION_LAST_MONTH,
	OPTION_LAYOUT,
	OPTION_LAZY,
	OPTION_LOG,
	OPTION_LONG,
	OPTION_MEMORY_LIMIT,
	OPTION_METRICS,
	OPTION_MONTHS,
	OPTION_NAME,
	OPTION_NOTIFY_FD,
	OPTION_O,
	OPTION_PARTITION,
	OPTION_PREFIX,
	OPTION_PROFILE,
	OPTION_QUIET,
	OPTION_REFRESH,
	OPTION_REGION,
	OPTION_REGIONS,
	OPTION_REQUESTER_PAYS,
	OPTION_RESOURCES,
	OPTION_ROWS,
	OPTION_SANDBOX,
	OPTION_SEED,
	OPTION_TABLES,
	OPTION_THREADS,
	OPTION_VERBOSE,
	OPTION_WATCH,
	OPTION_COUNT,
};

struct option_info {
	enum option_id id;
	const char *name; /* without "--" */
	char letter; /* 0 for none */
	const char *argument; /* name of its value, NULL for a switch */
	const char *help;
};

/* What stands on the command line. */
struct arguments {
	const char *value[OPTION_COUNT]; /* NULL: not given; "" for a given switch */
	const char *positional[POSITIONAL_MAX];
	int count;
	bool is_sloppy; /* options behind -o that nobody knows are no mistake */
};

struct command {
	const char *name;
	const char *usage; /* behind "costfs " */
	const char *summary;
	const char *examples; /* lines */
	int least, most; /* positional arguments */
	const enum option_id *options; /* ends with OPTION_COUNT */
	int (*run)(const struct arguments *a); /* answers the exit status */
};

/* NULL when there is none. */
const struct command *command_find(const char *name);
/* The command whose name is nearest, or NULL when none is near. */
const struct command *command_near(const char *name);
const struct option_info *option_info(enum option_id id);

/* Parses argv behind the command's name. 0; -EINVAL, and why says what. The strings are
 * argv's. */
MUST_USE int command_parse(const struct command *c, int argc, char **argv,
	struct arguments *ret, struct fault *why);

/* One function a command. */
int command_cache(const struct arguments *a);
int command_cat(const struct arguments *a);
int command_demo_export(const struct arguments *a);
int command_doctor(const struct arguments *a);
int command_exports(const struct arguments *a);
int command_help(const struct arguments *a);
int command_ls(const struct arguments *a);
int command_mount(const struct arguments *a);
int command_name(const struct arguments *a);
int command_path(const struct arguments *a);
int command_policy(const struct arguments *a);
int command_prefetch(const struct arguments *a);
int command_refresh(const struct arguments *a);
int command_status(const struct arguments *a);
int command_umount(const struct arguments *a);
int command_version(const struct arguments *a);

#endif
