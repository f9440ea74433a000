/* Whom we trust: certificates made here, served on the loopback. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/api/http.h"
#include "tests/cmocka.h"

enum behaviour { WELL, DROP_AT_ONCE, CUT };

/* Serves one connection. */
struct tls_server {
	enum behaviour behaviour;
	int listener;
	unsigned port;
	SSL_CTX *context;
	pthread_t thread;
	char folder[64], ca[96];
};

/* Signed by itself, for "localhost", ending in days (which may be past). */
static X509 *make_certificate(EVP_PKEY *key, long days)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

	assert_non_null(names);
	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -10L * 86400);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), days * 86400);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)"costfs test", -1, -1, 0);
	(void)X509_set_issuer_name(x, name);
	(void)X509_set_pubkey(x, key);
	(void)X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void write_certificate(struct tls_server *s, X509 *x)
{
	FILE *f;

	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/costfs-tls-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	(void)snprintf(s->ca, sizeof(s->ca), "%s/ca.pem", s->folder);
	f = fopen(s->ca, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
}

static void answer(SSL *tls, bool is_whole)
{
	static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok";
	char request[4096];
	size_t len = 0;

	while (!memmem(request, len, "\r\n\r\n", 4)) {
		int r = SSL_read(tls, request + len, (int)(sizeof(request) - len));

		if (r <= 0)
			return;
		len += (size_t)r;
	}
	(void)SSL_write(tls, is_whole ? whole : cut, sizeof(whole) - 1);
}

static void *serve(void *context)
{
	struct tls_server *s = context;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	SSL *tls;

	if (fd < 0)
		return NULL;
	tls = SSL_new(s->context);
	if (s->behaviour != DROP_AT_ONCE && tls && SSL_set_fd(tls, fd) == 1 &&
		SSL_accept(tls) == 1) {
		answer(tls, s->behaviour == WELL);
		if (s->behaviour == WELL)
			(void)SSL_shutdown(tls);
	}
	SSL_free(tls);
	(void)close(fd);
	return NULL;
}

static void begin(struct tls_server *s, enum behaviour behaviour, long days)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = make_certificate(key, days);

	*s = (struct tls_server){ .behaviour = behaviour };
	write_certificate(s, x);
	s->context = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(s->context, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->context, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
	s->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct tls_server *s)
{
	(void)shutdown(s->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->listener);
	SSL_CTX_free(s->context);
	(void)unlink(s->ca);
	(void)rmdir(s->folder);
}

static int get(const struct tls_server *s, const char *host, const char *ca_bundle,
	struct fault *why)
{
	struct http *h = NULL;
	struct http_response response = { 0 };
	char url[64];
	int r;

	(void)setenv("no_proxy", "*", 1);
	(void)snprintf(url, sizeof(url), "https://%s:%u/", host, s->port);
	assert_int_equal(
		http_curl_new(&(struct http_options){ .ca_bundle = ca_bundle }, &h, NULL),
		0);
	r = http_exchange(h,
		&(struct http_request){
			.method = "GET", .url = url, .deadline_ms = 20000 },
		NULL, &response, why);
	if (r == 0) {
		assert_int_equal(response.body.len, 2);
		assert_memory_equal(response.body.p, "ok", 2);
	}
	http_response_finish(&response);
	http_free(h);
	return r;
}

static const struct {
	const char *what, *host;
	bool is_trusted;
	enum behaviour behaviour;
	long days;
	int want;
	const char *why; /* a part of it */
} servers[] = {
	{ "trusted", "localhost", true, WELL, 10, 0, "" },
	{ "a stranger", "localhost", false, WELL, 10, -EPROTO, "certificate" },
	{ "of another name", "127.0.0.1", true, WELL, 10, -EPROTO, "127.0.0.1" },
	{ "expired", "localhost", true, WELL, -1, -EPROTO, "expired" },
	{ "gone in the handshake", "localhost", true, DROP_AT_ONCE, 10, -ECONNRESET, "" },
	{ "gone in the body", "localhost", true, CUT, 10, -ECONNRESET, "" },
};

static void only_certificates_of_the_bundle_are_trusted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		struct tls_server s;
		struct fault why = { 0 };
		int r;

		begin(&s, servers[i].behaviour, servers[i].days);
		r = get(&s, servers[i].host, servers[i].is_trusted ? s.ca : NULL, &why);
		print_message("%s: %s\n", servers[i].what, why.text);
		assert_int_equal(r, servers[i].want);
		assert_int_equal(why.error, r);
		assert_non_null(strstr(why.text, servers[i].why));
		end(&s);
	}
}

static void a_bundle_without_certificates_trusts_nobody(void **state)
{
	static const char *const bundles[] = { "/dev/null", "/tmp" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bundles); i++) {
		struct tls_server s;

		begin(&s, WELL, 10);
		assert_int_equal(get(&s, "localhost", bundles[i], NULL), -EPROTO);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_certificates_of_the_bundle_are_trusted),
		cmocka_unit_test(a_bundle_without_certificates_trusts_nobody),
	};

	/* The server's writes to a client that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
