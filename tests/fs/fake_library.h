/* Months as a test puts them: what fs/store/library.h answers, without threads and
 * sources. */
#ifndef TESTS_FS_FAKE_LIBRARY_H
#define TESTS_FS_FAKE_LIBRARY_H

#include "fs/store/library.h"

/* Never NULL; freed by library_close(). */
struct library *fake_library_new(void);
/* A month that nobody has read yet; as_of "" for none. */
void fake_library_know(struct library *l, const char *month, const char *as_of);
/* Takes m: the month becomes READY, or another delivery of it does. */
void fake_library_ready(struct library *l, struct month *m);
/* Of a month that was known. */
/* Takes m: its sums alone are there. */
void fake_library_sums(struct library *l, struct month *m);
void fake_library_fail(struct library *l, const char *month, int error, const char *text,
	const char *cure);
void fake_library_progress(struct library *l, const char *month, uint64_t done,
	uint64_t total, uint64_t rows);
/* The source counts requests from now on. */
void fake_library_traffic(struct library *l, const struct object_traffic *traffic);
void fake_library_remove(struct library *l, const char *month);
/* A month that is READY is not, until it is asked for. */
void fake_library_let_go(struct library *l, const char *month);
/* Its rows cannot be read again. */
void fake_library_rows_fail(struct library *l, const char *month, int error);
/* How often loading was asked for: of the month, and of all (NULL). */
unsigned fake_library_loads(const struct library *l, const char *month);

#endif
