/* The tables as files: gzip of CSV or Parquet, and a manifest for each partition. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "fs/cmd/demo/number.h"
#include "fs/cmd/demo/outfile.h"
#include "fs/cmd/demo/parquet/outtable.h"
#include "fs/cmd/demo/shipment.h"
#include "fs/cmd/demo/side.h"

enum { FILES = 2, PATH_MAX_BYTES = 8192, ROW_MAX = 64 * 1024, PAIRS_MAX = 8 };

/* One partition of a table. */
struct delivery {
	const char *directory;
	const struct demo_options *o;
	const struct world *w;
	const struct side_table *table;
	unsigned index;
	int64_t delivered;
	char partition[64];
	char execution[WORLD_UUID];
	char folder[128]; /* "" or the execution's, with its '/' */
};

static bool is_parquet(const struct delivery *d)
{
	return format_info(d->o->format)->parquet;
}

/* PREFIX/NAME/KIND/PARTITION/ */
static int append_folder(const struct delivery *d, const char *kind, struct buf *ret)
{
	return buf_appendf(ret, "%s%s%s%s/%s/%s/", d->o->prefix, *d->o->prefix ? "/" : "",
		d->o->name, d->table->suffix, kind, d->partition);
}

static int append_file(const struct delivery *d, unsigned file, struct buf *ret)
{
	int r = append_folder(d, "data", ret);

	return r < 0 ? r
		     : buf_appendf(ret, "%s%s%s-%05u%s", d->folder, d->o->name,
			       d->table->suffix, file + 1,
			       is_parquet(d) ? ".snappy.parquet" : ".csv.gz");
}

static int make_path(const struct delivery *d, const struct buf *key, struct buf *ret)
{
	char *slash;
	int r = buf_appendf(ret, "%s/%.*s", d->directory, SPAN_ARG(buf_span(key)));

	if (r < 0)
		return r;
	if (!buf_text(ret))
		return -ENOMEM;
	slash = strrchr(ret->p, '/');
	*slash = '\0';
	r = io_make_dirs(ret->p, 0755);
	*slash = '/';
	return r;
}

static int append_quoted(struct buf *ret, const char *text)
{
	int r;

	if (!strpbrk(text, ",\"\n"))
		return buf_append_text(ret, text);
	r = buf_append_byte(ret, '"');
	for (; *text && r == 0; text++) {
		if (*text == '"')
			r = buf_append_byte(ret, '"');
		if (r == 0)
			r = buf_append_byte(ret, *text);
	}
	return r < 0 ? r : buf_append_byte(ret, '"');
}

static int append_value(
	struct buf *ret, const struct outcolumn *c, const struct side_value *v)
{
	char text[NUMBER_TEXT + INSTANT_TEXT];

	if (!v->text)
		return 0;
	switch (c->kind) {
	case OUTKIND_NUMBER:
		return buf_append(ret, text, number_print(v->number, NUMBER_JAVA, text));
	case OUTKIND_MILLIS:
	case OUTKIND_INT96:
		instant_format((struct instant){ v->number }, text);
		return buf_appendf(ret, "%.*s.000Z", INSTANT_TEXT - 1, text);
	case OUTKIND_TEXT:
	case OUTKIND_TEXT_MAP:
	case OUTKIND_NUMBER_MAP:
		break;
	}
	return append_quoted(ret, v->text);
}

static int write_csv(
	const struct delivery *d, unsigned from, unsigned end, struct outfile *file)
{
	struct buf line = BUF_INIT(ROW_MAX);
	int r = 0;

	for (size_t i = 0; i < d->table->count && r == 0; i++)
		r = buf_appendf(&line, "%s%s", i ? "," : "", d->table->columns[i].name);
	for (unsigned row = from; r == 0; row++) {
		struct side_row cells = { 0 };

		r = buf_append_byte(&line, '\n');
		if (r == 0)
			r = outfile_write(file, line.p, line.len);
		if (r < 0 || row == end)
			break;
		buf_clear(&line);
		d->table->fill(d->w, d->index, row, &cells);
		for (size_t i = 0; i < d->table->count && r == 0; i++) {
			if (i > 0)
				r = buf_append_byte(&line, ',');
			if (r == 0)
				r = append_value(
					&line, &d->table->columns[i], &cells.values[i]);
		}
	}
	buf_finish(&line);
	return r;
}

