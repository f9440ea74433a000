/* README.txt and the links: what does not change, or hardly. */
#include <errno.h>

#include "fs/tree/inside.h"

int render_link(enum place_kind kind, const struct known *k, struct buf *ret)
{
	char text[MONTH_TEXT];
	struct month_no wanted;
	bool has_it = false;
	int r;

	if (k->count == 0)
		return -ENOENT;
	wanted = k->status[k->count - 1].month;
	if (kind == PLACE_LAST_MONTH)
		wanted.number--;
	for (size_t i = 0; i < k->count; i++)
		has_it |= k->status[i].month.number == wanted.number;
	if (!has_it)
		return -ENOENT;
	month_format(wanted, text);
	r = buf_append_text(ret, "months/");
	return r < 0 ? r : buf_append(ret, text, MONTH_TEXT);
}

/* 80 columns, and all on one screen; a test runs the commands. */
static const char readme_top[] =
	"AWS costs as files. Read-only; nothing here changes anything in AWS.\n"
	"\n"
	"STATUS.txt                  how recent, how final, what is being read, errors\n"
	"accounts.csv services.csv months.csv\n"
	"this-month last-month       links into months/\n"
	"accounts/NAME_ID/2026-11/   one account in one billing month: the kit, and\n"
	"  services/AmazonEC2/       the kit of that service, costs.csv (line items), "
	"and\n"
	"    resources/i-0123/       each resource: summary.csv daily.csv lines.csv\n"
	"months/2026-11/             the kit over all accounts, by-account.csv, "
	"services/\n"
	"reports/2026-11.html        that month on one page; only what is read is "
	"listed\n";

/* Only where there are any. */
static const char readme_tables[] =
	"tables/NAME/2026-11-23.csv  recommendations, carbon emissions: exports beside\n"
	"                            this one as they are, in no cost and no sum\n";

static const char readme_live[] =
	"accounts/NAME_ID/resources/ what it has: ec2/REGION/TYPE/ID/resource.json, s3,\n"
	"                            iam; index.csv. Asked of AWS when you look\n";

/* Only where somebody wants them. */
static const char readme_metrics[] =
	"                            metrics.csv of instances: two weeks, by the hour; "
	"each\n"
	"                            look costs some ten calls of CloudWatch\n";

static const char readme_kit[] =
	"\n"
	"The kit, the same files with the same columns everywhere:\n"
	"  total.csv by-{service,region,usage-type,operation,charge-type,resource}.csv\n"
	"  daily.csv daily-by-service.csv by-tag/KEY.csv by-cost-category/NAME.csv\n"
	"  tag-coverage.csv untagged.csv {credits,refunds,tax,fees,marketplace}.csv\n"
	"  invoices.csv split-costs.csv lines.csv\n"
	"Dearest first. No total rows: a sum over a file is the total. Empty = not "
	"known.\n"
	"Under another ending, which no listing shows, each is something else: .txt\n"
	"(aligned, with shares and totals), .json, .tsv, .md, .svg\n"
	"(a chart), .html (chart and table)";

/* Where it is built. */
static const char readme_xlsx[] = ", .xlsx (a workbook; reports/ has one, too)";

static const char readme_rest[] =
	".\n"
	"The first look into a month reads that month once, and no other.\n"
	"\n"
	"Try\n"
	"  cat this-month/total.csv\n"
	"  cat this-month/by-service.txt\n"
	"  head -n 5 this-month/by-account.csv | cut -d, -f1,2\n"
	"  tail -n 7 this-month/daily.csv | cut -d, -f1,2\n"
	"  awk -F, 'FNR>1{s+=$2}END{printf \"%.2f\\n\",s}' this-month/by-service.csv\n"
	"  head this-month/services/ec2/by-usage-type.csv   # or s3, rds, AmazonRDS ...\n"
	"  head -n 5 this-month/untagged.csv | cut -d, -f1-5\n"
	"  head this-month/by-tag/*.csv | cut -d, -f1,2\n"
	"  cut -d, -f1-4 last-month/invoices.csv\n"
	"  diff last-month/by-service.csv this-month/by-service.csv\n"
	"accounts/*/MONTH/services/*/costs.csv has each line item once; lines.csv "
	"repeats\n"
	"them. EBS volumes, snapshots and NAT gateways are billed under AmazonEC2.\n"
	"\n"
	"The five costs\n"
	"  unblended_cost      as charged on that day; what the invoice adds up\n"
	"  net_unblended_cost  the same after private discounts\n"
	"  amortized_cost      upfront and monthly fees of reservations and savings "
	"plans\n"
	"                      spread over the use that they covered\n"
	"  net_amortized_cost  the same after private discounts\n"
	"  list_cost           at public on-demand prices\n";

int render_readme(const struct tree *t, struct buf *ret)
{
	int r = buf_append_text(ret, readme_top);

	if (r == 0 && t->o.discovery)
		r = buf_append_text(ret, readme_live);
	if (r == 0 && t->o.discovery && t->o.discovery->has_metrics)
		r = buf_append_text(ret, readme_metrics);
	if (r == 0 && t->o.tables && tables_has_any(t->o.tables))
		r = buf_append_text(ret, readme_tables);
	if (r == 0)
		r = buf_append_text(ret, readme_kit);
	if (r == 0 && form_is_built(FORM_XLSX))
		r = buf_append_text(ret, readme_xlsx);
	return r < 0 ? r : buf_append_text(ret, readme_rest);
}
