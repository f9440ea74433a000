#include "fs/store/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aws/object/ends.h"
#include "base/io.h"
#include "base/vec.h"
#include "fs/store/gather.h"
#include "fs/store/rows.h"
#include "fs/store/turns.h"

enum { NAME_MAX_BYTES = 255 };
/* Of all threads together, with what they handed over. Tables take up to half as much
 * again. */
enum {
	HOLD_BYTES = 48 * 1024 * 1024,
	HOLD_LEAST = 4 * 1024 * 1024,
	KEEP_BYTES = 48 * 1024 * 1024,
	SPILL_MEMORY = 8 * 1024 * 1024,
};

struct job {
	const struct ingest_options *options;
	const struct layout *layout;
	struct builder *builder;
	struct data_file *file;
	struct turns turns;
	_Atomic uint64_t rounded;
};

static int read_turn(
	struct job *job, struct gather *g, const struct turn *turn, struct fault *why)
{
	int r = gather_begin(g, turn->chunk, turn->parts, why);

	while (r == 0 && turns_go_on(&job->turns, turn)) {
		r = gather_part(g, why);
		if (r == 0)
			break;
		if (r > 0)
			r = 0;
	}
	return gather_end(g, r, why);
}

static void *read_turns(void *context)
{
	struct job *job = context;
	struct gather *g = NULL;
	struct fault why = { 0 };
	struct turn turn;
	int r = gather_new(job->options, job->layout, job->builder, job->file, &g);

	while (r == 0 && turns_take(&job->turns, &turn)) {
		if (!job->turns.blank[turn.chunk])
			r = read_turn(job, g, &turn, &why);
		turns_end(&job->turns, &turn, r, gather_place(g), &why);
	}
	if (g == NULL)
		turns_fail(&job->turns, r);
	else
		atomic_fetch_add(&job->rounded, gather_rounded(g));
	gather_free(g);
	return NULL;
}

/* Linux has a nice value for each thread, and no way back for most users. */
static void *read_turns_nicely(void *context)
{
	const struct job *job = context;

	errno = 0;
	int now = getpriority(PRIO_PROCESS, 0);
	if (errno == 0)
		(void)setpriority(PRIO_PROCESS, 0, now + job->options->niceness);
	return read_turns(context);
}

static int read_all(struct job *job, struct fault *why)
{
	const bool is_nice = job->options->niceness > 0;
	pthread_t threads[TURNS_THREADS_MAX];
	unsigned wanted = turns_threads(&job->turns) - (is_nice ? 0 : 1), count = 0;

	/* This thread is one of them where it may be; fewer than wanted are no failure.
	 */
	while (count < wanted &&
		pthread_create(&threads[count], NULL,
			is_nice ? read_turns_nicely : read_turns, job) == 0)
		count++;
	if (!is_nice || count == 0)
		read_turns(job);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	if (job->turns.error < 0 && why != NULL)
		*why = job->turns.why;
	return job->turns.error;
}

/* A packed file may hold nothing: its packing is whole, so that was meant. It has no
 * rows, if another one says what a row is. */
static int read_layout(const struct ingest_options *options, struct layout *layout,
	bool *ret_blank, struct fault *why)
{
	const struct delivery *d = options->delivery;
	size_t blank = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (options->stop != NULL && atomic_load(options->stop))
			return -ECANCELED;
		int r = row_reader_peek(options->source, &d->files[i], layout, why);
		ret_blank[i] = r == -ENODATA;
		blank += ret_blank[i];
		if (r < 0 && r != -ENODATA)
			return r;
	}
	if (blank > 0 && blank == d->count)
		return fault(why, -EBADMSG, "%s: is empty, not even a header%s",
			d->files[0].key, d->count > 1 ? ", as are all others" : "");
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
		.rounded = atomic_load(&job->rounded),
		.sums = options->sums };
	r = builder_write(job->builder, &facts, cube_fd);
	/* Of which files it is the sum nobody knows any more. */
	if (r == -ERANGE)
		r = fault(why, r, "%s: the sum of costs does not fit",
			options->delivery->id);
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
	if (options->progress != NULL)
		atomic_store(&options->progress->bytes_total,
			delivery_bytes(options->delivery));
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

/* What is spilled goes where the month does. */
static int new_builder(struct job *job, const struct target *to, const char *spill_name)
{
	const struct ingest_options *options = job->options;
	size_t keep = options->keep_bytes != 0 ? options->keep_bytes : KEEP_BYTES;
	const struct builder_options wanted = {
		.keep_bytes = keep,
		.place = { .dir_fd = to->files ? -1 : to->dir_fd,
			.name = spill_name,
			.limit = to->limit_bytes,
			.memory_bytes = keep < SPILL_MEMORY ? keep : SPILL_MEMORY },
	};

	return builder_new(&wanted, &job->builder);
}

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
	bool *blank = vec_alloc(options->delivery->count + 1, sizeof(*blank));
	struct file_name spill = { "" };
	int r = blank ? 0 : -ENOMEM;

	turns_init(&job.turns, options, blank);
	if (r == 0 && to->name)
		r = file_name(to->name, ".spill", &spill);
	if (r == 0)
		r = read_layout(options, &layout, blank, why);
	ends_seal(options->source);
	if (r == 0)
		r = new_builder(&job, to, spill.text);
	if (r == 0)
		r = write_target(&job, to, why);
	builder_free(job.builder);
	layout_finish(&layout);
	free(blank);
	turns_finish(&job.turns);
	return r;
}

static size_t hold_by_default(const struct ingest_options *options)
{
	size_t share = HOLD_BYTES / options->threads;

	return share > HOLD_LEAST ? share : HOLD_LEAST;
}

static int ingest(
	const struct ingest_options *options, const struct target *to, struct fault *why)
{
	const struct delivery *d = options->delivery;
	struct ingest_options own = *options;
	int r = ends_new(options->source, &own.source);

	if (r < 0)
		return r;
	if (own.hold_bytes == 0)
		own.hold_bytes = hold_by_default(options);
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
