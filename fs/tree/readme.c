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

static const char readme_top[] =
	"AWS costs as files. Read-only; nothing here changes anything in AWS.\n"
	"\n"
	"STATUS.txt                  how recent, what is final, what is being read, "
	"errors\n"
	"accounts.csv services.csv months.csv\n"
	"this-month last-month       links into months/\n"
	"accounts/NAME_ID/2026-11/   one account in one billing month: the kit, and\n"
	"  services/AmazonEC2/         the kit of that service, costs.csv (the line "
	"items),\n"
	"    resources/i-0123/         and each resource: summary.csv daily.csv "
	"lines.csv\n"
	"months/2026-11/             the kit over all accounts, by-account.csv, "
	"services/\n";

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

static const char readme_rest[] =
	"\n"
	"The kit, the same files with the same columns everywhere:\n"
	"  total.csv by-{service,region,usage-type,operation,charge-type,resource}.csv\n"
	"  daily.csv daily-by-service.csv by-tag/KEY.csv by-cost-category/NAME.csv\n"
	"  tag-coverage.csv untagged.csv {credits,refunds,tax,fees,marketplace}.csv\n"
	"  invoices.csv split-costs.csv lines.csv\n"
	"Dearest first. No total rows: a sum over a file is the total. Empty = not in "
	"the export.\n"
	"The first look into a month reads that month once, and no other.\n"
	"\n"
	"Try\n"
	"  cat this-month/total.csv\n"
	"  head this-month/by-service.csv | column -s, -t\n"
	"  head last-month/by-account.csv | column -s, -t\n"
	"  cat this-month/daily.csv\n"
	"  ls accounts/*/2026-11/services\n"
	"  head accounts/*/2026-11/services/ec2/by-resource.csv     (ec2, s3, rds ... "
	"work too)\n"
	"  cat accounts/*/2026-11/services/*/resources/i-0123*/daily.csv\n"
	"  cat this-month/by-tag/team.csv\n"
	"  grep -h AssumeRole accounts/*/2026-11/services/*/costs.csv\n"
	"  diff last-month/by-service.csv this-month/by-service.csv\n"
	"accounts/*/MONTH/services/*/costs.csv has each line item once. lines.csv "
	"repeats them.\n"
	"EBS volumes, snapshots and NAT gateways are billed under AmazonEC2.\n"
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
	return r < 0 ? r : buf_append_text(ret, readme_rest);
}
