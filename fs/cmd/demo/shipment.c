/* The layouts of legacy reports ("report versions") and of Data Exports ("export
 * delivery"). */
#include "fs/cmd/demo/shipment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/cmd/demo/sheet.h"

static const char bucket[] = "acme-billing-exports";

enum { DAY_SECONDS = 86400, OLDER_SECONDS = 8 * 3600 };

/* "20261123T040211Z", or "2026-11-23T04:02:11.356Z" and the execution's id. */
static void make_id(struct shipment *d)
{
	int64_t at = d->plan.period.delivered;
	char text[INSTANT_TEXT];

	instant_format((struct instant){ at }, text);
	if (d->format->family != FORMAT_LEGACY)
		(void)snprintf(d->id, sizeof(d->id), "%.19s.%03uZ-%s", text,
			(unsigned)(demo_mix(d->w->seed, (uint64_t)at) % 1000),
			d->execution);
	else
		(void)snprintf(d->id, sizeof(d->id), "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text,
			text + 5, text + 8, text + 11, text + 14, text + 17);
}

int shipment_make(const struct demo_options *o, const struct world *w, unsigned period,
	uint64_t rows, bool superseded, struct shipment *ret)
{
	struct shipment d = {
		.o = o, .format = format_info(o->format), .w = w, .superseded = superseded
	};
	uint64_t chunks = (rows + o->rows_per_chunk - 1) / o->rows_per_chunk;
	int r = demo_plan_make(w, period, rows, &d.plan);

	if (r < 0)
		return r;
	if (chunks < 2)
		chunks = rows >= 2 ? 2 : 1;
	d.chunks = (unsigned)chunks;
	if (superseded)
		d.plan.period.delivered -= OLDER_SECONDS;
	world_uuid(demo_mix(w->seed, (uint64_t)d.plan.period.delivered), d.execution);
	make_id(&d);
	demo_columns_of(o->format, !d.plan.period.has_plans, &d.columns);
	*ret = d;
	return 0;
}

void shipment_finish(struct shipment *d)
{
	demo_plan_finish(&d->plan);
}

uint64_t shipment_chunk_start(const struct shipment *d, unsigned chunk)
{
	/* rows <= 10^9 and chunks < 2^32: no overflow. */
	return d->plan.rows * chunk / d->chunks;
}

bool shipment_has_milliseconds(const struct shipment *d)
{
	return d->format->family != FORMAT_LEGACY || !d->plan.period.has_plans;
}

bool shipment_is_athena(const struct shipment *d)
{
	return d->o->format == DEMO_LEGACY_PARQUET && d->o->layout == DEMO_OVERWRITE;
}

static void range_text(const struct period *p, char ret[18])
{
	char start[DAY_TEXT], end[DAY_TEXT];

	day_format((struct day){ (int32_t)(p->start / DAY_SECONDS) }, start);
	day_format((struct day){ (int32_t)(p->end / DAY_SECONDS) }, end);
	(void)snprintf(ret, 18, "%.4s%.2s%.2s-%.4s%.2s%.2s", start, start + 5, start + 8,
		end, end + 5, end + 8);
}

int shipment_folder(const struct shipment *d, const char *part, struct buf *ret)
{
	const struct demo_options *o = d->o;
	const char *slash = *o->prefix ? "/" : "";
	char range[18], month[MONTH_TEXT];

	if (d->format->family != FORMAT_LEGACY) {
		month_format(d->plan.period.month, month);
		return buf_appendf(ret, "%s%s%s/%s/%s=%.7s/", o->prefix, slash, o->name,
			part,
			d->format->family == FORMAT_FOCUS ? "billing_period"
							  : "BILLING_PERIOD",
			month);
	}
	range_text(&d->plan.period, range);
	return buf_appendf(ret, "%s%s%s/%s/", o->prefix, slash, o->name, range);
}

