/* costfs ls and cat: the tree without a mount. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd/app.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/json_out.h"
#include "fs/cmd/say.h"
#include "fs/cmd/source.h"
#include "fs/cmd/standard.h"

enum {
	CAT_BYTES = 1024 * 1024,
	ID_BYTES = 64 * 1024,
	JSON_BYTES = 1024 * 1024,
	PATH_BYTES = 16 * 1024
};

/* How ls prints. */
struct lister {
	struct app *app;
	bool is_long, is_all;
	struct json_out *json; /* NULL: lines */
};

/* One entry, of which more than its name is wanted. */
struct listed {
	const char *path; /* from the root, as far as that was given */
	const char *name;
	const struct tree_entry *entry;
	const char *target; /* of a link, else NULL */
};

static void print_long(const struct listed *l)
{
	const struct stat *attr = &l->entry->attr;
	char time[INSTANT_TEXT];
	char type = S_ISDIR(attr->st_mode) ? 'd' : S_ISLNK(attr->st_mode) ? 'l' : '-';

	instant_format((struct instant){ attr->st_mtime }, time);
	printf("%c%s %14" PRIu64 " %.*s %s%s%s\n", type,
		S_ISREG(attr->st_mode) ? "r--r--r--" : "r-xr-xr-x",
		(uint64_t)attr->st_size, INSTANT_TEXT, time, l->name,
		l->target != NULL ? " -> " : "", l->target != NULL ? l->target : "");
}

static int write_object(struct lister *to, const struct listed *l)
{
	const struct stat *attr = &l->entry->attr;
	char time[INSTANT_TEXT + 1] = "";
	struct buf id = BUF_INIT(ID_BYTES);
	int r = tree_getxattr(
		app_tree(to->app), l->entry->node, SPAN("user.costfs.id"), &id);

	instant_format((struct instant){ attr->st_mtime }, time);
	json_out_open(to->json, NULL, '{');
	json_out_text(to->json, "path", l->path);
	json_out_text(to->json, "name", l->name);
	json_out_text(to->json, "kind",
		S_ISDIR(attr->st_mode)		 ? "directory"
			: S_ISLNK(attr->st_mode) ? "link"
						 : "file");
	if (S_ISREG(attr->st_mode))
		json_out_number(to->json, "size", (uint64_t)attr->st_size);
	else
		json_out_word(to->json, "size", "null");
	json_out_text(to->json, "mtime", time);
	json_out_optional(to->json, "id", r == 0 ? buf_text(&id) : NULL);
	json_out_optional(to->json, "target", l->target);
	json_out_close(to->json, '}');
	buf_finish(&id);
	/* A listing may be longer than memory should be. */
	(void)fwrite(to->json->to->p, 1, to->json->to->len, stdout);
	buf_clear(to->json->to);
	return r == -ENOMEM ? r : to->json->failed;
}

static int print_listed(struct lister *to, const struct listed *l)
{
	if (to->json != NULL)
		return write_object(to, l);
	print_long(l);
	return 0;
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

static int print_entry(struct lister *to, uint64_t directory, const char *path,
	const char *name, struct fault *why)
{
	struct buf target = BUF_INIT(4096);
	struct tree_entry e;
	struct listed l = { path, name, &e, NULL };
	int r = look_up(to->app, directory, name, &e, why);

	if (r < 0)
		return r;
	if (S_ISLNK(e.attr.st_mode))
		r = tree_readlink(app_tree(to->app), e.node, &target);
	else
		r = know_size(to->app, &e, why);
	if (S_ISLNK(e.attr.st_mode))
		l.target = buf_text(&target);
	if (r == 0)
		r = print_listed(to, &l);
	tree_forget(app_tree(to->app), e.node, 1);
	buf_finish(&target);
	return r;
}

/* As it may be given to ls again. */
static int join(struct span path, const char *name, struct buf *ret)
{
	while (path.len > 1 && span_ends(path, SPAN("/")))
		path.len--;
	buf_clear(ret);
	if (span_eq(path, SPAN(".")))
		return buf_append_text(ret, name);
	return buf_appendf(ret, "%.*s%s%s", SPAN_ARG(path),
		span_ends(path, SPAN("/")) ? "" : "/", name);
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
	struct lister *to, const char *path, uint64_t node, struct fault *why)
{
	struct buf whole = BUF_INIT(PATH_BYTES);
	struct tree_listing *listing;
	int r = list_names(to->app, node, &listing, why);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < tree_listing_count(listing); i++) {
		const char *name = tree_listing_at(listing, i).name;

		if (name[0] == '.' && !to->is_all)
			continue;
		if (!to->is_long) {
			puts(name);
			continue;
		}
		r = join(span_of(path), name, &whole);
		if (r == 0)
			r = print_entry(to, node, buf_text(&whole), name, why);
	}
	tree_listing_free(listing);
	buf_finish(&whole);
	return r;
}

