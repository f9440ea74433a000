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

/* The parent's number, that of the lookup, and the name. A directory has one node whoever
 * looks it up, since it may be current. A file has one a lookup: of two answers the
 * kernel takes the one that was asked for last, so that a lookup which is answered while
 * the size was being found would leave it at 0. */
struct key {
	uint64_t parent, lookup; /* 0: of a directory */
	char name[NAME_BYTES_MAX];
};
enum { KEY_HEAD = 2 * sizeof(uint64_t) };

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
	return (struct span){ (const char *)(const void *)key, KEY_HEAD + name.len };
}

static struct span key_read(const struct node *n, uint64_t *ret_parent)
{
	struct span key = blob_span(n->blob);

	memcpy(ret_parent, key.p, sizeof(*ret_parent));
	return span_from(key, KEY_HEAD);
}

/* What a name can only be, by where it stands; 0: that does not tell. */
static mode_t type_of(const struct tree *t, const struct node *parent, struct span name)
{
	static const uint8_t directories[] = { PLACE_ACCOUNTS, PLACE_TABLES,
		PLACE_LIVE_SERVICE };
	const uint8_t kind = parent->place.kind;

	if (kind == PLACE_MONTH)
		return lookup_type_in_month(t, parent, name);
	if (kind == PLACE_ROOT)
		return span_eq(name, span_of(place_fixed_name(PLACE_TABLES))) ? S_IFDIR
									      : 0;
	if (kind == PLACE_LIVE_TYPE)
		return span_eq(name, SPAN("index.csv")) ? S_IFREG : S_IFDIR;
	if (kind == PLACE_FINDINGS || kind == PLACE_TABLE)
		return S_IFREG;
	for (size_t i = 0; i < ARRAY_LEN(directories); i++)
		if (kind == directories[i])
			return S_IFDIR;
	return 0;
}

static int make_node(struct span key, mode_t type, struct node *ret)
{
	struct buf bytes = BUF_INIT(sizeof(struct key));
	int r = buf_append_span(&bytes, key);

	*ret = (struct node){ .place = place_of(type == S_IFDIR ? PLACE_PENDING_DIRECTORY
								: PLACE_PENDING_FILE) };
	if (r == 0)
		ret->blob = blob_new(&bytes);
	buf_finish(&bytes);
	return ret->blob ? 0 : -ENOMEM;
}

static int answer(const struct ask *a, const struct node *n, struct tree_entry *ret)
{
	struct buf path = BUF_INIT(TREE_PATH_MAX);
	struct tree_entry e;
	int r = node_path(a->t, n, &path);

	if (r == 0)
		r = attr_of(a, n, buf_span(&path), &e.attr, &e.ttl_seconds);
	if (r == 0)
		r = nodes_enter(a->t->nodes, blob_span(n->blob), n, &e.node);
	if (r == 0)
		*ret = e;
	buf_finish(&path);
	return r;
}

/* As type_of(), and of names that are known already, where only their size is not. 0;
 * -EAGAIN; -ENOENT; -errno. */
static int find_type(
	const struct ask *a, const struct node *parent, struct span name, mode_t *ret)
{
	struct node found = { 0 };
	mode_t type = parent->month ? 0 : type_of(a->t, parent, name);
	int r = 0;

	if (!type) {
		r = lookup_child(a, parent, name, &found);
		type = place_type(&found.place);
		node_finish(&found);
	}
	if (r == 0)
		*ret = type;
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
	if (r < 0)
		return r;
	/* Nothing but a month's own names can be told where it is unread. */
	if (place_is_below_month(&from.place) && !from.month)
		r = -EAGAIN;
	if (r == 0)
		r = find_type(&a, &from, name, &type);
	if (r == 0 && type != S_IFDIR)
		key.lookup = 1 + atomic_fetch_add(&t->pending, 1);
	if (r == 0)
		r = make_node(key_span(&key, name), type, &n);
	if (r == 0)
		r = answer(&a, &n, ret);
	if (r == 0)
		nodes_note_parent(t->nodes, ret->node, parent);
	node_finish(&n);
	node_finish(&from);
	return r;
}

int pending_path(struct tree *t, const struct node *n, struct buf *ret)
{
	struct node parent;
	uint64_t id;
	struct span name = key_read(n, &id);
	int r = nodes_get(t->nodes, id, &parent);

	if (r < 0)
		return r;
	r = node_path(t, &parent, ret);
	if (r == 0 && ret->len)
		r = buf_append_byte(ret, '/');
	if (r == 0)
		r = buf_append_span(ret, name);
	node_finish(&parent);
	return r;
}

static int find(const struct ask *a, const struct node *n, struct node *ret)
{
	struct node parent;
	uint64_t id;
	struct span name = key_read(n, &id);
	int r = ask_node(a, id, &parent);

	if (r < 0)
		return r;
	r = lookup_name(a, &parent, name, ret);
	node_finish(&parent);
	return r;
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
