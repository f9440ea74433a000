/* Names in resources/, looked up and listed. */
#include <errno.h>
#include <string.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"

/* A place of the same account, and as deep as it was. */
static struct place below(const struct node *parent, enum place_kind kind)
{
	struct place p = parent->place;

	p.kind = (uint8_t)kind;
	return p;
}

static bool is_of_service(size_t kind, uint32_t first)
{
	return strcmp(resource_kind_at(kind)->service,
		       resource_kind_at(first)->service) == 0;
}

/* Whether the service has kinds of all regions, or of each. */
static bool has_kinds(uint32_t first, bool is_global)
{
	for (size_t i = first; i < resource_kind_count() && is_of_service(i, first); i++)
		if (resource_kind_at(i)->is_global == is_global)
			return true;
	return false;
}

static int lookup_service(const struct node *parent, struct span name, struct node *ret)
{
	if (span_eq(name, SPAN("STATUS.txt"))) {
		ret->place = below(parent, PLACE_LIVE_STATUS);
		return 0;
	}
	for (size_t i = 0; i < resource_kind_count(); i++) {
		if (!span_eq(span_of(resource_kind_at(i)->service), name))
			continue;
		ret->place = below(parent, PLACE_LIVE_SERVICE);
		ret->place.live_kind = (uint32_t)i;
		return 0;
	}
	return -ENOENT;
}

static int lookup_region(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	uint32_t first = parent->place.live_kind;
	bool is_global = span_eq(name, SPAN(LIVE_GLOBAL));
	struct buf regions = BUF_INIT(LIVE_REGIONS_BYTES_MAX);
	struct span rest;
	int r = 0;

	if (!has_kinds(first, is_global))
		return -ENOENT;
	ret->place = below(parent, PLACE_LIVE_REGION);
	if (is_global)
		return live_region_number(a->t, (struct span){ 0 }, &ret->place.region);
	r = live_regions_of(a, &parent->place, &regions);
	rest = buf_span(&regions);
	while (r == 0) {
		size_t len = span_find(rest, '\0');

		if (len == rest.len)
			r = -ENOENT;
		else if (len > 0 && span_eq(span_first(rest, len), name))
			break;
		else
			rest = span_from(rest, len + 1);
	}
	buf_finish(&regions);
	return r < 0 ? r : live_region_number(a->t, name, &ret->place.region);
}

static int lookup_type(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	const char *service = resource_kind_at(parent->place.live_kind)->service;
	bool is_global = *live_region(a->t, parent->place.region) == '\0';
	size_t kind;

	if (resource_kind_find(span_of(service), name, &kind) < 0 ||
		resource_kind_at(kind)->is_global != is_global)
		return -ENOENT;
	ret->place = below(parent, PLACE_LIVE_TYPE);
	ret->place.live_kind = (uint32_t)kind;
	/* Free: what is not at hand is asked for when somebody enters it. */
	live_known_of(a, ret);
	return 0;
}

/* With the costs of the newest month; where they cannot be read it does without. */
static int lookup_index(
	const struct ask *a, const struct node *parent, enum form form, struct node *ret)
{
	struct month_no newest = library_newest(a->t->o.library);
	bool may_fetch = ask_may_fetch(a);
	int r = newest.number == 0
		? -ENOENT
		: library_get(a->t->o.library, newest, may_fetch, &ret->month, NULL);

	if (r == -EAGAIN && may_fetch)
		return ask_wait(a, newest);
	if (r < 0)
		ret->month = NULL;
	ret->place = below(parent, PLACE_LIVE_INDEX);
	ret->place.form = (uint8_t)form;
	ret->inventory = inventory_ref(parent->inventory);
	return 0;
}

static int lookup_item(const struct node *parent, struct span name, struct node *ret)
{
	uint32_t item;
	int r = live_find_item(parent->inventory, name, &item);

	if (r < 0)
		return r;
	ret->place = below(parent, PLACE_LIVE_ITEM);
	ret->place.item = item;
	ret->inventory = inventory_ref(parent->inventory);
	return 0;
}

static int lookup_file(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	if (!span_eq(name, SPAN("resource.json")))
		return live_metrics_lookup(a, parent, name, ret);
	ret->place = below(parent, PLACE_LIVE_JSON);
	ret->inventory = inventory_ref(parent->inventory);
	return 0;
}

