/* A header and parts one after another: slices, or what one resource has in pieces. */
#include "fs/view/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/render.h"
#include "fs/view/lead.h"
#include "fs/view/scope.h"

enum { LINES_PIECE_MAX = 1 << 30, LINES_ID_MAX = 1 << 26 };

struct lines {
	struct month *month; /* a reference */
	bool is_pinned;
	struct held *detail; /* NULL: the parts are slices */
	uint32_t *slices;
	uint32_t slice; /* of the resource */
	struct buf id; /* as rendered */
	const struct stretch *stretches;
	size_t count; /* parts */
	uint64_t *starts; /* offset of each part, and of the end */
	uint64_t begin, end; /* of what is shown below the header, as in starts */
};

static struct lines *new_lines(const struct scope *scope, size_t count)
{
	struct lines *l = vec_alloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->starts = vec_alloc(count + 1, sizeof(*l->starts));
	l->slices = vec_alloc(count + 1, sizeof(*l->slices));
	if (!l->starts || !l->slices) {
		free(l->starts);
		free(l->slices);
		free(l);
		return NULL;
	}
	l->count = count;
	l->month = month_ref(scope->month);
	l->starts[0] = l->begin = month_header(scope->month).len;
	return l;
}

int lines_open(const struct scope *scope, struct lines **ret)
{
	struct slice_walk walk = slice_walk_start(scope, false);
	size_t count = 0;
	struct lines *l;
	uint32_t slice;

	while (slice_walk_next(&walk, &slice))
		count++;
	l = new_lines(scope, count);
	if (!l)
		return -ENOMEM;
	walk = slice_walk_start(scope, false);
	for (size_t i = 0; i < count && slice_walk_next(&walk, &slice); i++) {
		l->slices[i] = slice;
		l->starts[i + 1] = l->starts[i] + month_slice(scope->month, slice)->bytes;
	}
	l->end = l->starts[count];
	*ret = l;
	return 0;
}

/* Where the row begins, of all slices one after another; behind the last the end. */
static int find_row(const struct lines *l, uint64_t row, uint64_t *ret, struct fault *why)
{
	uint64_t offset = 0;
	size_t i = 0;
	int r = 0;

	for (; i < l->count; i++) {
		const uint64_t lines = month_slice(l->month, l->slices[i])->lines;

		if (row < lines)
			break;
		row -= lines;
	}
	if (i < l->count)
		r = month_row_offset(l->month, l->slices[i], row, &offset, why);
	if (r == 0)
		*ret = l->starts[i] + offset;
	return r;
}

int lines_open_rows(const struct scope *scope, uint64_t first, uint64_t count,
	struct lines **ret, struct fault *why)
{
	struct lines *l;
	int r = lines_open(scope, &l);

	if (r < 0)
		return r;
	r = find_row(l, first, &l->begin, why);
	if (r == 0)
		r = find_row(l, first + count, &l->end, why);
	if (r < 0)
		lines_close(l);
	else
		*ret = l;
	return r;
}

int lines_open_resource(
	const struct scope *scope, struct held *detail, struct lines **ret)
{
	const struct detail_resource resource =
		detail_resource(detail_of_held(detail), scope->resource);
	struct lines *l;
	struct span id;
	uint32_t slice;
	int r = scope_slice(scope, &slice);

	if (r < 0)
		return r;
	id = month_text(
		scope->month, month_resources(scope->month, slice)[scope->resource].id);
	l = new_lines(scope, resource.stretch_count);
	if (!l)
		return -ENOMEM;
	l->detail = held_ref(detail);
	l->slice = slice;
	l->stretches = resource.stretches;
	l->id = BUF_INIT(LINES_ID_MAX);
	r = render_cell(id, &l->id);
	if (r < 0) {
		lines_close(l);
		return -ENOMEM;
	}
	for (size_t i = 0; i < l->count; i++)
		l->starts[i + 1] = l->starts[i] + l->stretches[i].bytes;
	l->end = l->starts[l->count];
	*ret = l;
	return 0;
}

