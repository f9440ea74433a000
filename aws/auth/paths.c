#include "aws/auth/paths.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '_';
}

/* The variable that text begins with; empty when it begins with none. *ret_len: of its
 * spelling. */
static struct span variable_at(struct span text, size_t *ret_len)
{
	struct span name = span_from(text, 1);
	size_t len = 0;

	*ret_len = 0;
	if (text.len < 2 || text.p[0] != '$')
		return (struct span){ 0 };
	if (name.p[0] == '{') {
		name = span_from(name, 1);
		len = span_find(name, '}');
		if (len == name.len)
			return (struct span){ 0 };
		*ret_len = len + 3;
	} else {
		while (len < name.len && is_name(name.p[len]))
			len++;
		*ret_len = len + 1;
	}
	return span_first(name, len);
}

static const char *look_up(const char *(*env)(const char *name), struct span name)
{
	char text[256];

	if (!name.len || name.len >= sizeof(text))
		return NULL;
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	return env(text);
}

static int expand_variables(
	struct span rest, const char *(*env)(const char *name), struct buf *ret)
{
	int r = 0;

	while (rest.len && r == 0) {
		size_t len;
		struct span name = variable_at(rest, &len);
		const char *value = look_up(env, name);

		if (!len)
			len = 1;
		r = buf_append_span(ret, value ? span_of(value) : span_first(rest, len));
		rest = span_from(rest, len);
	}
	return r;
}

int path_expand(const char *path, const char *(*env)(const char *name), const char *home,
	struct buf *ret)
{
	struct buf b = BUF_INIT(PATH_MAX);
	struct span text;
	size_t before = ret->len;
	int r = expand_variables(span_of(path), env, &b);

	if (r < 0)
		goto out;
	text = buf_span(&b);
	if (home && text.len && text.p[0] == '~' && (text.len == 1 || text.p[1] == '/')) {
		r = buf_append_text(ret, home);
		text = span_from(text, 1);
	}
	if (r == 0)
		r = buf_append_span(ret, text);
	if (r < 0)
		buf_truncate(ret, before);
out:
	buf_finish(&b);
	return r;
}

int sha1_hex(struct span text, char ret[SHA1_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(text.len ? text.p : "", text.len, digest, NULL, EVP_sha1(),
		    NULL) != 1)
		return -ENOMEM;
	for (size_t i = 0; i < SHA1_HEX / 2; i++) {
		ret[2 * i] = digits[digest[i] >> 4];
		ret[2 * i + 1] = digits[digest[i] & 15];
	}
	return 0;
}
