/* reports/: a month on one page, or as a workbook, made when somebody names it. What is
 * listed is of months that are read already, so that sizes of all that is listed cost no
 * fetch; of another month the name is looked up, and reads it as stepping into months/
 * does. */
#include <errno.h>
#include <stdlib.h>

#include "fs/tree/inside.h"
#include "fs/view/report.h"

/* Of a month that is read a newer delivery is not asked for: that is for who opens the
 * page (reports_use()). */
static int read_month(const struct ask *a, struct month_no month, struct month **ret)
{
	int r = library_get(a->t->o.library, month, false, ret, NULL);

	return r == 0 ? 0 : ask_month(a, month, ret);
}

static int find_months(
	const struct ask *a, struct month_no month, struct view_report *ret)
{
	const struct month_no before = { month.number - 1 };
	struct month_status status;
	int r = read_month(a, month, &ret->month);

	if (r < 0)
		return r;
	ret->has_before = library_status(a->t->o.library, before, &status) == 0;
	/* What is not at hand is not fetched for a comparison. */
	if (library_get(a->t->o.library, before, false, &ret->before, NULL) < 0)
		ret->before = NULL;
	return 0;
}

/* That of the later delivery. */
static struct instant time_of(const struct view_report *report)
{
	struct instant time = month_facts(report->month)->as_of;

	if (report->before && month_facts(report->before)->as_of.seconds > time.seconds)
		time = month_facts(report->before)->as_of;
	return time;
}

int reports_text(const struct ask *a, const struct place *p, struct blob **ret)
{
	struct view_report report = { .selection = a->t->o.selection,
		.form = (enum form)p->form };
	struct buf b = BUF_INIT(TREE_TEXT_MAX);
	int r = find_months(a, p->month, &report);

	if (r < 0)
		return r;
	r = view_report(a->t->o.views, &report, a->patient, &b, a->why);
	if (r == -EAGAIN)
		r = ask_wait(a, (struct month_no){ 0 });
	else if (r < 0)
		month_heal(a->t->o.library, report.month);
	if (r == 0) {
		*ret = blob_new_at(&b, time_of(&report));
		r = *ret ? 0 : -ENOMEM;
	}
	month_unref(report.month);
	month_unref(report.before);
	buf_finish(&b);
	return r;
}

int reports_lookup(const struct ask *a, struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_REPORT) };
	struct span stem;
	enum form form = form_of_name(name, &stem);
	int r = report_is_built(form) ? month_of_name(a, stem, &n.place.month) : -ENOENT;

	if (r < 0)
		return r;
	n.place.form = (uint8_t)form;
	*ret = n;
	return 0;
}

void reports_use(const struct ask *a, const struct node *n)
{
	struct month *m;

	if (library_get(a->t->o.library, n->place.month, ask_may_fetch(a), &m, NULL) < 0)
		return;
	month_use(m);
	month_unref(m);
}

/* The month's, in whatever form. */
static int list_reports(struct month_no month, struct tree_listing *l)
{
	int r = 0;

	for (int form = 0; form < FORM_COUNT && r == 0; form++) {
		struct buf name = BUF_INIT(TREE_NAME_MAX);

		if (report_is_built((enum form)form)) {
			r = place_report_name(month, (enum form)form, &name);
			if (r == 0)
				r = listing_add(l, buf_span(&name), S_IFREG);
		}
		buf_finish(&name);
	}
	return r;
}

int reports_fill(const struct ask *a, struct tree_listing *l)
{
	struct month_status *months;
	ssize_t n = library_months(a->t->o.library, &months);
	int r = 0;

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n && r == 0; i++)
		if (months[i].state == MONTH_READY)
			r = list_reports(months[i].month, l);
	free(months);
	return r;
}
