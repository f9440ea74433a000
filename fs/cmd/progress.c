#include "fs/cmd/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 200, BAR = 30 };

struct progress {
	struct library *library;
	struct month_no month;
	pthread_t thread;
	atomic_bool stop;
};

static void print_line(const struct month_status *s)
{
	char month[MONTH_TEXT];
	unsigned percent = 0;
	char bar[BAR + 1];

	if (s->bytes_total > 0)
		percent = (unsigned)(s->bytes_done * 100 / s->bytes_total);
	if (percent > 100)
		percent = 100;
	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i * 100 < percent * BAR ? '#' : '.';
	bar[BAR] = '\0';
	month_format(s->month, month);
	fprintf(stderr,
		"\r\033[Kreading %.*s  [%s] %3u %%  %" PRIu64 " of %" PRIu64
		" MB, %" PRIu64 " lines",
		MONTH_TEXT, month, bar, percent, s->bytes_done / 1000000,
		s->bytes_total / 1000000, s->rows_done);
}

static void *show(void *context)
{
	struct progress *p = context;
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	bool printed = false;

	while (!atomic_load(&p->stop)) {
		struct month_status s;

		nanosleep(&step, NULL);
		if (library_status(p->library, p->month, &s) == 0 &&
			s.state == MONTH_LOADING && s.bytes_total > 0 &&
			!atomic_load(&p->stop)) {
			print_line(&s);
			printed = true;
		}
	}
	if (printed)
		fputs("\r\033[K", stderr);
	return NULL;
}

struct progress *progress_start(struct library *l, struct month_no month)
{
	struct progress *p = isatty(STDERR_FILENO) ? calloc(1, sizeof(*p)) : NULL;

	if (p == NULL)
		return NULL;
	p->library = l;
	p->month = month;
	if (pthread_create(&p->thread, NULL, show, p) != 0) {
		free(p);
		return NULL;
	}
	return p;
}

void progress_stop(struct progress *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	free(p);
}
