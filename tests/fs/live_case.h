/* A live inventory over a fake of AWS: answers, refusals and calls that hang as told, a
 * clock that is told, and a cache directory of its own. */
#ifndef TESTS_FS_LIVE_CASE_H
#define TESTS_FS_LIVE_CASE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fs/live/live.h"

enum {
	LIVE_PATIENCE_MS = 20000,
	LIVE_CASE_NOW = 1795000000, /* 2026-11-18 */
	LIVE_CASE_ANSWERS = 16,
	LIVE_CASE_BIG = 40000, /* bytes */
	LIVE_CASE_TEXT = 64,
};
#define ACCOUNT "111122223333"
#define OTHER "444455556666"

struct live_clock {
	struct clock clock;
	_Atomic uint64_t ms;
	_Atomic int64_t now;
};

/* What AWS says of a region, or of an instance that is measured; the first that fits is
 * taken, and without one two instances that are running. */
struct live_answer {
	const char *account, *region; /* or the instance; NULL: any */
	int error;
	bool hangs; /* until it is told otherwise, or stopped */
	bool is_big; /* LIVE_CASE_BIG bytes of JSON */
	const char *state; /* of what is there, and what is measured */
	const char *lacks; /* of what is measured, is said */
	const char
		*regions; /* in place of "eu-west-1", "us-east-1"; ends in "\n" for NUL */
};

struct live_case {
	char root[64];
	struct live_clock clock;
	struct live_options options; /* of the next live_case_open() */
	struct live *live;
	size_t instances, volumes, users; /* kinds */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	struct live_answer answers[LIVE_CASE_ANSWERS];
	unsigned calls, calling, calling_most;
	unsigned listed, changes;
	char last_region[LIVE_REGION_TEXT]; /* of the last event */
};

/* cmocka fixtures: *state is a struct live_case; nothing is open yet. */
int live_case_setup(void **state);
int live_case_teardown(void **state);
#define LIVE_CASE(test)                                                                  \
	cmocka_unit_test_setup_teardown(test, live_case_setup, live_case_teardown)

/* By options. */
void live_case_open(struct live_case *c);
void live_case_close(struct live_case *c);
void live_case_answer(struct live_case *c, size_t at, struct live_answer answer);
void live_case_pass(struct live_case *c, unsigned seconds);

unsigned live_case_calls(struct live_case *c);
unsigned live_case_calling(struct live_case *c);
unsigned live_case_calling_most(struct live_case *c);
unsigned live_case_listed(struct live_case *c);
unsigned live_case_changes(struct live_case *c);
/* Until so many were counted, or more. */
void live_case_await_calls(struct live_case *c, unsigned count);
void live_case_await_calling(struct live_case *c, unsigned count);
void live_case_await_listed(struct live_case *c, unsigned count);
void live_case_await_changes(struct live_case *c, unsigned count);
/* Until nothing is loading or being saved. */
void live_case_await_rest(struct live_case *c);

/* Of the instances. Asks, and waits for the answer; answers the errno. */
int live_case_load(struct live_case *c, const char *account, const char *region);
/* live_list(), and lets go what it answers. */
int live_case_list(
	struct live_case *c, const char *account, const char *region, bool load);
int live_case_known(struct live_case *c, const char *account, const char *region);
/* What is known says so of its first item. */
void live_case_assert_state(
	struct live_case *c, const char *account, const char *region, const char *state);
/* The row; kind and account are there. */
struct live_status live_case_status(
	struct live_case *c, const char *account, size_t kind, const char *region);
/* As live_case_list() and live_case_load(), of metrics; *ret_text, where it is not NULL,
 * is what is there, "" for nothing. */
int live_case_metrics(struct live_case *c, const char *region, const char *instance,
	bool load, char ret_text[LIVE_CASE_TEXT]);
int live_case_measure(struct live_case *c, const char *region, const char *instance);
/* Path of the file of the directory's only listing. */
void live_case_only_file(struct live_case *c, char *ret, size_t size);
unsigned live_case_files(struct live_case *c);

#endif
