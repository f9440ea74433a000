#include "fs/mount/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "fs/mount/reply.h"

static struct ops_context *context_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void run(struct op *op)
{
	struct ops_context *c = context_of(op->req);
	struct tree_need need;

	op->handles = &c->handles;
	op->buffers = &c->buffers;
	op->notifier = c->notifier;
	op->loop = c->loop;
	op->requests = &c->requests;
	op->crawlers = c->crawlers;
	op->request = requests_begin(
		&c->requests, op_served(op->kind), fuse_req_ctx(op->req)->pid, op->node);
	if (op_try(c->tree, op, false, &need) == -EAGAIN)
		aside_put(c->aside, op, need);
}

/* Of those that are answered at once, whatever they say. */
static struct request begin(fuse_req_t req, enum served_op op, fuse_ino_t node)
{
	return requests_begin(
		&context_of(req)->requests, op, fuse_req_ctx(req)->pid, node);
}

static void end(fuse_req_t req, const struct request *r, int error)
{
	struct ops_context *c = context_of(req);

	requests_end(&c->requests, c->tree, r, error, NULL);
}

static void refuse(fuse_req_t req, fuse_ino_t node)
{
	struct request r = begin(req, SERVED_WRITE, node);

	end(req, &r, EROFS);
	fuse_reply_err(req, EROFS);
}

static void ops_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	/* A new delivery is a new node: what the kernel has cached of a node stays right.
	 */
	conn->want &= ~(unsigned)FUSE_CAP_AUTO_INVAL_DATA;
	if ((conn->capable & FUSE_CAP_EXPLICIT_INVAL_DATA) != 0)
		conn->want |= FUSE_CAP_EXPLICIT_INVAL_DATA;
	/* All entries with their attributes, always: they are at hand. */
	if ((conn->capable & FUSE_CAP_READDIRPLUS) != 0)
		conn->want |= FUSE_CAP_READDIRPLUS;
	/* Who waits for a name keeps nobody from the others of its directory. */
	if ((conn->capable & FUSE_CAP_PARALLEL_DIROPS) != 0)
		conn->want |= FUSE_CAP_PARALLEL_DIROPS;
	/* A splice costs more than the copy (measured: 0.6 of its speed). */
	conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
		FUSE_CAP_SPLICE_MOVE);
	conn->max_background = 64;
	/* The kernel says what it had when it asked; the keeper has raised it since,
	 * where it may. */
	conn->max_readahead = MOUNT_READ_AHEAD_KB * 1024;
	conn->time_gran = 1000000000;
}

static void ops_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct op op = { .kind = OP_LOOKUP,
		.req = req,
		.node = parent,
		.name = (char *)(uintptr_t)name };

	run(&op);
}

static void ops_forget(fuse_req_t req, fuse_ino_t node, uint64_t count)
{
	tree_forget(context_of(req)->tree, node, count);
	fuse_reply_none(req);
}

static void ops_forget_multi(
	fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		tree_forget(context_of(req)->tree, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void ops_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	struct op op = { .kind = OP_GETATTR, .req = req, .node = node };

	(void)file;
	run(&op);
}

static void ops_readlink(fuse_req_t req, fuse_ino_t node)
{
	struct request request = begin(req, SERVED_READLINK, node);
	struct buf target = BUF_INIT(4096);
	int r = tree_readlink(context_of(req)->tree, node, &target);
	const char *text = r < 0 ? NULL : buf_text(&target);

	end(req, &request, text != NULL ? 0 : reply_errno(r < 0 ? r : -ENOMEM));
	if (text == NULL)
		fuse_reply_err(req, reply_errno(r < 0 ? r : -ENOMEM));
	else
		fuse_reply_readlink(req, text);
	buf_finish(&target);
}

static void ops_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	struct op op = { .kind = OP_OPEN, .req = req, .node = node, .file = *file };

	if ((file->flags & O_ACCMODE) != O_RDONLY)
		refuse(req, node);
	else
		run(&op);
}

static void ops_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *file)
{
	struct op op = { .kind = OP_READ,
		.req = req,
		.node = node,
		.file = *file,
		.size = size,
		.offset = offset };

	run(&op);
}

static void close_handle(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	struct ops_context *c = context_of(req);

	handles_remove(&c->handles, op_handle(file));
	fuse_reply_err(req, 0);
	notifier_look(c->notifier, node);
}

static void ops_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	close_handle(req, node, file);
}

static void ops_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	struct op op = { .kind = OP_OPENDIR, .req = req, .node = node, .file = *file };

	run(&op);
}

