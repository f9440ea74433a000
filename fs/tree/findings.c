/* findings/ of an account: made when somebody looks, of what AWS says of its resources
 * and of its bill. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/finding/measured.h"
#include "fs/tree/inside.h"

enum {
	INVENTORIES_MAX = 1024, /* kinds and regions of one file */
	/* A call that failed just now is not made again by who comes back for the others,
	 * who may have taken their time. */
	FAILED_SECONDS = 300,
};

/* What one file is made of. */
struct making {
	const struct ask *a;
	enum finding_file file;
	char account[LIVE_ACCOUNT_TEXT];
	struct instant now;
	struct live_status *states;
	size_t state_count;
	struct buf regions;
	struct finding_inventory *items;
	struct inventory **inventories; /* as items; references, or NULL */
	struct fault *faults; /* as items */
	size_t count;
	struct finding_metric *metrics; /* of what is at hand */
	struct inventory **tables; /* as metrics */
	size_t metric_count, metric_cap, table_cap;
	struct fault regions_why, bill_why;
	struct month *newest, *before;
	bool is_waiting; /* for what a->need says */
};

static void making_finish(struct making *m)
{
	for (size_t i = 0; i < m->count; i++)
		inventory_unref(m->inventories[i]);
	for (size_t i = 0; i < m->metric_count; i++)
		inventory_unref(m->tables[i]);
	free(m->metrics);
	free(m->tables);
	month_unref(m->newest);
	month_unref(m->before);
	buf_finish(&m->regions);
	free(m->items);
	free(m->inventories);
	free(m->faults);
	free(m->states);
}

static void wait_for(struct making *m, size_t kind, const char *region)
{
	struct tree_need need = { .is_live = true, .kind = kind };

	m->is_waiting = true;
	memcpy(need.account, m->account, sizeof(need.account));
	memcpy(need.region, region, strlen(region) + 1);
	*m->a->need = need;
}

/* The failure of a listing that was tried just now; NULL: none. */
static const struct fault *recent_failure(
	const struct making *m, size_t kind, const char *region)
{
	for (size_t i = 0; i < m->state_count; i++) {
		const struct live_status *s = &m->states[i];

		if (s->kind == kind && strcmp(s->region, region) == 0 && !s->is_loading &&
			s->fault.error < 0 &&
			m->now.seconds - s->failure.seconds < FAILED_SECONDS)
			return &s->fault;
	}
	return NULL;
}

static int add_listing(struct making *m, size_t kind, const char *region)
{
	const struct fault *failure = recent_failure(m, kind, region);
	struct finding_inventory *item;
	struct inventory *v = NULL;
	struct fault why = { 0 };
	int r;

	if (m->count == INVENTORIES_MAX)
		return -EFBIG;
	r = live_list(
		m->a->t->o.discovery->live, m->account, kind, region, !failure, &v, &why);
	if (r == -ENOMEM)
		return r;
	if (r == -EAGAIN && !failure) {
		wait_for(m, kind, region);
		return 0;
	}
	item = &m->items[m->count];
	m->faults[m->count] = failure ? *failure : why;
	m->inventories[m->count] = v;
	*item = (struct finding_inventory){ .kind = kind,
		.region = region,
		.inventory = v,
		.why = v ? NULL : &m->faults[m->count] };
	m->count++;
	return 0;
}

static int add_kind(struct making *m, size_t kind)
{
	struct span rest = buf_span(&m->regions);
	int r = 0;

	if (resource_kind_at(kind)->is_global)
		return add_listing(m, kind, "");
	while (r == 0 && rest.len > 0) {
		size_t len = span_find(rest, '\0');

		if (len == rest.len)
			return -EBADMSG;
		if (len > 0)
			r = add_listing(m, kind, rest.p);
		rest = span_from(rest, len + 1);
	}
	return r;
}

static int read_regions(struct making *m)
{
	const struct fault *failure = recent_failure(m, LIVE_REGIONS, "");
	int r = live_regions(m->a->t->o.discovery->live, m->account, !failure,
		&m->regions, &m->regions_why);

	if (r == -ENOMEM)
		return r;
	if (r == -EAGAIN && !failure)
		wait_for(m, LIVE_REGIONS, "");
	else if (failure)
		m->regions_why = *failure;
	return 0;
}

static int read_inventories(struct making *m)
{
	const struct finding_info *info = finding_info(m->file);
	bool has_regional = false;
	int r = 0;

	for (size_t i = 0; i < info->kind_count; i++)
		has_regional |=
			!resource_kind_at(finding_kind_number(m->file, i))->is_global;
	if (has_regional)
		r = read_regions(m);
	for (size_t i = 0; i < info->kind_count && r == 0; i++)
		r = add_kind(m, finding_kind_number(m->file, i));
	return r;
}

/* NULL where it cannot be read: the file says so. */
static int read_month(
	struct making *m, struct month_no month, struct month **ret, struct fault *why)
{
	int r = library_get(m->a->t->o.library, month, true, ret, why);

	if (r == -EAGAIN) {
		m->is_waiting = true;
		*m->a->need = (struct tree_need){ .month = month };
		return 0;
	}
	return r == -ENOMEM ? r : 0;
}

static int read_months(struct making *m)
{
	struct library *l = m->a->t->o.library;
	struct month_no newest = library_newest(l);
	struct month_no before = { newest.number - 1 };
	struct month_status status;
	int r;

	if (newest.number == 0)
		return 0;
	r = read_month(m, newest, &m->newest, &m->bill_why);
	if (r == 0 && finding_info(m->file)->needs_bill &&
		library_status(l, before, &status) == 0)
		r = read_month(m, before, &m->before, NULL);
	return r;
}

