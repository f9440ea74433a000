/* What readers, crawlers and careless programs do: whole files, listings, attributes,
 * writes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/stress/actor.h"

enum { PATH_BYTES = 4096, CHILDREN = 6 };

void step_read(struct actor *a)
{
	struct handle *h = &a->handles[0];
	size_t size = 1 + actor_random(a, BUFFER_BYTES);
	uint64_t at = 0;
	long r;

	if (!handle_open(a, h, actor_file(a)))
		return;
	do {
		deed_begin(a, "read", h, at, size);
		r = deed_end(a, read(h->fd, a->buffer, size));
		if (r < 0)
			actor_fail(a, "%s: %s", h->item->path, strerror((int)-r));
		handle_narrow(a, h, &(struct piece){ at, a->buffer, (size_t)r, size });
		at += (uint64_t)r;
	} while (r > 0);
	handle_narrow_size(a, h, at);
	handle_close(h);
}

void step_map(struct actor *a)
{
	struct handle *h = &a->handles[0];
	struct stat s;

	if (!handle_open(a, h, actor_file(a)))
		return;
	deed_begin(a, "fstat", h, 0, 0);
	if (deed_end(a, fstat(h->fd, &s)) < 0)
		actor_fail(a, "%s: fstat fails", h->item->path);
	handle_narrow_size(a, h, (uint64_t)s.st_size);
	if (s.st_size > 0) {
		size_t size = (size_t)s.st_size;

		deed_begin(a, "mmap whole", h, 0, size);
		char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, h->fd, 0);
		if (map == MAP_FAILED)
			actor_fail(a, "%s: mmap: %s", h->item->path, strerror(errno));
		/* The file may go before its pages are touched. */
		handle_close(h);
		handle_narrow(a, h, &(struct piece){ 0, map, size, size });
		deed_end(a, 0);
		munmap(map, size);
	}
	handle_close(h);
}

/* Listings */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the directory as references hold them: sorted, in a->other. Answers how
 * many bytes that are. names: pointers to them there. */
static size_t read_names(struct actor *a, struct handle *h, DIR *dir)
{
	char *names[BUFFER_BYTES / 64];
	size_t count = 0, used = 0, out = 0;
	struct dirent *e;

	for (;;) {
		errno = 0;
		deed_begin(a, "readdir", h, count, 0);
		e = readdir(dir);
		if (deed_end(a, e == NULL && errno != 0 ? -1 : 0) < 0)
			actor_fail(a, "%s: readdir fails", h->item->path);
		if (e == NULL)
			break;
		size_t len = strlen(e->d_name) + 1;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (used + len > BUFFER_BYTES || count == sizeof(names) / sizeof(*names))
			actor_fail(a, "%s: more names than fit", h->item->path);
		names[count++] = memcpy(a->buffer + used, e->d_name, len);
		used += len;
	}
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]) + 1;

		memcpy(a->other + out, names[i], len);
		out += len;
	}
	return out;
}

static void check_attributes(struct actor *a, struct handle *h, const struct stat *s)
{
	mode_t mode = h->item->is_directory ? S_IFDIR | 0555 : S_IFREG | 0444;

	if (s->st_ino != h->item->ino || s->st_mode != mode)
		actor_fail(a, "%s: st_ino %llu, mode %o", h->item->path,
			(unsigned long long)s->st_ino, s->st_mode);
	if (!h->item->is_directory)
		handle_narrow_size(a, h, (uint64_t)s->st_size);
}

/* A month's own directory goes on with the next delivery once its own was evicted. */
static bool is_month(const struct item *item)
{
	size_t len = strlen(item->path);

	return len > 7 && item->path[len - 8] == '/' && item->path[len - 3] == '-' &&
		item->path[len - 7] == '2';
}

/* By way of the directory, which keeps its delivery: it is there, and of that version. */
static void look_at_child(struct actor *a, struct handle *dir, const char *name)
{
	char path[PATH_BYTES];
	struct stat s;

	snprintf(path, sizeof(path), "%s/%s", dir->item->path, name);
	const struct item *item = reference_find(a->reference, path);
	if (item == NULL)
		return; /* stress.py keeps some resources only */
	struct handle child = {
		.fd = -1, .item = item, .mask = reference_mask(a->reference, item)
	};
	if (dir->item->is_in_month && !is_month(dir->item))
		child.mask &= dir->mask;
	deed_begin(a, "fstatat", &child, 0, 0);
	long r = deed_end(a, fstatat(dir->fd, name, &s, AT_SYMLINK_NOFOLLOW));
	/* That version has been replaced and evicted since: nobody has it any more. */
	if (r == -ESTALE && dir->item->is_in_month)
		return;
	if (r < 0)
		actor_fail(a, "%s: listed, but %s", path, strerror((int)-r));
	check_attributes(a, &child, &s);
	if (dir->item->is_in_month && !is_month(dir->item) && !item->is_directory)
		dir->mask = child.mask;
}

