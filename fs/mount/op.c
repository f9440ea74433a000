#include "fs/mount/op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/crawlers.h"
#include "fs/mount/loop.h"
#include "fs/mount/notify.h"
#include "fs/mount/reply.h"

enum {
	READ_MAX = 16 * 1024 * 1024,
	NEGATIVE_SECONDS = 2,
	DOTS = 2,
	ENTRY_BYTES_MAX = 512, /* a name of 255 bytes with its attributes */
	LONG_MS = 2 /* an answer that takes longer keeps nobody else waiting */
};

enum served_op op_served(enum op_kind kind)
{
	static const enum served_op all[] = { SERVED_LOOKUP, SERVED_GETATTR, SERVED_OPEN,
		SERVED_READ, SERVED_OPENDIR, SERVED_READDIR, SERVED_READDIR };

	return all[kind];
}

struct request op_request(const struct op *op)
{
	struct request r = op->request;

	r.name = op->name;
	return r;
}

/* error: positive. */
static void tell_end(
	struct tree *t, const struct op *op, int error, const struct fault *why)
{
	struct request r = op_request(op);

	requests_end(op->requests, t, &r, error, why);
}

static void reply_failure(
	struct tree *t, const struct op *op, int error, const struct fault *why)
{
	tell_end(t, op, reply_errno(error), why);
	fuse_reply_err(op->req, reply_errno(error));
}

/* Remembered by the kernel: shells and loaders ask again and again. */
static void reply_no_entry(struct tree *t, const struct op *op)
{
	struct fuse_entry_param none = { .entry_timeout = NEGATIVE_SECONDS };

	tell_end(t, op, ENOENT, NULL);
	fuse_reply_entry(op->req, &none);
}

static void tell_crawler(const struct op *op)
{
	char name[CRAWLER_NAME];
	struct request r = op_request(op);

	if (crawlers_have(op->crawlers, r.pid, name))
		requests_refuse_crawler(op->requests, &r, name);
}

static struct fuse_entry_param entry_param(const struct tree_entry *e)
{
	return (struct fuse_entry_param){ .ino = e->node,
		.attr = e->attr,
		.attr_timeout = e->ttl_seconds,
		.entry_timeout = e->ttl_seconds };
}

static void reply_lookup(struct tree *t, const struct op *op, const struct op_answer *a)
{
	struct fuse_entry_param param = entry_param(&a->entry);

	if (fuse_reply_entry(op->req, &param) < 0)
		tree_forget(t, a->entry.node, 1);
	else
		notifier_look(op->notifier, a->entry.node);
}

struct handle *op_handle(const struct fuse_file_info *file)
{
	return (struct handle *)(uintptr_t)file->fh;
}

/* Takes what was opened. */
static int reply_open(const struct op *op, struct fuse_file_info *file,
	struct tree_file *f, struct tree_listing *listing)
{
	struct handle *h = handles_add(op->handles, f, listing);

	if (h == NULL)
		return -ENOMEM;
	file->fh = (uint64_t)(uintptr_t)h;
	if (fuse_reply_open(op->req, file) < 0)
		handles_remove(op->handles, h);
	return 0;
}

static int reply_file(const struct op *op, struct tree_file *f)
{
	struct fuse_file_info file = op->file;

	/* A node's bytes never change: a new delivery has a new node. */
	file.keep_cache = 1;
	return reply_open(op, &file, f, NULL);
}

static int reply_directory(const struct op *op, struct tree_listing *listing)
{
	struct fuse_file_info file = op->file;

	file.cache_readdir = tree_listing_is_stable(listing);
	file.keep_cache = file.cache_readdir;
	return reply_open(op, &file, NULL, listing);
}

static int try_read(const struct op *op, struct fault *why)
{
	struct tree_file *f = op_handle(&op->file)->file;
	size_t size = op->size > READ_MAX ? READ_MAX : op->size;
	char *bytes = buffers_take(op->buffers, size);

	if (bytes == NULL)
		return -ENOMEM;
	loop_pass(op->loop);
	ssize_t n = tree_read(f, (uint64_t)op->offset, bytes, size, why);
	if (n >= 0) {
		atomic_fetch_add(&op->requests->read_bytes, (uint64_t)n);
		fuse_reply_buf(op->req, bytes, (size_t)n);
	}
	buffers_give(op->buffers, bytes, size);
	return n < 0 ? (int)n : 0;
}

/* Room for entries; len is what is used. */
struct entries {
	char *bytes;
	size_t size, len;
};

/* Adds the entry at the offset; false when there is no room. plus: NULL, or its
 * attributes. */
static bool add_entry(const struct op *op, struct entries *to,
	const struct tree_name *name, const struct fuse_entry_param *plus, off_t next)
{
	const struct stat attr = { .st_ino = name->ino, .st_mode = name->type };
	char *at = to->bytes + to->len;
	size_t left = to->size - to->len, used;

	if (plus != NULL)
		used = fuse_add_direntry_plus(op->req, at, left, name->name, plus, next);
	else
		used = fuse_add_direntry(op->req, at, left, name->name, &attr, next);
	if (used > left)
		return false;
	to->len += used;
	return true;
}

/* Attributes that are not at hand are left out; the kernel then asks for that name alone.
 */
static struct fuse_entry_param look_up_entry(
	struct tree *t, const struct op *op, const struct tree_name *name)
{
	struct tree_entry e;
	struct tree_need need = { .caller = op->request.pid };
	struct fault why = { 0 };

	if (tree_lookup(t, op->node, span_of(name->name), false, &e, &need, &why) == 0)
		return entry_param(&e);
	return (struct fuse_entry_param){ .attr = { .st_ino = name->ino,
						  .st_mode = name->type } };
}

