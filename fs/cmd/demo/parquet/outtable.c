#include "fs/cmd/demo/parquet/outtable.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/cmd/demo/parquet/outfooter.h"

enum {
	GROUPS_MAX = 1 << 20,
	MILLIS_DAY = 86400000,
	NANOS_MILLI = 1000000,
	JULIAN_1970 = 2440588,
	INT96_BYTES = 12,
};

struct outtable {
	struct outstyle style;
	const struct outcolumn *columns;
	size_t column_count;
	size_t *first_leaf; /* of each column */
	struct outleaf *leaves;
	struct outpath *paths;
	size_t leaf_count;
	struct outpage page;
	struct outsink sink;
	struct outgroup *groups;
	size_t group_count, groups_cap;
	uint32_t rows; /* of the group under way */
	int failed; /* sticky */
};

static bool is_map(const struct outcolumn *c)
{
	return c->kind == OUTKIND_TEXT_MAP || c->kind == OUTKIND_NUMBER_MAP;
}

static enum outleaf_type leaf_type(enum outkind kind)
{
	switch (kind) {
	case OUTKIND_TEXT:
	case OUTKIND_TEXT_MAP:
		return OUTLEAF_TEXT;
	case OUTKIND_NUMBER:
	case OUTKIND_NUMBER_MAP:
		return OUTLEAF_DOUBLE;
	case OUTKIND_MILLIS:
		return OUTLEAF_INT64;
	case OUTKIND_INT96:
		return OUTLEAF_INT96;
	}
	return OUTLEAF_TEXT;
}

static void add_leaves(struct outtable *t, size_t column)
{
	const struct outcolumn *c = &t->columns[column];
	struct outleaf leaf = { .type = leaf_type(c->kind) };
	size_t at = t->leaf_count;

	t->first_leaf[column] = at;
	if (!is_map(c)) {
		leaf.optional = !c->required;
		t->leaves[at] = leaf;
		t->paths[at] = (struct outpath){ .column = c };
		t->leaf_count++;
		return;
	}
	leaf.optional = leaf.repeated = leaf.optional_items = true;
	t->leaves[at] = (struct outleaf){
		.type = OUTLEAF_TEXT, .optional = true, .repeated = true
	};
	t->leaves[at + 1] = leaf;
	t->paths[at] = (struct outpath){ .column = c, .item = "key" };
	t->paths[at + 1] = (struct outpath){ .column = c, .item = "value" };
	t->leaf_count += 2;
}

struct outtable *outtable_new(
	const struct outstyle *style, const struct outcolumn *columns, size_t count)
{
	struct outtable *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->style = *style;
	t->columns = columns;
	t->column_count = count;
	t->first_leaf = vec_alloc(count, sizeof(*t->first_leaf));
	t->leaves = vec_alloc(2 * count, sizeof(*t->leaves));
	t->paths = vec_alloc(2 * count, sizeof(*t->paths));
	if (!t->first_leaf || !t->leaves || !t->paths) {
		outtable_free(t);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		add_leaves(t, i);
	return t;
}

static void free_groups(struct outtable *t)
{
	for (size_t g = 0; g < t->group_count; g++) {
		for (size_t i = 0; i < t->leaf_count; i++)
			outchunk_finish(&t->groups[g].chunks[i]);
		free(t->groups[g].chunks);
	}
	t->group_count = 0;
}

void outtable_free(struct outtable *t)
{
	if (!t)
		return;
	free_groups(t);
	for (size_t i = 0; i < t->leaf_count; i++)
		outleaf_finish(&t->leaves[i]);
	outpage_finish(&t->page);
	free(t->groups);
	free(t->first_leaf);
	free(t->leaves);
	free(t->paths);
	free(t);
}

int outtable_open(struct outtable *t, outsink_fn *write, void *ctx)
{
	free_groups(t);
	for (size_t i = 0; i < t->leaf_count; i++)
		outleaf_clear(&t->leaves[i]);
	t->sink = (struct outsink){ .write = write, .ctx = ctx };
	t->rows = 0;
	t->failed = outsink_write(&t->sink, SPAN("PAR1"));
	return t->failed;
}

static struct outleaf *leaf_of(struct outtable *t, size_t column)
{
	assert(column < t->column_count);
	return &t->leaves[t->first_leaf[column]];
}

static void add(struct outtable *t, struct outleaf *l, struct span value, uint32_t rows)
{
	uint32_t what;

	if (t->failed == 0)
		t->failed = outleaf_value(l, value, &what);
	if (t->failed == 0)
		t->failed = outleaf_rows(l, what, rows);
}

void outtable_text(struct outtable *t, size_t column, struct span value, uint32_t rows)
{
	assert(t->columns[column].kind == OUTKIND_TEXT);
	add(t, leaf_of(t, column), value, rows);
}

static void put_little(char *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(value >> 8 * i);
}

static struct span put_double(double value, char ret[8])
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_little(ret, bits, sizeof(bits));
	return (struct span){ ret, sizeof(bits) };
}

