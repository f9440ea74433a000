/* Images and snapshots that nothing needs any more. */
#include <errno.h>

#include "base/intern.h"
#include "fs/finding/look.h"

/* By the kinds of the two files. */
enum { IMAGES, IMAGE_INSTANCES };
enum { SNAPSHOTS, SNAPSHOT_IMAGES, SNAPSHOT_VOLUMES };

/* Adds what one resource refers to. */
typedef int refer_fn(struct intern *to, const struct json *resource);

static int refer_to(struct intern *to, const struct json *object, const char *member)
{
	const char *id = json_member_text(object, member);
	uint32_t n;
	int e = id && id[0] ? intern_add(to, span_of(id), &n) : 0;

	return e == -EFBIG ? -ENOMEM : e;
}

/* AWS lists what was terminated for an hour. */
static int refer_to_image(struct intern *to, const struct json *instance)
{
	const char *state = json_member_text(json_member(instance, "State"), "Name");

	if (state && strcmp(state, "terminated") == 0)
		return 0;
	return refer_to(to, instance, "ImageId");
}

static int refer_to_snapshot(struct intern *to, const struct json *volume)
{
	return refer_to(to, volume, "SnapshotId");
}

static int refer_to_devices(struct intern *to, const struct json *image)
{
	const struct json *devices = json_member(image, "BlockDeviceMappings");
	int e = 0;

	if (!json_is_array(devices))
		return 0;
	for (const struct json *i = json_first(devices); e == 0 && i; i = json_next(i))
		e = refer_to(to, json_member(i, "Ebs"), "SnapshotId");
	return e;
}

/* All that the resources of a kind refer to. 1; 0 one cannot be read, so that nobody
 * knows what is not referred to, and there is a row that says so. */
static int refer_all(struct look *l, const struct look_region *r, size_t kind,
	refer_fn *refer, struct intern *to)
{
	const struct inventory *v = r->inventories[kind];
	int e = 1;

	for (size_t i = 0; e == 1 && i < inventory_count(v); i++) {
		struct json *json = NULL;

		e = look_json(l, r, kind, i, &json);
		if (e == 1)
			e = refer(to, json) < 0 ? -ENOMEM : 1;
		json_free(json);
	}
	return e;
}

static bool has(const struct intern *ids, struct span id)
{
	uint32_t n;

	return intern_find(ids, id, &n) == 0;
}

static int note_snapshots(struct look *l, const struct intern *snapshots)
{
	int e = look_note(l, "no instance of the region uses it");

	for (uint32_t i = 0; e == 0 && i < intern_count(snapshots); i++)
		e = look_list(l, intern_text(snapshots, i));
	return e < 0 ? e : look_list_end(l);
}

/* They are what it costs, each once. */
static int cost_snapshots(struct look *l, const struct intern *snapshots)
{
	int e = 0;

	for (uint32_t i = 0; e == 0 && i < intern_count(snapshots); i++)
		e = report_cost(l->report, intern_text(snapshots, i));
	return e;
}

/* What nothing uses, and is old enough as far as anybody knows. */
static int add_image(struct look *l, const struct look_region *r, size_t item,
	const struct json *image)
{
	struct instant created = look_created(r->inventories[IMAGES], item);
	struct instant launched = { INSTANT_NONE };
	struct intern *snapshots;
	int e;

	if (look_time(image, "LastLaunchedTime", &launched) == 1 &&
		!look_is_older(
			l, launched, l->thresholds.value[THRESHOLD_OBSOLETE_IMAGES]))
		return 0;
	snapshots = intern_new();
	e = snapshots ? refer_to_devices(snapshots, image) : -ENOMEM;
	look_forget(l);
	if (e == 0)
		e = look_note_day(l, "created", created, "nobody knows when");
	if (e == 0 && launched.seconds != INSTANT_NONE)
		e = look_note_day(l, "last launched", launched, "");
	if (e == 0)
		e = note_snapshots(l, snapshots);
	if (e == 0 && created.seconds != INSTANT_NONE)
		e = look_found(l, r, IMAGES, item, "no instance uses it");
	else if (e == 0)
		e = look_unknown(l, r, IMAGES, item, "when it was created is not known");
	if (e == 0)
		e = cost_snapshots(l, snapshots);
	intern_free(snapshots);
	return e;
}

