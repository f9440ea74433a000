#include "fs/cmd/known_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/auth/settings.h"
#include "aws/object/folder.h"
#include "aws/object/s3.h"
#include "base/hash.h"
#include "fs/cmd/place.h"
#include "fs/cmd/session.h"

enum { IDENTITY_MAX = 64 * 1024, KEY_HASH_BYTES = 8 };

/* Lengths in front, so that no two identities are spelled the same. */
static int append(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return 0;
	return buf_appendf(b, "%s=%zu:%s\n", name, strlen(value), value);
}

/* Who answers, and as whom we ask. Keys in the environment are no part of it: they change
 * by the hour, and what may be read with them is found out by reading. */
static int append_session(const struct settings *s, struct buf *b, struct fault *why)
{
	struct aws_endpoint e = { 0 };
	struct session *session = NULL;
	int r = session_open(s->profile, s->region, &session, why);

	if (r == 0)
		r = aws_endpoint_of(session_context(session), AWS_S3, NULL, &e, why);
	if (r == 0)
		r = append(b, "profile", session_context(session)->profile);
	if (r == 0)
		r = buf_appendf(b, "endpoint=%s://%s%s %s\n", e.scheme, e.host,
			e.base_path, e.signing_region);
	session_close(session);
	return r;
}

static int append_bucket(const struct settings *s, struct buf *b, struct fault *why)
{
	struct place place = { 0 };
	int r = place_parse(s->source, &place, why);

	if (r == 0)
		r = append(b, "bucket", place.bucket);
	if (r == 0)
		r = append(b, "prefix", place.prefix);
	place_finish(&place);
	return r < 0 ? r : append_session(s, b, why);
}

/* As append_session(); but whose exports are listed is a matter of the keys, where those
 * of the environment count. Their hash, since they are nobody's business. */
static int append_account(const struct settings *s, struct buf *b, struct fault *why)
{
	const char *key = s->profile ? NULL : getenv("AWS_ACCESS_KEY_ID");
	char hex[2 * KEY_HASH_BYTES + 1];
	int r = append(b, "listed", SOURCE_DETECTED);

	if (r == 0 && key && key[0]) {
		r = sha256_hex(span_of(key), KEY_HASH_BYTES, hex);
		if (r == 0)
			r = append(b, "key", hex);
	}
	return r < 0 ? r : append_session(s, b, why);
}

static int append_folder(const struct settings *s, struct buf *b)
{
	char *real = realpath(s->source, NULL);
	int r = append(b, "folder", real ? real : s->source);

	free(real);
	return r;
}

int source_identity(const struct settings *s, char **ret, struct fault *why)
{
	struct buf b = BUF_INIT(IDENTITY_MAX);
	int r = buf_append_text(&b, "1\n");

	if (r == 0)
		r = append(&b, "export", s->export_name);
	if (r == 0 && source_is_detected(s->source))
		r = append_account(s, &b, why);
	else if (r == 0)
		r = place_is_s3(s->source) ? append_bucket(s, &b, why)
					   : append_folder(s, &b);
	if (r == 0) {
		char *text = buf_take(&b);

		if (text)
			*ret = text;
		else
			r = -ENOMEM;
	}
	buf_finish(&b);
	return r;
}

static struct s3_options options_of(const struct settings *s,
	const struct session *session, const struct place *place, const atomic_bool *stop)
{
	return (struct s3_options){ .context = session_context(session),
		.credentials = session_credentials(session),
		.bucket = place->bucket,
		.prefix = place->prefix,
		.requester_pays = s->requester_pays,
		.stop = stop };
}

static int open_bucket(const struct settings *s, const struct remembered *m,
	const atomic_bool *stop, struct source *source, struct fault *why)
{
	struct place place = { 0 };
	int r = place_parse(m->place, &place, why);

	if (r == 0)
		r = session_open(s->profile, s->region, &source->session, why);
	if (r == 0) {
		const struct s3_options o = options_of(s, source->session, &place, stop);

		r = s3_new(&o, &source->objects, why);
	}
	place_finish(&place);
	return r;
}

int known_source_open(const struct settings *s, const struct remembered *m,
	const atomic_bool *stop, struct source *ret, struct fault *why)
{
	struct source source = { 0 };
	int r = place_is_s3(m->place) ? open_bucket(s, m, stop, &source, why)
				      : folder_new(m->place, &source.objects);

	if (r == 0)
		r = export_ref_copy(&m->export, &source.export);
	if (r < 0)
		source_close(&source);
	else
		*ret = source;
	return r;
}

static int set_home(const char *name, char **ret)
{
	struct buf home = BUF_INIT(IDENTITY_MAX);
	int r = buf_appendf(&home, "%s/", name);

	if (r == 0) {
		*ret = buf_take(&home);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&home);
	return r;
}

static int open_bucket_above(const struct settings *s, const struct source *source,
	const atomic_bool *stop, struct object_source **ret, char **ret_home)
{
	struct place place = { 0 };
	char *name = NULL, *home = NULL;
	int r = place_parse(source->objects->name, &place, NULL);

	if (r == 0)
		r = place_go_up(&place, &name) ? set_home(name, &home) : -ENOENT;
	if (r == 0) {
		const struct s3_options o = options_of(s, source->session, &place, stop);

		r = s3_new(&o, ret, NULL);
	}
	if (r == 0) {
		*ret_home = home;
		home = NULL;
	}
	free(home);
	free(name);
	place_finish(&place);
	return r;
}

static int open_folder_above(
	const char *folder, struct object_source **ret, char **ret_home)
{
	/* One that has gone is remembered by its path. */
	char *real = access(folder, F_OK) == 0 ? realpath(folder, NULL) : strdup(folder);
	char *slash = real ? strrchr(real, '/') : NULL;
	char *home = NULL;
	int r = slash && slash[1] ? set_home(slash + 1, &home) : -ENOENT;

	if (r == 0) {
		*(slash == real ? slash + 1 : slash) = '\0';
		r = folder_new(real, ret);
	}
	if (r == 0)
		*ret_home = home;
	else
		free(home);
	free(real);
	return r;
}

int source_open_above(const struct settings *s, const struct source *source,
	const atomic_bool *stop, struct object_source **ret, char **ret_home)
{
	return source->session ? open_bucket_above(s, source, stop, ret, ret_home)
			       : open_folder_above(source->objects->name, ret, ret_home);
}

bool is_known_source(const struct source *s, const struct remembered *m)
{
	return strcmp(s->objects->name, m->place) == 0 &&
		s->export.layout == m->export.layout &&
		strcmp(s->export.name, m->export.name) == 0 &&
		strcmp(s->export.folder, m->export.folder) == 0;
}