/* PREFIX/NAME/NAME/year=2026/month=1/ */
static int athena_folder(const struct shipment *d, struct buf *ret)
{
	const struct demo_options *o = d->o;
	int32_t month = d->plan.period.month.number;

	return buf_appendf(ret, "%s%s%s/%s/year=%d/month=%d/", o->prefix,
		*o->prefix ? "/" : "", o->name, o->name, month / 12, month % 12 + 1);
}

int shipment_chunk_key(const struct shipment *d, unsigned chunk, struct buf *ret)
{
	static const char *const suffixes[] = {
		[DEMO_GZIP] = ".csv.gz", [DEMO_ZIP] = ".csv.zip", [DEMO_PLAIN] = ".csv"
	};
	const char *suffix =
		d->format->parquet ? ".snappy.parquet" : suffixes[d->o->compression];
	int r = shipment_is_athena(d) ? athena_folder(d, ret)
				      : shipment_folder(d, "data", ret);

	if (r == 0 && d->o->layout == DEMO_CREATE_NEW)
		r = buf_appendf(ret, "%s/", d->id);
	if (r == 0)
		r = buf_appendf(ret, "%s-%05u%s", d->o->name, chunk + 1, suffix);
	return r;
}

int shipment_pointer_key(const struct shipment *d, struct buf *ret)
{
	int r;

	if (d->superseded)
		return 0;
	r = shipment_folder(d, "metadata", ret);
	if (r == 0)
		r = buf_appendf(ret, "%s-Manifest.json", d->o->name);
	return r < 0 ? r : 1;
}

int shipment_copy_key(const struct shipment *d, struct buf *ret)
{
	int r;

	if (d->o->layout == DEMO_OVERWRITE)
		return 0;
	r = shipment_folder(d, "metadata", ret);
	if (r == 0)
		r = buf_appendf(ret, "%s/%s-Manifest.json", d->id, d->o->name);
	return r < 0 ? r : 1;
}

/* Legacy reports for Athena name their columns as Athena does. */
static int append_table_columns(const struct shipment *d, struct buf *ret)
{
	struct sheet_columns columns;
	int r = 0;

	sheet_columns(d->o->format, &d->columns, &columns);
	for (size_t i = 0; i < columns.count && r == 0; i++) {
		const struct field_name *f = &field_names[columns.items[i].field];

		r = buf_appendf(ret,
			"{\n    \"category\":\"%s\",\n    \"name\":\"%s\",\n"
			"    \"type\":\"%s\"\n  }%s",
			f->category, columns.items[i].name,
			f->type == FIELD_TYPE_NUMBER	     ? "DOUBLE"
				: f->type == FIELD_TYPE_TIME ? "TIMESTAMP"
							     : "STRING",
			i + 1 < columns.count ? "," : "");
	}
	return r;
}

static int append_columns(const struct shipment *d, struct buf *ret)
{
	static const char *const legacy[] = { [FIELD_TYPE_TEXT] = "OptionalString",
		[FIELD_TYPE_NUMBER] = "OptionalBigDecimal",
		[FIELD_TYPE_TIME] = "DateTime",
		[FIELD_TYPE_INTERVAL] = "Interval",
		[FIELD_TYPE_MAP] = "OptionalString" };
	static const char *const data[] = { [FIELD_TYPE_TEXT] = "string",
		[FIELD_TYPE_NUMBER] = "double",
		[FIELD_TYPE_TIME] = "timestamp",
		[FIELD_TYPE_INTERVAL] = "string",
		[FIELD_TYPE_MAP] = "map" };
	int r = 0;

	if (d->o->format == DEMO_LEGACY_PARQUET)
		return append_table_columns(d, ret);
	for (size_t i = 0; i < d->columns.count && r == 0; i++) {
		const struct field_name *f = &field_names[d->columns.fields[i]];
		const char *comma = i + 1 < d->columns.count ? "," : "";

		if (d->format->family != FORMAT_LEGACY)
			r = buf_appendf(ret,
				"{\n    \"name\":\"%s\",\n    \"type\":\"%s\"\n  }%s",
				f->key, data[f->type], comma);
		else
			r = buf_appendf(ret,
				"{\n    \"category\":\"%s\",\n    \"name\":\"%s\",\n"
				"    \"type\":\"%s\"\n  }%s",
				f->category, f->name, legacy[f->type], comma);
	}
	return r;
}

