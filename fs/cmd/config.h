/* The configuration file: INI, a section for each mount; and sizes and times as people
 * write them. */
#ifndef FS_CMD_CONFIG_H
#define FS_CMD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum { CONFIG_BYTES_MAX = 1024 * 1024, CONFIG_LINES_MAX = 10000 };

struct config;

/* "name = value" of a section, in the order of the file. */
struct config_item {
	const char *name, *value;
	unsigned line; /* of the file, from 1 */
};

/* An absent file is an empty configuration unless must_exist. 0; -EINVAL a line that is
 * none (why names file and line); -EACCES any user may write to it; -EFBIG; -errno;
 * -ENOMEM. */
MUST_USE int config_read(
	const char *path, bool must_exist, struct config **ret, struct fault *why);
bool config_has(const struct config *c, const char *section);
/* The section of line index (heads and items), NULL behind the last: each section comes
 * with its head first. Valid until config_free(). */
const char *config_section(const struct config *c, size_t index, bool *ret_is_head);
/* Item index of the section; NULL behind the last. Valid until config_free(). */
const struct config_item *config_item(
	const struct config *c, const char *section, unsigned index);
void config_free(struct config *c);

/* "500M", "20G", "1T", or bytes. 0; -EINVAL. */
MUST_USE int parse_size(const char *text, uint64_t *ret);
/* "90", "90s", "30m", "1h", "1d": seconds. 0; -EINVAL. */
MUST_USE int parse_time(const char *text, unsigned *ret);
/* A plain number. 0; -EINVAL. */
MUST_USE int parse_number(const char *text, uint64_t max, uint64_t *ret);

#endif