static void look_at_children(struct actor *a, struct handle *h, size_t len)
{
	size_t at = len == 0 ? 0 : actor_random(a, len);

	while (at > 0 && a->other[at - 1] != '\0')
		at--;
	for (int i = 0; i < CHILDREN && at < len; i++) {
		look_at_child(a, h, a->other + at);
		at += strlen(a->other + at) + 1;
	}
}

static const struct item *any_directory(struct actor *a)
{
	const struct reference *r = a->reference;

	for (size_t i = actor_random(a, r->count);; i = (i + 1) % r->count)
		if (r->items[i].is_directory)
			return &r->items[i];
}

void step_list(struct actor *a)
{
	struct handle *h = &a->handles[0];

	if (!handle_open(a, h, any_directory(a)))
		return;
	DIR *dir = fdopendir(dup(h->fd));
	if (dir == NULL)
		actor_fail(a, "%s: fdopendir: %s", h->item->path, strerror(errno));
	for (int i = 0; i < 2; i++) {
		size_t len = read_names(a, h, dir);

		handle_narrow(a, h, &(struct piece){ 0, a->other, len, len + 1 });
		look_at_children(a, h, len);
		rewinddir(dir);
	}
	closedir(dir);
	handle_close(h);
}

/* Attributes */

/* Attributes never fetch: of a month that is not at hand there are none. */
static void check_lines(struct actor *a, struct handle *h, const char *value)
{
	unsigned mask = 0;

	if (value == NULL)
		return;

	for (unsigned v = 0; v < a->reference->versions; v++) {
		const char *lines = h->item->of[v].lines;

		if ((h->mask >> v & 1) != 0 && lines != NULL && strcmp(lines, value) == 0)
			mask |= 1U << v;
	}
	if (mask == 0)
		actor_fail(a, "%s: user.costfs.lines is %s in no version", h->item->path,
			value);
}

/* By the path once more: it may be of another version each time. */
static void look_at_attributes(struct actor *a, struct handle *h, const char *path)
{
	char value[64];
	struct stat s;

	long r = -ESTALE;
	for (int i = 0; i < PATH_TRIES && r == -ESTALE; i++) {
		deed_begin(a, "lstat", h, 0, 0);
		r = deed_end(a, lstat(path, &s));
	}
	if (r == 0)
		check_attributes(a, h, &s);
	h->mask = reference_mask(a->reference, h->item);
	if (r == 0) {
		deed_begin(a, "listxattr", h, 0, 0);
		r = deed_end(a, llistxattr(path, a->buffer, BUFFER_BYTES));
	}
	if (r >= 0) {
		deed_begin(a, "getxattr", h, 0, 0);
		r = deed_end(a,
			lgetxattr(path, "user.costfs.lines", value, sizeof(value) - 1));
	}
	if (r < 0 && r != -ENODATA) {
		actor_allow_absent(a, h->item, r);
		return;
	}
	value[r < 0 ? 0 : r] = '\0';
	check_lines(a, h, r < 0 ? NULL : value);
}

void step_xattr(struct actor *a)
{
	const struct item *item =
		&a->reference->items[actor_random(a, a->reference->count)];
	struct handle h = {
		.fd = -1, .item = item, .mask = reference_mask(a->reference, item)
	};
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", a->root, item->path);
	look_at_attributes(a, &h, path);
}

/* Writes */

static int try_write(struct actor *a, const char *path)
{
	char new_path[PATH_BYTES + 8];

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	switch (actor_random(a, 14)) {
	case 0:
		return open(path, O_WRONLY | O_CLOEXEC);
	case 1:
		return open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	case 2:
		return open(new_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	case 3:
		return truncate(path, 1);
	case 4:
		return unlink(path);
	case 5:
		return mkdir(new_path, 0700);
	case 6:
		return rename(path, new_path);
	case 7:
		return symlink("x", new_path);
	case 8:
		return link(path, new_path);
	case 9:
		return chmod(path, 0600);
	case 10:
		return chown(path, 1, 1);
	case 11:
		return utimensat(AT_FDCWD, path, NULL, 0);
	case 12:
		return setxattr(path, "user.x", "y", 1, 0);
	default:
		return removexattr(path, "user.costfs.lines");
	}
}

/* Of a month that has to be read again only its reading tells which resources there are;
 * until then any name may be that of one's directory. */
static bool may_be_there(const struct item *item, long r)
{
	const char *name = strstr(item->path, "/resources/index.csv");

	return name != NULL && (r == -EEXIST || r == -EISDIR);
}

void step_write(struct actor *a)
{
	const struct item *item = actor_file(a);
	struct handle h = {
		.fd = -1, .item = item, .mask = reference_mask(a->reference, item)
	};
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", a->root, item->path);
	deed_begin(a, "a write", &h, 0, 0);
	long r = deed_end(a, try_write(a, path));
	if (r >= 0)
		actor_fail(a, "%s: is written to", item->path);
	/* mkdir() and its like do not look up anew where a directory was replaced. */
	if (r != -EROFS && r != -ESTALE && !may_be_there(item, r))
		actor_allow_absent(a, item, r);
}
