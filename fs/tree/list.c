/* Listings of directories. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/store/name.h"
#include "fs/tree/inside.h"

enum { NAMES_MAX = 1 << 28 };
/* Of all names of a listing; 4 GiB, so that offsets fit. */
#define NAMES_BYTES_MAX ((size_t)UINT32_MAX)

struct item {
	uint64_t ino;
	uint32_t name; /* offset in names */
	mode_t type;
};
struct tree_listing {
	struct item *items;
	size_t count, cap;
	struct buf names; /* NUL-terminated, one after another */
	struct buf path; /* of a child; the directory's up to base */
	size_t base;
	bool is_stable;
};

void tree_listing_free(struct tree_listing *l)
{
	if (!l)
		return;
	free(l->items);
	buf_finish(&l->names);
	buf_finish(&l->path);
	free(l);
}

size_t tree_listing_count(const struct tree_listing *l)
{
	return l->count;
}

bool tree_listing_is_stable(const struct tree_listing *l)
{
	return l->is_stable;
}

struct tree_name tree_listing_at(const struct tree_listing *l, size_t index)
{
	const struct item *i = &l->items[index];

	return (struct tree_name){ l->names.p + i->name, i->type, i->ino };
}

int listing_add(struct tree_listing *l, struct span name, mode_t type)
{
	struct item made = { .name = (uint32_t)l->names.len, .type = type };
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, NAMES_MAX);

	if (r < 0)
		return r;
	buf_truncate(&l->path, l->base);
	r = buf_append_span(&l->path, name);
	if (r == 0)
		r = buf_append_span(&l->names, name);
	if (r == 0)
		r = buf_append_byte(&l->names, '\0');
	if (r < 0)
		return r;
	made.ino = attr_ino(buf_span(&l->path));
	l->items[l->count++] = made;
	return 0;
}

static int add_text(struct tree_listing *l, const char *name, mode_t type)
{
	return listing_add(l, span_of(name), type);
}

static int add_fixed(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	enum place_kind kind = PLACE_ROOT;
	int r = 0;

	while (r == 0 && place_next_fixed(&n->place, &kind)) {
		struct place p = place_of(kind);

		if (kind == PLACE_THIS_MONTH || kind == PLACE_LAST_MONTH) {
			struct blob *target;

			r = text_of(a, &p, &target);
			if (r == -ENOENT) {
				r = 0;
				continue;
			}
			if (r < 0)
				return r;
			blob_unref(target);
		}
		if (kind == PLACE_TABLES) {
			r = side_any(a, false);
			if (r == -ENOENT) {
				r = 0;
				continue;
			}
		}
		if (r == 0)
			r = add_text(l, place_fixed_name(kind), place_type(&p));
	}
	return r;
}

static int add_accounts(const struct ask *a, struct tree_listing *l)
{
	struct known k;
	uint32_t *slots;
	ssize_t n;
	int r = ask_known_one(a, &k);

	if (r < 0)
		return r;
	known_finish(&k);
	n = accounts_sorted(a->t->accounts, &slots);
	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n && r == 0; i++)
		r = listing_add(l, accounts_at(a->t->accounts, slots[i]).dir, S_IFDIR);
	free(slots);
	return r;
}

static int add_months(const struct ask *a, struct tree_listing *l)
{
	struct month_status *months;
	ssize_t n = library_months(a->t->o.library, &months);
	int r = 0;

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n && r == 0; i++) {
		char text[MONTH_TEXT];

		month_format(months[i].month, text);
		r = listing_add(l, (struct span){ text, MONTH_TEXT }, S_IFDIR);
	}
	free(months);
	return r;
}

static int add_account(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = add_text(l, "account.json", S_IFREG);

	if (r == 0 && a->t->o.discovery)
		r = add_text(l, "resources", S_IFDIR);
	if (r == 0 && a->t->o.discovery && live_is_listed(a, n))
		r = add_text(l, "findings", S_IFDIR);
	return r < 0 ? r : add_months(a, l);
}

