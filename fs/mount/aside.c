#include "fs/mount/aside.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/mount/caller.h"

enum {
	WORKERS = 2,
	LOOK_MS = 50, /* how often the callers' signals are looked at */
	GRACE_LOOKS = 20, /* an interrupted caller that cannot be looked at is let go
			     after 1 s */
	LOOKUP_MS = 100, /* who waits longer in a lookup keeps others in it too long */
};

/*
 *   put, needs a month ──> WAITING ──wake──> QUEUED ──worker──> RUNNING ──> reply
 *   put, takes long ─────────────────────────^                    │
 *                          WAITING <──────────── needs a month ───┘
 *
 * In each of them the watcher answers requests whose caller leaves by EINTR, and lookups
 * that take too long by the pending node that they came with; then they are ANSWERED, and
 * what a worker finds out for such a one is dropped.
 */
enum state { WAITING, QUEUED, RUNNING, ANSWERED };

struct pending {
	struct pending *next, **back; /* in its list; guarded by lock */
	enum state state; /* guarded by lock */
	atomic_uint refs; /* of who has it in hand, and of a worker */
	struct op op;
	struct tree_need need; /* guarded by lock */
	struct aside *aside;
	atomic_bool is_interrupted;
	unsigned looks;
	/* Of lookups. */
	struct tree_entry entry;
	bool has_entry;
	uint64_t late_ms;
};

struct aside {
	struct tree *tree;
	struct library *library;
	pthread_mutex_t lock;
	pthread_cond_t work; /* queued is not empty, or stopping */
	pthread_cond_t some; /* there is something to watch, or stopping */
	/* Guarded by lock. */
	struct pending *waiting, *queued, **queued_end, *running;
	bool is_stopping;
	unsigned thread_count;
	pthread_t threads[WORKERS + 1];
};

static void put_in(struct pending **list, struct pending *p)
{
	p->next = *list;
	p->back = list;
	if (p->next != NULL)
		p->next->back = &p->next;
	*list = p;
}

static void take_out(struct aside *a, struct pending *p)
{
	if (a->queued_end == &p->next)
		a->queued_end = p->back;
	*p->back = p->next;
	if (p->next != NULL)
		p->next->back = p->back;
	p->next = NULL;
}

