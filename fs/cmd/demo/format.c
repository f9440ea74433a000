#include "fs/cmd/demo/format.h"

#include <errno.h>

static const struct format_info formats[] = {
	[DEMO_LEGACY_CSV] = { "legacy-csv", FORMAT_LEGACY, false, false },
	[DEMO_CUR2_CSV] = { "cur2-csv", FORMAT_CUR2, false, false },
	[DEMO_LEGACY_PARQUET] = { "legacy-parquet", FORMAT_LEGACY, true, false },
	[DEMO_CUR2_PARQUET] = { "cur2-parquet", FORMAT_CUR2, true, false },
	[DEMO_FOCUS_CSV] = { "focus-csv", FORMAT_FOCUS, false, false },
	[DEMO_FOCUS_PARQUET] = { "focus-parquet", FORMAT_FOCUS, true, false },
	[DEMO_FOCUS_10_CSV] = { "focus-1.0-csv", FORMAT_FOCUS, false, true },
	[DEMO_FOCUS_10_PARQUET] = { "focus-1.0-parquet", FORMAT_FOCUS, true, true },
};

const struct format_info *format_info(enum demo_format format)
{
	return &formats[format];
}

int demo_format_parse(struct span name, enum demo_format *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (span_eq(name, span_of(formats[i].name))) {
			*ret = (enum demo_format)i;
			return 0;
		}
	}
	return -EINVAL;
}
