/* Months and their ingest as small as can be. */
#include "fake_cached_month.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/cache_dir.h"
#include "fs/store/rows.h"

struct cube {
	char magic[8];
	char id[DELIVERY_ID_TEXT];
	char assembly[32];
	struct month_no month;
	struct instant as_of;
	bool verified;
	struct sums sums;
	size_t data_bytes;
};
struct month {
	atomic_uint refs;
	struct cube cube;
	struct month_facts facts;
	int cube_fd;
	struct rows *rows;
	_Atomic int64_t used_ns;
	_Atomic uint64_t *memory_used;
	uint64_t memory_bytes;
};
struct block_cache {
	size_t limit_bytes;
};

static struct {
	fake_ingest_fn *hook;
	void *context;
	size_t data_bytes;
	atomic_uint calls, open;
} fake;

void fake_ingest_reset(fake_ingest_fn *hook, void *context, size_t data_bytes)
{
	fake.hook = hook;
	fake.context = context;
	fake.data_bytes = data_bytes;
	atomic_store(&fake.calls, 0);
}

unsigned fake_ingest_calls(void)
{
	return atomic_load(&fake.calls);
}

unsigned fake_months_open(void)
{
	return atomic_load(&fake.open);
}

struct block_cache *block_cache_new(size_t limit_bytes)
{
	struct block_cache *c = calloc(1, sizeof(*c));

	if (c)
		c->limit_bytes = limit_bytes;
	return c;
}

void block_cache_free(struct block_cache *c)
{
	free(c);
}

static int make_file(int dir_fd, const char *name, const char *suffix)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static int write_month(
	const struct ingest_options *options, const struct month_files *files)
{
	const struct delivery *d = options->delivery;
	struct cube cube;
	char *data = calloc(1, fake.data_bytes + 1);
	uint64_t index;
	int r;

	memset(&cube, 0, sizeof(cube));
	memcpy(cube.magic, "fakecube", sizeof(cube.magic));
	memcpy(cube.id, d->id, sizeof(cube.id));
	snprintf(cube.assembly, sizeof(cube.assembly), "%s",
		d->assembly ? d->assembly : "");
	cube.month = d->month;
	cube.as_of = d->as_of;
	cube.verified = d->verified;
	cube.sums = options->sums;
	cube.data_bytes = fake.data_bytes;
	index = hash64(&cube, sizeof(cube), 0);
	r = data ? 0 : -ENOMEM;
	if (r == 0 && fake.data_bytes >= ROWS_TAIL) {
		memcpy(data + fake.data_bytes - ROWS_TAIL, &index, ROWS_TAIL);
		r = io_write(files->data_fd, data, fake.data_bytes);
	}
	free(data);
	return r < 0 ? r : io_write(files->cube_fd, &cube, sizeof(cube));
}

static int begin(const struct ingest_options *options, struct fault *why)
{
	atomic_fetch_add(&fake.calls, 1);
	if (options->threads == 0)
		return fault(why, -EINVAL, "no threads");
	if (options->progress) {
		atomic_store(&options->progress->bytes_total, 100);
		atomic_store(&options->progress->bytes_done, 40);
		atomic_store(&options->progress->rows, 7);
	}
	return fake.hook ? fake.hook(fake.context, options, why) : 0;
}

int ingest_month(const struct ingest_options *options, int dir_fd, const char *name,
	struct fault *why)
{
	struct month_files files;
	int r = begin(options, why);

	if (r < 0)
		return r;
	files.data_fd = make_file(dir_fd, name, ".data");
	files.cube_fd = make_file(dir_fd, name, ".cube");
	r = files.data_fd < 0	    ? files.data_fd
		: files.cube_fd < 0 ? files.cube_fd
				    : write_month(options, &files);
	close(files.data_fd);
	close(files.cube_fd);
	return r;
}

