#include "aws/auth/endpoint_url.h"

#include <errno.h>
#include <stdio.h>

static const char *filled(const char *text)
{
	return text && text[0] ? text : NULL;
}

static const char *from_variables(const struct auth_context *c, const char *service)
{
	char name[96] = "AWS_ENDPOINT_URL_";
	size_t n = strlen(name);
	const char *value;

	if (!c->env)
		return NULL;
	for (const char *p = service; *p && n < sizeof(name) - 1; p++)
		name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
	name[n] = '\0';
	value = filled(c->env(name));
	return value ? value : filled(c->env("AWS_ENDPOINT_URL"));
}

static const char *from_profile(const struct auth_context *c, const char *service)
{
	const char *section, *value = NULL;

	if (!c->profiles)
		return NULL;
	section = filled(profile_get(c->profiles, c->profile, "services"));
	if (section)
		value = filled(profile_get_section(
			c->profiles, "services", section, service, "endpoint_url"));
	return value ? value
		     : filled(profile_get(c->profiles, c->profile, "endpoint_url"));
}

const char *endpoint_url_of(const struct auth_context *c, const char *service)
{
	const char *value;

	if (aws_flag(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		    "ignore_configured_endpoint_urls"))
		return NULL;
	value = from_variables(c, service);
	return value ? value : from_profile(c, service);
}

static bool is_host_byte(char c, bool is_literal)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
		(is_literal && c == ':');
}

/* A name, an IPv4 address, or an IPv6 one in brackets. */
static bool is_host(struct span s)
{
	bool is_literal = span_starts(s, SPAN("[")) && span_ends(s, SPAN("]"));

	if (is_literal)
		s = span_first(span_from(s, 1), s.len - 2);
	for (size_t i = 0; i < s.len; i++)
		if (!is_host_byte(s.p[i], is_literal))
			return false;
	return s.len > 0;
}

static bool is_path(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7F || s.p[i] == '?' || s.p[i] == '#' ||
			s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return true;
}

static int set_host(struct aws_endpoint *e, struct span authority, uint64_t usual_port)
{
	size_t colon = span_rfind(authority, ':');
	struct span host = authority;
	uint64_t port = usual_port;
	int n;

	/* The last colon of "[::1]" is not that of a port. */
	if (colon < authority.len && !span_ends(authority, SPAN("]"))) {
		host = span_first(authority, colon);
		if (span_parse_u64(span_from(authority, colon + 1), 65535, &port) < 0 ||
			port == 0)
			return -EINVAL;
	}
	if (!is_host(host) || host.len > 240)
		return -EINVAL;
	n = snprintf(e->host, sizeof(e->host), "%.*s", SPAN_ARG(host));
	for (int i = 0; i < n; i++)
		if (e->host[i] >= 'A' && e->host[i] <= 'Z')
			e->host[i] = (char)(e->host[i] + 32);
	if (port != usual_port)
		(void)snprintf(
			e->host + n, sizeof(e->host) - (size_t)n, ":%u", (unsigned)port);
	return 0;
}

static int parse(struct span url, struct aws_endpoint *e)
{
	struct span http = SPAN("http://"), https = SPAN("https://");
	bool is_tls = span_eq_nocase(span_first(url, https.len), https);
	struct span rest, path;
	size_t slash;

	if (!is_tls && !span_eq_nocase(span_first(url, http.len), http))
		return -EINVAL;
	rest = span_from(url, is_tls ? https.len : http.len);
	slash = span_find(rest, '/');
	path = span_from(rest, slash);
	while (span_ends(path, SPAN("/")))
		path = span_first(path, path.len - 1);
	if (!is_path(path) || path.len >= sizeof(e->base_path))
		return -EINVAL;
	(void)snprintf(e->base_path, sizeof(e->base_path), "%.*s", SPAN_ARG(path));
	(void)snprintf(e->scheme, sizeof(e->scheme), "%s", is_tls ? "https" : "http");
	e->is_custom = true;
	return set_host(e, span_first(rest, slash), is_tls ? 443 : 80);
}

int endpoint_url_parse(struct span url, struct aws_endpoint *ret, struct fault *why)
{
	struct aws_endpoint made = *ret;

	/* Not quoted: it may hold a password. */
	if (parse(span_trim(url), &made) < 0) {
		(void)fault(why, -EINVAL, "the configured endpoint URL is none");
		fault_cure(why, "write it as https://host[:port][/path]");
		return -EINVAL;
	}
	*ret = made;
	return 0;
}
