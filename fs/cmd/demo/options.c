/* The limits are those of AWS's names, and of what fits the demo's arithmetic. */
#include "fs/cmd/demo/options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd/demo/format.h"
#include "fs/cmd/demo/parquet/outstyle.h"

enum {
	ROWS_DEFAULT = 100000,
	CHUNK_ROWS_DEFAULT = 250000,
	ACCOUNTS_DEFAULT = 12,
	MONTHS_DEFAULT = 3,
	GROUP_ROWS_DEFAULT = 65536,
	LAST_MONTH_DEFAULT = 2026 * 12 + 10, /* 2026-11 */
};

static bool is_part(const char *text, size_t len, const char *more)
{
	if (len == 0 || (len == 1 && text[0] == '.') ||
		(len == 2 && text[0] == '.' && text[1] == '.'))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9');

		if (!is_letter && (c == '\0' || !strchr(more, c)))
			return false;
	}
	return true;
}

static bool is_prefix(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "/");

		if (!is_part(text, len, "!-_.*'()"))
			return false;
		text += len;
		if (*text == '/' && !*++text)
			return false;
	}
	return true;
}

static unsigned processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1		   ? 1
		: count > DEMO_THREADS_MAX ? DEMO_THREADS_MAX
					   : (unsigned)count;
}

static void take_defaults(struct demo_options *o)
{
	if (o->rows == 0)
		o->rows = ROWS_DEFAULT;
	if (o->accounts == 0)
		o->accounts = ACCOUNTS_DEFAULT;
	if (o->months == 0)
		o->months = MONTHS_DEFAULT;
	if (o->last_month.number == 0)
		o->last_month.number = LAST_MONTH_DEFAULT;
	if (!o->prefix)
		o->prefix = "exports";
	if (!o->name)
		o->name = "demo";
	if (o->rows_per_chunk == 0)
		o->rows_per_chunk = CHUNK_ROWS_DEFAULT;
	if (o->rows_per_group == 0)
		o->rows_per_group = GROUP_ROWS_DEFAULT;
	if (o->rows_per_page == 0)
		o->rows_per_page = OUTSTYLE_PAGE_ROWS;
	if (o->threads == 0)
		o->threads = processors();
}

int demo_options_check(struct demo_options *o, struct fault *why)
{
	bool legacy = format_info(o->format)->family == FORMAT_LEGACY;

	take_defaults(o);
	if (o->rows > DEMO_ROWS_MAX || o->accounts > DEMO_ACCOUNTS_MAX ||
		o->months > DEMO_MONTHS_MAX || o->threads > DEMO_THREADS_MAX ||
		o->rows_per_chunk > DEMO_CHUNK_ROWS_MAX)
		return fault(why, -EINVAL,
			"demo export: at most %d accounts, %d months, 10^9 rows, %d rows "
			"in a "
			"file, %d threads",
			DEMO_ACCOUNTS_MAX, DEMO_MONTHS_MAX, DEMO_CHUNK_ROWS_MAX,
			DEMO_THREADS_MAX);
	/* The oldest month shown is after 1980, so that a reservation bought before it
	 * and all times are after 1970. */
	if (o->last_month.number > 9998 * 12 ||
		o->last_month.number - (int32_t)o->months < 1980 * 12)
		return fault(why, -EINVAL, "demo export: months from 1980 to 9997 only");
	if (strlen(o->name) > DEMO_NAME_MAX ||
		!is_part(o->name, strlen(o->name), legacy ? "!-_.*'()" : "-_"))
		return fault(why, -EINVAL,
			"demo export: \"%s\" cannot be an export's name", o->name);
	if (strlen(o->prefix) > DEMO_PREFIX_MAX || !is_prefix(o->prefix))
		return fault(why, -EINVAL, "demo export: \"%s\" cannot be a prefix",
			o->prefix);
	if (o->compression != DEMO_GZIP && o->format != DEMO_LEGACY_CSV)
		return fault(why, -EINVAL,
			"demo export: only legacy CSV has another compression");
	if (o->page_version > 2 || o->rows_per_group > DEMO_GROUP_ROWS_MAX)
		return fault(why, -EINVAL,
			"demo export: page versions 1 and 2, at most %d rows in a group",
			DEMO_GROUP_ROWS_MAX);
	return 0;
}
