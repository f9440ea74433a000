#include "base/fault.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/line.h"

int fault(struct fault *why, int error, const char *format, ...)
{
	char text[FAULT_TEXT]; /* the arguments may be texts of why */
	va_list args;

	if (!why)
		return error;
	va_start(args, format);
	(void)line_print(text, sizeof(text), format, args);
	va_end(args);
	/* The cure of an earlier failure is none of this one; one without a failure is.
	 */
	if (why->text[0])
		why->cure[0] = '\0';
	why->request[0] = '\0';
	memcpy(why->text, text, sizeof(text));
	why->error = error;
	return error;
}

void fault_cure(struct fault *why, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	(void)line_print(text, sizeof(text), format, args);
	va_end(args);
	memcpy(why->cure, text, sizeof(text));
}

void fault_request(struct fault *why, const char *id)
{
	if (why && strlen(id) < sizeof(why->request))
		memcpy(why->request, id, strlen(id) + 1);
}

static void join(char *ret, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
static void join(char *ret, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)line_print(ret, size, format, args);
	va_end(args);
}

void fault_prefix(struct fault *why, const char *format, ...)
{
	char context[FAULT_TEXT];
	char text[FAULT_TEXT];
	va_list args;

	if (!why || !why->text[0])
		return;
	va_start(args, format);
	(void)line_print(context, sizeof(context), format, args);
	va_end(args);
	join(text, sizeof(text), "%s: %s", context, why->text);
	memcpy(why->text, text, sizeof(text));
}

const char *fault_errno_text(int error)
{
	const char *text = NULL;

	if (error != INT_MIN)
		text = strerrordesc_np(error < 0 ? -error : error);
	return text ? text : "Unknown error";
}

bool fault_is_passing(int error)
{
	switch (error) {
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ETIMEDOUT:
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREJECTED:
		return true;
	default:
		return false;
	}
}
