#include "fs/cmd/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/folder.h"
#include "aws/object/s3.h"
#include "base/buf.h"
#include "fs/cmd/demo_source.h"
#include "fs/cmd/exports.h"
#include "fs/cmd/near.h"
#include "fs/cmd/session.h"

enum { SOURCE_MAX = 4096 };

static int open_files(
	const struct settings *s, struct object_source **ret, struct fault *why)
{
	if (strcmp(s->source, SOURCE_DEMO) == 0)
		return demo_source_open(s->cache, ret, why);
	int r = folder_open(s->source, ret, why);
	if (r == -ENOENT)
		fault_cure(why,
			"give s3://BUCKET/PREFIX/EXPORT, a directory that holds a copy "
			"of "
			"it, a section of the configuration, or demo: to try costfs; the "
			"name of an export alone goes with --export");
	return r;
}

/* Where only tables without costs stand, that is what is wrong. */
static int only_tables(
	const struct settings *s, struct object_source *objects, struct fault *why)
{
	struct export_list all = { 0 };
	int r = export_detect_all(objects, &all, NULL);

	if (r == 0 && all.count > 0)
		r = fault(why, -ENODATA,
			"%s: no billing export found in it, only tables without costs",
			s->source);
	else
		r = 0;
	if (r < 0)
		fault_cure(why, "see what they are: costfs exports %s", s->source);
	export_list_finish(&all);
	return r;
}

/* What there is instead of an export, by its first names. */
static void tell_what_is_there(
	const struct settings *s, const struct source *source, struct fault *why)
{
	enum { SHOWN = 3 };
	struct object_list l = { 0 };
	struct buf names = BUF_INIT(SOURCE_MAX);
	size_t all = 0, shown = 0;
	int r = object_list(source->objects, "", &l, NULL);

	all = l.folder_count + l.count;
	for (size_t i = 0; r == 0 && i < all && shown < SHOWN; i++, shown++)
		r = buf_appendf(&names, "%s%s", i == 0 ? "" : ", ",
			i < l.folder_count ? l.folders[i]
					   : l.items[i - l.folder_count].key);
	if (r == 0 && all == 0)
		fault(why, -ENODATA, "%s: no billing export found in it: it is empty",
			s->source);
	else if (r == 0)
		fault(why, -ENODATA, "%s: no billing export found in it, but %.*s%s",
			s->source, SPAN_ARG(buf_span(&names)), shown < all ? " ..." : "");
	if (r == 0)
		fault_cure(why,
			"it should hold PREFIX/NAME/20261101-20261201/ or "
			"PREFIX/NAME/data/BILLING_PERIOD=2026-11/, as AWS delivers "
			"them%s",
			source->session ? "; where AWS delivers to: costfs exports" : "");
	object_list_finish(&l);
	buf_finish(&names);
}

static int several_exports(
	const struct settings *s, const struct export_list *l, struct fault *why)
{
	struct buf names = BUF_INIT(400);

	for (size_t i = 0; i < l->count; i++)
		if (buf_appendf(&names, "%s%s%s", i == 0 ? "" : ", ", l->items[i].folder,
			    l->items[i].folder[0] == '\0' ? l->items[i].name : "") < 0)
			break;
	fault(why, -ENODATA,
		"%s: %zu exports stand in it, and their money must not be added: %.*s",
		s->source, l->count, SPAN_ARG(buf_span(&names)));
	fault_cure(why, "name one: --export %s, or give its directory as the source",
		l->items[0].name);
	buf_finish(&names);
	return -ENODATA;
}

static bool is_named(const struct export_ref *e, const char *name)
{
	struct span folder = span_of(e->folder), wanted = span_of(name);

	while (span_ends(wanted, SPAN("/")))
		wanted.len--;
	if (span_ends(folder, SPAN("/")))
		folder.len--;
	return span_eq(span_of(e->name), wanted) || span_eq(folder, wanted);
}

/* The only one, or the only one of the name. */
static int choose_export(const struct settings *s, const struct export_list *l,
	const struct export_ref **ret, struct fault *why)
{
	const struct export_ref *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (s->export_name != NULL && !is_named(&l->items[i], s->export_name))
			continue;
		found = &l->items[i];
		count++;
	}
	if (l->count == 0)
		return fault(
			why, -ENODATA, "%s: no billing export found in it", s->source);
	if (count == 0)
		return fault(why, -ENODATA, "%s: no export named %s; there is %s",
			s->source, s->export_name, l->items[0].name);
	if (count > 1)
		return several_exports(s, l, why);
	*ret = found;
	return 0;
}

static int take_export(const struct settings *s, struct source *source,
	const struct export_list *l, struct fault *why)
{
	const struct export_ref *found = NULL;
	int r = choose_export(s, l, &found, why);

	return r < 0 ? r : export_ref_copy(found, &source->export);
}

static int open_bucket(const struct settings *s, const atomic_bool *stop,
	struct source *source, struct fault *why)
{
	const struct s3_options options = { .context = session_context(source->session),
		.credentials = session_credentials(source->session),
		.bucket = source->place.bucket,
		.prefix = source->place.prefix,
		/* Of the bucket, which need not be the user's. */
		.requester_pays = s->requester_pays,
		.stop = stop };

