#include "fs/live/live_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/live/live.h"
#include "fs/store/cache_dir.h"

#define SUFFIX ".inventory"
#define LEFTOVER ".tmp" /* of io_replace_file() */

enum {
	HASH_BYTES = 16,
	NAME_TEXT = 64,
	MAGIC_BYTES = 8,
	HEAD_BYTES = 12,
	LEFTOVER_SECONDS = 3600, /* so long nobody writes a file */
	DAY_SECONDS = 24 * 3600,
};
static const char MAGIC[] = "costfsR1";

int live_cache_open(const char *cache_dir, int *ret_fd, struct fault *why)
{
	int version_fd;
	int r = cache_dir_open(cache_dir, &version_fd, why);

	if (r < 0)
		return r;
	r = cache_dir_open_below(version_fd, "live", cache_dir, ret_fd, why);
	close(version_fd);
	return r;
}

static int append_key(struct buf *b, const struct live_key *key)
{
	const char *parts[] = { key->identity, key->account, key->service, key->type,
		key->region, key->instance };
	bool has_instance = key->instance && key->instance[0];
	size_t count = ARRAY_LEN(parts) - !has_instance;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = buf_append(b, parts[i], strlen(parts[i]) + 1);
	return r;
}

static int name_of(struct span key, char ret[NAME_TEXT])
{
	int r = sha256_hex(key, HASH_BYTES, ret);

	if (r == 0)
		memcpy(ret + (size_t)2 * HASH_BYTES, SUFFIX, sizeof(SUFFIX));
	return r;
}

static uint32_t get_length(const char *p)
{
	const unsigned char *byte = (const unsigned char *)p;

	return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
		(uint32_t)byte[3] << 24;
}

/* The inventory's part. 0; -EBADMSG. */
static int check_head(struct span bytes, struct span key, struct span *ret)
{
	struct span rest = span_from(bytes, HEAD_BYTES);

	if (bytes.len < HEAD_BYTES ||
		!span_starts(bytes, (struct span){ MAGIC, MAGIC_BYTES }) ||
		get_length(bytes.p + MAGIC_BYTES) != key.len || !span_starts(rest, key))
		return -EBADMSG;
	*ret = span_from(rest, key.len);
	return 0;
}

static int open_ours(int dir_fd, const char *name, struct stat *ret_stat, int *ret_fd)
{
	int fd;
	int r = cache_open_file(dir_fd, name, ret_stat, &fd);

	if (r < 0)
		return r;
	if (ret_stat->st_size < HEAD_BYTES ||
		(uint64_t)ret_stat->st_size > LIVE_FILE_MAX) {
		close(fd);
		return -EBADMSG;
	}
	*ret_fd = fd;
	return 0;
}

/* A file that is read is used, which nobody else would note where atimes are off. That it
 * cannot be noted, as on a read-only file system, is as well. */
static void note_use(int fd, const struct stat *st, struct instant now)
{
	const struct timespec times[2] = { { .tv_sec = now.seconds },
		{ .tv_nsec = UTIME_OMIT } };

	if (st->st_atim.tv_sec > now.seconds - DAY_SECONDS &&
		st->st_atim.tv_sec <= now.seconds)
		return;
	if (futimens(fd, times) < 0)
		return;
}

static int read_file(int dir_fd, const char *name, struct instant now, struct buf *ret)
{
	struct stat st = { 0 };
	ssize_t n = 0;
	int fd = -1;
	int r = open_ours(dir_fd, name, &st, &fd);

	if (r < 0)
		return r;
	r = buf_reserve(ret, (size_t)st.st_size);
	if (r == 0) {
		n = io_pread(fd, ret->p, (size_t)st.st_size, 0);
		r = n < 0 ? (int)n : 0;
	}
	if (r == 0) {
		ret->len = (size_t)n;
		note_use(fd, &st, now);
	}
	close(fd);
	return r;
}

int live_cache_load(int dir_fd, const struct live_key *key, struct instant now,
	struct inventory **ret)
{
	struct buf text = BUF_INIT(LIVE_KEY_MAX), bytes = BUF_INIT(LIVE_FILE_MAX);
	char name[NAME_TEXT];
	struct span rest;
	int r = append_key(&text, key);

