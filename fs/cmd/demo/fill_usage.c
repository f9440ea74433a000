/* Metered usage: the product behind a meter, the resource, and its tags. */
#include "fs/cmd/demo/fill.h"

#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"

static const char *const names[] = { "nightly-report", "checkout", "orders",
	"billing-api", "image-resizer", "search-index", "web", "auth", "events",
	"recommendations", "ledger", "fulfilment", "crm-sync", "metrics", "mailer",
	"exporter" };

/* Values that real tags have, and that trouble file names, CSV and spreadsheets. */
static const char *const teams[] = { "checkout", "platform", "data", "web", "Zürich",
	"mobile", "東京", "ops, night shift", "\"growth\"", "=1+1", " leading space",
	"../../etc", "trailing space ", "a/b:c", "-dash", "@home", "O'Brien", "100%",
	"SRE", "sre" };
static const char *const environments[] = { "prod", "staging", "dev", "test", "Prod" };
static const char *const owners[] = { "jane.doe@example.com", "m.müller@example.com",
	"team-data@example.com" };
static const char *const cost_centers[] = { "0042", "1E5", "4711", "CC-100", "2026-11" };
static const char *const units[] = { "Retail, EU", "Platform", "Data & ML", "Corporate" };

static const char *name_of(const struct series *s)
{
	if (s->which > 0)
		return names[s->which - 1];
	return names[demo_mix(s->id, 7) % ARRAY_LEN(names)];
}

static void fill_instance(const struct meter *m, struct cells *r)
{
	const struct instance *i;

	if (m->instance == METER_NO_INSTANCE)
		return;
	i = &catalog_instances[m->instance];
	cells_set(r, FIELD_PRODUCT_INSTANCE_TYPE, i->type);
	cells_set(r, FIELD_PRODUCT_INSTANCE_TYPE_FAMILY, i->family);
	cells_set(r, FIELD_PRODUCT_INSTANCE_FAMILY, i->group);
	cells_set(r, FIELD_PRODUCT_VCPU, i->vcpu);
	cells_set(r, FIELD_PRODUCT_MEMORY, i->memory);
	cells_set(r, FIELD_PRODUCT_NETWORK_PERFORMANCE, i->network);
	cells_set(r, FIELD_PRODUCT_PHYSICAL_PROCESSOR, i->processor);
	cells_set(r, FIELD_PRODUCT_NORMALIZATION_SIZE_FACTOR, i->factor);
	cells_set(r, FIELD_PRODUCT_CURRENT_GENERATION, "Yes");
	cells_set(r, FIELD_PRODUCT_TENANCY, "Shared");
	cells_set(r, FIELD_PRODUCT_LICENSE_MODEL, "No License required");
	cells_set(r, FIELD_PRODUCT_PRE_INSTALLED_SW, "NA");
	cells_number(r, FIELD_LINE_NORMALIZATION_FACTOR, i->factor_e10, NUMBER_JAVA);
	cells_hole(r, FIELD_LINE_NORMALIZED_USAGE_AMOUNT, HOLE_NORMALIZED, NUMBER_JAVA);
}

static void fill_place(const struct series *s, const struct meter *m, struct cells *r)
{
	const struct region *region = &world_regions[s->region];

	if (m->global) {
		cells_set(r, FIELD_PRODUCT_LOCATION, "Any");
		cells_set(r, FIELD_PRODUCT_LOCATION_TYPE, "Other");
		cells_set(r, FIELD_PRODUCT_REGION, "global");
		return;
	}
	cells_set(r, FIELD_PRODUCT_REGION, region->code);
	cells_set(r, FIELD_PRODUCT_REGION_CODE, region->code);
	if (m->servicecode) {
		cells_set(r, FIELD_PRODUCT_FROM_LOCATION, region->location);
		cells_set(r, FIELD_PRODUCT_FROM_LOCATION_TYPE, "AWS Region");
		cells_set(r, FIELD_PRODUCT_FROM_REGION_CODE, region->code);
		cells_set(r, FIELD_PRODUCT_TO_LOCATION, "External");
		cells_set(r, FIELD_PRODUCT_TO_LOCATION_TYPE, "Other");
	} else {
		cells_set(r, FIELD_PRODUCT_LOCATION, region->location);
		cells_set(r, FIELD_PRODUCT_LOCATION_TYPE, "AWS Region");
	}
	if (m->resource == RESOURCE_INSTANCE || m->resource == RESOURCE_VOLUME)
		cells_printf(r, FIELD_LINE_AVAILABILITY_ZONE, "%s%c", region->code,
			"abc"[demo_mix(s->id, 21) % 3]);
}

