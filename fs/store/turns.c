#include "fs/store/turns.h"

#include <string.h>

enum {
	/* Of what is smaller there is one part at most, or two. */
	SHARED_LEAST = 256 * 1024,
};

void turns_init(struct turns *t, const struct ingest_options *options, const bool *blank)
{
	memset(t, 0, sizeof(*t));
	t->options = options;
	t->blank = blank;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	t->bytes_left = delivery_bytes(options->delivery);
}

void turns_finish(struct turns *t)
{
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
}

/* Sharing takes some work, so only files are shared that would keep others waiting: those
 * with more than a thread's share of what is left, bytes_left, this one included. Files
 * of columns cannot be shared, and of their sums too little is read to find that out. */
static bool may_share(const struct turns *t, uint32_t chunk, uint64_t bytes_left)
{
	const struct ingest_options *o = t->options;
	uint64_t bytes = o->delivery->files[chunk].size_bytes;

	if (o->threads < 2 || t->blank[chunk] ||
		(o->sums.dims != 0 && delivery_has_columns(o->delivery)))
		return false;
	return o->part_bytes != 0 ||
		(bytes >= SHARED_LEAST && bytes > bytes_left / o->threads);
}

unsigned turns_threads(const struct turns *t)
{
	size_t count = t->options->delivery->count, wanted = t->options->threads;
	uint64_t left = t->bytes_left;
	bool shares = false;

	for (uint32_t i = 0; !shares && i < count; i++) {
		shares = may_share(t, i, left);
		left -= t->options->delivery->files[i].size_bytes;
	}
	if (wanted > count && !shares)
		wanted = count;
	if (wanted > TURNS_THREADS_MAX)
		wanted = TURNS_THREADS_MAX;
	return wanted > 0 ? (unsigned)wanted : 1;
}

/* With the lock. There are no more files open than threads. */
static struct shared_file *file_of(struct turns *t, const struct row_parts *parts)
{
	unsigned i = 0;

	while (i + 1 < TURNS_THREADS_MAX && t->shared[i].parts != parts)
		i++;
	return &t->shared[i];
}

/* With the lock, which is given up while the file is opened. What cannot be shared is
 * read whole. */
static void next_file(struct turns *t, struct turn *turn)
{
	uint32_t chunk = t->next_chunk++;
	const struct object_info *file = &t->options->delivery->files[chunk];
	bool shares = may_share(t, chunk, t->bytes_left);
	struct row_parts *parts;

	*turn = (struct turn){ .chunk = chunk };
	t->bytes_left -= file->size_bytes;
	if (!shares)
		return;
	t->opening++;
	pthread_mutex_unlock(&t->lock);
	int r = row_parts_open(t->options->source, file, t->options->part_bytes, &parts);
	pthread_mutex_lock(&t->lock);
	t->opening--;
	if (r == 0) {
		*file_of(t, NULL) = (struct shared_file){
			.parts = parts, .chunk = turn->chunk, .users = 1
		};
		turn->parts = parts;
	}
	pthread_cond_broadcast(&t->changed);
}

/* With the lock. The earliest. */
static bool join(struct turns *t, struct turn *ret)
{
	struct shared_file *found = NULL;

	for (unsigned i = 0; i < TURNS_THREADS_MAX; i++) {
		struct shared_file *f = &t->shared[i];

		if (f->parts != NULL && !f->is_used_up &&
			(found == NULL || f->chunk < found->chunk))
			found = f;
	}
	if (found == NULL)
		return false;
	found->users++;
	*ret = (struct turn){ found->chunk, found->parts };
	return true;
}

bool turns_take(struct turns *t, struct turn *ret)
{
	bool has = false;

	pthread_mutex_lock(&t->lock);
	while (!has && t->error == 0) {
		if (t->next_chunk < t->options->delivery->count) {
			next_file(t, ret);
			has = true;
		} else {
			has = join(t, ret);
			if (!has && t->opening == 0)
				break;
			if (!has)
				pthread_cond_wait(&t->changed, &t->lock);
		}
	}
	pthread_mutex_unlock(&t->lock);
	return has;
}

bool turns_go_on(struct turns *t, const struct turn *turn)
{
	pthread_mutex_lock(&t->lock);
	bool goes_on = t->error == 0 || turn->chunk < t->error_chunk;
	pthread_mutex_unlock(&t->lock);
	return goes_on;
}

/* With the lock. */
static void note_failure(struct turns *t, const struct turn *turn, int error,
	uint64_t place, const struct fault *why)
{
	if (t->error < 0 &&
		(turn->chunk > t->error_chunk ||
			(turn->chunk == t->error_chunk && place >= t->error_place)))
		return;
	t->error = error;
	t->error_chunk = turn->chunk;
	t->error_place = place;
	t->why = *why;
}

void turns_fail(struct turns *t, int error)
{
	pthread_mutex_lock(&t->lock);
	note_failure(t, &(struct turn){ .chunk = 0 }, error, 0, &(struct fault){ 0 });
	pthread_mutex_unlock(&t->lock);
}

void turns_end(struct turns *t, const struct turn *turn, int r, uint64_t place,
	const struct fault *why)
{
	struct row_parts *free_parts = NULL;
	bool is_last = turn->parts == NULL;

	pthread_mutex_lock(&t->lock);
	if (r < 0)
		note_failure(t, turn, r, place, why);
	if (turn->parts != NULL) {
		struct shared_file *f = file_of(t, turn->parts);

		f->is_used_up = true;
		is_last = --f->users == 0;
		if (is_last) {
			free_parts = f->parts;
			f->parts = NULL;
		}
	}
	pthread_mutex_unlock(&t->lock);
	row_parts_free(free_parts);
	if (is_last)
		object_forget(
			t->options->source, &t->options->delivery->files[turn->chunk], 1);
}
