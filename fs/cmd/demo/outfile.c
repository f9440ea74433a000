/* gzip and ZIP (APPNOTE 6.3, one member) by hand over raw deflate, so that no time,
 * name or system of the machine gets into the bytes. */
#include "fs/cmd/demo/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum {
	LEVEL = 1, /* three times as fast as 6, for a tenth more bytes */
	MEMORY_LEVEL = 9,
	GZIP_HEADER = 10,
	ZIP_LOCAL = 30,
	ZIP_CENTRAL = 46,
	ZIP_END = 22,
	ZIP_DATE = 0x21, /* 1980-01-01, the oldest there is */
	ZIP_NAME_MAX = 300,
	ZIP_LOCAL_MAGIC = 0x04034b50,
	ZIP_CENTRAL_MAGIC = 0x02014b50,
	ZIP_END_MAGIC = 0x06054b50,
};

static void put16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static int write_out(struct outfile *s, const void *bytes, size_t len)
{
	s->packed_size += len;
	return io_write(s->fd, bytes, len);
}

/* From the version needed to the extra field's length: the same in both of ZIP's
 * headers. */
static void zip_common(const struct outfile *s, unsigned char *at)
{
	put16(at, 20);
	put16(at + 4, 8); /* deflated */
	put16(at + 8, ZIP_DATE);
	put32(at + 10, s->crc);
	put32(at + 14, (uint32_t)s->packed_size);
	put32(at + 18, (uint32_t)s->plain_size);
	put16(at + 22, (uint32_t)s->member.len);
}

static size_t zip_local(const struct outfile *s, unsigned char *ret)
{
	memset(ret, 0, ZIP_LOCAL);
	put32(ret, ZIP_LOCAL_MAGIC);
	zip_common(s, ret + 4);
	memcpy(ret + ZIP_LOCAL, s->member.p, s->member.len);
	return ZIP_LOCAL + s->member.len;
}

static int write_header(struct outfile *s)
{
	static const unsigned char gzip[GZIP_HEADER] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0,
		255 };
	unsigned char local[ZIP_LOCAL + ZIP_NAME_MAX];

	switch (s->compression) {
	case DEMO_GZIP:
		return io_write(s->fd, gzip, sizeof(gzip));
	case DEMO_ZIP:
		s->header_size = zip_local(s, local);
		return io_write(s->fd, local, s->header_size);
	case DEMO_PLAIN:
		return 0;
	}
	return 0;
}

