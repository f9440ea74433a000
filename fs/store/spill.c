#include "fs/store/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/vec.h"

enum { BLOCK_LIMIT = 64 * 1024 * 1024, BLOCKS_MAX = INT32_MAX };

struct spill {
	struct spill_place place;
	pthread_mutex_t lock; /* guards all below; bytes of a file are read without */
	int fd; /* -1: all is in memory */
	struct buf memory;
	uint64_t bytes;
};

int spill_new(const struct spill_place *place, struct spill **ret)
{
	struct spill *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->place = *place;
	s->fd = -1;
	s->memory = BUF_INIT(place->memory_bytes);
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

void spill_free(struct spill *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	buf_finish(&s->memory);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Some file systems, such as NFS, have none without a name. */
static int open_named(const struct spill_place *place)
{
	int fd = openat(
		place->dir_fd, place->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	unlinkat(place->dir_fd, place->name, 0);
	return fd;
}

static int open_file(const struct spill_place *place)
{
	int fd;

	if (place->dir_fd < 0) {
		fd = memfd_create("costfs-spill", MFD_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = openat(place->dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : open_named(place);
}

/* With the lock. */
static int become_file(struct spill *s)
{
	int fd = open_file(&s->place);

	if (fd < 0)
		return fd;
	int r = io_pwrite(fd, s->memory.p, s->memory.len, 0);
	if (r < 0) {
		close(fd);
		return r;
	}
	s->fd = fd;
	buf_finish(&s->memory);
	return 0;
}

/* With the lock. *ret_fd: where the bytes have to be written yet; -1: they are there. */
static int place_bytes(struct spill *s, struct span bytes, uint64_t *ret_at, int *ret_fd)
{
	int r = 0;

	if (s->place.limit != 0 && s->bytes + bytes.len > s->place.limit)
		return -ENOSPC;
	if (s->fd < 0 && s->bytes + bytes.len > s->place.memory_bytes)
		r = become_file(s);
	if (r == 0 && s->fd < 0)
		r = buf_append_span(&s->memory, bytes);
	if (r < 0)
		return r;
	*ret_at = s->bytes;
	*ret_fd = s->fd;
	s->bytes += bytes.len;
	return 0;
}

static int append(struct spill *s, struct span bytes, uint64_t *ret_at)
{
	int fd = -1;

	pthread_mutex_lock(&s->lock);
	int r = place_bytes(s, bytes, ret_at, &fd);
	pthread_mutex_unlock(&s->lock);
	return r == 0 && fd >= 0 ? io_pwrite(fd, bytes.p, bytes.len, *ret_at) : r;
}

static int read_bytes(struct spill *s, uint64_t offset, void *bytes, size_t len)
{
	pthread_mutex_lock(&s->lock);
	int fd = s->fd;
	if (fd < 0)
		memcpy(bytes, s->memory.p + offset, len);
	pthread_mutex_unlock(&s->lock);
	if (fd < 0)
		return 0;
	ssize_t n = io_pread(fd, bytes, len, offset);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EIO;
}

static int file_of(struct spill *s)
{
	pthread_mutex_lock(&s->lock);
	int fd = s->fd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

void tape_finish(struct tape *x, struct spill *s)
{
	int fd = x->count > 0 && s != NULL ? file_of(s) : -1;

	for (size_t i = 0; fd >= 0 && i < x->count; i++)
		(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)x->blocks[i].offset, (off_t)x->blocks[i].stored);
	free(x->blocks);
	*x = (struct tape){ 0 };
}

void tape_begin(struct tape_writer *w, struct spill *s, struct tape *to, bool is_plain)
{
	*w = (struct tape_writer){ .spill = s,
		.to = to,
		.block = BUF_INIT(BLOCK_LIMIT),
		.packed = BUF_INIT(BLOCK_LIMIT + BLOCK_LIMIT / 255 + 64),
		.is_plain = is_plain };
}

/* What is written: the block, or the same compressed. */
static int pack(struct tape_writer *w, struct span *ret)
{
	int raw = (int)w->block.len, bound = LZ4_compressBound(raw);

	*ret = buf_span(&w->block);
	if (w->is_plain)
		return 0;
	int r = buf_reserve(&w->packed, (size_t)bound);
	if (r < 0)
		return r;
	int len = LZ4_compress_default(w->block.p, w->packed.p, raw, bound);
	if (len > 0 && len < raw)
		*ret = (struct span){ w->packed.p, (size_t)len };
	return 0;
}

static int end_block(struct tape_writer *w)
{
	struct tape *to = w->to;
	struct spill_block b = { .raw = (uint32_t)w->block.len };
	struct span bytes = { 0 };

	if (b.raw == 0)
		return 0;
	int r = VEC_RESERVE(&to->blocks, &to->cap, to->count + 1, (size_t)BLOCKS_MAX);
	if (r == 0)
		r = pack(w, &bytes);
	if (r == 0)
		r = append(w->spill, bytes, &b.offset);
	if (r < 0)
		return r;
	b.stored = (uint32_t)bytes.len;
	to->blocks[to->count++] = b;
	to->bytes += b.raw;
	buf_clear(&w->block);
	return 0;
}

/* len and bytes of a text in one block; of a record, at its end the text. */
static int make_room(struct tape_writer *w, size_t len)
{
	if (w->block.len == 0 || w->block.len + len <= SPILL_BLOCK)
		return 0;
	return end_block(w);
}

int tape_put(struct tape_writer *w, const void *bytes, size_t len)
{
	int r = make_room(w, len);

	return r == 0 ? buf_append(&w->block, bytes, len) : r;
}

int tape_put_text(struct tape_writer *w, struct span text)
{
	uint32_t len = (uint32_t)text.len;
	int r = make_room(w, sizeof(len) + text.len);

	if (r == 0)
		r = buf_append(&w->block, &len, sizeof(len));
	return r == 0 ? buf_append_span(&w->block, text) : r;
}

int tape_end(struct tape_writer *w, int result)
{
	int r = result < 0 ? result : end_block(w);

	buf_finish(&w->block);
	buf_finish(&w->packed);
	return r;
}

void tape_open(struct tape_reader *x, struct spill *s, const struct tape *from)
{
	*x = (struct tape_reader){ .spill = s,
		.from = from,
		.block = BUF_INIT(BLOCK_LIMIT),
		.packed = BUF_INIT(BLOCK_LIMIT) };
}

void tape_reader_finish(struct tape_reader *x)
{
	buf_finish(&x->block);
	buf_finish(&x->packed);
}

static int read_block(struct tape_reader *x)
{
	const struct spill_block *b = &x->from->blocks[x->next];
	struct buf *to = b->stored == b->raw ? &x->block : &x->packed;

	buf_clear(&x->block);
	buf_clear(&x->packed);
	int r = buf_reserve(&x->block, b->raw);
	if (r == 0)
		r = buf_reserve(to, b->stored);
	if (r == 0)
		r = read_bytes(x->spill, b->offset, to->p, b->stored);
	if (r < 0)
		return r;
	if (to == &x->packed &&
		LZ4_decompress_safe(x->packed.p, x->block.p, (int)b->stored,
			(int)b->raw) != (int)b->raw)
		return -EBADMSG;
	x->block.len = b->raw;
	x->at = 0;
	x->next++;
	return 0;
}

int tape_next(struct tape_reader *x, size_t len, const void **ret)
{
	if (x->at == x->block.len) {
		if (x->next == x->from->count)
			return 0;
		int r = read_block(x);
		if (r < 0)
			return r;
	}
	if (len > x->block.len - x->at)
		return -EBADMSG;
	*ret = x->block.p + x->at;
	x->at += len;
	return 1;
}

int tape_next_text(struct tape_reader *x, struct span *ret)
{
	const void *p;
	uint32_t len;
	int r = tape_next(x, sizeof(len), &p);

	if (r <= 0)
		return r;
	memcpy(&len, p, sizeof(len));
	if (len == 0) {
		*ret = (struct span){ "", 0 };
		return 1;
	}
	if (len > x->block.len - x->at)
		return -EBADMSG;
	*ret = (struct span){ x->block.p + x->at, len };
	x->at += len;
	return 1;
}

int tape_read_at(struct spill *s, const struct tape *from, uint64_t offset, void *bytes,
	size_t len)
{
	char *to = bytes;

	while (len > 0) {
		const struct spill_block *b = &from->blocks[offset / SPILL_BLOCK];
		size_t at = offset % SPILL_BLOCK;
		size_t part = b->raw - at < len ? b->raw - at : len;
		int r = read_bytes(s, b->offset + at, to, part);

		if (r < 0)
			return r;
		to += part;
		offset += part;
		len -= part;
	}
	return 0;
}
