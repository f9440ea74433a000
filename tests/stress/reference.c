#include "tests/stress/reference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIELDS = 6, PATH_BYTES = 4096 };

static void give_up(const char *path, const char *what)
{
	fprintf(stderr, "fsx: %s: %s\n", path, what);
	exit(2);
}

/* NULL when there is no such file. */
static char *map_file(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat s;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || fstat(fd, &s) < 0)
		give_up(path, strerror(errno));
	/* Private: the index is cut into texts in place. A byte more, for an empty file.
	 */
	char *bytes = mmap(
		NULL, (size_t)s.st_size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		give_up(path, strerror(errno));
	close(fd);
	*ret_size = (size_t)s.st_size;
	return bytes;
}

static bool has_month(const char *path)
{
	for (const char *at = path; *at != '\0'; at++)
		if ((at == path || at[-1] == '/') && at[0] == '2' && at[1] == '0' &&
			strlen(at) >= 7 && at[4] == '-')
			return true;
	return false;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path, ((const struct item *)b)->path);
}

/* TYPE \t INO \t OFFSET \t SIZE \t LINES \t PATH, cut at the tabs. */
static bool cut(char *line, char *fields[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		fields[i] = line;
		line = i + 1 < FIELDS ? strchr(line, '\t') : NULL;
		if (line == NULL && i + 1 < FIELDS)
			return false;
		if (line != NULL)
			*line++ = '\0';
	}
	return true;
}

static void take(
	struct item *item, unsigned number, char *fields[FIELDS], const char *bytes)
{
	struct version *v = &item->of[number];

	item->path = fields[5];
	item->is_directory = fields[0][0] == 'd';
	item->is_in_month = has_month(item->path);
	item->ino = strtoull(fields[1], NULL, 10);
	v->exists = true;
	v->bytes = bytes + strtoull(fields[2], NULL, 10);
	v->size = strtoull(fields[3], NULL, 10);
	v->lines = strcmp(fields[4], "-") == 0 ? NULL : fields[4];
}

static void add_version(
	struct reference *r, unsigned number, char *index, const char *bytes)
{
	char *fields[FIELDS], *end;

	for (char *line = index; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (!cut(line, fields))
			give_up(line, "no line of an index");
		if (r->count % 1024 == 0)
			r->items =
				realloc(r->items, (r->count + 1024) * sizeof(*r->items));
		if (r->items == NULL)
			give_up("index", "no memory");
		r->items[r->count] = (struct item){ 0 };
		take(&r->items[r->count++], number, fields, bytes);
	}
}

/* Items of one path become one, with the versions of all. */
static void merge(struct reference *r)
{
	size_t kept = 0;

	qsort(r->items, r->count, sizeof(*r->items), by_path);
	for (size_t i = 0; i < r->count; i++) {
		struct item *to = &r->items[kept], *from = &r->items[i];

		if (kept == 0 || strcmp(to[-1].path, from->path) != 0) {
			*to = *from;
			kept++;
			continue;
		}
		if (to[-1].ino != from->ino || to[-1].is_directory != from->is_directory)
			give_up(from->path, "another st_ino or type in another version");
		for (unsigned v = 0; v < r->versions; v++)
			if (from->of[v].exists)
				to[-1].of[v] = from->of[v];
	}
	r->count = kept;
}

void reference_read(const char *directory, struct reference *ret)
{
	struct reference r = { 0 };
	char path[PATH_BYTES];
	size_t size;

	for (; r.versions < VERSIONS_MAX; r.versions++) {
		snprintf(path, sizeof(path), "%s/%u.index", directory, r.versions);
		char *index = map_file(path, &size);

		if (index == NULL)
			break;
		snprintf(path, sizeof(path), "%s/%u.bytes", directory, r.versions);
		const char *bytes = map_file(path, &size);

		if (bytes == NULL)
			give_up(path, "is not there");
		add_version(&r, r.versions, index, bytes);
	}
	if (r.count == 0)
		give_up(directory, "holds no reference");
	merge(&r);
	*ret = r;
}

unsigned reference_mask(const struct reference *r, const struct item *item)
{
	unsigned mask = 0;

	for (unsigned v = 0; v < r->versions; v++)
		if (item->of[v].exists)
			mask |= 1U << v;
	return mask;
}

const struct item *reference_find(const struct reference *r, const char *path)
{
	struct item wanted = { .path = path };

	return bsearch(&wanted, r->items, r->count, sizeof(*r->items), by_path);
}
