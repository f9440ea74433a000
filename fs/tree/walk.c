/* Paths that are given as text. */
#include <errno.h>

#include "fs/tree/inside.h"

enum { WALK_DEPTH_MAX = 32, WALK_LINKS_MAX = 8 };

/* The directories on the way, each with a reference; the root is not among them. */
struct walk {
	struct ask ask;
	struct tree_entry way[WALK_DEPTH_MAX];
	size_t depth;
	int links;
};

static uint64_t here(const struct walk *w)
{
	return w->depth ? w->way[w->depth - 1].node : TREE_ROOT;
}

static void go_up(struct walk *w)
{
	if (w->depth > 0)
		tree_forget(w->ask.t, w->way[--w->depth].node, 1);
}

static int go_path(struct walk *w, struct span path);

static int follow(struct walk *w)
{
	struct buf target = BUF_INIT(TREE_PATH_MAX);
	int r = tree_readlink(w->ask.t, here(w), &target);

	if (r == 0 && ++w->links > WALK_LINKS_MAX)
		r = -ELOOP;
	if (r == 0) {
		go_up(w);
		r = go_path(w, buf_span(&target));
	}
	buf_finish(&target);
	return r;
}

static int go_down(struct walk *w, struct span name)
{
	int r;

	if (w->depth == WALK_DEPTH_MAX)
		return -ENAMETOOLONG;
	r = tree_lookup(w->ask.t, here(w), name, w->ask.patient, &w->way[w->depth],
		w->ask.need, w->ask.why);
	if (r < 0)
		return r;
	w->depth++;
	return S_ISLNK(w->way[w->depth - 1].attr.st_mode) ? follow(w) : 0;
}

static bool is_directory(const struct walk *w)
{
	return !w->depth || S_ISDIR(w->way[w->depth - 1].attr.st_mode);
}

static int go_path(struct walk *w, struct span path)
{
	struct span name;
	int r = 0;

	while (r == 0 && span_split(&path, '/', &name)) {
		/* Also for the nothing behind a '/' at the end. */
		if (!is_directory(w))
			r = -ENOTDIR;
		else if (span_eq(name, SPAN("..")))
			go_up(w);
		else if (name.len && !span_eq(name, SPAN(".")))
			r = go_down(w, name);
	}
	return r;
}

static int answer_root(const struct walk *w, struct tree_entry *ret)
{
	struct tree_entry e = { .node = TREE_ROOT };
	int r = tree_attr(w->ask.t, TREE_ROOT, w->ask.patient, &e.attr, &e.ttl_seconds,
		w->ask.need, w->ask.why);

	if (r == 0)
		*ret = e;
	return r;
}

int tree_walk(struct tree *t, struct span path, bool patient, struct tree_entry *ret,
	struct tree_need *need, struct fault *why)
{
	struct walk w = { .ask = { t, patient, need, why } };
	int r = go_path(&w, path);

	if (r == 0 && w.depth == 0)
		r = answer_root(&w, ret);
	else if (r == 0)
		*ret = w.way[--w.depth];
	while (w.depth > 0)
		go_up(&w);
	return r;
}
