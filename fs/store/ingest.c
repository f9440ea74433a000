#include "fs/store/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/object/ends.h"
#include "base/io.h"
#include "fs/store/gather.h"
#include "fs/store/rows.h"

enum { THREADS_MAX = 64, NAME_MAX_BYTES = 255 };

struct job {
	const struct ingest_options *options;
	const struct layout *layout;
	struct builder *builder;
	struct data_file *file;
	atomic_uint next_chunk;
	atomic_bool failed;
	pthread_mutex_t lock;
	/* Guarded by lock: the failure of the earliest chunk, so that the message does
	 * not depend on timing; and the count of roundings. */
	int error;
	uint32_t error_chunk;
	struct fault why;
	uint64_t rounded;
};

static void note_failure(
	struct job *job, uint32_t chunk, int error, const struct fault *why)
{
	pthread_mutex_lock(&job->lock);
	if (job->error == 0 || chunk < job->error_chunk) {
		job->error = error;
		job->error_chunk = chunk;
		job->why = *why;
	}
	pthread_mutex_unlock(&job->lock);
	atomic_store(&job->failed, true);
}

static void *read_chunks(void *context)
{
	struct job *job = context;
	struct gather *g = NULL;
	struct fault why = { 0 };
	int r = gather_new(job->options, job->layout, job->builder, job->file, &g);

	if (r < 0) {
		note_failure(job, 0, r, &why);
		return NULL;
	}
	while (!atomic_load(&job->failed)) {
		uint32_t chunk = atomic_fetch_add(&job->next_chunk, 1);

		if (chunk >= job->options->delivery->count)
			break;
		r = gather_chunk(g, chunk, &why);
		if (r < 0)
			note_failure(job, chunk, r, &why);
		object_forget(
			job->options->source, &job->options->delivery->files[chunk], 1);
	}
	pthread_mutex_lock(&job->lock);
	job->rounded += gather_rounded(g);
	pthread_mutex_unlock(&job->lock);
	gather_free(g);
	return NULL;
}

static int read_all(struct job *job, struct fault *why)
{
	pthread_t threads[THREADS_MAX];
	unsigned wanted = job->options->threads, count = 0;

	if (wanted > job->options->delivery->count)
		wanted = (unsigned)job->options->delivery->count;
	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	/* This thread is the first of them; fewer than wanted are no failure. */
	while (count + 1 < wanted &&
		pthread_create(&threads[count], NULL, read_chunks, job) == 0)
		count++;
	read_chunks(job);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	if (job->error < 0 && why != NULL)
		*why = job->why;
	return job->error;
}

static int read_layout(
	const struct ingest_options *options, struct layout *layout, struct fault *why)
{
	const struct delivery *d = options->delivery;

	for (size_t i = 0; i < d->count; i++) {
		if (options->stop != NULL && atomic_load(options->stop))
			return -ECANCELED;
		int r = row_reader_peek(options->source, &d->files[i], layout, why);
		if (r < 0)
			return r;
	}
	return layout_seal(layout);
}

/* Without memory: what removes a file must work when there is none. */
struct file_name {
	char text[NAME_MAX_BYTES + 1];
};

static int file_name(const char *name, const char *ending, struct file_name *ret)
{
	struct file_name n;
	int len = snprintf(n.text, sizeof(n.text), "%s%s", name, ending);

	if (len < 0 || (size_t)len >= sizeof(n.text))
		return -ENAMETOOLONG;
	*ret = n;
	return 0;
}

