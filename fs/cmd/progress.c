#include "fs/cmd/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/screen.h"

enum {
	DELAY_MS = 500, /* before that nobody waits, and speed says little */
	STEP_MS = 200,
	LOOK_MS = 50, /* whether it is interrupted */
	BAR_MIN = 8,
	BAR_MAX = 40,
	LINE_MAX_BYTES = 256,
};

struct progress {
	progress_look_fn *look; /* NULL: text is all that is known */
	void *context;
	char text[PROGRESS_WHAT];
	uint64_t began_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ending;
	bool is_ending; /* guarded by lock */
};

static uint64_t now_ms(void)
{
	return clock_monotonic_ms(clock_system());
}

/* A line as it grows; what does not fit is cut. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static void put(struct line *l, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct line *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, format, args);
	va_end(args);
	if (n > 0)
		l->len += (size_t)n;
	if (l->len >= sizeof(l->text))
		l->len = sizeof(l->text) - 1;
}

/* Of 0 to 1. */
static double share_of(const struct progress_state *s)
{
	bool is_lines = s->bytes_total == 0;
	uint64_t done = is_lines ? s->lines_done : s->bytes_done;
	uint64_t total = is_lines ? s->lines_total : s->bytes_total;

	return total == 0 ? 0 : done >= total ? 1 : (double)done / (double)total;
}

/* " 42 %  13 of 31 MB, 123 lines, 2.5 MB/s, 7 s left" */
static void put_figures(struct line *l, const struct progress_state *s)
{
	double seconds = (double)s->working_ms / 1000;
	double share = share_of(s);
	bool is_steady = s->working_ms >= DELAY_MS && share > 0;

	put(l, " %3.0f %%  ", share * 100);
	if (s->bytes_total > 0)
		put(l, "%" PRIu64 " of %" PRIu64 " MB, %" PRIu64 " lines",
			s->bytes_done / 1000000, s->bytes_total / 1000000, s->lines_done);
	else
		put(l, "%" PRIu64 " of %" PRIu64 " lines", s->lines_done, s->lines_total);
	if (is_steady && s->bytes_total > 0)
		put(l, ", %.1f MB/s", (double)s->bytes_done / 1e6 / seconds);
	else if (is_steady)
		put(l, ", %.0f lines/s", (double)s->lines_done / seconds);
	if (is_steady)
		put(l, ", %.0f s left", seconds * (1 - share) / share);
}

static void put_bar(struct line *l, size_t cells, double share)
{
	put(l, "[");
	for (size_t i = 0; i < cells; i++)
		put(l, "%c", (double)i < (double)cells * share ? '#' : '.');
	put(l, "]");
}

/* The bar has what the figures leave of the line. */
static void put_state(struct line *l, const struct progress_state *s, size_t width)
{
	struct line figures = { .len = 0 };

	put(l, "%s", s->what);
	if (s->bytes_total == 0 && s->lines_total == 0) {
		put(l, ", %" PRIu64 " s", s->working_ms / 1000);
		return;
	}
	put_figures(&figures, s);
	size_t taken = l->len + figures.len + sizeof("  []");
	size_t cells = width > taken ? width - taken : 0;
	put(l, "  ");
	if (cells >= BAR_MIN)
		put_bar(l, cells < BAR_MAX ? cells : BAR_MAX, share_of(s));
	put(l, "%s", figures.text);
}

/* A line that is full would wrap. All at once, and nothing is cleared that is written
 * again. */
static void paint(const struct progress_state *s)
{
	size_t width = screen_size(stderr).columns - 1;
	struct line l = { .len = 0 };

	put_state(&l, s, width);
	log_set_over_progress(true);
	fprintf(stderr, "\r%.*s\033[K", (int)(width < l.len ? width : l.len), l.text);
}

static void take_away(void)
{
	log_set_over_progress(false);
	fputs("\r\033[K", stderr);
}

/* Waits a moment. False: it is to end. */
static bool rest(struct progress *p)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&p->lock);
	if (!p->is_ending)
		(void)pthread_cond_timedwait(&p->ending, &p->lock, &until);
	bool is_ending = p->is_ending;
	pthread_mutex_unlock(&p->lock);
	return !is_ending && !atomic_load(interrupt_flag());
}

static void *show(void *context)
{
	struct progress *p = context;
	uint64_t next_ms = p->began_ms + DELAY_MS;
	bool is_painted = false;

	while (rest(p)) {
		struct progress_state s = { .working_ms = 0 };
		uint64_t at_ms = now_ms();

		if (at_ms < next_ms)
			continue;
		next_ms = at_ms + STEP_MS;
		if (p->look != NULL)
			p->look(p->context, &s);
		else
			memcpy(s.what, p->text, sizeof(s.what));
		if (s.working_ms == 0)
			s.working_ms = at_ms - p->began_ms;
		if (s.what[0] != '\0')
			paint(&s);
		else if (is_painted)
			take_away();
		is_painted = s.what[0] != '\0';
	}
	if (is_painted)
		take_away();
	return NULL;
}

static void finish(struct progress *p)
{
	pthread_cond_destroy(&p->ending);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct progress *start(progress_look_fn *look, void *context, const char *text)
{
	bool is_wanted = is_screen(stderr) && log_get_level() < LOG_LEVEL_INFO;
	struct progress *p = is_wanted ? calloc(1, sizeof(*p)) : NULL;
	pthread_condattr_t monotonic;

	if (p == NULL)
		return NULL;
	p->look = look;
	p->context = context;
	snprintf(p->text, sizeof(p->text), "%s", text);
	p->began_ms = now_ms();
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->ending, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&p->thread, NULL, show, p) != 0) {
		finish(p);
		return NULL;
	}
	return p;
}

struct progress *progress_start(progress_look_fn *look, void *context)
{
	return start(look, context, "");
}

struct progress *progress_start_text(const char *what)
{
	return start(NULL, NULL, what);
}

void progress_stop(struct progress *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	pthread_cond_signal(&p->ending);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	finish(p);
}

static bool is_read(const struct month_status *s)
{
	return s->is_working || s->state == MONTH_LOADING;
}

/* False: there is none. */
static bool find_read(struct library *l, struct month_status *ret)
{
	struct month_status *months = NULL;
	bool found = false;

	for (ssize_t i = library_months(l, &months) - 1; i >= 0 && !found; i--) {
		found = is_read(&months[i]);
		if (found)
			*ret = months[i];
	}
	free(months);
	return found;
}

void progress_look_at_month(void *context, struct progress_state *ret)
{
	const struct progress_month *m = context;
	char month[MONTH_TEXT];
	struct month_status s;
	bool found = m->month.number == 0
		? find_read(m->library, &s)
		: library_status(m->library, m->month, &s) == 0 && is_read(&s);

	/* Who waits for one knows since when; of others only the long ones count. */
	if (!found || (m->month.number == 0 && s.working_ms < DELAY_MS))
		return;
	month_format(s.month, month);
	snprintf(ret->what, sizeof(ret->what), "reading %.*s", MONTH_TEXT, month);
	ret->bytes_done = s.bytes_done;
	ret->bytes_total = s.bytes_total;
	ret->lines_done = s.rows_done;
	ret->working_ms = s.working_ms;
}