static bool add_listed(struct tree *t, const struct op *op, const struct tree_name *name,
	struct entries *to, off_t next)
{
	if (op->kind == OP_READDIR)
		return add_entry(op, to, name, NULL, next);
	/* Sizes of many files may have to be found out. */
	if (requests_now_ms() - op->request.began_ms >= LONG_MS)
		loop_pass(op->loop);
	struct fuse_entry_param plus = look_up_entry(t, op, name);
	bool fits = add_entry(op, to, name, &plus, next);
	if (!fits && plus.ino != 0)
		tree_forget(t, plus.ino, 1);
	return fits;
}

static bool add_dots(const struct op *op, struct entries *to, off_t *at)
{
	static const char *const dots[DOTS] = { ".", ".." };

	for (; *at < DOTS; (*at)++) {
		struct tree_name name = { dots[*at], S_IFDIR, op->node };
		struct fuse_entry_param plus = { .attr = { .st_ino = op->node,
							 .st_mode = S_IFDIR } };

		if (!add_entry(op, to, &name, op->kind == OP_READDIR ? NULL : &plus,
			    *at + 1))
			return false;
	}
	return true;
}

/* Room for what is left of the listing, of all that the kernel would take. */
static size_t entries_size(const struct op *op, size_t count)
{
	size_t size = op->size > READ_MAX ? READ_MAX : op->size;
	size_t left = op->offset >= 0 && (size_t)op->offset < count + DOTS
		? count + DOTS - (size_t)op->offset
		: 0;

	return left < size / ENTRY_BYTES_MAX ? left * ENTRY_BYTES_MAX : size;
}

/* Entries need room for at least a name; plain or with attributes. */
static int try_readdir(struct tree *t, const struct op *op)
{
	const struct tree_listing *listing = op_handle(&op->file)->listing;
	size_t count = tree_listing_count(listing);
	size_t size = entries_size(op, count);
	struct entries to = { malloc(size + 1), size, 0 };
	off_t at = op->offset;

	if (to.bytes == NULL)
		return -ENOMEM;
	if (at >= 0 && add_dots(op, &to, &at)) {
		for (; (size_t)(at - DOTS) < count; at++) {
			struct tree_name name =
				tree_listing_at(listing, (size_t)(at - DOTS));

			if (!add_listed(t, op, &name, &to, at + 1))
				break;
		}
	}
	fuse_reply_buf(op->req, to.bytes, to.len);
	free(to.bytes);
	return 0;
}

static int find(struct tree *t, const struct op *op, bool patient, struct tree_need *need,
	struct op_answer *ret)
{
	switch (op->kind) {
	case OP_LOOKUP:
		return tree_lookup(t, op->node, span_of(op->name), patient, &ret->entry,
			need, &ret->why);
	case OP_GETATTR:
		return tree_attr(t, op->node, patient, &ret->attr, &ret->ttl_seconds,
			need, &ret->why);
	case OP_OPEN:
		return tree_open(t, op->node, patient, &ret->file, need, &ret->why);
	case OP_OPENDIR:
		return tree_list(t, op->node, patient, &ret->listing, need, &ret->why);
	case OP_READ:
	case OP_READDIR:
	case OP_READDIRPLUS:
		break;
	}
	return -EIO;
}

int op_find(struct tree *t, const struct op *op, bool patient, struct tree_need *need,
	struct op_answer *ret)
{
	*ret = (struct op_answer){ 0 };
	*need = (struct tree_need){ .caller = op->request.pid };
	ret->error = find(t, op, patient, need, ret);
	if (ret->error == -EACCES && need->is_refused)
		tell_crawler(op);
	return ret->error == -EAGAIN ? -EAGAIN : 0;
}

static int reply_found(struct tree *t, const struct op *op, const struct op_answer *a)
{
	if (op->kind == OP_OPEN)
		return reply_file(op, a->file);
	if (op->kind == OP_OPENDIR)
		return reply_directory(op, a->listing);
	if (op->kind == OP_LOOKUP)
		reply_lookup(t, op, a);
	else
		fuse_reply_attr(op->req, &a->attr, a->ttl_seconds);
	return 0;
}

void op_reply(struct tree *t, const struct op *op, struct op_answer *answer)
{
	int r = answer->error;

	if (r == -ENOENT && op->kind == OP_LOOKUP) {
		reply_no_entry(t, op);
		return;
	}
	if (r == 0)
		r = reply_found(t, op, answer);
	if (r < 0)
		reply_failure(t, op, r, &answer->why);
	else
		tell_end(t, op, 0, NULL);
}

void op_drop(struct tree *t, const struct op *op, struct op_answer *answer)
{
	if (answer->error < 0)
		return;
	if (op->kind == OP_LOOKUP)
		tree_forget(t, answer->entry.node, 1);
	tree_close(answer->file);
	tree_listing_free(answer->listing);
}

static int try_bytes(struct tree *t, const struct op *op)
{
	struct fault why = { 0 };
	int r = op->kind == OP_READ ? try_read(op, &why) : try_readdir(t, op);

	if (r < 0)
		reply_failure(t, op, r, &why);
	else
		tell_end(t, op, 0, NULL);
	return 0;
}

int op_try(struct tree *t, const struct op *op, bool patient, struct tree_need *need)
{
	struct op_answer answer;
	int r;

	if (op->kind == OP_READ || op->kind == OP_READDIR || op->kind == OP_READDIRPLUS)
		return try_bytes(t, op);
	r = op_find(t, op, patient, need, &answer);
	if (r == 0)
		op_reply(t, op, &answer);
	return r;
}
