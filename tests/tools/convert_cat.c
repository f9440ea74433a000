/* Prints what aws/resource/ makes of XML answers, for comparison with AWS's own tools;
 * not installed. Requests come on standard input until it ends, each one line SERVICE
 * OPERATION PATH BYTES      ("-" is the empty path) and so many bytes of XML. The reply
 * is one line ERRNO-TEXT or "ok", LENGTHS of the elements, BYTES of the token joined by
 * tabs (lengths by blanks), then the elements, then the token. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/resource/convert.h"

enum { LINE_BYTES = 1024, XML_BYTES_MAX = 256 * 1024 * 1024 };

static int reply(const struct convert_page *page)
{
	const char *token = page->next_token ? page->next_token : "";
	size_t before = 0;

	(void)fputs("ok\t", stdout);
	for (size_t i = 0; i < page->count; i++) {
		(void)printf("%s%zu", i ? " " : "", page->ends[i] - before);
		before = page->ends[i];
	}
	(void)printf("\t%zu\n", strlen(token));
	(void)fwrite(page->text.p, 1, page->text.len, stdout);
	(void)fputs(token, stdout);
	return fflush(stdout);
}

static int answer(char *line)
{
	struct span rest = span_of(line), parts[4] = { { 0 } };
	struct convert_call call;
	struct convert_page page = { .count = 0 };
	struct fault why = { .error = 0 };
	uint64_t len = 0;
	char *xml;
	int r;

	rest = span_trim(rest);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!span_split(&rest, ' ', &parts[i]))
			return 1;
	if (span_parse_u64(parts[3], XML_BYTES_MAX, &len) < 0)
		return 1;
	for (size_t i = 0; i < 3; i++)
		line[parts[i].p - line + (ptrdiff_t)parts[i].len] = '\0';
	call = (struct convert_call){ parts[0].p, parts[1].p,
		strcmp(parts[2].p, "-") == 0 ? "" : parts[2].p };
	xml = malloc(len + 1);
	if (!xml || fread(xml, 1, len, stdin) != len) {
		free(xml);
		return 1;
	}
	r = convert_page((struct span){ xml, len }, &call, &page, &why);
	free(xml);
	if (r < 0) {
		(void)printf("%s: %s\t\t0\n", fault_errno_text(r), why.text);
		r = fflush(stdout);
	} else {
		r = reply(&page);
	}
	convert_page_finish(&page);
	return r;
}

int main(void)
{
	char line[LINE_BYTES];
	int r = 0;

	while (r == 0 && fgets(line, sizeof(line), stdin))
		r = answer(line);
	return r ? 1 : 0;
}
