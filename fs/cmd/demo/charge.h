/* Charges that no meter makes: support, Marketplace, credits, refunds, discounts. */
#ifndef FS_CMD_DEMO_CHARGE_H
#define FS_CMD_DEMO_CHARGE_H

#include "fs/cmd/demo/catalog.h"

struct charge {
	const char *type; /* lineItem/LineItemType */
	const char *product_code, *product_name;
	const char *usage, *operation, *unit;
	const char *description;
	const char *bill_type;
	bool marketplace;
	bool discount; /* has no blended cost */
	bool closed_only; /* not in the open month */
	bool plans_begin; /* only in the month in which savings plans were bought */
	enum cadence cadence;
	unsigned account_slot;
	int64_t amount_e10, rate_e10; /* cost = amount * rate */
};
enum { CHARGE_TAXED = 4 };

extern const struct charge demo_charges[];
extern const unsigned demo_charge_count;
/* The services whose tax is charged, as indexes of catalog_services. */
extern const unsigned char charge_taxed[CHARGE_TAXED];

#endif
