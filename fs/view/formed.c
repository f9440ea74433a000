/* Titles, and what a file is about in words. */
#include "fs/view/formed.h"

#include <errno.h>

#include "fs/view/scope.h"

enum { WORDS_MAX = 64 * 1024 };

static const char *const titles[VIEW_FILE_COUNT] = {
	[VIEW_TOTAL] = "Total costs",
	[VIEW_BY_ACCOUNT] = "Costs by account",
	[VIEW_BY_SERVICE] = "Costs by service",
	[VIEW_BY_REGION] = "Costs by region",
	[VIEW_BY_USAGE_TYPE] = "Costs by usage type",
	[VIEW_BY_OPERATION] = "Costs by operation",
	[VIEW_BY_CHARGE_TYPE] = "Costs by charge type",
	[VIEW_BY_RESOURCE] = "Costs by resource",
	[VIEW_DAILY] = "Costs by day",
	[VIEW_DAILY_BY_SERVICE] = "Costs by day and service",
	[VIEW_TAG_COVERAGE] = "Tag coverage by key",
	[VIEW_UNTAGGED] = "Costs of resources without a tag",
	[VIEW_CREDITS] = "Credits",
	[VIEW_REFUNDS] = "Refunds",
	[VIEW_TAX] = "Tax",
	[VIEW_FEES] = "Fees",
	[VIEW_MARKETPLACE] = "Marketplace",
	[VIEW_INVOICES] = "Costs by invoice",
	[VIEW_SPLIT_COSTS] = "Split costs",
	[VIEW_UNCONNECTED] = "Costs of accounts that are not connected",
	[VIEW_COSTS] = "Line items",
	[VIEW_LINES] = "Line items",
	[VIEW_RESOURCE_INDEX] = "Costs by resource",
	[VIEW_RESOURCE_SUMMARY] = "Costs by usage type and operation",
	[VIEW_RESOURCE_DAILY] = "Costs by day",
	[VIEW_BY_TAG] = "Costs by tag ",
	[VIEW_BY_CATEGORY] = "Costs by cost category ",
};

int formed_too_large(const struct view_key *key, struct fault *why)
{
	int r = fault(why, -EMSGSIZE,
		"\"%s\" is too large for %s: over %d MiB of CSV, %d MiB as that, "
		"or the rows that it may have",
		titles[key->file], form_ending((enum form)key->form),
		FORMED_CSV_MAX >> 20, FORMED_BYTES_MAX >> 20);

	fault_cure(why,
		"read the .csv, which has no limit, or line items by the parts in "
		"lines.d and costs.d");
	return r;
}

/* "by-service"; "by-tag/team" */
static int append_file(const struct month *m, const struct view_key *key, struct buf *ret)
{
	const char *name = view_file_name((enum view_file)key->file);
	int r;

	if (name) {
		struct span stem;

		(void)form_of_name(span_of(name), &stem);
		return buf_append_span(ret, stem);
	}
	r = buf_append_text(
		ret, key->file == VIEW_BY_TAG ? "by-tag/" : "by-cost-category/");
	return r < 0 ? r : buf_append_span(ret, month_text(m, key->key));
}

static int append_title(
	const struct month *m, const struct view_key *key, struct buf *ret)
{
	int r = buf_append_text(ret, titles[key->file]);

	if (r == 0 && !view_file_name((enum view_file)key->file))
		r = buf_append_span(ret, month_text(m, key->key));
	return r;
}

static int append_part(struct span part, struct buf *ret)
{
	int r = ret->len && part.len ? buf_append_text(ret, ", ") : 0;

	return r < 0 ? r : buf_append_span(ret, part);
}

/* "prod-eu (111122223333)" */
static int append_account(const struct scope *s, struct buf *ret)
{
	const struct month_account *a;
	struct span id, name;

	if (s->account == VIEW_ALL && s->selection && s->selection->count)
		/* The id of nobody is empty. */
		return append_part(s->selection->ids[0][0] ? SPAN("connected accounts")
							   : SPAN("no rows"),
			ret);
	if (s->account == VIEW_ALL)
		return append_part(SPAN("all accounts"), ret);
	a = month_account(s->month, s->account);
	id = month_text(s->month, a->id);
	name = month_text(s->month, a->name);
	if (!name.len)
		return append_part(id, ret);
	return buf_appendf(ret, "%.*s (%.*s)", SPAN_ARG(name), SPAN_ARG(id));
}

static int append_resource(const struct scope *s, struct buf *ret)
{
	uint32_t slice = 0;
	int r;

	if (s->resource == VIEW_ALL)
		return 0;
	r = scope_slice(s, &slice);
	if (r < 0)
		return r;
	return append_part(
		month_text(s->month, month_resources(s->month, slice)[s->resource].id),
		ret);
}

static int append_time(const struct month *m, struct buf *ret)
{
	char text[INSTANT_TEXT];
	int r;

	if (month_facts(m)->as_of.seconds == INSTANT_NONE)
		return 0;
	instant_format(month_facts(m)->as_of, text);
	r = append_part(SPAN("as of "), ret);
	return r < 0 ? r : buf_append(ret, text, INSTANT_TEXT);
}

int formed_subtitle(const struct scope *s, struct buf *ret)
{
	char month[MONTH_TEXT];
	int r = append_account(s, ret);

	month_format(month_facts(s->month)->month, month);
	if (r == 0 && s->service != VIEW_ALL)
		r = append_part(
			month_text(s->month, month_service(s->month, s->service)->code),
			ret);
	if (r == 0)
		r = append_resource(s, ret);
	if (r == 0)
		r = append_part((struct span){ month, MONTH_TEXT }, ret);
	if (r == 0)
		r = append_part(span_of(view_status(s)), ret);
	return r < 0 ? r : append_time(s->month, ret);
}

int formed_render(const struct scope *scope, const struct view_key *key,
	const struct formed_source *from, struct buf *ret, struct fault *why)
{
	struct buf file = BUF_INIT(WORDS_MAX), title = BUF_INIT(WORDS_MAX);
	struct buf subtitle = BUF_INIT(WORDS_MAX);
	int r = append_file(scope->month, key, &file);

	if (r == 0)
		r = append_title(scope->month, key, &title);
	if (r == 0)
		r = formed_subtitle(scope, &subtitle);
	if (r == 0) {
		const struct form_about about = { buf_span(&file), buf_span(&title),
			buf_span(&subtitle), from->stop };

		r = form_render((enum form)key->form, from->csv, &about, ret, why);
	}
	buf_finish(&file);
	buf_finish(&title);
	buf_finish(&subtitle);
	if (r == -EFBIG)
		return formed_too_large(key, why);
	return r == -ENOTSUP ? -ENOENT : r;
}
