/* Names that are looked up before it is known what stands there. While the kernel waits
 * for a lookup, nobody else who means that name can be interrupted, and nobody can tell
 * it what to forget in that directory. So a lookup that would wait is answered with a
 * node that stands for the name: the kernel keeps neither it nor its attributes for any
 * time, and asks for those before it enters or opens it. That question is one that can be
 * interrupted; it waits, and the node becomes what was found, or is an error. */
#include <errno.h>
#include <string.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"

/* What a pending node is entered by; its blob is that, and the parent's path behind a
 * '/', unless the parent is below a month that is away. The parent's number, that of the
 * lookup, and the name. A directory has one node whoever looks it up, since it may be
 * current. A file has one a lookup: of two answers the kernel takes the one that was
 * asked for last, so that a lookup which is answered while the size was being found would
 * leave it at 0. */
struct key {
	uint64_t parent, lookup; /* 0: of a directory */
	char name[NAME_BYTES_MAX];
};

/* 0; -ENAMETOOLONG. */
static int key_make(uint64_t parent, struct span name, struct key *ret)
{
	if (name.len > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	*ret = (struct key){ .parent = parent };
	if (name.len)
		memcpy(ret->name, name.p, name.len);
	return 0;
}

static struct span key_span(const struct key *key, struct span name)
{
	return (struct span){ (const char *)(const void *)key,
		NODE_PENDING_HEAD + name.len };
}

struct pending {
	uint64_t parent;
	struct span name;
	struct span directory; /* the parent's path */
	bool has_directory;
};

static struct pending pending_read(const struct node *n)
{
	const struct span key = node_pending_key(n);
	struct pending p = { .name = span_from(key, NODE_PENDING_HEAD),
		.directory = span_from(blob_span(n->blob), key.len + 1),
		.has_directory = blob_span(n->blob).len > key.len };

	memcpy(&p.parent, key.p, sizeof(p.parent));
	return p;
}

/* What a name can only be, by where it stands above the months; 0: that does not tell. */
static mode_t type_above(const struct node *parent, struct span name)
{
	static const uint8_t directories[] = { PLACE_ACCOUNTS, PLACE_TABLES,
		PLACE_LIVE_SERVICE };
	const uint8_t kind = parent->place.kind;

	if (kind == PLACE_ROOT)
		return span_eq(name, span_of(place_fixed_name(PLACE_TABLES))) ? S_IFDIR
									      : 0;
	if (kind == PLACE_LIVE_TYPE)
		return form_of_file(VIEW_RESOURCE_INDEX, name) != FORM_COUNT ? S_IFREG
									     : S_IFDIR;
	if (kind == PLACE_FINDINGS || kind == PLACE_TABLE || kind == PLACE_REPORTS)
		return S_IFREG;
	for (size_t i = 0; i < ARRAY_LEN(directories); i++)
		if (kind == directories[i])
			return S_IFDIR;
	return 0;
}

/* Whether it is below a month that was let go, whose texts its path is made of. */
static bool is_away(const struct node *n)
{
	return place_is_below_month(&n->place) && !n->month;
}

static int append_directory(struct tree *t, const struct node *parent, struct buf *ret)
{
	struct buf path = BUF_INIT(TREE_PATH_MAX);
	int r = node_path(t, parent, &path);

	if (r == 0)
		r = buf_append_byte(ret, '/');
	if (r == 0)
		r = buf_append_span(ret, buf_span(&path));
	buf_finish(&path);
	return r;
}

static int make_node(struct tree *t, struct span key, const struct node *parent,
	mode_t type, struct node *ret)
{
	struct buf bytes = BUF_INIT(sizeof(struct key) + 1 + TREE_PATH_MAX);
	int r = buf_append_span(&bytes, key);

	*ret = (struct node){ .place = place_of(type == S_IFDIR ? PLACE_PENDING_DIRECTORY
								: PLACE_PENDING_FILE) };
	if (r == 0 && !is_away(parent))
		r = append_directory(t, parent, &bytes);
	if (r == 0) {
		ret->blob = blob_new(&bytes);
		r = ret->blob ? 0 : -ENOMEM;
	}
	buf_finish(&bytes);
	return r;
}

static int answer(const struct ask *a, const struct node *n, struct tree_entry *ret)
{
	struct buf path = BUF_INIT(TREE_PATH_MAX);
	struct tree_entry e;
	int r = node_path(a->t, n, &path);

	/* Any number will do until it is known. */
	if (r == -EAGAIN)
		r = buf_append_span(&path, node_pending_key(n));
	if (r == 0)
		r = attr_of(a, n, buf_span(&path), &e.attr, &e.ttl_seconds);
	if (r == 0)
		r = nodes_enter(a->t->nodes, node_pending_key(n), n, &e.node);
	if (r == 0)
		*ret = e;
	buf_finish(&path);
	return r;
}

/* By its position; of names that are known already, where only their size is not, by what
 * stands there. 0; -EAGAIN; -ENOENT; -errno. */
static int find_type(
	const struct ask *a, const struct node *parent, struct span name, mode_t *ret)
{
	struct node found = { 0 };
	int r = 0;

	*ret = 0;
	if (parent->place.kind >= PLACE_MONTH && !parent->month)
		return lookup_type_in_month(a->t, parent, name, ret);
	if (!parent->month)
		*ret = type_above(parent, name);
	if (*ret == 0) {
		r = lookup_child(a, parent, name, &found);
		*ret = place_type(&found.place);
		node_finish(&found);
	}
	return r;
}

int tree_lookup_pending(
	struct tree *t, uint64_t parent, struct span name, struct tree_entry *ret)
{
	struct tree_need need;
	struct ask a = { t, false, &need, NULL };
	struct node from, n = { 0 };
	struct key key;
	mode_t type;
	int r = key_make(parent, name, &key);

	if (r == 0)
		r = ask_node(&a, parent, &from);
	/* Where a month has to be read again what may stand there is as it was. */
	if (r == -EAGAIN)
		r = nodes_get(t->nodes, parent, &from);
	if (r < 0)
		return r;
	r = find_type(&a, &from, name, &type);
	if (r == 0 && type != S_IFDIR)
		key.lookup = 1 + atomic_fetch_add(&t->pending, 1);
	if (r == 0)
		r = make_node(t, key_span(&key, name), &from, type, &n);
	if (r == 0)
		r = answer(&a, &n, ret);
	if (r == 0)
		nodes_note_parent(t->nodes, ret->node, parent);
	node_finish(&n);
	node_finish(&from);
	return r;
}

int pending_path(const struct node *n, struct buf *ret)
{
	const struct pending p = pending_read(n);
	int r = p.has_directory ? buf_append_span(ret, p.directory) : -EAGAIN;

	if (r == 0 && p.directory.len)
		r = buf_append_byte(ret, '/');
	return r < 0 ? r : buf_append_span(ret, p.name);
}

static int find_in(
	const struct ask *a, uint64_t directory, struct span name, struct node *ret)
{
	struct node parent;
	int r = ask_node(a, directory, &parent);

	if (r < 0)
		return r;
	r = lookup_name(a, &parent, name, ret);
	node_finish(&parent);
	return r;
}

/* By the names of its directory, as they lead on now. */
static int find_anew(const struct ask *a, const struct pending *p, struct node *ret)
{
	struct tree_entry directory;
	int r = tree_walk(a->t, p->directory, a->patient, &directory, a->need, a->why);

	if (r < 0)
		return r;
	r = find_in(a, directory.node, p->name, ret);
	tree_forget(a->t, directory.node, 1);
	return r;
}

static int find(const struct ask *a, const struct node *n, struct node *ret)
{
	const struct pending p = pending_read(n);
	int r = find_in(a, p.parent, p.name, ret);

	/* The directory is one of a delivery that was replaced while this waited; but the
	 * name was never one of that delivery. */
	return r == -ESTALE && p.has_directory ? find_anew(a, &p, ret) : r;
}

int pending_settle(const struct ask *a, struct node *n)
{
	struct node found = { 0 };
	int r;

	if (!place_is_pending(&n->place))
		return 0;
	r = find(a, n, &found);
	/* The kernel does not take the one for the other. */
	if (r == 0 && place_type(&found.place) != place_type(&n->place))
		r = -ESTALE;
	if (r == 0)
		r = nodes_settle(a->t->nodes, n->id, &found);
	if (r == 0) {
		node_finish(n);
		*n = found;
	} else {
		node_finish(&found);
	}
	return r;
}

int pending_find(struct tree *t, uint64_t parent, struct span name, const struct node *n,
	uint64_t *ret)
{
	struct key key;
	int r = key_make(parent, name, &key);

	return r < 0 ? r : nodes_reenter(t->nodes, key_span(&key, name), n, ret);
}
