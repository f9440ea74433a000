/* The organization behind a demo export: accounts, regions, months; all from the seed. */
#ifndef FS_CMD_DEMO_WORLD_H
#define FS_CMD_DEMO_WORLD_H

#include "fs/cmd/demo/demo.h"

enum {
	WORLD_ID = 13, /* twelve digits and a NUL */
	WORLD_NAME = 40,
	WORLD_HEX = 33,
	WORLD_UUID = 37,
	WORLD_LINE_ID = 53,
	WORLD_REGIONS = 8,
	WORLD_OPEN_DAYS = 23, /* of the newest month */
	WORLD_EDP_PERCENT = 9,
};

struct demo_account {
	char id[WORLD_ID];
	char name[WORLD_NAME];
	bool edp; /* pays under an enterprise discount programme */
	bool europe; /* invoiced by the European entity */
	bool euro; /* in the second currency */
	uint64_t weight_sum; /* of this account and those before it */
};
/* Accounts[0] is the payer. Immutable once made. */
struct world {
	uint64_t seed;
	struct demo_account *accounts;
	unsigned account_count, months;
	struct month_no last_month;
};
struct region {
	const char *code, *location;
	const char *prefix; /* of usage types of the oldest services */
	const char *short_code; /* of those of the newer ones */
	unsigned price_percent, weight;
};
/* One month of the export. */
struct period {
	struct month_no month;
	unsigned index; /* 0 = the oldest */
	bool open, has_plans; /* plans: savings plans are in force */
	int64_t start, end; /* seconds; end: of the billing period */
	uint32_t hours; /* with usage so far */
	uint32_t month_hours;
	int64_t delivered;
};

extern const struct region world_regions[WORLD_REGIONS];

/* Mixes; the only source of chance. */
uint64_t demo_mix(uint64_t a, uint64_t b);
/* 0; -ENOMEM. */
MUST_USE int world_init(struct world *w, const struct demo_options *o);
void world_finish(struct world *w);
/* By weight: a few accounts, a few regions have most. */
unsigned world_pick_account(const struct world *w, uint64_t chance);
unsigned world_pick_region(uint64_t chance);
void world_period(const struct world *w, unsigned index, struct period *ret);
/* All NUL-terminated. digits <= 32. */
void world_hex(uint64_t chance, size_t digits, char *ret);
void world_uuid(uint64_t chance, char ret[WORLD_UUID]);
/* From the alphabet; len characters and a NUL. */
void world_letters(uint64_t chance, const char *alphabet, size_t len, char *ret);

#endif
