/* The tables of a report, one for each currency. */
#include <errno.h>

#include "fs/form/plot.h"
#include "fs/form/report_page.h"
#include "fs/form/svg.h"

enum { TEXTS = 2, ID_COLUMNS = 120 };
static const struct money hundred = { (money_int)100 * 1000000000 * 1000000000 };

/* A table whose rows are items, dearest first. */
struct items {
	enum report_part part;
	enum report_part before; /* REPORT_PART_COUNT: is not compared */
	const char *one, *many; /* "service", "services" */
	const char *head; /* of the first column */
	struct span key, name; /* columns: the name is shown first where there is one */
	struct span texts[TEXTS]; /* further columns, and what they are called */
	const char *text_heads[TEXTS];
	bool has_shares; /* of the month */
	bool has_rest; /* and a total */
};

static const struct items services = { REPORT_BY_SERVICE, REPORT_BY_SERVICE_BEFORE,
	"service", "services", "Service", { "service", 7 }, { "name", 4 },
	.has_shares = true, .has_rest = true };
static const struct items accounts = { REPORT_BY_ACCOUNT, REPORT_BY_ACCOUNT_BEFORE,
	"account", "accounts", "Account", { "account_id", 10 }, { "name", 4 },
	.has_shares = true, .has_rest = true };
static const struct items resources = { REPORT_BY_RESOURCE, REPORT_PART_COUNT, "resource",
	"resources", "Resource", { "resource_id", 11 }, { "name", 4 },
	{ { "service", 7 }, { "region", 6 } }, { "Service", "Region" },
	.has_shares = true };

#define CHARGES(part)                                                                    \
	{                                                                                \
		part, REPORT_PART_COUNT, "row", "rows", "Description",                   \
			{ "description", 11 }, { NULL, 0 }, { { "service", 7 } },        \
			{ "Service" }, .has_rest = true                                  \
	}

static const struct {
	const char *title;
	struct items items;
} charges[] = {
	{ "Credits", CHARGES(REPORT_CREDITS) },
	{ "Refunds", CHARGES(REPORT_REFUNDS) },
	{ "Tax", CHARGES(REPORT_TAX) },
	{ "Fees", CHARGES(REPORT_FEES) },
};
static const struct items marketplace = CHARGES(REPORT_MARKETPLACE);

size_t report_shown(const struct report *r)
{
	size_t count = report_currencies(r);

	return count < REPORT_CURRENCIES ? count : REPORT_CURRENCIES;
}

static const char *direction_of(struct money change)
{
	return change.units > 0 ? " up" : change.units < 0 ? " down" : "";
}

void report_put_amount(struct markup *m, bool is_cell, const char *class, struct amount a,
	bool is_change)
{
	const char *tag = is_cell ? "td" : "data";
	char exact[MONEY_TEXT_MAX], cents[MONEY_TEXT_MAX];
	struct span all = { exact, money_format(a.value, exact) };
	struct span shown = { cents, money_format_cents(a.value, cents) };
	struct number n = number_of(a.value);

	if (!a.is_known) {
		markup_put(m, "<%s class=\"%s\"></%s>", tag, class, tag);
		return;
	}
	markup_put(m, "<%s class=\"%s%s\" %s=\"%.*s\"", tag, class,
		is_change ? direction_of(a.value) : "", is_cell ? "data-v" : "value",
		SPAN_ARG(all));
	if (!span_eq(all, shown))
		markup_put(m, " title=\"%.*s\"", SPAN_ARG(all));
	/* What is almost nothing is "<0.01". */
	markup_raw(m, is_change && a.value.units > 0 && n.text[0] != '<' ? ">+" : ">");
	svg_number(m, n);
	markup_put(m, "</%s>", tag);
}

struct number report_percent(struct money part, struct money whole, bool is_change)
{
	struct number n = number_of_share(part, whole), with = { .text = "+", .len = 1 };

	if (whole.units <= 0)
		n.len = 0;
	if (!n.len || !is_change || part.units <= 0 || n.len == sizeof(n.text))
		return n;
	memcpy(with.text + 1, n.text, n.len);
	with.len += n.len;
	return with;
}

