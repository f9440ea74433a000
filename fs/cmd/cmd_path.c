/* costfs path: from a value to the places in the tree that stand for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd/app.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/json_out.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"
#include "fs/store/name.h"

enum { JSON_BYTES = 64 * 1024 * 1024 };

/* What is searched, and where paths begin. */
struct search {
	struct app *app;
	struct month *month;
	struct span value;
	const char *root; /* "" without a mount */
	unsigned found;
	struct json_out *json; /* NULL: a line each, at once */
};

static int print_path(struct search *s, struct buf *path)
{
	const char *slash = s->root[0] == '\0' ? "" : "/";
	struct buf whole = BUF_INIT(16384);
	int r = buf_appendf(&whole, "%s%s%.*s", s->root, slash, SPAN_ARG(buf_span(path)));

	if (r == 0 && s->json != NULL) {
		json_out_text(s->json, NULL, buf_text(&whole));
		r = s->json->failed;
	} else if (r == 0) {
		puts(buf_text(&whole));
	}
	buf_finish(&whole);
	s->found++;
	return r;
}

/* "accounts/NAME", as the tree lists it: the bare id resolves, and tells its listed name.
 */
static int account_path(struct search *s, uint32_t account, struct buf *ret)
{
	const struct month_account *a = month_account(s->month, account);
	struct buf alias = BUF_INIT(1024);
	struct tree_entry e;
	struct fault why = { 0 };
	int r = buf_appendf(
		&alias, "accounts/%.*s", SPAN_ARG(month_text(s->month, a->id)));

	if (r == 0)
		r = app_walk(s->app, buf_text(&alias), interrupt_flag(), &e, &why);
	if (r == 0) {
		r = tree_path(app_tree(s->app), e.node, ret);
		tree_forget(app_tree(s->app), e.node, 1);
	}
	buf_finish(&alias);
	return r;
}

static int slice_path(struct search *s, const struct month_slice *slice, struct buf *ret)
{
	char month[MONTH_TEXT];
	int r = account_path(s, slice->account, ret);

	if (r < 0)
		return r;
	month_format(month_facts(s->month)->month, month);
	return buf_appendf(ret, "/%.*s/services/%.*s", MONTH_TEXT, month,
		SPAN_ARG(month_text(
			s->month, month_service(s->month, slice->service)->dir)));
}

/* "arn:aws:s3:::my-bucket" is billed as "my-bucket", an instance's ARN as "i-…". */
static bool means(struct span id, struct span value)
{
	if (span_eq(id, value))
		return true;
	if (!span_starts(value, SPAN("arn:")) || id.len == 0 || !span_ends(value, id))
		return false;
	char before = value.p[value.len - id.len - 1];
	return before == '/' || before == ':';
}

static int search_accounts(struct search *s)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < month_account_count(s->month); i++) {
		const struct month_account *a = month_account(s->month, i);
		struct buf path = BUF_INIT(8192);

		if (span_eq(month_text(s->month, a->id), s->value) ||
			span_eq_nocase(month_text(s->month, a->name), s->value)) {
			r = account_path(s, i, &path);
			if (r == 0)
				r = print_path(s, &path);
		}
		buf_finish(&path);
	}
	return r == -ENOENT ? 0 : r;
}

static int search_services(struct search *s)
{
	struct span code = name_service_of_alias(s->value);
	char month[MONTH_TEXT];
	int r = 0;

	if (code.len == 0)
		code = s->value;
	month_format(month_facts(s->month)->month, month);
	for (uint32_t i = 0; r == 0 && i < month_service_count(s->month); i++) {
		const struct month_service *v = month_service(s->month, i);
		struct buf path = BUF_INIT(8192);

		if (span_eq_nocase(month_text(s->month, v->code), code) ||
			span_eq_nocase(month_text(s->month, v->name), code)) {
			r = buf_appendf(&path, "months/%.*s/services/%.*s", MONTH_TEXT,
				month, SPAN_ARG(month_text(s->month, v->dir)));
			if (r == 0)
				r = print_path(s, &path);
		}
		buf_finish(&path);
	}
	return r;
}