static int add_files(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = 0;

	for (int i = 0; i < VIEW_FILE_COUNT && r == 0; i++)
		if (node_has_file(a->t, n, (enum view_file)i))
			r = add_text(l, view_file_name((enum view_file)i), S_IFREG);
	return r;
}

static int add_kit(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = add_files(a, n, l);

	if (r == 0)
		r = add_text(l, "by-tag", S_IFDIR);
	if (r == 0)
		r = add_text(l, "by-cost-category", S_IFDIR);
	if (r == 0 && n->place.kind == PLACE_MONTH)
		r = add_text(l, "services", S_IFDIR);
	else if (r == 0 && n->place.slot != PLACE_ALL)
		r = add_text(l, "resources", S_IFDIR);
	return r;
}

static int add_services(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	int r = 0;

	for (uint32_t i = 0; i < month_service_count(n->month) && r == 0; i++)
		if (has_service(a->t, n, i))
			r = listing_add(l,
				month_text(n->month, month_service(n->month, i)->dir),
				S_IFDIR);
	return r;
}

static int add_resources(
	const struct ask *a, const struct node *n, struct tree_listing *l)
{
	const struct month_resource *resources;
	uint32_t slice = 0;
	int r = add_files(a, n, l);

	if (r == 0)
		r = month_find_slice(
			n->month, n->place.account, n->place.service, &slice);
	if (r < 0)
		return r;
	resources = month_resources(n->month, slice);
	for (uint32_t i = 0; i < month_slice(n->month, slice)->resource_count && r == 0;
		i++)
		r = listing_add(l, month_text(n->month, resources[i].dir), S_IFDIR);
	return r;
}

static int add_keys(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	struct buf name = BUF_INIT(TREE_NAME_MAX);
	const uint32_t *keys;
	struct blob *blob;
	ssize_t count = node_keys(a->t, n, &keys, &blob);
	int r = 0;

	if (count < 0)
		return (int)count;
	for (ssize_t i = 0; i < count && r == 0; i++) {
		buf_clear(&name);
		r = name_encode(month_text(n->month, keys[i]), &name);
		if (r == 0)
			r = buf_append_text(&name, ".csv");
		if (r == 0)
			r = listing_add(l, buf_span(&name), S_IFREG);
	}
	blob_unref(blob);
	buf_finish(&name);
	return r;
}

static int add_parts(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	struct buf name = BUF_INIT(TREE_NAME_MAX);
	struct scope s = node_scope(a->t, n);
	const uint32_t count = view_part_count(&s);
	int r = 0;

	for (uint32_t i = 1; i <= count && r == 0; i++) {
		buf_clear(&name);
		r = place_part_name(i, &name);
		if (r == 0)
			r = listing_add(l, buf_span(&name), S_IFREG);
	}
	buf_finish(&name);
	return r;
}

static int add_side(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	struct side_list found = { 0 };
	int r = side_list(a, n, &found);

	for (size_t i = 0; i < found.count && r == 0; i++)
		r = add_text(l, side_name(a->t, n, found.items[i]),
			n->place.kind == PLACE_TABLES ? S_IFDIR : S_IFREG);
	free(found.items);
	return r;
}

/* What it is stands beside the costs if that is known already; nobody is asked. */
static int add_resource(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	struct node found = { 0 };
	struct live_billed b;
	int r = add_files(a, n, l);

	if (r == 0 && live_beside(a->t, n, &found) == 0) {
		r = add_text(l, "resource.json", S_IFREG);
		if (r == 0 && live_billed_of(a->t, n, &b) == 0 &&
			live_has_metrics(a->t, b.kind))
			r = add_text(l, "metrics.csv", S_IFREG);
	}
	node_finish(&found);
	return r;
}

