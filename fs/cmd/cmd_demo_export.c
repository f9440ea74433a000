/* costfs demo-export. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "fs/cmd/command.h"
#include "fs/cmd/config.h"
#include "fs/cmd/demo/demo.h"
#include "fs/cmd/say.h"

/* The index of the value in names, "a|b|c"; -1 for none. */
static int choice(const char *value, const char *names)
{
	struct span rest = span_of(names), name;

	for (int i = 0; span_split(&rest, '|', &name); i++)
		if (span_eq(name, span_of(value)))
			return i;
	return -1;
}

static int take_choice(
	const struct arguments *a, enum option_id id, int *ret, struct fault *why)
{
	const struct option_info *o = option_info(id);

	*ret = 0;
	if (a->value[id] == NULL)
		return 0;
	*ret = choice(a->value[id], o->argument);
	if (*ret < 0)
		return fault(why, -EINVAL, "--%s: %s is none of %s", o->name,
			a->value[id], o->argument);
	return 0;
}

static int take_format(
	const struct arguments *a, enum demo_format *ret, struct fault *why)
{
	const char *value = a->value[OPTION_FORMAT];

	if (value == NULL || demo_format_parse(span_of(value), ret) == 0)
		return 0;
	return fault(why, -EINVAL, "--format: %s is no %s", value,
		option_info(OPTION_FORMAT)->help);
}

static int take_number(const struct arguments *a, enum option_id id, uint64_t max,
	uint64_t *ret, struct fault *why)
{
	*ret = 0;
	if (a->value[id] == NULL)
		return 0;
	if (parse_number(a->value[id], max, ret) < 0)
		return fault(why, -EINVAL, "--%s: not a number up to %" PRIu64 ": %s",
			option_info(id)->name, max, a->value[id]);
	return 0;
}

static int take_numbers(
	const struct arguments *a, struct demo_options *o, struct fault *why)
{
	uint64_t accounts = 0, months = 0;
	int r = take_number(a, OPTION_ROWS, DEMO_ROWS_MAX, &o->rows, why);

	if (r == 0)
		r = take_number(a, OPTION_ACCOUNTS, DEMO_ACCOUNTS_MAX, &accounts, why);
	if (r == 0)
		r = take_number(a, OPTION_MONTHS, DEMO_MONTHS_MAX, &months, why);
	if (r == 0)
		r = take_number(a, OPTION_SEED, UINT64_MAX, &o->seed, why);
	if (r < 0)
		return r;
	o->accounts = (unsigned)accounts;
	o->months = (unsigned)months;
	if (a->value[OPTION_LAST_MONTH] != NULL &&
		month_parse(span_of(a->value[OPTION_LAST_MONTH]), &o->last_month) < 0)
		return fault(why, -EINVAL, "--last-month: no month like 2026-11: %s",
			a->value[OPTION_LAST_MONTH]);
	return 0;
}

static int take_options(
	const struct arguments *a, struct demo_options *o, struct fault *why)
{
	int layout = 0, compression = 0;
	int r = take_numbers(a, o, why);

	if (r == 0)
		r = take_format(a, &o->format, why);
	if (r == 0)
		r = take_choice(a, OPTION_LAYOUT, &layout, why);
	if (r == 0)
		r = take_choice(a, OPTION_COMPRESSION, &compression, why);
	if (r < 0)
		return r;
	o->layout = (enum demo_layout)layout;
	o->compression = (enum demo_compression)compression;
	o->tables = a->value[OPTION_TABLES] != NULL;
	o->name = a->value[OPTION_NAME];
	o->prefix = a->value[OPTION_PREFIX];
	return 0;
}

static int show_progress(void *context, const struct demo_progress *p)
{
	(void)context;
	fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " line items", p->rows_done,
		p->rows_total);
	return 0;
}

int command_demo_export(const struct arguments *a)
{
	struct demo_options options = { 0 };
	struct fault why = { 0 };
	bool shown = isatty(STDERR_FILENO) && a->value[OPTION_QUIET] == NULL;

	if (take_options(a, &options, &why) < 0)
		return say_usage("demo-export", "%s", why.text);
	int r = demo_export_write(
		a->positional[0], &options, shown ? show_progress : NULL, NULL, &why);
	if (shown)
		fputs("\r\033[K", stderr);
	if (r < 0)
		return say_fault(&why, r);
	printf("Written. See it: costfs mount %s DIR\n", a->positional[0]);
	return EXIT_DONE;
}
