/* Writes demo exports for the test-suite and the benchmarks; not installed. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "fs/cmd/demo/demo.h"

static int choose(const char *text, const char *const *words, unsigned *ret)
{
	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_number(char flag, uint64_t value, struct demo_options *o)
{
	switch (flag) {
	case 'r':
		o->rows = value;
		return 0;
	case 's':
		o->seed = value;
		return 0;
	case 'k':
		o->rows_per_chunk = value;
		return 0;
	case 'a':
		o->accounts = (unsigned)value;
		return 0;
	case 'm':
		o->months = (unsigned)value;
		return 0;
	case 'g':
		o->rows_per_group = (uint32_t)value;
		return 0;
	case 'P':
		o->rows_per_page = (uint32_t)value;
		return 0;
	case 'v':
		o->page_version = (unsigned)value;
		return 0;
	case 't':
		o->threads = (unsigned)value;
		return 0;
	default:
		return -EINVAL;
	}
}

static int take(int flag, const char *text, struct demo_options *o)
{
	static const char *const layouts[] = { "overwrite", "create-new", NULL };
	static const char *const compressions[] = { "gzip", "zip", "plain", NULL };
	static const char *const codecs[] = { "snappy", "zstd", "gzip", "none", NULL };
	unsigned which = 0;
	uint64_t value;
	int ret;

	if (flag == 'f') {
		ret = demo_format_parse(span_of(text), &o->format);
	} else if (flag == 'l') {
		ret = choose(text, layouts, &which);
		o->layout = which;
	} else if (flag == 'c') {
		ret = choose(text, compressions, &which);
		o->compression = which;
	} else if (flag == 'C') {
		ret = choose(text, codecs, &which);
		o->codec = which;
	} else if (flag == 'p') {
		o->prefix = text;
		return 0;
	} else if (flag == 'n') {
		o->name = text;
		return 0;
	} else if (flag == 'L') {
		return month_parse(span_of(text), &o->last_month);
	} else {
		ret = span_parse_u64(span_of(text), UINT32_MAX, &value);
		if (ret == 0)
			ret = take_number((char)flag, value, o);
	}
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option flags[] = { { "rows", 1, NULL, 'r' },
		{ "accounts", 1, NULL, 'a' }, { "months", 1, NULL, 'm' },
		{ "seed", 1, NULL, 's' }, { "format", 1, NULL, 'f' },
		{ "layout", 1, NULL, 'l' }, { "compression", 1, NULL, 'c' },
		{ "prefix", 1, NULL, 'p' }, { "name", 1, NULL, 'n' },
		{ "rows-per-chunk", 1, NULL, 'k' }, { "threads", 1, NULL, 't' },
		{ "last-month", 1, NULL, 'L' }, { "second-currency", 0, NULL, 'e' },
		{ "codec", 1, NULL, 'C' }, { "page-version", 1, NULL, 'v' },
		{ "rows-per-group", 1, NULL, 'g' }, { "rows-per-page", 1, NULL, 'P' },
		{ 0 } };
	struct demo_options o = { 0 };
	struct fault why = { 0 };
	int flag;

	while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
		if (flag == 'e')
			o.second_currency = true;
		else if (flag == '?' || take(flag, optarg, &o) < 0)
			return 2;
	}
	if (optind + 1 != argc) {
		(void)fprintf(stderr, "usage: demo_export [--rows N] [...] DIR\n");
		return 2;
	}
	if (demo_export_write(argv[optind], &o, NULL, NULL, &why) < 0) {
		(void)fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	return 0;
}
