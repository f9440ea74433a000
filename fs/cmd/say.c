#include "fs/cmd/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/line.h"
#include "fs/cmd/command.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/screen.h"

/* What is red is found in what else is on the screen; the cure is left plain. */
static void begin(void)
{
	fputs(is_coloured(stderr) ? "\033[31mcostfs:\033[m " : "costfs: ", stderr);
}

int say_fault(const struct fault *why, int error)
{
	/* interrupt_end() says it, once for all that was under way. */
	if (error == -ECANCELED && atomic_load(interrupt_flag()))
		return EXIT_FAILED;
	/* Of standard_write(): its reader has gone. */
	if (error == -EPIPE && why->text[0] == '\0')
		return EXIT_FAILED;
	begin();
	fprintf(stderr, "%s\n",
		why->text[0] != '\0' ? why->text : fault_errno_text(error));
	if (why->cure[0] != '\0')
		fprintf(stderr, "  %s\n", why->cure);
	return EXIT_FAILED;
}

void say_done(const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;

	va_start(args, format);
	(void)line_print(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "costfs: %s\n", text);
}

void say_old(const struct fault *why, struct instant looked)
{
	char text[INSTANT_TEXT];
	bool is_known = looked.seconds != INSTANT_NONE;

	if (is_known)
		instant_format(looked, text);
	say_fault(why, why->error);
	fprintf(stderr, "  until then, this is what was known at %.*s\n",
		is_known ? INSTANT_TEXT : 12, is_known ? text : "another time");
}

int say_usage(const char *command, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;

	begin();
	va_start(args, format);
	(void)line_print(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "%s\n  see: costfs help%s%s\n", text,
		command[0] == '\0' ? "" : " ", command);
	return EXIT_USAGE;
}

int say_invalid(const char *command, const struct fault *why)
{
	begin();
	fprintf(stderr, "%s\n", why->text);
	if (why->cure[0] != '\0')
		fprintf(stderr, "  %s\n", why->cure);
	fprintf(stderr, "  see: costfs help %s\n", command);
	return EXIT_USAGE;
}