void lines_close(struct lines *l)
{
	if (!l)
		return;
	held_unref(l->detail);
	if (l->is_pinned)
		month_unpin(l->month);
	month_unref(l->month);
	buf_finish(&l->id);
	free(l->slices);
	free(l->starts);
	free(l);
}

int lines_pin(struct lines *l)
{
	int r = l->is_pinned ? 0 : month_pin(l->month);

	if (r == 0)
		l->is_pinned = true;
	return r;
}

uint64_t lines_size(const struct lines *l)
{
	return l->starts[0] + (l->end - l->begin);
}

/* The wanted bytes of what passes by. */
struct window {
	uint64_t skip; /* bytes before it */
	char *p;
	size_t len;
};

static size_t take(struct window *w, struct span bytes)
{
	size_t n;

	if (w->skip >= bytes.len) {
		w->skip -= bytes.len;
		return 0;
	}
	bytes = span_from(bytes, (size_t)w->skip);
	w->skip = 0;
	n = bytes.len < w->len ? bytes.len : w->len;
	if (n == 0)
		return 0;
	memcpy(w->p, bytes.p, n);
	w->p += n;
	w->len -= n;
	return n;
}

/* The resource's rows of one piece. */
static ssize_t take_rows(const struct lines *l, struct span rest, struct window *w)
{
	struct span id = buf_span(&l->id);
	struct lead_row row;
	size_t done = 0;
	int r = 0;

	while (w->len > 0 && (r = lead_next(&rest, LEAD_RESOURCE_ID, &row)) > 0)
		if (span_eq(row.cell[LEAD_RESOURCE_ID], id))
			done += take(w, row.line);
	return r < 0 ? r : (ssize_t)done;
}

static ssize_t read_part(
	const struct lines *l, size_t part, struct window w, struct fault *why)
{
	struct buf piece = BUF_INIT(LINES_PIECE_MAX);
	ssize_t done;

	if (!l->detail)
		return month_read(l->month, l->slices[part], w.skip, w.p, w.len, why);
	done = month_piece(l->month, l->slice, l->stretches[part].piece, &piece, why);
	if (done == 0)
		done = take_rows(l, buf_span(&piece), &w);
	buf_finish(&piece);
	return done == -EFBIG ? -ENOMEM : done;
}

/* The part that holds the offset, which is not before the first nor behind the last. */
static size_t find_part(const struct lines *l, uint64_t offset)
{
	size_t low = 0, high = l->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (l->starts[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static ssize_t read_parts(
	const struct lines *l, uint64_t offset, struct window w, struct fault *why)
{
	size_t done = 0;

	for (size_t part = find_part(l, offset); done < w.len && part < l->count;
		part++) {
		uint64_t left = l->starts[part + 1] - offset;
		size_t want = w.len - done < left ? w.len - done : (size_t)left;
		ssize_t n;

		n = read_part(l, part,
			(struct window){ offset - l->starts[part], w.p + done, want },
			why);
		if (n < 0)
			return n;
		if ((size_t)n < want)
			return fault(why, -EBADMSG,
				"reading cached rows at %" PRIu64
				": %zu bytes are missing",
				offset, want - (size_t)n);
		done += want;
		offset += want;
	}
	return (ssize_t)done;
}

ssize_t lines_read(const struct lines *l, uint64_t offset, void *bytes, size_t len,
	struct fault *why)
{
	struct window w = { .skip = offset, .p = bytes, .len = len };
	size_t done = take(&w, month_header(l->month));
	ssize_t n;

	offset += done;
	if (w.len == 0 || offset >= lines_size(l))
		return (ssize_t)done;
	if (w.len > lines_size(l) - offset)
		w.len = (size_t)(lines_size(l) - offset);
	n = read_parts(l, offset - l->starts[0] + l->begin, w, why);
	return n < 0 ? n : (ssize_t)done + n;
}