static int add_metric(struct making *m, const struct finding_inventory *of, size_t item)
{
	const struct tree_discovery *d = m->a->t->o.discovery;
	const struct thresholds defaults = thresholds_default();
	const struct thresholds *t = d->thresholds ? d->thresholds : &defaults;
	struct finding_metric metric = { .instance = inventory_text(
						 of->inventory, item, INVENTORY_ID) };
	struct inventory *v;
	int r = VEC_RESERVE(
		&m->metrics, &m->metric_cap, m->metric_count + 1, FINDING_ROWS_MAX);

	if (r == 0)
		r = vec_reserve((void **)&m->tables, &m->table_cap, m->metric_count + 1,
			sizeof(struct inventory *), FINDING_ROWS_MAX);
	if (r < 0)
		return r;
	/* Of a C string: ids of instances are no longer than that, and have no NUL. */
	char id[LIVE_INSTANCE_TEXT] = "";

	if (metric.instance.len >= sizeof(id))
		return 0;
	memcpy(id, metric.instance.p, metric.instance.len);
	if (live_metrics_known(d->live, m->account, of->region, id, &v) < 0)
		return 0;
	if (measured_read(inventory_json(v, 0), t->value[THRESHOLD_ABANDONED_INSTANCES],
		    &metric) < 0) {
		inventory_unref(v);
		return 0;
	}
	m->tables[m->metric_count] = v;
	m->metrics[m->metric_count++] = metric;
	return 0;
}

/* What somebody has asked for already: each call costs money, and a look at the size of
 * this file is none that should. */
static int read_metrics(struct making *m)
{
	int r = 0;

	if (!m->a->t->o.discovery->has_metrics || !finding_info(m->file)->needs_metrics)
		return 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct finding_inventory *of = &m->items[i];
		size_t count = of->inventory ? inventory_count(of->inventory) : 0;

		if (!live_has_metrics(m->a->t, of->kind))
			continue;
		for (size_t k = 0; k < count && r == 0; k++)
			r = add_metric(m, of, k);
	}
	return r;
}

static int gather(struct making *m)
{
	ssize_t count = live_states(m->a->t->o.discovery->live, m->account, &m->states);
	int r;

	if (count < 0)
		return (int)count;
	m->state_count = (size_t)count;
	m->items = vec_alloc(INVENTORIES_MAX, sizeof(*m->items));
	m->inventories = vec_alloc(INVENTORIES_MAX, sizeof(struct inventory *));
	m->faults = vec_alloc(INVENTORIES_MAX, sizeof(*m->faults));
	if (!m->items || !m->inventories || !m->faults)
		return -ENOMEM;
	r = read_inventories(m);
	if (r == 0)
		r = read_metrics(m);
	return r < 0 ? r : read_months(m);
}

static int render(struct making *m, struct blob **ret)
{
	const struct tree_discovery *d = m->a->t->o.discovery;
	const struct finding_input in = {
		.account = m->account,
		.now = m->now,
		.thresholds = d->thresholds,
		.inventories = m->items,
		.inventory_count = m->count,
		.inventory_why = m->regions_why.error < 0 ? &m->regions_why : NULL,
		.newest = m->newest,
		.before = m->before,
		.bill_why = m->bill_why.error < 0 ? &m->bill_why : NULL,
		.has_metrics = d->has_metrics,
		.metrics = m->metrics,
		.metric_count = m->metric_count,
		.stop = &m->a->t->is_stopping,
	};
	struct buf b = BUF_INIT(TREE_TEXT_MAX);
	int r = finding_render(m->file, &in, &b, m->a->why);

	if (r == 0) {
		*ret = blob_new(&b);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&b);
	/* Where both months lack their rows it is asked for one after the other. */
	return ask_rows(m->a,
		m->before && month_lacks_rows(m->before) ? m->before : m->newest, r);
}

int findings_text(const struct ask *a, const struct place *p, struct blob **ret)
{
	struct making m = { .a = a,
		.file = (enum finding_file)p->file,
		.now = clock_now(a->t->o.clock),
		.regions = BUF_INIT(LIVE_REGIONS_BYTES_MAX) };
	int r = live_account(a->t, p->slot, m.account);

	/* One asks for listings of everything, and for two months. */
	if (r == 0 && !ask_may_fetch(a))
		r = ask_refuse(a);
	if (r == 0)
		r = gather(&m);
	if (r == 0 && m.is_waiting)
		r = -EAGAIN;
	/* Rows of the bill may have to be gone through. */
	else if (r == 0 && !a->patient)
		r = ask_wait(a, (struct month_no){ 0 });
	else if (r == 0)
		r = render(&m, ret);
	making_finish(&m);
	return r;
}

int findings_lookup(const struct node *parent, struct span name, struct node *ret)
{
	enum finding_file file;
	int r = finding_find(name, &file);

	if (r < 0)
		return r;
	*ret = (struct node){ .place = place_of(PLACE_FINDING) };
	ret->place.slot = parent->place.slot;
	ret->place.file = (uint8_t)file;
	return 0;
}

int findings_fill(struct tree_listing *l)
{
	int r = 0;

	for (int i = 0; i < FINDING_COUNT && r == 0; i++)
		r = listing_add(
			l, span_of(finding_info((enum finding_file)i)->name), S_IFREG);
	return r;
}
