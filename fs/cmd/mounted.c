#include "fs/cmd/mounted.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "fs/cmd/patient_read.h"
#include "fs/cmd/say.h"

enum {
	ANSWER_MS = 5000,
	STATUS_MAX = 64 * 1024 * 1024,
	MOUNTS_MAX = 100000,
	LINE_BYTES = 16 * 1024
};
#define MOUNTS "/proc/self/mounts"
#define TYPE "fuse.costfs"
#define OWNER "user_id"

/* The table of mounts, of which those of costfs are looked at. */
struct mounts {
	FILE *file; /* NULL: it could not be opened, and has none */
	struct mntent entry;
	char line[LINE_BYTES];
};

static int mounts_open(struct mounts *m)
{
	m->file = setmntent(MOUNTS, "re");
	return m->file != NULL ? 0 : -errno;
}

/* The next one, in entry, oldest first. */
static bool mounts_next(struct mounts *m)
{
	while (m->file != NULL &&
		getmntent_r(m->file, &m->entry, m->line, sizeof(m->line)) != NULL)
		if (strcmp(m->entry.mnt_type, TYPE) == 0)
			return true;
	return false;
}

static void mounts_close(struct mounts *m)
{
	if (m->file != NULL)
		endmntent(m->file);
}

/* Whether path is root or below it. */
static bool is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool is_root(const char *path)
{
	char **all = mounted_all();
	bool is = false;

	for (char **root = all; root != NULL && *root != NULL; root++) {
		is |= strcmp(*root, path) == 0;
		free(*root);
	}
	free(all);
	return is;
}

/* realpath(), also for a mount whose daemon is gone; that of one that does not answer is
 * not looked at. */
static char *full_path(const char *path)
{
	struct buf b = BUF_INIT(8192);
	char *full = is_root(path) ? NULL : realpath(path, NULL);

	if (full != NULL || path[0] == '/')
		return full != NULL ? full : strdup(path);
	char *here = getcwd(NULL, 0);
	if (here != NULL && buf_appendf(&b, "%s/%s", here, path) == 0)
		full = buf_take(&b);
	free(here);
	buf_finish(&b);
	return full;
}

static int take_mount(const struct mntent *m, char **root, char **source)
{
	free(*root);
	free(*source);
	*root = strdup(m->mnt_dir);
	*source = strdup(m->mnt_fsname);
	return *root == NULL || *source == NULL ? -ENOMEM : 0;
}

int mounted_find(const char *path, char **ret_root, char **ret_source, struct fault *why)
{
	char *root = NULL, *source = NULL;
	char *full = full_path(path);
	struct mounts m;
	int r = mounts_open(&m);

	if (full == NULL)
		r = -ENOMEM;
	while (r == 0 && mounts_next(&m))
		if (is_below(full, m.entry.mnt_dir))
			r = take_mount(&m.entry, &root, &source);
	mounts_close(&m);
	free(full);
	if (r == 0 && root == NULL) {
		fault_cure(why,
			"mount it: costfs mount SOURCE %s; what is mounted: costfs "
			"status",
			path);
		r = fault(why, -ENOENT, "%s: costfs is not mounted here", path);
	}
	if (r < 0) {
		free(root);
		free(source);
		return r;
	}
	*ret_root = root;
	*ret_source = source;
	return 0;
}

/* Of an entry of the table. */
static int read_owner(const struct mntent *entry, uid_t *ret)
{
	const char *option = hasmntopt(entry, OWNER);
	struct span number;
	uint64_t uid;
	int r;

	if (option == NULL || option[strlen(OWNER)] != '=')
		return -EINVAL;
	number = span_of(option + strlen(OWNER) + 1);
	r = span_parse_u64(span_first(number, span_find(number, ',')), UINT32_MAX, &uid);
	if (r == 0)
		*ret = (uid_t)uid;
	return r;
}

int mounted_owner(const char *root, uid_t *ret)
{
	struct mounts m;
	int r = mounts_open(&m);

	if (r == 0)
		r = -ENOENT;
	/* Of several the last one is in sight. */
	while (mounts_next(&m))
		if (strcmp(m.entry.mnt_dir, root) == 0)
			r = read_owner(&m.entry, ret);
	mounts_close(&m);
	return r;
}

char *mounted_root(const char *path)
{
	char *root = NULL, *source = NULL;
	struct fault why = { 0 };
	int r = mounted_find(path, &root, &source, &why);

	free(source);
	if (r < 0)
		say_fault(&why, r);
	return root;
}

char **mounted_all(void)
{
	char **all = vec_alloc(1, sizeof(*all));
	size_t count = 0, cap = 1;
	struct mounts m;

	if (mounts_open(&m) < 0)
		return all;
	while (all != NULL && mounts_next(&m)) {
		if (VEC_RESERVE(&all, &cap, count + 2, (size_t)MOUNTS_MAX) < 0)
			break;
		all[count] = strdup(m.entry.mnt_dir);
		if (all[count] != NULL)
			count++;
		all[count] = NULL;
	}
	mounts_close(&m);
	return all;
}

int mounted_read(const char *root, const char *name, struct buf *ret, struct fault *why)
{
	struct buf path = BUF_INIT(8192);
	int r = buf_appendf(&path, "%s/%s", root, name);

	buf_clear(ret);
	if (r == 0)
		r = patient_read(buf_text(&path), ANSWER_MS, ret);
	if (r == -ETIMEDOUT) {
		fault_cure(why,
			"if it does not recover: costfs umount --lazy %s, and mount it "
			"again",
			root);
		r = fault(why, r, "%s: the daemon of this mount does not answer", root);
	} else if (r == -ENOTCONN) {
		fault_cure(why, "mount it again, which also takes the dead mount away");
		r = fault(why, r, "%s: the daemon of this mount is gone", root);
	} else if (r < 0) {
		r = fault(why, r, "%s/%s: %s", root, name, fault_errno_text(r));
	}
	buf_finish(&path);
	return r;
}

int mounted_status(const char *root, struct json **ret, struct fault *why)
{
	struct buf text = BUF_INIT(STATUS_MAX);
	int r = mounted_read(root, ".costfs/status.json", &text, why);

	if (r == 0 && (r = json_parse(buf_span(&text), ret)) < 0)
		fault(why, r, "%s/.costfs/status.json: is no JSON", root);
	buf_finish(&text);
	return r;
}
