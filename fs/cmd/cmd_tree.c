/* costfs ls and cat: the tree without a mount. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/cmd/app.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/say.h"
#include "fs/cmd/source.h"

enum { CAT_BYTES = 1024 * 1024 };

static void print_long(const struct tree_entry *e, const char *name, const char *target)
{
	char time[INSTANT_TEXT];
	char type = S_ISDIR(e->attr.st_mode) ? 'd' : S_ISLNK(e->attr.st_mode) ? 'l' : '-';

	instant_format((struct instant){ e->attr.st_mtime }, time);
	printf("%c%s %14" PRIu64 " %.*s %s%s%s\n", type,
		S_ISREG(e->attr.st_mode) ? "r--r--r--" : "r-xr-xr-x",
		(uint64_t)e->attr.st_size, INSTANT_TEXT, time, name,
		target != NULL ? " -> " : "", target != NULL ? target : "");
}

/* The name in the directory, without following a link. */
static int look_up(struct app *a, uint64_t directory, const char *name,
	struct tree_entry *ret, struct fault *why)
{
	struct tree_need need;
	int r;

	while ((r = tree_lookup(app_tree(a), directory, span_of(name), true, ret, &need,
			why)) == -EAGAIN) {
		r = app_wait(a, &need, interrupt_flag(), why);
		if (r < 0)
			break;
	}
	return r;
}

/* The size of a file that a lookup alone does not read. */
static int know_size(struct app *a, struct tree_entry *e, struct fault *why)
{
	struct tree_need need;
	double ttl;
	int r;

	while ((r = tree_attr(app_tree(a), e->node, true, &e->attr, &ttl, &need, why)) ==
		-EAGAIN) {
		r = app_wait(a, &need, interrupt_flag(), why);
		if (r < 0)
			break;
	}
	return r;
}

static int print_entry(struct app *a, uint64_t directory, const char *name, bool is_long,
	struct fault *why)
{
	struct buf target = BUF_INIT(4096);
	struct tree_entry e;

	if (!is_long) {
		puts(name);
		return 0;
	}
	int r = look_up(a, directory, name, &e, why);
	if (r < 0)
		return r;
	if (S_ISLNK(e.attr.st_mode))
		r = tree_readlink(app_tree(a), e.node, &target);
	else
		r = know_size(a, &e, why);
	if (r == 0)
		print_long(&e, name, S_ISLNK(e.attr.st_mode) ? buf_text(&target) : NULL);
	tree_forget(app_tree(a), e.node, 1);
	buf_finish(&target);
	return r;
}

static int list_names(
	struct app *a, uint64_t node, struct tree_listing **ret, struct fault *why)
{
	struct tree_need need;
	int r;

	while ((r = tree_list(app_tree(a), node, true, ret, &need, why)) == -EAGAIN) {
		r = app_wait(a, &need, interrupt_flag(), why);
		if (r < 0)
			break;
	}
	return r;
}

static int list_directory(
	struct app *a, const struct arguments *args, uint64_t node, struct fault *why)
{
	struct tree_listing *listing;
	int r = list_names(a, node, &listing, why);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < tree_listing_count(listing); i++) {
		const char *name = tree_listing_at(listing, i).name;

		if (name[0] != '.' || args->value[OPTION_ALL] != NULL)
			r = print_entry(
				a, node, name, args->value[OPTION_LONG] != NULL, why);
	}
	tree_listing_free(listing);
	return r;
}

static int list_path(
	struct app *a, const struct arguments *args, const char *path, struct fault *why)
{
	struct tree_entry e;
	int r = app_walk(a, path, interrupt_flag(), &e, why);

	if (r < 0)
		return r;
	if (S_ISDIR(e.attr.st_mode)) {
		r = list_directory(a, args, e.node, why);
	} else if (args->value[OPTION_LONG] != NULL) {
		r = know_size(a, &e, why);
		if (r == 0)
			print_long(&e, path, NULL);
	} else {
		puts(path);
	}
	tree_forget(app_tree(a), e.node, 1);
	return r;
}

static int copy_out(struct tree_file *f, struct fault *why)
{
	char *bytes = malloc(CAT_BYTES);
	uint64_t offset = 0;
	ssize_t n = bytes == NULL ? -ENOMEM : 1;

	while (n > 0) {
		n = tree_read(f, offset, bytes, CAT_BYTES, why);
		if (n <= 0)
			break;
		int r = io_write(STDOUT_FILENO, bytes, (size_t)n);
		if (r < 0) {
			n = fault(why, r, "standard output: %s", fault_errno_text(r));
			break;
		}
		offset += (uint64_t)n;
	}
	free(bytes);
	return n < 0 ? (int)n : 0;
}

static int print_file(struct app *a, const char *path, struct fault *why)
{
	struct tree_file *f = NULL;
	struct tree_entry e;
	struct tree_need need;
	int r = app_walk(a, path, interrupt_flag(), &e, why);

	if (r < 0)
		return r;
	if (S_ISDIR(e.attr.st_mode)) {
		fault_cure(why, "list it: costfs ls");
		r = fault(why, -EISDIR, "%s: is a directory", path);
	} else {
		while ((r = tree_open(app_tree(a), e.node, true, &f, &need, why)) ==
			-EAGAIN) {
			r = app_wait(a, &need, interrupt_flag(), why);
			if (r < 0)
				break;
		}
		if (r == 0)
			r = copy_out(f, why);
		tree_close(f);
	}
	tree_forget(app_tree(a), e.node, 1);
	return r;
}

/* Files above the months whose text depends on what is known of months. */
static bool tells_of_months(const char *path)
{
	static const char *const files[] = { "accounts.csv", "services.csv", "months.csv",
		"STATUS.txt", ".costfs" };

	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (span_starts(span_of(path), span_of(files[i])))
			return true;
	return false;
}

static void know_months(struct app *app, const struct arguments *a)
{
	bool needed = a->count <= 1 && a->value[OPTION_LONG] != NULL;

	for (int i = 1; i < a->count; i++)
		needed |= tells_of_months(a->positional[i]);
	if (needed)
		app_know_months(app);
}

/* All paths are tried; the first failure decides the exit status. */
static int for_paths(const struct arguments *a, bool list)
{
	struct settings s = { 0 };
	struct fault why = { 0 };
	struct app *app = NULL;
	int status = EXIT_DONE;
	int r = settings_init(
		a, a->count > 0 ? a->positional[0] : SOURCE_DETECTED, &s, &why);

	if (r == -EINVAL)
		return say_invalid(list ? "ls" : "cat", &why);
	if (r == 0)
		r = app_open(
			&(struct app_options){ .settings = &s, .stop = interrupt_flag() },
			&app, &why);
	if (r < 0)
		status = say_fault(&why, r);
	else
		know_months(app, a);
	for (int i = 1; r == 0 && i < a->count; i++) {
		why = (struct fault){ 0 };
		if (list && a->count > 2)
			printf("%s%s:\n", i > 1 ? "\n" : "", a->positional[i]);
		int done = list ? list_path(app, a, a->positional[i], &why)
				: print_file(app, a->positional[i], &why);
		if (done < 0)
			status = say_fault(&why, done);
	}
	if (r == 0 && list && a->count <= 1) {
		r = list_path(app, a, ".", &why);
		if (r < 0)
			status = say_fault(&why, r);
	}
	app_close(app);
	settings_finish(&s);
	return status;
}

int command_ls(const struct arguments *a)
{
	return for_paths(a, true);
}

int command_cat(const struct arguments *a)
{
	return for_paths(a, false);
}
