/* What the demo's organization committed to: reserved instances and savings plans. */
#ifndef FS_CMD_DEMO_COMMITMENT_H
#define FS_CMD_DEMO_COMMITMENT_H

#include "fs/cmd/demo/world.h"

enum {
	RESERVATIONS = 3,
	PLANS = 2,
	PLAN_MEMBERS = 6,
	PLAN_GROUPS = 4,
	YEAR_HOURS = 8760,
};

struct reservation {
	const char *usage; /* of the meter that it discounts */
	const char *option;
	unsigned region, units;
	int64_t upfront_e10, hourly_e10; /* a unit */
	/* 0: bought in the newest month; RESERVATION_OLDEST: in the oldest shown; else
	 * so many months before the newest. */
	int bought;
};
enum { RESERVATION_OLDEST = -1 };

struct savings_plan {
	const char *offering, *option, *family; /* family: "" for any */
	const char *region; /* "" for any */
	unsigned upfront_percent; /* of the commitment */
};
/* One resource whose usage a plan covers. */
struct plan_member {
	unsigned plan, group, region, account_slot;
	const char *usage;
	unsigned discount_percent;
	int64_t most; /* units an hour */
	bool varies;
};

extern const struct reservation reservations[RESERVATIONS];
extern const struct savings_plan savings_plans[PLANS];
extern const struct plan_member plan_members[PLAN_MEMBERS];

/* Slots are accounts without an enterprise discount; small organizations have fewer. */
unsigned slot_account(const struct world *w, unsigned slot);
/* The month it was bought in. */
int32_t reservation_month(const struct world *w, unsigned index);
/* Of plan members: what hour's usage amounts to, at on-demand and at the plan's rate. */
int64_t member_rate(unsigned member);
int64_t member_plan_rate(unsigned member);
int64_t member_amount(const struct world *w, unsigned member, int64_t hour);
/* Hourly: all of it, and the part that is paid as it goes. */
int64_t plan_commitment(unsigned plan);
int64_t plan_recurring(unsigned plan);
int64_t plan_used(const struct world *w, unsigned plan, int64_t hour);
/* The first member of the group. */
unsigned group_first(unsigned group);

#endif
