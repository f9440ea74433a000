/* costfs help and version. */
#include <stdio.h>
#include <string.h>

#include "fs/cmd/command.h"
#include "fs/cmd/near.h"
#include "fs/cmd/say.h"
#include "fs/cmd/screen.h"

enum { WIDTH = 80, OPTION_COLUMN = 30, COMMAND_COLUMN = 15 };

static void print_head(const char *head)
{
	if (is_coloured(stdout))
		printf("\033[1m%s:\033[0m\n", head);
	else
		printf("%s:\n", head);
}

static int columns_of(struct span s)
{
	int columns = 0;

	for (size_t i = 0; i < s.len; i++)
		columns += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return columns;
}

/* Ends the line. at: where it is now; the text begins at column, and goes on there. */
static void print_wrapped(int at, int column, const char *text)
{
	struct span rest = span_of(text), word;
	bool is_first = true;

	while (span_split(&rest, ' ', &word)) {
		int width = columns_of(word);

		if (is_first ? at >= column : at + 1 + width > WIDTH) {
			putchar('\n');
			at = 0;
		}
		int blanks = at < column ? column - at : 1;
		printf("%*s%.*s", blanks, "", SPAN_ARG(word));
		at += blanks + width;
		is_first = false;
	}
	putchar('\n');
}

static void print_examples(const char *examples)
{
	struct span rest = span_of(examples), line;

	print_head("Examples");
	while (span_split(&rest, '\n', &line))
		printf("  %.*s\n", SPAN_ARG(line));
}

static void print_option(const struct option_info *o)
{
	const char letter[] = { '-', o->letter, ',', '\0' };
	const char *argument = o->argument != NULL ? o->argument : "";
	int at = 9 + (int)strlen(o->name) + columns_of(span_of(argument));

	printf("  %s --%s %s", o->letter != 0 ? letter : "   ", o->name, argument);
	print_wrapped(at, OPTION_COLUMN, o->help);
}

/* One that has no company in its group stands with the command's own. */
static enum option_group group_in(const struct command *c, const struct option_info *o)
{
	int count = 0;

	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++)
		count += option_info(*id)->group == o->group;
	return count > 1 ? o->group : GROUP_COMMAND;
}

static void print_group(
	const struct command *c, enum option_group group, const char *head)
{
	bool has_head = false;

	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++) {
		const struct option_info *o = option_info(*id);

		if (group_in(c, o) != group)
			continue;
		if (!has_head) {
			putchar('\n');
			print_head(head);
			has_head = true;
		}
		print_option(o);
	}
}

static void print_command(const struct command *c)
{
	static const char *const heads[] = { [GROUP_COMMAND] = "Options",
		[GROUP_SOURCE] = "Options of the source",
		[GROUP_CACHE] = "Options of the cache",
		[GROUP_RESOURCES] = "Options of resources",
		[GROUP_OTHER] = "Further options" };

	_Static_assert(ARRAY_LEN(heads) == GROUP_COUNT, "every group has its head");
	printf("costfs %s: %s\n\n", c->name,
		c->summary != NULL ? c->summary : "for scripts");
	print_examples(c->examples);
	printf("\nUsage: costfs %s\n", c->usage);
	for (int group = 0; group < GROUP_COUNT; group++)
		print_group(c, (enum option_group)group, heads[group]);
	if (c->summary != NULL)
		printf("\nMore: man costfs-%s\n", c->name);
}

int command_help(const struct arguments *a)
{
	const struct command *c;

	if (a->count == 1) {
		c = command_find(a->positional[0]);
		if (c == NULL)
			return command_unknown(a->positional[0]);
		print_command(c);
		return EXIT_DONE;
	}
	puts("costfs shows AWS billing exports as directories of CSV files.\n");
	print_examples("costfs mount demo: ~/costs\n"
		       "column -s, -t ~/costs/this-month/by-service.csv | head\n"
		       "costfs umount ~/costs");
	putchar('\n');
	print_head("Commands");
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		if (c->summary != NULL) {
			printf("  %s", c->name);
			print_wrapped(
				2 + (int)strlen(c->name), COMMAND_COLUMN, c->summary);
		}
	puts("\ncostfs help COMMAND says more.");
	return EXIT_DONE;
}

int command_unknown(const char *name)
{
	struct near n = near_to(span_of(name));
	const struct command *c;

	if (name[0] == '-')
		return say_usage("", "%s: options stand behind a command", name);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		if (c->summary != NULL)
			near_try(&n, span_of(c->name));
	return say_usage("", "no such command: %s%s", name, near_said(&n, ""));
}

int command_unknown_word(const char *command, const char *what, const char *word)
{
	const char *words = command_find(command)->words;
	struct near n = near_to(span_of(word));

	near_try_all(&n, words);
	return say_usage(command, "no such %s: %s, only %s%s", what, word, words,
		near_said(&n, ""));
}

int command_version(const struct arguments *a)
{
	if (a->value[OPTION_JSON] != NULL)
		puts("{\n  \"version\": \"" COSTFS_VERSION "\"\n}");
	else
		puts("costfs " COSTFS_VERSION);
	return EXIT_DONE;
}