/* A bar of so many per cent, for eyes alone. */
static void put_bar(struct markup *m, struct span percent)
{
	struct money value;

	if (!percent.len || money_parse(percent, &value, NULL) < 0 || value.units < 0 ||
		money_cmp(value, hundred) > 0)
		return;
	markup_raw(m,
		"<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><rect class=\"track\" width=\"100\" "
		"height=\"8\"/>");
	markup_put(m, "<rect width=\"%.*s\" height=\"8\"/></svg>", SPAN_ARG(percent));
}

static void put_percent(struct markup *m, struct span exact, const struct number *n)
{
	markup_put(m, "<td class=\"n p\" data-v=\"%.*s\">", SPAN_ARG(exact));
	put_bar(m, exact);
	markup_raw(m, "<span>");
	svg_number(m, *n);
	markup_raw(m, "</span></td>");
}

static void put_share(struct markup *m, struct amount part, struct amount whole)
{
	char text[MONEY_TEXT_MAX];
	struct span exact = { text, 0 };
	struct number n = { .len = 0 };

	if (part.is_known && whole.is_known && whole.value.units > 0) {
		exact.len = money_format_percent(part.value, whole.value, text);
		n = number_of_share(part.value, whole.value);
	}
	put_percent(m, exact, &n);
}

/* Before, the change, and how much that is. 0; -ERANGE. */
static int put_change(struct markup *m, struct amount now, struct amount before)
{
	char text[MONEY_TEXT_MAX];
	struct span exact = { text, 0 };
	struct amount change;
	struct number n = { .len = 0 };
	int r = report_difference(now, before, &change);

	if (r < 0)
		return r;
	if (before.is_known && before.value.units > 0) {
		exact.len = money_format_percent(change.value, before.value, text);
		n = report_percent(change.value, before.value, true);
	}
	report_put_amount(m, true, "n s", before, false);
	report_put_amount(m, true, "n", change, true);
	markup_put(m, "<td class=\"n%s\" data-v=\"%.*s\">",
		n.len ? direction_of(change.value) : "", SPAN_ARG(exact));
	svg_number(m, n);
	markup_raw(m, "</td>");
	return 0;
}

static void put_head(struct markup *m, const char *text, bool is_number)
{
	markup_put(
		m, "<th scope=\"col\"%s>%s</th>", is_number ? " class=\"n\"" : "", text);
}

static bool is_compared(const struct report *r, const struct items *t)
{
	return t->before < REPORT_PART_COUNT && r->in->before == REPORT_BEFORE_READ;
}

static void put_heads(struct markup *m, const struct report *r, const struct items *t)
{
	const struct month_no before = { r->in->month.number - 1 };
	char month[MONTH_TEXT + 1] = "";

	markup_raw(m, "<thead><tr>");
	put_head(m, t->head, false);
	for (size_t i = 0; i < TEXTS && t->text_heads[i]; i++)
		put_head(m, t->text_heads[i], false);
	put_head(m, "Cost", true);
	if (t->has_shares)
		put_head(m, "Share", true);
	if (is_compared(r, t)) {
		month_format(before, month);
		put_head(m, month, true);
		put_head(m, "Change", true);
		put_head(m, "%", true);
	}
	markup_raw(m, "</tr></thead>\n");
}

/* What it is called, and under that what bills call it. */
static void put_label(
	struct markup *m, const struct items *t, const struct sheet *s, size_t row)
{
	struct span key = report_cell(s, row, t->key);
	struct span name = t->name.len ? report_cell(s, row, t->name) : t->name;

	markup_raw(m, "<th scope=\"row\">");
	markup_text(m, name.len ? name : key, ID_COLUMNS);
	if (name.len && !span_eq(name, key)) {
		markup_raw(m, " <small>");
		markup_text(m, key, ID_COLUMNS);
		markup_raw(m, "</small>");
	}
	markup_raw(m, "</th>");
	for (size_t i = 0; i < TEXTS && t->text_heads[i]; i++) {
		markup_raw(m, "<td>");
		markup_text(m, report_cell(s, row, t->texts[i]), ID_COLUMNS);
		markup_raw(m, "</td>");
	}
}

/* Of a table: what its rows are shares of. */
struct table {
	const struct report *r;
	const struct items *items;
	struct amount whole;
};

static int put_figures(
	struct markup *m, const struct table *t, struct amount cost, struct amount before)
{
	report_put_amount(m, true, "n", cost, false);
	if (t->items->has_shares)
		put_share(m, cost, t->whole);
	return is_compared(t->r, t->items) ? put_change(m, cost, before) : 0;
}

