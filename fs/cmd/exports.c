#include "fs/cmd/exports.h"

#include <errno.h>
#include <string.h>

#include "fs/cmd/session.h"
#include "fs/cmd/source.h"

typedef int ask_fn(struct client *c, const atomic_bool *stop, struct candidate_list *ret,
	struct fault *why);

static int ask(struct session *session, enum aws_service service, ask_fn *fn,
	const atomic_bool *stop, struct candidate_list *ret, struct fault *why)
{
	const struct client_options options = { .context = session_context(session),
		.credentials = session_credentials(session),
		.service = service,
		.region = candidates_region(session_context(session)->region) };
	struct client *c = NULL;
	int r = client_new(&options, &c, why);

	if (r == 0)
		r = fn(c, stop, ret, why);
	client_free(c);
	if (r < 0 && why->text[0] == '\0')
		fault(why, r, "%s", fault_errno_text(r));
	if (r < 0)
		why->error = r;
	return r;
}

/* What the other service would say as well. */
static bool is_for_both(int error)
{
	return error == -ENOKEY || error == -EKEYEXPIRED || error == -EKEYREJECTED ||
		error == -ECANCELED || error == -ENOMEM;
}

int exports_ask(struct session *session, const atomic_bool *stop, struct exports *ret,
	struct fault *why)
{
	struct exports e = { .list = { 0 } };
	int r;

	/* AWS bills no accounts in GovCloud. */
	if (span_starts(span_of(session_context(session)->region), SPAN("us-gov-"))) {
		ret->is_nowhere = true;
		return 0;
	}
	r = ask(session, AWS_DATA_EXPORTS, candidates_of_data_exports, stop, &e.list,
		&e.data_exports);

	if (!is_for_both(r) &&
		ask(session, AWS_CUR, candidates_of_cur, stop, &e.list, &e.cur) == 0)
		r = 0;
	if (r < 0 && !is_for_both(r) && e.cur.error == 0)
		r = 0;
	if (r < 0 && why)
		*why = e.data_exports;
	if (r == -EACCES && e.cur.error == -EACCES)
		fault_cure(why,
			"allow bcm-data-exports:ListExports and GetExport, and "
			"cur:DescribeReportDefinitions (costfs policy user), or name the "
			"source: s3://BUCKET/PREFIX/EXPORT");
	if (r < 0) {
		exports_finish(&e);
		return r;
	}
	candidates_judge(&e.list);
	*ret = e;
	return 0;
}

int exports_walk(const struct settings *s, const atomic_bool *stop, struct exports *ret,
	struct fault *why)
{
	struct exports e = { .list = { 0 } };
	struct export_list found = { 0 };
	struct source source = { 0 };
	int r = source_open_objects(s, stop, &source, why);

	const char *bucket = source.place.bucket ? source.place.bucket : "";
	const char *root = source.place.prefix ? source.place.prefix : "";
	if (r == 0)
		r = export_detect_all(source.objects, &found, why);
	for (size_t i = 0; r == 0 && i < found.count; i++)
		r = candidate_of_walk(
			source.objects, &found.items[i], bucket, root, &e.list, why);
	export_list_finish(&found);
	source_close(&source);
	if (r < 0) {
		exports_finish(&e);
		return r;
	}
	candidates_judge(&e.list);
	*ret = e;
	return 0;
}

void exports_finish(struct exports *e)
{
	candidate_list_finish(&e->list);
}

/* NAME, PREFIX/NAME, or with the bucket in front. */
static bool is_named(const struct candidate *c, const char *name)
{
	struct span wanted = span_of(name);

	while (span_ends(wanted, SPAN("/")))
		wanted.len--;
	while (span_starts(wanted, SPAN("/")))
		wanted = span_from(wanted, 1);
	if (span_eq(span_of(c->name), wanted) || span_eq(span_of(c->prefix), wanted))
		return true;
	return span_starts(wanted, span_of(c->bucket)) &&
		span_eq(span_from(wanted, strlen(c->bucket) + 1), span_of(c->prefix));
}

