/* Files: by name, by scope, and their bytes. */
#include "fs/view/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/view/formed.h"
#include "fs/view/kit.h"
#include "fs/view/lines.h"
#include "fs/view/rendered.h"
#include "fs/view/scope.h"

enum {
	VIEW_QUICK_WORK = 40000, /* of kit_work(): about 5 ms */
	VIEW_CHEAP_WORK = 10000, /* so little that only who opens a file has it kept */
	VIEW_PIECE = 16 * 1024, /* on the stack */
	VIEW_QUICK_FORM = 64 * 1024, /* of CSV: about 5 ms */
};
static const size_t VIEW_BYTES_MAX = (size_t)1 << 32;

struct view {
	atomic_uint refs;
	struct held *held; /* of text */
	struct span text;
	struct lines *lines; /* NULL: text is all */
};
static const char *const file_names[VIEW_FILE_COUNT] = {
	[VIEW_TOTAL] = "total.csv",
	[VIEW_BY_ACCOUNT] = "by-account.csv",
	[VIEW_BY_SERVICE] = "by-service.csv",
	[VIEW_BY_REGION] = "by-region.csv",
	[VIEW_BY_USAGE_TYPE] = "by-usage-type.csv",
	[VIEW_BY_OPERATION] = "by-operation.csv",
	[VIEW_BY_CHARGE_TYPE] = "by-charge-type.csv",
	[VIEW_BY_RESOURCE] = "by-resource.csv",
	[VIEW_DAILY] = "daily.csv",
	[VIEW_DAILY_BY_SERVICE] = "daily-by-service.csv",
	[VIEW_TAG_COVERAGE] = "tag-coverage.csv",
	[VIEW_UNTAGGED] = "untagged.csv",
	[VIEW_CREDITS] = "credits.csv",
	[VIEW_REFUNDS] = "refunds.csv",
	[VIEW_TAX] = "tax.csv",
	[VIEW_FEES] = "fees.csv",
	[VIEW_MARKETPLACE] = "marketplace.csv",
	[VIEW_INVOICES] = "invoices.csv",
	[VIEW_SPLIT_COSTS] = "split-costs.csv",
	[VIEW_UNCONNECTED] = "unconnected.csv",
	[VIEW_COSTS] = "costs.csv",
	[VIEW_LINES] = "lines.csv",
	[VIEW_RESOURCE_INDEX] = "index.csv",
	[VIEW_RESOURCE_SUMMARY] = "summary.csv",
	[VIEW_RESOURCE_DAILY] = "daily.csv",
};

const char *view_file_name(enum view_file file)
{
	return file_names[file];
}

static bool is_keyed(enum view_file file)
{
	return file == VIEW_BY_TAG || file == VIEW_BY_CATEGORY;
}

static bool has_parts(enum view_file file)
{
	return file == VIEW_COSTS || file == VIEW_LINES;
}

/* Wherever it stands below the scope's directory. */
static bool is_file(const struct scope *scope, enum view_file file)
{
	bool is_slice = scope->account != VIEW_ALL && scope->service != VIEW_ALL;

	if (scope->resource != VIEW_ALL)
		return file == VIEW_LINES || file == VIEW_RESOURCE_SUMMARY ||
			file == VIEW_RESOURCE_DAILY;
	if (file == VIEW_COSTS)
		return is_slice;
	if (file == VIEW_LINES)
		return !is_slice;
	return kit_has(scope, file);
}

bool view_is_in(const struct scope *scope, enum view_file file)
{
	return is_file(scope, file) && !is_keyed(file) && file != VIEW_RESOURCE_INDEX;
}

static struct view *new_view(struct held *held, struct span text, struct lines *lines)
{
	struct view *v = vec_alloc(1, sizeof(*v));

	if (!v)
		return NULL;
	atomic_init(&v->refs, 1);
	v->held = held;
	v->text = text;
	v->lines = lines;
	return v;
}

void view_unref(struct view *v)
{
	if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	held_unref(v->held);
	lines_close(v->lines);
	free(v);
}

uint64_t view_size(const struct view *v)
{
	return v->lines ? lines_size(v->lines) : v->text.len;
}

ssize_t view_read(
	struct view *v, uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	struct span rest;

	if (v->lines)
		return lines_read(v->lines, offset, bytes, len, why);
	if (offset >= v->text.len || len == 0)
		return 0;
	rest = span_first(span_from(v->text, (size_t)offset), len);
	memcpy(bytes, rest.p, rest.len);
	return (ssize_t)rest.len;
}

/* Takes what was rendered, and returns a reference to it. */
static int keep(struct view_cache *c, const struct view_key *key, struct buf *text,
	struct held **ret)
{
	const size_t len = text->len;
	struct held *h = rendered_new(text);

