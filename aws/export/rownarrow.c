/* A reader that is asked for less than all. */
#include <errno.h>
#include <stdlib.h>

#include "aws/export/rowreader.h"
#include "base/vec.h"

/* No sum depends on these. */
static const bool is_left_out[ROLE_COUNT] = {
	[ROLE_USAGE_END] = true,
	[ROLE_AVAILABILITY_ZONE] = true,
	[ROLE_RESOURCE_ID] = true,
	[ROLE_RESOURCE_NAME] = true,
	[ROLE_USAGE_AMOUNT] = true,
	[ROLE_USAGE_UNIT] = true,
	[ROLE_SPLIT_COST] = true,
	[ROLE_SPLIT_NET_COST] = true,
	[ROLE_SPLIT_UNUSED_COST] = true,
	[ROLE_SPLIT_NET_UNUSED_COST] = true,
	[ROLE_SPLIT_ON_DEMAND_COST] = true,
};

/* In a Cost and Usage Report the operation tells shares from other rows, and the
 * description refunds of Savings Plans from others. */
static bool is_wanted(enum export_table table, enum role role, unsigned parts)
{
	switch ((int)role) {
	case ROLE_REGION:
	case ROLE_REGION_CODE:
		return (parts & ROW_REGION) != 0;
	case ROLE_USAGE_TYPE:
	case ROLE_SKU_METER:
		return (parts & ROW_USAGE_TYPE) != 0;
	case ROLE_OPERATION:
		return table != TABLE_FOCUS || (parts & ROW_OPERATION) != 0;
	case ROLE_DESCRIPTION:
		return table != TABLE_FOCUS || (parts & ROW_DESCRIPTION) != 0;
	default:
		return !is_left_out[role];
	}
}

static void narrow_roles(struct row_reader *r, unsigned parts, bool *wanted)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		uint32_t *field = &r->plan.role_field[role];

		if (*field == COLUMNS_NONE)
			continue;
		if (is_wanted(r->plan.table, (enum role)role, parts))
			wanted[*field] = true;
		else
			*field = COLUMNS_NONE;
	}
}

/* Region and name of a product may stand in its map alone. */
static void narrow_maps(struct row_reader *r, bool *wanted)
{
	for (size_t map = 0; map < MAP_COUNT; map++) {
		if (map == MAP_PRODUCT || !r->maps[map])
			continue;
		row_map_free(r->maps[map]);
		r->maps[map] = NULL;
	}
	r->has_maps = r->maps[MAP_PRODUCT] != NULL;
	if (r->has_maps)
		wanted[r->plan.map_field[MAP_PRODUCT]] = true;
}

/* FOCUS has rows of no account, which are the payer's. */
static int pass_over_others(struct row_reader *r, struct span account)
{
	static const enum role roles[] = { ROLE_ACCOUNT_ID, ROLE_PAYER_ID };
	uint32_t fields[ARRAY_LEN(roles)];
	size_t count = 0;

	r->account = account;
	if (account.len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (r->plan.role_field[roles[i]] != COLUMNS_NONE)
			fields[count++] = r->plan.role_field[roles[i]];
	return cell_source_seek(r->source, fields, count, account);
}

static int pick(
	struct row_reader *r, unsigned parts, const bool *wanted, struct fault *why)
{
	const struct row_fold_options options = { .source = r->source,
		.plan = &r->plan,
		.parts = parts,
		.has_product_map = r->has_maps };
	int e = cell_source_pick(r->source, wanted, why);

	if (e == 0 && cell_source_has_batches(r->source))
		e = row_fold_new(&options, &r->fold);
	return e;
}

int row_reader_narrow(
	struct row_reader *r, const struct row_narrow *narrow, struct fault *why)
{
	bool *wanted = vec_alloc(r->source->count + 1, sizeof(*wanted));
	int e;

	if (!wanted)
		return -ENOMEM;
	narrow_roles(r, narrow->parts, wanted);
	narrow_maps(r, wanted);
	r->run_count = 0;
	r->tags.count = r->categories.count = 0;
	r->name_tag_field = COLUMNS_NONE;
	e = pick(r, narrow->parts, wanted, why);
	if (e == 0)
		e = pass_over_others(r, narrow->account);
	free(wanted);
	return e;
}
