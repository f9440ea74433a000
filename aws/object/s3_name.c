/* Keys as they are told, and as S3 has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/s3_private.h"

static bool is_tail(struct span s, size_t at)
{
	return at < s.len && ((unsigned char)s.p[at] & 0xC0) == 0x80;
}

/* Bytes of the character, 0 for what is none. */
static size_t character(struct span s)
{
	unsigned char c = (unsigned char)s.p[0];
	unsigned char next = s.len > 1 ? (unsigned char)s.p[1] : 0;
	size_t len = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	if (c > 0xF4 || (c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) ||
		(c == 0xF0 && next < 0x90) || (c == 0xF4 && next > 0x8F))
		return 0;
	for (size_t i = 1; i < len; i++)
		if (!is_tail(s, i))
			return 0;
	return len;
}

bool s3_is_part(struct span part)
{
	struct span rest = part;

	if (part.len == 0 || span_eq(part, SPAN(".")) || span_eq(part, SPAN("..")))
		return false;
	while (rest.len) {
		size_t n = rest.p[0] == '\0' ? 0 : character(rest);

		if (n == 0)
			return false;
		rest = span_from(rest, n);
	}
	return true;
}

static int add_name(struct s3_names *n, const char *front, const char *tail)
{
	struct buf name = BUF_INIT(OBJECT_KEY_MAX + 1);
	int r = buf_append_text(&name, front);

	if (r == 0)
		r = buf_append_text(&name, tail);
	if (r == 0) {
		n->items[n->count] = buf_take(&name);
		if (!n->items[n->count])
			r = -ENOMEM;
		else
			n->count++;
	}
	buf_finish(&name);
	/* What is too long for S3 is not there. */
	return r == -EFBIG ? 0 : r;
}

int s3_names_of(struct s3 *s, const char *key, struct s3_names *ret)
{
	struct s3_names n = { 0 };
	int r = add_name(&n, s->root, key);

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->literal_count && r == 0; i++) {
		const struct s3_literal *l = &s->literals[i];
		size_t len = strlen(l->folder);

		if (strncmp(key, l->folder, len) == 0)
			r = add_name(&n, l->literal, key + len);
	}
	pthread_mutex_unlock(&s->lock);
	if (r < 0)
		s3_names_finish(&n);
	else
		*ret = n;
	return r;
}

void s3_names_finish(struct s3_names *n)
{
	for (unsigned i = 0; i < n->count; i++)
		free(n->items[i]);
	*n = (struct s3_names){ 0 };
}

/* With the lock. */
static int add_literal(struct s3 *s, const char *folder, const char *literal)
{
	struct s3_literal *l = &s->literals[s->literal_count];

	for (unsigned i = 0; i < s->literal_count; i++)
		if (strcmp(s->literals[i].literal, literal) == 0)
			return 0;
	if (s->literal_count == S3_LITERALS_MAX)
		return -E2BIG;
	l->folder = strdup(folder);
	l->literal = strdup(literal);
	if (!l->folder || !l->literal) {
		free(l->folder);
		free(l->literal);
		return -ENOMEM;
	}
	s->literal_count++;
	return 0;
}

int s3_literal_add(struct s3 *s, const char *folder, const char *literal)
{
	int r;

	pthread_mutex_lock(&s->lock);
	r = add_literal(s, folder, literal);
	pthread_mutex_unlock(&s->lock);
	return r;
}

void s3_literals_finish(struct s3 *s)
{
	for (unsigned i = 0; i < s->literal_count; i++) {
		free(s->literals[i].folder);
		free(s->literals[i].literal);
	}
}

int s3_etag(struct span text, char ret[OBJECT_ETAG_MAX])
{
	if (text.len >= 2 && text.p[0] == '"' && span_ends(text, SPAN("\"")))
		text = (struct span){ text.p + 1, text.len - 2 };
	if (text.len >= OBJECT_ETAG_MAX)
		return -EFBIG;
	if (text.len)
		memcpy(ret, text.p, text.len);
	ret[text.len] = '\0';
	return 0;
}
