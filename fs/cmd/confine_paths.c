#include "fs/cmd/confine_paths.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/auth/paths.h"
#include "base/io.h"
#include "base/log.h"
#include "fs/cmd/source.h"

enum { PROFILES_IN_A_ROW = 16, SIBLINGS_MAX = 4096 };

bool confine_needs_aws(const struct settings *s)
{
	return source_is_far(s->source) || s->resources == RESOURCES_ON ||
		s->discovery_role != NULL || s->profile_count > 0 ||
		s->names_from == NAMES_FROM_ORGANIZATION;
}

static const char *read_env(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *value_of(
	const struct profile_set *profiles, const char *profile, const char *key)
{
	for (int i = 0; profile != NULL && i < PROFILES_IN_A_ROW; i++) {
		const char *value = profile_get(profiles, profile, key);

		if (value != NULL)
			return value;
		profile = profile_get(profiles, profile, "source_profile");
	}
	return NULL;
}

const char *confine_profile_value(
	const struct settings *s, const struct profile_set *profiles, const char *key)
{
	const char *found = value_of(profiles, profile_name(s->profile, read_env), key);

	for (size_t i = 0; found == NULL && i < s->profile_count; i++)
		found = value_of(profiles, s->profiles[i].name, key);
	return found;
}

static bool is_in(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 &&
		(path[len] == '/' || path[len] == '\0' || strcmp(directory, "/") == 0);
}

/* Of these much more would be allowed than was meant. */
static bool is_wide(const char *directory)
{
	static const char *const wide[] = { "/", "/home", "/root", "/var", "/run", "/mnt",
		"/media", "/opt", "/srv" };
	const char *home = read_env("HOME");
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (strcmp(directory, wide[i]) == 0)
			return true;
	if (home != NULL && is_in(home, directory))
		return true;
	/* As /tmp: of everybody. */
	return stat(directory, &st) < 0 || (st.st_mode & S_ISVTX) != 0;
}

/* A file that others write anew may be another one tomorrow: its directory is allowed as
 * well, unless that holds more. */
static int allow_file(struct landlock *l, const char *path)
{
	char *real;
	int r;

	if (path == NULL)
		return 0;
	r = landlock_allow(l, path, LANDLOCK_READ);
	real = r == 0 ? realpath(path, NULL) : NULL;
	char *slash = real != NULL ? strrchr(real, '/') : NULL;
	if (slash != NULL) {
		slash[slash == real ? 1 : 0] = '\0';
		if (!is_wide(real))
			r = landlock_allow(l, real, LANDLOCK_READ);
	}
	free(real);
	return r;
}

/* As AWS writes paths. NULL is allowed. */
static int allow_expanded(struct landlock *l, const char *path)
{
	struct buf b = BUF_INIT(PATH_MAX);
	int r = path == NULL ? 0 : path_expand(path, read_env, read_env("HOME"), &b);

	if (r == 0 && b.len > 0)
		r = buf_text(&b) != NULL ? allow_file(l, buf_text(&b)) : -ENOMEM;
	buf_finish(&b);
	return r == -EFBIG ? 0 : r;
}

/* Libraries that are loaded late, as those of name services, names and addresses, time
 * zones, certificates, and what the kernel tells of callers. */
static int allow_system(struct landlock *l)
{
	static const char *const read[] = { "/usr", "/lib", "/lib32", "/lib64",
		"/nix/store", "/gnu/store", "/etc", "/proc", "/sys/devices",
		"/sys/hypervisor", "/sys/fs/cgroup", "/run/systemd/resolve",
		"/run/resolvconf", "/dev/urandom", "/dev/random" };
	static const char *const devices[] = { "/dev/null", "/dev/tty" };
	static const char *const variables[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE",
		"OPENSSL_CONF" };
	static const char *const folders[] = { "SSL_CERT_DIR", "TZDIR", "LOCPATH" };
	int r = allow_file(l, "/etc/resolv.conf");

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(read); i++)
		r = landlock_allow(l, read[i], LANDLOCK_READ);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(devices); i++)
		r = landlock_allow(l, devices[i], LANDLOCK_DEVICE);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(variables); i++)
		r = allow_file(l, read_env(variables[i]));
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(folders); i++)
		if (read_env(folders[i]) != NULL)
			r = landlock_allow(l, read_env(folders[i]), LANDLOCK_READ);
	return r;
}

