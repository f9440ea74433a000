#include "fs/finding/finding.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/finding/look.h"

typedef int region_fn(struct look *l, const struct look_region *r);
typedef int file_fn(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why);

struct rule {
	struct finding_info info;
	/* One of them. */
	region_fn *region;
	file_fn *file;
	/* What the column says: these, with their names. */
	enum threshold thresholds[4];
	size_t threshold_count;
	bool has_ports;
};

/* clang-format off */
#define USERS { { "iam", "users", false } }, 1
/* By enum finding_file. */
static const struct rule rules[FINDING_COUNT] = {
	[FINDING_ABANDONED_BUCKETS] = {
		{ "abandoned-buckets.csv", { { 0 } }, 0, true, false },
		NULL, buckets_look,
		{ THRESHOLD_ABANDONED_BUCKETS, THRESHOLD_BUCKET_TRANSFER,
			THRESHOLD_BUCKET_TIER1, THRESHOLD_BUCKET_GETS }, 4, false },
	[FINDING_ABANDONED_INSTANCES] = {
		{ "abandoned-instances.csv", { { "ec2", "instances", false } }, 1, false,
			true },
		NULL, instances_look,
		{ THRESHOLD_ABANDONED_INSTANCES, THRESHOLD_INSTANCE_CPU,
			THRESHOLD_INSTANCE_NETWORK }, 3, false },
	[FINDING_INACTIVE_USERS] = {
		{ "inactive-users.csv", USERS, false, false },
		inactive_look, NULL, { THRESHOLD_INACTIVE_USERS }, 1, false },
	[FINDING_INSECURE_SECURITY_GROUPS] = {
		{ "insecure-security-groups.csv", { { "ec2", "security-groups", false },
			{ "ec2", "network-interfaces", true } }, 2, false, false },
		groups_look, NULL, { 0 }, 0, true },
	[FINDING_OBSOLETE_IMAGES] = {
		{ "obsolete-images.csv", { { "ec2", "images", false },
			{ "ec2", "instances", false } }, 2, false, false },
		images_look, NULL, { THRESHOLD_OBSOLETE_IMAGES }, 1, false },
	[FINDING_OBSOLETE_SNAPSHOTS] = {
		{ "obsolete-snapshots.csv", { { "ec2", "snapshots", false },
			{ "ec2", "images", false }, { "ec2", "volumes", false } }, 3,
			false, false },
		snapshots_look, NULL, { THRESHOLD_OBSOLETE_SNAPSHOTS }, 1, false },
	[FINDING_PUBLIC_BUCKETS] = {
		{ "public-buckets.csv", { { "s3", "buckets", false } }, 1, false, false },
		public_look, NULL, { 0 }, 0, false },
	[FINDING_SHORT_LIVED_INSTANCES] = {
		{ "short-lived-instances.csv", { { 0 } }, 0, true, false },
		NULL, short_look, { THRESHOLD_SHORT_LIVED, THRESHOLD_SHORT_LIFE }, 2,
		false },
	[FINDING_UNATTACHED_VOLUMES] = {
		{ "unattached-volumes.csv", { { "ec2", "volumes", false } }, 1, true,
			false },
		NULL, volumes_look, { THRESHOLD_UNATTACHED_VOLUMES }, 1, false },
	[FINDING_UNUSED_ADDRESSES] = {
		{ "unused-addresses.csv", { { "ec2", "addresses", false } }, 1, true,
			false },
		NULL, addresses_look, { THRESHOLD_UNUSED_ADDRESSES }, 1, false },
	[FINDING_UNUSED_CONSOLE_ACCESS] = {
		{ "unused-console-access.csv", USERS, false, false },
		console_look, NULL, { THRESHOLD_UNUSED_CONSOLE }, 1, false },
};
/* clang-format on */

const struct finding_info *finding_info(enum finding_file file)
{
	return &rules[file].info;
}

int finding_find(struct span name, enum finding_file *ret)
{
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		if (!span_eq(name, span_of(rules[i].info.name)))
			continue;
		*ret = (enum finding_file)i;
		return 0;
	}
	return -ENOENT;
}

size_t finding_kind_number(enum finding_file file, size_t i)
{
	const struct finding_kind *kind = &rules[file].info.kinds[i];
	size_t number = 0;
	int r = resource_kind_find(span_of(kind->service), span_of(kind->type), &number);

	assert(r == 0);
	return r == 0 ? number : 0;
}

/* What is looked at, region by region. */
struct regions {
	struct look_region *items; /* those that all is there of */
	size_t count;
	size_t all;
	size_t counts[FINDING_KINDS]; /* resources in them */
	bool is_listed[FINDING_KINDS]; /* in any of them */
	struct instant as_of; /* of the oldest listing */
};

