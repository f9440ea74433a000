/* What the kernel still holds of deliveries that are not shown any more. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/tree/inside.h"

static bool is_same_delivery(const struct month *a, const struct month *b)
{
	return strcmp(month_facts(a)->id, month_facts(b)->id) == 0;
}

bool month_is_superseded(struct tree *t, const struct month *m)
{
	const struct month_facts *f = month_facts(m);
	struct month *now;
	bool is;
	int r = library_get(t->o.library, f->month, false, &now, NULL);

	if (r < 0 && f->sums.dims != 0)
		r = library_get_sums(t->o.library, f->month, &f->sums, false, &now, NULL);
	/* What is shown is not let go while it is in use. */
	if (r < 0)
		return true;
	is = !is_same_delivery(m, now);
	month_unref(now);
	return is;
}

/* What was let go is held by nobody. */
static bool is_superseded(struct tree *t, const struct node *n)
{
	return n->month && month_is_superseded(t, n->month);
}

bool tree_is_superseded(struct tree *t, uint64_t node, struct month_no *ret)
{
	struct node n;
	bool is;

	if (nodes_get(t->nodes, node, &n) < 0)
		return false;
	is = is_superseded(t, &n);
	if (is)
		*ret = n.place.month;
	node_finish(&n);
	return is;
}

struct name {
	uint64_t parent;
	char *path;
};

/* A path is longer than that of each directory it stands in. */
static int by_length(const void *a, const void *b)
{
	size_t x = strlen(((const struct name *)a)->path);
	size_t y = strlen(((const struct name *)b)->path);

	return x == y ? 0 : x < y ? 1 : -1;
}

/* Who is forgotten for lack of memory is remembered by the kernel for longer. */
static size_t read_names(
	struct tree *t, struct node *found, ssize_t count, struct name *names)
{
	size_t kept = 0;

	for (ssize_t i = 0; i < count; i++) {
		struct buf path = BUF_INIT(TREE_PATH_MAX);
		const char *text = NULL;

		/* The name of the month itself is the new delivery's by now. */
		if (found[i].parent && place_is_below_month(&found[i].place) &&
			is_superseded(t, &found[i]) &&
			node_path(t, &found[i], &path) == 0)
			text = buf_text(&path);
		names[kept] =
			(struct name){ found[i].parent, text ? strdup(text) : NULL };
		kept += names[kept].path != NULL;
		buf_finish(&path);
		node_finish(&found[i]);
	}
	return kept;
}

void tree_superseded(
	struct tree *t, struct month_no month, tree_change_fn *fn, void *context)
{
	struct node *found;
	struct name *names;
	size_t kept = 0;
	ssize_t n = nodes_of_month(t->nodes, month, &found);

	if (n < 0)
		return;
	names = vec_alloc((size_t)n + 1, sizeof(*names));
	if (names) {
		kept = read_names(t, found, n, names);
		qsort(names, kept, sizeof(*names), by_length);
	} else {
		for (ssize_t i = 0; i < n; i++)
			node_finish(&found[i]);
	}
	for (size_t i = 0; i < kept; i++) {
		const char *slash = strrchr(names[i].path, '/');

		if (slash)
			fn(context, names[i].parent, slash + 1);
		free(names[i].path);
	}
	free(names);
	free(found);
}