static int fill(const struct ask *a, const struct node *n, struct tree_listing *l)
{
	switch ((enum place_kind)n->place.kind) {
	case PLACE_ROOT:
	case PLACE_HIDDEN:
	case PLACE_SCHEMA:
		return add_fixed(a, n, l);
	case PLACE_ACCOUNTS:
		return add_accounts(a, l);
	case PLACE_ACCOUNT:
		return add_account(a, n, l);
	case PLACE_MONTHS:
		return add_months(a, l);
	case PLACE_TABLES:
	case PLACE_TABLE:
		return add_side(a, n, l);
	case PLACE_FINDINGS:
		return findings_fill(l);
	case PLACE_REPORTS:
		return reports_fill(a, l);
	case PLACE_LIVE:
	case PLACE_LIVE_SERVICE:
	case PLACE_LIVE_REGION:
	case PLACE_LIVE_TYPE:
	case PLACE_LIVE_ITEM:
		return live_fill(a, n, l);
	case PLACE_MONTH:
	case PLACE_SERVICE:
		return add_kit(a, n, l);
	case PLACE_SERVICES:
		return add_services(a, n, l);
	case PLACE_RESOURCES:
		return add_resources(a, n, l);
	case PLACE_RESOURCE:
		return add_resource(a, n, l);
	case PLACE_TAGS:
	case PLACE_CATEGORIES:
		return add_keys(a, n, l);
	case PLACE_PARTS:
		return add_parts(a, n, l);
	case PLACE_README:
	case PLACE_STATUS:
	case PLACE_ACCOUNTS_CSV:
	case PLACE_SERVICES_CSV:
	case PLACE_MONTHS_CSV:
	case PLACE_THIS_MONTH:
	case PLACE_LAST_MONTH:
	case PLACE_STATUS_JSON:
	case PLACE_METRICS_PROM:
	case PLACE_ERRORS_LOG:
	case PLACE_DUCKDB:
	case PLACE_PANDAS:
	case PLACE_ACCOUNT_JSON:
	case PLACE_FINDING:
	case PLACE_REPORT:
	case PLACE_TABLE_FILE:
	case PLACE_PENDING_DIRECTORY:
	case PLACE_PENDING_FILE:
	case PLACE_LIVE_STATUS:
	case PLACE_LIVE_INDEX:
	case PLACE_LIVE_JSON:
	case PLACE_LIVE_METRICS:
	case PLACE_RESOURCE_JSON:
	case PLACE_RESOURCE_METRICS:
	case PLACE_FILE:
		break;
	}
	return -ENOTDIR;
}

/* Who lists a month uses it: a newer delivery, if there is one, is read for the next
 * time. */
static void renew(const struct ask *a, const struct node *n)
{
	struct month *m;

	if (n->place.kind != PLACE_MONTH && n->place.kind != PLACE_LIVE_TYPE)
		return;
	if (!ask_may_fetch(a))
		return;
	live_renew(a, n);
	if (n->place.kind == PLACE_MONTH &&
		library_get(a->t->o.library, n->place.month, true, &m, NULL) == 0)
		month_unref(m);
}

/* Of one delivery, or one inventory. */
static bool is_stable(const struct ask *a, const struct node *n)
{
	/* resource.json may come any time. */
	if (n->place.kind == PLACE_RESOURCE && a->t->o.discovery)
		return false;
	return n->month != NULL || n->inventory != NULL;
}

static int list(const struct ask *a, struct node *n, struct tree_listing *l)
{
	int r = pending_settle(a, n);

	if (r == 0)
		r = ask_enter(a, n);
	if (r == 0)
		r = node_path(a->t, n, &l->path);
	if (r == 0 && l->path.len)
		r = buf_append_byte(&l->path, '/');
	if (r < 0)
		return r;
	l->base = l->path.len;
	l->is_stable = is_stable(a, n);
	renew(a, n);
	return fill(a, n, l);
}

int tree_list(struct tree *t, uint64_t node, bool patient, struct tree_listing **ret,
	struct tree_need *need, struct fault *why)
{
	struct ask a = { t, patient, need, why };
	struct tree_listing *l;
	struct node n;
	int r = ask_node(&a, node, &n);

	if (r < 0)
		return r;
	l = vec_alloc(1, sizeof(*l));
	if (l) {
		l->names = BUF_INIT(NAMES_BYTES_MAX);
		l->path = BUF_INIT(TREE_PATH_MAX);
		r = list(&a, &n, l);
	} else {
		r = -ENOMEM;
	}
	node_finish(&n);
	if (r < 0)
		tree_listing_free(l);
	else
		*ret = l;
	return r;
}
