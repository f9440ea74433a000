/* One request of the kernel, from unpacking to its reply. */
#ifndef FS_MOUNT_OP_H
#define FS_MOUNT_OP_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "fs/mount/handles.h"
#include "fs/mount/mount.h"
#include "fs/mount/requests.h"

enum op_kind {
	OP_LOOKUP,
	OP_GETATTR,
	OP_OPEN,
	OP_READ,
	OP_OPENDIR,
	OP_READDIR,
	OP_READDIRPLUS,
};

/* Plain. Copied when it is set aside; name is then the copy's own. */
struct op {
	enum op_kind kind;
	fuse_req_t req;
	struct request request; /* without its name */
	struct requests *requests; /* where it is counted */
	struct handles *handles; /* where what is opened is kept */
	const char *crawlers; /* for whom nothing is fetched */
	uint64_t node;
	char *name; /* OP_LOOKUP */
	struct fuse_file_info file; /* where the request has one */
	size_t size;
	off_t offset;
};

/* What an open file or directory has as its file handle. */
struct handle *op_handle(const struct fuse_file_info *file);

/* Tries to answer. 0: the request has its reply. -EAGAIN: it has none, and need says what
 * it waits for. Never waits for a month; if patient is false, takes no more than
 * milliseconds. */
MUST_USE int op_try(
	struct tree *t, const struct op *op, bool patient, struct tree_need *need);
enum served_op op_served(enum op_kind kind);
/* As it is logged; name is the op's. */
struct request op_request(const struct op *op);

#endif
