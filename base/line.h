/* One line for a person, however hostile the names in it. */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

/* Prints into ret (size > 0), NUL-terminated. What is too long is cut between characters,
 * in its middle, where "…" stands; at its end where size is below 64 or there is no
 * memory. Control characters (C0, DEL, and C1 in UTF-8) become '?'. Answers the length.
 */
size_t line_print(char *ret, size_t size, const char *format, va_list args)
	PRINTF_LIKE(3, 0);

#endif