static int search_slice(struct search *s, uint32_t number)
{
	const struct month_slice *slice = month_slice(s->month, number);
	const struct month_resource *resources = month_resources(s->month, number);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < slice->resource_count; i++) {
		struct buf path = BUF_INIT(8192);

		if (means(month_text(s->month, resources[i].id), s->value) ||
			(resources[i].name != resources[i].id &&
				span_eq(month_text(s->month, resources[i].name),
					s->value))) {
			r = slice_path(s, slice, &path);
			if (r == 0)
				r = buf_appendf(&path, "/resources/%.*s",
					SPAN_ARG(month_text(s->month, resources[i].dir)));
			if (r == 0)
				r = print_path(s, &path);
		}
		buf_finish(&path);
		/* An account that is not connected has no path. */
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

static int search_month(struct search *s)
{
	int r = search_accounts(s);

	if (r == 0)
		r = search_services(s);
	for (uint32_t i = 0; r == 0 && i < month_slice_count(s->month); i++)
		r = search_slice(s, i);
	return r;
}

static int wait_month(
	struct library *l, struct month_no month, struct month **ret, struct fault *why)
{
	struct progress_month shown = { l, month };
	struct progress *p = progress_start(progress_look_at_month, &shown);
	int r = library_wait(l, month, interrupt_flag(), ret, why);

	progress_stop(p);
	return r;
}

/* The newest month that knows the value; older ones only as far as they are in the cache.
 */
static int search_months(struct search *s, struct fault *why)
{
	struct library *l = app_library(s->app);
	struct month_status *months = NULL;
	ssize_t count = library_months(l, &months);
	int r = count < 0 ? (int)count : 0;

	for (ssize_t i = count - 1; r == 0 && i >= 0 && s->found == 0; i--) {
		if (i == count - 1)
			r = wait_month(l, months[i].month, &s->month, why);
		else
			r = library_get(l, months[i].month, false, &s->month, why);
		if (r == 0) {
			r = search_month(s);
			month_unref(s->month);
			s->month = NULL;
		} else if (i < count - 1) {
			r = 0;
		}
	}
	free(months);
	return r;
}

/* What is found, as lines or as an array. */
static int print_found(struct search *s, bool is_json, struct fault *why)
{
	struct buf text = BUF_INIT(JSON_BYTES);
	struct json_out j = { .to = &text };

	s->json = is_json ? &j : NULL;
	json_out_open(&j, NULL, '[');
	int r = search_months(s, why);
	json_out_close(&j, ']');
	if (r == 0)
		r = j.failed;
	if (r == 0 && is_json && s->found > 0)
		puts(buf_text(&text));
	s->json = NULL;
	buf_finish(&text);
	return r;
}

int command_path(const struct arguments *a)
{
	struct search search = { .value = span_of(a->positional[1]), .root = "" };
	struct settings s = { 0 };
	struct fault why = { 0 }, no_mount = { 0 };
	char *root = NULL, *source = NULL;
	const char *given = a->positional[0];
	int status;

	if (mounted_find(given, &root, &source, &no_mount) == 0) {
		given = source;
		search.root = root;
	}
	int r = settings_init(a, given, &s, &why);
	if (r == -EINVAL) {
		status = say_invalid("path", &why);
		goto out;
	}
	if (r == 0)
		r = app_open(
			&(struct app_options){ .settings = &s, .stop = interrupt_flag() },
			&search.app, &why);
	if (r == 0)
		r = print_found(&search, a->value[OPTION_JSON] != NULL, &why);
	if (r == 0 && search.found == 0) {
		fault_cure(&why,
			"older months are searched once they were read: costfs prefetch");
		r = fault(&why, -ENOENT, "%s: not in the months that are known",
			a->positional[1]);
	}
	status = r < 0 ? say_fault(&why, r) : EXIT_DONE;
	app_close(search.app);
	settings_finish(&s);
out:
	free(root);
	free(source);
	return status;
}
