/* The columns of a month behind the leading block of costs.csv: the union over all
 * chunks, by name, in the order of first appearance. Map columns (CUR 2.0, FOCUS) become
 * columns as their keys are met, so they are not here but in each reader's own list. */
#ifndef AWS_EXPORT_LAYOUT_H
#define AWS_EXPORT_LAYOUT_H

#include "base/fault.h"
#include "base/span.h"

enum { LAYOUT_COLUMNS_MAX = 4096, LAYOUT_MAP_COLUMNS_MAX = 16384 };

enum export_table {
	TABLE_UNKNOWN,
	TABLE_LEGACY, /* category/Name headers, or their Athena names */
	TABLE_CUR2,
	TABLE_FOCUS,
	TABLE_RECOMMENDATIONS,
	TABLE_CARBON,
};

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER, /* rendered as a plain decimal where it is one */
	COLUMN_TIME, /* rendered as YYYY-MM-DDThh:mm:ssZ where it is one */
};
struct layout_column {
	char *name; /* output name, unique within the month: snake_case of Athena and
		     * CUR 2.0, FOCUS as it spells itself, tag_KEY, cost_category_NAME;
		     * "column_17" for an empty header */
	enum column_kind kind;
	bool tail; /* long free text: stands behind the map columns */
};
/* Plain; zeroed = empty. Built by one thread, then only read. */
struct layout {
	enum export_table table;
	struct layout_column *columns; /* those with tail last */
	size_t count, cap;
	bool has_maps;
	/* What the month's export lacks altogether (no chunk has the column). */
	bool has_net, has_list, has_resources, has_tags, has_invoices;
};

/* Adds the header of one chunk. 0; -ENOTSUP a table that is not read as costs:
 * recommendations, carbon, unknown; -EBADMSG a column that money or accounts depend
 * on is missing, a bound one stands twice, or another table than the chunks before;
 * -E2BIG too many columns, or a name too long; -ENOMEM. Failure leaves l alone. name
 * is the object's, for messages. */
MUST_USE int layout_add_header(struct layout *l, const struct span *header, size_t count,
	const char *name, struct fault *why);
/* Brings the tail columns to the end; after this the layout is immutable. 0; -ENOMEM. */
MUST_USE int layout_seal(struct layout *l);
void layout_finish(struct layout *l);
/* Of the lower-cased test in the header; no failure. */
enum export_table table_of_header(const struct span *header, size_t count);
/* "lineItem/UsageType" -> "line_item_usage_type": AWS's rule for Athena. 0; -ENOMEM;
 * -EFBIG. */
struct buf;
MUST_USE int athena_name(struct span header, struct buf *ret);

#endif