static int create_file(int dir_fd, const char *name, const char *ending, int *ret)
{
	struct file_name n;
	int r = file_name(name, ending, &n);

	if (r < 0)
		return r;
	int fd = openat(dir_fd, n.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

static void remove_file(int dir_fd, const char *name, const char *ending)
{
	struct file_name n;

	if (file_name(name, ending, &n) == 0)
		unlinkat(dir_fd, n.text, 0);
}

/* Which index the rows are of, behind them. */
static int write_tail(const struct data_file *file, uint64_t bytes, int cube_fd)
{
	uint64_t index;
	ssize_t n = io_pread(
		cube_fd, &index, sizeof(index), offsetof(struct cube_header, hash));

	if (n != (ssize_t)sizeof(index))
		return n < 0 ? (int)n : -EIO;
	return io_pwrite(file->fd, &index, sizeof(index), bytes);
}

static int write_month(struct job *job, int cube_fd, struct fault *why)
{
	const struct ingest_options *options = job->options;
	int r = read_all(job, why);
	uint64_t bytes;

	if (r < 0)
		return r;
	bytes = atomic_load(&job->file->bytes);
	const struct cube_facts facts = { .layout = job->layout,
		.delivery = options->delivery,
		.data_bytes = bytes ? bytes + ROWS_TAIL : 0,
		.rounded = job->rounded,
		.sums = options->sums };
	r = builder_write(job->builder, &facts, cube_fd);
	if (r == 0 && bytes)
		r = write_tail(job->file, bytes, cube_fd);
	if (r < 0)
		return r;
	if (fdatasync(job->file->fd) < 0 || fdatasync(cube_fd) < 0)
		return -errno;
	return 0;
}

static void tell_total(const struct ingest_options *options)
{
	uint64_t total = 0;

	if (options->progress == NULL)
		return;
	for (size_t i = 0; i < options->delivery->count; i++)
		total += options->delivery->files[i].size_bytes;
	atomic_store(&options->progress->bytes_total, total);
}

static int write_files(struct job *job, int dir_fd, const char *name, struct fault *why)
{
	int cube_fd = -1;
	int r = create_file(dir_fd, name, ".data", &job->file->fd);

	if (r == 0)
		r = create_file(dir_fd, name, ".cube", &cube_fd);
	if (r == 0)
		r = write_month(job, cube_fd, why);
	if (r < 0) {
		if (job->file->fd >= 0)
			remove_file(dir_fd, name, ".data");
		if (cube_fd >= 0)
			remove_file(dir_fd, name, ".cube");
	}
	if (job->file->fd >= 0)
		close(job->file->fd);
	if (cube_fd >= 0)
		close(cube_fd);
	return r;
}

/* Where it is written: a name in a directory, or files. */
struct target {
	int dir_fd;
	const char *name;
	const struct month_files *files; /* NULL: by name */
	uint64_t limit_bytes;
};

static int write_target(struct job *job, const struct target *to, struct fault *why)
{
	if (!to->files)
		return write_files(job, to->dir_fd, to->name, why);
	job->file->fd = to->files->data_fd;
	job->file->limit = to->limit_bytes;
	return write_month(job, to->files->cube_fd, why);
}

static int read_month(
	const struct ingest_options *options, const struct target *to, struct fault *why)
{
	struct layout layout = { 0 };
	struct data_file file = { .fd = -1 };
	struct job job = { .options = options, .layout = &layout, .file = &file };
	int r;

	pthread_mutex_init(&job.lock, NULL);
	r = read_layout(options, &layout, why);
	ends_seal(options->source);
	if (r == 0)
		r = builder_new((uint32_t)options->delivery->count, &job.builder);
	if (r == 0)
		r = write_target(&job, to, why);
	builder_free(job.builder);
	layout_finish(&layout);
	pthread_mutex_destroy(&job.lock);
	return r;
}

static int ingest(
	const struct ingest_options *options, const struct target *to, struct fault *why)
{
	const struct delivery *d = options->delivery;
	struct ingest_options own = *options;
	int r = ends_new(options->source, &own.source);

	if (r < 0)
		return r;
	tell_total(options);
	/* Of a file that is not read from its front nothing can be expected. */
	if (options->sums.dims == 0)
		object_expect(own.source, d->files, d->count);
	r = read_month(&own, to, why);
	object_forget(own.source, d->files, d->count);
	object_source_free(own.source);
	return r;
}

int ingest_month(const struct ingest_options *options, int dir_fd, const char *name,
	struct fault *why)
{
	return ingest(options, &(struct target){ .dir_fd = dir_fd, .name = name }, why);
}

int ingest_into(const struct ingest_options *options, const struct month_files *files,
	uint64_t limit_bytes, struct fault *why)
{
	return ingest(options,
		&(struct target){ .files = files, .limit_bytes = limit_bytes }, why);
}
