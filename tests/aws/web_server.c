#include "tests/aws/web_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { WEB_CONNECTIONS_MAX = 256, WEB_REQUESTS_MAX = 1024, WEB_REQUEST_BYTES = 1 << 20 };

struct web_server {
	const struct web_answer *answers;
	size_t answer_count;
	void (*answer)(void *context, struct span request, struct web_answer *ret);
	void *context;
	int listener, stop[2]; /* the reading end hangs up when all is to stop */
	char url[64];
	pthread_t accepting;
	pthread_mutex_t lock;
	pthread_t
		threads[WEB_CONNECTIONS_MAX]; /* of the accepting thread, then of stop */
	unsigned connections, request_count; /* guarded by lock */
	char *requests[WEB_REQUESTS_MAX]; /* guarded by lock */
};

struct connection {
	struct web_server *server;
	int fd;
};

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	perror(what);
	abort();
}

/* False when all is to stop, or ms are over. */
static bool wait_for(const struct web_server *s, int fd, short events, int ms)
{
	struct pollfd polled[] = { { .fd = s->stop[0] }, { .fd = fd, .events = events } };
	int r;

	do
		r = poll(polled, 2, ms);
	while (r < 0 && errno == EINTR);
	return r > 0 && !polled[0].revents;
}

static size_t body_length(struct span head)
{
	struct span rest = head, line;
	struct span name = SPAN("content-length:");
	uint64_t length = 0;

	while (span_split(&rest, '\n', &line))
		if (span_eq_nocase(span_first(line, name.len), name))
			must(span_parse_u64(span_trim(span_from(line, name.len)), 1 << 20,
				     &length) == 0,
				"content-length");
	return (size_t)length;
}

/* Length of the request that b begins with; 0 while it is not whole. */
static size_t request_length(const struct buf *b)
{
	const char *end = b->len ? memmem(b->p, b->len, "\r\n\r\n", 4) : NULL;
	size_t head = end ? (size_t)(end - b->p) + 4 : 0;
	size_t all = end ? head + body_length(span_first(buf_span(b), head)) : 0;

	return all <= b->len ? all : 0;
}

/* Length of the request, 0 at the end of the connection. */
static size_t read_request(const struct connection *c, struct buf *b)
{
	size_t len;

	while ((len = request_length(b)) == 0) {
		char bytes[4096];
		ssize_t r;

		if (!wait_for(c->server, c->fd, POLLIN, -1))
			return 0;
		r = read(c->fd, bytes, sizeof(bytes));
		if (r <= 0)
			return 0;
		must(buf_append(b, bytes, (size_t)r) == 0, "request");
	}
	return len;
}

/* Keeps the text and answers the number of the request. */
static unsigned note(struct web_server *s, struct span request)
{
	unsigned n;

	(void)pthread_mutex_lock(&s->lock);
	n = s->request_count++;
	must(n < WEB_REQUESTS_MAX, "requests");
	s->requests[n] = strndup(request.p, request.len);
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

static void print_answer(const struct web_answer *a, bool is_head, struct buf *b)
{
	const char *body = a->body ? a->body : "";
	size_t len = a->body_len ? a->body_len : strlen(body);
	int r;

	if (a->raw) {
		must(buf_append(b, a->raw, a->body_len ? a->body_len : strlen(a->raw)) ==
				0,
			"raw");
		return;
	}
	r = buf_appendf(b, "HTTP/1.1 %s\r\n%s", a->status ? a->status : "200 OK",
		a->headers ? a->headers : "");
	if (r == 0 && !a->no_length)
		r = buf_appendf(b, "Content-Length: %zu\r\n", len);
	if (r == 0)
		r = buf_append_text(b, "\r\n");
	if (r == 0 && !is_head)
		r = buf_append(b, body, len);
	must(r == 0, "answer");
}

static bool send_all(const struct connection *c, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t r;

		if (!wait_for(c->server, c->fd, POLLOUT, -1))
			return false;
		r = send(c->fd, bytes.p, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r < 0 && errno != EAGAIN)
			return false;
		if (r > 0)
			bytes = span_from(bytes, (size_t)r);
	}
	return true;
}

