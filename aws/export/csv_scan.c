/* Which way fields are found, and quotes that were doubled. */
#include "aws/export/csv_scan.h"

#include <string.h>

size_t csv_scan_ways(const struct csv_scan_way *ret[CSV_SCAN_WAYS])
{
	size_t count = 0;

#ifdef CSV_SCAN_X86
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		ret[count++] = &csv_scan_avx2;
	ret[count++] = &csv_scan_sse2;
#endif
	ret[count++] = &csv_scan_scalar;
	return count;
}

static size_t unescape(char *p, size_t len)
{
	const char *from = p, *end = p + len;
	char *to = p;

	while (from < end) {
		const char *quote = memchr(from, '"', (size_t)(end - from));
		size_t run = (size_t)((quote ? quote + 1 : end) - from);

		memmove(to, from, run);
		to += run;
		from += run + (quote != NULL);
	}
	return (size_t)(to - p);
}

void csv_scan_unescape(struct csv_scan *s, char *start)
{
	for (size_t i = 0; i < s->escaped_count; i++) {
		struct span *text = &s->fields[s->escaped[i]].text;

		text->len = unescape(start + (text->p - start), text->len);
	}
}
