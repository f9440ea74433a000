#include "fs/mount/requests.h"

#include <errno.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 * 1024, CRAWLER_TOLD_MS = 3600 * 1000 };

uint64_t requests_now_ms(void)
{
	return clock_monotonic_ms(clock_system());
}

void requests_init(struct requests *q)
{
	memset(q, 0, sizeof(*q));
	log_limit_init(&q->limit);
}

void requests_finish(struct requests *q)
{
	log_limit_finish(&q->limit);
}

struct request requests_begin(
	struct requests *q, enum served_op op, int64_t pid, uint64_t node)
{
	atomic_fetch_add(&q->begun[op], 1);
	return (struct request){ .op = op,
		.id = atomic_fetch_add(&q->last_id, 1) + 1,
		.pid = pid,
		.node = node,
		.began_ms = requests_now_ms() };
}

int requests_describe(const struct request *r, struct buf *ret)
{
	return buf_appendf(ret, "op=%s id=%llu pid=%lld", served_name(r->op),
		(unsigned long long)r->id, (long long)r->pid);
}

/* Names are whatever a program has asked for: quoted, so that none can forge a field. */
int requests_describe_path(struct tree *t, const struct request *r, struct buf *ret)
{
	struct buf path = BUF_INIT(LINE_MAX_BYTES);
	int e = tree_path(t, r->node, &path);

	/* Forgotten, or of a month that was let go. */
	if (e == -ESTALE || e == -EAGAIN)
		e = buf_append_byte(&path, '?');
	if (e == 0 && r->name)
		e = buf_append_byte(&path, '/');
	if (e == 0 && r->name)
		e = buf_append_text(&path, r->name);
	if (e == 0)
		e = buf_append_text(ret, " path=");
	if (e == 0)
		e = buf_append_json(ret, buf_span(&path));
	buf_finish(&path);
	return e;
}

/* " errno=EACCES aws_request=… error=…" */
static int describe_end(int error, const struct fault *why, struct buf *ret)
{
	const char *name = error ? strerrorname_np(error) : "0";
	int e = buf_appendf(ret, " errno=%s", name ? name : "?");

	if (e == 0 && why && why->request[0]) {
		e = buf_append_text(ret, " aws_request=");
		if (e == 0)
			e = buf_append_json(ret, span_of(why->request));
	}
	if (e == 0 && why && why->text[0]) {
		e = buf_append_text(ret, " error=");
		if (e == 0)
			e = buf_append_json(ret, span_of(why->text));
	}
	return e;
}

/* Whether this may be written once more: of the same operation, path and end. */
static bool is_allowed(
	struct requests *q, const struct request *r, struct span path, struct span end)
{
	struct buf what = BUF_INIT(LINE_MAX_BYTES);
	bool allowed = true;

	if (buf_appendf(&what, "request op=%s", served_name(r->op)) == 0 &&
		buf_append_span(&what, path) == 0 && buf_append_span(&what, end) == 0 &&
		buf_text(&what))
		allowed = log_limit_allows(&q->limit, requests_now_ms(), buf_text(&what));
	buf_finish(&what);
	return allowed;
}

static void log_end(struct requests *q, struct tree *t, const struct request *r,
	int error, const struct fault *why)
{
	struct buf head = BUF_INIT(LINE_MAX_BYTES), path = BUF_INIT(LINE_MAX_BYTES),
		   end = BUF_INIT(LINE_MAX_BYTES);
	bool is_debug = log_get_level() >= LOG_LEVEL_DEBUG;

	if (requests_describe(r, &head) == 0 &&
		requests_describe_path(t, r, &path) == 0 &&
		describe_end(error, why, &end) == 0 && buf_text(&head) &&
		buf_text(&path) && buf_text(&end) &&
		(is_debug || is_allowed(q, r, buf_span(&path), buf_span(&end))))
		log_line(error ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
			"request %s ms=%llu%s%s", buf_text(&head),
			(unsigned long long)(requests_now_ms() - r->began_ms),
			buf_text(&path), buf_text(&end));
	buf_finish(&head);
	buf_finish(&path);
	buf_finish(&end);
}

/* That there is no such name or attribute is an answer. */
static bool is_failure(enum served_op op, int error)
{
	if (op == SERVED_LOOKUP && error == ENOENT)
		return false;
	return op != SERVED_XATTR || (error != ENODATA && error != EOPNOTSUPP);
}

void requests_end(struct requests *q, struct tree *t, const struct request *r, int error,
	const struct fault *why)
{
	bool has_failed = error != 0 && is_failure(r->op, error);

	if (has_failed)
		atomic_fetch_add(&q->failed[r->op], 1);
	if (error == EINTR)
		atomic_fetch_add(&q->interrupted, 1);
	if (log_get_level() >= (has_failed ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG))
		log_end(q, t, r, error, why);
}

void requests_refuse_crawler(
	struct requests *q, const struct request *r, const char *crawler)
{
	uint64_t now = requests_now_ms();
	uint64_t told = atomic_load(&q->crawler_told_ms);
	struct buf name = BUF_INIT(LINE_MAX_BYTES);

	atomic_fetch_add(&q->crawlers_refused, 1);
	if ((told == 0 || now - told >= CRAWLER_TOLD_MS) &&
		atomic_compare_exchange_strong(&q->crawler_told_ms, &told, now) &&
		buf_append_json(&name, span_of(crawler)) == 0 && buf_text(&name))
		log_line(LOG_LEVEL_WARNING,
			"crawler=%s pid=%lld errno=EACCES: what it looks for is not read "
			"yet, and nothing is fetched for it; keep it away (PRUNEFS), or "
			"see crawlers = in the configuration",
			buf_text(&name), (long long)r->pid);
	buf_finish(&name);
}

void requests_measure(struct requests *q, struct serving *ret)
{
	for (int i = 0; i < SERVED_COUNT; i++) {
		ret->requests[i] = atomic_load(&q->begun[i]);
		ret->errors[i] = atomic_load(&q->failed[i]);
	}
	ret->interrupted = atomic_load(&q->interrupted);
	ret->set_aside = atomic_load(&q->set_aside);
	ret->read_bytes = atomic_load(&q->read_bytes);
	ret->crawlers_refused = atomic_load(&q->crawlers_refused);
}