static const char *region_name(const char *region)
{
	return region[0] ? region : "global";
}

static int compare_entries(const void *left, const void *right)
{
	const struct finding_inventory *a = left, *b = right;
	int order = strcmp(a->region, b->region);

	return order ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

/* Those of the file's kinds, by region. */
static int sort_entries(enum finding_file file, const struct finding_input *in,
	struct finding_inventory **ret, size_t *ret_count)
{
	const struct finding_info *info = finding_info(file);
	struct finding_inventory *list =
		vec_alloc(in->inventory_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < in->inventory_count; i++)
		for (size_t k = 0; k < info->kind_count; k++)
			if (in->inventories[i].kind == finding_kind_number(file, k))
				list[count++] = in->inventories[i];
	qsort(list, count, sizeof(*list), compare_entries);
	*ret = list;
	*ret_count = count;
	return 0;
}

/* The entry of a kind among those of one region; NULL. */
static const struct finding_inventory *entry_of(
	const struct finding_inventory *entries, size_t count, size_t kind)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == kind)
			return &entries[i];
	return NULL;
}

static void count_region(
	struct regions *regions, const struct look_region *r, size_t kind_count)
{
	regions->items[regions->count++] = *r;
	for (size_t k = 0; k < kind_count; k++) {
		const struct inventory *v = r->inventories[k];

		if (!v)
			continue;
		regions->is_listed[k] = true;
		regions->counts[k] += inventory_count(v);
		if (regions->as_of.seconds == INSTANT_NONE ||
			inventory_time(v).seconds < regions->as_of.seconds)
			regions->as_of = inventory_time(v);
	}
}

/* A row for each kind that is not there, if it has to be. */
static int take_region(struct look *l, enum finding_file file,
	const struct finding_inventory *entries, size_t count, struct regions *regions)
{
	struct look_region r = { .name = region_name(entries[0].region) };
	bool is_whole = true;
	int e = 0;

	regions->all++;
	for (size_t k = 0; e == 0 && k < l->info->kind_count; k++) {
		const struct finding_inventory *entry =
			entry_of(entries, count, finding_kind_number(file, k));
		const struct finding_kind *kind = &l->info->kinds[k];
		char text[128];

		r.inventories[k] = entry ? entry->inventory : NULL;
		if (r.inventories[k] || kind->is_extra)
			continue;
		is_whole = false;
		(void)snprintf(text, sizeof(text), "%s %s have not been listed",
			kind->service, kind->type);
		e = look_lack(l, r.name, entry ? entry->why : NULL, text);
	}
	if (e == 0 && is_whole)
		count_region(regions, &r, l->info->kind_count);
	return e;
}

static int take_regions(struct look *l, enum finding_file file, struct regions *ret)
{
	struct finding_inventory *entries = NULL;
	size_t count = 0, end;
	int e = sort_entries(file, l->in, &entries, &count);

	if (e == 0) {
		ret->items = vec_alloc(count + 1, sizeof(*ret->items));
		e = ret->items ? 0 : -ENOMEM;
	}
	for (size_t i = 0; e == 0 && i < count; i = end) {
		end = i + 1;
		while (end < count && strcmp(entries[end].region, entries[i].region) == 0)
			end++;
		e = take_region(l, file, &entries[i], end - i, ret);
	}
	if (e == 0 && count == 0 && l->info->kind_count)
		e = look_lack(l, NULL, l->in->inventory_why,
			"the account's resources have not been listed");
	free(entries);
	return e;
}

static int put_kind(
	const struct look *l, const struct regions *regions, size_t k, struct buf *ret)
{
	int e;

	if (l->info->kinds[k].is_extra && !regions->is_listed[k])
		return 0;
	e = buf_appendf(ret, "%s%zu ", ret->len ? "; " : "", regions->counts[k]);

	for (const char *p = l->info->kinds[k].type; e == 0 && *p; p++)
		e = buf_append_byte(ret, *p == '-' ? ' ' : *p);
	return e;
}

static int put_bill(const struct look *l, struct buf *ret)
{
	char first[DAY_TEXT], last[DAY_TEXT];

	if (l->bill.lack)
		return buf_appendf(ret, "%sno bill", ret->len ? "; " : "");
	day_format(l->bill.first, first);
	day_format(l->bill.last, last);
	return buf_appendf(ret, "%sbill of %.*s to %.*s", ret->len ? "; " : "", DAY_TEXT,
		first, DAY_TEXT, last);
}

