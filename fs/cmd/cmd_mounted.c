/* costfs status, umount, name: on what is mounted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "fs/cmd/command.h"
#include "fs/cmd/json_out.h"
#include "fs/cmd/mounted.h"
#include "fs/cmd/say.h"
#include "fs/cmd/watch.h"
#include "fs/mount/mount.h"

#define NO_MOUNT "No costfs is mounted. Try: costfs mount demo: DIR\n"

enum { TEXT_MAX = 64 * 1024 * 1024, NAME_MAX_BYTES = 64 * 1024, ASKED_AGAIN_MOST = 3 };

static int read_status(
	const char *root, const struct arguments *a, struct buf *ret, struct fault *why)
{
	bool is_json = a->value[OPTION_JSON] != NULL;

	return mounted_read(
		root, is_json ? ".costfs/status.json" : "STATUS.txt", ret, why);
}

static void print_page(const struct arguments *a, struct span page)
{
	if (a->value[OPTION_JSON] != NULL)
		(void)fwrite(page.p, 1, page.len, stdout);
	else
		page_print(page, stdout);
}

static int print_status(const char *root, const struct arguments *a)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct fault why = { 0 };
	int r = read_status(root, a, &text, &why);

	if (r == 0)
		print_page(a, buf_span(&text));
	buf_finish(&text);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

struct watched {
	const char *root;
	const struct arguments *arguments;
};

static int page_of(void *context, struct buf *ret, struct fault *why)
{
	const struct watched *w = context;

	return read_status(w->root, w->arguments, ret, why);
}

static int watch_status(const char *root, const struct arguments *a)
{
	struct watched w = { root, a };

	return watch(page_of, &w);
}

static bool is_mounted(const char *root)
{
	char *same = NULL, *source = NULL;
	int r = mounted_find(root, &same, &source, NULL);

	free(same);
	free(source);
	return r == 0;
}

/* All mounts. */
struct overview {
	const struct arguments *arguments;
	bool is_watched; /* what is wrong with a mount stands in the page */
	struct json_out *json; /* NULL: for people */
	unsigned count, failed;
};

static void write_error(struct json_out *j, const struct fault *why)
{
	if (why->error == 0) {
		json_out_word(j, "error", "null");
		return;
	}
	json_out_open(j, "error", '{');
	json_out_text(j, "text", why->text);
	json_out_optional(j, "cure", why->cure[0] != '\0' ? why->cure : NULL);
	json_out_close(j, '}');
}

/* Others' daemons are not ours to trust: what is no JSON must not spoil the rest. */
static int write_mount(
	struct json_out *j, const char *root, struct span text, struct fault *why)
{
	struct json *parsed = NULL;
	int r = why->error == 0 ? json_parse(text, &parsed) : 0;

	if (r < 0)
		fault(why, r, "%s/.costfs/status.json: is no JSON", root);
	json_out_open(j, NULL, '{');
	json_out_text(j, "mount", root);
	if (parsed != NULL)
		json_out_value(j, "status", text);
	else
		json_out_word(j, "status", "null");
	write_error(j, why);
	json_out_close(j, '}');
	json_free(parsed);
	return j->failed;
}

static int append_mount(struct overview *o, const char *root, struct span text,
	const struct fault *why, struct buf *ret)
{
	int r = 0;

	if (why->error == 0 || o->is_watched)
		r = buf_appendf(ret, "%s%s\n", o->count > 0 ? "\n" : "", root);
	if (r == 0 && why->error == 0)
		return buf_append_span(ret, text);
	if (r == 0 && o->is_watched)
		r = buf_appendf(ret, "%s\n", why->text);
	if (r == 0 && o->is_watched && why->cure[0] != '\0')
		r = buf_appendf(ret, "  %s\n", why->cure);
	return r;
}

/* False: it has just gone. One that went and has come again is asked again. */
static bool ask_mount(
	const struct overview *o, const char *root, struct buf *text, struct fault *why)
{
	int r = read_status(root, o->arguments, text, why);
	bool is_there = r == 0 || is_mounted(root);

	for (int i = 0; r == -ENOENT && is_there && i < ASKED_AGAIN_MOST; i++) {
		buf_clear(text);
		*why = (struct fault){ 0 };
		r = read_status(root, o->arguments, text, why);
		is_there = r == 0 || is_mounted(root);
	}
	return is_there;
}

