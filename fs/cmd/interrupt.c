#include "fs/cmd/interrupt.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/compiler.h"

/* Until then a command may end by itself: with its terminal as it was, its processes
 * waited for, its temporary files removed. People feel more than 200 ms. */
enum { INTERRUPT_GRACE_MS = 150 };

static atomic_bool is_interrupted; /* all that a signal does is to set these two */
static atomic_int signal_taken;
static pthread_t watching;
static bool is_watching;

sigset_t interrupt_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (sigaction(signals[i], NULL, &action) == 0 &&
			action.sa_handler != SIG_IGN)
			(void)sigaddset(&set, signals[i]);
	return set;
}

static int say_interrupted(void)
{
	(void)!io_write(STDERR_FILENO, "costfs: interrupted\n",
		sizeof("costfs: interrupted\n") - 1);
	return 128 + atomic_load(&signal_taken);
}

/* Ended by pthread_cancel() as well, while it waits. */
static void *watch(void *context)
{
	const struct timespec grace = { .tv_nsec = INTERRUPT_GRACE_MS * 1000000L };
	const sigset_t set = interrupt_signals();
	int signal;

	(void)context;
	while (sigwait(&set, &signal) != 0)
		;
	atomic_store(&signal_taken, signal);
	atomic_store(&is_interrupted, true);
	(void)nanosleep(&grace, NULL);
	_exit(say_interrupted());
}

void interrupt_watch(void)
{
	const sigset_t set = interrupt_signals();
	sigset_t before;

	(void)pthread_sigmask(SIG_BLOCK, &set, &before);
	is_watching = pthread_create(&watching, NULL, watch, NULL) == 0;
	/* Then they do what they always did. */
	if (!is_watching)
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

atomic_bool *interrupt_flag(void)
{
	return &is_interrupted;
}

int interrupt_end(int status)
{
	if (is_watching) {
		(void)pthread_cancel(watching);
		(void)pthread_join(watching, NULL);
		is_watching = false;
	}
	return atomic_load(&signal_taken) ? say_interrupted() : status;
}
