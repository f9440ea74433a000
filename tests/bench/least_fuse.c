/* The least that a FUSE daemon can do, for comparison: least_fuse [-n] MOUNTPOINT
 *
 * One directory of two files: "large", a gigabyte, and "small". Reads are answered out of
 * one piece of memory, without a look at where; names and pages are kept for good. -n:
 * opening has no requests, which the kernel takes for the whole mount. What it costs is
 * what the kernel costs. Ends when it is unmounted. */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE = 2, SMALL = 3, BYTES = 1 << 20, SMALL_BYTES = 1000, FOREVER = 86400 };
static const off_t large_bytes = (off_t)1 << 30;
static char *bytes;
static bool has_no_open;

static void init(void *context, struct fuse_conn_info *conn)
{
	(void)context;
	conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
		FUSE_CAP_SPLICE_MOVE | FUSE_CAP_AUTO_INVAL_DATA);
	conn->max_background = 64;
	/* As far as the mount's own bound; the bench raises that. */
	conn->max_readahead = BYTES;
}

static struct stat attr_of(fuse_ino_t node)
{
	struct stat s = { .st_ino = node, .st_mode = S_IFREG | 0444, .st_nlink = 1 };

	if (node == FUSE_ROOT_ID)
		s.st_mode = S_IFDIR | 0555;
	else
		s.st_size = node == LARGE ? large_bytes : SMALL_BYTES;
	return s;
}

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .attr_timeout = FOREVER, .entry_timeout = FOREVER };

	(void)parent;
	e.ino = strcmp(name, "large") == 0   ? LARGE
		: strcmp(name, "small") == 0 ? SMALL
					     : 0;
	e.attr = attr_of(e.ino);
	fuse_reply_entry(req, &e);
}

static void get_attr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	struct stat s = attr_of(node);

	(void)file;
	fuse_reply_attr(req, &s, FOREVER);
}

static void open_file(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *file)
{
	(void)node;
	file->keep_cache = 1;
	if (has_no_open)
		fuse_reply_err(req, ENOSYS);
	else
		fuse_reply_open(req, file);
}

static void read_file(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *file)
{
	off_t end = node == LARGE ? large_bytes : SMALL_BYTES;
	size_t left = offset < end ? (size_t)(end - offset) : 0;

	(void)file;
	if (size > BYTES)
		size = BYTES;
	fuse_reply_buf(req, bytes, size < left ? size : left);
}

static int serve(struct fuse_session *session, const char *mountpoint)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int r = 1;

	if (config == NULL)
		return 1;
	fuse_loop_cfg_set_max_threads(config, 4);
	fuse_loop_cfg_set_idle_threads(config, 4);
	if (fuse_session_mount(session, mountpoint) == 0) {
		r = fuse_session_loop_mt(session, config) < 0;
		fuse_session_unmount(session);
	}
	fuse_loop_cfg_destroy(config);
	return r;
}

int main(int argc, char **argv)
{
	static const struct fuse_lowlevel_ops ops = { .init = init,
		.lookup = lookup,
		.getattr = get_attr,
		.open = open_file,
		.read = read_file };
	char name[] = "least_fuse", option[] = "-o", options[] = "ro";
	char *words[] = { name, option, options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, words);
	struct fuse_session *session;
	int r;

	has_no_open = argc == 3 && strcmp(argv[1], "-n") == 0;
	if (argc != 2 + (int)has_no_open) {
		fputs("least_fuse [-n] MOUNTPOINT\n", stderr);
		return 2;
	}
	bytes = aligned_alloc(4096, BYTES);
	if (bytes == NULL)
		return 1;
	memset(bytes, 'x', BYTES);
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	r = session == NULL ? 1 : serve(session, argv[argc - 1]);
	if (session != NULL)
		fuse_session_destroy(session);
	free(bytes);
	return r;
}
