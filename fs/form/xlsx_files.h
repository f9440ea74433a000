/* Files in memory, for a library that works with files alone. */
#ifndef FS_FORM_XLSX_FILES_H
#define FS_FORM_XLSX_FILES_H

#include "base/buf.h"

enum { XLSX_PATH = 32 };

/* A file that has no name in any directory, and a path by which it can be opened as long
 * as the descriptor is. The caller closes it. 0; -errno. */
MUST_USE int xlsx_file_new(int *ret_fd, char ret_path[XLSX_PATH]);

#endif
