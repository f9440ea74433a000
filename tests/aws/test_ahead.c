/* Reading ahead: every byte once and in order, bounded, whatever the fetches do. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "aws/object/ahead.h"
#include "tests/cmocka.h"

enum { PART = 16 };

/* Serves bytes that tell their place, and counts. */
struct server {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned running, most, fetches;
	uint64_t fail_offset;
	int fail_error; /* once, of the range that begins there */
	bool is_held; /* fetches wait */
	unsigned stopped;
	uint64_t last_len;
	unsigned heads; /* from byte 0 on */
	size_t bytes, most_bytes; /* of the fetches under way */
};

static unsigned char byte_at(uint64_t offset)
{
	return (unsigned char)(offset * 7 + offset / 251);
}

static void end_fetch(struct server *s, const struct ahead_job *job)
{
	s->bytes -= job->len;
	s->running--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static int serve(void *context, const struct ahead_job *job, struct fault *why)
{
	struct server *s = context;

	pthread_mutex_lock(&s->lock);
	s->fetches++;
	s->last_len = job->len;
	s->heads += job->offset == 0;
	s->bytes += job->len;
	if (s->bytes > s->most_bytes)
		s->most_bytes = s->bytes;
	if (++s->running > s->most)
		s->most = s->running;
	pthread_cond_broadcast(&s->changed);
	while (s->is_held && !(job->stop && atomic_load(job->stop))) {
		struct timespec until;

		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		(void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
	}
	if (job->stop && atomic_load(job->stop)) {
		s->stopped++;
		end_fetch(s, job);
		return fault(why, -ECANCELED, "stopped");
	}
	if (s->fail_error && job->offset == s->fail_offset) {
		int r = fault(why, s->fail_error, "fails at %d", (int)job->offset);

		s->fail_error = 0;
		end_fetch(s, job);
		return r;
	}
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < job->len; i++) {
		job->bytes[i] = byte_at(job->offset + i);
		if (job->progress && i % 5 == 0)
			job->progress(job->part, i + 1);
	}
	pthread_mutex_lock(&s->lock);
	end_fetch(s, job);
	return 0;
}

struct fixture {
	struct server server;
	atomic_bool stop;
	struct ahead *ahead;
};

static void begin(struct fixture *f, unsigned parts)
{
	const struct ahead_options options = { .fetch = serve,
		.context = &f->server,
		.part_bytes = PART,
		.stop = &f->stop,
		.parts = parts };

	memset(f, 0, sizeof(*f));
	pthread_mutex_init(&f->server.lock, NULL);
	pthread_cond_init(&f->server.changed, NULL);
	assert_int_equal(ahead_new(&options, &f->ahead), 0);
}

static void end(struct fixture *f)
{
	ahead_free(f->ahead);
	assert_int_equal(f->server.running, 0);
	pthread_cond_destroy(&f->server.changed);
	pthread_mutex_destroy(&f->server.lock);
}

static char key[] = "a/b", other_key[] = "c";

static struct object_info object(char *name, uint64_t size)
{
	struct object_info o = { .key = name, .size_bytes = size, .etag = "e" };

	return o;
}

/* All of it, in steps. */
static int read_all(struct fixture *f, const struct object_info *o, size_t step)
{
	unsigned char bytes[256];
	uint64_t at = 0;
	ssize_t n;

	while ((n = ahead_read(f->ahead, o, at, bytes, step, NULL)) > 0) {
		uint64_t left = o->size_bytes - at;

		assert_int_equal(n, left < step ? left : step);
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], byte_at(at + (uint64_t)i));
		at += (uint64_t)n;
	}
	if (n == 0)
		assert_int_equal(at, o->size_bytes);
	return (int)n;
}

static void every_size_in_every_step(void **state)
{
	static const uint64_t sizes[] = { 0, 1, PART - 1, PART, PART + 1, 2 * PART, 300,
		10 * PART + 3 };
	static const size_t steps[] = { 1, 2, 3, 7, PART - 1, PART, PART + 1, 100 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
			struct object_info o = object(key, sizes[i]);
			struct fixture f;

			print_message("  %zu by %zu\n", (size_t)sizes[i], steps[k]);
			begin(&f, (unsigned)(k % AHEAD_PARTS) + 1);
			assert_int_equal(read_all(&f, &o, steps[k]), 0);
			/* The parts, and a read that found no place for one. */
			assert_true(f.server.most <= k % AHEAD_PARTS + 2);
			end(&f);
		}
}

static void whole_small_object_is_one_fetch_without_a_thread(void **state)
{
	struct object_info o = object(key, PART - 2);
	unsigned char bytes[PART];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	assert_int_equal(ahead_read(f.ahead, &o, 0, bytes, o.size_bytes, NULL), PART - 2);
	assert_int_equal(f.server.fetches, 1);
	end(&f);
}

