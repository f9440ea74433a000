/* What the files and directories of a mount may be: one of a few versions, each written
 * by stress.py from a mount that nobody else used. */
#ifndef TESTS_STRESS_REFERENCE_H
#define TESTS_STRESS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VERSIONS_MAX = 8 };

/* Bytes of a file; of a directory its names, sorted, each with a NUL behind it. */
struct version {
	bool exists;
	const char *bytes;
	size_t size;
	const char *lines; /* what user.costfs.lines says; NULL: there is none */
};

struct item {
	const char *path;
	bool is_directory;
	bool is_in_month; /* and of one version with all that stands below it */
	uint64_t ino; /* the same in every version */
	struct version of[VERSIONS_MAX];
};

/* Immutable, sorted by path. */
struct reference {
	struct item *items;
	size_t count;
	unsigned versions;
};

/* Reads DIRECTORY/N.index and DIRECTORY/N.bytes for N from 0 on, until there is none.
 * Ends the process with a word on standard error when they are not as stress.py writes
 * them. What they say is never given back. */
void reference_read(const char *directory, struct reference *ret);

/* A bit for each version that has the item. */
unsigned reference_mask(const struct reference *r, const struct item *item);

/* The item of that path; NULL when there is none. */
const struct item *reference_find(const struct reference *r, const char *path);

#endif
