/* A source as the user named it: its objects, and the export that is shown. */
#ifndef FS_CMD_SOURCE_H
#define FS_CMD_SOURCE_H

#include <stdatomic.h>
#include <string.h>

#include "aws/export/delivery.h"
#include "fs/cmd/place.h"
#include "fs/cmd/settings.h"

struct session;

struct source {
	struct object_source *objects;
	struct export_ref export;
	struct session *session; /* NULL without AWS */
	struct place place; /* zeroed where the objects are files */
};

/* stop ends calls to AWS, also later ones; borrowed until source_close(). 0; -ENOENT the
 * source is not there; -ENODATA no export in it, or several and none was named; -errno.
 * why says what and the cure. */
MUST_USE int source_open(const struct settings *s, const atomic_bool *stop,
	struct source *ret, struct fault *why);
void source_close(struct source *s);
/* Only the objects: no export is chosen, nor has one to be there. Errnos as above. */
MUST_USE int source_open_objects(const struct settings *s, const atomic_bool *stop,
	struct source *ret, struct fault *why);
/* The source of those who name none: the export is found by asking AWS. */
#define SOURCE_DETECTED "aws:"
static inline bool source_is_detected(const char *source)
{
	return strcmp(source, SOURCE_DETECTED) == 0;
}
#define SOURCE_DEMO "demo:"
/* Of settings.source: in S3, or asked AWS for. What is neither this nor the demo is a
 * path, and may have colons as well. */
static inline bool source_is_far(const char *source)
{
	return strncmp(source, "s3://", 5) == 0 || source_is_detected(source);
}
static inline bool source_is_path(const char *source)
{
	return !source_is_far(source) && strcmp(source, SOURCE_DEMO) != 0;
}

#endif
