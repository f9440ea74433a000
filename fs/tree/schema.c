/* How other programs read costs.csv and lines.csv without guessing types. */
#include <errno.h>

#include "fs/tree/inside.h"

/* Text first: an account id is no number. Then exact decimals for what is one. */
static const char duckdb[] =
	"-- Line items with exact types, for DuckDB:\n"
	"--   .read .costfs/schema/costs.duckdb.sql\n"
	"--   SELECT service, sum(unblended_cost)\n"
	"--   FROM costs('accounts/*/2026-11/services/*/costs.csv') GROUP BY ALL ORDER "
	"BY 2 DESC;\n"
	"CREATE OR REPLACE MACRO costs(files) AS TABLE\n"
	"SELECT * REPLACE (\n"
	"    CAST(usage_start AS TIMESTAMP) AS usage_start,\n"
	"    CAST(usage_end AS TIMESTAMP) AS usage_end,\n"
	"    CAST(usage_amount AS DECIMAL(38, 18)) AS usage_amount,\n"
	"    CAST(unblended_cost AS DECIMAL(38, 18)) AS unblended_cost,\n"
	"    CAST(net_unblended_cost AS DECIMAL(38, 18)) AS net_unblended_cost,\n"
	"    CAST(amortized_cost AS DECIMAL(38, 18)) AS amortized_cost,\n"
	"    CAST(net_amortized_cost AS DECIMAL(38, 18)) AS net_amortized_cost,\n"
	"    CAST(list_cost AS DECIMAL(38, 18)) AS list_cost)\n"
	"FROM read_csv(files, header = true, delim = ',', quote = '\"', escape = '\"',\n"
	"    all_varchar = true, union_by_name = true);\n";

int render_duckdb(struct buf *ret)
{
	return buf_append_text(ret, duckdb);
}

static const char *const leading[] = { "usage_start", "usage_end", "account_id",
	"service", "region", "availability_zone", "usage_type", "operation",
	"charge_type", "resource_id", "usage_amount", "usage_unit", "unblended_cost",
	"net_unblended_cost", "amortized_cost", "net_amortized_cost", "list_cost",
	"currency", "invoice_id" };
_Static_assert(ARRAY_LEN(leading) == LEAD_COUNT, "one a column");

/* Takes the next name off a header; without its quotes. */
static bool next_column(struct span *rest, struct span *ret)
{
	size_t end = span_find(*rest, ',');

	if (!rest->len)
		return false;
	if (rest->p[0] == '"') {
		struct span inner = span_from(*rest, 1);

		end = span_find(inner, '"');
		*ret = span_first(inner, end);
		*rest = span_from(inner, end + 1);
		*rest = span_from(*rest, span_find(*rest, ',') + 1);
		return true;
	}
	*ret = span_first(*rest, end);
	*rest = span_from(*rest, end + 1);
	return true;
}

static int append_type(struct buf *ret, struct span column, const char *type, bool first)
{
	int r = buf_append_text(ret, first ? "\n    " : ",\n    ");

	if (r == 0)
		r = buf_append_json(ret, column);
	return r < 0 ? r : buf_appendf(ret, ": \"%s\"", type);
}

static bool is_number(size_t column)
{
	return column == LEAD_USAGE_AMOUNT ||
		(column >= LEAD_UNBLENDED && column < LEAD_CURRENCY);
}

static int append_other(struct buf *ret, struct span header)
{
	struct span column;
	size_t at = 0;
	int r = 0;

	header = span_trim(header);
	while (r == 0 && next_column(&header, &column))
		if (at++ >= LEAD_COUNT)
			r = append_type(ret, column, "string", false);
	return r;
}

/* The other columns are those of the newest month; pandas ignores names that a file
 * lacks. */
int render_pandas(const struct known *k, struct buf *ret)
{
	const struct month *m = known_newest(k);
	bool first = true;
	int r = buf_append_text(ret,
		"{\n  \"parse_dates\": [\"usage_start\", \"usage_end\"],\n"
		"  \"dtype\": {");

	for (size_t i = LEAD_ACCOUNT_ID; i < LEAD_COUNT && r == 0; i++) {
		r = append_type(ret, span_of(leading[i]),
			is_number(i) ? "float64" : "string", first);
		first = false;
	}
	if (r == 0 && m)
		r = append_other(ret, month_header(m));
	return r < 0 ? r : buf_append_text(ret, "\n  }\n}\n");
}
