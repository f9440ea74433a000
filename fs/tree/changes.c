/* What the kernel must forget when the library has news. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fs/form/report.h"
#include "fs/store/name.h"
#include "fs/tree/inside.h"

/* To whom changes are told. */
struct teller {
	struct tree *t;
	tree_change_fn *fn;
	void *context;
};

static void tell(const struct teller *to, uint64_t parent, const char *name)
{
	to->fn(to->context, parent, name);
}

static void tell_span(const struct teller *to, uint64_t parent, struct span name)
{
	struct buf text = BUF_INIT(NAME_BYTES_MAX + 1);

	if (buf_append_span(&text, name) == 0 && buf_text(&text))
		tell(to, parent, buf_text(&text));
	buf_finish(&text);
}

/* Node of a fixed directory; 0 where the kernel does not hold it. */
static uint64_t fixed_node(struct tree *t, enum place_kind kind)
{
	struct node *found;
	ssize_t n = nodes_of(t->nodes, kind, (struct month_no){ 0 }, &found);
	uint64_t id = n > 0 ? found[0].id : 0;

	for (ssize_t i = 0; i < n; i++)
		node_finish(&found[i]);
	if (n >= 0)
		free(found);
	return id;
}

/* A table of the root, and its forms that the kernel has. */
static void tell_table(const struct teller *to, enum place_kind kind)
{
	struct node *found;
	ssize_t n = nodes_of(to->t->nodes, kind, (struct month_no){ 0 }, &found);

	tell(to, TREE_ROOT, place_fixed_name(kind));
	for (ssize_t i = 0; i < n; i++) {
		struct buf path = BUF_INIT(TREE_PATH_MAX);

		if (found[i].place.form != FORM_CSV &&
			node_path(to->t, &found[i], &path) == 0)
			tell_span(to, TREE_ROOT, buf_span(&path));
		buf_finish(&path);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

static void tell_tables(const struct teller *to)
{
	uint64_t schema = fixed_node(to->t, PLACE_SCHEMA);

	tell_table(to, PLACE_ACCOUNTS_CSV);
	tell_table(to, PLACE_SERVICES_CSV);
	tell_table(to, PLACE_MONTHS_CSV);
	/* Lives for a second only; but who has just waited for a month reads it now. */
	tell(to, TREE_ROOT, place_fixed_name(PLACE_STATUS));
	if (schema)
		tell(to, schema, place_fixed_name(PLACE_PANDAS));
}

/* Parents of months: nodes of months/ (slot PLACE_ALL) and of accounts. */
struct parents {
	struct node *items;
	ssize_t count;
	uint64_t months;
};

static void parents_read(struct tree *t, struct parents *ret)
{
	ret->count =
		nodes_of(t->nodes, PLACE_ACCOUNT, (struct month_no){ 0 }, &ret->items);
	ret->months = fixed_node(t, PLACE_MONTHS);
}

static void parents_finish(struct parents *p)
{
	for (ssize_t i = 0; i < p->count; i++)
		node_finish(&p->items[i]);
	if (p->count >= 0)
		free(p->items);
}

/* Of all directories that are looked up under the account, which may be several after it
 * was renamed. */
static void tell_month_of(
	const struct teller *to, const struct parents *p, uint32_t slot, const char *name)
{
	if (slot == PLACE_ALL && p->months)
		tell(to, p->months, name);
	for (ssize_t i = 0; i < p->count; i++)
		if (p->items[i].place.slot == slot)
			tell(to, p->items[i].id, name);
}

static void month_name(struct month_no m, char ret[MONTH_TEXT + 1])
{
	month_format(m, ret);
	ret[MONTH_TEXT] = '\0';
}

/* Files of sums stand in directories that are of no delivery yet. */
static bool has_other_sums(const struct teller *to, const struct month *now)
{
	struct node *found;
	bool has = false;
	ssize_t n = nodes_of(to->t->nodes, PLACE_FILE, month_facts(now)->month, &found);

	for (ssize_t i = 0; i < n; i++) {
		has |= nodes_is_of_other(to->t->nodes, found[i].id, now, true);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
	return has;
}

/* The name of a file in each form. */
static void tell_file(const struct teller *to, uint64_t directory, struct span csv)
{
	struct span stem;

	(void)form_of_name(csv, &stem);
	for (int i = 0; i < FORM_COUNT; i++) {
		struct buf name = BUF_INIT(NAME_BYTES_MAX + 1);

		if (form_is_built((enum form)i) && buf_append_span(&name, stem) == 0 &&
			buf_append_text(&name, form_ending((enum form)i)) == 0)
			tell_span(to, directory, buf_span(&name));
		buf_finish(&name);
	}
}

static void tell_sums(const struct teller *to, uint64_t directory)
{
	for (int i = 0; i < VIEW_FILE_COUNT; i++) {
		struct span name = span_of(view_file_name((enum view_file)i));

		if (name.len && view_dims((enum view_file)i) != 0)
			tell_file(to, directory, name);
	}
}

/* Only directories of another delivery go: what stands in one that is right keeps its
 * path. */
static void tell_month(
	const struct teller *to, const struct parents *p, struct month_no m)
{
	struct node *found;
	struct month *now;
	char name[MONTH_TEXT + 1];
	bool other_sums;
	ssize_t n;

	if (library_get(to->t->o.library, m, false, &now, NULL) < 0)
		return;
	other_sums = has_other_sums(to, now);
	month_name(m, name);
	n = nodes_of(to->t->nodes, PLACE_MONTH, m, &found);
	for (ssize_t i = 0; i < n; i++) {
		if (nodes_is_of_other(to->t->nodes, found[i].id, now, false))
			tell_month_of(to, p, found[i].place.slot, name);
		else if (!found[i].month && !found[i].away.number && other_sums)
			tell_sums(to, found[i].id);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
	month_unref(now);
}

/* Names that were nothing before, and those that mean another one now. */
static void tell_account(const struct teller *to, uint64_t accounts, uint32_t slot)
{
	struct account x = accounts_at(to->t->accounts, slot);
	struct span dir;

	tell_span(to, accounts, x.id);
	tell_span(to, accounts, x.dir);
	for (size_t i = 0; (dir = accounts_former(to->t->accounts, slot, i)).len; i++)
		if (!span_eq(dir, x.dir))
			tell_span(to, accounts, dir);
}

static void tell_accounts(const struct teller *to, const struct parents *p)
{
	uint64_t accounts = fixed_node(to->t, PLACE_ACCOUNTS);
	struct tree_need need = { .caller = 0 };
	struct ask a = { to->t, true, &need, NULL };
	struct known k;
	uint32_t *news;
	ssize_t n;

	if (ask_known(&a, &k) < 0)
		return;
	known_finish(&k);
	n = accounts_news(to->t->accounts, &news);
	if (n < 0)
		return;
	for (ssize_t i = 0; i < n; i++) {
		if (accounts)
			tell_account(to, accounts, news[i]);
		tell_month_of(to, p, news[i], "account.json");
	}
	/* Some may have gone. */
	if (accounts)
		tell(to, accounts, NULL);
	free(news);
}

/* Those of resources have the costs of the newest month. */
static void tell_indexes(const struct teller *to)
{
	struct node *found;
	ssize_t n =
		nodes_of(to->t->nodes, PLACE_LIVE_TYPE, (struct month_no){ 0 }, &found);

	for (ssize_t i = 0; i < n; i++) {
		tell_file(to, found[i].id, SPAN("index.csv"));
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

/* The month's report, in whatever form. */
static void tell_report(const struct teller *to, uint64_t reports, struct month_no m)
{
	for (int i = 0; i < FORM_COUNT; i++) {
		struct buf name = BUF_INIT(NAME_BYTES_MAX + 1);

		if (report_is_built((enum form)i) &&
			place_report_name(m, (enum form)i, &name) == 0)
			tell_span(to, reports, buf_span(&name));
		buf_finish(&name);
	}
}

/* That of the next month compares with this one. */
static void tell_reports_of(const struct teller *to, struct month_no m)
{
	uint64_t reports = fixed_node(to->t, PLACE_REPORTS);

	if (!reports || !m.number)
		return;
	tell_report(to, reports, m);
	tell_report(to, reports, (struct month_no){ m.number + 1 });
	tell(to, reports, NULL);
}

/* Of months that are gone, and of what was compared with them. */
static void tell_held_reports(const struct teller *to)
{
	uint64_t reports = fixed_node(to->t, PLACE_REPORTS);
	struct node *found;
	ssize_t n = nodes_of(to->t->nodes, PLACE_REPORT, (struct month_no){ 0 }, &found);

	for (ssize_t i = 0; i < n; i++) {
		if (reports)
			tell_report(to, reports, found[i].place.month);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

static void tell_ready(const struct teller *to, struct month_no m)
{
	struct parents p;

	parents_read(to->t, &p);
	tell_month(to, &p, m);
	tell_accounts(to, &p);
	if (m.number == library_newest(to->t->o.library).number)
		tell_indexes(to);
	tell_reports_of(to, m);
	tell_tables(to);
	parents_finish(&p);
}

/* A month may have been looked for in vain. Where it was found its directory stays. */
static void tell_new_name(
	const struct teller *to, const struct parents *p, struct month_no m)
{
	struct node *found;
	char name[MONTH_TEXT + 1];
	ssize_t n;

	if (!m.number)
		return;
	n = nodes_of(to->t->nodes, PLACE_MONTH, m, &found);
	month_name(m, name);
	for (ssize_t i = -1; i < p->count; i++) {
		uint32_t slot = i < 0 ? PLACE_ALL : p->items[i].place.slot;
		bool is_held = false;

		for (ssize_t j = 0; j < n; j++)
			is_held |= found[j].place.slot == slot;
		if (!is_held && i < 0 && p->months)
			tell(to, p->months, name);
		else if (!is_held && i >= 0)
			tell(to, p->items[i].id, name);
	}
	for (ssize_t j = 0; j < n; j++)
		node_finish(&found[j]);
	if (n >= 0)
		free(found);
}

static void tell_months(const struct teller *to, struct month_no m)
{
	struct parents p;
	struct month_status *months;
	ssize_t n = library_months(to->t->o.library, &months);

	parents_read(to->t, &p);
	tell_new_name(to, &p, m);
	tell_held_reports(to);
	tell_reports_of(to, m);
	for (ssize_t i = 0; i < n; i++) {
		if (months[i].month.number != m.number) {
			tell_new_name(to, &p, months[i].month);
			tell_reports_of(to, months[i].month);
		}
	}
	if (n >= 0)
		free(months);
	if (p.months)
		tell(to, p.months, NULL);
	for (ssize_t i = 0; i < p.count; i++)
		tell(to, p.items[i].id, NULL);
	parents_finish(&p);
	tell(to, TREE_ROOT, place_fixed_name(PLACE_THIS_MONTH));
	tell(to, TREE_ROOT, place_fixed_name(PLACE_LAST_MONTH));
	tell(to, TREE_ROOT, NULL);
	tell_tables(to);
}

/* Of what the kernel holds of a table: newer deliveries are other nodes. */
static void tell_partitions(const struct teller *to, const struct node *table)
{
	struct node *found;
	ssize_t n =
		nodes_of(to->t->nodes, PLACE_TABLE_FILE, (struct month_no){ 0 }, &found);

	for (ssize_t i = 0; i < n; i++) {
		if (found[i].place.account == table->place.account)
			tell(to, table->id,
				side_name(to->t, table, found[i].place.resource));
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

static void tell_side(const struct teller *to)
{
	struct node *found;
	ssize_t n = nodes_of(to->t->nodes, PLACE_TABLE, (struct month_no){ 0 }, &found);
	uint64_t tables = fixed_node(to->t, PLACE_TABLES);

	tell(to, TREE_ROOT, NULL);
	tell(to, TREE_ROOT, place_fixed_name(PLACE_TABLES));
	tell(to, TREE_ROOT, place_fixed_name(PLACE_README));
	if (tables)
		tell(to, tables, NULL);
	for (ssize_t i = 0; i < n; i++) {
		tell_partitions(to, &found[i]);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

void tree_changes(struct tree *t, enum library_event event, struct month_no month,
	tree_change_fn *fn, void *context)
{
	struct teller to = { t, fn, context };

	switch (event) {
	case LIBRARY_MONTH_READY:
		tell_ready(&to, month);
		break;
	case LIBRARY_MONTH_FAILED:
		tell_table(&to, PLACE_MONTHS_CSV);
		tell(&to, TREE_ROOT, place_fixed_name(PLACE_STATUS));
		break;
	case LIBRARY_MONTHS_CHANGED:
		tell_months(&to, month);
		break;
	case LIBRARY_TABLES_CHANGED:
		tell_side(&to);
		break;
	case LIBRARY_TABLES_LOOKED:
	case LIBRARY_ROOM_WANTED:
	case LIBRARY_REFRESHED:
	case LIBRARY_MONTH_SUMS:
		/* They were looked for just now, and live for a minute. */
		break;
	}
}

/* Of the account; in or below a region, of that one; a type, of that kind. */
static bool is_meant(
	struct tree *t, const struct node *n, const struct tree_live_change *change)
{
	return span_eq(accounts_at(t->accounts, n->place.slot).id,
		       span_of(change->account)) &&
		(n->place.kind <= PLACE_LIVE_SERVICE ||
			strcmp(live_region(t, n->place.region), change->region) == 0) &&
		(n->place.kind != PLACE_LIVE_TYPE || n->place.live_kind == change->kind);
}

/* name: of what is in those that are meant; NULL: they themselves. */
static void tell_live(const struct teller *to, const struct tree_live_change *change,
	enum place_kind kind, const char *name)
{
	struct node *found;
	ssize_t n = nodes_of(to->t->nodes, kind, (struct month_no){ 0 }, &found);

	for (ssize_t i = 0; i < n; i++) {
		if (is_meant(to->t, &found[i], change))
			tell(to, found[i].id, name);
		node_finish(&found[i]);
	}
	if (n >= 0)
		free(found);
}

void tree_live_changes(struct tree *t, const struct tree_live_change *change,
	tree_change_fn *fn, void *context)
{
	struct teller to = { t, fn, context };

	/* Lives for a second only; but who has just waited reads it now. */
	tell_live(&to, change, PLACE_LIVE, "STATUS.txt");
	/* The kernel keeps what was measured for a minute only. */
	if (change->kind == LIVE_METRICS)
		return;
	if (change->kind == LIVE_REGIONS)
		tell_live(&to, change, PLACE_LIVE_SERVICE, NULL);
	else if (change->event == LIVE_LISTED)
		/* What came for the first time gives its directory a time. */
		tell_live(&to, change, PLACE_LIVE_TYPE, NULL);
	else
		tell_live(&to, change, PLACE_LIVE_REGION,
			resource_kind_at(change->kind)->type);
}
