/* What stands in the cells of a series that are the same in all its rows. */
#ifndef FS_CMD_DEMO_FILL_H
#define FS_CMD_DEMO_FILL_H

#include "fs/cmd/demo/plan.h"
#include "fs/cmd/demo/cells.h"
#include "fs/cmd/demo/format.h"

/* Plain; borrows all. */
struct filler {
	const struct world *w;
	const struct plan *p;
	bool milliseconds; /* of dates */
	enum format_family family;
};

/* All cells and holes; the record is valid as long as f's world and plan. */
void fill_cells(const struct filler *f, const struct series *s, struct cells *ret);

/* Parts of it. */
void fill_meter(const struct filler *f, const struct series *s, struct cells *ret);
void fill_resource(const struct filler *f, const struct series *s, struct cells *ret);
void fill_tags(const struct filler *f, const struct series *s, struct cells *ret);
void fill_reservation(const struct filler *f, const struct series *s, struct cells *ret);
void fill_plan(const struct filler *f, const struct series *s, struct cells *ret);
void fill_split(const struct filler *f, const struct series *s, struct cells *ret);
/* FOCUS's columns, out of all those of CUR. */
void fill_focus(const struct filler *f, const struct series *s, struct cells *ret);

#endif
