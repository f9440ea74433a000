/* The calls that every object source answers, and lists of what it holds. */
#include "aws/object/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static int compare_items(const void *a, const void *b)
{
	const struct object_info *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int compare_folders(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

int object_list(struct object_source *s, const char *prefix, struct object_list *ret,
	struct fault *why)
{
	int r = s->ops->list(s, prefix, ret, why);

	if (r < 0)
		return r;
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_items);
	if (ret->folder_count > 1)
		qsort(ret->folders, ret->folder_count, sizeof(*ret->folders),
			compare_folders);
	return 0;
}

int object_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	return s->ops->stat(s, key, ret, why);
}

ssize_t object_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	return s->ops->read(s, object, offset, bytes, len, why);
}

void object_expect(
	struct object_source *s, const struct object_info *objects, size_t count)
{
	if (s->ops->expect)
		s->ops->expect(s, objects, count, true);
}

void object_forget(
	struct object_source *s, const struct object_info *objects, size_t count)
{
	if (s->ops->expect)
		s->ops->expect(s, objects, count, false);
}

bool object_traffic(const struct object_source *s, struct object_traffic *ret)
{
	if (!s->ops->traffic)
		return false;
	s->ops->traffic(s, ret);
	return true;
}

void object_source_free(struct object_source *s)
{
	if (s)
		s->ops->free(s);
}

static int is_full(const struct object_list *l)
{
	return l->count + l->folder_count >= OBJECT_LIST_MAX;
}

int object_list_add(struct object_list *l, const struct object_info *object)
{
	char *key;
	int r;

	if (is_full(l))
		return -E2BIG;
	r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, OBJECT_LIST_MAX);
	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	key = strdup(object->key);
	if (!key)
		return -ENOMEM;
	l->items[l->count] = *object;
	l->items[l->count].key = key;
	l->count++;
	return 0;
}

int object_list_add_folder(struct object_list *l, struct span prefix)
{
	char *copy;
	int r;

	if (is_full(l))
		return -E2BIG;
	r = VEC_RESERVE(
		&l->folders, &l->folder_cap, l->folder_count + 1, OBJECT_LIST_MAX);
	if (r < 0)
		return r == -EFBIG ? -E2BIG : r;
	copy = prefix.len ? strndup(prefix.p, prefix.len) : strdup("");
	if (!copy)
		return -ENOMEM;
	l->folders[l->folder_count++] = copy;
	return 0;
}

void object_list_finish(struct object_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].key);
	for (size_t i = 0; i < l->folder_count; i++)
		free(l->folders[i]);
	free(l->items);
	free(l->folders);
	*l = (struct object_list){ 0 };
}