	return s3_open(&options, &source->objects, why);
}

static int open_objects(const struct settings *s, const atomic_bool *stop,
	struct source *source, struct fault *why)
{
	int r;

	if (!place_is_s3(s->source))
		return open_files(s, &source->objects, why);
	r = place_parse(s->source, &source->place, why);
	if (r == 0)
		r = session_open(s->profile, s->region, &source->session, why);
	return r < 0 ? r : open_bucket(s, stop, source, why);
}

/* The last part of what was pasted may be a name that is in the files only: one level up,
 * the export of that name, and no other. */
static int look_above(
	const struct settings *s, const atomic_bool *stop, struct source *source)
{
	struct settings named = { .source = s->source };
	struct source above = { .session = source->session, .place = source->place };
	struct export_list list = { 0 };
	char *name = NULL;
	int r = -ENODATA;

	if (s->export_name || !source->session || !place_go_up(&source->place, &name))
		return r;
	named.export_name = name;
	named.requester_pays = s->requester_pays;
	r = open_bucket(&named, stop, &above, NULL);
	if (r == 0)
		r = export_detect(above.objects, &list, NULL);
	if (r == 0)
		r = take_export(&named, &above, &list, NULL);
	export_list_finish(&list);
	free(name);
	if (r < 0) {
		object_source_free(above.objects);
		return r;
	}
	object_source_free(source->objects);
	*source = above;
	return 0;
}

/* Says why there is none. */
static void no_export(
	const struct settings *s, const struct source *source, struct fault *why)
{
	if (only_tables(s, source->objects, why) == 0)
		tell_what_is_there(s, source, why);
}

/* Where the user said. */
static int open_named(const struct settings *s, const atomic_bool *stop,
	struct source *source, struct fault *why)
{
	struct export_list list = { 0 };
	int r = open_objects(s, stop, source, why);

	if (r == 0)
		r = export_detect(source->objects, &list, why);
	if (r == 0)
		r = take_export(s, source, &list, why);
	if (r == -ENODATA && list.count == 0) {
		if (look_above(s, stop, source) == 0)
			r = 0;
		else if (why)
			no_export(s, source, why);
	}
	export_list_finish(&list);
	return r;
}

static int open_candidate(const struct settings *s, const struct candidate *c,
	const atomic_bool *stop, struct source *source, struct fault *why)
{
	struct buf url = BUF_INIT(SOURCE_MAX);
	struct settings named = { .profile = s->profile,
		.region = c->region[0] ? c->region : s->region,
		.requester_pays = s->requester_pays };
	int r = buf_appendf(&url, "s3://%s/%s", c->bucket, c->prefix);

	if (r == 0)
		named.source = buf_take(&url);
	if (r == 0)
		r = named.source ? open_named(&named, stop, source, why) : -ENOMEM;
	if (r == -ENODATA) {
		fault(why, r, "s3://%s/%s: AWS has delivered nothing to it yet",
			c->bucket, c->prefix);
		fault_cure(why,
			"wait: the first delivery comes within 24 hours after an export "
			"was "
			"made; if it has been longer: costfs exports, and costfs policy "
			"bucket s3://%s",
			c->bucket);
	}
	free(named.source);
	buf_finish(&url);
	return r;
}

/* Where AWS says. */
static int open_detected(const struct settings *s, const atomic_bool *stop,
	struct source *source, struct fault *why)
{
	struct exports exports = { .list = { 0 } };
	const struct candidate *found = NULL;
	struct session *session = NULL;
	int r = session_open(s->profile, s->region, &session, why);

	if (r == 0)
		r = exports_ask(session, stop, &exports, why);
	if (r == 0)
		r = exports_choose(&exports, s->export_name, &found, why);
	if (r == 0)
		r = open_candidate(s, found, stop, source, why);
	exports_finish(&exports);
	session_close(session);
	return r;
}

/* A word that was taken for a bucket may be a slip. */
static void tell_guess(const struct settings *s, struct fault *why)
{
	struct near n = { .best = span_of(
				  s->near_section != NULL ? s->near_section : "") };

	fault_prefix(why, "there is no such directory and no such section%s; as a bucket",
		near_said(&n, ""));
}

int source_open_objects(const struct settings *s, const atomic_bool *stop,
	struct source *ret, struct fault *why)
{
	struct source source = { 0 };
	int r = open_objects(s, stop, &source, why);

	if (r < 0 && s->is_guess)
		tell_guess(s, why);
	if (r < 0)
		source_close(&source);
	else
		*ret = source;
	return r;
}

int source_open(const struct settings *s, const atomic_bool *stop, struct source *ret,
	struct fault *why)
{
	struct source source = { 0 };
	int r = source_is_detected(s->source) ? open_detected(s, stop, &source, why)
					      : open_named(s, stop, &source, why);

	if (r < 0 && s->is_guess)
		tell_guess(s, why);
	if (r < 0)
		source_close(&source);
	else
		*ret = source;
	return r;
}

void source_close(struct source *s)
{
	export_ref_finish(&s->export);
	object_source_free(s->objects);
	session_close(s->session);
	place_finish(&s->place);
	*s = (struct source){ 0 };
}
