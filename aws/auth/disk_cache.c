#include "aws/auth/disk_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/paths.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"
#include "base/io.h"

static const char folder[] = ".aws/cli/cache";

static int make_path(const struct auth_context *c, const char *below, const char *name,
	char ret[PATH_MAX])
{
	char part[PATH_MAX];
	int len = snprintf(part, sizeof(part), "%s/%s", below, name);

	if (len < 0 || (size_t)len >= sizeof(part))
		return -ENAMETOOLONG;
	return context_path(c, part, ret, PATH_MAX);
}

int home_read(const struct auth_context *c, const char *below, const char *name,
	struct buf *ret)
{
	char path[PATH_MAX];
	int r = make_path(c, below, name, path);

	return r < 0 ? r : io_read_file(AT_FDCWD, path, ret);
}

int home_write(const struct auth_context *c, const char *below, const char *name,
	struct span text)
{
	char path[PATH_MAX];
	int r = context_path(c, below, path, sizeof(path));

	if (r == 0)
		r = io_make_dirs(path, 0700);
	if (r == 0)
		r = make_path(c, below, name, path);
	return r < 0 ? r : io_replace_file(AT_FDCWD, path, text, 0600);
}

int disk_cache_init(
	struct disk_cache *d, const struct auth_context *context, struct span key)
{
	char hex[SHA1_HEX];
	char *name = NULL;
	int r;

	r = sha1_hex(key, hex);
	if (r < 0)
		return r;
	if (asprintf(&name, "%.*s.json", SHA1_HEX, hex) < 0)
		return -ENOMEM;
	r = pthread_mutex_init(&d->lock, NULL);
	if (r != 0) {
		free(name);
		return -ENOMEM;
	}
	d->context = context;
	d->name = name;
	d->refused = NULL;
	return 0;
}

void disk_cache_finish(struct disk_cache *d)
{
	if (!d->name)
		return;
	(void)pthread_mutex_destroy(&d->lock);
	free(d->name);
	secret_free(d->refused);
	*d = (struct disk_cache){ 0 };
}

static bool is_refused(struct disk_cache *d, const struct credentials *c)
{
	bool is;

	(void)pthread_mutex_lock(&d->lock);
	is = d->refused && strcmp(d->refused, c->access_key_id) == 0;
	(void)pthread_mutex_unlock(&d->lock);
	return is;
}

static int read_cached(struct disk_cache *d, struct span text, struct credentials *ret)
{
	const char *field;
	cJSON *json;
	int r = secret_parse(text, &json);

	if (r < 0)
		return r;
	r = credentials_read(cJSON_GetObjectItemCaseSensitive(json, "Credentials"),
		&fields_of_cache, ret, &field);
	secret_delete(json);
	if (r == 0 &&
		(expiry_left(d->context, ret->expires) < CREDENTIAL_ADVISORY_S ||
			is_refused(d, ret))) {
		credentials_finish(ret);
		r = -ENOENT;
	}
	return r;
}

bool disk_cache_load(struct disk_cache *d, struct credentials *ret)
{
	struct buf text = BUF_SECRET(DISK_CACHE_FILE_MAX);
	struct credentials c = { 0 };
	int r = -ENOENT;

	if (d->name)
		r = home_read(d->context, folder, d->name, &text);
	if (r == 0)
		r = read_cached(d, buf_span(&text), &c);
	secret_finish(&text);
	if (r < 0)
		return false;
	*ret = c;
	return true;
}

static int print(const struct credentials *c, const char *extra, struct buf *b)
{
	char expires[INSTANT_TEXT];
	int r = buf_reserve(b, DISK_CACHE_FILE_MAX / 4);

	instant_format(c->expires, expires);
	if (r == 0)
		r = buf_appendf(b, "{%s\"Credentials\": {\"AccessKeyId\": ", extra);
	if (r == 0)
		r = json_ascii(span_of(c->access_key_id), b);
	if (r == 0)
		r = buf_append_text(b, ", \"SecretAccessKey\": ");
	if (r == 0)
		r = json_ascii(span_of(c->secret), b);
	if (r == 0)
		r = buf_append_text(b, ", \"SessionToken\": ");
	if (r == 0)
		r = json_ascii(span_of(c->session_token), b);
	if (r == 0)
		r = buf_appendf(b, ", \"Expiration\": \"%.*s\"", INSTANT_TEXT, expires);
	if (r == 0 && c->account_id)
		r = buf_append_text(b, ", \"AccountId\": ");
	if (r == 0 && c->account_id)
		r = json_ascii(span_of(c->account_id), b);
	return r < 0 ? r : buf_append_text(b, "}}");
}

void disk_cache_store(
	struct disk_cache *d, const struct credentials *c, const char *extra)
{
	struct buf text = BUF_SECRET(DISK_CACHE_FILE_MAX);
	int r = 0;

	if (!d->name || !c->session_token || c->expires.seconds == INSTANT_NONE)
		return;
	r = print(c, extra, &text);
	if (r == 0)
		r = home_write(d->context, folder, d->name, buf_span(&text));
	(void)r;
	secret_finish(&text);
}

void disk_cache_drop(struct disk_cache *d, const struct credentials *refused)
{
	if (!d->name || !refused->access_key_id)
		return;
	(void)pthread_mutex_lock(&d->lock);
	/* Without memory it is taken once more, and refused once more. */
	(void)!secret_set(&d->refused, refused->access_key_id);
	(void)pthread_mutex_unlock(&d->lock);
}
