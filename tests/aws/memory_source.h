/* An object source in memory that can be made to stumble: short reads, errors, a change
 * of content half way (then one thread at a time; else thread-safe). */
#ifndef TESTS_AWS_MEMORY_SOURCE_H
#define TESTS_AWS_MEMORY_SOURCE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/object.h"

struct memory_object {
	const char *key;
	const void *bytes;
	size_t len;
};

struct memory_source {
	struct object_source base;
	const struct memory_object *objects; /* borrowed, by key in byte order */
	size_t count;
	size_t read_max; /* most bytes of one read; 0 = as many as asked for */
	/* A read that would go past this offset ends there, one that begins there
	 * fails; fail_error 0 = never. */
	uint64_t fail_at;
	int fail_error; /* negative errno */
	/* From this offset on the content is another one; 0 = never. */
	uint64_t change_at;
	unsigned version; /* in the etags; raised by the change */
	_Atomic uint64_t reads; /* calls so far */
};

static inline const struct memory_object *memory_find(
	const struct memory_source *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->objects[i].key, key) == 0)
			return &m->objects[i];
	return NULL;
}

/* key: borrowed or, for stat, taken. */
static inline struct object_info memory_info_of(
	const struct memory_source *m, const struct memory_object *o, char *key)
{
	struct object_info info = { .key = key, .size_bytes = o->len };

	(void)snprintf(info.etag, sizeof(info.etag), "\"%zu-%u\"",
		(size_t)(o - m->objects), m->version);
	return info;
}

static inline int memory_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why)
{
	const struct memory_source *m = (const struct memory_source *)(const void *)s;
	size_t skip = strlen(prefix), folder = 0;
	const char *last = NULL;
	int r = 0;

	(void)why;
	for (size_t i = 0; r == 0 && i < m->count; i++) {
		const char *key = m->objects[i].key, *slash;
		struct object_info info;
		char *copy;

		if (strncmp(key, prefix, skip) != 0)
			continue;
		slash = strchr(key + skip, '/');
		if (slash && last && strncmp(last, key, folder) == 0)
			continue;
		if (slash) {
			last = key;
			folder = (size_t)(slash - key) + 1;
			r = object_list_add_folder(ret, (struct span){ key, folder });
			continue;
		}
		copy = strdup(key);
		if (!copy)
			return -ENOMEM;
		info = memory_info_of(m, &m->objects[i], copy);
		r = object_list_add(ret, &info);
		free(copy);
	}
	return r;
}

static inline int memory_stat(struct object_source *s, const char *key,
	struct object_info *ret, struct fault *why)
{
	const struct memory_source *m = (const struct memory_source *)(const void *)s;
	const struct memory_object *o = memory_find(m, key);
	char *copy;

	(void)why;
	if (!o)
		return -ENOENT;
	copy = strdup(key);
	if (!copy)
		return -ENOMEM;
	*ret = memory_info_of(m, o, copy);
	return 0;
}

static inline ssize_t memory_read(struct object_source *s,
	const struct object_info *object, uint64_t offset, void *bytes, size_t len,
	struct fault *why)
{
	struct memory_source *m = (struct memory_source *)(void *)s;
	const struct memory_object *o = memory_find(m, object->key);
	struct object_info now;

	m->reads++;
	if (!o)
		return fault(why, -ENOENT, "%s: gone", object->key);
	if (m->change_at && offset >= m->change_at) {
		m->version++;
		m->change_at = 0;
	}
	now = memory_info_of(m, o, NULL);
	if (strcmp(now.etag, object->etag) != 0)
		return fault(why, -ESTALE, "%s: was replaced", object->key);
	if (m->fail_error && offset >= m->fail_at)
		return fault(why, m->fail_error, "%s: read fails", object->key);
	if (m->fail_error && len > m->fail_at - offset)
		len = (size_t)(m->fail_at - offset);
	if (offset >= o->len)
		return 0;
	if (m->read_max && len > m->read_max)
		len = m->read_max;
	if (len > o->len - offset)
		len = (size_t)(o->len - offset);
	memcpy(bytes, (const char *)o->bytes + offset, len);
	return (ssize_t)len;
}

/* m is the caller's: nothing to do. */
static inline void memory_free(struct object_source *s)
{
	(void)s;
}

/* All that stumbles is off. Borrows objects. */
static inline void memory_source_init(
	struct memory_source *m, const struct memory_object *objects, size_t count)
{
	static const struct object_ops ops = { .list = memory_list,
		.stat = memory_stat,
		.read = memory_read,
		.free = memory_free };

	*m = (struct memory_source){ .base = { .ops = &ops, .name = "memory:" },
		.objects = objects,
		.count = count };
}

#endif
