/* A world to look for credentials in: environment, home folder, services and clock are
 * all made up. One at a time in a program. */
#ifndef TESTS_AWS_AUTH_WORLD_H
#define TESTS_AWS_AUTH_WORLD_H

#include "aws/auth/credentials.h"
#include "tests/aws/sandbox.h"

/* 2026-01-02T03:04:05Z */
#define WORLD_NOW INT64_C(1767323045)

enum { WORLD_WANTS = 8, WORLD_ENV = 24, WORLD_ANSWERS = 16 };

/* What a service is asked, and what it says. */
struct world_answer {
	const char *request; /* "GET http://…": the whole first line */
	/* Texts of its headers ("name: value\n") and body; one with '!' in front is not
	 * there. */
	const char *wants[WORLD_WANTS];
	int status; /* 0 = 200 */
	const char *headers; /* of the response: "name: value\n" */
	const char *body;
	int error; /* instead: a negative errno of the transport */
};

struct world_clock {
	struct clock base;
	_Atomic int64_t seconds;
	_Atomic uint64_t ms;
	uint64_t tick_ms; /* added by each look at the monotonic clock */
};

struct world {
	struct auth_context context;
	char home[SANDBOX_PATH];
	struct world_clock clock;
	struct http http;
	struct world_answer answers[WORLD_ANSWERS];
	size_t answer_count, asked;
	struct {
		const char *name, *value;
	} env[WORLD_ENV];
	size_t env_count;
	struct profile_set *profiles;
	unsigned waited_ms; /* between attempts */
	const char *typed; /* what the person answers, NULL: context.ask stays NULL */
	char question[256];
	struct credential_provider *provider;
	struct credentials got;
	struct fault why;
};

/* For cmocka: *state becomes the world. */
int world_setup(void **state);
/* Also checks that every answer was asked for. */
int world_teardown(void **state);
void world_env(struct world *w, const char *name, const char *value);
/* path below home */
void world_write(struct world *w, const char *path, const char *text);
/* Its text, to be free()d; NULL when there is none. *ret_mode may be NULL. */
char *world_read(struct world *w, const char *path, unsigned *ret_mode);
void world_answer(struct world *w, const struct world_answer *answer);
/* Reads the profiles anew, makes the default chain if there is none yet, and asks it. */
int world_get(struct world *w, const char *profile);
/* Fails unless it gave this key, as world_get() would. */
void world_expect(struct world *w, const char *profile, const char *access_key_id);
/* Fails unless it failed so; text stands in the fault, cure in its cure (NULL: any). No
 * fault holds S3CR3T. */
void world_expect_fault(struct world *w, const char *profile, int error, const char *text,
	const char *cure);
/* Forgets the chain, as a new process would. */
void world_restart(struct world *w);
void world_pass(struct world *w, int64_t seconds);

#endif
