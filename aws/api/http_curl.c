/* Exchanges by libcurl. Each runs alone in a multi handle, not with curl_easy_perform():
 * that one looks up only once a second while nothing arrives, too late for the stop flag.
 */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/api/http.h"
#include "aws/api/http_pool.h"
#include "aws/api/http_receive.h"
#include "aws/api/http_request.h"
#include "aws/api/wipe.h"

enum {
	HTTP_POLL_MS = 50, /* how late the stop flag may be seen */
	HTTP_CONNECTIONS = 16,
	HTTP_CONNECT_MS = 10 * 1000,
	HTTP_LOW_SPEED_BYTES = 1024, /* a second */
	HTTP_LOW_SPEED_SECONDS = 10,
	HTTP_RECEIVE_BYTES = 256 * 1024,
};

struct http_curl {
	struct http http;
	struct http_pool *pool;
	char *ca_bundle, *user_agent; /* NULL for none */
	bool ca_is_folder;
	unsigned low_speed_seconds;
	size_t receive_bytes;
};

/* What one exchange needs beside the request. */
struct run {
	const struct http_curl *h;
	const struct http_request *request;
	CURL *easy;
	struct curl_slist *headers;
	struct receiver receiver;
	char error[CURL_ERROR_SIZE];
	char target[256]; /* "GET https://host/path", without the query: for faults */
};

struct number_option {
	CURLoption option;
	long value;
};

static CURLcode set_numbers(CURL *easy, const struct number_option *options, size_t count)
{
	CURLcode c = CURLE_OK;

	for (size_t i = 0; i < count && c == CURLE_OK; i++)
		c = curl_easy_setopt(easy, options[i].option, options[i].value);
	return c;
}

/* The same for all exchanges. */
static CURLcode set_rules(CURL *easy)
{
	static const struct number_option rules[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_PATH_AS_IS, 1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_TCP_KEEPALIVE, 1 },
#if LIBCURL_VERSION_NUM >= 0x075700
		/* Not to wait for a resolver that does not answer when told to stop. */
		{ CURLOPT_QUICK_EXIT, 1 },
#endif
#if LIBCURL_VERSION_NUM < 0x075500
		{ CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS },
#endif
		{ CURLOPT_LOW_SPEED_LIMIT, HTTP_LOW_SPEED_BYTES },
	};
	CURLcode c = set_numbers(easy, rules, ARRAY_LEN(rules));

#if LIBCURL_VERSION_NUM >= 0x075500
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#endif
	return c;
}

static CURLcode set_waits(CURL *easy, const struct run *x)
{
	const struct http_request *q = x->request;
	const struct number_option waits[] = {
		{ CURLOPT_CONNECTTIMEOUT_MS,
			(long)(q->connect_ms ? q->connect_ms : HTTP_CONNECT_MS) },
		{ CURLOPT_TIMEOUT_MS, (long)q->deadline_ms },
		{ CURLOPT_LOW_SPEED_TIME, (long)x->h->low_speed_seconds },
		{ CURLOPT_BUFFERSIZE, (long)x->h->receive_bytes },
	};

	return set_numbers(easy, waits, ARRAY_LEN(waits));
}

static CURLcode set_method(CURL *easy, const struct http_request *q)
{
	CURLcode c;

	if (strcmp(q->method, "GET") == 0)
		return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	if (strcmp(q->method, "HEAD") == 0)
		return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	c = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
	if (c == CURLE_OK)
		c = curl_easy_setopt(
			easy, CURLOPT_POSTFIELDS, q->body.len ? q->body.p : "");
	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
	return c;
}

static CURLcode set_texts(CURL *easy, const struct run *x)
{
	const struct http_curl *h = x->h;
	CURLcode c = curl_easy_setopt(easy, CURLOPT_URL, x->request->url);

	if (c == CURLE_OK)
		c = curl_easy_setopt(easy, CURLOPT_USERAGENT, h->user_agent);
	if (c == CURLE_OK && h->ca_bundle)
		c = curl_easy_setopt(easy,
			h->ca_is_folder ? CURLOPT_CAPATH : CURLOPT_CAINFO, h->ca_bundle);
	if (c == CURLE_OK && x->request->no_proxy)
		c = curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	return c;
}