static int list_path(struct lister *to, const char *path, struct fault *why)
{
	const char *slash = strrchr(path, '/');
	struct tree_entry e;
	struct listed l = { path, path, &e, NULL };
	int r = app_walk(to->app, path, interrupt_flag(), &e, why);

	if (r < 0)
		return r;
	if (to->json != NULL && slash != NULL)
		l.name = slash + 1;
	if (S_ISDIR(e.attr.st_mode)) {
		r = list_directory(to, path, e.node, why);
	} else if (to->is_long) {
		r = know_size(to->app, &e, why);
		if (r == 0)
			r = print_listed(to, &l);
	} else {
		puts(path);
	}
	tree_forget(app_tree(to->app), e.node, 1);
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
		int r = standard_write((struct span){ bytes, (size_t)n }, why);
		if (r < 0) {
			n = r;
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

static const char *skip_root(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

/* What stands above the months and depends on what is known of them. */
static bool tells_of_months(const char *path)
{
	static const char *const files[] = { "accounts.", "services.", "months.",
		"STATUS.txt", ".costfs" };

	path = skip_root(path);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (span_starts(span_of(path), span_of(files[i])))
			return true;
	return strcmp(path, "reports") == 0 || strcmp(path, "reports/") == 0;
}

/* A report compares with the month before if that one is read. */
static bool is_report(const char *path)
{
	return span_starts(span_of(skip_root(path)), SPAN("reports/"));
}

static void know_months(struct app *app, const struct arguments *a, bool has_sizes)
{
	bool needed = a->count <= 1 && has_sizes;
	bool compared = false;

	for (int i = 1; i < a->count; i++) {
		needed |= tells_of_months(a->positional[i]);
		compared |= is_report(a->positional[i]);
	}
	if (needed)
		app_know_months(app);
	else if (compared)
		app_know_cached(app);
}

/* All paths are tried; a failure decides the exit status. */
static int list_paths(struct lister *to, const struct arguments *a)
{
	int status = EXIT_DONE;

	for (int i = a->count > 1 ? 1 : 0; i < a->count || i == 0; i++) {
		struct fault why = { 0 };
		const char *path = i > 0 ? a->positional[i] : ".";

		if (a->count > 2 && to->json == NULL)
			printf("%s%s:\n", i > 1 ? "\n" : "", path);
		int r = list_path(to, path, &why);
		if (r < 0)
			status = say_fault(&why, r);
	}
	return status;
}

static int list(struct app *app, const struct arguments *a)
{
	struct buf text = BUF_INIT(JSON_BYTES);
	struct json_out json = { .to = &text };
	const bool is_json = a->value[OPTION_JSON] != NULL;
	struct lister to = { .app = app,
		.is_long = is_json || a->value[OPTION_LONG] != NULL,
		.is_all = a->value[OPTION_ALL] != NULL,
		.json = is_json ? &json : NULL };

	know_months(app, a, to.is_long);
	if (!is_json)
		return list_paths(&to, a);
	json_out_open(&json, NULL, '[');
	int status = list_paths(&to, a);
	json_out_close(&json, ']');
	(void)printf("%.*s\n", SPAN_ARG(buf_span(&text)));
	buf_finish(&text);
	return status;
}

/* Likewise. */
static int print_files(struct app *app, const struct arguments *a)
{
	int status = EXIT_DONE;

	know_months(app, a, false);
	for (int i = 1; i < a->count; i++) {
		struct fault why = { 0 };
		int r = print_file(app, a->positional[i], &why);

		if (r < 0)
			status = say_fault(&why, r);
	}
	return status;
}

static int with_tree(const struct arguments *a, const char *command,
	int (*print)(struct app *app, const struct arguments *a))
{
	struct settings s = { 0 };
	struct fault why = { 0 };
	struct app *app = NULL;
	int r = settings_init(
		a, a->count > 0 ? a->positional[0] : SOURCE_DETECTED, &s, &why);

	if (r == -EINVAL)
		return say_invalid(command, &why);
	if (r == 0)
		r = app_open(
			&(struct app_options){ .settings = &s, .stop = interrupt_flag() },
			&app, &why);
	int status = r < 0 ? say_fault(&why, r) : print(app, a);
	app_close(app);
	settings_finish(&s);
	return status;
}

int command_ls(const struct arguments *a)
{
	return with_tree(a, "ls", list);
}

int command_cat(const struct arguments *a)
{
	return with_tree(a, "cat", print_files);
}