	if (!h)
		return -ENOMEM;
	view_cache_put(c, key, h);
	view_cache_note_size(c, key, len);
	*ret = h;
	return 0;
}

static int render_csv(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, struct buf *ret, struct fault *why)
{
	const struct kit_wanted wanted = { .key = key, .stop = view_cache_stop_flag(c) };
	int r = kit_render(scope, &wanted, ret, why);

	return r == -EFBIG ? -ENOMEM : r;
}

/* Returns a reference. */
static int get_rendered(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct held **ret, struct fault *why)
{
	struct buf text = BUF_INIT(VIEW_BYTES_MAX);
	int r;

	*ret = view_cache_get(c, key);
	if (*ret)
		return 0;
	if (!patient && kit_work(scope, key->file) > VIEW_QUICK_WORK)
		return -EAGAIN;
	r = render_csv(c, scope, key, &text, why);
	if (r == 0)
		r = keep(c, key, &text, ret);
	buf_finish(&text);
	return r;
}

static void note_resource(struct view_cache *c, const struct scope *scope,
	enum view_file file, uint64_t size)
{
	struct view_key key = view_key_of(scope, file, 0);

	view_cache_note_size(c, &key, size);
}

static void note_detail(
	struct view_cache *c, const struct scope *scope, const struct detail *d)
{
	uint64_t header = month_header(scope->month).len;
	struct scope at = *scope;
	uint32_t count = detail_range(d, &at.resource);

	for (; count > 0; count--, at.resource++) {
		const struct detail_resource resource = detail_resource(d, at.resource);

		note_resource(c, &at, VIEW_RESOURCE_SUMMARY, resource.summary.len);
		note_resource(c, &at, VIEW_RESOURCE_DAILY, resource.daily.len);
		note_resource(c, &at, VIEW_LINES, header + resource.bytes);
	}
}

/* Returns a reference to the detail of the scope's resource. */
static int get_detail(struct view_cache *c, const struct scope *scope, bool patient,
	struct held **ret, struct fault *why)
{
	struct scope part = *scope;
	struct view_key key;
	struct detail *d;
	int r;

	part.resource /= DETAIL_RESOURCES;
	key = view_key_of(&part, VIEW_FILE_COUNT, 0);
	*ret = view_cache_get(c, &key);
	if (*ret)
		return 0;
	if (!patient)
		return -EAGAIN;
	r = detail_build(scope, view_cache_stop_flag(c), &d, why);
	if (r < 0)
		return r;
	view_cache_put(c, &key, detail_held(d));
	note_detail(c, scope, d);
	*ret = detail_held(d);
	return 0;
}

/* What is needed for the bytes: text of what is held, or lines. */
static int prepare_csv(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct view *ret, struct fault *why)
{
	struct detail_resource resource;
	int r;

	if (scope->resource == VIEW_ALL) {
		if (has_parts((enum view_file)key->file) && key->key)
			return lines_open_rows(scope,
				(uint64_t)(key->key - 1) * VIEW_PART_ROWS, VIEW_PART_ROWS,
				&ret->lines, why);
		if (has_parts((enum view_file)key->file))
			return lines_open(scope, &ret->lines);
		r = get_rendered(c, scope, key, patient, &ret->held, why);
		if (r == 0)
			ret->text = rendered_text(ret->held);
		return r;
	}
	r = get_detail(c, scope, patient, &ret->held, why);
	if (r < 0)
		return r;
	if (key->file == VIEW_LINES)
		return lines_open_resource(scope, ret->held, &ret->lines);
	resource = detail_resource(detail_of_held(ret->held), scope->resource);
	ret->text = key->file == VIEW_RESOURCE_DAILY ? resource.daily : resource.summary;
	return 0;
}

static void finish_parts(struct view *parts)
{
	held_unref(parts->held);
	lines_close(parts->lines);
}

/* Appends all rows, which are pinned for that. */
static int read_lines(struct view *from, struct buf *ret, struct fault *why)
{
	const uint64_t size = view_size(from);
	int r = lines_pin(from->lines);

	if (r == 0)
		r = buf_reserve(ret, size);
	while (r == 0 && ret->len < size) {
		char piece[VIEW_PIECE];
		ssize_t n = lines_read(from->lines, ret->len, piece, sizeof(piece), why);

		r = n > 0 ? buf_append(ret, piece, (size_t)n) : n < 0 ? (int)n : -EBADMSG;
	}
	return r;
}

