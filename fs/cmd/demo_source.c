#include "fs/cmd/demo_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "aws/object/folder.h"
#include "base/io.h"
#include "fs/cmd/demo/demo.h"

enum { PATH_BYTES = 4096, DEMO_ROWS = 60000 };

/* The folder's name changes with what the generator writes. */
#define DEMO_FOLDER "demo-1"

static int write_demo(const char *folder, struct fault *why)
{
	const struct demo_options options = { .rows = DEMO_ROWS };
	struct buf done = BUF_INIT(PATH_BYTES);
	int r = buf_appendf(&done, "%s/.complete", folder);

	if (r == 0 && access(buf_text(&done), F_OK) == 0)
		goto out;
	if (r == 0)
		r = demo_export_write(folder, &options, NULL, NULL, why);
	if (r == 0)
		r = io_replace_file(AT_FDCWD, buf_text(&done), SPAN(""), 0600);
out:
	buf_finish(&done);
	return r;
}

/* Two mounts at once: the second waits for the first. */
static int write_once(const char *folder, struct fault *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int r = flock(fd, LOCK_EX) < 0 ? -errno : write_demo(folder, why);
	close(fd);
	return r;
}

int demo_source_open(const char *cache, struct object_source **ret, struct fault *why)
{
	struct buf folder = BUF_INIT(PATH_BYTES);
	int r = buf_appendf(&folder, "%s/" DEMO_FOLDER, cache);

	if (r == 0)
		r = io_make_dirs(buf_text(&folder), 0700);
	if (r == 0)
		r = write_once(buf_text(&folder), why);
	if (r < 0 && (why == NULL || why->error == 0)) {
		fault_cure(why,
			"free some space there, or give another directory with --cache");
		r = fault(why, r, "demo: cannot be written below %s: %s", cache,
			fault_errno_text(r));
	}
	if (r == 0)
		r = folder_open(buf_text(&folder), ret, why);
	buf_finish(&folder);
	return r;
}
