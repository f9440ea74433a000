/* When exchanges end, what connections they use, and where bodies go. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/aws/http_fixture.h"

static void nobody_listening_is_refused(void **state)
{
	static const struct web_answer answer = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	web_server_stop(f.server);
	f.server = NULL;
	assert_int_equal(get(&f), -ECONNREFUSED);
	end(&f);
}

static void a_host_that_is_none_is_not_reached(void **state)
{
	struct http *h = new_http(&(struct http_options){ 0 });
	struct http_response response = { 0 };
	struct http_request q = { .method = "GET", .url = "http://x.invalid./" };

	(void)state;
	/* The second time over what the first left behind. */
	assert_int_equal(http_exchange(h, &q, NULL, &response, NULL), -EHOSTUNREACH);
	assert_int_equal(http_exchange(h, &q, NULL, &response, NULL), -EHOSTUNREACH);
	http_response_finish(&response);
	http_free(h);
}

static void plain_servers_do_not_speak_tls(void **state)
{
	static const struct web_answer answer = { .raw = "HTTP/1.1 400 Bad\r\n\r\n",
		.end = WEB_CLOSE };
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	/* The server waits for an end of headers that never comes; the deadline is for
	 * that. */
	(void)snprintf(f.url, sizeof(f.url), "https%s/", web_server_url(f.server) + 4);
	assert_int_equal(
		http_exchange(f.http,
			&(struct http_request){
				.method = "GET", .url = f.url, .deadline_ms = 200 },
			NULL, &f.response, &f.why),
		-ETIMEDOUT);
	end(&f);
}

static void deadlines_end_what_is_slow(void **state)
{
	static const struct web_answer answers[] = { { .delay_ms = 60000 },
		{ .body = "0123456789", .cut = 45, .end = WEB_STALL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct fixture f;
		uint64_t start = now_ms();

		begin(&f, &answers[i], 1);
		assert_int_equal(http_exchange(f.http,
					 &(struct http_request){ .method = "GET",
						 .url = f.url,
						 .deadline_ms = 100 },
					 NULL, &f.response, &f.why),
			-ETIMEDOUT);
		assert_true(now_ms() - start >= 90);
		assert_true(now_ms() - start < 5000);
		end(&f);
	}
}

static void a_slow_first_byte_is_waited_for(void **state)
{
	static const struct web_answer answer = { .delay_ms = 150, .body = "late" };
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	assert_int_equal(get(&f), 0);
	assert_body(&f.response, "late");
	end(&f);
}

static void a_stall_ends_by_the_low_speed_limit(void **state)
{
	static const struct web_answer answer = {
		.body = "0123456789", .cut = 45, .end = WEB_STALL
	};
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	http_free(f.http);
	f.http = new_http(&(struct http_options){ .low_speed_seconds = 1 });
	assert_int_equal(get(&f), -ETIMEDOUT);
	end(&f);
}

struct stopper {
	atomic_bool stop;
	struct web_server *server;
	uint64_t stopped_at;
};

/* Stops the exchange once the server has its request. */
static void *stop_soon(void *context)
{
	struct stopper *s = context;

	while (web_server_requests(s->server) == 0)
		(void)usleep(1000);
	s->stopped_at = now_ms();
	atomic_store(&s->stop, true);
	return NULL;
}

static void the_stop_flag_is_seen_at_once(void **state)
{
	static const struct web_answer answers[] = {
		{ .body = "0123456789", .cut = 45, .end = WEB_STALL }, { .body = "ok" }
	};
	struct fixture f;
	struct stopper s = { 0 };
	struct http_request q = { .method = "GET" };
	pthread_t thread;

	(void)state;
	begin(&f, answers, 2);
	q.url = f.url;
	s.server = f.server;
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &s), 0);
	assert_int_equal(
		http_exchange(f.http, &q, &s.stop, &f.response, &f.why), -ECANCELED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* 50 ms, and leeway for a machine that is busy with something else. */
	assert_true(now_ms() - s.stopped_at < 1000);
	/* Not even tried while it is set. */
	assert_int_equal(
		http_exchange(f.http, &q, &s.stop, &f.response, &f.why), -ECANCELED);
	assert_int_equal(web_server_requests(f.server), 1);
	/* The next exchange takes no connection with half a reply on it. */
	assert_int_equal(get(&f), 0);
	assert_body(&f.response, "ok");
	end(&f);
}

static void connections_are_used_again(void **state)
{
	static const struct web_answer answers[] = { { .body = "1" },
		{ .status = "404 Not Found", .body = "2" },
		{ .body = "3", .end = WEB_CLOSE }, { .body = "4" } };
	struct fixture f;

	(void)state;
	begin(&f, answers, ARRAY_LEN(answers));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(get(&f), 0);
		assert_int_equal(f.response.connections, i == 0);
	}
	assert_int_equal(web_server_connections(f.server), 1);
	assert_int_equal(get(&f), 0);
	assert_int_equal(f.response.connections, 1);
	assert_body(&f.response, "4");
	assert_int_equal(web_server_connections(f.server), 2);
	end(&f);
}

static void each_origin_keeps_its_connection(void **state)
{
	static const struct web_answer answer = { .body = "x" };
	struct fixture f;
	struct web_server *other = web_server_start(&answer, 1);
	char url[128];

	(void)state;
	begin(&f, &answer, 1);
	(void)snprintf(url, sizeof(url), "%s/other", web_server_url(other));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(&f), 0);
		assert_int_equal(
			http_exchange(f.http,
				&(struct http_request){ .method = "GET", .url = url },
				NULL, &f.response, NULL),
			0);
	}
	assert_int_equal(web_server_connections(f.server), 1);
	assert_int_equal(web_server_connections(other), 1);
	end(&f);
	web_server_stop(other);
}

