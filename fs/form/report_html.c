/* A report as a page: figures, the chart of days, tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/form/page.h"
#include "fs/form/report_page.h"
#include "fs/form/svg.h"

enum {
	LEGEND_COLUMNS = 20, /* what is longer is no good name in the chart */
	BIG_COLUMNS = 11, /* of an amount in a card */
	LONG_COLUMNS = 15,
};

static const char style[] =
	":root{--card:#f7f9fb;--up:#b3261e;--down:#146c43;--bar:#0072b2;--chip:#fff4d6;"
	"--chip-ink:#6b4a00;--chip2:#e3f3ea;--chip2-ink:#0f5132}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--card:#181f26;"
	"--up:#ff9b93;--down:#7bd3a3;--bar:#4aa3df;--chip:#3a3018;--chip-ink:#f0cf85;"
	"--chip2:#17352a;--chip2-ink:#8fdcb3}}\n"
	"main{width:auto;max-width:960px;padding-top:40px}\n"
	"h1{font-size:30px;letter-spacing:-.01em}\n"
	"header p{max-width:none}\n"
	"section{margin-top:44px}\n"
	"h2{font-size:19px;margin:0}\n"
	"h3{font-size:15px;margin:24px 0 0}\n"
	".s{color:var(--soft)}\n"
	".status{margin:14px 0 0;color:var(--soft)}\n"
	".chip{display:inline-block;margin-right:8px;padding:1px "
	"10px;border-radius:999px;"
	"font-size:13px;font-weight:600;background:var(--chip);color:var(--chip-ink)}\n"
	".chip.final{background:var(--chip2);color:var(--chip2-ink)}\n"
	".cards{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:12px;"
	"margin:14px 0 0}\n"
	".cards div{padding:14px 16px 16px;border:1px solid var(--line);"
	"border-radius:10px;background:var(--card);min-width:0}\n"
	".cards .first{grid-column:span 2;grid-row:span 2}\n"
	"dt{color:var(--soft);font-size:13px}\n"
	"dd{margin:2px 0 0}\n"
	".big{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums;"
	"letter-spacing:-.01em;overflow-wrap:anywhere}\n"
	".big.l{font-size:15px}\n.big.xl{font-size:12px}\n"
	".first .big{font-size:38px;line-height:1.2;margin-top:6px}\n"
	".first .big.l{font-size:34px}\n.first .big.xl{font-size:26px}\n"
	".note{font-size:13px;color:var(--soft);margin-top:8px;"
	"font-variant-numeric:tabular-nums}\n"
	".up{color:var(--up)}\n.down{color:var(--down)}\n"
	".note strong{font-weight:600}\n"
	".scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}\n"
	".scroll svg.costs{min-width:640px;max-width:none;width:100%;margin:8px 0 0 "
	"-24px}\n"
	"table{width:100%;min-width:0;margin-top:12px}\n"
	"thead th{position:static}\n"
	"th,td{padding:7px 12px}\n"
	"th:first-child,td:first-child{padding-left:4px}\n"
	"th:last-child,td:last-child{padding-right:4px}\n"
	"tbody th{white-space:normal;overflow-wrap:anywhere;min-width:11em}\n"
	"small{display:block;font-size:12px;color:var(--soft)}\n"
	"tbody tr:nth-child(even){background:none}\n"
	"tbody tr:hover{background:var(--band)}\n"
	"tfoot tr+tr th,tfoot tr+tr td{border-top:1px solid var(--line)}\n"
	".bar{width:72px;height:6px;vertical-align:middle;border-radius:3px}\n"
	".bar rect{fill:var(--bar)}\n.bar .track{fill:var(--line)}\n"
	".p span{display:inline-block;min-width:4.8em}\n"
	"details{margin-top:12px}\n"
	"summary{cursor:pointer;color:var(--link);font-size:14px}\n"
	"footer{margin-top:44px;padding-top:14px;border-top:1px solid var(--line);"
	"font-size:13px;color:var(--soft)}\n"
	"@media (max-width:720px){.cards{grid-template-columns:repeat(2,minmax(0,1fr))}"
	"main{padding-left:16px;padding-right:16px}.first .big{font-size:30px}"
	".first .big.l{font-size:26px}.first .big.xl{font-size:22px}"
	".scroll svg.costs{margin-left:-14px}"
	".bar{width:40px}}\n"
	"@page{margin:14mm}\n"
	"@media print{main{max-width:none}h1{font-size:20pt}section{margin-top:18pt}"
	".cards div,.chip,.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	".cards div{break-inside:avoid}.cards{gap:6pt}.first .big{font-size:24pt}"
	".first .big.l{font-size:20pt}.first "
	".big.xl{font-size:15pt}.big.l{font-size:10pt}.big.xl{font-size:8pt}"
	"h2,h3,caption{break-after:avoid}thead{break-inside:avoid;break-after:avoid}"
	"tbody tr:nth-child(-n+3){break-before:avoid}table{font-size:8.5pt}"
	".scroll{overflow:visible}.scroll svg.costs{min-width:0;max-height:9cm}"
	"summary{display:none}th,td{padding:3pt 5pt}}\n";

