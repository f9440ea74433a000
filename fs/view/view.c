/* Files: by name, by scope, and their bytes. */
#include "fs/view/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/view/kit.h"
#include "fs/view/lines.h"
#include "fs/view/scope.h"

enum {
	VIEW_QUICK_WORK = 40000, /* of kit_work(): about 5 ms */
};
static const size_t VIEW_BYTES_MAX = (size_t)1 << 32;

struct view {
	atomic_uint refs;
	struct held *held; /* of text */
	struct span text;
	struct lines *lines; /* NULL: text is all */
};
/* A rendered file. */
struct rendered {
	struct held held;
	char *bytes;
	size_t len;
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

static struct span text_of(const struct held *h)
{
	const struct rendered *f = (const struct rendered *)h;

	return (struct span){ f->bytes, f->len };
}

static void free_rendered(struct held *h)
{
	struct rendered *f = (struct rendered *)h;

	free(f->bytes);
	free(f);
}

/* Takes what is in text, and gives back what it has more. NULL on no memory. */
static struct rendered *new_rendered(struct buf *text)
{
	struct rendered *f = vec_alloc(1, sizeof(*f));
	size_t len = text->len;
	char *bytes = f ? buf_take(text) : NULL, *fitting;

	if (!bytes) {
		free(f);
		return NULL;
	}
	fitting = realloc(bytes, len + 1);
	atomic_init(&f->held.refs, 1);
	f->held.free = free_rendered;
	f->held.bytes = sizeof(*f) + len + 1;
	f->bytes = fitting ? fitting : bytes;
	f->len = len;
	return f;
}

/* Returns a reference. */
static int get_rendered(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct held **ret, struct fault *why)
{
	struct buf text = BUF_INIT(VIEW_BYTES_MAX);
	struct rendered *f;
	int r;

	*ret = view_cache_get(c, key);
	if (*ret)
		return 0;
	if (!patient && kit_work(scope, key->file) > VIEW_QUICK_WORK)
		return -EAGAIN;
	r = kit_render(scope, key->file, key->key, &text, why);
	f = r < 0 ? NULL : new_rendered(&text);
	buf_finish(&text);
	if (!f)
		return r < 0 ? r : -ENOMEM;
	view_cache_put(c, key, &f->held);
	view_cache_note_size(c, key, f->len);
	*ret = &f->held;
	return 0;
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
	r = detail_build(scope, &d, why);
	if (r < 0)
		return r;
	view_cache_put(c, &key, detail_held(d));
	note_detail(c, scope, d);
	*ret = detail_held(d);
	return 0;
}

/* What is needed for the bytes: text of *ret_held, or lines. */
static int prepare(struct view_cache *c, const struct scope *scope,
	const struct view_key *key, bool patient, struct view *ret, struct fault *why)
{
	struct detail_resource resource;
	int r;

	if (scope->resource == VIEW_ALL) {
		if (key->file == VIEW_COSTS || key->file == VIEW_LINES)
			return lines_open(scope, &ret->lines);
		r = get_rendered(c, scope, key, patient, &ret->held, why);
		if (r == 0)
			ret->text = text_of(ret->held);
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

static int check(const struct scope *scope, enum view_file file, uint32_t key,
	struct view_key *ret)
{
	int r = scope_check(scope);

	if (r == 0 && !is_file(scope, file))
		r = -ENOENT;
	if (r == 0)
		*ret = view_key_of(scope, file, is_keyed(file) ? key : 0);
	return r;
}

static void finish_parts(struct view *parts)
{
	held_unref(parts->held);
	lines_close(parts->lines);
}

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int view_open(struct view_cache *c, const struct scope *scope, enum view_file file,
	uint32_t key, bool patient, struct view **ret, struct fault *why)
{
	struct view parts = { 0 };
	struct view_key full = { 0 };
	struct view *v = NULL;
	int r = check(scope, file, key, &full);

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

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int view_stat(struct view_cache *c, const struct scope *scope, enum view_file file,
	uint32_t key, bool patient, uint64_t *ret_size, struct fault *why)
{
	struct view parts = { 0 };
	struct view_key full = { 0 };
	int r = check(scope, file, key, &full);

	if (r < 0)
		return r;
	if (view_cache_size(c, &full, ret_size))
		return 0;
	r = prepare(c, scope, &full, patient, &parts, why);
	if (r != 0)
		return r;
	*ret_size = view_size(&parts);
	finish_parts(&parts);
	view_cache_note_size(c, &full, *ret_size);
	return 0;
}
