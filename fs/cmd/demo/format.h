/* What an export's format consists of. */
#ifndef FS_CMD_DEMO_FORMAT_H
#define FS_CMD_DEMO_FORMAT_H

#include "fs/cmd/demo/demo.h"

enum format_family { FORMAT_LEGACY, FORMAT_CUR2, FORMAT_FOCUS };

struct format_info {
	const char *name; /* as options have it */
	enum format_family family;
	bool parquet;
	bool focus_10; /* else 1.2 */
};

const struct format_info *format_info(enum demo_format format);

#endif
