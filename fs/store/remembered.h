/* What is remembered of an export from one mount to the next: its months, where the
 * manifest of each stands, and which delivery was read by it. With it months open from
 * the cache without a request. It is only ever a hint: what it says is looked at again.
 */
#ifndef FS_STORE_REMEMBERED_H
#define FS_STORE_REMEMBERED_H

#include "aws/export/delivery.h"
#include "base/buf.h"

enum { REMEMBERED_MONTHS_MAX = 12 * 1000, REMEMBERED_BYTES_MAX = 64 * 1024 * 1024 };

struct remembered_month {
	struct month_no month;
	bool is_looked; /* as in struct month_ref */
	struct object_info manifest; /* likewise */
	struct instant looked; /* when; INSTANT_NONE: never */
	/* The delivery that was shown last, else the newest that is known, and the etag
	 * of the manifest it was read by; id "" for none. */
	char id[DELIVERY_ID_TEXT];
	char id_etag[OBJECT_ETAG_MAX];
	struct instant as_of;
	bool verified;
};

/* Plain; zeroed: nothing. */
struct remembered {
	char *place; /* name of the object source */
	struct export_ref export;
	struct instant looked; /* the last time that the months could be listed */
	bool is_doubtful; /* and then there were none: better looked for anew */
	struct remembered_month *months; /* oldest first, each once */
	size_t count, cap;
};

/* The file's bytes. identity: of what was asked for, in any words. 0; -ENOMEM; -EFBIG. */
MUST_USE int remembered_write(
	const struct remembered *m, const char *identity, struct buf *ret);
/* 0; -EBADMSG damaged, of another version or of another identity; -ENOMEM. What is
 * accepted is as object.h and delivery.h have it. */
MUST_USE int remembered_parse(
	struct span bytes, const char *identity, struct remembered *ret);
/* Appends a month, zeroed but for its number. 0; -ENOMEM; -EFBIG. */
MUST_USE int remembered_add(
	struct remembered *m, struct month_no month, struct remembered_month **ret);
void remembered_finish(struct remembered *m);

/* In the cache directory. 0; as remembered_parse(); -ENOENT; -errno. */
MUST_USE int remembered_load(int dir_fd, const char *identity, struct remembered *ret);
/* Published by rename, 0600. 0; -EAGAIN others are at it; -errno. */
MUST_USE int remembered_save(
	int dir_fd, const char *identity, const struct remembered *m);
/* The bytes of a file of this kind, as they are: ".known", ".tables". Appends to ret. 0;
 * -ENOENT; -EBADMSG not ours, or over ret's limit; -errno. */
MUST_USE int remembered_read(
	int dir_fd, const char *identity, const char *suffix, struct buf *ret);
/* As remembered_save(). */
MUST_USE int remembered_replace(
	int dir_fd, const char *identity, const char *suffix, struct span bytes);
/* Of all identities and kinds. 0; -errno. */
MUST_USE int remembered_remove_all(int dir_fd);

#endif
