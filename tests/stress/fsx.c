/* A read-only fsx: threads that call whatever a reader may call on a mount, and compare
 * each byte with references. What is open shows one version of those, never a mix.
 *
 *     fsx [-k KIND] [-s SEED] [-t SECONDS] [-n THREADS] [-b BOUND_MS] [-p PAUSE_US] MOUNT
 * REFERENCE
 *
 * Prints a line of JSON with counts and the longest time of each call. On a failure, or
 * when a call takes longer than the bound, it prints the last 50 calls of that thread and
 * ends with status 1. */
#include "tests/stress/actor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS_MAX = 64, LOOK_US = 20000 };

struct kind {
	const char *name;
	void (*step)(struct actor *);
};

static const struct kind kinds[] = { { "fsx", step_fsx }, { "read", step_read },
	{ "map", step_map }, { "list", step_list }, { "xattr", step_xattr },
	{ "write", step_write } };

struct run {
	const struct kind *kind;
	uint64_t seed, seconds, threads, bound_ms, pause_us;
	const char *mount, *directory;
	uint64_t end_ns;
	struct reference reference;
};

static struct run run = { .kind = kinds,
	.seed = 1,
	.seconds = 5,
	.threads = 4,
	.bound_ms = 10000,
	.mount = "",
	.directory = "" };
static _Thread_local struct actor *self;

/* A page of a file could not be read. */
static void on_bus_error(int number)
{
	(void)number;
	if (self == NULL)
		_exit(1);
	/* NOLINTNEXTLINE(bugprone-signal-handler): it comes of touching a page */
	actor_fail(self, "SIGBUS");
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		fprintf(stderr, "fsx: no number: %s\n", text);
		exit(2);
	}
	return value;
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	fprintf(stderr, "fsx: no such kind: %s\n", name);
	exit(2);
}

static void take_words(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "k:s:t:n:b:p:")) != -1)
		switch (c) {
		case 'k':
			run.kind = kind_of(optarg);
			break;
		case 's':
			run.seed = number_of(optarg);
			break;
		case 't':
			run.seconds = number_of(optarg);
			break;
		case 'n':
			run.threads = number_of(optarg);
			break;
		case 'b':
			run.bound_ms = number_of(optarg);
			break;
		case 'p':
			run.pause_us = number_of(optarg);
			break;
		default:
			exit(2);
		}
	if (argc - optind != 2 || run.threads == 0 || run.threads > THREADS_MAX) {
		fprintf(stderr,
			"usage: fsx [-k KIND] [-s SEED] [-t SECONDS] [-n THREADS] "
			"[-b BOUND_MS] [-p PAUSE_US] MOUNT REFERENCE\n");
		exit(2);
	}
	run.mount = argv[optind];
	run.directory = argv[optind + 1];
}

static void *act(void *argument)
{
	struct actor *a = argument;

	self = a;
	while (now_ns() < run.end_ns) {
		run.kind->step(a);
		if (run.pause_us > 0)
			usleep((useconds_t)run.pause_us);
	}
	for (int i = 0; i < HANDLES; i++)
		handle_close(&a->handles[i]);
	return NULL;
}

static void begin_actor(struct actor *a, unsigned number)
{
	*a = (struct actor){ .reference = &run.reference,
		.kind = run.kind->name,
		.seed = run.seed,
		.random = run.seed * THREADS_MAX + number,
		.number = number,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	a->root = open(run.mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a->memory = memfd_create("fsx", MFD_CLOEXEC);
	a->buffer = malloc(BUFFER_BYTES);
	a->other = malloc(BUFFER_BYTES);
	for (int i = 0; i < HANDLES; i++)
		a->handles[i].fd = -1;
	if (a->root < 0 || a->memory < 0 || a->buffer == NULL || a->other == NULL ||
		pipe2(a->pipe, O_CLOEXEC) < 0) {
		fprintf(stderr, "fsx: %s: %s\n", run.mount, strerror(errno));
		exit(2);
	}
}

/* Looks at all until their time is up and they are idle. */
static void watch(struct actor *actors)
{
	bool is_busy = true;

	while (is_busy) {
		uint64_t now = now_ns();

		is_busy = now < run.end_ns;
		for (uint64_t i = 0; i < run.threads; i++) {
			struct actor *a = &actors[i];

			pthread_mutex_lock(&a->lock);
			uint64_t begun = a->is_busy
				? a->log[(a->deeds - 1) % DEEDS].begun_ns
				: now;
			is_busy = is_busy || a->is_busy;
			pthread_mutex_unlock(&a->lock);
			if (now > begun && now - begun > run.bound_ms * 1000000)
				actor_fail(a, "a call takes longer than %llu ms",
					(unsigned long long)run.bound_ms);
		}
		usleep(LOOK_US);
	}
}

static void add_tally(struct tally all[KINDS_MAX], const struct tally *t)
{
	for (int i = 0; i < KINDS_MAX; i++) {
		if (all[i].call != NULL && strcmp(all[i].call, t->call) != 0)
			continue;
		all[i].call = t->call;
		all[i].count += t->count;
		if (t->longest_ns > all[i].longest_ns)
			all[i].longest_ns = t->longest_ns;
		return;
	}
}

static void print_tallies(const struct actor *actors)
{
	struct tally all[KINDS_MAX] = { 0 };

	for (uint64_t i = 0; i < run.threads; i++)
		for (int k = 0; k < KINDS_MAX && actors[i].tallies[k].call != NULL; k++)
			add_tally(all, &actors[i].tallies[k]);
	printf("{");
	for (int k = 0; k < KINDS_MAX && all[k].call != NULL; k++)
		printf("%s\"%s\": [%llu, %.3f]", k == 0 ? "" : ", ", all[k].call,
			(unsigned long long)all[k].count,
			(double)all[k].longest_ns / 1e6);
	printf("}\n");
}

static void finish_actor(struct actor *a)
{
	close(a->root);
	close(a->memory);
	close(a->pipe[0]);
	close(a->pipe[1]);
	free(a->buffer);
	free(a->other);
	pthread_mutex_destroy(&a->lock);
}

int main(int argc, char **argv)
{
	static struct actor actors[THREADS_MAX];
	pthread_t threads[THREADS_MAX];

	take_words(argc, argv);
	reference_read(run.directory, &run.reference);
	signal(SIGBUS, on_bus_error);
	run.end_ns = now_ns() + run.seconds * 1000000000;
	for (unsigned i = 0; i < run.threads; i++)
		begin_actor(&actors[i], i);
	for (unsigned i = 0; i < run.threads; i++)
		if (pthread_create(&threads[i], NULL, act, &actors[i]) != 0)
			return 2;
	watch(actors);
	for (unsigned i = 0; i < run.threads; i++)
		pthread_join(threads[i], NULL);
	print_tallies(actors);
	for (unsigned i = 0; i < run.threads; i++)
		finish_actor(&actors[i]);
	free(run.reference.items);
	return 0;
}