	if (r == 0)
		r = name_of(buf_span(&text), name);
	if (r == 0)
		r = read_file(dir_fd, name, now, &bytes);
	if (r == 0)
		r = check_head(buf_span(&bytes), buf_span(&text), &rest);
	if (r == 0)
		r = inventory_take(&bytes, (size_t)(rest.p - bytes.p), ret);
	buf_finish(&bytes);
	buf_finish(&text);
	return r;
}

static int append_head(struct buf *b, struct span key)
{
	int r = buf_append(b, MAGIC, MAGIC_BYTES);

	for (unsigned shift = 0; r == 0 && shift < 32; shift += 8)
		r = buf_append_byte(b, (char)(key.len >> shift & 0xff));
	return r < 0 ? r : buf_append_span(b, key);
}

/* The file of an inventory. */
struct saving {
	struct buf head;
	const struct inventory *inventory;
};

static int write_saving(void *context, int fd)
{
	const struct saving *s = context;
	int r = io_write(fd, s->head.p, s->head.len);

	return r < 0 ? r : inventory_write(s->inventory, fd);
}

int live_cache_save(int dir_fd, const struct live_key *key, struct instant now,
	const struct inventory *v)
{
	struct saving s = { .head = BUF_INIT(HEAD_BYTES + LIVE_KEY_MAX), .inventory = v };
	struct buf text = BUF_INIT(LIVE_KEY_MAX);
	const struct timespec times[2] = { { .tv_sec = now.seconds },
		{ .tv_sec = inventory_time(v).seconds } };
	char name[NAME_TEXT];
	int r = append_key(&text, key);

	if (r == 0)
		r = name_of(buf_span(&text), name);
	if (r == 0)
		r = append_head(&s.head, buf_span(&text));
	if (r == 0)
		r = io_replace_file_by(dir_fd, name, 0600, write_saving, &s);
	if (r == 0 && utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	buf_finish(&s.head);
	buf_finish(&text);
	return r;
}

static bool is_hex(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || !strchr("0123456789abcdef", s.p[i]))
			return false;
	return true;
}

static bool is_ours(struct span name, bool *ret_leftover)
{
	struct span rest = span_from(name, (size_t)2 * HASH_BYTES);

	*ret_leftover = span_ends(rest, SPAN(LEFTOVER));
	return is_hex(span_first(name, (size_t)2 * HASH_BYTES)) &&
		span_starts(rest, SPAN(SUFFIX)) &&
		(*ret_leftover || rest.len == sizeof(SUFFIX) - 1);
}

/* Removes it if it was not used since; INSTANT_NONE: whenever it was used. */
static int remove_unused(int dir_fd, const char *name, struct instant since)
{
	struct stat st;

	/* What has just gone needs no care. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (since.seconds != INSTANT_NONE &&
		(st.st_mtim.tv_sec >= since.seconds ||
			st.st_atim.tv_sec >= since.seconds))
		return 0;
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int tidy_stream(
	int dir_fd, DIR *stream, struct instant since, struct instant leftovers_since)
{
	const struct dirent *d;
	int first = 0;

	while ((d = readdir(stream))) {
		bool is_leftover;
		int r;

		if (!is_ours(span_of(d->d_name), &is_leftover))
			continue;
		r = remove_unused(
			dir_fd, d->d_name, is_leftover ? leftovers_since : since);
		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}

static int tidy(int dir_fd, struct instant since, struct instant leftovers_since)
{
	/* Opened anew: the position of a duplicate would be shared by all threads. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	int r;

	if (!stream) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = tidy_stream(dir_fd, stream, since, leftovers_since);
	closedir(stream);
	return r;
}

int live_cache_tidy(int dir_fd, struct instant now, unsigned keep_days)
{
	return tidy(dir_fd,
		(struct instant){ now.seconds - (int64_t)keep_days * DAY_SECONDS },
		(struct instant){ now.seconds - LEFTOVER_SECONDS });
}

int live_forget(const char *cache_dir, struct fault *why)
{
	const struct instant ever = { INSTANT_NONE };
	int dir_fd;
	int r = live_cache_open(cache_dir, &dir_fd, why);

	if (r < 0)
		return r;
	r = tidy(dir_fd, ever, ever);
	close(dir_fd);
	return r < 0
		? fault(why, r, "cache directory %s: %s", cache_dir, fault_errno_text(r))
		: 0;
}
