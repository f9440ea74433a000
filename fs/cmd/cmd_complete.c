/* costfs complete -- WORD…: what may stand in place of the last word, which is being
 * typed, for the shells' scripts (completion/). A line each: the whole word, and behind a
 * tab what it means; or ":directories N", ":files N", which the shell knows better: those
 * that go on behind the word's first N bytes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd/app.h"
#include "fs/cmd/config.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/source.h"

/* Nobody waits longer for a list of words. */
enum { ANSWER_SECONDS = 3, PATH_BYTES = 8192 };

struct request {
	const struct command *command; /* NULL: it is that which is being typed */
	struct typed typed;
	const char *word;
	size_t lead; /* bytes of word before what is completed: "--format=" */
};

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.len > 0 && s.p[0] != ':';
}

static void offer(
	const struct request *q, struct span name, const char *end, const char *means)
{
	if (!span_starts(name, span_of(q->word + q->lead)) || !is_plain(name))
		return;
	printf("%.*s%.*s%s", (int)q->lead, q->word, SPAN_ARG(name), end);
	if (means != NULL)
		printf("\t%s", means);
	putchar('\n');
}

static void offer_text(const struct request *q, const char *name, const char *means)
{
	offer(q, span_of(name), "", means);
}

static void offer_words(const struct request *q, const char *words)
{
	struct span rest = span_of(words), word;

	while (span_split(&rest, '|', &word))
		offer(q, word, "", NULL);
}

static void offer_commands(const struct request *q)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		if (c->summary != NULL)
			offer_text(q, c->name, c->summary);
}

static void offer_shells(const struct request *q, const char *what)
{
	printf(":%s %zu\n", what, q->lead);
}

static void offer_mount_options(struct request *q);

static void offer_value(struct request *q, const struct option_info *o)
{
	const char *values = option_values(o);

	if (values != NULL)
		offer_words(q, values);
	else if (o->id == OPTION_O)
		offer_mount_options(q);
	else if (o->argument != NULL && strcmp(o->argument, "DIR") == 0)
		offer_shells(q, "directories");
	else if (o->argument != NULL && strcmp(o->argument, "FILE") == 0)
		offer_shells(q, "files");
}

/* "a,b=": the name behind the last comma, or its value. */
static void offer_mount_options(struct request *q)
{
	const char *comma = strrchr(q->word + q->lead, ',');

	if (comma != NULL)
		q->lead = (size_t)(comma - q->word) + 1;
	struct span item = span_of(q->word + q->lead);
	size_t equals = span_find(item, '=');
	for (const enum option_id *id = settings_options(); *id != OPTION_COUNT; id++) {
		const struct option_info *o = option_info(*id);

		if (equals == item.len) {
			offer(q, span_of(o->name), o->argument != NULL ? "=" : "",
				o->help);
		} else if (span_eq(span_first(item, equals), span_of(o->name))) {
			q->lead += equals + 1;
			offer_value(q, o);
			return;
		}
	}
}

static void offer_options(struct request *q)
{
	const char *equals = strchr(q->word, '=');
	struct span name = span_of(q->word + 1);

	if (equals == NULL) {
		q->lead = q->word[1] == '-' ? 2 : 0;
		for (const enum option_id *id = q->command->options; *id != OPTION_COUNT;
			id++) {
			const struct option_info *o = option_info(*id);

			if (q->lead > 0)
				offer_text(q, o->name, o->help);
			else
				printf("--%s\t%s\n", o->name, o->help);
		}
		return;
	}
	name = span_first(span_from(name, 1), (size_t)(equals - q->word) - 2);
	const struct option_info *o = command_option(q->command, name);
	q->lead = (size_t)(equals - q->word) + 1;
	if (o != NULL)
		offer_value(q, o);
}

static void offer_sections(const struct request *q)
{
	struct config *c = NULL;
	struct fault why;
	char *path = NULL;
	const char *section;
	bool is_head;

	if (settings_config(&q->typed.given, &path, &why) == 0 &&
		config_read(path, false, &c, &why) == 0)
		for (size_t i = 0; (section = config_section(c, i, &is_head)) != NULL;
			i++)
			if (is_head)
				offer_text(q, section, "section of the configuration");
	config_free(c);
	free(path);
}

static void offer_sources(const struct request *q)
{
	offer_text(q, SOURCE_DEMO, "a made-up organization");
	offer_text(q, SOURCE_DETECTED, "the export that AWS tells of");
	offer_text(q, "s3://", "a place in S3");
	offer_sections(q);
	offer_shells(q, "directories");
}

static void offer_mounts(const struct request *q)
{
	char **all = mounted_all();

	for (char **root = all; root != NULL && *root != NULL; root++) {
		offer_text(q, *root, "a mount of costfs");
		free(*root);
	}
	free(all);
}

/* Where reading a month costs requests, only what is at hand is listed. */
static int list(struct app *a, const char *path, bool may_read, struct tree_listing **ret)
{
	struct fault why = { 0 };
	struct tree_need need;
	struct tree_entry e;
	int r;

	while ((r = tree_walk(app_tree(a), span_of(path), may_read, &e, &need, &why)) ==
			-EAGAIN &&
		may_read && app_wait(a, &need, interrupt_flag(), &why) == 0)
		continue;
	if (r < 0)
		return r;
	while ((r = tree_list(app_tree(a), e.node, may_read, ret, &need, &why)) ==
			-EAGAIN &&
		may_read && app_wait(a, &need, interrupt_flag(), &why) == 0)
		continue;
	tree_forget(app_tree(a), e.node, 1);
	return r;
}