static int append_files(const struct shipment *d, const char *front, struct buf *ret)
{
	int r = 0;

	for (unsigned i = 0; i < d->chunks && r == 0; i++) {
		r = buf_appendf(ret, "%s\n    \"%s", i > 0 ? "," : "", front);
		if (r == 0)
			r = shipment_chunk_key(d, i, ret);
		if (r == 0)
			r = buf_append_byte(ret, '"');
	}
	return r;
}

static int manifest_data(const struct shipment *d, struct buf *ret)
{
	char uuid[WORLD_UUID], front[64];
	int r;

	world_uuid(demo_mix(d->w->seed, 31), uuid);
	(void)snprintf(front, sizeof(front), "s3://%s/", bucket);
	r = buf_appendf(ret,
		"{\n  \"executionId\":\"%s\",\n"
		"  "
		"\"exportArn\":\"arn:aws:bcm-data-exports:us-east-1:%s:export/%s-%s\",\n"
		"  \"columns\":[",
		d->execution, d->w->accounts[0].id, d->o->name, uuid);
	if (r == 0)
		r = append_columns(d, ret);
	if (r == 0)
		r = buf_append_text(ret, "],\n  \"dataFiles\":[");
	if (r == 0)
		r = append_files(d, front, ret);
	if (r == 0)
		r = buf_append_text(ret, "\n  ],\n  \"additionalOutputFiles\":[]\n}\n");
	return r;
}

static int manifest_legacy(const struct shipment *d, struct buf *ret)
{
	static const char *const compressions[] = {
		[DEMO_GZIP] = "GZIP", [DEMO_ZIP] = "ZIP", [DEMO_PLAIN] = "NONE"
	};
	bool parquet = d->format->parquet;
	char report[WORLD_HEX], more[WORLD_HEX], range[18];
	int r;

	world_hex(demo_mix(d->w->seed, 32), 32, report);
	world_hex(demo_mix(d->w->seed, 33), 32, more);
	range_text(&d->plan.period, range);
	r = buf_appendf(ret,
		"{\n  \"assemblyId\":\"%s\",\n  \"account\":\"%s\",\n  \"columns\":[",
		d->id, d->w->accounts[0].id);
	if (r == 0)
		r = append_columns(d, ret);
	if (r == 0)
		r = buf_appendf(ret,
			"],\n  \"charset\":\"UTF-8\",\n  \"compression\":\"%s\",\n"
			"  \"contentType\":\"%s\",\n  \"reportId\":\"%s%s\",\n"
			"  \"reportName\":\"%s\",\n  \"billingPeriod\":{\n"
			"    \"start\":\"%.8sT000000.000Z\",\n    "
			"\"end\":\"%.8sT000000.000Z\"\n"
			"  },\n  \"bucket\":\"%s\",\n  \"reportKeys\":[",
			parquet ? "Parquet" : compressions[d->o->compression],
			parquet ? "Parquet" : "text/csv", report, more, d->o->name, range,
			range + 9, bucket);
	if (r == 0)
		r = append_files(d, "", ret);
	if (r == 0)
		r = buf_append_text(ret, "\n  ],\n  \"additionalArtifactKeys\":[]\n}\n");
	return r;
}

int shipment_manifest(const struct shipment *d, struct buf *ret)
{
	return d->format->family != FORMAT_LEGACY ? manifest_data(d, ret)
						  : manifest_legacy(d, ret);
}