/* The CSV comes first, and stays in the cache as any other. */
static int make_formed(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct buf *ret, struct fault *why)
{
	struct view_key csv = *key;
	struct view parts = { 0 };
	struct buf rows = BUF_INIT(FORMED_CSV_MAX);
	int r;

	csv.form = FORM_CSV;
	r = prepare_csv(c, scope, &csv, patient, &parts, why);
	if (r == 0 && view_size(&parts) > FORMED_CSV_MAX)
		r = formed_too_large(key, why);
	if (r == 0 && !patient && (parts.lines || parts.text.len > VIEW_QUICK_FORM))
		r = -EAGAIN;
	if (r == 0 && parts.lines) {
		r = read_lines(&parts, &rows, why);
		parts.text = buf_span(&rows);
	}
	if (r == 0) {
		const struct formed_source from = { parts.text, view_cache_stop_flag(c) };

		r = formed_render(scope, key, &from, ret, why);
	}
	buf_finish(&rows);
	finish_parts(&parts);
	return r;
}

/* Returns a reference. */
static int get_formed(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct held **ret, struct fault *why)
{
	struct buf text = BUF_INIT(FORMED_BYTES_MAX);
	int r;

	*ret = view_cache_get(c, key);
	if (*ret)
		return 0;
	r = make_formed(c, scope, key, patient, &text, why);
	if (r == 0)
		r = keep(c, key, &text, ret);
	buf_finish(&text);
	return r;
}

static int prepare(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct view *ret, struct fault *why)
{
	int r;

	if (key->form == FORM_CSV)
		return prepare_csv(c, scope, key, patient, ret, why);
	r = get_formed(c, scope, key, patient, &ret->held, why);
	if (r == 0)
		ret->text = rendered_text(ret->held);
	return r;
}

uint32_t view_part_count(const struct scope *scope)
{
	struct slice_walk walk = slice_walk_start(scope, false);
	uint64_t rows = 0;
	uint32_t slice;

	if (scope->resource != VIEW_ALL)
		return 0;
	while (slice_walk_next(&walk, &slice))
		rows += month_slice(scope->month, slice)->lines;
	return rows ? (uint32_t)((rows - 1) / VIEW_PART_ROWS) + 1 : 1;
}

static int check(
	const struct scope *scope, const struct view_name *name, struct view_key *ret)
{
	int r = scope_check(scope);

	if (r == 0 && (!is_file(scope, name->file) || !form_is_built(name->form)))
		r = -ENOENT;
	if (r == 0 && has_parts(name->file) && name->key &&
		(name->form != FORM_CSV || name->key > view_part_count(scope)))
		r = -ENOENT;
	if (r == 0) {
		*ret = view_key_of(scope, name->file,
			is_keyed(name->file) || has_parts(name->file) ? name->key : 0);
		ret->form = name->form;
	}
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int view_open(struct view_cache *c, const struct scope *scope,
	const struct view_name *name, bool patient, struct view **ret, struct fault *why)
{
	struct view parts = { 0 };
	struct view_key full = { 0 };
	struct view *v = NULL;
	int r = check(scope, name, &full);

	if (r < 0)
		return r;
	r = prepare(c, scope, &full, patient, &parts, why);
	/* Who has it open reads it to its end. */
	if (r == 0 && parts.lines)
		r = lines_pin(parts.lines);
	if (r == 0) {
		v = new_view(parts.held, parts.text, parts.lines);
		if (v) {
			*ret = v;
			return 0;
		}
		r = -ENOMEM;
	}
	finish_parts(&parts);
	return r;
}

static bool is_cheap(const struct scope *scope, const struct view_key *key)
{
	return key->form == FORM_CSV && scope->resource == VIEW_ALL &&
		key->file != VIEW_COSTS && key->file != VIEW_LINES &&
		kit_work(scope, key->file) <= VIEW_CHEAP_WORK;
}

/* Who lists a directory wants sizes alone: the bytes of all would only fill the cache. */
static int measure(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, uint64_t *ret_size, struct fault *why)
{
	struct buf text = BUF_INIT(VIEW_BYTES_MAX);
	int r = render_csv(c, scope, key, &text, why);

	if (r == 0) {
		*ret_size = text.len;
		view_cache_note_size(c, key, text.len);
	}
	buf_finish(&text);
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int view_stat(struct view_cache *c, const struct scope *scope,
	const struct view_name *name, bool patient, uint64_t *ret_size, struct fault *why)
{
	struct view parts = { 0 };
	struct view_key full = { 0 };
	int r = check(scope, name, &full);

	if (r < 0)
		return r;
	if (view_cache_size(c, &full, ret_size))
		return 0;
	if (is_cheap(scope, &full))
		return measure(c, scope, &full, ret_size, why);
	r = prepare(c, scope, &full, patient, &parts, why);
	if (r != 0)
		return r;
	*ret_size = view_size(&parts);
	finish_parts(&parts);
	view_cache_note_size(c, &full, *ret_size);
	return 0;
}
