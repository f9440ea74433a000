/* libxlsxwriter writes each part of a workbook to a temporary file, in a directory with
 * names of its own. A mount that is confined has no such directory, and a cache that
 * cannot be written to is none. The library calls its lxw_tmpfile() as any other function
 * that may be replaced, and the program's own comes first: what is here makes the file in
 * memory. Where a build of the library does not ask, it takes a directory as ever. */
#include "fs/form/xlsx_files.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* As the library declares it, whose header differs from version to version in a const. */
__attribute__((visibility("default"))) FILE *lxw_tmpfile(const char *directory);

FILE *lxw_tmpfile(const char *directory)
{
	int fd = memfd_create("costfs-part", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	(void)directory;
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

int xlsx_file_new(int *ret_fd, char ret_path[XLSX_PATH])
{
	int fd = memfd_create("costfs-workbook", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)snprintf(ret_path, XLSX_PATH, "/proc/self/fd/%d", fd);
	*ret_fd = fd;
	return 0;
}