static int prepare(struct outfile *s, const char *path, const char *member)
{
	const char *temporary;
	int ret = buf_append_text(&s->path, path);

	if (ret == 0)
		ret = buf_appendf(&s->temporary, "%s.part", path);
	if (ret == 0)
		ret = buf_append_text(&s->member, member);
	temporary = ret == 0 ? buf_text(&s->temporary) : NULL;
	if (!temporary || !buf_text(&s->path))
		return ret < 0 ? ret : -ENOMEM;
	s->fd = open(
		temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->fd < 0)
		return -errno;
	if (s->compression == DEMO_PLAIN)
		return 0;
	if (deflateInit2(&s->z, LEVEL, Z_DEFLATED, -MAX_WBITS, MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	s->deflating = true;
	return 0;
}

int outfile_open(struct outfile *s, const char *path, enum demo_compression compression,
	const char *member)
{
	int ret;

	memset(s, 0, offsetof(struct outfile, out));
	s->fd = -1;
	s->compression = compression;
	s->path = s->temporary = BUF_INIT(8192);
	s->member = BUF_INIT(ZIP_NAME_MAX);
	ret = prepare(s, path, member);
	if (ret == 0)
		ret = write_header(s);
	if (ret < 0)
		outfile_abandon(s);
	return ret;
}

static int deflate_some(struct outfile *s, int flush)
{
	int ret = 0, r;

	do {
		s->z.next_out = s->out;
		s->z.avail_out = sizeof(s->out);
		r = deflate(&s->z, flush);
		if (r == Z_STREAM_ERROR)
			return -EINVAL;
		ret = write_out(s, s->out, sizeof(s->out) - s->z.avail_out);
	} while (ret == 0 && s->z.avail_out == 0);
	return ret;
}

int outfile_write(struct outfile *s, const void *bytes, size_t len)
{
	s->plain_size += len;
	if (s->compression == DEMO_PLAIN)
		return write_out(s, bytes, len);
	s->crc = (uint32_t)crc32_z(s->crc, bytes, len);
	s->z.next_in = bytes;
	s->z.avail_in = (uInt)len;
	return deflate_some(s, Z_NO_FLUSH);
}

static int finish_gzip(struct outfile *s)
{
	unsigned char trailer[8];

	put32(trailer, s->crc);
	put32(trailer + 4, (uint32_t)s->plain_size);
	return io_write(s->fd, trailer, sizeof(trailer));
}

static int finish_zip(struct outfile *s)
{
	unsigned char bytes[ZIP_CENTRAL + ZIP_NAME_MAX + ZIP_END] = { 0 };
	size_t central = ZIP_CENTRAL + s->member.len;
	unsigned char *end = bytes + central;
	uint64_t start = s->header_size + s->packed_size;
	int ret;

	if (s->plain_size > UINT32_MAX || start > UINT32_MAX)
		return -EFBIG;
	put32(bytes, ZIP_CENTRAL_MAGIC);
	put16(bytes + 4, 20);
	zip_common(s, bytes + 6);
	memcpy(bytes + ZIP_CENTRAL, s->member.p, s->member.len);
	put32(end, ZIP_END_MAGIC);
	put16(end + 8, 1);
	put16(end + 10, 1);
	put32(end + 12, (uint32_t)central);
	put32(end + 16, (uint32_t)start);
	ret = io_write(s->fd, bytes, central + ZIP_END);
	if (ret < 0)
		return ret;
	/* The local header, now that sizes are known. */
	return io_pwrite(s->fd, bytes, zip_local(s, bytes), 0);
}

static int finish(struct outfile *s)
{
	int ret = 0;

	if (s->deflating) {
		s->z.avail_in = 0;
		ret = deflate_some(s, Z_FINISH);
	}
	if (ret == 0 && s->compression == DEMO_GZIP)
		ret = finish_gzip(s);
	if (ret == 0 && s->compression == DEMO_ZIP)
		ret = finish_zip(s);
	return ret;
}

static int publish(struct outfile *s, int64_t mtime_seconds)
{
	const struct timespec when[2] = { { .tv_sec = mtime_seconds },
		{ .tv_sec = mtime_seconds } };
	int fd = s->fd;

	if (futimens(fd, when) < 0)
		return -errno;
	s->fd = -1;
	if (close(fd) < 0)
		return -errno;
	if (rename(buf_text(&s->temporary), buf_text(&s->path)) < 0)
		return -errno;
	buf_finish(&s->temporary); /* nothing to remove any more */
	return 0;
}

int outfile_close(struct outfile *s, int64_t mtime_seconds)
{
	int ret = finish(s);

	if (ret == 0)
		ret = publish(s, mtime_seconds);
	outfile_abandon(s);
	return ret;
}

void outfile_abandon(struct outfile *s)
{
	if (s->deflating)
		(void)deflateEnd(&s->z);
	s->deflating = false;
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	if (s->temporary.len > 0)
		(void)unlink(buf_text(&s->temporary));
	buf_finish(&s->temporary);
	buf_finish(&s->path);
	buf_finish(&s->member);
}

int outfile_write_file(const char *path, struct span contents, int64_t mtime_seconds)
{
	struct outfile *s;
	int ret;

	s = malloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	ret = outfile_open(s, path, DEMO_PLAIN, "");
	if (ret == 0) {
		ret = outfile_write(s, contents.p, contents.len);
		if (ret < 0)
			outfile_abandon(s);
		else
			ret = outfile_close(s, mtime_seconds);
	}
	free(s);
	return ret;
}