/* Whether the connection is kept. */
static bool give_answer(
	const struct connection *c, const struct web_answer *a, bool is_head)
{
	struct buf b = BUF_INIT(64 << 20);
	struct linger now = { .l_onoff = 1 };
	bool is_sent;

	print_answer(a, is_head, &b);
	if (a->delay_ms)
		(void)wait_for(c->server, c->fd, POLLRDHUP, (int)a->delay_ms);
	is_sent = send_all(c, span_first(buf_span(&b), a->cut ? a->cut : b.len));
	buf_finish(&b);
	if (a->end == WEB_STALL)
		(void)wait_for(c->server, c->fd, POLLRDHUP, -1);
	if (a->end == WEB_RESET) {
		/* What has been sent is not lost by the reset once the client has it. */
		int left = 1;

		for (int i = 0; i < 1000 && left > 0; i++) {
			struct tcp_info info = { 0 };
			socklen_t len = sizeof(info);

			must(getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0,
				"tcp_info");
			left = (int)info.tcpi_unacked;
			if (left > 0)
				(void)wait_for(c->server, -1, 0, 1);
		}
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	return is_sent && a->end == WEB_KEEP;
}

static void *serve(void *context)
{
	struct connection *c = context;
	struct web_server *s = c->server;
	struct buf b = BUF_INIT(WEB_REQUEST_BYTES);
	bool is_kept = true;
	size_t len;

	while (is_kept && (len = read_request(c, &b)) > 0) {
		struct span request = { b.p, len };
		unsigned n = note(s, request);
		struct web_answer a = { 0 };

		if (s->answer)
			s->answer(s->context, request, &a);
		else
			a = s->answers[n < s->answer_count ? n : s->answer_count - 1];
		is_kept = give_answer(c, &a, span_starts(request, SPAN("HEAD ")));
		memmove(b.p, b.p + len, b.len - len);
		buf_truncate(&b, b.len - len);
	}
	(void)close(c->fd);
	buf_finish(&b);
	free(c);
	return NULL;
}

static void *accept_all(void *context)
{
	struct web_server *s = context;

	while (wait_for(s, s->listener, POLLIN, -1)) {
		struct connection *c = malloc(sizeof(*c));
		int one = 1;

		must(c != NULL, "malloc");
		*c = (struct connection){ s,
			accept4(s->listener, NULL, NULL, SOCK_CLOEXEC) };
		must(c->fd >= 0 && s->connections < WEB_CONNECTIONS_MAX, "accept");
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)pthread_mutex_lock(&s->lock);
		must(pthread_create(&s->threads[s->connections], NULL, serve, c) == 0,
			"pthread_create");
		s->connections++;
		(void)pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static void listen_on_loopback(struct web_server *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(s->listener >= 0 &&
			bind(s->listener, (struct sockaddr *)&address, len) == 0 &&
			listen(s->listener, 64) == 0 &&
			getsockname(s->listener, (struct sockaddr *)&address, &len) == 0,
		"listen");
	(void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u",
		(unsigned)ntohs(address.sin_port));
}

static struct web_server *start(struct web_server options)
{
	struct web_server *s = malloc(sizeof(*s));

	must(s != NULL, "malloc");
	*s = options;
	must(pthread_mutex_init(&s->lock, NULL) == 0 && pipe2(s->stop, O_CLOEXEC) == 0,
		"pipe");
	listen_on_loopback(s);
	must(pthread_create(&s->accepting, NULL, accept_all, s) == 0, "pthread_create");
	return s;
}

struct web_server *web_server_start(const struct web_answer *answers, size_t count)
{
	return start((struct web_server){ .answers = answers, .answer_count = count });
}

struct web_server *web_server_start_with(
	void (*answer)(void *context, struct span request, struct web_answer *ret),
	void *context)
{
	return start((struct web_server){ .answer = answer, .context = context });
}

void web_server_stop(struct web_server *s)
{
	if (!s)
		return;
	(void)close(s->stop[1]);
	(void)pthread_join(s->accepting, NULL);
	for (unsigned i = 0; i < s->connections; i++)
		(void)pthread_join(s->threads[i], NULL);
	for (unsigned i = 0; i < s->request_count; i++)
		free(s->requests[i]);
	(void)close(s->stop[0]);
	(void)close(s->listener);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *web_server_url(const struct web_server *s)
{
	return s->url;
}

unsigned web_server_connections(struct web_server *s)
{
	unsigned n;

	(void)pthread_mutex_lock(&s->lock);
	n = s->connections;
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

unsigned web_server_requests(struct web_server *s)
{
	unsigned n;

	(void)pthread_mutex_lock(&s->lock);
	n = s->request_count;
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

const char *web_server_request(struct web_server *s, unsigned n)
{
	const char *text;

	(void)pthread_mutex_lock(&s->lock);
	text = n < s->request_count ? s->requests[n] : NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return text;
}
