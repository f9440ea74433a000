/* Makes the n-th allocation fail. The executable is linked with oom_dep. */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include <stdbool.h>

/* The next n allocations succeed, all later ones fail. */
void oom_after(unsigned n);
/* Ends it; true if an allocation was refused meanwhile. */
bool oom_stop(void);

#endif
