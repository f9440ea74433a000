/* A month as one page: the files of its kit that the page is made of, and those of the
 * month before. */
#ifndef FS_VIEW_REPORT_H
#define FS_VIEW_REPORT_H

#include "fs/form/report.h"
#include "fs/view/view.h"

/* Plain, all borrowed. */
struct view_report {
	struct month *month;
	struct month *before; /* NULL unless it is read */
	bool has_before; /* the export has that month */
	const struct selection *selection;
	enum form form;
};
/* Appends the page. What it says comes out of the two deliveries alone, and of whether
 * the month before is there and read. patient false: -EAGAIN where the cache does not
 * have it, since it takes long. 0; -ENOENT not in that form; -EMSGSIZE too large;
 * -ENOMEM; -ERANGE; -EBADMSG; -ECANCELED view_cache_stop(). */
MUST_USE int view_report(struct view_cache *c, const struct view_report *report,
	bool patient, struct buf *ret, struct fault *why);

#endif
