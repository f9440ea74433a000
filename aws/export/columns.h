/* What each column of a header is for: roles, families, output names. Private to
 * aws/export. */
#ifndef AWS_EXPORT_COLUMNS_H
#define AWS_EXPORT_COLUMNS_H

#include "aws/export/layout.h"
#include "base/intern.h"

enum { COLUMNS_NAME_MAX = 1024 /* bytes of a column name or a map's key */ };
#define COLUMNS_NONE UINT32_MAX /* no field, no column, no key */

/* Columns with a meaning to us. */
enum role {
	/* The leading block of costs.csv: not repeated among the other columns. */
	ROLE_USAGE_START,
	ROLE_USAGE_END,
	ROLE_ACCOUNT_ID,
	ROLE_SERVICE,
	ROLE_AVAILABILITY_ZONE,
	ROLE_USAGE_TYPE,
	ROLE_OPERATION,
	ROLE_CHARGE_TYPE,
	ROLE_RESOURCE_ID,
	ROLE_USAGE_AMOUNT,
	ROLE_USAGE_UNIT,
	ROLE_UNBLENDED,
	ROLE_NET_UNBLENDED,
	ROLE_LIST,
	ROLE_CURRENCY,
	ROLE_INVOICE_ID,
	ROLE_REGION_CODE,
	ROLE_AMORTIZED, /* FOCUS alone has it ready */
	/* In the leading block only where there is no region code. */
	ROLE_REGION,
	ROLE_ACCOUNT_NAME,
	ROLE_PRODUCT_NAME,
	ROLE_DESCRIPTION,
	ROLE_INVOICING_ENTITY,
	ROLE_BILLING_ENTITY,
	ROLE_RESERVATION_ARN,
	/* FOCUS. */
	ROLE_CHARGE_CLASS,
	ROLE_PUBLISHER,
	ROLE_RESOURCE_NAME,
	ROLE_SKU_METER,
	ROLE_PAYER_ID,
	ROLE_PAYER_NAME,
	/* Inputs of the amortized cost. */
	ROLE_RESERVATION_EFFECTIVE,
	ROLE_RESERVATION_UNUSED_UPFRONT,
	ROLE_RESERVATION_UNUSED_RECURRING,
	ROLE_PLAN_EFFECTIVE,
	ROLE_PLAN_COMMITMENT,
	ROLE_PLAN_USED,
	ROLE_NET_RESERVATION_EFFECTIVE,
	ROLE_NET_RESERVATION_UNUSED_UPFRONT,
	ROLE_NET_RESERVATION_UNUSED_RECURRING,
	ROLE_NET_PLAN_EFFECTIVE,
	/* In the order of enum split_cost. */
	ROLE_SPLIT_COST,
	ROLE_SPLIT_NET_COST,
	ROLE_SPLIT_UNUSED_COST,
	ROLE_SPLIT_NET_UNUSED_COST,
	ROLE_SPLIT_ON_DEMAND_COST,
	ROLE_COUNT, /* also: none of these */
};

/* Map columns of CUR 2.0 and FOCUS. */
enum column_map {
	MAP_RESOURCE_TAGS,
	MAP_TAGS,
	MAP_COST_CATEGORY,
	MAP_PRODUCT,
	MAP_DISCOUNT,
	MAP_FOCUS_TAGS,
	MAP_FOCUS_CATEGORIES,
	MAP_FOCUS_DISCOUNTS,
	MAP_SKU_PRICE_DETAILS,
	MAP_COUNT,
};

enum column_family { FAMILY_ORDINARY, FAMILY_TAG, FAMILY_CATEGORY, FAMILY_MAP };

struct plan_field {
	enum role role;
	enum column_family family;
	enum column_kind kind;
	bool tail;
	bool is_name_tag;
	/* False: the leading block says it all, or it is a map. */
	bool is_column;
	/* Not a column for its own sake, but one if another chunk made it one. */
	bool is_column_if_listed;
	uint32_t name; /* id in header_plan.names, COLUMNS_NONE of a map */
};

/* Of one header. Plain; zeroed = empty. */
struct header_plan {
	enum export_table table;
	struct plan_field *fields;
	size_t count;
	struct intern *names;
	uint32_t role_field[ROLE_COUNT]; /* COLUMNS_NONE: absent */
	uint32_t map_field[MAP_COUNT];
	bool has_tags;
};

/* 0; -ENOTSUP a table we do not read; -EBADMSG a column that money or accounts depend
 * on is missing, or a bound column stands twice; -E2BIG too many columns, or a name
 * over COLUMNS_NAME_MAX; -ENOMEM. ret is finished by the caller after success only. */
MUST_USE int header_plan_make(const struct span *header, size_t count, const char *name,
	struct header_plan *ret, struct fault *why);
void header_plan_finish(struct header_plan *p);
/* Valid until header_plan_finish(). */
struct span header_plan_name(const struct header_plan *p, const struct plan_field *f);

/* Of a header name in any case, '/' and '_' not minded; ROLE_COUNT: none. */
enum role role_of_header(enum export_table table, struct span header);
/* MAP_COUNT: none. */
enum column_map map_of_header(enum export_table table, struct span header);
/* As CUR 2.0 or FOCUS spells it, for messages; NULL: the table has no such column. */
const char *role_name(enum export_table table, enum role role);
struct span map_name(enum column_map map);
/* Front of the output names of the map's keys: "tag_". */
struct span map_prefix(enum column_map map);
/* Its values may be numbers, which are rendered as in columns. */
bool map_has_numbers(enum column_map map);
/* By the output name of an ordinary column. */
enum column_kind column_kind_of(enum export_table table, struct span name);

#endif
