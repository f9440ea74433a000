/* A reader that is asked for less than all. */
#include <errno.h>
#include <stdlib.h>

#include "aws/export/rowreader.h"
#include "base/vec.h"

/* No sum by account, service, region and the like depends on these. The description is
 * not among them: it tells refunds of Savings Plans from others. */
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

static void narrow_roles(struct row_reader *r, bool *wanted)
{
	for (size_t role = 0; role < ROLE_COUNT; role++) {
		uint32_t *field = &r->plan.role_field[role];

		if (*field == COLUMNS_NONE)
			continue;
		if (is_left_out[role])
			*field = COLUMNS_NONE;
		else
			wanted[*field] = true;
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

int row_reader_narrow(struct row_reader *r, struct fault *why)
{
	bool *wanted = vec_alloc(r->source->count + 1, sizeof(*wanted));
	int e;

	if (!wanted)
		return -ENOMEM;
	narrow_roles(r, wanted);
	narrow_maps(r, wanted);
	r->binding_count = 0;
	r->tags.count = r->categories.count = 0;
	r->name_tag_field = COLUMNS_NONE;
	e = cell_source_pick(r->source, wanted, why);
	free(wanted);
	return e;
}