/* Whether the amounts may change. */
static void put_status(struct markup *m, const struct report *r)
{
	static const struct {
		struct span status;
		const char *words;
	} all[] = {
		{ { "estimated", 9 }, "Amounts may change until AWS has invoiced them." },
		{ { "final", 5 }, "AWS has invoiced this month." },
		{ { "mixed", 5 }, "AWS has invoiced a part; the rest may change." },
	};
	const struct sheet *s = &r->sheets[REPORT_TOTAL];
	const struct span status =
		s->row_count ? report_cell(s, 0, SPAN("status")) : (struct span){ 0 };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!span_eq(all[i].status, status))
			continue;
		markup_put(m,
			"<p class=\"status\"><strong class=\"chip %.*s\">%.*s</strong>",
			SPAN_ARG(status), SPAN_ARG(status));
		markup_put(m, "%s</p>\n", all[i].words);
	}
}

static void put_month(struct markup *m, const struct report *r)
{
	char text[MONTH_TEXT];

	month_format((struct month_no){ r->in->month.number - 1 }, text);
	markup_put(m, "%.*s", MONTH_TEXT, text);
}

/* "▲ +12.3%" */
static void put_arrow(struct markup *m, struct amount change, struct amount before)
{
	const struct number n = report_percent(change.value, before.value, true);

	if (!n.len || !change.value.units)
		return;
	markup_put(m, "<strong class=\"%s\">%s ", change.value.units > 0 ? "up" : "down",
		change.value.units > 0 ? "▲" : "▼");
	markup_text(m, number_span(&n), SIZE_MAX);
	markup_raw(m, "</strong> ");
}

/* 0; -ERANGE. */
static int put_against(
	struct markup *m, const struct report *r, struct amount now, struct amount before)
{
	struct amount change;
	int result = report_difference(now, before, &change);

	if (result < 0)
		return result;
	put_arrow(m, change, before);
	report_put_amount(m, false, "n", change, true);
	markup_raw(m, " against ");
	report_put_amount(m, false, "n", before, false);
	markup_raw(m, " in ");
	put_month(m, r);
	return 0;
}

/* What the month before was, whole and up to the same day. */
static int put_comparison(
	struct markup *m, const struct report *r, struct span currency, struct amount now)
{
	struct amount before;
	struct report_days days;
	int result = report_sum(
		r, REPORT_TOTAL_BEFORE, SPAN("unblended_cost"), currency, &before);

