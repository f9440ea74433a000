/* costfs cache. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd/command.h"
#include "fs/cmd/config.h"
#include "fs/cmd/say.h"
#include "fs/cmd/settings.h"
#include "fs/live/live.h"

static int print_usage(struct store *s, const char *path)
{
	struct store_usage u;
	int r = store_usage(s, &u);

	if (r < 0)
		return r;
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
		return say_usage("cache", "no such thing: cache %s", a->positional[0]);
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
		r = print_usage(s, path);
	store_close(s);
	free(path);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}
