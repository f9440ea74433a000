/* The columns that all line items share, and the charges that have no meter. */
#include "fs/cmd/demo/fill.h"

#include <inttypes.h>
#include <string.h>

#include "fs/cmd/demo/charge.h"

static const char entity_us[] = "Amazon Web Services, Inc.";
static const char entity_europe[] = "Amazon Web Services EMEA SARL";

static void fill_identity(const struct filler *f, const struct series *s, struct cells *r)
{
	char id[WORLD_LINE_ID];
	uint64_t chance = demo_mix(s->id, 40 + (uint64_t)s->kind);

	/* Another in each delivery. */
	world_letters(demo_mix(chance, (uint64_t)f->p->period.delivered),
		"abcdefghijklmnopqrstuvwxyz234567", sizeof(id) - 1, id);
	cells_printf(r, FIELD_LINE_ITEM_ID, "%s", id);
	cells_hole(r, FIELD_TIME_INTERVAL, HOLE_INTERVAL, 0);
	cells_hole(r, FIELD_LINE_USAGE_START_DATE, HOLE_START, 0);
	cells_hole(r, FIELD_LINE_USAGE_END_DATE, HOLE_END, 0);
}

static void fill_invoice(const struct filler *f, const struct demo_account *account,
	const char *bill_type, bool marketplace, struct cells *r)
{
	const struct period *p = &f->p->period;
	uint64_t which = (uint64_t)p->month.number * 1000 + (uint64_t)bill_type[0] * 4 +
		(account->europe ? 2 : 0) + (marketplace ? 1 : 0);

	cells_set(r, FIELD_BILL_TYPE, bill_type);
	cells_set(r, FIELD_BILLING_ENTITY, marketplace ? "AWS Marketplace" : "AWS");
	cells_set(r, FIELD_BILL_INVOICING_ENTITY,
		account->europe ? entity_europe : entity_us);
	cells_set(r, FIELD_LINE_LEGAL_ENTITY,
		marketplace		  ? "Third-party seller, Ltd."
			: account->europe ? entity_europe
					  : entity_us);
	if (!p->open)
		cells_printf(r, FIELD_BILL_INVOICE_ID, "%" PRIu64,
			UINT64_C(1000000000) +
				demo_mix(f->w->seed, which) % UINT64_C(1300000000));
}

static void fill_account(
	const struct filler *f, const struct demo_account *account, struct cells *r)
{
	const struct period *p = &f->p->period;

	cells_set(r, FIELD_BILL_PAYER_ACCOUNT_ID, f->w->accounts[0].id);
	cells_set(r, FIELD_BILL_PAYER_ACCOUNT_NAME, f->w->accounts[0].name);
	cells_time(r, FIELD_BILLING_PERIOD_START_DATE, p->start, f->milliseconds);
	cells_time(r, FIELD_BILLING_PERIOD_END_DATE, p->end, f->milliseconds);
	cells_set(r, FIELD_LINE_USAGE_ACCOUNT_ID, account->id);
	cells_set(r, FIELD_LINE_USAGE_ACCOUNT_NAME, account->name);
	cells_set(r, FIELD_LINE_CURRENCY_CODE, account->euro ? "EUR" : "USD");
}

static void fill_costs(const struct series *s, struct cells *r)
{
	/* One file holds both spellings, as real ones do. */
	enum number_style style = s->id % 10 < 3 ? NUMBER_FIXED : NUMBER_JAVA;

	cells_hole(r, FIELD_LINE_USAGE_AMOUNT, HOLE_AMOUNT, style);
	cells_hole(r, FIELD_LINE_UNBLENDED_COST, HOLE_UNBLENDED, style);
	cells_hole(r, FIELD_LINE_BLENDED_COST, HOLE_BLENDED, style);
	cells_hole(r, FIELD_LINE_NET_UNBLENDED_COST, HOLE_NET, style);
}

static void fill_charge(const struct filler *f, const struct series *s, struct cells *r)
{
	const struct charge *c = &demo_charges[s->which];
	const struct demo_account *account = &f->w->accounts[s->account];

	fill_invoice(f, account, c->bill_type, c->marketplace, r);
	cells_set(r, FIELD_LINE_TYPE, c->type);
	cells_set(r, FIELD_LINE_PRODUCT_CODE, c->product_code);
	cells_set(r, FIELD_PRODUCT_NAME, c->product_name);
	cells_set(r, FIELD_LINE_USAGE_TYPE, c->usage);
	cells_set(r, FIELD_LINE_OPERATION, c->operation);
	cells_set(r, FIELD_LINE_DESCRIPTION, c->description);
	cells_set(r, FIELD_PRICING_UNIT, c->unit);
	cells_set(r, FIELD_PRICING_CURRENCY, r->text[FIELD_LINE_CURRENCY_CODE]);
	if (!c->marketplace)
		cells_set(r, FIELD_PRODUCT_SERVICECODE, c->product_code);
	cells_number(r, FIELD_LINE_UNBLENDED_RATE, c->rate_e10, NUMBER_FIXED);
	cells_number(r, FIELD_LINE_NET_UNBLENDED_RATE, c->rate_e10, NUMBER_FIXED);
	if (c->discount)
		r->hole[FIELD_LINE_BLENDED_COST] = HOLE_NONE;
	else
		cells_number(r, FIELD_LINE_BLENDED_RATE, c->rate_e10, NUMBER_FIXED);
	if (strcmp(c->type, "BundledDiscount") == 0)
		cells_hole(
			r, FIELD_DISCOUNT_BUNDLED_DISCOUNT, HOLE_UNBLENDED, NUMBER_JAVA);
}