/* The rest of the row's texts is empty. */
static void end_foot_label(struct markup *m, const struct items *t)
{
	markup_raw(m, "</th>");
	for (size_t i = 0; i < TEXTS && t->text_heads[i]; i++)
		markup_raw(m, "<td></td>");
}

static int put_foot(struct markup *m, const struct table *t, const struct report_rows *f)
{
	int r = 0;

	markup_raw(m, "<tfoot>\n");
	if (f->rest.is_known || f->rest_before.is_known) {
		markup_raw(m, "<tr><th scope=\"row\">");
		if (f->all > f->count)
			markup_put(m, "%zu other%s", f->all - f->count,
				f->all - f->count == 1 ? "" : "s");
		else
			markup_raw(m, "Only in the month before");
		end_foot_label(m, t->items);
		r = put_figures(m, t, f->rest, f->rest_before);
		markup_raw(m, "</tr>\n");
	}
	if (r == 0) {
		markup_raw(m, "<tr><th scope=\"row\">Total");
		end_foot_label(m, t->items);
		r = put_figures(m, t, f->total, f->total_before);
		markup_raw(m, "</tr>\n");
	}
	markup_raw(m, "</tfoot>\n");
	return r;
}

static void put_caption(struct markup *m, const struct items *t, struct span currency,
	const struct report_rows *f)
{
	markup_raw(m, "<caption>");
	markup_text(m, currency, ID_COLUMNS);
	if (f->all == f->count)
		markup_put(m, ", %zu %s", f->all, f->all == 1 ? t->one : t->many);
	else if (t->has_rest)
		markup_put(m, ", the %zu largest of %zu %s", f->count, f->all, t->many);
	else
		markup_put(m, ", the %zu dearest %s", f->count, t->many);
	markup_raw(m, "</caption>\n");
}

static int put_items(
	struct markup *m, const struct table *t, struct span currency, bool *ret_any)
{
	const struct sheet *s = &t->r->sheets[t->items->part];
	struct report_rows f;
	int r = report_rows_find(t->r, t->items->part, t->items->before, currency, &f);

	if (r < 0 || f.all == 0)
		return r;
	*ret_any = true;
	markup_raw(m, "<div class=\"scroll\"><table>\n");
	put_caption(m, t->items, currency, &f);
	put_heads(m, t->r, t->items);
	markup_raw(m, "<tbody>\n");
	for (size_t i = 0; i < f.count && r == 0; i++) {
		markup_raw(m, "<tr>");
		put_label(m, t->items, s, f.rows[i].row);
		r = put_figures(m, t, f.rows[i].cost, f.rows[i].before);
		markup_raw(m, "</tr>\n");
	}
	markup_raw(m, "</tbody>\n");
	if (r == 0 && t->items->has_rest)
		r = put_foot(m, t, &f);
	markup_raw(m, "</table></div>\n");
	return r;
}

static int put_all(struct markup *m, const struct report *r, const struct items *items)
{
	bool is_any = false;
	int result = 0;

	for (size_t i = 0; i < report_shown(r) && result == 0; i++) {
		struct table t = { .r = r, .items = items };
		const struct span currency = report_currency(r, i);

		result = report_sum(
			r, REPORT_TOTAL, SPAN("unblended_cost"), currency, &t.whole);
		if (result == 0)
			result = put_items(m, &t, currency, &is_any);
	}
	if (!is_any)
		markup_raw(m, "<p class=\"s\">None.</p>\n");
	return result;
}

static int put_section(struct markup *m, const struct report *r, const char *title,
	const struct items *items)
{
	int result;

	markup_put(m, "<section>\n<h2>%s</h2>\n", title);
	result = put_all(m, r, items);
	markup_raw(m, "</section>\n");
	return result;
}

int report_put_services(struct markup *m, const struct report *r)
{
	return put_section(m, r, "By service", &services);
}

int report_put_accounts(struct markup *m, const struct report *r)
{
	return put_section(m, r, "By account", &accounts);
}

int report_put_resources(struct markup *m, const struct report *r)
{
	return put_section(m, r, "Dearest resources", &resources);
}

int report_put_marketplace(struct markup *m, const struct report *r)
{
	return put_section(m, r, "Marketplace", &marketplace);
}

