/* metrics.csv of instances. Each costs calls, so that it is asked for only when somebody
 * opens it or wants its size; a lookup answers a node without what was measured, as of
 * files in tables/. */
#include <errno.h>
#include <string.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"

enum { INSTANCES_MAX = 1 << 20 };
static const char FILE_NAME[] = "metrics.csv";

bool live_has_metrics(const struct tree *t, size_t kind)
{
	const struct resource_kind *k = resource_kind_at(kind);

	return t->o.discovery && t->o.discovery->has_metrics &&
		strcmp(k->service, "ec2") == 0 && strcmp(k->type, "instances") == 0;
}

/* Number of an instance's id, as of regions. */
static int number_of(struct tree *t, struct span id, uint32_t *ret)
{
	char text[LIVE_INSTANCE_TEXT] = "";
	struct span kept = { text, id.len + 1 };
	int r;

	if (id.len == 0 || id.len >= sizeof(text) || memchr(id.p, '\0', id.len))
		return -ENOENT;
	memcpy(text, id.p, id.len);
	pthread_mutex_lock(&t->lock);
	r = intern_find(t->instances, kept, ret);
	if (r == -ENOENT && intern_count(t->instances) < INSTANCES_MAX)
		r = intern_add(t->instances, kept, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

const char *live_instance(struct tree *t, uint32_t number)
{
	struct span text;

	pthread_mutex_lock(&t->lock);
	text = intern_text(t->instances, number);
	pthread_mutex_unlock(&t->lock);
	return text.p;
}

/* What to ask for. 0; -ENOENT; -ENAMETOOLONG. */
static int need_of(struct tree *t, const struct node *n, struct tree_need *ret)
{
	struct tree_need need = { .is_live = true, .kind = LIVE_METRICS };
	struct live_billed b;
	const char *text;
	int r;

	if (n->place.kind == PLACE_RESOURCE_METRICS) {
		r = live_billed_of(t, n, &b);
		if (r < 0)
			return r;
		if (b.id.len >= sizeof(need.instance) || memchr(b.id.p, '\0', b.id.len))
			return -ENOENT;
		memcpy(need.account, b.account, sizeof(b.account));
		memcpy(need.region, b.region, sizeof(b.region));
		memcpy(need.instance, b.id.p, b.id.len);
	} else {
		r = live_account(t, n->place.slot, need.account);
		if (r < 0)
			return r;
		text = live_region(t, n->place.region);
		memcpy(need.region, text, strlen(text) + 1);
		text = live_instance(t, n->place.resource);
		memcpy(need.instance, text, strlen(text) + 1);
	}
	*ret = need;
	return 0;
}

static int get(const struct ask *a, const struct tree_need *need, struct inventory **ret)
{
	bool may_fetch = ask_may_fetch(a);
	int r = live_metrics(a->t->o.discovery->live, need->account, need->region,
		need->instance, may_fetch, ret, a->why);

	return r == -EAGAIN && !may_fetch ? ask_refuse(a) : r;
}

bool live_metrics_has_news(struct tree *t, const struct tree_need *need)
{
	const struct ask a = { .t = t };
	struct inventory *v = NULL;
	int r = get(&a, need, &v);

	inventory_unref(v);
	return r != -EAGAIN;
}

int live_metrics_enter(const struct ask *a, struct node *n, bool is_use)
{
	struct tree_need need;
	struct inventory *v = NULL;
	int r;

	if (!node_is_metrics(n) || (n->inventory && !is_use))
		return 0;
	r = need_of(a->t, n, &need);
	if (r == 0)
		r = get(a, &need, &v);
	if (n->inventory) {
		/* It was used, no more: this node is of what it was seen with. */
		inventory_unref(v);
		return 0;
	}
	if (r == -EAGAIN)
		*a->need = need;
	else if (r == 0)
		n->inventory = nodes_bind_inventory(a->t->nodes, n->id, v);
	return r;
}

/* With what is at hand, which costs nothing. */
static void bind_known(struct tree *t, struct node *n)
{
	struct tree_need need;

	if (need_of(t, n, &need) < 0 ||
		live_metrics_known(t->o.discovery->live, need.account, need.region,
			need.instance, &n->inventory) < 0)
		n->inventory = NULL;
}

int live_metrics_lookup(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	struct node n = { .place = parent->place };
	int r;

	if (!span_eq(name, span_of(FILE_NAME)) ||
		!live_has_metrics(a->t, parent->place.live_kind))
		return -ENOENT;
	n.place.kind = PLACE_LIVE_METRICS;
	n.place.item = 0;
	r = number_of(a->t,
		inventory_text(parent->inventory, parent->place.item, INVENTORY_ID),
		&n.place.resource);
	if (r < 0)
		return r;
	bind_known(a->t, &n);
	*ret = n;
	return 0;
}

int live_metrics_beside(const struct ask *a, const struct node *parent, struct node *ret)
{
	struct node found = { 0 }, n = { .place = parent->place };
	struct live_billed b;
	int r = live_billed_of(a->t, parent, &b);

	if (r == 0)
		r = live_has_metrics(a->t, b.kind) ? 0 : -ENOENT;
	if (r == 0)
		r = live_beside(a->t, parent, &found);
	node_finish(&found);
	if (r < 0)
		return r;
	n.place.kind = PLACE_RESOURCE_METRICS;
	n.place.item = 0;
	n.month = month_ref(parent->month);
	bind_known(a->t, &n);
	*ret = n;
	return 0;
}

int live_metrics_path(struct tree *t, const struct place *p, struct buf *ret)
{
	int r = buf_append_byte(ret, '/');

	if (r == 0)
		r = name_encode(span_of(live_instance(t, p->resource)), ret);
	return r < 0 ? r : buf_appendf(ret, "/%s", FILE_NAME);
}
