/* Any text as an export: a layout and rows come out of it, or a refusal that says why. */
#include "aws/export/row.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tests/fuzz/target.h"

struct fuzz_source {
	struct object_source base;
	struct span text;
};

static ssize_t fuzz_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	const struct fuzz_source *f = (const struct fuzz_source *)(const void *)s;
	struct span text = span_first(span_from(f->text, (size_t)offset), len);

	(void)object;
	(void)why;
	if (text.len > 0)
		memcpy(bytes, text.p, text.len);
	return (ssize_t)text.len;
}

static void check_layout(const struct layout *l)
{
	struct intern *names = intern_new();
	bool tail = false;
	uint32_t id;

	assert(names && l->count <= LAYOUT_COLUMNS_MAX);
	assert(l->table == TABLE_LEGACY || l->table == TABLE_CUR2 ||
		l->table == TABLE_FOCUS);
	for (size_t i = 0; i < l->count; i++) {
		assert(l->columns[i].name[0] != '\0');
		assert(intern_add(names, span_of(l->columns[i].name), &id) == 0);
		assert(id == i);
		assert(l->columns[i].tail || !tail);
		tail = l->columns[i].tail;
	}
	intern_free(names);
}

/* Each key at most once, each value something. */
static void check_pairs(
	const struct row_pair *pairs, size_t count, const struct intern *keys)
{
	for (size_t i = 0; i < count; i++) {
		assert(pairs[i].key < intern_count(keys));
		assert(pairs[i].value.len > 0);
		for (size_t k = 0; k < i && k < 64; k++)
			assert(pairs[k].key != pairs[i].key);
	}
}

