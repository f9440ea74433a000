/* What does not stay in memory while a month is read: tapes of records in one file
 * without a name, so that it ends with whoever has it open, however that ends. What is
 * small stays in memory. */
#ifndef FS_STORE_SPILL_H
#define FS_STORE_SPILL_H

#include "base/buf.h"

enum { SPILL_BLOCK = 64 * 1024 };

/* Where the file is made. Plain. */
struct spill_place {
	int dir_fd; /* of the cache; -1: in memory that belongs to nobody's directory */
	const char *name; /* for file systems that want one, for a moment; with dir_fd */
	uint64_t limit; /* bytes; 0: none */
	size_t memory_bytes; /* without a file */
};

struct spill;

/* Copies place; its name is borrowed. 0; -ENOMEM. */
MUST_USE int spill_new(const struct spill_place *place, struct spill **ret);
void spill_free(struct spill *s);

struct spill_block {
	uint64_t offset;
	uint32_t stored, raw; /* bytes; the same: as they are, else LZ4 */
};
/* Written once, then read any number of times. Plain; zeroed = empty. */
struct tape {
	struct spill_block *blocks;
	size_t count, cap;
	uint64_t bytes;
};
/* Gives the room back as well, where the file system can. */
void tape_finish(struct tape *x, struct spill *s);

/* A tape being written; many may be at a time, each by one thread. */
struct tape_writer {
	struct spill *spill;
	struct tape *to;
	struct buf block;
	struct buf packed;
	bool is_plain; /* blocks of SPILL_BLOCK bytes, for tape_read_at() */
};
/* to is zeroed, and borrowed until tape_end(), as the spill is. */
void tape_begin(struct tape_writer *w, struct spill *s, struct tape *to, bool is_plain);
/* A record, which is read as a whole again unless the tape is plain. 0; -ENOMEM; -EFBIG;
 * -ENOSPC over the limit or the disk is full; -errno. */
MUST_USE int tape_put(struct tape_writer *w, const void *bytes, size_t len);
/* Likewise: a text of any length. */
MUST_USE int tape_put_text(struct tape_writer *w, struct span text);
/* Writes what is left, as tape_put(), unless result is an error already, which is
 * answered then. */
MUST_USE int tape_end(struct tape_writer *w, int result);

struct tape_reader {
	struct spill *spill;
	const struct tape *from;
	size_t next; /* block */
	struct buf block;
	struct buf packed;
	size_t at; /* in block */
};
/* Borrows both until tape_reader_finish(). */
void tape_open(struct tape_reader *x, struct spill *s, const struct tape *from);
void tape_reader_finish(struct tape_reader *x);
/* 1: *ret is len bytes, valid until the next call, for records of 8 byte aligned sizes
 * aligned like these; 0 at the end; -EBADMSG; -errno. */
MUST_USE int tape_next(struct tape_reader *x, size_t len, const void **ret);
MUST_USE int tape_next_text(struct tape_reader *x, struct span *ret);
/* Of a plain tape, inside it. 0; -errno. */
MUST_USE int tape_read_at(struct spill *s, const struct tape *from, uint64_t offset,
	void *bytes, size_t len);

#endif
