#include "fs/cmd/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/folder.h"
#include "aws/object/s3.h"
#include "base/buf.h"
#include "fs/cmd/demo_source.h"
#include "fs/cmd/place.h"
#include "fs/cmd/session.h"

static int open_files(
	const struct settings *s, struct object_source **ret, struct fault *why)
{
	if (strcmp(s->source, "demo:") == 0)
		return demo_source_open(s->cache, ret, why);
	int r = folder_open(s->source, ret, why);
	if (r == -ENOENT)
		fault_cure(why,
			"give a directory that holds a copy of the export's bucket, a "
			"section "
			"of the configuration, or demo: to try costfs");
	return r;
}

static int no_export(const struct settings *s, struct fault *why)
{
	fault(why, -ENODATA, "%s: no billing export found in it", s->source);
	fault_cure(why,
		"it should hold PREFIX/NAME/20261101-20261201/ or "
		"PREFIX/NAME/data/BILLING_PERIOD=2026-11/, as AWS delivers them");
	return -ENODATA;
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
		return no_export(s, why);
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

static int open_bucket(const struct settings *s, const struct place *place,
	const atomic_bool *stop, struct source *source, struct fault *why)
{
	const struct s3_options options = { .context = session_context(source->session),
		.credentials = session_credentials(source->session),
		.bucket = place->bucket,
		.prefix = place->prefix,
		/* Of the bucket, which need not be the user's. */
		.requester_pays = s->requester_pays,
		.stop = stop };

	return s3_open(&options, &source->objects, why);
}

/* The last part of what was pasted may be a name that is in the files only: one level up,
 * the export of that name, and no other. */
static int look_above(const struct settings *s, struct place *place,
	const atomic_bool *stop, struct source *source)
{
	struct settings named = { .source = s->source };
	struct source above = { .session = source->session };
	struct export_list list = { 0 };
	char *name = NULL;
	int r = -ENODATA;

	if (s->export_name || !place_go_up(place, &name))
		return r;
	named.export_name = name;
	named.requester_pays = s->requester_pays;
	r = open_bucket(&named, place, stop, &above, NULL);
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

static int open_s3(const struct settings *s, const atomic_bool *stop,
	struct source *source, struct fault *why)
{
	struct place place = { 0 };
	struct export_list list = { 0 };
	int r = place_parse(s->source, &place, why);

	if (r == 0)
		r = session_open(s->profile, s->region, &source->session, why);
	if (r == 0)
		r = open_bucket(s, &place, stop, source, why);
	if (r == 0)
		r = export_detect(source->objects, &list, why);
	if (r == 0) {
		r = take_export(s, source, &list, why);
		if (r == -ENODATA && list.count == 0 &&
			look_above(s, &place, stop, source) == 0)
			r = 0;
	}
	export_list_finish(&list);
	place_finish(&place);
	return r;
}

static int open_local(const struct settings *s, struct source *source, struct fault *why)
{
	struct export_list list = { 0 };
	int r = open_files(s, &source->objects, why);

	if (r == 0)
		r = export_detect(source->objects, &list, why);
	if (r == 0)
		r = take_export(s, source, &list, why);
	export_list_finish(&list);
	return r;
}

int source_open(const struct settings *s, const atomic_bool *stop, struct source *ret,
	struct fault *why)
{
	struct source source = { 0 };
	int r = place_is_s3(s->source) ? open_s3(s, stop, &source, why)
				       : open_local(s, &source, why);

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
	*s = (struct source){ 0 };
}