static void fill_price(const struct filler *f, const struct series *s,
	const struct meter *m, struct cells *r)
{
	uint64_t chance = demo_mix(s->meter, 500 + s->region);
	int64_t rate = series_rate(s);
	char sku[17];

	world_letters(chance, "ABCDEFGHJKMNPQRSTUVWXYZ23456789", sizeof(sku) - 1, sku);
	cells_printf(r, FIELD_PRODUCT_SKU, "%s", sku);
	cells_printf(r, FIELD_PRICING_RATE_CODE, "%s.JRTCKXETXF.6YS6EN2CT7", sku);
	cells_printf(r, FIELD_PRICING_RATE_ID, "%" PRIu64,
		UINT64_C(4000000000) + chance % 1000000000);
	cells_set(r, FIELD_PRICING_CURRENCY, r->text[FIELD_LINE_CURRENCY_CODE]);
	cells_set(r, FIELD_PRICING_TERM, "OnDemand");
	cells_set(r, FIELD_PRICING_UNIT, m->unit);
	cells_number(r, FIELD_PRICING_PUBLIC_ON_DEMAND_RATE, rate, NUMBER_FIXED);
	cells_hole(r, FIELD_PRICING_PUBLIC_ON_DEMAND_COST, HOLE_PUBLIC,
		s->id % 10 < 3 ? NUMBER_FIXED : NUMBER_JAVA);
	cells_number(r, FIELD_LINE_UNBLENDED_RATE, rate, NUMBER_FIXED);
	cells_number(r, FIELD_LINE_BLENDED_RATE, rate, NUMBER_FIXED);
	if (f->w->accounts[s->account].edp)
		rate = e10_share(rate, 100 - WORLD_EDP_PERCENT, 100);
	cells_number(r, FIELD_LINE_NET_UNBLENDED_RATE, rate, NUMBER_FIXED);
}

static void fill_description(
	const struct series *s, const struct meter *m, struct cells *r)
{
	char rate[NUMBER_TEXT];
	size_t len = number_print(series_rate(s), NUMBER_FIXED, rate);
	const char *place = world_regions[s->region].location;

	while (rate[len - 1] == '0' && rate[len - 3] != '.')
		len--;
	if (m->global || s->region == 0)
		cells_printf(r, FIELD_LINE_DESCRIPTION, "$%.*s %s", (int)len, rate,
			m->description);
	else
		cells_printf(r, FIELD_LINE_DESCRIPTION, "USD %.*s %s in %s", (int)len,
			rate, m->description, place);
}

void fill_meter(const struct filler *f, const struct series *s, struct cells *ret)
{
	const struct meter *m = &catalog_meters[s->meter];
	const struct service *service = &catalog_services[m->service];
	const struct region *region = &world_regions[s->region];
	const char *prefix = m->short_code ? region->short_code : region->prefix;

	cells_set(ret, FIELD_LINE_PRODUCT_CODE, service->code);
	cells_set(ret, FIELD_PRODUCT_NAME, service->name);
	cells_printf(
		ret, FIELD_LINE_USAGE_TYPE, "%s%s", m->global ? "" : prefix, m->usage);
	cells_set(ret, FIELD_PRODUCT_USAGETYPE, ret->text[FIELD_LINE_USAGE_TYPE]);
	cells_set(ret, FIELD_LINE_OPERATION, m->operation);
	cells_set(ret, FIELD_PRODUCT_OPERATION, m->operation);
	cells_set(ret, FIELD_PRODUCT_FAMILY, m->family);
	cells_set(ret, FIELD_PRODUCT_SERVICECODE,
		m->servicecode ? m->servicecode : service->code);
	cells_set(ret, FIELD_PRODUCT_SERVICENAME,
		m->servicecode ? "AWS Data Transfer" : service->name);
	if (m->detail_field != FIELD_COUNT)
		cells_set(ret, m->detail_field, m->detail);
	fill_place(s, m, ret);
	fill_instance(m, ret);
	fill_price(f, s, m, ret);
	fill_description(s, m, ret);
}

