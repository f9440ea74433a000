#include "fs/cmd/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fs/cmd/command.h"
#include "fs/cmd/interrupt.h"

int say_fault(const struct fault *why, int error)
{
	/* interrupt_end() says it, once for all that was under way. */
	if (error == -ECANCELED && atomic_load(interrupt_flag()))
		return EXIT_FAILED;
	if (why->text[0] != '\0')
		fprintf(stderr, "costfs: %s\n", why->text);
	else
		fprintf(stderr, "costfs: %s\n", fault_errno_text(error));
	if (why->cure[0] != '\0')
		fprintf(stderr, "  %s\n", why->cure);
	return EXIT_FAILED;
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
	va_list args;

	fputs("costfs: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n  see: costfs help%s%s\n", command[0] == '\0' ? "" : " ",
		command);
	return EXIT_USAGE;
}

int say_invalid(const char *command, const struct fault *why)
{
	fprintf(stderr, "costfs: %s\n", why->text);
	if (why->cure[0] != '\0')
		fprintf(stderr, "  %s\n", why->cure);
	fprintf(stderr, "  see: costfs help %s\n", command);
	return EXIT_USAGE;
}
