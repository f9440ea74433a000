/* Which exports there are, asked of AWS's billing services or of a source. */
#ifndef FS_CMD_EXPORTS_H
#define FS_CMD_EXPORTS_H

#include "aws/export/candidate.h"
#include "fs/cmd/settings.h"

struct session;

/* Finished by exports_finish(). */
struct exports {
	struct candidate_list list; /* judged */
	/* Why a service did not tell, error 0 where it did. */
	struct fault cur, data_exports;
	bool is_nowhere; /* AWS has no such services in this part of it */
};

/* Asks both services; one that refuses is no failure. 0; where both fail the errno of the
 * first; -ECANCELED; -ENOMEM. */
MUST_USE int exports_ask(struct session *session, const atomic_bool *stop,
	struct exports *ret, struct fault *why);
/* Those of the source that s names, by their files. 0; errnos as
 * source_open_objects(). */
MUST_USE int exports_walk(const struct settings *s, const atomic_bool *stop,
	struct exports *ret, struct fault *why);
void exports_finish(struct exports *e);

/* The one of the name (may be NULL: the preferred one). 0; -ENODATA there is none, or
 * several: why lists them, with the cure; where a service is in trouble and none was
 * named, its errno: half an answer decides nothing. */
MUST_USE int exports_choose(const struct exports *e, const char *name,
	const struct candidate **ret, struct fault *why);

#endif
