/* Memory for libraries that keep copies of what they are given: wiped when it is given
 * back. */
#ifndef AWS_API_WIPE_H
#define AWS_API_WIPE_H

#include <stddef.h>

/* As realloc() and free(), for memory of malloc(), calloc() and strdup(). */
void *wipe_realloc(void *p, size_t size);
void wipe_free(void *p);

#endif
