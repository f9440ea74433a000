/* Lines on stderr or in the journal. Layers below fs/mount and fs/cmd log at debug
 * only. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/compiler.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The level is one of the two mutable globals of the program. Default: warning.
 * Thread-safe. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
const char *log_level_name(enum log_level level);
/* One line, "costfs: level: …" and a newline, written with a single write(2). */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* While a line of progress stands on the terminal (fs/cmd/progress.h), lines of the log
 * take it away before they are written. Thread-safe. */
void log_set_over_progress(bool is_over);
bool log_is_over_progress(void);

/* The same whatever the level, "costfs: state: …": for what somebody has just asked for.
 */
void log_state(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
