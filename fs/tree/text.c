/* The files above the months: rendered when somebody looks, kept while nothing changes.
 */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/tree/inside.h"

enum { SLICES_AT_ONCE = 4096, FINALITY_MAX = 4096 };

bool text_has(enum place_kind kind)
{
	struct place p = place_of(kind);

	return (kind < PLACE_FIXED_COUNT || kind == PLACE_ACCOUNT_JSON ||
		       kind == PLACE_LIVE_STATUS || kind == PLACE_FINDING ||
		       kind == PLACE_REPORT) &&
		place_type(&p) != S_IFDIR;
}

/* Those that hang on the state of the library alone, and are dear. */
static bool is_kept(enum place_kind kind)
{
	return kind == PLACE_ACCOUNTS_CSV || kind == PLACE_SERVICES_CSV ||
		kind == PLACE_MONTHS_CSV || kind == PLACE_PANDAS;
}

static struct blob *find_kept(struct tree *t, enum place_kind kind, uint64_t signature)
{
	struct blob *b = NULL;

	pthread_mutex_lock(&t->lock);
	if (t->text[kind] && t->text_signature[kind] == signature)
		b = blob_ref(t->text[kind]);
	pthread_mutex_unlock(&t->lock);
	return b;
}

static void keep(struct tree *t, enum place_kind kind, uint64_t signature, struct blob *b)
{
	struct blob *old;

	pthread_mutex_lock(&t->lock);
	old = t->text[kind];
	t->text[kind] = blob_ref(b);
	t->text_signature[kind] = signature;
	pthread_mutex_unlock(&t->lock);
	blob_unref(old);
}

static bool takes_long(const struct known *k, enum place_kind kind)
{
	size_t slices = 0;

	if (kind == PLACE_PANDAS)
		return false;
	for (size_t i = 0; i < k->count; i++)
		if (k->month[i])
			slices += month_slice_count(k->month[i]);
	return slices > SLICES_AT_ONCE;
}

static int render(
	struct tree *t, const struct place *p, const struct known *k, struct buf *ret)
{
	switch ((enum place_kind)p->kind) {
	case PLACE_README:
		return render_readme(t, ret);
	case PLACE_STATUS:
		return render_status(t, k, ret);
	case PLACE_ACCOUNTS_CSV:
		return render_accounts(t, k, ret);
	case PLACE_SERVICES_CSV:
		return render_services(t, k, ret);
	case PLACE_MONTHS_CSV:
		return render_months(t, k, ret);
	case PLACE_THIS_MONTH:
	case PLACE_LAST_MONTH:
		return render_link((enum place_kind)p->kind, k, ret);
	case PLACE_STATUS_JSON:
		return render_status_json(t, k, ret);
	case PLACE_METRICS_PROM:
		return render_metrics(t, ret);
	case PLACE_ERRORS_LOG:
		return render_errors(t, k, ret);
	case PLACE_DUCKDB:
		return render_duckdb(ret);
	case PLACE_PANDAS:
		return render_pandas(k, ret);
	case PLACE_ACCOUNT_JSON:
		return render_account(t, p->slot, ret);
	case PLACE_LIVE_STATUS:
		return render_live_status(t, p->slot, ret);
	case PLACE_ROOT:
	case PLACE_ACCOUNTS:
	case PLACE_MONTHS:
	case PLACE_REPORTS:
	case PLACE_TABLES:
	case PLACE_HIDDEN:
	case PLACE_SCHEMA:
	case PLACE_ACCOUNT:
	case PLACE_FINDINGS:
	case PLACE_FINDING:
	case PLACE_REPORT:
	case PLACE_TABLE:
	case PLACE_TABLE_FILE:
	case PLACE_PENDING_DIRECTORY:
	case PLACE_PENDING_FILE:
	case PLACE_LIVE:
	case PLACE_LIVE_SERVICE:
	case PLACE_LIVE_REGION:
	case PLACE_LIVE_TYPE:
	case PLACE_LIVE_INDEX:
	case PLACE_LIVE_ITEM:
	case PLACE_LIVE_JSON:
	case PLACE_LIVE_METRICS:
	case PLACE_RESOURCE_JSON:
	case PLACE_RESOURCE_METRICS:
	case PLACE_MONTH:
	case PLACE_SERVICES:
	case PLACE_SERVICE:
	case PLACE_RESOURCES:
	case PLACE_RESOURCE:
	case PLACE_TAGS:
	case PLACE_CATEGORIES:
	case PLACE_PARTS:
	case PLACE_FILE:
		break;
	}
	return -ENOENT;
}