static int sink(void *ctx, const void *bytes, size_t len)
{
	return outfile_write(ctx, bytes, len);
}

/* {"Team":"web","Env":"prod, \"blue\""}: texts without other escapes. The pairs point
 * into room, which has the text without them. */
static size_t parse_map(const char *json, char room[SIDE_TEXT], struct outpair *ret)
{
	struct span parts[2 * PAIRS_MAX];
	size_t count = 0, len = 0;

	for (const char *p = json; *p && count < ARRAY_LEN(parts); p++) {
		size_t start = len;

		if (*p != '"')
			continue;
		for (p++; *p != '"'; p++) {
			p += *p == '\\';
			room[len++] = *p;
		}
		parts[count++] = (struct span){ room + start, len - start };
	}
	for (size_t i = 0; i + 1 < count; i += 2)
		ret[i / 2] = (struct outpair){ .key = parts[i], .text = parts[i + 1] };
	return count / 2;
}

static void put_value(struct outtable *t, size_t column, const struct outcolumn *c,
	const struct side_value *v)
{
	struct outpair pairs[PAIRS_MAX];
	char room[SIDE_TEXT];

	if (!v->text) {
		outtable_null(t, column, 1);
		return;
	}
	switch (c->kind) {
	case OUTKIND_NUMBER:
		outtable_number(t, column, number_double(v->number), 1);
		break;
	case OUTKIND_MILLIS:
	case OUTKIND_INT96:
		outtable_millis(t, column, v->number * 1000, 1);
		break;
	case OUTKIND_TEXT:
		outtable_text(t, column, span_of(v->text), 1);
		break;
	case OUTKIND_TEXT_MAP:
	case OUTKIND_NUMBER_MAP:
		outtable_map(t, column, pairs, parse_map(v->text, room, pairs), 1);
		break;
	}
}

static int write_parquet(
	const struct delivery *d, unsigned from, unsigned end, struct outfile *file)
{
	static const struct outstyle style = { .root = "spark_schema",
		.creator = "costfs demo-export",
		.codec = SQUEEZE_SNAPPY,
		.page_rows = OUTSTYLE_PAGE_ROWS,
		.group_rows = 65536 };
	struct outtable *t = outtable_new(&style, d->table->columns, d->table->count);
	int r = t ? outtable_open(t, sink, file) : -ENOMEM;

	for (unsigned row = from; row < end && r == 0; row++) {
		struct side_row cells = { 0 };

		d->table->fill(d->w, d->index, row, &cells);
		for (size_t i = 0; i < d->table->count; i++)
			put_value(t, i, &d->table->columns[i], &cells.values[i]);
		r = outtable_rows(t, 1);
	}
	if (r == 0)
		r = outtable_close(t);
	outtable_free(t);
	return r;
}

static int write_file(const struct delivery *d, unsigned number, struct outfile *file)
{
	struct buf key = BUF_INIT(SHIPMENT_PATH_MAX), path = BUF_INIT(PATH_MAX_BYTES);
	unsigned rows = d->table->rows(d->w);
	unsigned from = rows * number / FILES, end = rows * (number + 1) / FILES;
	int r = append_file(d, number, &key);

	if (r == 0)
		r = make_path(d, &key, &path);
	if (r == 0)
		r = outfile_open(file, buf_text(&path),
			is_parquet(d) ? DEMO_PLAIN : DEMO_GZIP, "");
	if (r == 0) {
		r = is_parquet(d) ? write_parquet(d, from, end, file)
				  : write_csv(d, from, end, file);
		if (r == 0)
			r = outfile_close(file, d->delivered - 60);
		else
			outfile_abandon(file);
	}
	buf_finish(&path);
	buf_finish(&key);
	return r;
}

