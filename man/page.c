/* A manual page for scdoc(1), on standard output: the file, in which lines that begin
 * with
 * '@' stand for what the tables of commands and options say. page FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd/command.h"

enum { LINE_BYTES = 4096 };

/* The tables name what they run; nothing is run here. */
#define NOT_HERE(name)                                                                   \
	int name(const struct arguments *a)                                              \
	{                                                                                \
		(void)a;                                                                 \
		return EXIT_FAILED;                                                      \
	}
NOT_HERE(command_cache)
NOT_HERE(command_cat)
NOT_HERE(command_complete)
NOT_HERE(command_completion)
NOT_HERE(command_demo_export)
NOT_HERE(command_doctor)
NOT_HERE(command_exports)
NOT_HERE(command_help)
NOT_HERE(command_ls)
NOT_HERE(command_mount)
NOT_HERE(command_name)
NOT_HERE(command_path)
NOT_HERE(command_policy)
NOT_HERE(command_prefetch)
NOT_HERE(command_refresh)
NOT_HERE(command_status)
NOT_HERE(command_umount)
NOT_HERE(command_version)

/* Text in which nothing is markup. */
static void put_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr("\\*_`#[]|<>~+-;", s.p[i]) != NULL)
			putchar('\\');
		putchar(s.p[i]);
	}
}

static void put_head(const struct command *c)
{
	struct span usage = span_of(c->usage);

	printf("costfs-%s(1)\n\n# NAME\n\ncostfs-%s - ", c->name, c->name);
	put_text(span_of(c->summary));
	printf("\n\n# SYNOPSIS\n\n*costfs %s*", c->name);
	put_text(span_from(usage, strlen(c->name)));
	puts("\n\n# DESCRIPTION");
}

static void put_options(const struct command *c)
{
	puts("# OPTIONS\n");
	for (const enum option_id *id = c->options; *id != OPTION_COUNT; id++) {
		const struct option_info *o = option_info(*id);

		if (o->letter != 0)
			printf("*-%c*, ", o->letter);
		printf("*--%s*", o->name);
		if (o->argument != NULL) {
			fputs(" ", stdout);
			put_text(span_of(o->argument));
		}
		fputs("\n\t", stdout);
		put_text(span_of(o->help));
		puts("\n");
	}
}

static void put_examples(const struct command *c)
{
	printf("# EXAMPLES\n\n```\n%s\n```\n", c->examples);
}

static void put_commands(void)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		if (c->summary == NULL)
			continue;
		printf("*costfs-%s*(1)\n\t", c->name);
		put_text(span_of(c->summary));
		puts("\n");
	}
}

/* False: nobody knows what it stands for. */
static bool put_marked(const char *mark, const char *name)
{
	const struct command *c = name != NULL ? command_find(name) : NULL;

	if (strcmp(mark, "@COMMANDS") == 0)
		put_commands();
	else if (c == NULL || c->summary == NULL)
		return false;
	else if (strcmp(mark, "@HEAD") == 0)
		put_head(c);
	else if (strcmp(mark, "@OPTIONS") == 0)
		put_options(c);
	else if (strcmp(mark, "@EXAMPLES") == 0)
		put_examples(c);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	char line[LINE_BYTES];
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (f == NULL) {
		fputs("page: name a file that can be read\n", stderr);
		return EXIT_USAGE;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] != '@') {
			fputs(line, stdout);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		char *name = strchr(line, ' ');
		if (name != NULL)
			*name++ = '\0';
		if (!put_marked(line, name)) {
			fprintf(stderr, "page: %s: %s: no such mark or command\n",
				argv[1], line);
			return EXIT_FAILED;
		}
	}
	fclose(f);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}