static void queue(struct aside *a, struct pending *p)
{
	p->state = QUEUED;
	p->next = NULL;
	p->back = a->queued_end;
	*a->queued_end = p;
	a->queued_end = &p->next;
	pthread_cond_signal(&a->work);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void unref_pending(struct pending *p)
{
	if (atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	if (p->has_entry)
		tree_forget(p->aside->tree, p->entry.node, 1);
	free(p->op.name);
	free(p);
}

/* No interrupt may find the request once it is answered, and the lock of libfuse that is
 * taken here is held while on_interrupt() runs: never call this with our own lock. */
static void answer_interrupted(struct aside *a, struct pending *p)
{
	struct request r = op_request(&p->op);

	fuse_req_interrupt_func(p->op.req, NULL, NULL);
	requests_end(p->op.requests, a->tree, &r, EINTR, NULL);
	fuse_reply_err(p->op.req, EINTR);
	unref_pending(p);
}

/* Likewise. */
static void answer_pending(struct aside *a, struct pending *p)
{
	struct op_answer answer = { .entry = p->entry };

	fuse_req_interrupt_func(p->op.req, NULL, NULL);
	p->has_entry = false;
	op_reply(a->tree, &p->op, &answer);
	unref_pending(p);
}

/* Without our lock, see above. A watcher that is not waiting now looks again soon. */
static void on_interrupt(fuse_req_t req, void *context)
{
	struct pending *p = context;

	(void)req;
	atomic_store(&p->is_interrupted, true);
	pthread_cond_signal(&p->aside->some);
}

/* A month that is not being loaded any more, and has not been read either, was read for
 * its sums alone: who needs it asks for it once more. */
static bool is_over(struct aside *a, struct tree_need need)
{
	struct month_status s;

	if (need.tables || need.is_live)
		return tree_has_news(a->tree, &need);
	if (library_status(a->library, need.month, &s) < 0)
		return true;
	if (need.rows)
		return !s.is_working;
	return s.state != MONTH_LOADING ||
		(need.sums.dims != 0 && sums_cover(&s.sums, &need.sums));
}

/* Whether both wait for the same. */
static bool is_same_need(const struct tree_need *a, const struct tree_need *b)
{
	if (a->is_live != b->is_live)
		return false;
	if (!a->is_live)
		return a->month.number == b->month.number;
	return a->kind == b->kind && strcmp(a->account, b->account) == 0 &&
		strcmp(a->region, b->region) == 0;
}

/* Rather than for work. Of the tables it waits as if for the month 0, whose news are
 * theirs. */
static bool waits(const struct tree_need *need)
{
	return need->month.number != 0 || need->tables || need->is_live;
}

/* What it needs may have come between the answer -EAGAIN and now: then nobody would wake
 * it. */
static void put_aside(struct aside *a, struct pending *p, struct tree_need need)
{
	bool over = !waits(&need) || is_over(a, need);

	pthread_mutex_lock(&a->lock);
	if (a->is_stopping) {
		pthread_mutex_unlock(&a->lock);
		answer_interrupted(a, p);
		return;
	}
	p->need = need;
	if (over) {
		queue(a, p);
	} else {
		p->state = WAITING;
		put_in(&a->waiting, p);
	}
	pthread_cond_signal(&a->some);
	pthread_mutex_unlock(&a->lock);
	if (!over && is_over(a, need))
		aside_wake(a, &need);
}

/* The request is not answered, and in no list. */
static void put(struct aside *a, struct pending *p, struct tree_need need)
{
	if (p->has_entry && waits(&need))
		answer_pending(a, p);
	else
		put_aside(a, p, need);
}

static struct pending *make_pending(struct aside *a, const struct op *op)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->op = *op;
	p->aside = a;
	atomic_init(&p->refs, 1);
	if (op->kind != OP_LOOKUP)
		return p;
	p->op.name = strdup(op->name);
	if (p->op.name == NULL) {
		free(p);
		return NULL;
	}
	p->late_ms = now_ms() + LOOKUP_MS;
	p->has_entry =
		tree_lookup_pending(a->tree, op->node, span_of(op->name), &p->entry) == 0;
	return p;
}

void aside_put(struct aside *a, const struct op *op, struct tree_need need)
{
	struct pending *p = make_pending(a, op);

	if (p == NULL) {
		fuse_reply_err(op->req, ENOMEM);
		return;
	}
	atomic_fetch_add(&op->requests->set_aside, 1);
	fuse_req_interrupt_func(p->op.req, on_interrupt, p);
	put(a, p, need);
}

void aside_wake(struct aside *a, const struct tree_need *need)
{
	pthread_mutex_lock(&a->lock);
	for (struct pending *p = a->waiting; p != NULL;) {
		struct pending *next = p->next;

		if (is_same_need(&p->need, need)) {
			take_out(a, p);
			queue(a, p);
		}
		p = next;
	}
	pthread_mutex_unlock(&a->lock);
}

/* With the lock. */
static struct pending *take_queued(struct aside *a)
{
	struct pending *p = a->queued;

	take_out(a, p);
	p->state = RUNNING;
	put_in(&a->running, p);
	atomic_fetch_add(&p->refs, 1);
	return p;
}

/* Whether it is still to be answered, by us alone then. */
static bool take_back(struct aside *a, struct pending *p)
{
	bool is_ours;

	pthread_mutex_lock(&a->lock);
	is_ours = p->state == RUNNING;
	if (is_ours) {
		take_out(a, p);
		atomic_fetch_sub(&p->refs, 1);
	}
	pthread_mutex_unlock(&a->lock);
	return is_ours;
}

static void run(struct aside *a, struct pending *p)
{
	struct op_answer answer;
	struct tree_need need;
	int r = op_find(a->tree, &p->op, true, &need, &answer);

	if (!take_back(a, p)) {
		if (r == 0)
			op_drop(a->tree, &p->op, &answer);
		unref_pending(p);
	} else if (r == 0) {
		fuse_req_interrupt_func(p->op.req, NULL, NULL);
		op_reply(a->tree, &p->op, &answer);
		unref_pending(p);
	} else {
		put(a, p, need);
	}
}

static void *work(void *context)
{
	struct aside *a = context;

	pthread_mutex_lock(&a->lock);
	while (!a->is_stopping) {
		if (a->queued == NULL) {
			pthread_cond_wait(&a->work, &a->lock);
			continue;
		}
		struct pending *p = take_queued(a);
		pthread_mutex_unlock(&a->lock);
		run(a, p);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static bool wants_out(struct pending *p)
{
	if (!atomic_load(&p->is_interrupted))
		return false;
	switch (caller_wish(fuse_req_ctx(p->op.req)->pid)) {
	case CALLER_LEAVES:
		return true;
	case CALLER_WAITS:
		return false;
	case CALLER_UNKNOWN:
		return ++p->looks >= GRACE_LOOKS;
	}
	return false;
}

/* Lists of those that the watcher answers. */
struct answers {
	struct pending *leaving, *late;
};

/* Moves those to the lists. /proc is read under the lock: only for interrupted ones. */
static void collect(struct aside *a, struct pending *from, struct answers *ret)
{
	const uint64_t now = now_ms();

	while (from != NULL) {
		struct pending *next = from->next;
		bool is_leaving = wants_out(from);

		if (is_leaving || (from->has_entry && now >= from->late_ms)) {
			take_out(a, from);
			from->state = ANSWERED;
			put_in(is_leaving ? &ret->leaving : &ret->late, from);
		}
		from = next;
	}
}

static void answer_all(struct aside *a, struct pending *p,
	void (*answer)(struct aside *, struct pending *))
{
	while (p != NULL) {
		struct pending *next = p->next;

		answer(a, p);
		p = next;
	}
}

static void wait_a_look(struct aside *a)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&a->some, &a->lock, &until);
}

static void *watch(void *context)
{
	struct aside *a = context;

	pthread_mutex_lock(&a->lock);
	while (!a->is_stopping) {
		struct answers answers = { NULL, NULL };

		if (a->waiting == NULL && a->queued == NULL && a->running == NULL)
			pthread_cond_wait(&a->some, &a->lock);
		else
			wait_a_look(a);
		collect(a, a->waiting, &answers);
		collect(a, a->queued, &answers);
		collect(a, a->running, &answers);
		pthread_mutex_unlock(&a->lock);
		answer_all(a, answers.leaving, answer_interrupted);
		answer_all(a, answers.late, answer_pending);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

int aside_new(struct tree *tree, struct library *library, struct aside **ret)
{
	struct aside *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return -ENOMEM;
	a->tree = tree;
	a->library = library;
	a->queued_end = &a->queued;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->work, NULL);
	pthread_cond_init(&a->some, NULL);
	for (int i = 0; i <= WORKERS; i++) {
		if (pthread_create(&a->threads[i], NULL, i < WORKERS ? work : watch, a) !=
			0) {
			aside_free(a);
			return -EAGAIN;
		}
		a->thread_count++;
	}
	*ret = a;
	return 0;
}

void aside_stop(struct aside *a)
{
	/* A worker may be at something that takes minutes. */
	tree_stop(a->tree);
	pthread_mutex_lock(&a->lock);
	a->is_stopping = true;
	pthread_cond_broadcast(&a->work);
	pthread_cond_broadcast(&a->some);
	pthread_mutex_unlock(&a->lock);
	for (; a->thread_count > 0; a->thread_count--)
		pthread_join(a->threads[a->thread_count - 1], NULL);
	pthread_mutex_lock(&a->lock);
	struct pending *waiting = a->waiting, *queued = a->queued;
	a->waiting = a->queued = NULL;
	a->queued_end = &a->queued;
	pthread_mutex_unlock(&a->lock);
	answer_all(a, waiting, answer_interrupted);
	answer_all(a, queued, answer_interrupted);
}

static void describe(const struct pending *p, struct aside_row *ret)
{
	*ret = (struct aside_row){ .request = p->op.request,
		.has_name = p->op.name != NULL,
		.is_queued = p->state != WAITING,
		.need = p->need };
	if (p->op.name != NULL)
		(void)snprintf(ret->name, sizeof(ret->name), "%s", p->op.name);
}

static ssize_t add_rows(const struct pending *from, struct aside_row *rows, ssize_t n)
{
	for (; from != NULL && n < ASIDE_ROWS_MAX; from = from->next)
		describe(from, &rows[n++]);
	return n;
}

ssize_t aside_list(struct aside *a, struct aside_row **ret)
{
	struct aside_row *rows = calloc(ASIDE_ROWS_MAX, sizeof(*rows));
	ssize_t n;

	if (rows == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&a->lock);
	n = add_rows(a->waiting, rows, 0);
	n = add_rows(a->queued, rows, n);
	n = add_rows(a->running, rows, n);
	pthread_mutex_unlock(&a->lock);
	*ret = rows;
	return n;
}

/* Answers how many there are. */
static uint64_t measure(const struct pending *from, uint64_t now_ms, uint64_t *oldest_ms)
{
	uint64_t count = 0;

	for (; from != NULL; from = from->next, count++)
		if (now_ms - from->op.request.began_ms > *oldest_ms)
			*oldest_ms = now_ms - from->op.request.began_ms;
	return count;
}

void aside_measure(struct aside *a, struct serving *ret)
{
	pthread_mutex_lock(&a->lock);
	/* Under the lock: none of them began later. */
	uint64_t now_ms = requests_now_ms();

	ret->oldest_wait_ms = 0;
	ret->waiting = measure(a->waiting, now_ms, &ret->oldest_wait_ms);
	ret->queued = measure(a->queued, now_ms, &ret->oldest_wait_ms);
	ret->queued += measure(a->running, now_ms, &ret->oldest_wait_ms);
	pthread_mutex_unlock(&a->lock);
}

void aside_free(struct aside *a)
{
	if (a == NULL)
		return;
	aside_stop(a);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->work);
	pthread_cond_destroy(&a->some);
	free(a);
}