/* Of the directory, which is the word up to lead, or that of the months. */
static void offer_names(const struct request *q, struct app *a, const char *directory,
	bool may_read, bool is_months)
{
	struct tree_listing *l = NULL;
	bool hidden = q->word[q->lead] == '.';

	if (list(a, directory, may_read, &l) < 0)
		return;
	for (size_t i = 0; i < tree_listing_count(l); i++) {
		struct tree_name n = tree_listing_at(l, i);
		struct month_no month;

		if (is_months && month_parse(span_of(n.name), &month) < 0)
			continue;
		if (!hidden && n.name[0] == '.')
			continue;
		/* Links are of directories. */
		offer(q, span_of(n.name), is_months || S_ISREG(n.type) ? "" : "/", NULL);
	}
	tree_listing_free(l);
}

static void offer_tree(struct request *q, const char *source, bool is_months)
{
	const char *slash = is_months ? NULL : strrchr(q->word, '/');
	struct app_options options = { .stop = interrupt_flag() };
	struct settings s = { 0 };
	struct fault why = { 0 };
	struct app *app = NULL;
	char *directory = NULL;

	if (slash != NULL)
		q->lead = (size_t)(slash - q->word) + 1;
	directory = is_months ? strdup("months")
		: q->lead > 0 ? strndup(q->word, q->lead)
			      : strdup(".");
	options.settings = &s;
	if (directory != NULL && settings_init(&q->typed.given, source, &s, &why) == 0 &&
		app_open(&options, &app, &why) == 0)
		offer_names(q, app, directory, !source_is_far(s.source), is_months);
	app_close(app);
	settings_finish(&s);
	free(directory);
}

/* Of the mount, without a look into its months. */
static void offer_months_of(const struct request *q, const char *root)
{
	struct buf path = BUF_INIT(PATH_BYTES);
	struct month_no month;
	struct dirent *e;
	DIR *d = NULL;

	if (buf_appendf(&path, "%s/months", root) == 0)
		d = opendir(buf_text(&path));
	while (d != NULL && (e = readdir(d)) != NULL)
		if (month_parse(span_of(e->d_name), &month) == 0)
			offer_text(q, e->d_name, NULL);
	if (d != NULL)
		closedir(d);
	buf_finish(&path);
}

static void offer_months(struct request *q)
{
	const char *dots = strstr(q->word, "..");
	const char *given = q->typed.given.positional[0];
	char *root = NULL, *source = NULL;
	struct fault why;

	if (dots != NULL)
		q->lead = (size_t)(dots - q->word) + 2;
	if (mounted_find(given, &root, &source, &why) == 0)
		offer_months_of(q, root);
	else
		offer_tree(q, given, true);
	free(root);
	free(source);
}

static void offer_operand(struct request *q)
{
	const struct command *c = q->command;
	int index = q->typed.given.count;

	if (index >= c->most)
		return;
	while (index > 0 && (index >= OPERANDS || c->operands[index] == OPERAND_NONE))
		index--;
	switch (c->operands[index]) {
	case OPERAND_NONE:
	case OPERAND_TEXT:
	case OPERAND_TYPED:
		return;
	case OPERAND_WORD:
		offer_words(q, c->words);
		return;
	case OPERAND_COMMAND:
		offer_commands(q);
		return;
	case OPERAND_SOURCE_OR_MOUNT:
		offer_mounts(q);
		offer_sources(q);
		return;
	case OPERAND_SOURCE:
	case OPERAND_SOURCE_OR_DIRECTORY:
		offer_sources(q);
		return;
	case OPERAND_MOUNT:
		offer_mounts(q);
		offer_shells(q, "directories");
		return;
	case OPERAND_DIRECTORY:
		offer_shells(q, "directories");
		return;
	case OPERAND_FILE:
		offer_shells(q, "files");
		return;
	case OPERAND_MONTHS:
		offer_months(q);
		return;
	case OPERAND_TREE_PATH:
		offer_tree(q, q->typed.given.positional[0], false);
		return;
	}
}

static void give_up(int number)
{
	(void)number;
	_exit(EXIT_DONE);
}

int command_complete(const struct arguments *a)
{
	int last = a->count - 1;
	struct request q = { .word = a->positional[last] };

	(void)signal(SIGALRM, give_up);
	(void)alarm(ANSWER_SECONDS);
	if (last == 0) {
		offer_commands(&q);
		return EXIT_DONE;
	}
	q.command = command_find(a->positional[0]);
	if (q.command == NULL)
		return EXIT_DONE;
	command_look(q.command, last - 1, a->positional + 1, &q.typed);
	if (q.typed.wants != NULL)
		offer_value(&q, q.typed.wants);
	else if (!q.typed.no_options && q.word[0] == '-')
		offer_options(&q);
	else
		offer_operand(&q);
	(void)alarm(0);
	return EXIT_DONE;
}