static CURLcode set_all(struct run *x)
{
	CURL *easy = x->easy;
	CURLcode c;

	curl_easy_reset(easy);
	c = set_rules(easy);
	if (c == CURLE_OK)
		c = set_waits(easy, x);
	if (c == CURLE_OK)
		c = set_method(easy, x->request);
	if (c == CURLE_OK)
		c = set_texts(easy, x);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receiver_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, &x->receiver);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receiver_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &x->receiver);
	return c;
}

static CURLcode result_of(CURLM *multi)
{
	int left;
	CURLMsg *m = curl_multi_info_read(multi, &left);

	return m && m->msg == CURLMSG_DONE ? m->data.result : CURLE_FAILED_INIT;
}

/* A server that goes while TLS writes to it raises SIGPIPE in the writing thread. It is
 * kept out here, so that the program may do with the signal what it likes. */
static void keep_pipe_out(sigset_t *ret_before)
{
	sigset_t pipe;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, ret_before);
}

static void let_pipe_in(const sigset_t *before)
{
	const struct timespec at_once = { 0 };
	sigset_t pipe;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	if (!sigismember(before, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* 0 and the result; -ECANCELED; -ENOMEM. */
static int perform(const struct http_lane *lane, const atomic_bool *stop, CURLcode *ret)
{
	CURLMcode m = curl_multi_add_handle(lane->multi, lane->easy);
	int running = 1, r = 0;
	sigset_t before;

	keep_pipe_out(&before);
	while (m == CURLM_OK && r == 0) {
		m = curl_multi_perform(lane->multi, &running);
		if (m != CURLM_OK || !running)
			break;
		if (stop && atomic_load(stop))
			r = -ECANCELED;
		else
			m = curl_multi_poll(lane->multi, NULL, 0, HTTP_POLL_MS, NULL);
	}
	if (m == CURLM_OK && r == 0)
		*ret = result_of(lane->multi);
	(void)curl_multi_remove_handle(lane->multi, lane->easy);
	let_pipe_in(&before);
	return m == CURLM_OK ? r : -ENOMEM;
}

static int connect_error(CURL *easy)
{
	long error = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
	switch (error) {
	case ECONNREFUSED:
	case ENETUNREACH:
		return (int)-error;
	case ETIMEDOUT:
		return -ETIMEDOUT;
	default:
		return -EHOSTUNREACH;
	}
}

/* A connection that ends within the handshake is trouble of the network, and libcurl
 * tells it from a certificate that is wrong by its text alone. */
static int handshake_error(const char *text)
{
	static const char *const cuts[] = { "SSL_ERROR_SYSCALL", "Connection reset",
		"unexpected eof" };

	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		if (strstr(text, cuts[i]))
			return -ECONNRESET;
	return -EPROTO;
}

static int translate(CURLcode c, const struct run *x)
{
	switch (c) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return connect_error(x->easy);
	case CURLE_SSL_CONNECT_ERROR:
		return handshake_error(x->error);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_UNSUPPORTED_PROTOCOL: /* of the reply: the URL's has been checked */
	case CURLE_WEIRD_SERVER_REPLY:
		return -EPROTO;
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED:
		return -EINVAL;
	case CURLE_OUT_OF_MEMORY:
		/* So says libcurl of a header line over its own limit, too. */
		return x->receiver.response->status ? -EFBIG : -ENOMEM;
	default:
		return -ECONNRESET;
	}
}

static int explain(CURLcode c, struct run *x, struct fault *why)
{
	const char *text = x->error[0] ? x->error : curl_easy_strerror(c);
	long proxy_status = 0;

	if (x->receiver.failed < 0 && x->receiver.is_sink)
		return x->receiver.failed;
	if (x->receiver.failed == -EFBIG)
		return fault(why, -EFBIG, "%s: the reply is too large", x->target);
	if (x->receiver.failed < 0)
		return fault(why, x->receiver.failed, "%s: %s", x->target,
			fault_errno_text(x->receiver.failed));
	(void)curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (c != CURLE_OK && proxy_status >= 300) {
		fault(why, -EHOSTUNREACH, "%s: the proxy answered %ld", x->target,
			proxy_status);
		fault_cure(why, "check HTTPS_PROXY and NO_PROXY");
		return -EHOSTUNREACH;
	}
	/* That is no error to libcurl 7.88. */
	if (c == CURLE_OK && !x->receiver.is_final)
		return fault(why, -ECONNRESET, "%s: the reply ended within its headers",
			x->target);
	if (c == CURLE_OK)
		return 0;
	return fault(why, translate(c, x), "%s: %s", x->target, text);
}

static int exchange(struct http *h, const struct http_request *request,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	struct http_curl *self = (struct http_curl *)h;
	struct run x = { .h = self, .request = request };
	struct http_lane *lane = NULL;
	CURLcode c = CURLE_OK;
	int r = http_request_check(request, why);

	receiver_init(&x.receiver, request, ret);
	if (r < 0)
		return r;
	(void)snprintf(x.target, sizeof(x.target), "%s %.*s", request->method,
		(int)strcspn(request->url, "?"), request->url);
	if (stop && atomic_load(stop))
		return fault(why, -ECANCELED, "%s: stopped", x.target);
	r = http_request_headers(request, &x.headers);
	if (r == 0)
		r = http_pool_take(self->pool, request->url, &lane);
	if (r == 0) {
		x.easy = lane->easy;
		c = set_all(&x);
		r = c == CURLE_OK ? perform(lane, stop, &c) : 0;
	}
	if (r == 0)
		r = explain(c, &x, why);
	else
		(void)fault(why, r, "%s: %s", x.target,
			r == -ECANCELED ? "stopped" : fault_errno_text(r));
	if (lane) {
		long opened = 0;

		(void)curl_easy_getinfo(lane->easy, CURLINFO_NUM_CONNECTS, &opened);
		ret->connections = (unsigned)opened;
	}
	if (lane && r == 0) {
		curl_easy_reset(lane->easy); /* it points to our headers */
		http_pool_give(self->pool, lane);
	} else if (lane) {
		/* libcurl 7.88 never again reaches a host that it could not resolve once.
		 */
		http_pool_drop(lane);
	}
	http_request_headers_free(x.headers);
	return r;
}

static void http_curl_free(struct http *h)
{
	struct http_curl *self = (struct http_curl *)h;

	http_pool_free(self->pool);
	free(self->ca_bundle);
	free(self->user_agent);
	free(self);
	curl_global_cleanup();
}

static int copy_text(const char *text, char **ret)
{
	if (text)
		*ret = strdup(text);
	return !text || *ret ? 0 : -ENOMEM;
}

static int take_options(
	struct http_curl *self, const struct http_options *o, struct fault *why)
{
	struct stat s;
	int r = copy_text(o->ca_bundle, &self->ca_bundle);

	if (r == 0)
		r = copy_text(o->user_agent, &self->user_agent);
	if (r < 0)
		return r;
	self->low_speed_seconds =
		o->low_speed_seconds ? o->low_speed_seconds : HTTP_LOW_SPEED_SECONDS;
	self->receive_bytes = o->receive_bytes ? o->receive_bytes : HTTP_RECEIVE_BYTES;
	if (!o->ca_bundle)
		return 0;
	if (stat(o->ca_bundle, &s) < 0 || access(o->ca_bundle, R_OK) < 0)
		return fault(why, -EINVAL, "CA bundle %s: %s", o->ca_bundle,
			fault_errno_text(errno));
	self->ca_is_folder = S_ISDIR(s.st_mode);
	return 0;
}

int http_curl_new(
	const struct http_options *options, struct http **ret, struct fault *why)
{
	static const struct http_ops ops = { exchange, http_curl_free };
	struct http_curl *self;
	int r;

	/* Its copies of requests hold tokens and signatures, those of replies keys. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc,
		    strdup, calloc) != CURLE_OK)
		return -ENOMEM;
	self = calloc(1, sizeof(*self));
	if (!self) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	self->http.ops = &ops;
	r = take_options(self, options, why);
	if (r == 0)
		r = http_pool_new(
			options->connections ? options->connections : HTTP_CONNECTIONS,
			&self->pool);
	if (r < 0) {
		http_curl_free(&self->http);
		return r;
	}
	*ret = &self->http;
	return 0;
}
