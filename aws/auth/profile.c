#include "aws/auth/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "aws/auth/ini.h"
#include "aws/auth/paths.h"
#include "aws/auth/words.h"
#include "base/io.h"
#include "base/vec.h"

enum { KIND_MAX = 32 };

/* Of a section of the config file. */
struct profile_title {
	char kind[KIND_MAX]; /* "profile", "sso-session", "services"; "" for all others */
	char *name;
};

struct profile_set {
	struct ini *config, *credentials;
	struct profile_title *titles; /* one for each section of config */
};

static bool begins(const char *text, const char *prefix)
{
	return span_starts(span_of(text), span_of(prefix));
}

/* As botocore: the beginning of the title says the kind, and the second of exactly two
 * words the name. */
static int read_title(const char *text, struct profile_title *ret)
{
	static const char *const kinds[] = { "profile", "sso-session", "services" };
	struct words words = { 0 };
	const char *kind = NULL;
	int r;

	if (strcmp(text, "default") == 0) {
		memcpy(ret->kind, "profile", sizeof("profile"));
		ret->name = strdup("default");
		return ret->name ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds) && !kind; i++)
		if (begins(text, kinds[i]))
			kind = kinds[i];
	if (!kind)
		return 0;
	r = words_split(span_of(text), &words);
	if (r == 0 && words.count == 2) {
		memcpy(ret->kind, kind, strlen(kind) + 1);
		ret->name = strdup(words.items[1]);
		if (!ret->name)
			r = -ENOMEM;
	}
	words_finish(&words);
	return r == -ENOMEM ? r : 0;
}

static int read_titles(struct profile_set *s)
{
	size_t count = ini_count(s->config);
	int r = 0;

	s->titles = vec_alloc(count + 1, sizeof(*s->titles));
	if (!s->titles)
		return -ENOMEM;
	for (size_t i = 0; i < count && r == 0; i++)
		r = read_title(ini_title(s->config, i), &s->titles[i]);
	return r;
}

static int read_file(const char *path, struct buf *text, struct fault *why)
{
	int r = io_read_file(AT_FDCWD, path, text);

	/* botocore: what is no file is not there. */
	if (r == -ENOENT || r == -ENOTDIR || r == -EISDIR)
		return 0;
	if (r == -EFBIG)
		return fault(why, r, "%s: over %d bytes", path, PROFILE_FILE_MAX);
	if (r < 0)
		return fault(why, r == -ENOMEM ? r : -EACCES, "%s: cannot be read: %s",
			path, fault_errno_text(r));
	return 0;
}

static int load(const char *path, struct ini **ret, struct fault *why)
{
	struct buf text = BUF_SECRET(PROFILE_FILE_MAX);
	int r = read_file(path, &text, why);

	if (r == 0)
		r = ini_parse(buf_span(&text), path, ret, why);
	buf_finish(&text);
	return r;
}

/* Without a home folder the default path names no file. */
static int load_named(const char *(*env)(const char *name), const char *home,
	const char *variable, const char *standard, struct ini **ret, struct fault *why)
{
	struct buf path = BUF_INIT(PATH_MAX);
	const char *given = env(variable), *text;
	int r;

	if (!given && !home)
		return ini_parse((struct span){ 0 }, standard, ret, why);
	r = path_expand(given ? given : standard, env, home, &path);
	text = r == 0 ? buf_text(&path) : NULL;
	if (r == -EFBIG)
		r = fault(why, r, "%s: the path is too long", variable);
	else if (r == 0)
		r = text ? load(text, ret, why) : -ENOMEM;
	buf_finish(&path);
	return r;
}

int profile_set_load(const char *(*env)(const char *name), const char *home,
	struct profile_set **ret, struct fault *why)
{
	struct profile_set *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = load_named(env, home, "AWS_CONFIG_FILE", "~/.aws/config", &s->config, why);
	if (r == 0)
		r = load_named(env, home, "AWS_SHARED_CREDENTIALS_FILE",
			"~/.aws/credentials", &s->credentials, why);
	if (r == 0)
		r = read_titles(s);
	if (r < 0) {
		profile_set_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void profile_set_free(struct profile_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->titles && i < ini_count(s->config); i++)
		free(s->titles[i].name);
	free(s->titles);
	ini_free(s->config);
	ini_free(s->credentials);
	free(s);
}

/* Of two sections with one name the later counts. False: there is none. */
static bool find_config(
	const struct profile_set *s, const char *kind, const char *name, size_t *ret)
{
	for (size_t i = ini_count(s->config); i > 0; i--) {
		const struct profile_title *t = &s->titles[i - 1];

		if (t->name && strcmp(t->kind, kind) == 0 && strcmp(t->name, name) == 0) {
			*ret = i - 1;
			return true;
		}
	}
	return false;
}

static bool find_credentials(const struct profile_set *s, const char *name, size_t *ret)
{
	for (size_t i = 0; i < ini_count(s->credentials); i++)
		if (strcmp(ini_title(s->credentials, i), name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

bool profile_exists(const struct profile_set *s, const char *profile)
{
	size_t i;

	return find_config(s, "profile", profile, &i) || find_credentials(s, profile, &i);
}

const char *profile_get_credentials(
	const struct profile_set *s, const char *profile, const char *key)
{
	size_t i;

	return find_credentials(s, profile, &i) ? ini_get(s->credentials, i, key, NULL)
						: NULL;
}

const char *profile_get_config(
	const struct profile_set *s, const char *profile, const char *key)
{
	size_t i;

	return find_config(s, "profile", profile, &i) ? ini_get(s->config, i, key, NULL)
						      : NULL;
}

const char *profile_get(const struct profile_set *s, const char *profile, const char *key)
{
	const char *value = profile_get_credentials(s, profile, key);

	return value ? value : profile_get_config(s, profile, key);
}

const char *profile_get_nested(const struct profile_set *s, const char *profile,
	const char *key, const char *inner)
{
	const char *value = NULL;
	size_t i;

	if (find_credentials(s, profile, &i))
		value = ini_get(s->credentials, i, key, inner);
	if (!value && find_config(s, "profile", profile, &i))
		value = ini_get(s->config, i, key, inner);
	return value;
}

const char *profile_get_section(const struct profile_set *s, const char *kind,
	const char *name, const char *key, const char *inner)
{
	size_t i;

	return find_config(s, kind, name, &i) ? ini_get(s->config, i, key, inner) : NULL;
}

const char *profile_name(const char *given, const char *(*env)(const char *name))
{
	static const char *const variables[] = { "AWS_PROFILE", "AWS_DEFAULT_PROFILE" };

	if (given)
		return given;
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		const char *value = env(variables[i]);

		if (value && *value)
			return value;
	}
	return "default";
}
