/* Plans the deliveries, hands their chunks to threads, and names them in manifests
 * last. */
#include "fs/cmd/demo/demo.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "fs/cmd/demo/artifact.h"
#include "fs/cmd/demo/options.h"
#include "fs/cmd/demo/outfile.h"
#include "fs/cmd/demo/rows.h"
#include "fs/cmd/demo/shipment.h"
#include "fs/cmd/demo/side.h"

enum {
	PATH_MAX_BYTES = 8192,
	OLDER_PERCENT = 90, /* of the rows were there eight hours before */
};

/* One export being written. lock guards the fields from next_chunk on. */
struct job {
	const char *directory;
	struct demo_options o;
	struct world w;
	struct shipment *shipments;
	size_t shipment_count;
	demo_progress_fn *progress;
	void *ctx;
	pthread_mutex_t lock;
	size_t next_shipment;
	unsigned next_chunk;
	struct demo_progress done;
	int failed; /* the first -errno; nothing is begun after it */
	struct fault fault;
};
/* What a thread writes with. */
struct worker {
	struct job *job;
	struct rows_writer rows;
};

/* Adds to what is done; the first failure is everybody's. */
static int report(void *ctx, uint64_t rows)
{
	struct job *j = ctx;
	int ret;

	(void)pthread_mutex_lock(&j->lock);
	j->done.rows_done += rows;
	if (j->failed == 0 && j->progress)
		j->failed = j->progress(j->ctx, &j->done);
	ret = j->failed;
	(void)pthread_mutex_unlock(&j->lock);
	return ret;
}

/* DIRECTORY/KEY, NUL-terminated; its folders are made. */
static int make_path(const char *directory, const struct buf *key, struct buf *ret)
{
	char *slash;
	int r = buf_appendf(ret, "%s/%.*s", directory, (int)key->len, key->p);

	if (r < 0)
		return r;
	if (!buf_text(ret))
		return -ENOMEM;
	slash = strrchr(ret->p, '/');
	*slash = '\0';
	r = io_make_dirs(ret->p, 0755);
	*slash = '/';
	return r;
}

static int write_chunk(struct worker *t, const struct shipment *d, unsigned chunk)
{
	struct buf key = BUF_INIT(SHIPMENT_PATH_MAX), path = BUF_INIT(PATH_MAX_BYTES);
	struct buf member = BUF_INIT(SHIPMENT_ID + DEMO_NAME_MAX);
	int ret = shipment_chunk_key(d, chunk, &key);

	if (ret == 0)
		ret = make_path(t->job->directory, &key, &path);
	if (ret == 0)
		ret = buf_appendf(&member, "%s-%05u.csv", d->o->name, chunk + 1);
	if (ret == 0 && !buf_text(&member))
		ret = -ENOMEM;
	if (ret < 0)
		goto out;
	ret = outfile_open(&t->rows.file, buf_text(&path),
		d->format->parquet ? DEMO_PLAIN : d->o->compression, member.p);
	if (ret < 0)
		goto out;
	ret = rows_write(&t->rows, d, chunk, report, t->job);
	if (ret == 0)
		ret = outfile_close(&t->rows.file, d->plan.period.delivered - 60);
	else
		outfile_abandon(&t->rows.file);
out:
	if (ret < 0) {
		(void)pthread_mutex_lock(&t->job->lock);
		if (t->job->fault.error == 0 && (t->job->failed == 0))
			(void)fault(&t->job->fault, ret, "write %.*s: %s", (int)key.len,
				key.len ? key.p : "", fault_errno_text(ret));
		if (t->job->failed == 0)
			t->job->failed = ret;
		(void)pthread_mutex_unlock(&t->job->lock);
	}
	buf_finish(&member);
	buf_finish(&path);
	buf_finish(&key);
	return ret;
}

static bool take_chunk(struct job *j, const struct shipment **ret, unsigned *ret_chunk)
{
	bool taken = false;

	(void)pthread_mutex_lock(&j->lock);
	if (j->failed == 0 && j->next_shipment < j->shipment_count) {
		*ret = &j->shipments[j->next_shipment];
		*ret_chunk = j->next_chunk++;
		if (j->next_chunk == (*ret)->chunks) {
			j->next_shipment++;
			j->next_chunk = 0;
		}
		taken = true;
	}
	(void)pthread_mutex_unlock(&j->lock);
	return taken;
}

static void *work(void *arg)
{
	struct worker *t = arg;
	const struct shipment *d;
	unsigned chunk;

	while (take_chunk(t->job, &d, &chunk)) {
		if (write_chunk(t, d, chunk) < 0)
			break;
	}
	return NULL;
}