void outtable_number(struct outtable *t, size_t column, double value, uint32_t rows)
{
	char bytes[8];

	assert(t->columns[column].kind == OUTKIND_NUMBER);
	add(t, leaf_of(t, column), put_double(value, bytes), rows);
}

void outtable_millis(struct outtable *t, size_t column, int64_t value, uint32_t rows)
{
	char bytes[INT96_BYTES];
	int64_t day = value / MILLIS_DAY, rest = value % MILLIS_DAY;

	if (t->columns[column].kind == OUTKIND_MILLIS) {
		put_little(bytes, (uint64_t)value, 8);
		add(t, leaf_of(t, column), (struct span){ bytes, 8 }, rows);
		return;
	}
	assert(t->columns[column].kind == OUTKIND_INT96);
	if (rest < 0) {
		rest += MILLIS_DAY;
		day--;
	}
	put_little(bytes, (uint64_t)rest * NANOS_MILLI, 8);
	put_little(bytes + 8, (uint64_t)(day + JULIAN_1970), 4);
	add(t, leaf_of(t, column), (struct span){ bytes, INT96_BYTES }, rows);
}

static int add_pair(struct outleaf *leaves, const struct outpair *pair)
{
	char bytes[8];
	uint32_t key = 0, value = 0;
	int r = outleaf_value(&leaves[0], pair->key, &key);

	if (r == 0)
		r = outleaf_value(&leaves[1],
			leaves[1].type == OUTLEAF_TEXT ? pair->text
						       : put_double(pair->number, bytes),
			&value);
	if (r == 0)
		r = outleaf_item(&leaves[0], key);
	return r < 0 ? r : outleaf_item(&leaves[1], value);
}

void outtable_map(struct outtable *t, size_t column, const struct outpair *pairs,
	size_t count, uint32_t rows)
{
	struct outleaf *leaves = leaf_of(t, column);
	uint32_t lists[2] = { 0 };
	int r = t->failed;

	assert(is_map(&t->columns[column]));
	for (size_t i = 0; i < 2 && r == 0; i++)
		r = outleaf_list(&leaves[i], &lists[i]);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_pair(leaves, &pairs[i]);
	for (size_t i = 0; i < 2 && r == 0; i++)
		r = outleaf_rows(&leaves[i], lists[i], rows);
	t->failed = r;
}

void outtable_null(struct outtable *t, size_t column, uint32_t rows)
{
	struct outleaf *l = leaf_of(t, column);

	if (t->failed == 0)
		t->failed = outleaf_rows(l, OUTLEAF_NULL, rows);
	if (t->failed == 0 && l->repeated)
		t->failed = outleaf_rows(l + 1, OUTLEAF_NULL, rows);
}

uint32_t outtable_room(const struct outtable *t)
{
	return t->style.group_rows - t->rows;
}

static int write_group(struct outtable *t)
{
	struct outgroup *g;
	int r = VEC_RESERVE(&t->groups, &t->groups_cap, t->group_count + 1, GROUPS_MAX);

	if (r < 0)
		return r;
	g = &t->groups[t->group_count];
	*g = (struct outgroup){ .rows = t->rows,
		.chunks = vec_alloc(t->leaf_count, sizeof(*g->chunks)) };
	if (!g->chunks)
		return -ENOMEM;
	t->group_count++;
	for (size_t i = 0; i < t->leaf_count && r == 0; i++) {
		r = outchunk_write(
			&t->sink, &t->page, &t->leaves[i], &t->style, &g->chunks[i]);
		outleaf_clear(&t->leaves[i]);
	}
	t->rows = 0;
	return r;
}

int outtable_rows(struct outtable *t, uint32_t rows)
{
	assert(rows <= outtable_room(t));
	t->rows += rows;
	if (t->failed == 0 && t->rows == t->style.group_rows)
		t->failed = write_group(t);
	return t->failed;
}

int outtable_close(struct outtable *t)
{
	const struct outfooter f = { .style = &t->style,
		.columns = t->columns,
		.column_count = t->column_count,
		.leaves = t->leaves,
		.paths = t->paths,
		.leaf_count = t->leaf_count };
	struct outfooter whole = f;

	if (t->failed == 0 && t->rows > 0)
		t->failed = write_group(t);
	whole.groups = t->groups;
	whole.group_count = t->group_count;
	if (t->failed == 0)
		t->failed = outfooter_write(&whole, &t->sink);
	return t->failed;
}
