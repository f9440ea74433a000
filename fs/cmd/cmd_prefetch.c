/* costfs prefetch: months into the cache, newest first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/cmd/app.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"
#include "fs/cmd/source.h"

struct span_of_months {
	struct month_no first, last;
};

/* "2026-11", "2026-01..2026-06", "2026-01.." and "..2026-06"; none: all. */
static int parse_range(const char *text, struct span_of_months *ret)
{
	struct span s = span_of(text);
	struct span_of_months m = { { 0 }, { INT32_MAX } };

	if (text == NULL) {
		*ret = m;
		return 0;
	}
	const char *dots = strstr(text, "..");
	struct span first = dots != NULL ? span_first(s, (size_t)(dots - text)) : s;
	struct span last = dots != NULL ? span_of(dots + 2) : s;
	if (first.len > 0 && month_parse(first, &m.first) < 0)
		return -EINVAL;
	if (last.len > 0 && month_parse(last, &m.last) < 0)
		return -EINVAL;
	if (m.first.number > m.last.number || (first.len == 0 && last.len == 0))
		return -EINVAL;
	*ret = m;
	return 0;
}

static int load_month(struct library *l, struct month_no month, bool quiet)
{
	struct month *m = NULL;
	struct fault why = { 0 };
	char text[MONTH_TEXT];
	struct progress_month shown = { l, month };
	struct progress *p =
		quiet ? NULL : progress_start(progress_look_at_month, &shown);
	int r = library_wait_rows(l, month, interrupt_flag(), &why);

	if (r == 0)
		r = library_wait(l, month, interrupt_flag(), &m, &why);
	progress_stop(p);
	month_format(month, text);
	if (r < 0)
		return say_fault(&why, r);
	if (!quiet)
		printf("%.*s  %llu lines, %llu MB in the cache\n", MONTH_TEXT, text,
			(unsigned long long)month_facts(m)->lines,
			(unsigned long long)month_facts(m)->disk_bytes / 1000000);
	month_unref(m);
	return EXIT_DONE;
}

static int load_months(struct library *l, const struct span_of_months *range, bool quiet)
{
	struct month_status *months = NULL;
	ssize_t count = library_months(l, &months);
	struct fault why = { 0 };
	int status = EXIT_DONE;
	bool any = false;

	for (ssize_t i = count - 1; i >= 0; i--) {
		if (months[i].month.number < range->first.number ||
			months[i].month.number > range->last.number)
			continue;
		any = true;
		if (load_month(l, months[i].month, quiet) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	free(months);
	if (!any) {
		fault_cure(&why, "see which there are: costfs ls SOURCE months");
		fault(&why, -ENOENT, "the export has no such month");
		return say_fault(&why, -ENOENT);
	}
	return status;
}

int command_prefetch(const struct arguments *a)
{
	struct span_of_months range;
	struct settings s = { 0 };
	struct fault why = { 0 }, no_mount = { 0 };
	struct app *app = NULL;
	char *root = NULL, *source = NULL;
	int status;

	if (parse_range(a->count > 1 ? a->positional[1] : NULL, &range) < 0)
		return say_usage(
			"prefetch", "no month or range of months: %s", a->positional[1]);
	/* A mount shares its cache with us: what we read, it has. */
	const char *given = a->count > 0 ? a->positional[0] : SOURCE_DETECTED;
	if (mounted_find(given, &root, &source, &no_mount) == 0)
		given = source;
	int r = settings_init(a, given, &s, &why);
	if (r == -EINVAL) {
		status = say_invalid("prefetch", &why);
		goto out;
	}
	/* What does not get into the cache is not there for who comes next. */
	s.memory_limit = 0;
	if (r == 0)
		r = app_open(
			&(struct app_options){ .settings = &s, .stop = interrupt_flag() },
			&app, &why);
	status = r < 0
		? say_fault(&why, r)
		: load_months(app_library(app), &range, a->value[OPTION_QUIET] != NULL);
	app_close(app);
	settings_finish(&s);
out:
	free(root);
	free(source);
	return status;
}
