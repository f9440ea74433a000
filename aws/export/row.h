/* One line item, whatever the format it came from. */
#ifndef AWS_EXPORT_ROW_H
#define AWS_EXPORT_ROW_H

#include "aws/export/cell_source.h"
#include "aws/export/layout.h"
#include "aws/object/object.h"
#include "base/day.h"
#include "base/intern.h"
#include "base/money.h"

/* The money columns, in the order of every file. */
enum cost {
	COST_UNBLENDED,
	COST_NET_UNBLENDED,
	COST_AMORTIZED,
	COST_NET_AMORTIZED,
	COST_LIST,
	COST_COUNT,
};
/* Of a split-cost row, in the order of split-costs.csv. */
enum split_cost {
	SPLIT_COST,
	SPLIT_NET_COST,
	SPLIT_UNUSED_COST,
	SPLIT_NET_UNUSED_COST,
	SPLIT_ON_DEMAND_COST,
	SPLIT_COUNT, /* == COST_COUNT, so that tables of sums serve both */
};

/* What rows tell apart that were added up (row_reader_narrow()), bits. */
enum row_part {
	ROW_REGION = 1,
	ROW_USAGE_TYPE = 2,
	ROW_OPERATION = 4,
	ROW_DAY = 8, /* of usage_start */
	ROW_DESCRIPTION = 16,
};

/* Which of credits.csv, refunds.csv and so on a line stands in. */
enum charge_class {
	CHARGE_CREDIT,
	CHARGE_REFUND,
	CHARGE_TAX,
	CHARGE_FEE,
	CHARGE_MARKETPLACE,
	CHARGE_COUNT,
};

struct row_pair {
	uint32_t key; /* id in the reader's list */
	struct span value; /* never empty */
};

/* Fields of numbers or times, side by side. */
struct row_values {
	uint32_t field, count;
};
/* Columns of the layout that stand side by side in the source, too, all of the tail or
 * none. */
struct row_run {
	uint32_t column, field, count;
	uint32_t value_count;
	const struct row_values *values; /* of its fields; all others are texts */
};

/* Spans are valid until the next call on the reader. An empty span is null. */
struct row {
	struct instant usage_start, usage_end; /* INSTANT_NONE where empty */
	/* How the source spells times, the amount and costs; empty where none is a single
	 * cell. */
	struct span start_text, end_text, amount_text, cost_text[COST_COUNT];
	/* 1; more where rows come added up: then costs are sums, usage_start is the
	 * latest of them, usage_first the earliest (the same of one row), and cost_lines
	 * tells how many have the value, lacking_lines (amortized, net amortized) how
	 * many of cost_lacking. */
	uint64_t lines;
	struct instant usage_first;
	uint32_t cost_lines[COST_COUNT], lacking_lines[2];
	struct span account_id, account_name, service, region, availability_zone,
		usage_type, operation, charge_type, resource_id, usage_unit, currency,
		invoice_id, invoicing_entity, billing_entity, product_name, description;
	unsigned charges; /* bit 1 << enum charge_class */
	bool has_usage_amount;
	struct money usage_amount;
	/* Bit 1 << enum cost: has a value. All clear on a split-cost row. */
	unsigned cost_filled;
	/* COST_AMORTIZED / COST_NET_AMORTIZED: cannot be computed from this export (a
	 * covered row, and no column with its effective cost); such a cost is not
	 * filled. */
	unsigned cost_lacking;
	struct money cost[COST_COUNT];
	bool is_split;
	unsigned split_filled; /* bit 1 << enum split_cost */
	struct money split[SPLIT_COUNT];
	const struct cell *cells; /* as the source has them: row_cell() */
	const struct row_run *runs; /* in the layout's order; what is in none is empty */
	size_t run_count, head_run_count; /* those of the tail come last */
	size_t line_bytes; /* this and quoted as in struct cell_row */
	const uint64_t *quoted;
	const struct row_pair *tags; /* key: id in row_reader_tag_keys() */
	size_t tag_count;
	struct span name_tag; /* value of the tag Name; FOCUS: else ResourceName */
	const struct row_pair *categories; /* key: id in row_reader_category_keys() */
	size_t category_count;
	const struct row_pair *map_cells; /* key: id in row_reader_map_columns() */
	size_t map_cell_count;
};

