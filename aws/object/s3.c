/* The S3 source: opened, asked, closed. */
#include "aws/object/s3.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/s3_private.h"

enum { S3_EMPTY_PARTS_MAX = 3 };

static struct s3 *self(struct object_source *s)
{
	return (struct s3 *)(void *)s;
}

static char *join(const char *a, const char *b, const char *c)
{
	struct buf text = BUF_INIT(4096);
	int r = buf_appendf(&text, "%s%s%s", a, b, c);
	char *joined = r == 0 ? buf_take(&text) : NULL;

	buf_finish(&text);
	return joined;
}

static int set_root(struct s3 *s, char *root)
{
	if (!root)
		return -ENOMEM;
	free(s->root);
	s->root = root;
	return 0;
}

static bool is_empty(const struct s3_glance *seen)
{
	return seen->objects == 0 && seen->folders == 0;
}

/* FRONT PART "/", or FRONT "/" PART "/": the one below which something stands. NULL:
 * neither, or nobody may look. */
static char *step_down(
	struct s3 *s, const char *front, struct span part, struct s3_glance *ret)
{
	static const char *const between[] = { "", "/" };

	for (size_t i = 0; i < ARRAY_LEN(between); i++) {
		struct buf literal = BUF_INIT(OBJECT_KEY_MAX);
		char *text = NULL;

		if (buf_appendf(&literal, "%s%s%.*s/", front, between[i],
			    SPAN_ARG(part)) == 0)
			text = buf_take(&literal);
		buf_finish(&literal);
		if (text && s3_glance(s, text, ret, NULL) == 0 && !is_empty(ret))
			return text;
		free(text);
	}
	return NULL;
}

/* The root with empty parts put in where S3 has them. */
static int walk_to_root(struct s3 *s, struct s3_glance *seen)
{
	struct span rest = span_of(s->root), part;
	char *literal = strdup("");

	while (literal && span_split(&rest, '/', &part)) {
		char *deeper;

		if (part.len == 0)
			continue;
		deeper = step_down(s, literal, part, seen);
		free(literal);
		literal = deeper;
	}
	return literal ? set_root(s, literal) : -ENOENT;
}

/* Exports of an empty prefix begin with '/', those of one that ends in '/' have "//".
 * Where nothing else stands, that is what is meant, and is not worth asking for twice
 * each time. */
static int find_root(struct s3 *s, struct fault *why)
{
	struct s3_glance seen;
	int r = s3_glance(s, s->root, &seen, why);

	if (r < 0)
		return r;
	if (is_empty(&seen) && s->root[0] && walk_to_root(s, &seen) < 0)
		return 0;
	for (int i = 0; r == 0 && i < S3_EMPTY_PARTS_MAX && seen.has_empty_part &&
		seen.folders == 1 && !seen.objects;
		i++) {
		r = set_root(s, join(s->root, "/", ""));
		if (r == 0)
			r = s3_glance(s, s->root, &seen, why);
	}
	return r;
}

/* Who waited for another's proof takes its outcome: trouble is told after one deadline,
 * and not after one for each who asks. */
static int prove(struct s3 *s, struct fault *why)
{
	unsigned before;
	int r = 0;

	if (atomic_load(&s->is_proved))
		return 0;
	before = atomic_load(&s->proofs);
	pthread_mutex_lock(&s->proof_lock);
	if (!atomic_load(&s->is_proved)) {
		if (atomic_load(&s->proofs) == before) {
			s->proof_fault = (struct fault){ 0 };
			s->proof_error = find_root(s, &s->proof_fault);
			atomic_fetch_add(&s->proofs, 1);
		}
		r = s->proof_error;
		if (r == 0)
			atomic_store(&s->is_proved, true);
		else if (why)
			*why = s->proof_fault;
	}
	pthread_mutex_unlock(&s->proof_lock);
	return r;
}

static int op_list(struct object_source *s, const char *prefix, struct object_list *ret,
	struct fault *why)
{
	int r = prove(self(s), why);

	/* An absent bucket is no absent folder. */
	return r < 0 ? r : s3_list(self(s), prefix, ret, why);
}

