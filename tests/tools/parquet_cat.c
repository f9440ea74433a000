/* Prints what the reader makes of a Parquet file, for comparison with other readers; not
 * installed. Bytes over 0x7f are printed as characters of Latin-1.
 * parquet_cat [-n] [-w FETCH-BYTES] FILE [COLUMN...]
 * parquet_cat -p FILE COLUMN TEXT
 * Options stand first only: a text may begin with '-'. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/parquet/parquet.h"
#include "aws/object/folder.h"
#include "base/vec.h"

enum { COLUMNS_MAX = 65536 };

struct request {
	bool is_quiet; /* -n: only looked at */
	bool is_probe; /* -p */
	struct parquet_options options;
	char **words; /* columns, or a column and a text */
	int count;
};

static void print_text(struct span s)
{
	if (!s.p) {
		(void)fputs("null", stdout);
		return;
	}
	(void)putchar('"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			(void)printf("\\u%04x", c);
		else
			(void)putchar(c);
	}
	(void)putchar('"');
}

static void print_entries(const struct parquet_batch_column *c, uint32_t row)
{
	bool has_keys = c->keys.texts;

	if (c->nulls[row]) {
		(void)fputs("null", stdout);
		return;
	}
	(void)putchar('[');
	for (uint32_t i = c->starts[row]; i < c->starts[row + 1]; i++) {
		if (i > c->starts[row])
			(void)putchar(',');
		if (has_keys) {
			(void)putchar('[');
			print_text(parquet_cell(&c->keys, i));
			(void)putchar(',');
		}
		print_text(parquet_cell(&c->values, i));
		if (has_keys)
			(void)putchar(']');
	}
	(void)putchar(']');
}

static void print_batch(const struct parquet_batch *b, size_t columns)
{
	for (uint32_t row = 0; row < b->rows; row++) {
		(void)putchar('[');
		for (size_t i = 0; i < columns; i++) {
			const struct parquet_batch_column *c = &b->columns[i];

			if (i > 0)
				(void)putchar(',');
			if (c->starts)
				print_entries(c, row);
			else
				print_text(parquet_cell(&c->values, row));
		}
		(void)puts("]");
	}
}

static uint64_t touch(const struct parquet_cells *c, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += parquet_cell(c, i).len;
	return sum;
}

static uint64_t touch_batch(const struct parquet_batch *b, size_t columns)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < columns; i++) {
		const struct parquet_batch_column *c = &b->columns[i];
		size_t count = c->starts ? c->starts[b->rows] : b->rows;

		sum += touch(&c->values, count);
		if (c->keys.texts)
			sum += touch(&c->keys, count);
	}
	return sum;
}

static int choose_columns(struct parquet *p, const struct request *q, uint32_t *columns,
	size_t *ret_count, struct fault *why)
{
	size_t count = 0;

	for (uint32_t i = 0; i < parquet_column_count(p) && q->count == 0; i++)
		if (parquet_column(p, i)->kind != PARQUET_NESTED)
			columns[count++] = i;
	for (int i = 0; i < q->count; i++)
		if (parquet_find(p, span_of(q->words[i]), &columns[count++]) < 0)
			return fault(why, -ENOENT, "no column \"%s\"", q->words[i]);
	*ret_count = count;
	return parquet_pick(p, columns, count, why);
}

static void print_columns(struct parquet *p, const uint32_t *columns, size_t count)
{
	static const char *const kinds[] = { "cell", "list", "map", "nested" };
	static const char *const forms[] = { "text", "number", "bool", "date", "time",
		"timestamp" };

	(void)putchar('[');
	for (size_t i = 0; i < count; i++) {
		const struct parquet_column *c = parquet_column(p, columns[i]);

		(void)printf("%s[", i ? "," : "");
		print_text(c->name);
		(void)printf(",\"%s\",\"%s\"]", kinds[c->kind], forms[c->form]);
	}
	(void)puts("]");
}

static int read_all(struct parquet *p, const struct request *q, struct fault *why)
{
	uint32_t *columns = vec_alloc(COLUMNS_MAX, sizeof(*columns));
	uint64_t rows = 0, sum = 0;
	size_t count = 0;
	int r = columns ? choose_columns(p, q, columns, &count, why) : -ENOMEM;

	if (r == 0 && !q->is_quiet)
		print_columns(p, columns, count);
	for (uint32_t g = 0; g < parquet_group_count(p) && r == 0; g++) {
		struct parquet_batch b;

		r = parquet_begin(p, g, why);
		while (r == 0 && (r = parquet_next(p, &b, why)) == 1) {
			rows += b.rows;
			if (q->is_quiet)
				sum += touch_batch(&b, count);
			else
				print_batch(&b, count);
			r = 0;
		}
	}
	if (r == 0 && q->is_quiet)
		(void)printf("%" PRIu64 " rows, %zu columns, %" PRIu64
			     " bytes of text, %" PRIu64 " read, %zu held\n",
			rows, count, sum, parquet_bytes_in(p), parquet_memory_peak(p));
	free(columns);
	return r;
}

static int probe(struct parquet *p, const struct request *q, struct fault *why)
{
	uint32_t column;
	int r = q->count == 2 ? parquet_find(p, span_of(q->words[0]), &column) : -EINVAL;

	for (uint32_t g = 0; g < parquet_group_count(p) && r == 0; g++) {
		bool may_hold = false;

		r = parquet_group_may_hold(
			p, g, column, span_of(q->words[1]), &may_hold, why);
		if (r == 0)
			(void)printf("%d", may_hold);
	}
	(void)puts("");
	return r;
}

static int run(const char *path, const struct request *q, struct fault *why)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	struct object_source *s = NULL;
	struct object_info object = { .key = NULL };
	struct parquet *p = NULL;
	int r = folder ? folder_open(folder, &s, why) : -ENOMEM;

	if (r == 0)
		r = object_stat(s, slash ? slash + 1 : path, &object, why);
	if (r == 0)
		r = parquet_open(s, &object, &q->options, &p, why);
	if (r == 0)
		r = q->is_probe ? probe(p, q, why) : read_all(p, q, why);
	parquet_close(p);
	free(object.key);
	object_source_free(s);
	free(folder);
	return r;
}

int main(int argc, char **argv)
{
	struct request q = { .is_quiet = false };
	struct fault why = { 0 };
	uint64_t n;
	int c, r;

	while ((c = getopt(argc, argv, "+npw:")) != -1) {
		if (c == 'n')
			q.is_quiet = true;
		else if (c == 'p')
			q.is_probe = true;
		else if (c == 'w' && span_parse_u64(span_of(optarg), SIZE_MAX, &n) == 0)
			q.options.fetch_bytes = (size_t)n;
		else
			return 2;
	}
	if (optind >= argc)
		return 2;
	q.words = argv + optind + 1;
	q.count = argc - optind - 1;
	r = run(argv[optind], &q, &why);
	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", fault_errno_text(r), why.text);
	return r < 0 ? 1 : 0;
}