static void fill_tax(const struct filler *f, const struct series *s, struct cells *r)
{
	const struct service *service = &catalog_services[charge_taxed[s->which]];

	cells_set(r, FIELD_LINE_TYPE, "Tax");
	cells_set(r, FIELD_LINE_PRODUCT_CODE, service->code);
	cells_set(r, FIELD_PRODUCT_NAME, service->name);
	cells_set(r, FIELD_LINE_TAX_TYPE,
		f->w->accounts[s->account].europe ? "VAT" : "USSalesTax");
	cells_printf(r, FIELD_LINE_DESCRIPTION, "Tax for product code %s", service->code);
}

static void fill_discount(struct cells *r)
{
	cells_set(r, FIELD_LINE_TYPE, "EdpDiscount");
	cells_printf(r, FIELD_LINE_DESCRIPTION, "EDP discount of %d%% on %s",
		WORLD_EDP_PERCENT, r->text[FIELD_LINE_PRODUCT_CODE]);
	r->hole[FIELD_LINE_BLENDED_COST] = HOLE_NONE;
	r->hole[FIELD_LINE_NORMALIZED_USAGE_AMOUNT] = HOLE_NONE;
	r->text[FIELD_LINE_NORMALIZATION_FACTOR] = NULL;
	r->hole[FIELD_PRICING_PUBLIC_ON_DEMAND_COST] = HOLE_NONE;
	for (enum field f = FIELD_PRICING_RATE_CODE; f <= FIELD_PRICING_UNIT; f++)
		r->text[f] = NULL;
	r->text[FIELD_LINE_UNBLENDED_RATE] = NULL;
	r->text[FIELD_LINE_BLENDED_RATE] = NULL;
	r->text[FIELD_LINE_NET_UNBLENDED_RATE] = NULL;
}

static void fill_usage(const struct filler *f, const struct series *s, struct cells *r)
{
	cells_set(r, FIELD_LINE_TYPE, "Usage");
	fill_meter(f, s, r);
	fill_resource(f, s, r);
	fill_tags(f, s, r);
	if (s->kind == SERIES_EDP) {
		fill_discount(r);
	} else if (f->w->accounts[s->account].edp) {
		cells_hole(r, FIELD_DISCOUNT_MAP, HOLE_DISCOUNT_MAP, 0);
		cells_hole(r, FIELD_DISCOUNT_TOTAL_DISCOUNT, HOLE_DISCOUNT, NUMBER_JAVA);
	}
}

static void fill_kind(const struct filler *f, const struct series *s, struct cells *r)
{
	switch (s->kind) {
	case SERIES_USAGE:
	case SERIES_EDP:
		fill_usage(f, s, r);
		break;
	case SERIES_RI_USAGE:
	case SERIES_RI_FEE:
	case SERIES_RI_UPFRONT:
		fill_reservation(f, s, r);
		break;
	case SERIES_SP_USAGE:
	case SERIES_SP_NEGATION:
	case SERIES_SP_FEE:
	case SERIES_SP_UPFRONT:
		fill_plan(f, s, r);
		break;
	case SERIES_SPLIT:
		fill_split(f, s, r);
		break;
	case SERIES_CHARGE:
		fill_charge(f, s, r);
		break;
	case SERIES_TAX:
		fill_tax(f, s, r);
		break;
	}
}

void fill_cells(const struct filler *f, const struct series *s, struct cells *ret)
{
	const struct demo_account *account = &f->w->accounts[s->account];
	bool is_purchase = s->kind == SERIES_RI_UPFRONT || s->kind == SERIES_SP_UPFRONT;

	cells_empty(ret);
	fill_identity(f, s, ret);
	fill_account(f, account, ret);
	fill_costs(s, ret);
	if (s->kind != SERIES_CHARGE)
		fill_invoice(
			f, account, is_purchase ? "Purchase" : "Anniversary", false, ret);
	fill_kind(f, s, ret);
	if (f->family == FORMAT_FOCUS)
		fill_focus(f, s, ret);
	if (f->family != FORMAT_LEGACY)
		cells_maps(ret);
}