static int tell_mount(struct overview *o, const char *root, struct span text,
	struct fault *why, struct buf *ret)
{
	int r = o->json != NULL ? write_mount(o->json, root, text, why)
				: append_mount(o, root, text, why, ret);

	if (r == 0 && why->error != 0) {
		o->failed++;
		if (!o->is_watched)
			say_fault(why, why->error);
	}
	o->count++;
	return r;
}

static int look_at_mount(struct overview *o, const char *root, struct buf *ret)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct fault why = { 0 };
	int r = 0;

	if (ask_mount(o, root, &text, &why))
		r = tell_mount(o, root, buf_span(&text), &why, ret);
	buf_finish(&text);
	return r;
}

/* Unless it is one page, what is known of a mount is printed before the next one is
 * asked: one that hangs takes its time. */
static int look_at_all(struct overview *o, bool is_page, struct buf *ret)
{
	char **all = mounted_all();
	int r = all == NULL ? -ENOMEM : 0;

	for (char **root = all; root != NULL && *root != NULL; root++) {
		if (r == 0)
			r = look_at_mount(o, *root, ret);
		if (!is_page) {
			print_page(o->arguments, buf_span(ret));
			buf_clear(ret);
		}
		free(*root);
	}
	free(all);
	return r;
}

static int page_of_all(void *context, struct buf *ret, struct fault *why)
{
	struct overview *o = context;
	const bool is_json = o->arguments->value[OPTION_JSON] != NULL;
	struct json_out json = { .to = ret };

	o->count = o->failed = 0;
	o->json = is_json ? &json : NULL;
	if (is_json)
		json_out_open(&json, NULL, '[');
	int r = look_at_all(o, is_json || o->is_watched, ret);
	if (is_json)
		json_out_close(&json, ']');
	if (r == 0 && is_json)
		r = json.failed < 0 ? json.failed : buf_append_byte(ret, '\n');
	if (r == 0 && o->count == 0 && o->is_watched && !is_json)
		r = buf_append_text(ret, NO_MOUNT);
	o->json = NULL;
	return r < 0 ? fault(why, r, "all mounts: %s", fault_errno_text(r)) : 0;
}

static int status_of_all(const struct arguments *a)
{
	struct overview o = { .arguments = a,
		.is_watched = a->value[OPTION_WATCH] != NULL };
	struct buf page = BUF_INIT(TEXT_MAX);
	struct fault why = { 0 };

	if (o.is_watched)
		return watch(page_of_all, &o);
	int r = page_of_all(&o, &page, &why);
	if (r == 0)
		print_page(a, buf_span(&page));
	buf_finish(&page);
	if (r < 0)
		return say_fault(&why, r);
	if (o.count == 0 && a->value[OPTION_JSON] == NULL)
		fputs(NO_MOUNT, stderr);
	return o.failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

int command_status(const struct arguments *a)
{
	if (a->count == 0)
		return status_of_all(a);
	char *root = mounted_root(a->positional[0]);
	if (root == NULL)
		return EXIT_FAILED;
	int status = a->value[OPTION_WATCH] != NULL ? watch_status(root, a)
						    : print_status(root, a);
	free(root);
	return status;
}

int command_umount(const struct arguments *a)
{
	struct fault why = { 0 };
	char *root = mounted_root(a->positional[0]);

	if (root == NULL)
		return EXIT_FAILED;
	int r = mount_remove(root, a->value[OPTION_LAZY] != NULL, &why);
	free(root);
	return r < 0 ? say_fault(&why, r) : EXIT_DONE;
}

int command_name(const struct arguments *a)
{
	struct fault why = { 0 };
	char value[NAME_MAX_BYTES];
	ssize_t n = getxattr(a->positional[0], "user.costfs.id", value, sizeof(value));

	if (n < 0) {
		int error = -errno;

		if (error == -ENODATA || error == -ENOTSUP) {
			fault_cure(&why,
				"name a directory of an account, a service or a "
				"resource");
			fault(&why, error, "%s: stands for itself", a->positional[0]);
		} else {
			fault(&why, error, "%s: %s", a->positional[0],
				fault_errno_text(error));
		}
		return say_fault(&why, error);
	}
	fwrite(value, 1, (size_t)n, stdout);
	putchar('\n');
	return EXIT_DONE;
}