static void ops_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *file)
{
	struct op op = { .kind = OP_READDIR,
		.req = req,
		.node = node,
		.file = *file,
		.size = size,
		.offset = offset };

	run(&op);
}

static void ops_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *file)
{
	struct op op = { .kind = OP_READDIRPLUS,
		.req = req,
		.node = node,
		.file = *file,
		.size = size,
		.offset = offset };

	run(&op);
}

static void ops_releasedir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	close_handle(req, node, file);
}

/* Numbers that installers and file managers accept: not empty, not full. */
static void ops_statfs(fuse_req_t req, fuse_ino_t node)
{
	const struct statvfs st = { .f_bsize = 128UL * 1024,
		.f_frsize = 4096,
		.f_blocks = 1 << 28,
		.f_bfree = 1 << 27,
		.f_bavail = 0,
		.f_files = 1 << 28,
		.f_ffree = 1 << 27,
		.f_namemax = 255 };

	struct request r = begin(req, SERVED_STATFS, node);

	end(req, &r, 0);
	fuse_reply_statfs(req, &st);
}

/* The positive errno of an attribute. */
static int attribute_errno(int r, const struct buf *value, size_t size)
{
	/* Here it means: no such attribute, or none of that kind. */
	if (r == -ENODATA || r == -EOPNOTSUPP)
		return -r;
	if (r < 0)
		return reply_errno(r);
	return size > 0 && size < value->len ? ERANGE : 0;
}

/* size 0 asks how large the answer is. */
static void reply_attribute(
	fuse_req_t req, int error, const struct buf *value, size_t size)
{
	if (error != 0)
		fuse_reply_err(req, error);
	else if (size == 0)
		fuse_reply_xattr(req, value->len);
	else
		fuse_reply_buf(req, value->p, value->len);
}

static void ops_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
	struct request request = begin(req, SERVED_XATTR, node);
	struct buf value = BUF_INIT((size_t)64 * 1024);
	int r = tree_getxattr(context_of(req)->tree, node, span_of(name), &value);

	r = attribute_errno(r, &value, size);
	end(req, &request, r);
	reply_attribute(req, r, &value, size);
	buf_finish(&value);
}

static void ops_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
	struct request request = begin(req, SERVED_XATTR, node);
	struct buf names = BUF_INIT((size_t)64 * 1024);
	int r = tree_listxattr(context_of(req)->tree, node, &names);

	r = attribute_errno(r, &names, size);
	end(req, &request, r);
	reply_attribute(req, r, &names, size);
	buf_finish(&names);
}

/* The kernel refuses writes by itself, the mount being read-only; these are for a
 * remount. */
static void ops_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr, int set,
	struct fuse_file_info *file)
{
	(void)attr, (void)set, (void)file;
	refuse(req, node);
}

static void ops_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)name, (void)mode;
	refuse(req, parent);
}

static void ops_mknod(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	(void)name, (void)mode, (void)device;
	refuse(req, parent);
}

static void ops_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)name;
	refuse(req, parent);
}

static void ops_symlink(
	fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target, (void)name;
	refuse(req, parent);
}

static void ops_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to,
	const char *to_name, unsigned flags)
{
	(void)name, (void)to, (void)to_name, (void)flags;
	refuse(req, parent);
}

static void ops_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name)
{
	(void)node, (void)name;
	refuse(req, parent);
}

static void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *file)
{
	(void)name, (void)mode, (void)file;
	refuse(req, parent);
}

static void ops_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
	const char *value, size_t size, int flags)
{
	(void)name, (void)value, (void)size, (void)flags;
	refuse(req, node);
}

static void ops_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	(void)name;
	refuse(req, node);
}

const struct fuse_lowlevel_ops *ops_table(void)
{
	static const struct fuse_lowlevel_ops table = {
		.init = ops_init,
		.lookup = ops_lookup,
		.forget = ops_forget,
		.forget_multi = ops_forget_multi,
		.getattr = ops_getattr,
		.readlink = ops_readlink,
		.open = ops_open,
		.read = ops_read,
		.release = ops_release,
		.opendir = ops_opendir,
		.readdir = ops_readdir,
		.readdirplus = ops_readdirplus,
		.releasedir = ops_releasedir,
		.statfs = ops_statfs,
		.getxattr = ops_getxattr,
		.listxattr = ops_listxattr,
		.setattr = ops_setattr,
		.mkdir = ops_mkdir,
		.mknod = ops_mknod,
		.unlink = ops_unlink,
		.rmdir = ops_unlink,
		.symlink = ops_symlink,
		.rename = ops_rename,
		.link = ops_link,
		.create = ops_create,
		.setxattr = ops_setxattr,
		.removexattr = ops_removexattr,
	};

	return &table;
}