static void a_pool_of_one_serves_two_origins(void **state)
{
	static const struct web_answer answer = { .body = "x" };
	struct fixture f;
	struct web_server *other = web_server_start(&answer, 1);
	char url[128];

	(void)state;
	begin(&f, &answer, 1);
	http_free(f.http);
	f.http = new_http(&(struct http_options){ .connections = 1 });
	(void)snprintf(url, sizeof(url), "%s/other", web_server_url(other));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(get(&f), 0);
		assert_int_equal(
			http_exchange(f.http,
				&(struct http_request){ .method = "GET", .url = url },
				NULL, &f.response, NULL),
			0);
	}
	assert_int_equal(web_server_requests(f.server), 2);
	assert_int_equal(web_server_requests(other), 2);
	end(&f);
	web_server_stop(other);
}

/* What a sink has seen. */
struct sunk {
	const struct http_response *response;
	struct buf bytes;
	int status; /* of the response at the first call */
	uint64_t length;
	size_t fail_after;
};

static int sink(void *context, const void *bytes, size_t len)
{
	struct sunk *s = context;

	if (s->bytes.len == 0) {
		s->status = s->response->status;
		s->length = s->response->content_length;
	}
	if (s->fail_after && s->bytes.len + len > s->fail_after)
		return -ENOSPC;
	return buf_append(&s->bytes, bytes, len);
}

static int get_into(struct fixture *f, struct sunk *s)
{
	s->response = &f->response;
	s->bytes = BUF_INIT(64 << 20);
	return http_exchange(f->http,
		&(struct http_request){ .method = "GET",
			.url = f->url,
			.sink = sink,
			.context = s,
			.body_limit = 100 },
		NULL, &f->response, &f->why);
}

static void a_sink_gets_bodies_of_success(void **state)
{
	enum { LEN = 3000000 };
	char *body = malloc(LEN);
	struct web_answer answer = { .body = body, .body_len = LEN };
	struct sunk s = { 0 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		body[i] = (char)(i * 7 + i / 256);
	begin(&f, &answer, 1);
	assert_int_equal(get_into(&f, &s), 0);
	assert_int_equal(s.bytes.len, LEN);
	assert_memory_equal(s.bytes.p, body, LEN);
	assert_int_equal(s.status, 200);
	assert_int_equal(s.length, LEN);
	assert_int_equal(f.response.body.len, 0);
	assert_int_equal(f.response.body_bytes, LEN);
	buf_finish(&s.bytes);
	end(&f);
	free(body);
}

static void a_sink_gets_no_errors(void **state)
{
	static const struct web_answer answer = { .status = "404 Not Found",
		.body = "gone" };
	struct sunk s = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	assert_int_equal(get_into(&f, &s), 0);
	assert_int_equal(s.bytes.len, 0);
	assert_body(&f.response, "gone");
	buf_finish(&s.bytes);
	end(&f);
}

static void a_sink_ends_the_exchange(void **state)
{
	static const struct web_answer answers[] = { { .body = "0123456789" },
		{ .body = "next" } };
	struct sunk s = { .fail_after = 3 };
	struct fixture f;

	(void)state;
	begin(&f, answers, 2);
	assert_int_equal(get_into(&f, &s), -ENOSPC);
	assert_int_equal(get(&f), 0);
	assert_body(&f.response, "next");
	buf_finish(&s.bytes);
	end(&f);
}

enum { THREADS = 8, ROUNDS = 20 };

static void *get_often(void *context)
{
	struct fixture *f = context;
	struct http_response response = { 0 };
	struct http_request q = { .method = "GET", .url = f->url };

	for (int i = 0; i < ROUNDS; i++)
		if (http_exchange(f->http, &q, NULL, &response, NULL) < 0 ||
			response.body.len != 4)
			abort();
	http_response_finish(&response);
	return NULL;
}

static void many_threads_share_the_connections(void **state)
{
	static const struct web_answer answer = { .body = "body" };
	struct fixture f;
	pthread_t threads[THREADS];

	(void)state;
	begin(&f, &answer, 1);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_often, &f), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(web_server_requests(f.server), THREADS * ROUNDS);
	assert_true(web_server_connections(f.server) <= THREADS);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_listening_is_refused),
		cmocka_unit_test(a_host_that_is_none_is_not_reached),
		cmocka_unit_test(plain_servers_do_not_speak_tls),
		cmocka_unit_test(deadlines_end_what_is_slow),
		cmocka_unit_test(a_slow_first_byte_is_waited_for),
		cmocka_unit_test(a_stall_ends_by_the_low_speed_limit),
		cmocka_unit_test(the_stop_flag_is_seen_at_once),
		cmocka_unit_test(connections_are_used_again),
		cmocka_unit_test(each_origin_keeps_its_connection),
		cmocka_unit_test(a_pool_of_one_serves_two_origins),
		cmocka_unit_test(a_sink_gets_bodies_of_success),
		cmocka_unit_test(a_sink_gets_no_errors),
		cmocka_unit_test(a_sink_ends_the_exchange),
		cmocka_unit_test(many_threads_share_the_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
