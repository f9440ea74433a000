/* What AWS says of resources: asking for it, regions by number, and paths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"
#include "fs/tree/live_match.h"

enum { REGIONS_MAX = 1024 };

const char *live_region(struct tree *t, uint32_t region)
{
	struct span text;

	pthread_mutex_lock(&t->lock);
	text = intern_text(t->regions, region);
	pthread_mutex_unlock(&t->lock);
	return text.p;
}

int live_account(struct tree *t, uint32_t slot, char ret[LIVE_ACCOUNT_TEXT])
{
	struct span id = accounts_at(t->accounts, slot).id;

	if (id.len >= LIVE_ACCOUNT_TEXT || memchr(id.p, '\0', id.len))
		return -ENAMETOOLONG;
	memcpy(ret, id.p, id.len);
	ret[id.len] = '\0';
	return 0;
}

/* The names that AWS gives regions; what has another form is none. */
static bool is_region(struct span name)
{
	if (name.len >= LIVE_REGION_TEXT)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			(c != '-' || i == 0))
			return false;
	}
	return true;
}

int live_region_number(struct tree *t, struct span name, uint32_t *ret)
{
	char text[LIVE_REGION_TEXT] = "";
	struct span kept = { text, name.len + 1 };
	uint32_t none;
	int r;

	if (!is_region(name))
		return -ENOENT;
	if (name.len)
		memcpy(text, name.p, name.len);
	pthread_mutex_lock(&t->lock);
	r = intern_count(t->regions) ? 0 : intern_add(t->regions, SPAN("\0"), &none);
	if (r == 0)
		r = intern_find(t->regions, kept, ret);
	if (r == -ENOENT && intern_count(t->regions) < REGIONS_MAX)
		r = intern_add(t->regions, kept, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

/* Fills in need, for its account and region. */
static int need_of(struct tree *t, const struct place *p, struct tree_need *ret)
{
	struct tree_need need = { .is_live = true, .kind = LIVE_REGIONS };
	int r = live_account(t, p->slot, need.account);

	if (r < 0)
		return r;
	if (p->kind >= PLACE_LIVE_TYPE) {
		const char *region = live_region(t, p->region);

		need.kind = p->live_kind;
		memcpy(need.region, region, strlen(region) + 1);
	}
	*ret = need;
	return 0;
}

int live_enter(const struct ask *a, struct node *n)
{
	struct tree_need need;
	struct inventory *v;
	int r;

	if (n->inventory)
		return 0;
	r = need_of(a->t, &n->place, &need);
	if (r < 0)
		return r;
	bool may_fetch = ask_may_fetch(a);
	r = live_list(a->t->o.discovery->live, need.account, need.kind, need.region,
		may_fetch, &v, a->why);
	if (r == -EAGAIN && !may_fetch)
		return ask_refuse(a);
	if (r == -EAGAIN)
		*a->need = need;
	else if (r == 0)
		n->inventory = nodes_bind_inventory(a->t->nodes, n->id, v);
	return r;
}

int live_regions_of(const struct ask *a, const struct place *p, struct buf *ret)
{
	struct tree_need need;
	struct place account = *p;
	int r;

	account.kind = PLACE_LIVE_SERVICE;
	r = need_of(a->t, &account, &need);
	if (r < 0)
		return r;
	bool may_fetch = ask_may_fetch(a);
	r = live_regions(a->t->o.discovery->live, need.account, may_fetch, ret, a->why);
	if (r == -EAGAIN && !may_fetch)
		return ask_refuse(a);
	if (r == -EAGAIN)
		*a->need = need;
	return r;
}

bool live_has_news(struct tree *t, const struct tree_need *need)
{
	struct live *live = t->o.discovery->live;
	struct buf regions = BUF_INIT(LIVE_REGIONS_BYTES_MAX);
	struct inventory *v = NULL;
	int r;

	if (need->kind == LIVE_METRICS)
		return live_metrics_has_news(t, need);
	if (need->kind == LIVE_REGIONS)
		r = live_regions(live, need->account, true, &regions, NULL);
	else
		r = live_list(
			live, need->account, need->kind, need->region, true, &v, NULL);
	inventory_unref(v);
	buf_finish(&regions);
	return r != -EAGAIN;
}

void live_known_of(const struct ask *a, struct node *n)
{
	struct tree_need need;

	if (need_of(a->t, &n->place, &need) < 0 ||
		live_known(a->t->o.discovery->live, need.account, need.kind, need.region,
			&n->inventory) < 0)
		n->inventory = NULL;
}

void live_renew(const struct ask *a, const struct node *n)
{
	struct tree_need need;
	struct inventory *v;

	if (n->place.kind == PLACE_LIVE_TYPE && need_of(a->t, &n->place, &need) == 0 &&
		live_list(a->t->o.discovery->live, need.account, need.kind, need.region,
			true, &v, NULL) == 0)
		inventory_unref(v);
}

int live_item_name(const struct inventory *v, size_t item, struct buf *ret)
{
	struct span id = inventory_text(v, item, INVENTORY_ID);

	/* A bucket may have the name of our file. */
	if (span_eq(id, SPAN("index.csv")))
		return buf_append_text(ret, NAME_INDEX_AS_RESOURCE);
	return name_encode(id, ret);
}

/* Of names that were cut, which is rare. */
static int find_cut(const struct inventory *v, struct span name, uint32_t *ret)
{
	struct buf other = BUF_INIT(TREE_NAME_MAX);
	int r = -ENOENT;

	for (size_t i = 0; i < inventory_count(v) && r == -ENOENT; i++) {
		if (inventory_text(v, i, INVENTORY_ID).len < NAME_CUT / 3)
			continue;
		buf_clear(&other);
		r = live_item_name(v, i, &other);
		if (r == 0 && !span_eq(buf_span(&other), name))
			r = -ENOENT;
		if (r == 0)
			*ret = (uint32_t)i;
	}
	buf_finish(&other);
	return r;
}

int live_find_item(const struct inventory *v, struct span name, uint32_t *ret)
{
	struct buf id = BUF_INIT(NAME_BYTES_MAX);
	size_t item = 0;
	int r = -ENOENT;

	if (span_eq(name, SPAN(NAME_INDEX_AS_RESOURCE)))
		r = inventory_find(v, SPAN("index.csv"), &item);
	else if (name.len && name_decode(name, &id) == 0)
		r = inventory_find(v, buf_span(&id), &item);
	if (r == -ENOENT && name.len)
		r = inventory_find(v, name, &item);
	buf_finish(&id);
	if (r == 0)
		*ret = (uint32_t)item;
	else if (r == -ENOENT && name.len >= NAME_CUT / 3)
		r = find_cut(v, name, ret);
	return r;
}

static int append_part(struct buf *ret, const char *name)
{
	int r = buf_append_byte(ret, '/');

	return r < 0 ? r : buf_append_text(ret, name);
}

/* "/ec2/eu-west-1/instances", as far as it goes. */
static int append_type(struct tree *t, const struct place *p, struct buf *ret)
{
	const struct resource_kind *k = resource_kind_at(p->live_kind);
	int r = append_part(ret, k->service);

	if (r == 0 && p->kind >= PLACE_LIVE_REGION) {
		const char *region = live_region(t, p->region);

		r = append_part(ret, *region ? region : LIVE_GLOBAL);
	}
	if (r == 0 && p->kind >= PLACE_LIVE_TYPE)
		r = append_part(ret, k->type);
	return r;
}

static int append_index(const struct place *p, struct buf *ret)
{
	int r = append_part(ret, "index");

	return r < 0 ? r : buf_append_text(ret, form_ending((enum form)p->form));
}

int live_path(struct tree *t, const struct node *n, struct buf *ret)
{
	const struct place *p = &n->place;
	int r = place_path(p, NULL, t->accounts, ret);

	if (r < 0 || p->kind == PLACE_LIVE)
		return r;
	if (p->kind == PLACE_LIVE_STATUS)
		return append_part(ret, "STATUS.txt");
	r = append_type(t, p, ret);
	if (r == 0 && p->kind == PLACE_LIVE_INDEX)
		return append_index(p, ret);
	if (r == 0 && p->kind == PLACE_LIVE_METRICS)
		return live_metrics_path(t, p, ret);
	if (r == 0 && p->kind >= PLACE_LIVE_ITEM) {
		r = buf_append_byte(ret, '/');
		if (r == 0)
			r = live_item_name(n->inventory, p->item, ret);
	}
	if (r == 0 && p->kind == PLACE_LIVE_JSON)
		r = append_part(ret, "resource.json");
	return r;
}

int live_billed_of(struct tree *t, const struct node *n, struct live_billed *ret)
{
	const struct place *p = &n->place;
	struct live_billed made = { .region = "" };
	const struct month_resource *x;
	struct billed b;
	uint32_t slice = 0;

	if (!t->o.discovery || p->slot == PLACE_ALL ||
		month_find_slice(n->month, p->account, p->service, &slice) < 0 ||
		live_account(t, p->slot, made.account) < 0)
		return -ENOENT;
	x = &month_resources(n->month, slice)[p->resource];
	b = billed_of(month_text(n->month, month_service(n->month, p->service)->code),
		month_text(n->month, x->id), month_text(n->month, x->region));
	if (billed_kind(&b, &made.kind) < 0 || !is_region(b.region))
		return -ENOENT;
	if (!resource_kind_at(made.kind)->is_global && b.region.len)
		memcpy(made.region, b.region.p, b.region.len);
	made.id = b.id;
	*ret = made;
	return 0;
}

int live_beside(struct tree *t, const struct node *n, struct node *ret)
{
	struct inventory *v = NULL;
	struct live_billed b;
	size_t item = 0;
	int r = live_billed_of(t, n, &b);

	if (r < 0)
		return r;
	r = live_known(t->o.discovery->live, b.account, b.kind, b.region, &v);
	if (r == 0)
		r = inventory_find(v, b.id, &item);
	if (r < 0) {
		inventory_unref(v);
		return -ENOENT;
	}
	ret->inventory = v;
	ret->place.item = (uint32_t)item;
	return 0;
}
