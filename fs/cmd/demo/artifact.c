#include "fs/cmd/demo/artifact.h"

#include "fs/cmd/demo/sheet.h"

static const char status_key[] =
	"cost_and_usage_data_status/cost_and_usage_data_status.parquet";

int artifact_table_key(const struct shipment *d, struct buf *ret)
{
	int r;

	if (!shipment_is_athena(d))
		return 0;
	r = shipment_folder(d, "", ret);
	if (r == 0)
		r = buf_appendf(ret, "%s-create-table.sql", d->o->name);
	return r < 0 ? r : 1;
}

/* One for all months. */
int artifact_status_key(const struct shipment *d, struct buf *ret)
{
	int r;

	if (!shipment_is_athena(d) || !d->plan.period.open)
		return 0;
	r = buf_appendf(ret, "%s%s%s/%s", d->o->prefix, *d->o->prefix ? "/" : "",
		d->o->name, status_key);
	return r < 0 ? r : 1;
}

int artifact_table(const struct shipment *d, struct buf *ret)
{
	struct sheet_columns columns;
	int r = buf_appendf(
		ret, "CREATE EXTERNAL TABLE %s.%s(\n", d->o->name, d->o->name);

	sheet_columns(d->o->format, &d->columns, &columns);
	for (size_t i = 0; i < columns.count && r == 0; i++) {
		enum outkind kind = sheet_kind(d->o->format, columns.items[i].field);

		r = buf_appendf(ret, "\t%s %s%s\n", columns.items[i].name,
			kind == OUTKIND_NUMBER	       ? "DOUBLE"
				: kind == OUTKIND_TEXT ? "STRING"
						       : "TIMESTAMP",
			i + 1 < columns.count ? "," : "");
	}
	if (r == 0)
		r = buf_appendf(ret,
			")\n\nPARTITIONED BY (\n\tyear STRING,\n\tmonth STRING\n)\n\n"
			"ROW FORMAT SERDE "
			"'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'\n"
			"WITH  SERDEPROPERTIES (\n 'serialization.format' = '1'\n"
			") LOCATION 's3://<your bucket>/%s%s%s/%s/'\n",
			d->o->prefix, *d->o->prefix ? "/" : "", d->o->name, d->o->name);
	return r;
}

static int sink(void *ctx, const void *bytes, size_t len)
{
	return buf_append(ctx, bytes, len);
}

int artifact_status(const struct shipment *d, struct buf *ret)
{
	(void)d;
	return sheet_write_status(sink, ret);
}