static int render_blob(
	struct tree *t, const struct place *p, const struct known *k, struct blob **ret)
{
	struct buf b = BUF_INIT(TREE_TEXT_MAX);
	int r = render(t, p, k, &b);

	if (r == 0) {
		*ret = blob_new(&b);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&b);
	return r;
}

/* What the tables of the root are about: the newest month that is read. */
static int append_about(struct tree *t, const struct known *k, struct buf *ret)
{
	struct month *m = known_newest(k);
	char month[MONTH_TEXT], time[INSTANT_TEXT];
	const char *status;
	int r;

	if (!m)
		return 0;
	month_format(month_facts(m)->month, month);
	status = month_finality(t, m);
	r = buf_appendf(ret, "%.*s%s%s", MONTH_TEXT, month, *status ? ", " : "", status);
	if (r < 0 || month_facts(m)->as_of.seconds == INSTANT_NONE)
		return r;
	instant_format(month_facts(m)->as_of, time);
	return buf_appendf(ret, ", as of %.*s", INSTANT_TEXT, time);
}

int form_failed(const struct ask *a, int r)
{
	if (r == -EFBIG)
		return fault(a->why, -EMSGSIZE, "too large for a form like this");
	return r == -ENOTSUP ? -ENOENT : r;
}

/* Takes the CSV, and returns it in the place's form. */
static int render_form(const struct ask *a, const struct place *p, const struct known *k,
	struct blob *csv, struct blob **ret)
{
	struct buf words = BUF_INIT(TREE_NAME_MAX), b = BUF_INIT(TREE_TEXT_MAX);
	struct form_about about = { .title = SPAN("Months") };
	int r = 0;

	if (p->kind == PLACE_ACCOUNTS_CSV)
		about.title = SPAN("Accounts");
	else if (p->kind == PLACE_SERVICES_CSV)
		about.title = SPAN("Services");
	(void)form_of_name(
		span_of(place_fixed_name((enum place_kind)p->kind)), &about.file);
	if (p->kind != PLACE_MONTHS_CSV)
		r = append_about(a->t, k, &words);
	about.subtitle = buf_span(&words);
	if (r == 0)
		r = form_render((enum form)p->form, blob_span(csv), &about, &b, a->why);
	if (r == 0) {
		*ret = blob_new(&b);
		r = *ret ? 0 : -ENOMEM;
	}
	blob_unref(csv);
	buf_finish(&words);
	buf_finish(&b);
	return form_failed(a, r);
}

int text_of(const struct ask *a, const struct place *p, struct blob **ret)
{
	enum place_kind kind = (enum place_kind)p->kind;
	struct blob *b = NULL;
	struct known k;
	int r;

	if (kind == PLACE_FINDING)
		return findings_text(a, p, ret);
	if (kind == PLACE_REPORT)
		return reports_text(a, p, ret);
	r = ask_known(a, &k);
	if (r < 0)
		return r;
	if (is_kept(kind))
		b = find_kept(a->t, kind, k.signature);
	if (!b && is_kept(kind) && !a->patient && takes_long(&k, kind))
		r = ask_wait(a, (struct month_no){ 0 });
	else if (!b)
		r = render_blob(a->t, p, &k, &b);
	if (r == 0) {
		if (is_kept(kind))
			keep(a->t, kind, k.signature, b);
	}
	if (r == 0 && p->form != FORM_CSV)
		r = render_form(a, p, &k, b, &b);
	if (r == 0)
		*ret = b;
	known_finish(&k);
	return r;
}

static const char *find_finality(struct tree *t, uint64_t delivery)
{
	const char *status = NULL;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->finality_count && !status; i++)
		if (t->finality[i].delivery == delivery)
			status = t->finality[i].status;
	pthread_mutex_unlock(&t->lock);
	return status;
}

const char *month_finality(struct tree *t, struct month *m)
{
	const char *id = month_facts(m)->id;
	uint64_t delivery =
		hash64(id, strlen(id), (uint64_t)month_facts(m)->month.number);
	const char *status = find_finality(t, delivery);
	struct scope s = { m, t->o.selection, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	if (status)
		return status;
	status = view_status(&s);
	pthread_mutex_lock(&t->lock);
	if (t->finality_count == FINALITY_MAX)
		t->finality_count = 0;
	if (VEC_RESERVE(&t->finality, &t->finality_cap, t->finality_count + 1,
		    FINALITY_MAX) == 0)
		t->finality[t->finality_count++] = (struct finality){ delivery, status };
	pthread_mutex_unlock(&t->lock);
	return status;
}
