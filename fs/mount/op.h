/* One request of the kernel, from unpacking to its reply. */
#ifndef FS_MOUNT_OP_H
#define FS_MOUNT_OP_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "fs/mount/buffers.h"
#include "fs/mount/handles.h"
#include "fs/mount/mount.h"
#include "fs/mount/requests.h"

struct notifier;
struct loop;
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
	struct buffers *buffers; /* for what is read */
	const char *crawlers; /* for whom nothing is fetched */
	struct notifier *notifier; /* who is told of what is superseded */
	struct loop *loop; /* who takes requests meanwhile */
	uint64_t node;
	char *name; /* OP_LOOKUP */
	struct fuse_file_info file; /* where the request has one */
	size_t size;
	off_t offset;
};

/* What an open file or directory has as its file handle. */
struct handle *op_handle(const struct fuse_file_info *file);

/* What there is to say. Plain; by the kind of the request. */
struct op_answer {
	int error; /* 0; -errno, and why says it */
	struct fault why;
	struct tree_entry entry; /* OP_LOOKUP */
	struct stat attr; /* OP_GETATTR, and for how long: */
	double ttl_seconds;
	struct tree_file *file; /* OP_OPEN */
	struct tree_listing *listing; /* OP_OPENDIR */
};

/* Tries to answer. 0: the request has its reply. -EAGAIN: it has none, and need says what
 * it waits for. Never waits for a month; if patient is false, takes no more than
 * milliseconds. */
MUST_USE int op_try(
	struct tree *t, const struct op *op, bool patient, struct tree_need *need);
enum served_op op_served(enum op_kind kind);
/* As it is logged; name is the op's. */
struct request op_request(const struct op *op);
/* The two halves of it, of requests that may be answered -EAGAIN. 0: ret is to be given
 * to op_reply(), or to op_drop() where somebody else has replied. -EAGAIN. */
MUST_USE int op_find(struct tree *t, const struct op *op, bool patient,
	struct tree_need *need, struct op_answer *ret);
/* Both take what answer holds. */
void op_reply(struct tree *t, const struct op *op, struct op_answer *answer);
void op_drop(struct tree *t, const struct op *op, struct op_answer *answer);
const char *op_name(enum op_kind kind);

#endif
