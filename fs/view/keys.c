/* Tag keys and cost categories that a scope has. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/view/groups.h"
#include "fs/view/scope.h"

static int cmp_texts(const void *a, const void *b, void *context)
{
	const struct month *m = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = span_cmp(month_text(m, x), month_text(m, y));

	return order ? order : (x > y) - (x < y);
}

static int gather_keys(const struct scope *scope, enum dim dim, struct groups *keys)
{
	struct slice_walk walk = slice_walk_start(scope, false);
	uint32_t slice;

	while (slice_walk_next(&walk, &slice)) {
		size_t count;
		const struct entry *e = month_entries(scope->month, slice, dim, &count);

		for (size_t i = 0; i < count; i++) {
			const uint32_t key[GROUP_KEYS] = { e[i].key[0] };
			struct group *group;
			int r;

			/* Entries of a key often stand together. */
			if (i > 0 && e[i].key[0] == e[i - 1].key[0])
				continue;
			r = groups_put(keys, key, 0, &group);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

ssize_t view_keys(const struct scope *scope, enum view_file file, uint32_t **ret)
{
	enum dim dim = file == VIEW_BY_TAG ? DIM_TAG : DIM_CATEGORY;
	struct groups keys = { 0 };
	uint32_t *texts;
	size_t count;

	if ((file != VIEW_BY_TAG && file != VIEW_BY_CATEGORY) ||
		scope->resource != VIEW_ALL || scope_check(scope) < 0)
		return 0;
	texts = NULL;
	if (gather_keys(scope, dim, &keys) == 0)
		texts = vec_alloc(keys.count + 1, sizeof(*texts));
	count = keys.count;
	for (size_t i = 0; texts && i < count; i++)
		texts[i] = keys.items[i].key[0];
	groups_finish(&keys);
	if (!texts)
		return -ENOMEM;
	qsort_r(texts, count, sizeof(*texts), cmp_texts, scope->month);
	*ret = texts;
	return (ssize_t)count;
}
