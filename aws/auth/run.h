/* A program that is run for its output. */
#ifndef AWS_AUTH_RUN_H
#define AWS_AUTH_RUN_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"

struct run {
	char *const *argv;
	const struct clock *clock;
	unsigned deadline_ms;
	bool is_alone; /* in a process group of its own, which is killed as one */
	const atomic_bool *stop;
};
/* Appends what it says; what is over the limit of err is left out. *ret_status as
 * waitpid's. 0; -ENOENT -EACCES … it cannot be run; -EFBIG over the limit of out;
 * -ETIMEDOUT; -ECANCELED; -ENOMEM. It has ended, or was killed. */
MUST_USE int run_program(
	const struct run *run, struct buf *out, struct buf *err, int *ret_status);

#endif
