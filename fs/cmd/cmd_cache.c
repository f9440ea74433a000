/* costfs cache. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd/command.h"
#include "fs/cmd/config.h"
#include "fs/cmd/json_out.h"
#include "fs/cmd/say.h"
#include "fs/cmd/settings.h"
#include "fs/live/live.h"

enum { JSON_BYTES = 64 * 1024 };

static int print_json(const struct store_usage *u, const char *path)
{
	struct buf text = BUF_INIT(JSON_BYTES);
	struct json_out j = { .to = &text };

	json_out_open(&j, NULL, '{');
	json_out_text(&j, "directory", path);
	json_out_number(&j, "bytes", u->bytes);
	json_out_number(&j, "limit_bytes", u->limit_bytes);
	json_out_number(&j, "months", u->months);
	json_out_number(&j, "months_in_use", u->in_use);
	json_out_number(&j, "months_with_rows", u->with_rows);
	json_out_number(&j, "tables", u->tables);
	json_out_number(&j, "listings", u->listings);
	json_out_close(&j, '}');
	if (j.failed == 0)
		puts(buf_text(&text));
	buf_finish(&text);
	return j.failed;
}

static int print_usage(struct store *s, const char *path, bool is_json)
{
	struct store_usage u;
	int r = store_usage(s, &u);

	if (r < 0)
		return r;
	if (is_json)
		return print_json(&u, path);
	printf("directory  %s\nmonths     %u, %u of them in use, %u with their rows\n"
	       "others     %u tables, %u listings of resources\nsize       %" PRIu64
	       " MB of at most %" PRIu64 " MB\n",
		path, u.months, u.in_use, u.with_rows, u.tables, u.listings,
		u.bytes / 1000000, u.limit_bytes / 1000000);
	return 0;
}

int command_cache(const struct arguments *a)
{
	bool clean = strcmp(a->positional[0], "clean") == 0;
	struct store_options options = { 0 };
	struct store *s = NULL;
	struct fault why = { 0 };
	char *path = NULL;

	if (!clean && strcmp(a->positional[0], "info") != 0)
		return command_unknown_word("cache", "order", a->positional[0]);
	if (a->value[OPTION_CACHE_LIMIT] != NULL &&
		parse_size(a->value[OPTION_CACHE_LIMIT], &options.limit_bytes) < 0)
		return say_usage("cache", "no size: %s", a->value[OPTION_CACHE_LIMIT]);
	int r = settings_cache(a, &path, &why);
	if (r == -EINVAL)
		return say_invalid("cache", &why);
	options.path = path;
	if (r == 0)
		r = store_open(&options, &s, &why);
	if (r == 0 && clean)
		r = store_trim(s, 0);
	if (r == 0 && clean)
		r = store_forget(s);
	if (r == 0 && clean)
		r = live_forget(path, &why);
	if (r == 0)
		r = print_usage(s, path, a->value[OPTION_JSON] != NULL);
	store_close(s);
	free(path);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}
