/* costfs demo-export. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "fs/cmd/command.h"
#include "fs/cmd/config.h"
#include "fs/cmd/demo/demo.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"

static int take_format(
	const struct arguments *a, enum demo_format *ret, struct fault *why)
{
	const char *value = a->value[OPTION_FORMAT];

	if (value == NULL || demo_format_parse(span_of(value), ret) == 0)
		return 0;
	return option_refuse(option_info(OPTION_FORMAT), value, "no",
		option_info(OPTION_FORMAT)->help, why);
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
		r = option_choice(a, OPTION_LAYOUT, &layout, why);
	if (r == 0)
		r = option_choice(a, OPTION_COMPRESSION, &compression, why);
	if (r < 0)
		return r;
	o->layout = (enum demo_layout)layout;
	o->compression = (enum demo_compression)compression;
	o->tables = a->value[OPTION_TABLES] != NULL;
	o->name = a->value[OPTION_NAME];
	o->prefix = a->value[OPTION_PREFIX];
	return 0;
}

/* How far it is, from the threads that write to the one that shows. */
struct written {
	atomic_uint_fast64_t done, total;
};

static int keep_progress(void *context, const struct demo_progress *p)
{
	struct written *w = context;

	atomic_store(&w->done, p->rows_done);
	atomic_store(&w->total, p->rows_total);
	return atomic_load(interrupt_flag()) ? -ECANCELED : 0;
}

static void look_at_written(void *context, struct progress_state *ret)
{
	struct written *w = context;

	memcpy(ret->what, "writing", sizeof("writing"));
	ret->lines_done = atomic_load(&w->done);
	ret->lines_total = atomic_load(&w->total);
}

static int write_export(
	const struct arguments *a, const struct demo_options *o, struct fault *why)
{
	struct written w = { 0 };
	bool is_quiet = a->value[OPTION_QUIET] != NULL;
	struct progress *p = is_quiet ? NULL : progress_start(look_at_written, &w);
	int r = demo_export_write(a->positional[0], o, keep_progress, &w, why);

	progress_stop(p);
	return r;
}

static int say_failure(const char *directory, struct fault *why, int error)
{
	fault_prefix(why, "%s", directory);
	fault_cure(why,
		error == -ENOSPC ? "make room there, or ask for less: --rows"
				 : "name a directory that you may write to");
	return say_fault(why, error);
}

int command_demo_export(const struct arguments *a)
{
	struct demo_options options = { 0 };
	struct fault why = { 0 };

	if (take_options(a, &options, &why) < 0)
		return say_usage("demo-export", "%s", why.text);
	int r = write_export(a, &options, &why);
	if (r == -EINVAL)
		return say_usage("demo-export", "%s", why.text);
	if (r < 0)
		return say_failure(a->positional[0], &why, r);
	printf("Written. See it: costfs mount %s DIR\n", a->positional[0]);
	return EXIT_DONE;
}
