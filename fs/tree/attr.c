/* Sizes, times and inode numbers. */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "fs/tree/inside.h"

enum {
	BLOCK_BYTES = 512,
	IO_BYTES = 128 * 1024,
	/* C libraries read a directory by pieces of that size, the kernel asks for as
	 * much at once, and both have room made for it each time: so it is a thousand
	 * names with their attributes where there may be as many, and else the least. */
	FEW_NAMES_BYTES = 4096,
	MANY_NAMES_BYTES = 256 * 1024,
};

static const double ttl_stable = 3600;
/* Of a month whose delivery may come to be known, and of what nobody tells of. */
static const double ttl_unread = 60;
static const double ttl_live = 1;

int attr_fill(const struct ask *a, struct node *n)
{
	if (n->blob || !text_has((enum place_kind)n->place.kind))
		return 0;
	return text_of(a, &n->place, &n->blob);
}

uint64_t attr_ino(struct span path)
{
	uint64_t ino = hash64(path.p, path.len, 0);

	return ino ? ino : 1;
}

static int newest_time(struct library *l, struct instant *ret)
{
	struct instant newest = { INSTANT_NONE };
	struct month_status *months;
	ssize_t n = library_months(l, &months);

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++)
		if (months[i].as_of.seconds > newest.seconds)
			newest = months[i].as_of;
	free(months);
	*ret = newest;
	return 0;
}

static int time_of(const struct tree *t, const struct node *n, struct instant *ret)
{
	struct month_status status;

	if (n->table || n->place.kind == PLACE_REPORT) {
		*ret = n->table ? table_file_as_of(n->table) : blob_time(n->blob);
		return 0;
	}
	*ret = (struct instant){ INSTANT_NONE };
	if (n->inventory)
		*ret = inventory_time(n->inventory);
	/* The newest costs in an index.csv may be younger than what it lists. */
	if (n->month && (!n->inventory || n->place.kind == PLACE_LIVE_INDEX) &&
		month_facts(n->month)->as_of.seconds > ret->seconds)
		*ret = month_facts(n->month)->as_of;
	if (n->month || n->inventory)
		return 0;
	if (n->place.kind != PLACE_MONTH)
		return newest_time(t->o.library, ret);
	if (library_status(t->o.library, n->place.month, &status) < 0)
		*ret = (struct instant){ INSTANT_NONE };
	else
		*ret = status.as_of;
	return 0;
}

static int size_of(const struct ask *a, const struct node *n, uint64_t *ret)
{
	struct view_name name;
	struct scope s;
	int r;

	*ret = 0;
	if (place_is_pending(&n->place))
		return 0;
	if (n->blob && place_type(&n->place) != S_IFDIR)
		*ret = blob_span(n->blob).len;
	if (n->table)
		*ret = table_file_size(n->table);
	if (n->place.kind == PLACE_LIVE_INDEX)
		return live_index_size(a, n, ret);
	if (n->inventory && place_type(&n->place) == S_IFREG)
		*ret = inventory_json(n->inventory, n->place.item).len;
	if (n->place.kind != PLACE_FILE)
		return 0;
	s = node_scope(a->t, n);
	name = node_view_name(n);
	r = view_stat(a->t->o.views, &s, &name, a->patient, ret, a->why);
	if (r == -EAGAIN)
		return ask_wait(a, (struct month_no){ 0 });
	if (r < 0)
		month_heal(a->t->o.library, n->month);
	return ask_rows(a, n->month, r);
}

static double ttl_of(const struct node *n)
{
	/* Programs read it to know what is under way right now. */
	if (n->place.kind == PLACE_STATUS_JSON)
		return 0;
	if (n->place.kind == PLACE_STATUS || n->place.kind == PLACE_METRICS_PROM ||
		n->place.kind == PLACE_ERRORS_LOG || n->place.kind == PLACE_LIVE_STATUS)
		return ttl_live;
	/* Of one that is not read the size is asked for when somebody wants it. */
	if (place_is_pending(&n->place) || node_is_unread(n))
		return 0;
	if (n->place.kind == PLACE_TABLE_FILE || node_is_metrics(n))
		return ttl_unread;
	/* A newer delivery of it is not told until the month is read. */
	if (n->month && month_facts(n->month)->sums.dims != 0)
		return ttl_unread;
	if (n->place.kind == PLACE_LIVE_TYPE && !n->inventory)
		return ttl_live;
	/* Nobody tells of what stands beside the costs, and of what is found. */
	if (n->place.kind == PLACE_RESOURCE_JSON || n->place.kind == PLACE_FINDING)
		return ttl_unread;
	return n->place.kind == PLACE_MONTH && !n->month ? ttl_unread : ttl_stable;
}

static blksize_t block_size(const struct node *n)
{
	if (place_type(&n->place) != S_IFDIR)
		return IO_BYTES;
	switch ((enum place_kind)n->place.kind) {
	case PLACE_ACCOUNTS:
	case PLACE_SERVICES:
	case PLACE_RESOURCES:
	case PLACE_LIVE_TYPE:
	case PLACE_TAGS:
	case PLACE_CATEGORIES:
		return MANY_NAMES_BYTES;
	default:
		return FEW_NAMES_BYTES;
	}
}

int attr_of(const struct ask *a, const struct node *n, struct span path, struct stat *ret,
	double *ret_ttl)
{
	mode_t type = place_type(&n->place);
	struct stat s = { 0 };
	struct instant time = { INSTANT_NONE };
	uint64_t size;
	int r = size_of(a, n, &size);

	if (r == 0)
		r = time_of(a->t, n, &time);
	if (r < 0)
		return r;
	s.st_ino = attr_ino(path);
	s.st_mode = type | (type == S_IFDIR ? 0555 : type == S_IFLNK ? 0777 : 0444);
	s.st_nlink = type == S_IFDIR ? 2 : 1;
	s.st_uid = a->t->o.uid;
	s.st_gid = a->t->o.gid;
	s.st_size = (off_t)size;
	s.st_blksize = block_size(n);
	s.st_blocks = (blkcnt_t)((size + BLOCK_BYTES - 1) / BLOCK_BYTES);
	s.st_mtim.tv_sec = time.seconds == INSTANT_NONE ? 0 : (time_t)time.seconds;
	s.st_ctim = s.st_mtim;
	s.st_atim = s.st_mtim;
	*ret = s;
	*ret_ttl = ttl_of(n);
	return 0;
}
