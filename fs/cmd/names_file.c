#include "fs/cmd/names_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/export/organization.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"
#include "fs/cmd/names.h"
#include "fs/store/cache_dir.h"

#define HEAD "costfs account names 1"
/* Goes with what else is remembered of the identity: store_forget(). */
#define SUFFIX ".known-names"

enum { HASH_BYTES = 16 };

int names_table_add(struct names_table *t, const char *id, const char *name)
{
	struct account_name n;
	int r = VEC_RESERVE(
		&t->items, &t->cap, t->count + 1, (size_t)2 * ORGANIZATION_ACCOUNTS_MAX);

	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	n = (struct account_name){ strdup(id), strdup(name) };
	if (!n.id || !n.name) {
		free(n.id);
		free(n.name);
		return -ENOMEM;
	}
	t->items[t->count++] = n;
	return 0;
}

void names_table_finish(struct names_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->items[i].id);
		free(t->items[i].name);
	}
	free(t->items);
	*t = (struct names_table){ 0 };
}

static bool has_id(const struct account_name *names, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i].id, id) == 0)
			return true;
	return false;
}

int names_table_merge(const struct account_name *first, size_t count,
	const struct names_table *t, struct names_table *ret)
{
	struct names_table merged = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = names_table_add(&merged, first[i].id, first[i].name);
	for (size_t i = 0; r == 0 && i < t->count; i++)
		if (!has_id(first, count, t->items[i].id))
			r = names_table_add(&merged, t->items[i].id, t->items[i].name);
	if (r < 0)
		names_table_finish(&merged);
	else
		*ret = merged;
	return r;
}

int names_write(const struct names_table *t, struct instant asked, struct buf *ret)
{
	char time[INSTANT_TEXT];
	int r;

	instant_format(asked, time);
	r = buf_appendf(ret, HEAD "\n%.*s\n", INSTANT_TEXT, time);
	for (size_t i = 0; r == 0 && i < t->count; i++)
		r = buf_appendf(ret, "%s %s\n", t->items[i].id, t->items[i].name);
	return r;
}

static int parse_line(struct span line, struct names_table *t)
{
	struct span id = span_first(line, span_find(line, ' '));
	struct span name = span_from(line, id.len + 1);
	char *id_text, *name_text;
	int r;

	if (!organization_is_account(id, name))
		return -EBADMSG;
	id_text = strndup(id.p, id.len);
	name_text = strndup(name.p, name.len);
	r = id_text && name_text ? names_table_add(t, id_text, name_text) : -ENOMEM;
	free(id_text);
	free(name_text);
	return r == -E2BIG ? -EBADMSG : r;
}

int names_parse(struct span text, struct names_table *ret, struct instant *ret_asked)
{
	struct names_table t = { 0 };
	struct instant asked = { INSTANT_NONE };
	struct span line;
	int r = 0;

	if (!span_ends(text, SPAN("\n")) || !span_split(&text, '\n', &line) ||
		!span_eq(line, SPAN(HEAD)) || !span_split(&text, '\n', &line) ||
		instant_parse(line, &asked) < 0)
		return -EBADMSG;
	/* Behind the last line's end there is nothing. */
	while (r == 0 && text.len > 0 && span_split(&text, '\n', &line))
		r = parse_line(line, &t);
	if (r < 0) {
		names_table_finish(&t);
		return r;
	}
	*ret = t;
	*ret_asked = asked;
	return 0;
}

static int find_file(const char *cache, const char *identity, char *ret_name, int *ret_fd)
{
	char hash[2 * HASH_BYTES + 1];
	int r = sha256_hex(span_of(identity), HASH_BYTES, hash);

	if (r == 0)
		r = cache_dir_open(cache, ret_fd, NULL);
	if (r == 0)
		cache_name("", hash, SUFFIX, ret_name);
	return r;
}

int names_load(const char *cache, const char *identity, struct names_table *ret,
	struct instant *ret_asked)
{
	struct buf text = BUF_INIT(NAMES_BYTES_MAX);
	char name[CACHE_NAME_TEXT];
	int fd = -1;
	int r = find_file(cache, identity, name, &fd);

	if (r < 0)
		return r;
	r = cache_read_file(fd, name, &text);
	if (r == 0)
		r = names_parse(buf_span(&text), ret, ret_asked);
	close(fd);
	buf_finish(&text);
	return r == -EFBIG ? -EBADMSG : r;
}

int names_save(const char *cache, const char *identity, const struct names_table *t,
	struct instant asked)
{
	struct buf text = BUF_INIT(NAMES_BYTES_MAX);
	char name[CACHE_NAME_TEXT];
	int fd = -1;
	int r = names_write(t, asked, &text);

	if (r == 0)
		r = find_file(cache, identity, name, &fd);
	if (r == 0)
		r = io_replace_file(fd, name, buf_span(&text), 0600);
	if (fd >= 0)
		close(fd);
	buf_finish(&text);
	return r;
}
