/* Calls on files that stay open, in any order, as fsx does, without those that write. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/stress/actor.h"

enum {
	PAGE = 4096,
	BEHIND = 8192,
	ALIGN = 65536,
	PIPE_BYTES = 64 * 1024,
	PARTS = 3,
	SECTOR = 512
};

static uint64_t any_size(struct actor *a, const struct handle *h)
{
	uint64_t size = 0;

	for (unsigned v = 0; v < a->reference->versions; v++)
		if ((h->mask >> v & 1) != 0 && h->item->of[v].size > size)
			size = h->item->of[v].size;
	return size;
}

/* Mostly within the file, at times at its end or behind it. */
static uint64_t any_offset(struct actor *a, const struct handle *h)
{
	uint64_t size = any_size(a, h);

	switch (actor_random(a, 8)) {
	case 0:
		return size;
	case 1:
		return size + actor_random(a, BEHIND);
	case 2:
		return 0;
	default:
		return actor_random(a, size + 1);
	}
}

static uint64_t any_length(struct actor *a)
{
	static const uint64_t most[] = { 1, 100, PAGE, PIPE_BYTES, BUFFER_BYTES };

	return 1 + actor_random(a, most[actor_random(a, sizeof(most) / sizeof(*most))]);
}

static void check(struct actor *a, struct handle *h, struct piece piece, long result)
{
	if (result < 0)
		actor_fail(a, "%s: %s", h->item->path, strerror((int)-result));
	piece.len = (size_t)result;
	handle_narrow(a, h, &piece);
}

static void do_pread(struct actor *a, struct handle *h)
{
	uint64_t at = any_offset(a, h), size = any_length(a);

	deed_begin(a, "pread", h, at, size);
	long r = deed_end(a, pread(h->fd, a->buffer, size, (off_t)at));
	check(a, h, (struct piece){ at, a->buffer, 0, size }, r);
}

static void do_read(struct actor *a, struct handle *h)
{
	uint64_t at = any_offset(a, h), size = any_length(a);

	deed_begin(a, "lseek", h, at, SEEK_SET);
	long r = deed_end(a, lseek(h->fd, (off_t)at, SEEK_SET));
	if (r != (long)at)
		actor_fail(a, "%s: lseek answers %ld", h->item->path, r);
	deed_begin(a, "read", h, at, size);
	r = deed_end(a, read(h->fd, a->buffer, size));
	check(a, h, (struct piece){ at, a->buffer, 0, size }, r);
	if (lseek(h->fd, 0, SEEK_CUR) != (off_t)at + r)
		actor_fail(
			a, "%s: the position is not behind what was read", h->item->path);
}

/* Into parts that stand in the buffer one behind the other. */
static size_t make_parts(struct actor *a, struct iovec parts[PARTS])
{
	size_t size = 0;

	for (int i = 0; i < PARTS; i++) {
		size_t n = any_length(a) / PARTS;

		parts[i] = (struct iovec){ .iov_base = a->buffer + size, .iov_len = n };
		size += n;
	}
	return size;
}

static void do_preadv(struct actor *a, struct handle *h)
{
	struct iovec parts[PARTS];
	uint64_t at = any_offset(a, h), size = make_parts(a, parts);

	deed_begin(a, "preadv", h, at, size);
	long r = deed_end(a, preadv(h->fd, parts, PARTS, (off_t)at));
	check(a, h, (struct piece){ at, a->buffer, 0, size }, r);
}

static void do_readv(struct actor *a, struct handle *h)
{
	struct iovec parts[PARTS];
	uint64_t at = any_offset(a, h), size = make_parts(a, parts);

	if (lseek(h->fd, (off_t)at, SEEK_SET) != (off_t)at)
		actor_fail(a, "%s: lseek fails", h->item->path);
	deed_begin(a, "readv", h, at, size);
	long r = deed_end(a, readv(h->fd, parts, PARTS));
	check(a, h, (struct piece){ at, a->buffer, 0, size }, r);
}

/* What is mapped of a file that was mapped, and zeros behind its end to that of the page.
 */
static void check_map(
	struct actor *a, struct handle *h, const char *map, struct piece piece)
{
	uint64_t size = (uint64_t)lseek(h->fd, 0, SEEK_END);
	size_t len = piece.wanted;

	if (piece.offset + len > size)
		len = size - piece.offset;
	memcpy(a->buffer, map, len);
	piece.bytes = a->buffer;
	piece.len = len;
	handle_narrow(a, h, &piece);
	for (size_t i = len; i < piece.wanted && (piece.offset + i) % PAGE != 0; i++)
		if (map[i] != 0)
			actor_fail(a, "%s: byte %zu behind the end is no zero",
				h->item->path, i - len);
}

static void do_map(struct actor *a, struct handle *h)
{
	uint64_t size = any_size(a, h), at = actor_random(a, size + 1) / ALIGN * ALIGN;
	size_t len = 1 + actor_random(a, BUFFER_BYTES);

	deed_begin(a, "fstat", h, 0, 0);
	struct stat s;
	long r = deed_end(a, fstat(h->fd, &s));
	if (r < 0 || at >= (uint64_t)s.st_size)
		return;
	deed_begin(a, "mmap", h, at, len);
	char *map = mmap(NULL, len, PROT_READ,
		actor_random(a, 2) ? MAP_SHARED : MAP_PRIVATE, h->fd, (off_t)at);
	if (map == MAP_FAILED) {
		deed_end(a, -1);
		actor_fail(a, "%s: mmap: %s", h->item->path, strerror(errno));
	}
	check_map(a, h, map, (struct piece){ .offset = at, .wanted = len });
	deed_end(a, 0);
	munmap(map, len);
}

