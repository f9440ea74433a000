/* Accounts, regions and months, and the ids that are made for them. */
#include "fs/cmd/demo/world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct region world_regions[WORLD_REGIONS] = {
	{ "us-east-1", "US East (N. Virginia)", "", "USE1-", 100, 34 },
	{ "eu-central-1", "EU (Frankfurt)", "EUC1-", "EUC1-", 115, 30 },
	{ "eu-west-1", "EU (Ireland)", "EU-", "EUW1-", 108, 14 },
	{ "us-west-2", "US West (Oregon)", "USW2-", "USW2-", 100, 10 },
	{ "ap-northeast-1", "Asia Pacific (Tokyo)", "APN1-", "APN1-", 126, 5 },
	{ "eu-north-1", "EU (Stockholm)", "EUN1-", "EUN1-", 103, 3 },
	{ "ap-southeast-2", "Asia Pacific (Sydney)", "APS2-", "APS2-", 122, 2 },
	{ "sa-east-1", "South America (Sao Paulo)", "SAE1-", "SAE1-", 155, 2 },
};

static const char *const account_names[] = { "acme-management", "prod-eu", "prod-us",
	"data-platform", "staging", "shared-services", "dev", "machine-learning",
	"Zürich Labs", "security", "東京-prod", "sandbox (R&D)", "website", "mobile",
	"log-archive", "games" };

uint64_t demo_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a + UINT64_C(0x9e3779b97f4a7c15) * (b + 1);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void world_letters(uint64_t chance, const char *alphabet, size_t len, char *ret)
{
	size_t count = strlen(alphabet);
	uint64_t pool = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			pool = demo_mix(chance, i);
		ret[i] = alphabet[pool % count];
		pool /= count;
	}
	ret[len] = '\0';
}

void world_hex(uint64_t chance, size_t digits, char *ret)
{
	world_letters(chance, "0123456789abcdef", digits, ret);
}

void world_uuid(uint64_t chance, char ret[WORLD_UUID])
{
	world_hex(chance, WORLD_UUID - 1, ret);
	ret[8] = ret[13] = ret[18] = ret[23] = '-';
	ret[14] = '4';
	ret[19] = "89ab"[chance % 4];
}

static void make_account(
	struct world *w, unsigned index, uint64_t sum, struct demo_account *ret)
{
	/* Twelve digits; the fourth, seventh ... account's id begins with zeros. */
	uint64_t number = demo_mix(w->seed, 1000 + index) % UINT64_C(900000000000) +
		UINT64_C(100000000000);

	if (index % 3 == 2)
		number %= UINT64_C(10000000000);
	(void)snprintf(ret->id, sizeof(ret->id), "%012" PRIu64, number);
	if (index < ARRAY_LEN(account_names))
		(void)snprintf(ret->name, sizeof(ret->name), "%s", account_names[index]);
	else
		(void)snprintf(ret->name, sizeof(ret->name), "team-%u", index);
	ret->edp = index % 5 == 1;
	ret->europe = index % 3 == 1;
	ret->weight_sum = sum;
}

int world_init(struct world *w, const struct demo_options *o)
{
	uint64_t sum = 0;

	memset(w, 0, sizeof(*w));
	w->seed = demo_mix(o->seed, UINT64_C(0x636f73746673));
	w->months = o->months;
	w->last_month = o->last_month;
	w->accounts = calloc(o->accounts, sizeof(*w->accounts));
	if (!w->accounts)
		return -ENOMEM;
	w->account_count = o->accounts;
	for (unsigned i = 0; i < o->accounts; i++) {
		/* The payer runs little itself. */
		sum += i == 0 ? 5000 : 1 + 100000 / ((uint64_t)i * (i + 1));
		make_account(w, i, sum, &w->accounts[i]);
		if (!o->second_currency || i == 0 || i + 1 < o->accounts)
			continue;
		w->accounts[i].euro = true;
		w->accounts[i].weight_sum = sum += 20000;
	}
	return 0;
}

void world_finish(struct world *w)
{
	free(w->accounts);
	memset(w, 0, sizeof(*w));
}

unsigned world_pick_account(const struct world *w, uint64_t chance)
{
	uint64_t at = chance % w->accounts[w->account_count - 1].weight_sum;
	unsigned index = 0;

	while (w->accounts[index].weight_sum <= at)
		index++;
	return index;
}

unsigned world_pick_region(uint64_t chance)
{
	unsigned at = (unsigned)(chance % 100);
	unsigned index = 0;

	while (index + 1 < WORLD_REGIONS && at >= world_regions[index].weight)
		at -= world_regions[index++].weight;
	return index;
}

void world_period(const struct world *w, unsigned index, struct period *ret)
{
	const int64_t day = 86400, night = 10800;
	struct month_no month = { w->last_month.number -
		(int32_t)(w->months - 1 - index) };
	struct period p = { .month = month, .index = index };
	int64_t days = month_days(month);
	int64_t noise = (int64_t)(demo_mix(w->seed, (uint64_t)month.number) % 7200);

	p.open = index + 1 == w->months;
	p.has_plans = index > 0 || w->months == 1;
	p.start = month_first_day(month).number * day;
	p.end = p.start + days * day;
	p.month_hours = (uint32_t)days * 24;
	p.hours = p.open ? WORLD_OPEN_DAYS * 24 : p.month_hours;
	p.delivered = (p.open ? p.start + WORLD_OPEN_DAYS * day : p.end + 6 * day) +
		night + noise;
	*ret = p;
}