static const char *type_of(enum outkind kind)
{
	switch (kind) {
	case OUTKIND_NUMBER:
		return "double";
	case OUTKIND_MILLIS:
	case OUTKIND_INT96:
		return "timestamp";
	case OUTKIND_TEXT_MAP:
	case OUTKIND_NUMBER_MAP:
		return "map";
	case OUTKIND_TEXT:
		break;
	}
	return "string";
}

static int append_manifest(const struct delivery *d, struct buf *ret)
{
	int r = buf_appendf(
		ret, "{\n  \"executionId\":\"%s\",\n  \"columns\":[", d->execution);

	for (size_t i = 0; i < d->table->count && r == 0; i++)
		r = buf_appendf(ret,
			"%s{\n    \"name\":\"%s\",\n    \"type\":\"%s\"\n  }",
			i ? "," : "", d->table->columns[i].name,
			type_of(d->table->columns[i].kind));
	if (r == 0)
		r = buf_append_text(ret, "],\n  \"dataFiles\":[");
	for (unsigned i = 0; i < FILES && r == 0; i++) {
		r = buf_appendf(
			ret, "%s\n    \"s3://acme-billing-exports/", i ? "," : "");
		if (r == 0)
			r = append_file(d, i, ret);
		if (r == 0)
			r = buf_append_byte(ret, '"');
	}
	if (r == 0)
		r = buf_append_text(ret, "\n  ],\n  \"additionalOutputFiles\":[]\n}\n");
	return r;
}

/* folder: "" of the pointer, else the delivery's own. */
static int write_manifest(const struct delivery *d, const char *folder)
{
	struct buf key = BUF_INIT(SHIPMENT_PATH_MAX), path = BUF_INIT(PATH_MAX_BYTES);
	struct buf text = BUF_INIT(SHIPMENT_MANIFEST_MAX);
	int r = append_folder(d, "metadata", &key);

	if (r == 0)
		r = buf_appendf(&key, "%s%s%s-Manifest.json", folder, d->o->name,
			d->table->suffix);
	if (r == 0)
		r = make_path(d, &key, &path);
	if (r == 0)
		r = append_manifest(d, &text);
	if (r == 0)
		r = outfile_write_file(buf_text(&path), buf_span(&text), d->delivered);
	buf_finish(&text);
	buf_finish(&path);
	buf_finish(&key);
	return r;
}

static int write_delivery(struct delivery *d, struct outfile *file)
{
	char time[INSTANT_TEXT];
	int r = 0;

	world_uuid(demo_mix(d->w->seed, (uint64_t)d->delivered + d->table->count),
		d->execution);
	instant_format((struct instant){ d->delivered }, time);
	if (d->o->layout == DEMO_CREATE_NEW)
		snprintf(d->folder, sizeof(d->folder), "%.19s.000Z-%s/", time,
			d->execution);
	for (unsigned i = 0; i < FILES && r == 0; i++)
		r = write_file(d, i, file);
	if (r == 0 && d->folder[0])
		r = write_manifest(d, d->folder);
	return r < 0 ? r : write_manifest(d, "");
}

int side_write(const char *directory, const struct demo_options *o, const struct world *w)
{
	struct outfile *file = calloc(1, sizeof(*file));
	int r = file ? 0 : -ENOMEM;

	for (size_t i = 0; i < SIDE_TABLES && r == 0; i++) {
		struct delivery d = {
			.directory = directory, .o = o, .w = w, .table = &side_tables[i]
		};

		for (; r == 0 &&
			d.table->partition(w, d.index, d.partition, &d.delivered);
			d.index++)
			r = write_delivery(&d, file);
	}
	free(file);
	return r;
}
