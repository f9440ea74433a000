/* A month in the cache: one complete delivery, decoded, summed and indexed. Immutable;
 * all calls are thread-safe. Text ids and indexes count from 0 and belong to this month
 * only. */
#ifndef FS_STORE_MONTH_H
#define FS_STORE_MONTH_H

#include "aws/export/delivery.h"
#include "base/buf.h"
#include "fs/store/block_cache.h"
#include "fs/store/sums.h"

struct month;

/* Opens NAME.cube in the directory and checks all of it. Takes a shared lock that keeps
 * that file from eviction until the last reference goes. Of NAME.data, which holds the
 * rows and may have been evicted, only the size is looked at; its blocks have checksums,
 * which are checked as they are read. Borrows the directory and blocks until then. 0;
 * -ENOENT; -EBADMSG damaged or of another version; -errno. */
MUST_USE int month_open(int dir_fd, const char *name, struct block_cache *blocks,
	struct month **ret, struct fault *why);
/* The two files of a month that is in no directory. Plain. */
struct month_files {
	int cube_fd, data_fd;
};
/* Takes both files, also on failure. *used, which is borrowed until the last reference
 * goes, becomes less by so many bytes then (or on failure). As month_open(). */
MUST_USE int month_open_files(const struct month_files *files, _Atomic uint64_t *used,
	uint64_t bytes, struct block_cache *blocks, struct month **ret,
	struct fault *why);
struct month *month_ref(struct month *m);
/* NULL is allowed. */
void month_unref(struct month *m);

/* Keeps the rows from eviction until month_unpin(): who reads them does so by itself, for
 * as long as it reads; this is for what was promised to somebody who has a file open. 0;
 * -ENODATA they were evicted, and have to be read again (library_rows()); -EBADMSG
 * damaged; -errno. */
MUST_USE int month_pin(struct month *m);
void month_unpin(struct month *m);
/* The last who wanted its rows found them evicted. */
bool month_lacks_rows(const struct month *m);
/* It is in no directory: its rows are nobody else's. */
bool month_is_in_memory(const struct month *m);
/* Somebody uses it: what was used longest ago is evicted first. Noted in the cache when
 * the last reference goes, or now. */
void month_use(struct month *m);
void month_note_use(struct month *m);

struct month_facts {
	struct month_no month;
	struct instant as_of;
	bool verified;
	bool has_net, has_list, has_resources, has_tags, has_invoices;
	/* Zeroed: the whole month. Else there are no rows and no resources, and no sums
	 * but these; of one account, there is no other. */
	struct sums sums;
	uint64_t lines;
	uint64_t rounded; /* values with more than 18 places */
	uint64_t disk_bytes;
	const char *id; /* delivery.id */
	/* Hash of what numbers in it stand for, and of what is said: the same whenever
	 * the delivery is read. */
	uint64_t content;
	uint64_t index; /* hash of the file: where it is the same, rows fit it, too */
	const char *assembly;
	struct day first_day,
		last_day; /* of usage_start over all rows; DAY_NONE without rows */
};
const struct month_facts *month_facts(const struct month *m);
/* A block of it could not be read rightly: it has to be built anew (library_get() sees to
 * that). */
bool month_is_damaged(const struct month *m);
/* There is only one reference; by the time it is answered there may be more, unless the
 * caller keeps others from the only one. */
bool month_is_idle(const struct month *m);
/* Any text id. */
struct span month_text(const struct month *m, uint32_t text);

struct month_account {
	uint32_t id, name; /* texts; name may be empty */
};
struct month_service {
	uint32_t code, name, dir; /* texts; dir is the directory's name */
	uint32_t is_marketplace;
};
struct month_slice {
	uint32_t account, service; /* indexes */
	uint32_t resource_first, resource_count;
	uint64_t lines;
	uint64_t bytes; /* of the rows' text, without header */
	uint64_t entry_first[DIM_COUNT + 1];
	uint64_t extent_first, extent_count;
};
struct month_resource {
	uint32_t id, dir, name, region; /* texts; id is empty for _no-resource */
};
/* By id, byte order. */
uint32_t month_account_count(const struct month *m);
const struct month_account *month_account(const struct month *m, uint32_t account);
/* By code, byte order. */
uint32_t month_service_count(const struct month *m);
const struct month_service *month_service(const struct month *m, uint32_t service);
/* By account, then service. */
uint32_t month_slice_count(const struct month *m);
const struct month_slice *month_slice(const struct month *m, uint32_t slice);
/* Slices of an account stand together: from *ret_first, count answered. */
uint32_t month_account_slices(
	const struct month *m, uint32_t account, uint32_t *ret_first);
/* 0; -ENOENT no such account, service or pair. */
MUST_USE int month_find_account(const struct month *m, struct span id, uint32_t *ret);
MUST_USE int month_find_service(const struct month *m, struct span code, uint32_t *ret);
MUST_USE int month_find_slice(
	const struct month *m, uint32_t account, uint32_t service, uint32_t *ret);
/* The slice's resources, by directory name in byte order: resource_count of them. */
const struct month_resource *month_resources(const struct month *m, uint32_t slice);
/* Of the directory name. 0; -ENOENT. */
MUST_USE int month_find_resource(
	const struct month *m, uint32_t slice, struct span dir, uint32_t *ret);
/* Entries of one dimension of a slice, in no meaningful order. */
const struct entry *month_entries(
	const struct month *m, uint32_t slice, enum dim dim, size_t *ret_count);

/* The first line of costs.csv and lines.csv, with its newline. */
struct span month_header(const struct month *m);
/* Rows of one slice as they stand in costs.csv behind the header, at offset. Bytes read,
 * short only at the end; -ENODATA as month_pin(); -EBADMSG damaged; -EIO; -ENOMEM. */
MUST_USE ssize_t month_read(const struct month *m, uint32_t slice, uint64_t offset,
	void *bytes, size_t len, struct fault *why);
/* Where there a row begins: row < lines of the slice, or lines for the end. Reads a
 * block, unless it is the first of one. 0; as month_read(). */
MUST_USE int month_row_offset(const struct month *m, uint32_t slice, uint64_t row,
	uint64_t *ret, struct fault *why);
/* The same rows in pieces of whole lines, in order: piece < extent_count. Replaces ret.
 */
MUST_USE int month_piece(const struct month *m, uint32_t slice, uint64_t piece,
	struct buf *ret, struct fault *why);

/* Columns of the leading block, in the order of the header. */
enum lead {
	LEAD_USAGE_START,
	LEAD_USAGE_END,
	LEAD_ACCOUNT_ID,
	LEAD_SERVICE,
	LEAD_REGION,
	LEAD_AVAILABILITY_ZONE,
	LEAD_USAGE_TYPE,
	LEAD_OPERATION,
	LEAD_CHARGE_TYPE,
	LEAD_RESOURCE_ID,
	LEAD_USAGE_AMOUNT,
	LEAD_USAGE_UNIT,
	LEAD_UNBLENDED, /* and the other costs, by enum cost */
	LEAD_CURRENCY = LEAD_UNBLENDED + COST_COUNT,
	LEAD_INVOICE_ID,
	LEAD_COUNT,
};

#endif
