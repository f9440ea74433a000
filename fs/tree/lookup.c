/* From a directory and a name to a place, above the months. */
#include <errno.h>

#include "fs/store/name.h"
#include "fs/tree/inside.h"

int month_of_name(const struct ask *a, struct span name, struct month_no *ret)
{
	struct month_status status;
	struct month_no m;

	if (name.len != MONTH_TEXT || month_parse(name, &m) < 0 ||
		library_status(a->t->o.library, m, &status) < 0)
		return -ENOENT;
	*ret = m;
	return 0;
}

/* Free: neither loads nor needs the month, but is bound to it when it is at hand. */
static int lookup_month(
	const struct ask *a, uint32_t slot, struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_MONTH) };
	int r = month_of_name(a, name, &n.place.month);

	if (r < 0)
		return r;
	n.place.slot = slot;
	if (library_get(a->t->o.library, n.place.month, false, &n.month, NULL) < 0)
		n.month = NULL;
	*ret = n;
	return 0;
}

static int lookup_account(const struct ask *a, struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_ACCOUNT) };
	struct known k;
	int r = ask_known_one(a, &k);

	if (r < 0)
		return r;
	known_finish(&k);
	r = accounts_find(a->t->accounts, name, &n.place.slot);
	if (r == 0)
		*ret = n;
	return r;
}

static int lookup_in_account(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_ACCOUNT_JSON) };

	if (a->t->o.discovery && span_eq(name, SPAN("resources")))
		n.place = place_of(PLACE_LIVE);
	else if (a->t->o.discovery && span_eq(name, SPAN("findings")))
		n.place = place_of(PLACE_FINDINGS);
	else if (!span_eq(name, SPAN("account.json")))
		return lookup_month(a, parent->place.slot, name, ret);
	n.place.slot = parent->place.slot;
	*ret = n;
	return 0;
}

static int lookup_fixed(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	struct node n = { 0 };
	int r = place_find_fixed(&parent->place, name, &n.place);

	if (r == 0 && n.place.kind == PLACE_TABLES)
		r = side_any(a, true);
	if (r == 0)
		*ret = n;
	return r;
}

int lookup_child(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	if (place_type(&parent->place) != S_IFDIR)
		return -ENOTDIR;
	if (name.len > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (place_is_live(&parent->place))
		return live_lookup(a, parent, name, ret);
	if (parent->place.kind >= PLACE_MONTH)
		return lookup_below_month(a, parent, name, ret);
	if (parent->place.kind == PLACE_ACCOUNTS)
		return lookup_account(a, name, ret);
	if (parent->place.kind == PLACE_MONTHS)
		return lookup_month(a, PLACE_ALL, name, ret);
	if (parent->place.kind == PLACE_ACCOUNT)
		return lookup_in_account(a, parent, name, ret);
	if (parent->place.kind == PLACE_FINDINGS)
		return findings_lookup(parent, name, ret);
	if (parent->place.kind == PLACE_REPORTS)
		return reports_lookup(a, name, ret);
	if (parent->place.kind == PLACE_TABLES || parent->place.kind == PLACE_TABLE)
		return side_lookup(a, parent, name, ret);
	return lookup_fixed(a, parent, name, ret);
}

int lookup_name(
	const struct ask *a, struct node *parent, struct span name, struct node *ret)
{
	struct node n = { 0 };
	mode_t type;
	int r;

	/* What stands in no month is not in this one either, which stays unread. */
	if (parent->place.kind == PLACE_MONTH && !parent->month &&
		lookup_type_in_month(a->t, parent, name, &type) < 0)
		return name.len > NAME_BYTES_MAX ? -ENAMETOOLONG : -ENOENT;
	r = ask_enter_for(a, parent, name);
	if (r == 0)
		r = lookup_child(a, parent, name, &n);
	if (r == 0)
		r = attr_fill(a, &n);
	if (r < 0)
		node_finish(&n);
	else
		*ret = n;
	return r;
}
