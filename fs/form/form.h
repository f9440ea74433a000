/* Other forms of a file of the kit: the same rows, under another ending of the name. */
#ifndef FS_FORM_FORM_H
#define FS_FORM_FORM_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"

enum form {
	FORM_CSV, /* the file itself */
	FORM_TXT, /* aligned, two decimals, a total: for eyes */
	FORM_JSON, /* an array of objects; numbers as they are, to the last digit */
	FORM_TSV,
	FORM_MD,
	FORM_HTML, /* one page: a chart and a table */
	FORM_SVG, /* the chart */
	FORM_XLSX, /* where costfs was built with libxlsxwriter */
	FORM_COUNT,
};

/* ".txt" */
const char *form_ending(enum form form);
/* Whether this costfs can make it. */
bool form_is_built(enum form form);
/* Whether this costfs makes the file ("by-service") in that form; FORM_COUNT is none.
 * Line items have no chart. */
bool form_is_of(enum form form, struct span file);
/* By a name's ending. FORM_COUNT: of none. Sets *ret_stem to what stands before it. */
enum form form_of_name(struct span name, struct span *ret_stem);

/* What a form says beside the rows. Plain, all borrowed. */
struct form_about {
	struct span file; /* "by-service", without an ending */
	struct span title; /* "Costs by service" */
	struct span subtitle; /* "prod-eu (111122223333), 2026-11, estimated, as of …" */
	const atomic_bool *stop; /* when it becomes true: -ECANCELED; NULL: never */
};

/* Appends the file that the CSV is in that form. The same CSV and the same words give the
 * same bytes. 0; -EBADMSG the CSV is not of our dialect; -EFBIG the form cannot hold as
 * many rows or columns, or they do not fit into ret; -ECANCELED; -ENOTSUP it is not built
 * in, or (SVG) there is nothing to draw of this file; -ERANGE; -ENOMEM. */
MUST_USE int form_render(enum form form, struct span csv, const struct form_about *about,
	struct buf *ret, struct fault *why);

#endif