/* It cannot be made later, nor could a login that is made later be read. Without it
 * credentials are asked for once more, no more. */
static void make_cache(const char *home, const char *below)
{
	struct buf cache = BUF_INIT(PATH_MAX);
	int r = access(home, W_OK) < 0 ? -errno : 0;

	if (r == 0)
		r = buf_appendf(&cache, "%s/%s", home, below);
	if (r == 0 && buf_text(&cache) != NULL)
		r = io_make_dirs(buf_text(&cache), 0700);
	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "%s/%s: not made: %s", home, below,
			fault_errno_text(r));
	buf_finish(&cache);
}

/* What AWS's tools keep below the home directory: settings and logins to read, and the
 * caches that costfs shares with them. */
static int allow_home(struct landlock *l)
{
	static const char *const caches[] = { ".aws/cli/cache", ".aws/sso/cache" };
	const char *home = read_env("HOME");
	char path[PATH_MAX];
	int r = 0;

	if (home == NULL)
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(caches); i++) {
		make_cache(home, caches[i]);
		(void)snprintf(path, sizeof(path), "%s/%s", home, caches[i]);
		r = landlock_allow(l, path, LANDLOCK_KEEP);
	}
	(void)snprintf(path, sizeof(path), "%s/.aws", home);
	if (r == 0)
		r = landlock_allow(l, path, LANDLOCK_READ);
	/* They may be links. */
	if (r == 0)
		r = allow_expanded(l, "~/.aws/config");
	if (r == 0)
		r = allow_expanded(l, "~/.aws/credentials");
	return r;
}

static int allow_aws(
	struct landlock *l, const struct settings *s, const struct profile_set *profiles)
{
	static const char *const variables[] = { "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" };
	static const char *const keys[] = { "ca_bundle", "web_identity_token_file" };
	int r = allow_home(l);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(variables); i++)
		r = allow_expanded(l, read_env(variables[i]));
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(keys); i++)
		r = allow_expanded(l, confine_profile_value(s, profiles, keys[i]));
	if (r == 0 && read_env("AWS_LOGIN_CACHE_DIRECTORY") != NULL)
		r = landlock_allow(
			l, read_env("AWS_LOGIN_CACHE_DIRECTORY"), LANDLOCK_READ);
	return r;
}

/* A table without costs stands beside the export: NAME/metadata, NAME/data. */
static bool is_table(int parent, const char *name)
{
	char part[NAME_MAX + 16];

	if (name[0] == '.')
		return false;
	(void)snprintf(part, sizeof(part), "%s/metadata", name);
	if (faccessat(parent, part, F_OK, 0) < 0)
		return false;
	(void)snprintf(part, sizeof(part), "%s/data", name);
	return faccessat(parent, part, F_OK, 0) == 0;
}

static int allow_tables(struct landlock *l, const char *parent)
{
	DIR *dir = opendir(parent);
	struct buf path = BUF_INIT(PATH_MAX);
	struct dirent *e;
	int r = 0;

	for (int i = 0; dir != NULL && r == 0 && i < SIBLINGS_MAX; i++) {
		e = readdir(dir);
		if (e == NULL)
			break;
		if (!is_table(dirfd(dir), e->d_name))
			continue;
		buf_truncate(&path, 0);
		r = buf_appendf(&path, "%s/%s", parent, e->d_name);
		if (r == 0)
			r = landlock_allow(l, buf_text(&path), LANDLOCK_READ);
	}
	buf_finish(&path);
	if (dir != NULL)
		closedir(dir);
	return r;
}

static int allow_source(struct landlock *l, const struct settings *s)
{
	int r = landlock_allow(l, s->source, LANDLOCK_READ);
	char *real = r == 0 ? realpath(s->source, NULL) : NULL;
	char *slash = real != NULL ? strrchr(real, '/') : NULL;

	if (slash != NULL && slash != real) {
		*slash = '\0';
		r = landlock_allow(l, real, LANDLOCK_NAMES);
		if (r == 0)
			r = allow_tables(l, real);
	}
	free(real);
	return r;
}

int confine_allow(
	struct landlock *l, const struct settings *s, const struct profile_set *profiles)
{
	int r = allow_system(l);

	if (r == 0)
		r = landlock_allow(l, s->cache, LANDLOCK_KEEP);
	if (r == 0 && source_is_path(s->source))
		r = allow_source(l, s);
	if (r == 0 && profiles != NULL)
		r = allow_aws(l, s, profiles);
	return r;
}
