/* A library over fakes: a store of its own, a clock that is told, and ingests that wait
 * and fail as told. */
#ifndef TESTS_FS_LIBRARY_CASE_H
#define TESTS_FS_LIBRARY_CASE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_cached_month.h"
#include "fake_export.h"
#include "fs/store/library.h"

enum { PATIENCE_MS = 20000, THREE_MONTHS = 3 };

struct fake_clock {
	struct clock clock;
	_Atomic uint64_t ms;
	_Atomic int64_t now; /* seconds; 7777 at first */
	_Atomic uint64_t step_ms; /* that each look at it takes */
};

/* What the ingest of a version does. */
struct behaviour {
	const char *version;
	int error;
	unsigned times; /* 0 = always */
	bool gated; /* waits until the gate is open */
};

struct library_case {
	char root[64];
	struct store *store;
	struct object_source source;
	struct fake_clock clock;
	struct library *library;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	struct behaviour behaviours[8];
	unsigned at_gate;
	const char *order[16]; /* versions, as their ingest began */
	unsigned order_count;
	unsigned events[LIBRARY_REFRESHED + 1];
	struct month_no last_event_month; /* of those that are of one */
	unsigned ready_before_end; /* events of ready months, when a refresh ended */
};

/* Of the export as it is at first: 2026-09 "sep1", 2026-10 "oct1", 2026-11 "nov1". */
extern const struct fake_month three_months[THREE_MONTHS];

/* cmocka fixtures: *state is a struct library_case; no library is open yet. */
int library_case_setup(void **state);
int library_case_teardown(void **state);

int try_open_library(struct library_case *c, bool load_newest, unsigned refresh_seconds,
	struct fault *why);
void open_library(struct library_case *c, bool load_newest);

/* A library_listener_fn; its context is the case. */
void library_case_listen(void *context, enum library_event event, struct month_no month);
/* The hook of fake_ingest_reset(); its context is the case. */
int behave(void *context, const struct ingest_options *options, struct fault *why);
/* Behaviour at of the case becomes b. */
void behave_as(struct library_case *c, size_t at, struct behaviour b);
void open_gate_of(struct library_case *c, size_t at);
void open_gate(struct library_case *c);
void await_at_gate(struct library_case *c, unsigned count);

unsigned events_of(struct library_case *c, enum library_event event);
void await_events(struct library_case *c, enum library_event event, unsigned count);

void pass_seconds(struct library_case *c, uint64_t seconds);
/* One millisecond of the system's clock. */
void nap(void);

/* Asks for a refresh and waits for its end. */
void refresh_library(struct library_case *c);
/* Until that many ended. */
void await_refreshes(struct library_case *c, uint64_t number);

struct month_status status_of(struct library_case *c, const char *month);
/* Waits for it; answers the errno. */
int load_month(struct library_case *c, const char *month, struct fault *why);
int get_month(struct library_case *c, const char *month, bool do_load, struct fault *why);
/* What is shown now, without loading anything. */
void assert_shows(struct library_case *c, const char *month, const char *version);
/* One of the three months. */
void replace_month(size_t at, struct fake_month by);

#endif
