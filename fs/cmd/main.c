/* costfs: AWS billing exports as directories. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "fs/cmd/command.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/mount_helper.h"
#include "fs/cmd/say.h"
#include "fs/cmd/screen.h"
#include "fs/cmd/standard.h"

enum { LARGE_BLOCK_BYTES = 1 << 20 };

/* What every command has. */
static int apply_options(const struct arguments *a, struct fault *why)
{
	int colour = COLOUR_AUTO;
	int r = option_choice(a, OPTION_COLOR, &colour, why);

	if (r < 0)
		return r;
	screen_wish_colour((enum colour_wish)colour);
	if (a->value[OPTION_VERBOSE] != NULL)
		log_set_level(LOG_LEVEL_DEBUG);
	return 0;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct arguments a;
	struct fault why = { 0 };

	if (command_parse(c, argc, argv, &a, &why) < 0)
		return say_usage(c->name, "%s", why.text);
	int r = apply_options(&a, &why);
	if (a.value[OPTION_HELP] != NULL)
		return standard_end(command_help(
			&(struct arguments){ .positional = { c->name }, .count = 1 }));
	if (r < 0)
		return say_usage(c->name, "%s", why.text);
	/* Costs are for their owner; what is exported is the user's. */
	if (c->run != command_demo_export)
		(void)umask(077);
	/* That one forks, and looks after signals itself. */
	bool is_watched = c->run != command_mount;
	if (is_watched)
		interrupt_watch();
	int status = c->run(&a);
	if (is_watched)
		status = interrupt_end(status);
	/* What cannot be printed has not been said. */
	return standard_end(status);
}

/* Large blocks go back to the system when they are freed. glibc by itself begins to keep
 * them, up to 32 MiB each: while 20,000 instances came that was up to 38 MiB, it is 11
 * so. */
static void give_back_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
#endif
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";

	give_back_large_blocks();
	if (standard_open() < 0)
		return EXIT_FAILED;
	if (argc > 0 && is_mount_helper(argv[0]))
		return mount_helper_run(argc, argv);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	const struct command *c = command_find(name);
	if (c != NULL)
		return run(c, argc > 2 ? argc - 2 : 0, argv + 2);
	return command_unknown(name);
}
