/* Months and their ingest as small as can be. */
#include "fake_cached_month.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"

struct cube {
	char magic[8];
	char id[DELIVERY_ID_TEXT];
	char assembly[32];
	struct month_no month;
	struct instant as_of;
	bool verified;
	struct sums sums;
};
struct month {
	atomic_uint refs;
	struct cube cube;
	struct month_facts facts;
	int data_fd;
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

static int write_file(
	int dir_fd, const char *name, const char *suffix, const void *bytes, size_t len)
{
	char path[128];
	int fd;
	int r;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = io_write(fd, bytes, len);
	close(fd);
	return r;
}

static int write_month(const struct ingest_options *options, int dir_fd, const char *name)
{
	const struct delivery *d = options->delivery;
	struct cube cube;
	char *data = calloc(1, fake.data_bytes + 1);
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
	r = data ? write_file(dir_fd, name, ".data", data, fake.data_bytes) : -ENOMEM;
	free(data);
	if (r == 0)
		r = write_file(dir_fd, name, ".cube", &cube, sizeof(cube));
	return r;
}

int ingest_month(const struct ingest_options *options, int dir_fd, const char *name,
	struct fault *why)
{
	int r = 0;

	atomic_fetch_add(&fake.calls, 1);
	if (options->threads == 0)
		return fault(why, -EINVAL, "no threads");
	if (options->progress) {
		atomic_store(&options->progress->bytes_total, 100);
		atomic_store(&options->progress->bytes_done, 40);
		atomic_store(&options->progress->rows, 7);
	}
	if (fake.hook)
		r = fake.hook(fake.context, options, why);
	return r < 0 ? r : write_month(options, dir_fd, name);
}

static int open_data(int dir_fd, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s.data", name);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_SH) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int read_cube(int dir_fd, const char *name, struct cube *ret)
{
	char path[128];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s.cube", name);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = io_pread(fd, ret, sizeof(*ret), 0);
	close(fd);
	if (n < 0)
		return (int)n;
	return n == sizeof(*ret) && memcmp(ret->magic, "fakecube", 8) == 0 ? 0 : -EBADMSG;
}

int month_open(int dir_fd, const char *name, struct block_cache *blocks,
	struct month **ret, struct fault *why)
{
	struct month *m;
	struct cube cube;
	int fd;
	int r = read_cube(dir_fd, name, &cube);

	if (r < 0)
		return fault(
			why, r, "%s: cannot be opened (%zu)", name, blocks->limit_bytes);
	fd = open_data(dir_fd, name);
	if (fd < 0)
		return fd;
	m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	m->cube = cube;
	m->data_fd = fd;
	m->facts = (struct month_facts){
		.month = cube.month,
		.as_of = cube.as_of,
		.verified = cube.verified,
		.sums = cube.sums,
		.lines = 12,
		.id = m->cube.id,
		.assembly = m->cube.assembly,
	};
	atomic_store(&m->refs, 1);
	atomic_fetch_add(&fake.open, 1);
	*ret = m;
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
	close(m->data_fd);
	free(m);
	atomic_fetch_sub(&fake.open, 1);
}

const struct month_facts *month_facts(const struct month *m)
{
	return &m->facts;
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
