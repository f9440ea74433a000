#include "fs/store/gather.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/counter.h"
#include "fs/store/render.h"

enum {
	/* How often progress is told and stop is looked at. */
	ROWS_A_LOOK = 1024,
};

struct gather {
	const struct ingest_options *options;
	const struct layout *layout;
	struct builder *builder;
	struct catalog catalog;
	struct counter *counter;
	struct window *window;
	size_t hold_bytes;
	uint64_t rounded;
	/* Of the open file. */
	struct row_reader *reader;
	uint32_t chunk, share;
	bool is_by_parts, is_read;
	struct row_place part;
	uint64_t rows; /* so far */
	uint64_t bytes_told, rows_told;
};

int gather_new(const struct ingest_options *options, const struct layout *layout,
	struct builder *builder, struct data_file *file, struct gather **ret)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return -ENOMEM;
	g->options = options;
	g->layout = layout;
	g->builder = builder;
	g->hold_bytes = options->hold_bytes;
	g->window = window_new(file);
	g->counter = counter_new(&g->catalog, options->sums.dims);
	if (g->window == NULL || g->counter == NULL || catalog_init(&g->catalog) < 0) {
		gather_free(g);
		return -ENOMEM;
	}
	*ret = g;
	return 0;
}

void gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	row_reader_free(g->reader);
	window_free(g->window);
	counter_free(g->counter);
	catalog_finish(&g->catalog);
	free(g);
}

uint64_t gather_rounded(const struct gather *g)
{
	return g->rounded;
}

static int take_row(struct gather *g, const struct row *row, uint64_t number)
{
	uint32_t slice, fixed;
	int r = counter_add(g->counter, row, number, &slice);

	/* What comes added up has no text. */
	if (r < 0 || g->options->sums.dims != 0)
		return r;
	r = render_row(
		g->layout, row, g->layout->has_maps, window_text(g->window), &fixed);
	return r == 0 ? window_row(g->window, slice, fixed) : r;
}

static int hand_over(struct gather *g)
{
	int r = window_flush(g->window);

	if (r == 0)
		r = builder_add(g->builder, g->share, &g->catalog, g->window);
	counter_forget(g->counter);
	return r;
}

/* Rows of many slices in no order leave many extents. */
static size_t held(const struct gather *g)
{
	size_t extents;

	(void)window_extents(g->window, &extents);
	return catalog_memory(&g->catalog) + extents * sizeof(struct window_extent);
}

static int look_around(struct gather *g)
{
	struct build_progress *p = g->options->progress;
	uint64_t bytes = row_reader_bytes_in(g->reader);

	if (g->options->stop != NULL && atomic_load(g->options->stop))
		return -ECANCELED;
	if (p != NULL) {
		atomic_fetch_add(&p->bytes_done, bytes - g->bytes_told);
		atomic_fetch_add(&p->rows, g->rows - g->rows_told);
		g->bytes_told = bytes;
		g->rows_told = g->rows;
	}
	return held(g) > g->hold_bytes ? hand_over(g) : 0;
}

static const char *chunk_key(const struct gather *g)
{
	return g->options->delivery->files[g->chunk].key;
}

static const char *what_is_too_big(int error)
{
	return error == -ERANGE ? "the sum of costs does not fit"
				: "is more than a month can hold";
}

/* What comes added up has no row. */
static int refuse_row(const struct gather *g, int r, struct fault *why)
{
	if ((r != -ERANGE && r != -EFBIG) || g->options->sums.dims != 0)
		return r;
	return fault(why, r, "%s: row %" PRIu64 ": %s", chunk_key(g),
		counter_number(g->counter), what_is_too_big(r));
}

static int settle(struct gather *g, struct fault *why)
{
	int r = counter_flush(g->counter);

	return r < 0 ? refuse_row(g, r, why) : look_around(g);
}

static int read_rows(struct gather *g, struct fault *why)
{
	struct row row;
	uint64_t number = g->part.first_row, answers = 0;
	int r;

	while ((r = row_reader_next(g->reader, &row, why)) > 0) {
		r = take_row(g, &row, number++);
		if (r < 0)
			return refuse_row(g, r, why);
		g->rows += row.lines;
		if (++answers % ROWS_A_LOOK == 0)
			r = settle(g, why);
		if (r < 0)
			return r;
	}
	return r == 0 ? settle(g, why) : r;
}

static unsigned parts_of(unsigned dims)
{
	static const struct {
		enum dim dim;
		enum row_part part;
	} parts[] = {
		{ DIM_REGION, ROW_REGION },
		{ DIM_USAGE_TYPE, ROW_USAGE_TYPE },
		{ DIM_OPERATION, ROW_OPERATION },
		{ DIM_DAY, ROW_DAY },
		{ DIM_CHARGE, ROW_DESCRIPTION },
	};
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (dims & 1u << parts[i].dim)
			found |= parts[i].part;
	return found;
}

int gather_begin(
	struct gather *g, uint32_t chunk, struct row_parts *parts, struct fault *why)
{
	const struct object_info *file = &g->options->delivery->files[chunk];
	int r;

	g->chunk = chunk;
	g->is_by_parts = parts != NULL;
	g->is_read = false;
	g->part = (struct row_place){ 0, 2 };
	g->rows = g->bytes_told = g->rows_told = 0;
	window_part(g->window, 0);
	r = builder_share(g->builder, chunk, &g->share);
	if (r < 0)
		return r;
	if (parts != NULL)
		r = row_reader_open_parts(parts, g->layout, &g->reader, why);
	else
		r = row_reader_open(g->options->source, file, g->layout, &g->reader, why);
	if (r < 0)
		return r;
	counter_keys(g->counter, row_reader_tag_keys(g->reader),
		row_reader_category_keys(g->reader));
	if (g->options->sums.dims != 0)
		r = row_reader_narrow(g->reader,
			&(struct row_narrow){ .parts = parts_of(g->options->sums.dims),
				.account = span_of(g->options->sums.account) },
			why);
	return r;
}

/* Rows of parts that follow each other stand in one window, as those of a whole file. */
static int next_part(struct gather *g, struct fault *why)
{
	struct row_place part;
	int r = row_reader_part(g->reader, &part, why);

	if (r <= 0)
		return r;
	if (part.number != g->part.number + (g->is_read ? 1 : 0)) {
		r = window_flush(g->window);
		if (r < 0)
			return r;
		window_part(g->window, (uint32_t)part.number);
	}
	g->part = part;
	return 1;
}

int gather_part(struct gather *g, struct fault *why)
{
	int r;

	if (g->is_by_parts) {
		r = next_part(g, why);
		if (r <= 0)
			return r;
	} else if (g->is_read) {
		return 0;
	}
	g->is_read = true;
	r = read_rows(g, why);
	return r < 0 ? r : 1;
}

int gather_end(struct gather *g, int r, struct fault *why)
{
	if (r == 0)
		r = hand_over(g);
	if (r == 0 && g->options->sums.dims == 0)
		r = builder_maps(g->builder, g->share, row_reader_map_columns(g->reader));
	if (r == 0)
		g->rounded += row_reader_rounded(g->reader);
	/* What merging with the other chunks refuses has no row. */
	if ((r == -ERANGE || r == -EFBIG) && why->error == 0)
		r = fault(why, r, "%s: %s", chunk_key(g), what_is_too_big(r));
	counter_keys(g->counter, NULL, NULL);
	row_reader_free(g->reader);
	g->reader = NULL;
	return r;
}

uint64_t gather_place(const struct gather *g)
{
	return g->part.number;
}