static void jump_fetches_just_what_is_asked_for(void **state)
{
	struct object_info o = object(key, 20 * PART);
	unsigned char bytes[PART];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	assert_int_equal(ahead_read(f.ahead, &o, 10 * PART + 3, bytes, 5, NULL), 5);
	assert_int_equal(bytes[0], byte_at(10 * PART + 3));
	assert_int_equal(f.server.fetches, 1);
	assert_int_equal(f.server.last_len, 5);
	end(&f);
}

/* As who looks at the footer of a file first. */
static void a_jump_to_the_end_of_a_part_takes_it_from_nobody(void **state)
{
	struct object_info o = object(key, 2 * PART);
	unsigned char bytes[4];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	ahead_expect(f.ahead, &o, 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			ahead_read(f.ahead, &o, 2 * PART - 4, bytes, 4, NULL), 4);
	assert_int_equal(bytes[0], byte_at(2 * PART - 4));
	assert_int_equal(read_all(&f, &o, 5), 0);
	/* [0, 2) [2, 8) [8, 16) [16, 24) [24, 32), each once. */
	assert_int_equal(f.server.fetches, 5);
	ahead_forget(f.ahead, &o, 1);
	end(&f);
}

static void four_parts_are_under_way_at_once(void **state)
{
	struct object_info o = object(key, 20 * PART);
	struct fixture f;
	unsigned char byte;

	(void)state;
	begin(&f, 0);
	f.server.is_held = true;
	atomic_store(&f.stop, true);
	assert_int_equal(ahead_read(f.ahead, &o, 0, &byte, 1, NULL), -ECANCELED);
	pthread_mutex_lock(&f.server.lock);
	while (f.server.running > 0)
		pthread_cond_wait(&f.server.changed, &f.server.lock);
	assert_true(f.server.fetches <= AHEAD_COUNT + 1);
	f.server.is_held = false;
	pthread_mutex_unlock(&f.server.lock);
	atomic_store(&f.stop, false);
	/* Who gave up has left nothing behind. */
	assert_int_equal(read_all(&f, &o, 5), 0);
	end(&f);
}

static void failure_is_told_and_the_next_read_begins_anew(void **state)
{
	static const uint64_t offsets[] = { 0, PART, 3 * PART, 9 * PART };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct object_info o = object(key, 10 * PART);
		struct fault why = { 0 };
		unsigned char bytes[5];
		struct fixture f;
		uint64_t at = 0;
		ssize_t n;

		print_message("  at %d\n", (int)offsets[i]);
		begin(&f, 0);
		f.server.fail_offset = offsets[i];
		f.server.fail_error = -ESTALE;
		while ((n = ahead_read(f.ahead, &o, at, bytes, 4, &why)) > 0)
			at += (uint64_t)n;
		assert_int_equal(n, -ESTALE);
		assert_int_equal(at, offsets[i]);
		assert_non_null(strstr(why.text, "fails at"));
		assert_int_equal(read_all(&f, &o, 4), 0);
		end(&f);
	}
}

struct reader {
	struct fixture *f;
	struct object_info object;
	size_t step;
	int result;
};

static void *run_reader(void *context)
{
	struct reader *r = context;

	for (int i = 0; i < 3 && r->result == 0; i++)
		r->result = read_all(r->f, &r->object, r->step);
	return NULL;
}

static void many_readers_of_two_objects_get_their_own(void **state)
{
	enum { READERS = 12 };
	struct reader readers[READERS];
	pthread_t threads[READERS];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	for (size_t i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .f = &f,
			.object = object(i % 2 ? key : other_key, 20 * PART + i % 2),
			.step = i + 1 };
		assert_int_equal(
			pthread_create(&threads[i], NULL, run_reader, &readers[i]), 0);
	}
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].result, 0);
	}
	end(&f);
}

static void what_is_expected_comes_heads_first_and_in_order(void **state)
{
	static char names[3][2] = { "a", "b", "c" };
	struct object_info objects[3];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	for (size_t i = 0; i < 3; i++)
		objects[i] = object(names[i], 4 * PART + i);
	f.server.is_held = true;
	ahead_expect(f.ahead, objects, 3);
	pthread_mutex_lock(&f.server.lock);
	while (f.server.running < AHEAD_PARTS)
		pthread_cond_wait(&f.server.changed, &f.server.lock);
	/* Sixteen threads took the first sixteen, of which three are heads. */
	assert_int_equal(f.server.fetches, AHEAD_PARTS);
	assert_int_equal(f.server.heads, 3);
	f.server.is_held = false;
	pthread_cond_broadcast(&f.server.changed);
	pthread_mutex_unlock(&f.server.lock);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(read_all(&f, &objects[i], 3), 0);
	/* Each once: [0, 2) [2, 12) [12, 24) [24, 36) [36, 48) [48, 60) and the rest. */
	assert_int_equal(f.server.fetches, 3 * 7);
	unsigned before = f.server.fetches;
	ahead_forget(f.ahead, objects, 3);
	assert_int_equal(f.server.fetches, before);
	end(&f);
}