static int say_list(const struct exports *e, const char *name, bool all, const char *what,
	struct fault *why)
{
	struct buf text = BUF_INIT(FAULT_TEXT);
	const char *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < e->list.count; i++) {
		const struct candidate *c = &e->list.items[i];

		if ((name && !is_named(c, name)) ||
			(!all && c->verdict == VERDICT_REFUSED))
			continue;
		first = first ? first : c->prefix;
		if (buf_appendf(&text, "%s%s/%s", count++ ? ", " : "", c->bucket,
			    c->prefix) < 0)
			break;
	}
	fault(why, -ENODATA, "%s: %.*s", what, SPAN_ARG(buf_span(&text)));
	fault_cure(why, "see costfs exports, and name one: --export %s",
		first ? first : "NAME");
	buf_finish(&text);
	return -ENODATA;
}

static int say_none(const struct exports *e, struct fault *why)
{
	const struct fault *said = e->cur.error ? &e->cur : &e->data_exports;

	if (e->is_nowhere) {
		fault(why, -ENODATA, "AWS tells of no exports in GovCloud");
		fault_cure(why, "name the source: s3://BUCKET/PREFIX/EXPORT");
	} else if (e->list.count) {
		fault(why, -ENODATA,
			"none of the %zu exports can be shown; the first, %s, %s",
			e->list.count, e->list.items[0].name, e->list.items[0].why);
		fault_cure(why, "see costfs exports");
	} else if (said->error) {
		*why = *said;
		fault_prefix(why, "no export was found, and not all could be asked");
	} else {
		fault(why, -ENODATA, "this account has no export");
		fault_cure(why,
			"sign in as the account that owns one (mostly the payer: "
			"--profile), name its bucket, or make one in the console: "
			"Billing "
			"and Cost Management > Data Exports");
	}
	why->error = -ENODATA;
	return -ENODATA;
}

static int choose_named(const struct exports *e, const char *name,
	const struct candidate **ret, struct fault *why)
{
	const struct candidate *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < e->list.count; i++) {
		const struct candidate *c = &e->list.items[i];

		/* Pro forma costs are shown to those who name them. */
		if (!is_named(c, name) || (c->verdict == VERDICT_REFUSED && found))
			continue;
		count += !found || found->verdict != VERDICT_REFUSED;
		found = c;
	}
	if (!found && e->list.count == 0)
		return say_none(e, why);
	if (!found)
		return say_list(e, NULL, true, "no export has that name; there is", why);
	if (count > 1)
		return say_list(e, name, false, "several exports have that name", why);
	if (found->verdict == VERDICT_REFUSED && !found->is_pro_forma) {
		fault(why, -ENODATA, "%s: %s", found->name, found->why);
		fault_cure(why, "see costfs exports");
		return -ENODATA;
	}
	*ret = found;
	return 0;
}

/* Not refused, but not there: what it would have told is not known. */
static const struct fault *find_trouble(const struct exports *e)
{
	if (e->data_exports.error && e->data_exports.error != -EACCES)
		return &e->data_exports;
	return e->cur.error && e->cur.error != -EACCES ? &e->cur : NULL;
}

int exports_choose(const struct exports *e, const char *name,
	const struct candidate **ret, struct fault *why)
{
	size_t usable = 0;

	const struct fault *trouble = find_trouble(e);

	if (name)
		return choose_named(e, name, ret, why);
	/* Another export might be better, and this one would be remembered. */
	if (trouble) {
		*why = *trouble;
		return trouble->error;
	}
	*ret = candidates_preferred(&e->list);
	if (*ret)
		return 0;
	for (size_t i = 0; i < e->list.count; i++)
		usable += e->list.items[i].verdict != VERDICT_REFUSED;
	return usable ? say_list(e, NULL, false,
				"several exports are equally good, and their money must "
				"not be added",
				why)
		      : say_none(e, why);
}
