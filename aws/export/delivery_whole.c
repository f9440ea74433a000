/* Whether a month's objects are of one delivery, by when they were written. */
#include <errno.h>

#include "aws/export/delivery.h"
#include "aws/export/keys.h"

/* In a folder of its own, each delivery's, nothing is overwritten. */
static bool is_in_place(const char *key)
{
	struct span rest = span_of(key);
	struct key_month month;

	if (key_find_month(rest, &month))
		rest = span_from(rest, month.rest);
	return span_find(rest, '/') == rest.len;
}

/* What is far from the manifest's time, and until when that matters. */
struct gap {
	const struct object_info *file; /* NULL: nothing is */
	int64_t until;
};

static bool is_far(
	const struct delivery *d, const struct object_info *f, bool *ret_is_ahead)
{
	int64_t ahead;

	if (f->modified.seconds == INSTANT_NONE || !is_in_place(f->key))
		return false;
	*ret_is_ahead = f->modified.seconds > d->manifest_modified.seconds;
	if (__builtin_sub_overflow(
		    f->modified.seconds, d->manifest_modified.seconds, &ahead))
		return true;
	return ahead > DELIVERY_AHEAD_S || ahead < -DELIVERY_BEHIND_S;
}

/* INSTANT_NONE where nothing says. */
static int64_t newest_write(const struct delivery *d)
{
	int64_t newest = d->manifest_written.seconds;

	for (size_t i = 0; i < d->count; i++)
		if (is_in_place(d->files[i].key) && d->files[i].written.seconds > newest)
			newest = d->files[i].written.seconds;
	return newest;
}

/* That which matters for longest. */
static struct gap find_gap(const struct delivery *d, int64_t newest)
{
	struct gap gap = { .file = NULL };

	for (size_t i = 0; i < d->count; i++) {
		bool is_ahead;
		int64_t until;

		if (!is_far(d, &d->files[i], &is_ahead))
			continue;
		until = newest +
			(is_ahead ? DELIVERY_AHEAD_QUIET_S : DELIVERY_BEHIND_QUIET_S);
		if (!gap.file || until > gap.until)
			gap = (struct gap){ &d->files[i], until };
	}
	return gap;
}

static int say_torn(const struct delivery *d, const char *source, const struct gap *gap,
	struct fault *why)
{
	char manifest[INSTANT_TEXT], file[INSTANT_TEXT], until[INSTANT_TEXT];

	instant_format(d->manifest_modified, manifest);
	instant_format(gap->file->modified, file);
	instant_format((struct instant){ gap->until }, until);
	fault(why, -EBUSY,
		"%s/%s: is of %.*s, but %s of %.*s: the month is being delivered anew",
		source, d->manifest_key, INSTANT_TEXT, manifest, gap->file->key,
		INSTANT_TEXT, file);
	fault_cure(why,
		"wait: it is tried again by itself, and if nothing more is written it is "
		"read as it is after %.*s; of a copy that is whole, touch(1) all files "
		"of "
		"the month",
		INSTANT_TEXT, until);
	return -EBUSY;
}

int delivery_check_whole(const struct delivery *d, const char *source, struct instant now,
	struct fault *why)
{
	int64_t newest = newest_write(d);
	struct gap gap;

	if (!d->verified || newest == INSTANT_NONE ||
		d->manifest_modified.seconds == INSTANT_NONE)
		return 0;
	gap = find_gap(d, newest);
	if (!gap.file || now.seconds > gap.until)
		return 0;
	return say_torn(d, source, &gap, why);
}

bool delivery_is_fresh(const struct delivery *d, struct instant now)
{
	int64_t newest = newest_write(d);

	return newest != INSTANT_NONE && now.seconds - newest <= DELIVERY_BEHIND_QUIET_S;
}