/* The kinds of a file are all of regions, or all global. */
static bool is_regional(const struct finding_info *info)
{
	size_t number;

	return info->kind_count &&
		resource_kind_find(span_of(info->kinds[0].service),
			span_of(info->kinds[0].type), &number) == 0 &&
		!resource_kind_at(number)->is_global;
}

/* "12 volumes in 2 of 3 regions; bill of 2026-10-01 to 2026-11-23" */
static int put_checked(
	const struct look *l, const struct regions *regions, struct buf *ret)
{
	int e = 0;

	for (size_t k = 0; e == 0 && k < l->info->kind_count; k++)
		e = put_kind(l, regions, k, ret);
	if (e == 0 && is_regional(l->info))
		e = buf_appendf(
			ret, " in %zu of %zu regions", regions->count, regions->all);
	if (e == 0 && l->counted_as)
		e = buf_appendf(ret, "%zu %s", l->counted, l->counted_as);
	if (e == 0 && l->info->needs_metrics)
		e = l->in->has_metrics
			? buf_appendf(ret, "; metrics of %zu", l->in->metric_count)
			: buf_append_text(ret, "; no metrics");
	return e < 0 ? e : put_bill(l, ret);
}

/* "1d", "7d; transfer 1G; ..." */
static int put_thresholds(const struct rule *rule, const struct look *l, struct buf *ret)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < rule->threshold_count; i++) {
		const char *name = threshold_name(rule->thresholds[i]);
		const char *part = strchr(name, '.');

		if (i > 0)
			e = buf_append_text(ret, "; ");
		if (e == 0 && part)
			e = buf_appendf(ret, "%s ", part + 1);
		if (e == 0)
			e = threshold_print(&l->thresholds, rule->thresholds[i], ret);
	}
	if (e == 0 && rule->has_ports)
		e = buf_append_text(ret, "tcp ");
	if (e == 0 && rule->has_ports)
		e = threshold_print_ports(&l->thresholds, ' ', ret);
	return e;
}

static struct instant as_of(const struct look *l, const struct regions *regions)
{
	if (l->info->kind_count || l->bill.lack)
		return regions->as_of;
	return month_facts(l->bill.months[BILL_NEWEST])->as_of;
}

static int print(const struct rule *rule, struct look *l, const struct regions *regions,
	struct buf *ret)
{
	enum { TEXT_MAX = 4096 };
	struct buf checked = BUF_INIT(TEXT_MAX), threshold = BUF_INIT(TEXT_MAX);
	int e = put_checked(l, regions, &checked);

	if (e == 0)
		e = put_thresholds(rule, l, &threshold);
	if (e == 0 && report_count(l->report) == 0) {
		const struct report_item none = { .status = REPORT_NONE,
			.why = SPAN("nothing was found") };

		e = report_add(l->report, &none);
	}
	if (e == 0) {
		const struct report_frame frame = { buf_span(&checked), as_of(l, regions),
			buf_span(&threshold) };

		e = report_print(l->report, &frame, &l->bill, ret);
	}
	buf_finish(&checked);
	buf_finish(&threshold);
	return e;
}

static int look_at(const struct rule *rule, struct look *l, const struct regions *regions,
	struct fault *why)
{
	int e = 0;

	if (rule->file)
		return rule->file(l, regions->items, regions->count, why);
	for (size_t i = 0; e == 0 && i < regions->count; i++)
		e = rule->region(l, &regions->items[i]);
	return e;
}

int finding_render(enum finding_file file, const struct finding_input *in,
	struct buf *ret, struct fault *why)
{
	const struct rule *rule = &rules[file];
	struct look l = { .in = in,
		.info = &rule->info,
		.thresholds = in->thresholds ? *in->thresholds : thresholds_default(),
		.bill = bill_of(in),
		.report = report_new(),
		.note = BUF_INIT(LOOK_NOTE_BYTES) };
	struct regions regions = { .as_of = { INSTANT_NONE } };
	size_t before = ret->len;
	int e = l.report ? take_regions(&l, file, &regions) : -ENOMEM;

	if (e == 0)
		e = look_at(rule, &l, &regions, why);
	if (e == 0)
		e = print(rule, &l, &regions, ret);
	if (e < 0)
		buf_truncate(ret, before);
	if (e == -EFBIG)
		e = fault(why, e, "%s: more rows than can be shown", rule->info.name);
	else if (e == -ERANGE)
		e = fault(why, e, "%s: a sum is too large", rule->info.name);
	buf_finish(&l.note);
	report_free(l.report);
	free(regions.items);
	return e;
}
