#include "tests/oom.h"

#include <stddef.h>

static bool oom_armed;
static bool oom_refused;
static unsigned oom_left;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void oom_after(unsigned n)
{
	oom_armed = true;
	oom_refused = false;
	oom_left = n;
}

bool oom_stop(void)
{
	oom_armed = false;
	return oom_refused;
}

static bool is_refused(void)
{
	if (!oom_armed)
		return false;
	if (oom_left > 0) {
		oom_left--;
		return false;
	}
	oom_refused = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_refused() ? NULL : __real_realloc(p, size);
}
