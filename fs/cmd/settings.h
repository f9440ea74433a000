/* What a mount is to be: command line over configuration over defaults. */
#ifndef FS_CMD_SETTINGS_H
#define FS_CMD_SETTINGS_H

#include <sys/types.h>

#include "fs/cmd/command.h"
#include "fs/tree/tree.h"

/* Whom names of accounts come from that neither the export nor the configuration has. */
enum names_from {
	NAMES_FROM_DEFAULT, /* the organization where the source was not named */
	NAMES_FROM_ORGANIZATION,
	NAMES_FROM_NOBODY,
};

/* Whether accounts have a directory resources/. */
enum resources_wish {
	RESOURCES_DEFAULT, /* where the source is AWS's, or somebody may ask */
	RESOURCES_ON,
	RESOURCES_OFF,
};

/* What a mount is kept from (confine.h). */
enum sandbox_wish {
	SANDBOX_DEFAULT, /* as much as can be had */
	SANDBOX_ON, /* all of it, or no mount */
	SANDBOX_OFF,
};

/* Zeroed, then filled by settings_init(); strings are its own. */
struct settings {
	/* As given, or that of the section, after given_parse(). */
	char *source;
	bool is_guess; /* it names a bucket if it names anything */
	char *cache; /* directory */
	char *export_name; /* NULL: the only one */
	char *profile, *region; /* of AWS; NULL: as its own settings say */
	char *near_section; /* whose name is near what was given; NULL: none */
	char *log; /* file, NULL: none */
	char *crawlers; /* programs for whom nothing is fetched; NULL: those known */
	struct selection selection; /* zeroed: all */
	struct account_name *names;
	size_t name_count, name_cap;
	enum names_from names_from;
	enum resources_wish resources;
	enum sandbox_wish sandbox;
	bool metrics; /* of instances; each look costs calls */
	/* Of a name, or an ARN with {account} for the id; NULL: nobody's role is assumed.
	 */
	char *discovery_role, *discovery_external_id;
	char *regions; /* with commas between; NULL: those that are enabled */
	struct account_name *profiles; /* of single accounts; the last one counts */
	size_t profile_count, profile_cap;
	struct thresholds thresholds; /* of findings */
	uint64_t cache_limit; /* bytes, 0: the store's default */
	uint64_t memory_limit; /* bytes, of months that the cache cannot take */
	unsigned refresh_seconds, threads;
	uid_t uid; /* whose all files are shown to be */
	gid_t gid;
	bool allow_other, foreground, requester_pays;
};

/* given: a source as the user named it, perhaps a section. 0; -EINVAL a value that is
 * none; -errno of the configuration; -ENOMEM. */
MUST_USE int settings_init(const struct arguments *a, const char *given,
	struct settings *ret, struct fault *why);
void settings_finish(struct settings *s);

/* Options that the configuration has as well, by the same names, and mount -o; ends with
 * OPTION_COUNT. */
const enum option_id *settings_options(void);

/* Where the configuration is, or would be: --config, $XDG_CONFIG_HOME/costfs/config or
 * ~/.config/costfs/config. The caller frees *ret. 0; -EINVAL no home; -ENOMEM. */
MUST_USE int settings_config(const struct arguments *a, char **ret, struct fault *why);
/* $COSTFS_CACHE, $XDG_CACHE_HOME/costfs or ~/.cache/costfs, unless the option is given.
 * The caller frees *ret. 0; -EINVAL no home; -ENOMEM. */
MUST_USE int settings_cache(const struct arguments *a, char **ret, struct fault *why);

#endif
