#include "fs/cmd/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/io.h"
#include "base/log.h"
#include "base/span.h"

/* Until then a command may end by itself: with its terminal as it was, its processes
 * waited for, its temporary files removed. People feel more than 200 ms. */
enum { INTERRUPT_GRACE_MS = 150 };

static atomic_bool is_interrupted; /* all that a signal does is to set these two */
static atomic_int signal_taken;
static struct {
	pthread_t thread;
	int signals, end; /* descriptors: of the signals, and to end the thread */
	bool is_watching;
} watcher;

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
	/* Its own thread has taken the line of progress away, unless it hangs as well. */
	const struct span text = log_is_over_progress()
		? SPAN("\r\033[Kcostfs: interrupted\n")
		: SPAN("costfs: interrupted\n");

	(void)!io_write(STDERR_FILENO, text.p, text.len);
	return 128 + atomic_load(&signal_taken);
}

/* Whether there is something to read, within so many ms; -1: without limit. */
static bool has_input(int fd, int other, int wait_ms)
{
	struct pollfd polled[] = { { .fd = fd, .events = POLLIN },
		{ .fd = other, .events = POLLIN } };
	int n;

	do
		n = poll(polled, ARRAY_LEN(polled), wait_ms);
	while (n < 0 && errno == EINTR);
	return polled[0].revents != 0;
}

static void *watch(void *context)
{
	struct signalfd_siginfo info;

	(void)context;
	if (has_input(watcher.end, watcher.signals, -1) ||
		read(watcher.signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return NULL;
	atomic_store(&signal_taken, (int)info.ssi_signo);
	atomic_store(&is_interrupted, true);
	if (!has_input(watcher.end, -1, INTERRUPT_GRACE_MS))
		_exit(say_interrupted());
	return NULL;
}

static void close_both(void)
{
	if (watcher.signals >= 0)
		(void)close(watcher.signals);
	if (watcher.end >= 0)
		(void)close(watcher.end);
}

void interrupt_watch(void)
{
	const sigset_t set = interrupt_signals();
	sigset_t before;

	(void)pthread_sigmask(SIG_BLOCK, &set, &before);
	watcher.signals = signalfd(-1, &set, SFD_CLOEXEC);
	watcher.end = eventfd(0, EFD_CLOEXEC);
	watcher.is_watching = watcher.signals >= 0 && watcher.end >= 0 &&
		pthread_create(&watcher.thread, NULL, watch, NULL) == 0;
	if (watcher.is_watching)
		return;
	/* Then they do what they always did. */
	close_both();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

atomic_bool *interrupt_flag(void)
{
	return &is_interrupted;
}

int interrupt_end(int status)
{
	if (watcher.is_watching) {
		(void)eventfd_write(watcher.end, 1);
		(void)pthread_join(watcher.thread, NULL);
		close_both();
		watcher.is_watching = false;
	}
	return atomic_load(&signal_taken) ? say_interrupted() : status;
}