int ingest_into(const struct ingest_options *options, const struct month_files *files,
	uint64_t limit_bytes, struct fault *why)
{
	int r = begin(options, why);

	if (r == 0 && fake.data_bytes > limit_bytes)
		r = fault(why, -ENOSPC, "too large");
	return r < 0 ? r : write_month(options, files);
}

static int read_cube(int fd, struct cube *ret)
{
	ssize_t n = io_pread(fd, ret, sizeof(*ret), 0);

	if (n < 0)
		return (int)n;
	return n == sizeof(*ret) && memcmp(ret->magic, "fakecube", 8) == 0 ? 0 : -EBADMSG;
}

static int open_cube(int dir_fd, const char *name, struct cube *ret)
{
	char path[128];
	int fd;
	int r;

	snprintf(path, sizeof(path), "%s.cube", name);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = flock(fd, LOCK_SH) < 0 ? -EIO : read_cube(fd, ret);
	if (r == 0) {
		cache_mark_used(fd);
		return fd;
	}
	close(fd);
	return r;
}

static struct month *new_month(const struct cube *cube, int cube_fd, struct rows *rows)
{
	struct month *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->cube = *cube;
	m->cube_fd = cube_fd;
	m->rows = rows;
	m->facts = (struct month_facts){
		.month = cube->month,
		.as_of = cube->as_of,
		.verified = cube->verified,
		.sums = cube->sums,
		.lines = 12,
		.id = m->cube.id,
		.content = hash64(cube, sizeof(*cube), 0),
		.index = hash64(cube, sizeof(*cube), 0),
		.assembly = m->cube.assembly,
	};
	atomic_store(&m->refs, 1);
	atomic_fetch_add(&fake.open, 1);
	return m;
}

int month_open(int dir_fd, const char *name, struct block_cache *blocks,
	struct month **ret, struct fault *why)
{
	struct cube cube = { .data_bytes = 0 };
	struct rows *rows = NULL;
	int fd = open_cube(dir_fd, name, &cube);
	int r = fd < 0 ? fd
		       : rows_new(dir_fd, name, cube.data_bytes,
				 hash64(&cube, sizeof(cube), 0), &rows);

	if (r == 0) {
		*ret = new_month(&cube, fd, rows);
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return fault(why, r, "%s: cannot be opened (%zu)", name, blocks->limit_bytes);
}

int month_open_files(const struct month_files *files, _Atomic uint64_t *used,
	uint64_t bytes, struct block_cache *blocks, struct month **ret, struct fault *why)
{
	struct cube cube;
	struct rows *rows;

	(void)blocks;
	(void)why;
	if (read_cube(files->cube_fd, &cube) < 0 ||
		rows_new_of(files->data_fd, cube.data_bytes, &rows) < 0)
		abort();
	*ret = new_month(&cube, files->cube_fd, rows);
	(*ret)->memory_used = used;
	(*ret)->memory_bytes = bytes;
	return 0;
}

struct month *month_ref(struct month *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void month_unref(struct month *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	month_note_use(m);
	rows_free(m->rows);
	close(m->cube_fd);
	if (m->memory_used)
		atomic_fetch_sub(m->memory_used, m->memory_bytes);
	free(m);
	atomic_fetch_sub(&fake.open, 1);
}

const struct month_facts *month_facts(const struct month *m)
{
	return &m->facts;
}

int month_pin(struct month *m)
{
	return rows_pin(m->rows);
}

void month_unpin(struct month *m)
{
	rows_unpin(m->rows);
}

bool month_lacks_rows(const struct month *m)
{
	return rows_are_gone(m->rows);
}

bool month_is_in_memory(const struct month *m)
{
	return m->memory_used != NULL;
}

void month_use(struct month *m)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	m->used_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void month_note_use(struct month *m)
{
	int64_t ns = atomic_exchange(&m->used_ns, 0);
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	if (ns != 0 && futimens(m->cube_fd, times) < 0)
		abort();
}

bool month_is_damaged(const struct month *m)
{
	(void)m;
	return false;
}

bool month_is_idle(const struct month *m)
{
	return m->refs == 1;
}