static void do_end(struct actor *a, struct handle *h)
{
	deed_begin(a, "lseek end", h, 0, SEEK_END);
	long r = deed_end(a, lseek(h->fd, 0, SEEK_END));
	if (r < 0)
		actor_fail(a, "%s: %s", h->item->path, strerror((int)-r));
	handle_narrow_size(a, h, (uint64_t)r);
}

/* No file has a hole: data is everywhere, the only hole begins at the end. */
static void do_hole(struct actor *a, struct handle *h)
{
	int whence = actor_random(a, 2) ? SEEK_DATA : SEEK_HOLE;
	uint64_t at = any_offset(a, h), end = (uint64_t)lseek(h->fd, 0, SEEK_END);

	handle_narrow_size(a, h, end);
	deed_begin(a, whence == SEEK_DATA ? "lseek data" : "lseek hole", h, at, 0);
	long r = deed_end(a, lseek(h->fd, (off_t)at, whence));
	long wanted = at >= end ? -ENXIO : whence == SEEK_DATA ? (long)at : (long)end;
	if (r != wanted)
		actor_fail(a, "%s: answers %ld, not %ld", h->item->path, r, wanted);
}

/* What was sent may be less than was asked for, but nothing only at the end. */
static void check_sent(struct actor *a, struct handle *h, struct piece piece, long sent)
{
	if (sent < 0)
		actor_fail(a, "%s: %s", h->item->path, strerror((int)-sent));
	if (sent > 0)
		piece.wanted = (size_t)sent;
	check(a, h, piece, sent);
}

static void check_memory(struct actor *a, struct handle *h, struct piece piece, long sent)
{
	if (sent > 0 && pread(a->memory, a->buffer, (size_t)sent, 0) != sent)
		actor_fail(a, "%s: %ld bytes were sent, which are not there",
			h->item->path, sent);
	check_sent(a, h, piece, sent);
}

static void do_sendfile(struct actor *a, struct handle *h)
{
	uint64_t at = any_offset(a, h), size = any_length(a);
	off_t from = (off_t)at;

	lseek(a->memory, 0, SEEK_SET);
	deed_begin(a, "sendfile", h, at, size);
	long r = deed_end(a, sendfile(a->memory, h->fd, &from, size));
	check_memory(a, h, (struct piece){ at, a->buffer, 0, size }, r);
	if (r >= 0 && from != (off_t)at + r)
		actor_fail(
			a, "%s: the offset is not behind what was sent", h->item->path);
}

/* The kernel does it between file systems of one type only. */
static void do_copy(struct actor *a, struct handle *h)
{
	uint64_t at = any_offset(a, h), size = any_length(a);
	off_t from = (off_t)at, to = 0;

	deed_begin(a, "copy_range", h, at, size);
	long r = deed_end(a, copy_file_range(h->fd, &from, a->memory, &to, size, 0));
	if (r != -EXDEV)
		check_memory(a, h, (struct piece){ at, a->buffer, 0, size }, r);
}

static void do_splice(struct actor *a, struct handle *h)
{
	uint64_t at = any_offset(a, h), size = any_length(a) % PIPE_BYTES + 1;
	off_t from = (off_t)at;

	deed_begin(a, "splice", h, at, size);
	long r = deed_end(a, splice(h->fd, &from, a->pipe[1], NULL, size, 0));
	long got = 0, n = 1;
	while (got < r && n > 0) {
		n = read(a->pipe[0], a->buffer + got, (size_t)(r - got));
		got += n;
	}
	check_sent(a, h, (struct piece){ at, a->buffer, 0, size }, r);
}

static void do_advise(struct actor *a, struct handle *h)
{
	static const int advices[] = { POSIX_FADV_DONTNEED, POSIX_FADV_WILLNEED,
		POSIX_FADV_RANDOM, POSIX_FADV_SEQUENTIAL, POSIX_FADV_NORMAL };
	int advice = advices[actor_random(a, sizeof(advices) / sizeof(*advices))];
	uint64_t at = any_offset(a, h), size = any_length(a);

	deed_begin(a, "fadvise", h, at, size);
	long r = deed_end(a, -posix_fadvise(h->fd, (off_t)at, (off_t)size, advice));
	if (r < 0)
		actor_fail(a, "%s: %s", h->item->path, strerror((int)-r));
}

static void do_fstat(struct actor *a, struct handle *h)
{
	struct stat s;

	deed_begin(a, "fstat", h, 0, 0);
	long r = deed_end(a, fstat(h->fd, &s));
	if (r < 0)
		actor_fail(a, "%s: %s", h->item->path, strerror((int)-r));
	if (s.st_ino != h->item->ino || s.st_mode != (S_IFREG | 0444))
		actor_fail(a, "%s: st_ino %llu, mode %o", h->item->path,
			(unsigned long long)s.st_ino, s.st_mode);
	if (s.st_blocks != (s.st_size + SECTOR - 1) / SECTOR)
		actor_fail(a, "%s: %lld blocks of %lld bytes", h->item->path,
			(long long)s.st_blocks, (long long)s.st_size);
	handle_narrow_size(a, h, (uint64_t)s.st_size);
}

void step_fsx(struct actor *a)
{
	static void (*const calls[])(struct actor *, struct handle *) = { do_pread,
		do_read, do_preadv, do_readv, do_map, do_end, do_hole, do_sendfile,
		do_copy, do_splice, do_advise, do_fstat };
	enum { CALLS = sizeof(calls) / sizeof(*calls) };
	struct handle *h = &a->handles[actor_random(a, HANDLES)];

	if (h->fd < 0 || actor_random(a, CALLS) == 0) {
		handle_close(h);
		if (!handle_open(a, h, actor_file(a)))
			return;
	}
	calls[actor_random(a, CALLS)](a, h);
}