static int op_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	int r = prove(self(s), why);

	/* -ENOENT would say that only the object is not there. */
	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	return s3_stat(self(s), key, ret, why);
}

static ssize_t op_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	int r = prove(self(s), why);
	ssize_t n;

	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	if (offset == 0)
		s3_check_begin(self(s), object);
	n = ahead_read(self(s)->ahead, object, offset, bytes, len, why);
	if (n > 0)
		r = s3_check_read(self(s), object, offset, bytes, (size_t)n, why);
	return r < 0 ? r : n;
}

static void op_free(struct object_source *source)
{
	struct s3 *s = self(source);

	ahead_free(s->ahead);
	s3_sites_finish(s);
	s3_literals_finish(s);
	s3_check_finish(s);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_mutex_destroy(&s->proof_lock);
	free(s->name);
	free(s->bucket);
	free(s->root);
	free(s);
}

static void op_expect(struct object_source *s, const struct object_info *objects,
	size_t count, bool is_wanted)
{
	if (is_wanted)
		ahead_expect(self(s)->ahead, objects, count);
	else
		ahead_forget(self(s)->ahead, objects, count);
}

static void op_traffic(const struct object_source *source, struct object_traffic *ret)
{
	const struct s3 *s = (const struct s3 *)(const void *)source;
	struct object_traffic t = { .list = s->list_count,
		.head = s->head_count,
		.get = s->get_count,
		.bytes = s->byte_count };

	for (unsigned i = 0; i < s->site_count; i++) {
		t.retries += client_retries(s->sites[i].client);
		t.connections += client_connections(s->sites[i].client);
	}
	*ret = t;
}

static const struct object_ops s3_ops = { .list = op_list,
	.stat = op_stat,
	.read = op_read,
	.free = op_free,
	.expect = op_expect,
	.traffic = op_traffic };

static int make(const struct s3_options *o, struct s3 **ret)
{
	struct s3 *s = calloc(1, sizeof(*s));
	const struct ahead_options ahead = {
		.fetch = s3_fetch, .context = s, .stop = o->stop
	};

	if (!s)
		return -ENOMEM;
	/* glibc's never fail. */
	if (pthread_mutex_init(&s->lock, NULL) != 0 ||
		pthread_mutex_init(&s->proof_lock, NULL) != 0) {
		free(s);
		return -ENOMEM;
	}
	s->base.ops = &s3_ops;
	s->context = o->context;
	s->credentials = o->credentials;
	s->requester_pays = o->requester_pays;
	s->deadline_ms = o->deadline_ms ? o->deadline_ms : S3_DEADLINE_MS;
	s->stop = o->stop;
	s->bucket = strdup(o->bucket);
	s->root = strdup(o->prefix ? o->prefix : "");
	s->name = s->root && s->bucket ? join("s3://", s->bucket, "/") : NULL;
	if (!s->name || ahead_new(&ahead, &s->ahead) < 0) {
		op_free(&s->base);
		return -ENOMEM;
	}
	/* Without the '/' that every key is told behind. */
	char *name = join(s->name, s->root, "");
	if (!name) {
		op_free(&s->base);
		return -ENOMEM;
	}
	free(s->name);
	s->name = name;
	name[strlen(name) - 1] = '\0';
	s->base.name = name;
	*ret = s;
	return 0;
}

int s3_new(
	const struct s3_options *options, struct object_source **ret, struct fault *why)
{
	struct s3 *s = NULL;
	int r = s3_bucket_check(options->bucket, why);

	if (r == 0)
		r = make(options, &s);
	if (r != 0)
		return r;
	r = s3_site_add(s, options->region, why);
	if (r < 0) {
		op_free(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}

int s3_open(
	const struct s3_options *options, struct object_source **ret, struct fault *why)
{
	struct object_source *s = NULL;
	int r = s3_new(options, &s, why);

	if (r == 0)
		r = prove(self(s), why);
	if (r < 0) {
		object_source_free(s);
		return r;
	}
	*ret = s;
	return 0;
}
