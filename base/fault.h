/* Why something failed: one line for a person, made where it is known and printed once,
 * at the edge. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/compiler.h"

enum { FAULT_TEXT = 512, FAULT_REQUEST = 64 };

/* Plain; zeroed = nothing to say. Longer texts are cut in their middle. Never holds
 * secrets. */
struct fault {
	int error; /* negative errno */
	char text[FAULT_TEXT]; /* what was attempted, on what, what was seen */
	char cure[FAULT_TEXT]; /* what the user can do; may be empty */
	char request[FAULT_REQUEST]; /* AWS's id of the call that failed; may be empty */
};

/* Notes and answers error (negative), so that callers can `return fault(…)`. why may be
 * NULL. Control characters of arguments are replaced by '?', so that hostile names cannot
 * forge lines. A cure that was named while there was no text yet is kept; that of an
 * earlier text is dropped, and so is its request. */
int fault(struct fault *why, int error, const char *format, ...) PRINTF_LIKE(3, 4);
/* Says what to do about it; replaces an earlier cure. */
void fault_cure(struct fault *why, const char *format, ...) PRINTF_LIKE(2, 3);
/* Says which call of AWS it was, for AWS's support; "" and longer ids are none. */
void fault_request(struct fault *why, const char *id);
/* Puts "context: " in front of the text, if there is one. */
void fault_prefix(struct fault *why, const char *format, ...) PRINTF_LIKE(2, 3);
/* "Input/output error" without the locale; for an errno of either sign. */
const char *fault_errno_text(int error);
/* Whether it passes by itself or by a login: no network, no answer, no credentials. */
bool fault_is_passing(int error);

#endif
