#include "fs/cmd/mounted.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "fs/cmd/patient_read.h"

enum {
	ANSWER_MS = 5000,
	STATUS_MAX = 64 * 1024 * 1024,
	MOUNTS_MAX = 100000,
	LINE_BYTES = 16 * 1024
};
#define MOUNTS "/proc/self/mounts"
#define TYPE "fuse.costfs"

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
	char line[LINE_BYTES];
	char *root = NULL, *source = NULL;
	struct mntent entry;
	char *full = full_path(path);
	FILE *f = setmntent(MOUNTS, "re");
	int r = full == NULL || f == NULL ? -ENOMEM : 0;

	while (r == 0 && getmntent_r(f, &entry, line, sizeof(line)) != NULL)
		if (strcmp(entry.mnt_type, TYPE) == 0 && is_below(full, entry.mnt_dir))
			r = take_mount(&entry, &root, &source);
	if (f != NULL)
		endmntent(f);
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

char **mounted_all(void)
{
	char line[LINE_BYTES];
	struct mntent entry;
	FILE *f = setmntent(MOUNTS, "re");
	char **all = vec_alloc(1, sizeof(*all));
	size_t count = 0, cap = 1;

	while (f != NULL && all != NULL &&
		getmntent_r(f, &entry, line, sizeof(line)) != NULL) {
		if (strcmp(entry.mnt_type, TYPE) != 0)
			continue;
		if (VEC_RESERVE(&all, &cap, count + 2, (size_t)MOUNTS_MAX) < 0)
			break;
		all[count] = strdup(entry.mnt_dir);
		if (all[count] != NULL)
			count++;
		all[count] = NULL;
	}
	if (f != NULL)
		endmntent(f);
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

int mounted_number(const char *root, const char *key, uint64_t *ret, struct fault *why)
{
	struct buf text = BUF_INIT(STATUS_MAX), name = BUF_INIT(256);
	int r = mounted_read(root, ".costfs/status.json", &text, why);

	if (r == 0)
		r = buf_appendf(&name, "\"%s\":", key);
	if (r == 0) {
		const char *at = memmem(text.p, text.len, name.p, name.len);
		struct span rest = { 0 };

		if (at != NULL)
			rest = span_from(
				buf_span(&text), (size_t)(at - text.p) + name.len);
		rest = span_trim(rest);
		size_t digits = 0;
		while (digits < rest.len && rest.p[digits] >= '0' &&
			rest.p[digits] <= '9')
			digits++;
		if (span_parse_u64(span_first(rest, digits), UINT64_MAX, ret) < 0)
			r = fault(why, -EBADMSG, "%s/.costfs/status.json has no %s", root,
				key);
	}
	buf_finish(&text);
	buf_finish(&name);
	return r;
}
