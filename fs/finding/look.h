/* What a rule works with: what it looks at, what it has noted, where its rows go. For
 * fs/finding alone. */
#ifndef FS_FINDING_LOOK_H
#define FS_FINDING_LOOK_H

#include "aws/api/json.h"
#include "fs/finding/report.h"

enum { LOOK_NOTES_MAX = 10, LOOK_TEXT_MAX = 200, LOOK_NOTE_BYTES = 64 * 1024 };

struct look {
	const struct finding_input *in;
	const struct finding_info *info;
	struct thresholds thresholds;
	struct bill bill;
	struct report *report;
	struct buf note; /* evidence of the next row */
	size_t note_count; /* listed by look_list() */
	size_t counted; /* of what only the bill knows; see counted_as */
	const char *counted_as; /* "buckets"; NULL: nothing */
};
/* One region of one account. */
struct look_region {
	const char *name; /* "global" for a global kind */
	/* By the file's kinds; NULL: one that is extra, and not there. */
	const struct inventory *inventories[FINDING_KINDS];
};

/* All below: 0; -ENOMEM; -EFBIG too many rows. */

/* What the next row's evidence says, from the beginning. */
void look_forget(struct look *l);
/* Goes on; "; " comes between. */
MUST_USE int look_note(struct look *l, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same, of a list: behind LOOK_NOTES_MAX look_list_end() says how many more. */
MUST_USE int look_list(struct look *l, struct span text);
MUST_USE int look_list_end(struct look *l);
/* Lists what was refused, of one of the "Errors": "GetBucketAcl: AccessDenied". */
MUST_USE int look_error(struct look *l, const struct json *error);
/* "NAME 2026-11-23", or the text for none. */
MUST_USE int look_note_day(
	struct look *l, const char *name, struct instant t, const char *none);

/* The item is a finding, and costs what it costs itself. Its name is that of the
 * inventory, its evidence what was noted. */
MUST_USE int look_found(struct look *l, const struct look_region *r, size_t kind,
	size_t item, const char *why);
/* Nobody can say whether it is one; why says what is not known. */
MUST_USE int look_unknown(struct look *l, const struct look_region *r, size_t kind,
	size_t item, const char *why);
/* A row of no resource: why and cure of the fault, or otherwise. */
MUST_USE int look_lack(struct look *l, const char *region, const struct fault *why,
	const char *otherwise);

/* 1 and the item's JSON, an object; 0 it cannot be read, and there is a row that says so.
 */
MUST_USE int look_json(struct look *l, const struct look_region *r, size_t kind,
	size_t item, struct json **ret);
/* What an item's text says; INSTANT_NONE. */
struct instant look_created(const struct inventory *v, size_t item);
/* More seconds ago. t is not INSTANT_NONE. */
bool look_is_older(const struct look *l, struct instant t, uint64_t seconds);
/* At most LOOK_TEXT_MAX bytes, whole characters. */
struct span look_cut(struct span text);

bool look_has(struct span text, struct span part);

/* A member that is a time. 1; 0 it is absent; -EINVAL it is anything else. */
MUST_USE int look_time(const struct json *object, const char *name, struct instant *ret);

/* Room for item n of an array of numbers; new ones are 0. */
MUST_USE int look_reserve(uint64_t **items, size_t *cap, size_t n);

/* 1 the bill covers as many days; 0 it does not, and there is a row that says so. */
MUST_USE int look_bill(struct look *l, unsigned days);

/* The rules: those of a region are called for each; those of the file once, after them.
 */
MUST_USE int groups_look(struct look *l, const struct look_region *r);
MUST_USE int images_look(struct look *l, const struct look_region *r);
MUST_USE int snapshots_look(struct look *l, const struct look_region *r);
MUST_USE int public_look(struct look *l, const struct look_region *r);
MUST_USE int inactive_look(struct look *l, const struct look_region *r);
MUST_USE int console_look(struct look *l, const struct look_region *r);
/* regions: those that could be looked at. */
MUST_USE int instances_look(struct look *l, const struct look_region *regions,
	size_t count, struct fault *why);
MUST_USE int volumes_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why);
MUST_USE int addresses_look(struct look *l, const struct look_region *regions,
	size_t count, struct fault *why);
MUST_USE int buckets_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why);
MUST_USE int short_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why);

#endif
