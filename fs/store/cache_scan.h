/* What is in the cache directory: files by what they belong to. */
#ifndef FS_STORE_CACHE_SCAN_H
#define FS_STORE_CACHE_SCAN_H

#include <time.h>

#include "aws/export/delivery.h"

enum found_part {
	FOUND_NONE = 0, /* nothing that is ever evicted */
	FOUND_CUBE = 1,
	FOUND_DATA = 2,
	FOUND_LEFTOVER = 4, /* or of who is building it */
	FOUND_TABLE = 8, /* alone under its id */
	FOUND_LISTING = 16, /* of live/; likewise */
};

/* All files of one id. Plain. */
struct found {
	char id[DELIVERY_ID_TEXT];
	unsigned parts;
	uint64_t data_bytes, other_bytes, leftover_bytes;
	/* Last uses: of the data, of whatever else there is. */
	struct timespec data_used, used;
};
struct found_list {
	struct found *items; /* by id */
	size_t count, cap;
};

/* 0; -errno; -ENOMEM; -EFBIG. What goes meanwhile is not there. */
MUST_USE int cache_scan(int dir_fd, struct found_list *ret);
void found_list_finish(struct found_list *l);
/* -1, 0 or 1, as of qsort(). */
int found_by_time(const struct timespec *a, const struct timespec *b);
uint64_t found_bytes(const struct found *f);

/* The directory of listings. -errno where it cannot be opened, -ENOENT there is none. */
MUST_USE int cache_open_listings(int dir_fd, int *ret_fd);
/* Name of a listing's file: as cache_name(). */
#define CACHE_LISTING ".inventory"

#endif