	if (result == 0)
		result = report_days_find(r, currency, &days);
	if (result < 0)
		return result;
	markup_raw(m, "<dd class=\"note\">");
	if (r->in->before != REPORT_BEFORE_READ || !before.is_known) {
		put_month(m, r);
		markup_raw(m,
			r->in->before == REPORT_BEFORE_NONE
				? " is not in the export, so nothing is compared."
				: r->in->before == REPORT_BEFORE_UNREAD
				? " is not read yet, so nothing is compared."
				: " has no costs in this currency.");
	} else {
		result = put_against(m, r, now, before);
	}
	markup_raw(m, "</dd>\n");
	if (days.last == 0 || days.last >= days.all || days.is_over || result < 0)
		return result;
	markup_put(m, "<dd class=\"note\">%d of %d days so far.", days.last, days.all);
	if (days.before.is_known) {
		markup_raw(m, " The same days: ");
		result = put_against(m, r, now, days.before);
	}
	markup_raw(m, "</dd>\n");
	return result;
}

/* What is long is set smaller, so that it stands in its card. */
static void put_big(struct markup *m, struct amount a)
{
	const size_t columns = number_of(a.value).columns;
	const char *size = columns > LONG_COLUMNS ? " xl"
		: columns > BIG_COLUMNS		  ? " l"
						  : "";

	markup_put(m, "<dd class=\"big%s\">", size);
	report_put_amount(m, false, "n", a, false);
	markup_raw(m, "</dd>\n");
}

/* Nothing where it is not known. */
static void put_card(struct markup *m, const char *title, struct amount a)
{
	if (!a.is_known)
		return;
	markup_put(m, "<div><dt>%s</dt>", title);
	put_big(m, a);
	markup_raw(m, "</div>\n");
}

static int put_cards(struct markup *m, const struct report *r, struct span currency)
{
	static const struct {
		const char *title;
		enum report_part part;
		struct span column;
	} cards[] = {
		{ "Amortized cost", REPORT_TOTAL, { "amortized_cost", 14 } },
		{ "Credits", REPORT_CREDITS, { "unblended_cost", 14 } },
		{ "Refunds", REPORT_REFUNDS, { "unblended_cost", 14 } },
		{ "Tax", REPORT_TAX, { "unblended_cost", 14 } },
		{ "Fees", REPORT_FEES, { "unblended_cost", 14 } },
		{ "Marketplace", REPORT_MARKETPLACE, { "unblended_cost", 14 } },
	};
	struct amount a;
	int result = report_sum(r, REPORT_TOTAL, SPAN("unblended_cost"), currency, &a);

	if (result < 0)
		return result;
	markup_raw(
		m, "<dl class=\"cards\">\n<div class=\"first\"><dt>Unblended cost</dt>");
	put_big(m, a);
	result = put_comparison(m, r, currency, a);
	markup_raw(m, "</div>\n");
	for (size_t i = 0; i < ARRAY_LEN(cards) && result == 0; i++) {
		result = report_sum(r, cards[i].part, cards[i].column, currency, &a);
		if (result == 0)
			put_card(m, cards[i].title, a);
	}
	markup_raw(m, "</dl>\n");
	return result;
}

static int put_totals(struct markup *m, const struct report *r)
{
	int result = 0;

	for (size_t i = 0; i < report_shown(r) && result == 0; i++) {
		markup_raw(m, "<section>\n<h2>Total in ");
		markup_text(m, report_currency(r, i), 64);
		markup_raw(m, "</h2>\n");
		result = put_cards(m, r, report_currency(r, i));
		markup_raw(m, "</section>\n");
	}
	if (report_currencies(r) == 0)
		markup_raw(m,
			"<section><h2>Total</h2><p>There are no costs.</p></section>\n");
	else if (report_currencies(r) > report_shown(r))
		markup_raw(m, "<p>There are more currencies: see total.csv.</p>\n");
	return result;
}

/* What a code that is too long for the chart is called, if nothing else is called so. */
static struct span name_of(const struct sheet *services, size_t row)
{
	struct span name = report_cell(services, row, SPAN("name"));

