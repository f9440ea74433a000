/* Whether the bytes that came are those that S3 keeps a checksum of. Small objects are
 * checked by the reply that brings them. Large ones come in parts, whose replies have no
 * checksum: it is worked out while they are read in order, and S3 is asked for its own
 * while the last part is fetched. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/s3_private.h"

struct checksum_value s3_checksum_of(const struct http_response *response)
{
	struct span type = http_header_of(response, SPAN("x-amz-checksum-type"));
	struct checksum_value value = { 0 };

	if (type.len && !span_eq_nocase(type, SPAN("FULL_OBJECT")))
		return value;
	for (unsigned i = CHECKSUM_NONE + 1; i < CHECKSUM_KINDS; i++) {
		enum checksum_kind kind = (enum checksum_kind)i;
		struct buf name = BUF_INIT(64);
		int r = buf_appendf(&name, "x-amz-checksum-%s", checksum_name(kind));

		if (r == 0 &&
			checksum_parse(kind, http_header_of(response, buf_span(&name)),
				&value) < 0)
			value.kind = CHECKSUM_NONE;
		buf_finish(&name);
		if (value.kind != CHECKSUM_NONE)
			break;
	}
	return value;
}

int s3_check_whole(const struct checksum_value *want, const void *bytes, size_t len)
{
	struct checksum_value is = { 0 };
	struct checksum *sum;
	int r;

	if (want->kind == CHECKSUM_NONE)
		return 0;
	sum = checksum_new(want->kind);
	if (!sum)
		return -ENOMEM;
	checksum_add(sum, bytes, len);
	r = checksum_end(sum, &is);
	checksum_free(sum);
	return r < 0 ? r : checksum_eq(&is, want) ? 0 : -EBADMSG;
}

static bool is_of(const struct s3_stream *x, const struct object_info *o)
{
	return x->key && x->size == o->size_bytes && strcmp(x->etag, o->etag) == 0 &&
		strcmp(x->key, o->key) == 0;
}

static void drop(struct s3_stream *x)
{
	free(x->key);
	checksum_free(x->sum);
	*x = (struct s3_stream){ 0 };
}

/* With the lock. NULL: there is none. */
static struct s3_stream *find(struct s3 *s, const struct object_info *o)
{
	for (unsigned i = 0; i < S3_STREAMS_MAX; i++)
		if (is_of(&s->streams[i], o))
			return &s->streams[i];
	return NULL;
}

/* With the lock: a place for a new one, of the one that was read longest ago. NULL: all
 * are being read just now. */
static struct s3_stream *find_place(struct s3 *s)
{
	struct s3_stream *oldest = NULL;

	for (unsigned i = 0; i < S3_STREAMS_MAX; i++) {
		struct s3_stream *x = &s->streams[i];

		if (!x->is_busy && (!oldest || x->used < oldest->used))
			oldest = x;
	}
	return oldest;
}

/* With the lock. Without memory nothing is checked. */
static void begin(struct s3 *s, const struct object_info *o)
{
	struct s3_stream *x = find(s, o);
	struct s3_stream before = { 0 };

	if (!x)
		x = find_place(s);
	if (!x || x->is_busy)
		return;
	/* A part may be there already, with what S3 said; after damage it is asked for
	 * anew. */
	if (is_of(x, o)) {
		before.is_suspect = x->is_suspect;
		if (x->sum)
			before.want = x->want;
	}
	drop(x);
	x->sum = checksum_new(o->checksum);
	x->key = strdup(o->key);
	if (!x->sum || !x->key) {
		drop(x);
		return;
	}
	memcpy(x->etag, o->etag, sizeof(x->etag));
	x->size = o->size_bytes;
	x->want = before.want;
	x->is_suspect = before.is_suspect;
	x->used = ++s->stream_reads;
}

static bool is_checked(const struct object_info *o)
{
	return o->checksum != CHECKSUM_NONE && o->size_bytes > AHEAD_WHOLE_BYTES;
}

void s3_check_begin(struct s3 *s, const struct object_info *o)
{
	if (!is_checked(o))
		return;
	(void)pthread_mutex_lock(&s->lock);
	begin(s, o);
	(void)pthread_mutex_unlock(&s->lock);
}

/* With the lock, at the end of the object. */
static int compare(struct s3 *s, struct s3_stream *x, struct fault *why)
{
	struct checksum_value is = { 0 };
	int r = checksum_end(x->sum, &is);
	bool is_same =
		r < 0 || x->want.kind == CHECKSUM_NONE || checksum_eq(&is, &x->want);

	if (is_same) {
		drop(x);
		return 0;
	}
	r = fault(why, x->is_suspect ? -EIO : -ESTALE,
		"s3://%s/%s%s: damaged on its way, or at S3: its %s is not the one that "
		"S3 keeps",
		s->bucket, s->root, x->key, checksum_name(is.kind));
	checksum_free(x->sum);
	x->sum = NULL;
	x->is_suspect = true;
	return r;
}

int s3_check_read(struct s3 *s, const struct object_info *o, uint64_t offset,
	const void *bytes, size_t len, struct fault *why)
{
	struct s3_stream *x;
	int r = 0;

	if (!is_checked(o))
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	x = find(s, o);
	if (x && x->sum && !x->is_busy && x->next == offset) {
		x->is_busy = true;
		(void)pthread_mutex_unlock(&s->lock);
		checksum_add(x->sum, bytes, len);
		(void)pthread_mutex_lock(&s->lock);
		x->is_busy = false;
		x->next += len;
		x->used = ++s->stream_reads;
		if (x->next == o->size_bytes)
			r = compare(s, x, why);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

bool s3_check_wants(struct s3 *s, const struct object_info *o)
{
	const struct s3_stream *x;
	bool wants;

	if (!is_checked(o))
		return false;
	(void)pthread_mutex_lock(&s->lock);
	x = find(s, o);
	wants = x && x->sum && x->want.kind == CHECKSUM_NONE;
	(void)pthread_mutex_unlock(&s->lock);
	return wants;
}

void s3_check_learn(
	struct s3 *s, const struct object_info *o, const struct checksum_value *want)
{
	struct s3_stream *x;

	(void)pthread_mutex_lock(&s->lock);
	x = find(s, o);
	if (x && want->kind == o->checksum)
		x->want = *want;
	(void)pthread_mutex_unlock(&s->lock);
}

void s3_check_finish(struct s3 *s)
{
	for (unsigned i = 0; i < S3_STREAMS_MAX; i++)
		drop(&s->streams[i]);
}