/* The pattern's part after the account. */
static void print_pattern(
	const struct series *s, const char *pattern, char *ret, size_t size)
{
	char hex[WORLD_HEX], uuid[WORLD_UUID];
	size_t len = 0;

	world_hex(demo_mix(s->id, 8), 16, hex);
	world_uuid(demo_mix(s->id, 8), uuid);
	for (; *pattern; pattern++) {
		const char one[] = { *pattern, '\0' };
		const char *text = *pattern == '#' ? hex
			: *pattern == '$'	   ? uuid
			: *pattern == '@'	   ? name_of(s)
						   : one;
		size_t n = strlen(text);

		if (n >= size - len)
			break;
		memcpy(ret + len, text, n);
		len += n;
	}
	ret[len] = '\0';
}

static void fill_arn(const struct filler *f, const struct series *s, struct cells *r)
{
	const struct meter *m = &catalog_meters[s->meter];
	const char *bar = strchr(m->pattern, '|');
	bool has_region = m->resource == RESOURCE_ARN;
	bool has_account = m->resource != RESOURCE_S3_ARN;
	char rest[256];

	print_pattern(s, bar + 1, rest, sizeof(rest));
	cells_printf(r, FIELD_LINE_RESOURCE_ID, "arn:aws:%.*s:%s:%s:%s",
		(int)(bar - m->pattern), m->pattern,
		has_region ? world_regions[s->region].code : "",
		has_account ? f->w->accounts[s->account].id : "", rest);
}

void fill_resource(const struct filler *f, const struct series *s, struct cells *ret)
{
	char hex[WORLD_HEX];

	world_hex(demo_mix(s->id, 8), 16, hex);
	switch (catalog_meters[s->meter].resource) {
	case RESOURCE_NONE:
		break;
	case RESOURCE_INSTANCE:
		cells_printf(ret, FIELD_LINE_RESOURCE_ID, "i-0%s", hex);
		break;
	case RESOURCE_VOLUME:
		cells_printf(ret, FIELD_LINE_RESOURCE_ID, "vol-0%s", hex);
		break;
	case RESOURCE_BUCKET:
		cells_printf(ret, FIELD_LINE_RESOURCE_ID, "acme-%s-%s", name_of(s),
			f->w->accounts[s->account].id + 8);
		break;
	case RESOURCE_ARN:
	case RESOURCE_GLOBAL_ARN:
	case RESOURCE_S3_ARN:
		fill_arn(f, s, ret);
		break;
	}
}

void fill_tags(const struct filler *f, const struct series *s, struct cells *ret)
{
	const struct demo_account *account = &f->w->accounts[s->account];
	uint64_t chance = demo_mix(s->id, 9);
	uint64_t a = chance % ARRAY_LEN(teams), b = (chance >> 20) % ARRAY_LEN(teams);
	/* The smaller of two: the first teams have most. */
	uint64_t team = s->tags > 0 ? s->tags - 1 : a < b ? a : b;

	cells_set(ret, FIELD_COST_CATEGORY_BUSINESS_UNIT,
		units[s->account % ARRAY_LEN(units)]);
	cells_set(ret, FIELD_COST_CATEGORY_ENVIRONMENT,
		strncmp(account->name, "prod", 4) == 0 ? "Production" : "Other");
	if (!ret->text[FIELD_LINE_RESOURCE_ID] ||
		(s->tags == 0 && (chance >> 40) % 4 == 0))
		return;
	cells_set(ret, FIELD_TAG_TEAM, teams[team % ARRAY_LEN(teams)]);
	cells_set(ret, FIELD_TAG_ENVIRONMENT,
		environments[(chance >> 8) % ARRAY_LEN(environments)]);
	cells_printf(ret, FIELD_TAG_NAME, "%s-%u", name_of(s),
		(unsigned)(1 + (chance >> 12) % 9));
	if ((chance >> 44) % 2 == 0)
		cells_set(
			ret, FIELD_TAG_OWNER, owners[(chance >> 16) % ARRAY_LEN(owners)]);
	if ((chance >> 45) % 8 == 0)
		cells_set(ret, FIELD_TAG_OWNER_LOWER, "jdoe");
	if ((chance >> 48) % 4 != 0)
		cells_set(ret, FIELD_TAG_COST_CENTER,
			cost_centers[(chance >> 24) % ARRAY_LEN(cost_centers)]);
	if ((chance >> 50) % 2 == 0)
		cells_set(ret, FIELD_TAG_CREATED_BY,
			"AssumedRole:AROAEXAMPLEEXAMPLE123:jane.doe@example.com");
	else if ((chance >> 51) % 2 == 0)
		cells_printf(ret, FIELD_TAG_CREATED_BY, "Root:%s", account->id);
}