/* The caller's thread works too, so that one is enough. */
static int write_chunks(struct job *j)
{
	pthread_t threads[DEMO_THREADS_MAX];
	struct worker *workers = calloc(j->o.threads, sizeof(*workers));
	unsigned started = 0;

	if (!workers)
		return -ENOMEM;
	for (unsigned i = 0; i < j->o.threads; i++)
		workers[i].job = j;
	while (started + 1 < j->o.threads &&
		pthread_create(&threads[started], NULL, work, &workers[started + 1]) == 0)
		started++;
	(void)work(&workers[0]);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	free(workers);
	return j->failed;
}

/* A small file of a delivery: where it stands (0: there is none), and what is in it. */
struct piece {
	int (*key)(const struct shipment *, struct buf *);
	int (*text)(const struct shipment *, struct buf *);
};
/* The manifest that makes a delivery the current one is the last. */
static const struct piece pieces[] = {
	{ artifact_table_key, artifact_table },
	{ artifact_status_key, artifact_status },
	{ shipment_copy_key, shipment_manifest },
	{ shipment_pointer_key, shipment_manifest },
};

static int write_piece(struct job *j, const struct shipment *d, const struct piece *piece)
{
	struct buf key = BUF_INIT(SHIPMENT_PATH_MAX), path = BUF_INIT(PATH_MAX_BYTES);
	struct buf text = BUF_INIT(SHIPMENT_MANIFEST_MAX);
	int ret = piece->key(d, &key);

	if (ret <= 0)
		goto out;
	ret = make_path(j->directory, &key, &path);
	if (ret == 0)
		ret = piece->text(d, &text);
	if (ret == 0)
		ret = outfile_write_file(
			buf_text(&path), buf_span(&text), d->plan.period.delivered);
	if (ret < 0)
		(void)fault(&j->fault, ret, "write %.*s: %s", (int)key.len, key.p,
			fault_errno_text(ret));
out:
	buf_finish(&text);
	buf_finish(&path);
	buf_finish(&key);
	return ret;
}

static int add_shipment(struct job *j, unsigned period, uint64_t rows, bool superseded)
{
	int ret = shipment_make(
		&j->o, &j->w, period, rows, superseded, &j->shipments[j->shipment_count]);

	if (ret == 0) {
		j->shipment_count++;
		j->done.rows_total += rows;
	}
	return ret;
}

/* Months have rows by their days; create-new buckets keep the state before the newest. */
static int make_shipments(struct job *j)
{
	uint64_t hours = 0, before = 0, start = 0;
	struct period p;
	int ret = 0;

	j->shipments = calloc(j->o.months + 1, sizeof(*j->shipments));
	if (!j->shipments)
		return -ENOMEM;
	for (unsigned i = 0; i < j->o.months; i++) {
		world_period(&j->w, i, &p);
		hours += p.hours;
	}
	for (unsigned i = 0; i < j->o.months && ret == 0; i++) {
		uint64_t end;

		world_period(&j->w, i, &p);
		before += p.hours;
		end = j->o.rows * before / hours;
		if (p.open && j->o.layout == DEMO_CREATE_NEW)
			ret = add_shipment(
				j, i, (end - start) * OLDER_PERCENT / 100, true);
		if (ret == 0)
			ret = add_shipment(j, i, end - start, false);
		start = end;
	}
	return ret;
}

static int run_job(struct job *j)
{
	int ret = make_shipments(j);

	if (ret == 0)
		ret = write_chunks(j);
	for (size_t i = 0; i < j->shipment_count && ret == 0; i++) {
		for (size_t k = 0; k < ARRAY_LEN(pieces) && ret >= 0; k++)
			ret = write_piece(j, &j->shipments[i], &pieces[k]);
	}
	for (size_t i = 0; i < j->shipment_count; i++)
		shipment_finish(&j->shipments[i]);
	free(j->shipments);
	return ret;
}

int demo_export_write(const char *directory, const struct demo_options *options,
	demo_progress_fn *progress, void *ctx, struct fault *why)
{
	struct job j = {
		.directory = directory, .o = *options, .progress = progress, .ctx = ctx
	};
	int ret;

	ret = demo_options_check(&j.o, why);
	if (ret < 0)
		return ret;
	ret = world_init(&j.w, &j.o);
	if (ret < 0)
		return fault(why, ret, "demo export: %s", fault_errno_text(ret));
	(void)pthread_mutex_init(&j.lock, NULL);
	ret = run_job(&j);
	if (ret == 0 && j.o.tables) {
		ret = side_write(directory, &j.o, &j.w);
		if (ret < 0)
			(void)fault(&j.fault, ret, "write the tables: %s",
				fault_errno_text(ret));
	}
	(void)pthread_mutex_destroy(&j.lock);
	world_finish(&j.w);
	if (ret < 0 && why) {
		if (j.fault.error != 0)
			*why = j.fault;
		else
			(void)fault(why, ret, "demo export: %s", fault_errno_text(ret));
	}
	return ret;
}