/* What is listed is meant first: a bucket may be called "index.txt". */
static int lookup_in_type(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret)
{
	enum form form = form_of_file(VIEW_RESOURCE_INDEX, name);
	int r = form == FORM_CSV ? -ENOENT : lookup_item(parent, name, ret);

	return r == -ENOENT && form != FORM_COUNT ? lookup_index(a, parent, form, ret)
						  : r;
}

static int look_up(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	if (parent->place.kind == PLACE_LIVE)
		return lookup_service(parent, name, ret);
	if (parent->place.kind == PLACE_LIVE_SERVICE)
		return lookup_region(a, parent, name, ret);
	if (parent->place.kind == PLACE_LIVE_REGION)
		return lookup_type(a, parent, name, ret);
	if (parent->place.kind == PLACE_LIVE_ITEM)
		return lookup_file(a, parent, name, ret);
	return lookup_in_type(a, parent, name, ret);
}

int live_lookup(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	struct node n = { 0 };
	int r = look_up(a, parent, name, &n);

	if (r < 0)
		node_finish(&n);
	else
		*ret = n;
	return r;
}

/* Somebody has looked below, perhaps in an earlier mount. */
static bool is_known(struct live *live, const char *account)
{
	struct buf regions = BUF_INIT(LIVE_REGIONS_BYTES_MAX);
	int r = live_regions(live, account, false, &regions, NULL);

	buf_finish(&regions);
	return r == 0;
}

bool live_is_listed(const struct ask *a, const struct node *n)
{
	const struct tree_discovery *d = a->t->o.discovery;
	char account[LIVE_ACCOUNT_TEXT];

	return live_account(a->t, n->place.slot, account) == 0 &&
		(d->is_listed(d->context, account) || is_known(d->live, account));
}

static int fill_services(
	const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = listing_add(l, SPAN("STATUS.txt"), S_IFREG);

	if (r < 0 || !live_is_listed(a, n))
		return r;
	for (size_t i = 0; i < resource_kind_count() && r == 0; i++)
		if (i == 0 || !is_of_service(i, (uint32_t)i - 1))
			r = listing_add(
				l, span_of(resource_kind_at(i)->service), S_IFDIR);
	return r;
}

static int fill_regions(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	struct buf regions = BUF_INIT(LIVE_REGIONS_BYTES_MAX);
	uint32_t first = n->place.live_kind, number;
	struct span rest;
	int r = 0;

	if (has_kinds(first, true))
		r = listing_add(l, SPAN(LIVE_GLOBAL), S_IFDIR);
	if (r == 0 && has_kinds(first, false))
		r = live_regions_of(a, &n->place, &regions);
	rest = buf_span(&regions);
	while (r == 0 && rest.len) {
		size_t len = span_find(rest, '\0');
		struct span name = span_first(rest, len);

		if (len && live_region_number(a->t, name, &number) == 0)
			r = listing_add(l, name, S_IFDIR);
		rest = span_from(rest, len + 1);
	}
	buf_finish(&regions);
	return r;
}

static int fill_types(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	bool is_global = *live_region(a->t, n->place.region) == '\0';
	uint32_t first = n->place.live_kind;
	int r = 0;

	for (size_t i = first;
		i < resource_kind_count() && is_of_service(i, first) && r == 0; i++)
		if (resource_kind_at(i)->is_global == is_global)
			r = listing_add(l, span_of(resource_kind_at(i)->type), S_IFDIR);
	return r;
}

static int fill_items(const struct node *n, struct tree_listing *l)
{
	struct buf name = BUF_INIT(TREE_NAME_MAX);
	int r = listing_add(l, SPAN("index.csv"), S_IFREG);

	for (size_t i = 0; i < inventory_count(n->inventory) && r == 0; i++) {
		buf_clear(&name);
		r = live_item_name(n->inventory, i, &name);
		if (r == 0)
			r = listing_add(l, buf_span(&name), S_IFDIR);
	}
	buf_finish(&name);
	return r;
}

static int fill_item(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = listing_add(l, SPAN("resource.json"), S_IFREG);

	if (r == 0 && live_has_metrics(a->t, n->place.live_kind))
		r = listing_add(l, SPAN("metrics.csv"), S_IFREG);
	return r;
}

int live_fill(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	if (n->place.kind == PLACE_LIVE)
		return fill_services(a, n, l);
	if (n->place.kind == PLACE_LIVE_SERVICE)
		return fill_regions(a, n, l);
	if (n->place.kind == PLACE_LIVE_REGION)
		return fill_types(a, n, l);
	if (n->place.kind == PLACE_LIVE_TYPE)
		return fill_items(n, l);
	return fill_item(a, n, l);
}
