#include "fs/store/in_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { TURN_MS = 50, WARN_MS = 60 * 1000 };

static uint64_t left(struct in_memory *m)
{
	uint64_t used = atomic_load(&m->used);

	return used < m->limit ? m->limit - used : 0;
}

/* A month takes about as much as its compressed objects, sums hardly anything: what
 * surely does not fit is not read in vain. */
static bool may_fit(struct in_memory *m, const struct ingest_options *options)
{
	uint64_t bytes = options->sums.dims == 0 ? delivery_bytes(options->delivery) : 0;

	return bytes < left(m);
}

static int take_turn(struct in_memory *m, const atomic_bool *stop)
{
	const struct timespec pause = { .tv_nsec = TURN_MS * 1000000L };

	while (atomic_exchange(&m->is_building, true)) {
		if (stop && atomic_load(stop))
			return -ECANCELED;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_file(const char *name, int *ret_fd)
{
	*ret_fd = memfd_create(name, MFD_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

/* Takes both files. */
static int open_built(struct in_memory *m, const struct month_files *files,
	struct block_cache *blocks, struct month **ret, struct fault *why)
{
	struct stat cube, data;
	uint64_t bytes;

	if (fstat(files->cube_fd, &cube) < 0 || fstat(files->data_fd, &data) < 0) {
		int r = -errno;

		close(files->cube_fd);
		close(files->data_fd);
		return r;
	}
	bytes = (uint64_t)cube.st_size + (uint64_t)data.st_size;
	if (bytes > left(m)) {
		close(files->cube_fd);
		close(files->data_fd);
		return -ENOSPC;
	}
	atomic_fetch_add(&m->used, bytes);
	return month_open_files(files, &m->used, bytes, blocks, ret, why);
}

static int build(struct in_memory *m, const struct ingest_options *options,
	struct block_cache *blocks, struct month **ret, struct fault *why)
{
	struct month_files files = { -1, -1 };
	int r = open_file("costfs-cube", &files.cube_fd);

	if (r == 0)
		r = open_file("costfs-data", &files.data_fd);
	if (r == 0)
		r = ingest_into(options, &files, left(m), why);
	if (r == 0)
		return open_built(m, &files, blocks, ret, why);
	if (files.cube_fd >= 0)
		close(files.cube_fd);
	if (files.data_fd >= 0)
		close(files.data_fd);
	return r;
}

int in_memory_build(struct in_memory *m, const struct ingest_options *options,
	struct block_cache *blocks, struct month **ret, struct fault *why)
{
	int r;

	if (!may_fit(m, options))
		return -ENOSPC;
	r = take_turn(m, options->stop);
	if (r < 0)
		return r;
	r = may_fit(m, options) ? build(m, options, blocks, ret, why) : -ENOSPC;
	atomic_store(&m->is_building, false);
	return r;
}

bool in_memory_may_warn(struct in_memory *m)
{
	uint64_t now = clock_monotonic_ms(clock_system());
	uint64_t before = atomic_load(&m->warned_ms);

	return (before == 0 || now - before >= WARN_MS) &&
		atomic_compare_exchange_strong(&m->warned_ms, &before, now);
}
