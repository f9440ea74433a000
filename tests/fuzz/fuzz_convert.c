/* Any bytes as an answer: the first line names service, operation and path, the rest is
 * XML. What comes out is JSON. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aws/api/json.h"
#include "aws/resource/convert.h"
#include "tests/fuzz/target.h"

enum { CALL_BYTES = 256 };

static void check_element(struct span text)
{
	struct json *json = NULL;
	int r = json_parse(text, &json);

	/* A list of the same names is two levels of JSON, and one of XML. */
	assert(r == 0 || r == -EFBIG);
	json_free(json);
}

static void check_page(const struct convert_page *page)
{
	struct span text = buf_span(&page->text);
	size_t before = 0;

	for (size_t i = 0; i < page->count; i++) {
		assert(page->ends[i] > before && page->ends[i] <= text.len);
		check_element(
			span_first(span_from(text, before), page->ends[i] - before));
		before = page->ends[i];
	}
	assert(before == text.len);
	assert(!page->next_token || page->next_token[0]);
}

/* A C string of what stands before the separator. */
static const char *take_word(struct span *rest, char separator, char **at)
{
	struct span word = { 0 };
	char *begin = *at;

	(void)span_split(rest, separator, &word);
	if (word.len)
		memcpy(begin, word.p, word.len);
	begin[word.len] = '\0';
	*at += word.len + 1;
	return begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span xml = { (const char *)data, size }, line;
	char words[CALL_BYTES + 3], *at = words;
	struct convert_call call;
	struct convert_page page = { .count = 0 };
	struct fault why = { .error = 0 };
	int r;

	if (!span_split(&xml, '\n', &line) || line.len > CALL_BYTES)
		return 0;
	call.service = take_word(&line, ' ', &at);
	call.operation = take_word(&line, ' ', &at);
	call.path = take_word(&line, '\0', &at);
	r = convert_page(xml, &call, &page, &why);
	assert(r == 0 || r == -EINVAL || r == -EBADMSG || r == -EFBIG);
	assert(why.error == r);
	check_page(&page);
	convert_page_finish(&page);
	return 0;
}