static void expectations_take_no_more_memory_than_reads(void **state)
{
	enum { OBJECTS = 100 };
	static char names[OBJECTS][8];
	struct object_info objects[OBJECTS];
	struct fixture f;

	(void)state;
	for (unsigned parts = 1; parts <= AHEAD_PARTS; parts += 5) {
		begin(&f, parts);
		for (size_t i = 0; i < OBJECTS; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "k%zu", i);
			objects[i] = object(names[i], i * 3);
		}
		ahead_expect(f.ahead, objects, OBJECTS);
		/* Headers of all, and then all. */
		for (size_t i = 1; i < OBJECTS; i++) {
			unsigned char byte;

			assert_int_equal(
				ahead_read(f.ahead, &objects[i], 0, &byte, 1, NULL), 1);
			assert_int_equal(byte, byte_at(0));
		}
		for (size_t i = 0; i < OBJECTS; i++)
			assert_int_equal(read_all(&f, &objects[i], 7), 0);
		assert_true(f.server.most_bytes <= (parts + 1) * PART);
		ahead_forget(f.ahead, objects, OBJECTS);
		end(&f);
	}
}

static void forgetting_ends_what_nobody_will_read(void **state)
{
	struct object_info objects[] = { object(key, 20 * PART),
		object(other_key, 20 * PART) };
	struct fixture f;

	(void)state;
	begin(&f, 0);
	f.server.is_held = true;
	ahead_expect(f.ahead, objects, 2);
	pthread_mutex_lock(&f.server.lock);
	while (f.server.running < AHEAD_PARTS)
		pthread_cond_wait(&f.server.changed, &f.server.lock);
	pthread_mutex_unlock(&f.server.lock);
	ahead_forget(f.ahead, objects, 2);
	pthread_mutex_lock(&f.server.lock);
	while (f.server.running > 0)
		pthread_cond_wait(&f.server.changed, &f.server.lock);
	assert_int_equal(f.server.stopped, f.server.fetches);
	f.server.is_held = false;
	pthread_mutex_unlock(&f.server.lock);
	assert_int_equal(read_all(&f, &objects[0], 5), 0);
	end(&f);
}

static void readers_of_what_is_expected_get_their_own(void **state)
{
	enum { READERS = 6 };
	static char names[READERS][2];
	struct object_info objects[READERS];
	struct reader readers[READERS];
	pthread_t threads[READERS];
	struct fixture f;

	(void)state;
	for (unsigned parts = 1; parts <= AHEAD_PARTS; parts += 5) {
		begin(&f, parts);
		for (size_t i = 0; i < READERS; i++) {
			names[i][0] = (char)('a' + i);
			objects[i] = object(names[i], 20 * PART + i);
		}
		ahead_expect(f.ahead, objects, READERS);
		for (size_t i = 0; i < READERS; i++) {
			readers[i] = (struct reader){
				.f = &f, .object = objects[i], .step = i + 1
			};
			assert_int_equal(pthread_create(&threads[i], NULL, run_reader,
						 &readers[i]),
				0);
		}
		for (size_t i = 0; i < READERS; i++) {
			pthread_join(threads[i], NULL);
			assert_int_equal(readers[i].result, 0);
		}
		ahead_forget(f.ahead, objects, READERS);
		end(&f);
	}
}

static void closing_ends_fetches_under_way(void **state)
{
	struct object_info o = object(key, 20 * PART);
	unsigned char bytes[4];
	struct fixture f;

	(void)state;
	begin(&f, 0);
	assert_int_equal(ahead_read(f.ahead, &o, 0, bytes, 4, NULL), 4);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_in_every_step),
		cmocka_unit_test(whole_small_object_is_one_fetch_without_a_thread),
		cmocka_unit_test(jump_fetches_just_what_is_asked_for),
		cmocka_unit_test(a_jump_to_the_end_of_a_part_takes_it_from_nobody),
		cmocka_unit_test(four_parts_are_under_way_at_once),
		cmocka_unit_test(failure_is_told_and_the_next_read_begins_anew),
		cmocka_unit_test(many_readers_of_two_objects_get_their_own),
		cmocka_unit_test(what_is_expected_comes_heads_first_and_in_order),
		cmocka_unit_test(expectations_take_no_more_memory_than_reads),
		cmocka_unit_test(forgetting_ends_what_nobody_will_read),
		cmocka_unit_test(readers_of_what_is_expected_get_their_own),
		cmocka_unit_test(closing_ends_fetches_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
