/* Demo exports: realistic bucket trees without an AWS account, the same bytes for the
 * same options on every machine (compressed files: with the same zlib). */
#ifndef FS_CMD_DEMO_DEMO_H
#define FS_CMD_DEMO_DEMO_H

#include "base/day.h"
#include "base/fault.h"

/* FOCUS is 1.2 where no version is named. */
enum demo_format {
	DEMO_LEGACY_CSV,
	DEMO_CUR2_CSV,
	DEMO_LEGACY_PARQUET, /* overwritten, it is laid out for Athena */
	DEMO_CUR2_PARQUET,
	DEMO_FOCUS_CSV,
	DEMO_FOCUS_PARQUET,
	DEMO_FOCUS_10_CSV,
	DEMO_FOCUS_10_PARQUET,
};
enum demo_layout { DEMO_OVERWRITE, DEMO_CREATE_NEW };
enum demo_compression { DEMO_GZIP, DEMO_ZIP, DEMO_PLAIN };
/* Of Parquet pages. AWS has the first only; files are named after it whatever is in
 * them. */
enum demo_codec { DEMO_SNAPPY, DEMO_ZSTD, DEMO_GZIP_PAGES, DEMO_PLAIN_PAGES };

enum {
	DEMO_ACCOUNTS_MAX = 1000,
	DEMO_MONTHS_MAX = 120,
	DEMO_NAME_MAX = 128, /* bytes of name */
	DEMO_PREFIX_MAX = 256,
	DEMO_THREADS_MAX = 16,
	DEMO_CHUNK_ROWS_MAX = 1000000,
	DEMO_GROUP_ROWS_MAX = 1000000,
};
#define DEMO_ROWS_MAX UINT64_C(1000000000)

/* Zeroed members mean the default in brackets. */
struct demo_options {
	uint64_t rows; /* of the current deliveries of all months together [100000] */
	unsigned accounts; /* [12] */
	unsigned months; /* [3] */
	uint64_t seed;
	enum demo_format format;
	enum demo_layout layout;
	enum demo_compression compression; /* of legacy CSV; all other CSV is gzip */
	struct month_no last_month; /* the open one [2026-11] */
	const char *prefix; /* parts of [A-Za-z0-9!_.*'()-] between '/'; "" for none
			     * [exports] */
	const char *name; /* [demo] */
	uint64_t rows_per_chunk; /* [250000]; but at least two chunks a month */
	bool tables; /* also recommendations and carbon, beside it */
	bool second_currency; /* the last of several accounts is billed in EUR */
	/* How Parquet is written, for tests of readers. */
	enum demo_codec codec;
	unsigned page_version; /* 1, 2 [what AWS's writer of the format has] */
	uint32_t rows_per_group, rows_per_page; /* [65536], [20000] */
	unsigned threads; /* [one per processor]; the bytes do not depend on it */
};

struct demo_progress {
	uint64_t rows_done, rows_total; /* superseded deliveries included */
};
/* Called from the caller's thread or another, one at a time. Answers 0, or a negative
 * errno that stops the export. */
typedef int demo_progress_fn(void *ctx, const struct demo_progress *progress);

/* "legacy-csv", "focus-1.0-parquet" ... 0; -EINVAL. */
MUST_USE int demo_format_parse(struct span name, enum demo_format *ret);

/* Writes the export below directory, which is made if need be. Each file appears
 * whole, a month's manifest after its data. Existing files of the same names are
 * replaced. progress may be NULL. 0; -EINVAL options; -ENOMEM; -errno of the file
 * system; what progress answered. */
MUST_USE int demo_export_write(const char *directory, const struct demo_options *options,
	demo_progress_fn *progress, void *ctx, struct fault *why);

#endif
