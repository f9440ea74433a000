/* What AWS sells in the demo: services, instance types, and meters with their prices. */
#ifndef FS_CMD_DEMO_CATALOG_H
#define FS_CMD_DEMO_CATALOG_H

#include "fs/cmd/demo/field.h"

struct service {
	const char *code, *name;
};
struct instance {
	const char *type, *family, *group; /* "m5.large", "m5", "General purpose" */
	const char *vcpu, *memory, *network, *processor, *factor;
	int64_t factor_e10; /* normalization */
};
enum cadence {
	CADENCE_ALWAYS, /* each hour */
	CADENCE_OFFICE, /* ten hours a day */
	CADENCE_SPARSE, /* an hour now and then */
	CADENCE_DAILY,
	CADENCE_MONTH, /* one row */
};
enum amount {
	AMOUNT_HOUR, /* 1 */
	AMOUNT_SIZE, /* up to scale, spread over the hours of a month */
	AMOUNT_COUNT, /* a whole number up to scale */
	AMOUNT_VOLUME, /* any fraction of scale, often a tiny one */
};
enum resource_kind {
	RESOURCE_NONE,
	RESOURCE_INSTANCE, /* i-... */
	RESOURCE_VOLUME, /* vol-... */
	RESOURCE_BUCKET, /* a bare name */
	RESOURCE_ARN, /* arn:aws:SERVICE:REGION:ACCOUNT:PATTERN */
	RESOURCE_GLOBAL_ARN, /* no region */
	RESOURCE_S3_ARN, /* neither */
};
enum { METER_NO_INSTANCE = 255 };

struct meter {
	unsigned char service; /* in catalog_services */
	unsigned char instance; /* in catalog_instances */
	unsigned char weight;
	bool global; /* no region */
	bool short_code; /* the usage type begins with the newer region code */
	enum cadence cadence;
	enum amount amount;
	enum resource_kind resource;
	const char *usage, *operation, *unit, *family;
	const char *servicecode; /* NULL: the service's code */
	const char *description; /* what follows the price */
	/* ARN: "service|pattern"; '#' is a number in hex, '$' a UUID, '@' a name. */
	const char *pattern;
	int64_t price_e10; /* in us-east-1 */
	int64_t scale; /* whole units */
	enum field detail_field; /* FIELD_COUNT: none */
	const char *detail;
};

extern const struct service catalog_services[];
extern const struct instance catalog_instances[];
extern const struct meter catalog_meters[];
extern const unsigned catalog_meter_count;

/* The meter of that usage type, the service of that code; they exist. */
const struct meter *demo_meter_find(const char *usage);
const struct service *demo_service_find(const char *code);
unsigned demo_meter_pick(uint64_t chance);

#endif