int report_put_charges(struct markup *m, const struct report *r)
{
	int result = 0;

	markup_raw(m, "<section>\n<h2>Credits, refunds, tax and fees</h2>\n");
	for (size_t i = 0; i < ARRAY_LEN(charges) && result == 0; i++) {
		markup_put(m, "<h3>%s</h3>\n", charges[i].title);
		result = put_all(m, r, &charges[i].items);
	}
	markup_raw(m, "</section>\n");
	return result;
}

/* The first rows of a currency, each by fn; more of them are not shown. */
typedef int put_row_fn(struct markup *m, const struct sheet *s, size_t row);
struct rows {
	enum report_part part;
	const char *heads[4]; /* the first is text */
	const char *what; /* of the caption */
	size_t most;
	put_row_fn *put;
};

static int put_rows(struct markup *m, const struct report *r, const struct rows *t,
	struct span currency)
{
	const struct sheet *s = &r->sheets[t->part];
	size_t shown = 0;
	int result = 0;

	markup_raw(m, "<div class=\"scroll\"><table>\n<caption>");
	markup_text(m, currency, ID_COLUMNS);
	markup_put(m, "%s</caption>\n<thead><tr>", t->what);
	for (size_t i = 0; i < ARRAY_LEN(t->heads) && t->heads[i]; i++)
		put_head(m, t->heads[i], i > 0);
	markup_raw(m, "</tr></thead>\n<tbody>\n");
	for (size_t row = 0; row < s->row_count && result == 0 && shown < t->most;
		row++) {
		if (!span_eq(report_cell(s, row, SPAN("currency")), currency))
			continue;
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_text(m, sheet_cell(s, row, 0), ID_COLUMNS);
		markup_raw(m, "</th>");
		result = t->put(m, s, row);
		markup_raw(m, "</tr>\n");
		shown++;
	}
	markup_raw(m, "</tbody>\n</table></div>\n");
	return result;
}

static int put_cell(
	struct markup *m, const struct sheet *s, size_t row, struct span column)
{
	struct amount a;
	int r = report_amount(s, row, column, &a);

	if (r == 0)
		report_put_amount(m, true, "n", a, false);
	return r;
}

static int put_tag(struct markup *m, const struct sheet *s, size_t row)
{
	struct amount percent;
	struct number n = { .len = 0 };
	int r = put_cell(m, s, row, SPAN("tagged_cost"));

	if (r == 0)
		r = put_cell(m, s, row, SPAN("untagged_cost"));
	if (r == 0)
		r = report_amount(s, row, SPAN("tagged_percent"), &percent);
	if (r < 0)
		return r;
	if (percent.is_known)
		n = report_percent(percent.value, hundred, false);
	put_percent(m, report_cell(s, row, SPAN("tagged_percent")), &n);
	return 0;
}

int report_put_tags(struct markup *m, const struct report *r)
{
	static const struct rows tags = { REPORT_TAG_COVERAGE,
		{ "Tag", "Tagged", "Untagged", "Tagged, %" }, ", cost with and without",
		REPORT_ROWS, put_tag };
	int result = 0;

	markup_raw(m, "<section>\n<h2>Tags</h2>\n");
	if (r->sheets[REPORT_TAG_COVERAGE].row_count == 0)
		markup_raw(m, "<p class=\"s\">None.</p>\n");
	for (size_t i = 0; i < report_shown(r) && result == 0 &&
		r->sheets[REPORT_TAG_COVERAGE].row_count;
		i++)
		result = put_rows(m, r, &tags, report_currency(r, i));
	markup_raw(m, "</section>\n");
	return result;
}

static int put_day(struct markup *m, const struct sheet *s, size_t row)
{
	int r = put_cell(m, s, row, SPAN("unblended_cost"));

	return r < 0 ? r : put_cell(m, s, row, SPAN("amortized_cost"));
}

int report_put_days(struct markup *m, const struct report *r)
{
	static const struct rows days = { REPORT_DAILY,
		{ "Day", "Unblended", "Amortized" }, ", by day", PLOT_DAYS_MAX, put_day };
	int result = 0;

	for (size_t i = 0; i < report_shown(r) && result == 0; i++)
		result = put_rows(m, r, &days, report_currency(r, i));
	return result;
}
