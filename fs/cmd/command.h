/* Commands and their options: one table for parsing, help and completion. */
#ifndef FS_CMD_COMMAND_H
#define FS_CMD_COMMAND_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/span.h"

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
	OPTION_COLOR,
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

/* What options are about, for the help. */
enum option_group {
	GROUP_COMMAND, /* the command alone */
	GROUP_SOURCE,
	GROUP_CACHE,
	GROUP_RESOURCES,
	GROUP_OTHER,
	GROUP_COUNT,
};

struct option_info {
	enum option_id id;
	const char *name; /* without "--" */
	char letter; /* 0 for none */
	const char *argument; /* name of its value, NULL for a switch */
	const char *help;
	const char *values; /* those known, with '|' between; NULL: as argument says */
	enum option_group group;
};

/* What an argument of a command is. */
enum operand {
	OPERAND_NONE, /* also ends the list */
	OPERAND_TEXT, /* anything */
	OPERAND_TYPED, /* a word that is being typed, perhaps still empty */
	OPERAND_WORD, /* of command.words */
	OPERAND_COMMAND,
	OPERAND_SOURCE,
	OPERAND_SOURCE_OR_DIRECTORY,
	OPERAND_SOURCE_OR_MOUNT,
	OPERAND_MOUNT, /* the directory of one, or a path in it */
	OPERAND_DIRECTORY,
	OPERAND_FILE, /* any path */
	OPERAND_MONTHS, /* of the argument before */
	OPERAND_TREE_PATH, /* below the source, which comes first */
};
enum { OPERANDS = 3 };

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
	const char *summary; /* NULL: for scripts, and not in the help */
	const char *examples; /* lines */
	int least, most; /* positional arguments */
	const enum option_id *options; /* ends with OPTION_COUNT */
	int (*run)(const struct arguments *a); /* answers the exit status */
	/* The last one goes on for further arguments. */
	enum operand operands[OPERANDS];
	const char *words; /* with '|' between */
};

/* In the order of the help; NULL behind the last. */
const struct command *command_at(size_t index);
/* NULL when there is none. */
const struct command *command_find(const char *name);
const struct option_info *option_info(enum option_id id);

/* Parses argv behind the command's name. 0; -EINVAL, and why says what. The strings are
 * argv's. */
MUST_USE int command_parse(const struct command *c, int argc, char **argv,
	struct arguments *ret, struct fault *why);

/* Where a command line that is being typed has come to. */
struct typed {
	struct arguments given; /* what could be understood */
	const struct option_info *wants; /* the next word is its value; else NULL */
	bool no_options; /* behind "--" */
};

/* As command_parse(), and passes over what it does not understand. */
void command_look(
	const struct command *c, int count, const char *const *words, struct typed *ret);
/* The command's option of that name; NULL: it has none. */
const struct option_info *command_option(const struct command *c, struct span name);
/* Values or words that are known, with '|' between; NULL: it may be anything. */
const char *option_values(const struct option_info *o);
/* Which of option_values() was given; 0, the first one, where none was. -EINVAL: it is
 * none of them. */
MUST_USE int option_choice(
	const struct arguments *a, enum option_id id, int *ret, struct fault *why);
/* "--NAME: VALUE is ISN'T KNOWN", and which may be meant; -EINVAL. */
int option_refuse(const struct option_info *o, const char *value, const char *is,
	const char *known, struct fault *why);

/* One function a command. */
int command_cache(const struct arguments *a);
int command_cat(const struct arguments *a);
int command_complete(const struct arguments *a);
int command_completion(const struct arguments *a);
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

/* "costfs: no such command", and which one may be meant; EXIT_USAGE. */
int command_unknown(const char *name);
/* No such word among command.words: "costfs: no such WHAT: …"; EXIT_USAGE. */
int command_unknown_word(const char *command, const char *what, const char *word);

#endif