/* So that a sanitizer sees each byte. */
static unsigned touch(struct span s)
{
	unsigned sum = 0;

	for (size_t i = 0; i < s.len; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

static unsigned check_row(
	const struct row_reader *r, const struct layout *l, const struct row *row)
{
	unsigned sum = touch(row->region) + touch(row->product_name) +
		touch(row->service) + touch(row->usage_type) + touch(row->charge_type) +
		touch(row->name_tag) + touch(row->description);

	assert(row->account_id.len > 0 && row->account_id.len <= 128);
	assert(row->cost_filled >> COST_COUNT == 0 &&
		row->split_filled >> SPLIT_COUNT == 0);
	assert((row->cost_filled & row->cost_lacking) == 0);
	assert(!row->is_split || (!row->cost_filled && !row->cost_lacking));
	assert(row->is_split || !row->split_filled);
	for (size_t i = 0; i < l->count; i++)
		sum += touch(row_cell(row, i).text);
	check_pairs(row->tags, row->tag_count, row_reader_tag_keys(r));
	check_pairs(row->categories, row->category_count, row_reader_category_keys(r));
	check_pairs(row->map_cells, row->map_cell_count, row_reader_map_columns(r));
	for (size_t i = 0; i < row->map_cell_count; i++)
		sum += touch(row->map_cells[i].value);
	return sum;
}

static void check_map_columns(const struct row_reader *r, const struct layout *l)
{
	const struct intern *columns = row_reader_map_columns(r);
	uint32_t id;

	for (size_t i = 0; i < l->count; i++)
		assert(intern_find(columns, span_of(l->columns[i].name), &id) == -ENOENT);
}

static bool is_known(int r)
{
	return r == 0 || r == -EBADMSG || r == -E2BIG || r == -EFBIG;
}

struct totals {
	struct money cost[COST_COUNT];
	uint64_t lines, cost_lines[COST_COUNT], lacking_lines[2];
	int64_t first, last;
	bool overflows;
};

static void add(struct totals *t, const struct row *row)
{
	t->lines += row->lines;
	for (size_t i = 0; i < COST_COUNT; i++) {
		t->cost_lines[i] += row->cost_lines[i];
		if (row->cost_filled & 1U << i)
			t->overflows |= money_add(&t->cost[i], row->cost[i]) < 0;
	}
	for (size_t i = 0; i < 2; i++)
		t->lacking_lines[i] += row->lacking_lines[i];
	if (row->usage_start.seconds == INSTANT_NONE)
		return;
	if (row->usage_start.seconds > t->last)
		t->last = row->usage_start.seconds;
	if (row->usage_first.seconds < t->first)
		t->first = row->usage_first.seconds;
}

/* What is added up on the way comes to the same. */
static void check_narrowed(struct object_source *s, const struct object_info *object,
	const struct layout *l, unsigned parts, const struct totals *whole)
{
	struct totals narrowed = { .first = INT64_MAX, .last = INSTANT_NONE };
	struct fault why = { .error = 0 };
	struct row_reader *reader;
	struct row row;
	int r = row_reader_open(s, object, l, &reader, &why);

	assert(r == 0);
	assert(row_reader_narrow(reader, &(struct row_narrow){ .parts = parts }, &why) ==
		0);
	while ((r = row_reader_next(reader, &row, &why)) > 0)
		add(&narrowed, &row);
	assert(r == 0 || r == -ERANGE);
	row_reader_free(reader);
	if (r < 0 || whole->overflows || narrowed.overflows)
		return;
	assert(narrowed.lines == whole->lines);
	for (size_t i = 0; i < COST_COUNT; i++) {
		assert(narrowed.cost_lines[i] == whole->cost_lines[i]);
		assert(money_cmp(narrowed.cost[i], whole->cost[i]) == 0);
	}
	for (size_t i = 0; i < 2; i++)
		assert(narrowed.lacking_lines[i] == whole->lacking_lines[i]);
	assert(narrowed.first == whole->first && narrowed.last == whole->last);
}

static void read_rows(struct object_source *s, const struct object_info *object,
	const struct layout *l, struct fault *why)
{
	struct totals totals = { .first = INT64_MAX, .last = INSTANT_NONE };
	unsigned sink = 0;
	struct row_reader *reader = NULL;
	struct row row;
	int r = row_reader_open(s, object, l, &reader, why);

	assert(r == 0 || why->text[0]);
	if (r < 0)
		return;
	while ((r = row_reader_next(reader, &row, why)) > 0) {
		sink += check_row(reader, l, &row);
		add(&totals, &row);
	}
	assert(is_known(r) || r == -ERANGE || r == -ENOTSUP);
	assert(r == 0 || why->text[0]);
	/* So that no compiler leaves the reads out. */
	__asm__ volatile("" : : "r"(sink));
	check_map_columns(reader, l);
	row_reader_free(reader);
	if (r < 0)
		return;
	check_narrowed(s, object, l, 0, &totals);
	check_narrowed(s, object, l, ROW_DAY | ROW_OPERATION | ROW_REGION, &totals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct object_ops ops = { .read = fuzz_read };
	static char csv[] = "fuzz.csv", parquet[] = "fuzz.parquet";
	struct fuzz_source source = {
		.base = { .ops = &ops, .name = "fuzz:" },
		.text = { size ? (const char *)data : NULL, size },
	};
	bool is_parquet = span_starts(source.text, SPAN("PAR1"));
	struct object_info object = { .key = is_parquet ? parquet : csv,
		.size_bytes = size };
	struct layout l = { .table = TABLE_UNKNOWN };
	struct fault why = { .error = 0 };
	int r = row_reader_peek(&source.base, &object, &l, &why);

	assert(is_known(r) || r == -ENOTSUP || r == -ENODATA);
	assert(r == 0 ? l.table != TABLE_UNKNOWN
		      : l.table == TABLE_UNKNOWN && why.text[0]);
	if (r == 0) {
		assert(layout_seal(&l) == 0);
		check_layout(&l);
		read_rows(&source.base, &object, &l, &why);
	}
	layout_finish(&l);
	return 0;
}
