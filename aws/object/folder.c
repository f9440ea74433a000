/* A local directory as an object source: openat() below one descriptor, nothing kept
 * open. */
#include "aws/object/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

struct folder {
	struct object_source source; /* must be first */
	char *path;
	_Atomic int fd; /* -1 until the directory is there */
};

static struct folder *folder_of(struct object_source *s)
{
	return (struct folder *)s;
}

/* The length of the UTF-8 character at p, 0 if there is none. Table 3-7 of Unicode 15. */
static size_t utf8_length(const unsigned char *p, size_t len)
{
	size_t n = p[0] < 0x80		       ? 1
		: p[0] >= 0xc2 && p[0] <= 0xdf ? 2
		: (p[0] & 0xf0) == 0xe0	       ? 3
		: p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
					       : 0;

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool is_utf8(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_length(p + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* Parts between single '/', none with a leading dot: those are never listed, and "..",
 * which would leave the directory, is one of them. */
static bool is_key(struct span key)
{
	struct span part;

	if (key.len == 0 || key.len > OBJECT_KEY_MAX)
		return false;
	while (span_split(&key, '/', &part)) {
		if (part.len == 0 || part.p[0] == '.')
			return false;
	}
	return true;
}

/* Says what could not be done and narrows the errno to those of the contract. */
static int explain(struct fault *why, const struct folder *f, const char *what,
	const char *key, int error)
{
	if (error == ENOMEM)
		return -ENOMEM;
	if (error != EACCES && error != EPERM)
		return fault(why, -EIO, "%s/%s: cannot %s: %s", f->path, key, what,
			fault_errno_text(error));
	fault(why, -EACCES, "%s/%s: cannot %s: %s", f->path, key, what,
		fault_errno_text(error));
	fault_cure(why,
		"let the user who runs costfs read it: chmod u+rX, or chown; a link out "
		"of "
		"the source is followed only with -o sandbox=off");
	return -EACCES;
}

static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP ||
		error == ENAMETOOLONG;
}

static void describe(const struct stat *st, struct object_info *ret)
{
	ret->size_bytes = (uint64_t)st->st_size;
	ret->modified.seconds = st->st_mtim.tv_sec;
	ret->written.seconds = st->st_ctim.tv_sec;
	snprintf(ret->etag, sizeof(ret->etag),
		"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%" PRIx64,
		(uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec);
}

/* Whether the directory st is one of those that key leads through: a link to it would
 * make the tree endless. */
static bool leads_back(const struct folder *f, const char *key, const struct stat *st)
{
	struct stat above;
	char *path = strdup(key);
	bool back = fstat(f->fd, &above) == 0 && above.st_dev == st->st_dev &&
		above.st_ino == st->st_ino;

	for (char *slash = path ? strchr(path, '/') : NULL; slash && !back;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		back = fstatat(f->fd, path, &above, 0) == 0 &&
			above.st_dev == st->st_dev && above.st_ino == st->st_ino;
		*slash = '/';
	}
	free(path);
	return back;
}

static int add_directory(const struct folder *f, const char *key, const struct stat *st,
	struct object_list *ret)
{
	struct buf prefix = BUF_INIT(OBJECT_KEY_MAX + 2);
	struct stat self;
	int r;

	if (fstatat(f->fd, key, &self, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISLNK(self.st_mode) && leads_back(f, key, st))
		return 0;
	r = buf_append_text(&prefix, key);
	if (r == 0)
		r = buf_append_byte(&prefix, '/');
	if (r == 0)
		r = object_list_add_folder(ret, buf_span(&prefix));
	buf_finish(&prefix);
	return r;
}

/* One directory entry. What vanished meanwhile, and links that lead nowhere, are left
 * out. */
static int add_entry(struct folder *f, const char *prefix, const char *name,
	struct object_list *ret, struct fault *why)
{
	struct object_info object = { 0 };
	struct buf key = BUF_INIT(OBJECT_KEY_MAX + 1);
	struct stat st;
	int r;

	if (name[0] == '.' || !is_utf8(name, strlen(name)) ||
		strlen(prefix) + strlen(name) > OBJECT_KEY_MAX)
		return 0;
	r = buf_append_text(&key, prefix);
	if (r == 0)
		r = buf_append_text(&key, name);
	if (r == 0 && !buf_text(&key))
		r = -ENOMEM;
	if (r < 0)
		goto out;
	if (fstatat(f->fd, buf_text(&key), &st, 0) < 0) {
		if (!is_absent(errno))
			r = explain(why, f, "look at", buf_text(&key), errno);
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		r = add_directory(f, buf_text(&key), &st, ret);
	} else if (S_ISREG(st.st_mode)) {
		describe(&st, &object);
		object.key = buf_take(&key);
		r = object.key ? object_list_add(ret, &object) : -ENOMEM;
		free(object.key);
	}
out:
	buf_finish(&key);
	return r;
}

/* *ret is NULL when there is no such folder. 0; -errno. */
static int open_directory(
	struct folder *f, const char *prefix, DIR **ret, struct fault *why)
{
	struct span key = span_of(prefix);
	int fd;

	if (key.len &&
		(prefix[key.len - 1] != '/' || !is_key(span_first(key, key.len - 1))))
		return 0;
	fd = openat(f->fd, key.len ? prefix : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return is_absent(errno) ? 0 : explain(why, f, "list", prefix, errno);
	*ret = fdopendir(fd);
	if (!*ret) {
		int r = explain(why, f, "list", prefix, errno);

		close(fd);
		return r;
	}
	return 0;
}

/* Of threads that open it at once one wins. */
static int reach(struct folder *f, struct fault *why)
{
	int none = -1;
	int fd;

	if (atomic_load(&f->fd) >= 0)
		return 0;
	fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return explain(why, f, "open", "", errno);
	if (!atomic_compare_exchange_strong(&f->fd, &none, fd))
		close(fd);
	return 0;
}

static int folder_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why)
{
	struct folder *f = folder_of(s);
	struct dirent *entry;
	DIR *dir = NULL;
	int r = reach(f, why);

	if (r == 0)
		r = open_directory(f, prefix, &dir, why);
	if (r < 0 || !dir)
		return r;
	while (r == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		r = add_entry(f, prefix, entry->d_name, ret, why);
	}
	if (r == 0 && errno != 0 && !entry)
		r = explain(why, f, "list", prefix, errno);
	if (r == -E2BIG)
		fault(why, r, "%s/%s: more than %d entries", f->path, prefix,
			OBJECT_LIST_MAX);
	closedir(dir);
	return r;
}

static int folder_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	struct folder *f = folder_of(s);
	struct object_info object = { 0 };
	struct stat st;

	int r = reach(f, why);

	if (r < 0)
		return r;
	if (!is_key(span_of(key)))
		return -ENOENT;
	if (fstatat(f->fd, key, &st, 0) < 0)
		return is_absent(errno) ? -ENOENT
					: explain(why, f, "look at", key, errno);
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	describe(&st, &object);
	object.key = strdup(key);
	if (!object.key)
		return -ENOMEM;
	*ret = object;
	return 0;
}

/* Whether fd still is the object. Looked at before and after a read, so that bytes of a
 * file overwritten in between are not handed out. */
static int check_same(
	struct folder *f, const struct object_info *object, int fd, struct fault *why)
{
	struct object_info now = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return explain(why, f, "look at", object->key, errno);
	if (!S_ISREG(st.st_mode))
		return fault(
			why, -ENOENT, "%s/%s: is no file any more", f->path, object->key);
	describe(&st, &now);
	if (strcmp(now.etag, object->etag) != 0)
		return fault(why, -ESTALE, "%s/%s: has changed since it was listed",
			f->path, object->key);
	return 0;
}

static ssize_t folder_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	struct folder *f = folder_of(s);
	ssize_t got;
	int fd;
	int r = reach(f, why);

	if (r < 0)
		return r;
	if (!is_key(span_of(object->key)))
		return fault(why, -ENOENT, "%s/%s: no such object", f->path, object->key);
	/* A FIFO put in the file's place must not block. */
	fd = openat(f->fd, object->key, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && is_absent(errno))
		return fault(why, -ENOENT, "%s/%s: no such object", f->path, object->key);
	if (fd < 0)
		return explain(why, f, "open", object->key, errno);
	r = check_same(f, object, fd, why);
	got = r;
	if (r == 0 && offset < object->size_bytes) {
		got = io_pread(fd, bytes, len, offset);
		r = check_same(f, object, fd, why);
	}
	if (got < 0 && r == 0)
		r = explain(why, f, "read", object->key, (int)-got);
	close(fd);
	return r < 0 ? r : got;
}

static void folder_free(struct object_source *s)
{
	struct folder *f = folder_of(s);

	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

static const struct object_ops folder_ops = {
	.list = folder_list,
	.stat = folder_stat,
	.read = folder_read,
	.free = folder_free,
};

/* What people see: the path as given, but absolute (its last part may name a month), and
 * without '/' at the end. */
static char *name_of(const char *path)
{
	const char *last = strrchr(path, '/');
	char *name = NULL;
	size_t len;

	if (path[0] != '/' || strcmp(last, "/.") == 0 || strcmp(last, "/..") == 0)
		name = realpath(path, NULL);
	if (!name)
		name = strdup(path);
	if (!name)
		return NULL;
	len = strlen(name);
	while (len > 1 && name[len - 1] == '/')
		name[--len] = '\0';
	return name;
}

static struct folder *make(const char *path, int fd)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->source.ops = &folder_ops;
	f->source.is_near = true;
	atomic_init(&f->fd, fd);
	f->path = name_of(path);
	f->source.name = f->path;
	if (f->path)
		return f;
	free(f);
	return NULL;
}

int folder_new(const char *path, struct object_source **ret)
{
	struct folder *f = make(path, -1);

	if (!f)
		return -ENOMEM;
	*ret = &f->source;
	return 0;
}

int folder_open(const char *path, struct object_source **ret, struct fault *why)
{
	struct folder *f;
	int error;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		error = errno;
		if (error == EACCES || error == EPERM) {
			fault(why, -EACCES, "%s: cannot open: %s", path,
				fault_errno_text(error));
			fault_cure(
				why, "let the user who runs costfs read it: chmod u+rX");
			return -EACCES;
		}
		fault(why, -error, "%s: cannot open: %s", path, fault_errno_text(error));
		fault_cure(why, "name a directory that holds a copy of the export");
		return -error;
	}
	f = make(path, fd);
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	*ret = &f->source;
	return 0;
}