	for (size_t i = 0; i < services->row_count && i < REPORT_ROWS; i++)
		if (!span_eq(sheet_cell(services, i, 0), sheet_cell(services, row, 0)) &&
			(span_eq(report_cell(services, i, SPAN("name")), name) ||
				span_eq(sheet_cell(services, i, 0), name)))
			return (struct span){ 0 };
	return name;
}

/* days has cells of its own. Only what is dear is named in the chart. */
static void name_services(struct sheet *days, const struct sheet *services)
{
	const size_t column = sheet_find(days, SPAN("service"));

	for (size_t i = 0; i < services->row_count && i < REPORT_ROWS; i++) {
		const struct span code = sheet_cell(services, i, 0);
		const struct span name = name_of(services, i);

		if (code.len <= LEGEND_COLUMNS || !name.len)
			continue;
		for (size_t row = 0; row < days->row_count && column < days->column_count;
			row++) {
			struct span *cell =
				&days->cells[row * days->column_count + column];

			if (span_eq(*cell, code))
				*cell = name;
		}
	}
}

static int put_chart(struct markup *m, const struct report *r)
{
	const struct form_about about = { .file = SPAN("daily-by-service"),
		.title = SPAN("Costs by day and service"),
		.subtitle = SPAN("By service, one on the other; the table below has the "
				 "same days") };
	struct sheet days = r->sheets[REPORT_DAILY_BY_SERVICE];
	const size_t count = days.row_count * days.column_count;
	int result = 0;

	if (days.row_count == 0)
		return 0;
	days.cells = vec_alloc(count, sizeof(*days.cells));
	if (!days.cells)
		return -ENOMEM;
	memcpy(days.cells, r->sheets[REPORT_DAILY_BY_SERVICE].cells,
		count * sizeof(*days.cells));
	name_services(&days, &r->sheets[REPORT_BY_SERVICE]);
	markup_raw(m, "<div class=\"scroll\">\n");
	if (!m->failed)
		result = svg_append(&days, &about, true, m->out);
	markup_raw(m, "</div>\n");
	free(days.cells);
	/* The table says it in any case. */
	return result == -ENOMEM ? result : 0;
}

static int put_daily(struct markup *m, const struct report *r)
{
	int result;

	markup_raw(m, "<section>\n<h2>Day by day</h2>\n");
	result = put_chart(m, r);
	if (result == 0) {
		markup_raw(m, "<details><summary>The days as a table</summary>\n");
		result = report_put_days(m, r);
		markup_raw(m, "</details>\n");
	}
	markup_raw(m, "</section>\n");
	return result;
}

static void put_end(struct markup *m, const struct report *r)
{
	char month[MONTH_TEXT];

	month_format(r->in->month, month);
	markup_put(m,
		"<footer><p>Unblended costs, unless said otherwise, rounded to two "
		"decimals; the exact amount is in the title of each. All of it stands in "
		"months/%.*s/ as CSV: total, by-service, by-account, by-resource, daily, "
		"tag-coverage, credits, refunds, tax, fees, marketplace. Fees and "
		"marketplace charges are part of the services, and one charge may be "
		"both. Currencies are never added together.</p></footer>\n",
		MONTH_TEXT, month);
}

int report_html(const struct report *r, const struct form_about *about, struct buf *ret)
{
	static int (*const sections[])(
		struct markup *, const struct report *) = { put_totals, put_daily,
		report_put_services, report_put_accounts, report_put_resources,
		report_put_tags, report_put_charges, report_put_marketplace };
	struct markup m = { .out = ret };
	int result = 0;

	page_start(&m, about, style);
	put_status(&m, r);
	for (size_t i = 0; i < ARRAY_LEN(sections) && result == 0; i++)
		result = sections[i](&m, r);
	put_end(&m, r);
	page_end(&m);
	return result < 0 ? result : m.failed;
}