static int judge_image(struct look *l, const struct look_region *r, size_t item,
	const struct intern *used)
{
	const struct inventory *v = r->inventories[IMAGES];
	struct instant created = look_created(v, item);
	struct json *image = NULL;
	int e;

	if (has(used, inventory_text(v, item, INVENTORY_ID)))
		return 0;
	if (created.seconds != INSTANT_NONE &&
		!look_is_older(
			l, created, l->thresholds.value[THRESHOLD_OBSOLETE_IMAGES]))
		return 0;
	e = look_json(l, r, IMAGES, item, &image);
	if (e == 1)
		e = add_image(l, r, item, image);
	json_free(image);
	return e;
}

int images_look(struct look *l, const struct look_region *r)
{
	const struct inventory *v = r->inventories[IMAGES];
	struct intern *used = intern_new();
	int e = used ? refer_all(l, r, IMAGE_INSTANCES, refer_to_image, used) : -ENOMEM;

	if (e == 1)
		e = 0;
	else
		v = NULL;
	for (size_t i = 0; e == 0 && v && i < inventory_count(v); i++)
		e = judge_image(l, r, i, used);
	intern_free(used);
	return e;
}

/* What snapshots are needed by. */
struct needs {
	struct intern *images; /* snapshots that images are made of */
	struct intern *volumes; /* snapshots that volumes were made of */
};

static int note_source(struct look *l, const char *volume)
{
	/* That is what AWS writes where a snapshot is a copy. */
	if (!volume || !volume[0] || strcmp(volume, "vol-ffffffff") == 0)
		return look_note(l, "of no known volume");
	return look_note(
		l, "of %.*s, which is no more", SPAN_ARG(look_cut(span_of(volume))));
}

static int judge_snapshot(struct look *l, const struct look_region *r, size_t item,
	const struct json *snapshot)
{
	const struct inventory *v = r->inventories[SNAPSHOTS];
	struct instant created = look_created(v, item);
	const char *volume = json_member_text(snapshot, "VolumeId");
	size_t n;
	int e;

	if (volume &&
		inventory_find(r->inventories[SNAPSHOT_VOLUMES], span_of(volume), &n) ==
			0)
		return 0;
	look_forget(l);
	e = look_note_day(l, "created", created, "nobody knows when");
	if (e == 0)
		e = note_source(l, volume);
	if (e == 0)
		e = look_note(l, "no own image and no volume is made of it");
	if (e < 0)
		return e;
	if (created.seconds == INSTANT_NONE)
		return look_unknown(
			l, r, SNAPSHOTS, item, "when it was created is not known");
	return look_found(l, r, SNAPSHOTS, item, "nothing uses it");
}

static int look_at_snapshot(struct look *l, const struct look_region *r, size_t item,
	const struct needs *needs)
{
	const struct inventory *v = r->inventories[SNAPSHOTS];
	struct span id = inventory_text(v, item, INVENTORY_ID);
	struct instant created = look_created(v, item);
	struct json *snapshot = NULL;
	int e;

	if (has(needs->images, id) || has(needs->volumes, id))
		return 0;
	if (created.seconds != INSTANT_NONE &&
		!look_is_older(
			l, created, l->thresholds.value[THRESHOLD_OBSOLETE_SNAPSHOTS]))
		return 0;
	e = look_json(l, r, SNAPSHOTS, item, &snapshot);
	if (e == 1)
		e = judge_snapshot(l, r, item, snapshot);
	json_free(snapshot);
	return e;
}

int snapshots_look(struct look *l, const struct look_region *r)
{
	const struct inventory *v = r->inventories[SNAPSHOTS];
	struct needs needs = { intern_new(), intern_new() };
	int e = needs.images && needs.volumes ? 1 : -ENOMEM;

	if (e == 1)
		e = refer_all(l, r, SNAPSHOT_IMAGES, refer_to_devices, needs.images);
	if (e == 1)
		e = refer_all(l, r, SNAPSHOT_VOLUMES, refer_to_snapshot, needs.volumes);
	if (e == 1)
		e = 0;
	else
		v = NULL;
	for (size_t i = 0; e == 0 && v && i < inventory_count(v); i++)
		e = look_at_snapshot(l, r, i, &needs);
	intern_free(needs.images);
	intern_free(needs.volumes);
	return e;
}