/* Of a column of the layout. */
static inline struct cell row_cell(const struct row *row, size_t column)
{
	for (size_t i = 0; i < row->run_count; i++) {
		const struct row_run *run = &row->runs[i];

		if (column >= run->column && column - run->column < run->count)
			return row->cells[run->field + (column - run->column)];
	}
	return (struct cell){ .quoted = false };
}

struct row_reader;

/* Opens one object. layout must be sealed and hold this object's header. Borrows all
 * three until row_reader_free(). 0; -ENOMEM; what decoder_read() and
 * csv_reader_next() answer; -ESTALE when the header is no longer the one that was
 * seen. */
MUST_USE int row_reader_open(struct object_source *s, const struct object_info *object,
	const struct layout *layout, struct row_reader **ret, struct fault *why);
struct row_narrow {
	unsigned parts; /* bits of enum row_part */
	struct span
		account; /* borrowed; rows of others are passed over. Empty: none is */
};
/* Before the first row: of rows only what sums by account, service, charge type, invoice,
 * and by parts are made of is filled, and nothing else
 * is looked at: usage_end, availability_zone, resource_id, name_tag, usage_amount and
 * usage_unit, split, cells, tags, and categories are as if the object had no such column.
 * Where the format keeps columns apart, nothing else is fetched, and rows come added up,
 * in no order. 0; -ENOMEM. */
MUST_USE int row_reader_narrow(
	struct row_reader *r, const struct row_narrow *narrow, struct fault *why);
/* 1 and a row; 0 at the end of a whole object; -EBADMSG a row that cannot be read: a
 * cost that is no number, a date that is none, an account id that is not made of
 * letters, digits, '-' and '_' (1 to 64; FOCUS: any characters, 1 to 128), a map that is
 * no flat JSON object, a wrong number of fields; -ERANGE a number that does not fit;
 * -E2BIG more than LAYOUT_MAP_COLUMNS_MAX keys in the maps; further what decoder_read()
 * and csv_reader_next() answer. The text of why names object and row (the header is row
 * 1). Failure is sticky. */
MUST_USE int row_reader_next(struct row_reader *r, struct row *ret, struct fault *why);
/* Keys as users write them: without "user:" or "user_"; others as they are. */
const struct intern *row_reader_tag_keys(const struct row_reader *r);
const struct intern *row_reader_category_keys(const struct row_reader *r);
/* Output names of map columns ("tag_owner", "product_operating_system"). */
const struct intern *row_reader_map_columns(const struct row_reader *r);
/* Of the object, so far. */
uint64_t row_reader_bytes_in(const struct row_reader *r);
/* Values with more than 18 decimal places that were rounded. */
uint64_t row_reader_rounded(const struct row_reader *r);
void row_reader_free(struct row_reader *r);

/* One object for several readers, each of which gets whole rows that stand together, part
 * by part. Thread-safe but for opening and freeing. */
struct row_parts;
/* Of one part; 0: by default, 4 MiB. Reads the first part, and borrows both until
 * row_parts_free(). -EMEDIUMTYPE: it has to be read by one row_reader_open(), which says
 * what is wrong, if anything is; -ENOMEM. */
MUST_USE int row_parts_open(struct object_source *s, const struct object_info *object,
	size_t part_bytes, struct row_parts **ret);
void row_parts_free(struct row_parts *p);
/* As row_reader_open(). Borrows parts. Before the first row, and when row_reader_next()
 * answers 0, it has to be asked for a part; there is one reader a thread. */
MUST_USE int row_reader_open_parts(struct row_parts *parts, const struct layout *layout,
	struct row_reader **ret, struct fault *why);
struct row_place {
	uint64_t number; /* in the object, from 0 */
	uint64_t first_row; /* number of its first row; the header is row 1 */
};
/* 1 and the part whose rows come next; 0 all have been given out; as row_reader_next().
 * How much is in memory of an object: a part for each reader, and one record. */
MUST_USE int row_reader_part(
	struct row_reader *r, struct row_place *ret, struct fault *why);

/* Reads just the header of the object and adds it to the layout. 0; as
 * layout_add_header() and row_reader_next(); -ENODATA it is whole, and has no line. */
MUST_USE int row_reader_peek(struct object_source *s, const struct object_info *object,
	struct layout *layout, struct fault *why);

#endif
