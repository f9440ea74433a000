/* Any bytes as ~/.aws/config: what is accepted can be read, and a command in it be split.
 */
#include <assert.h>
#include <errno.h>

#include "aws/auth/ini.h"
#include "aws/auth/words.h"
#include "tests/fuzz/target.h"

/* A line end within the buffer ends each text. */
static void check_text(const char *text, size_t size)
{
	assert(!text || strlen(text) <= size);
}

static void check_words(struct span text)
{
	struct words w = { 0 };
	int r = words_split(text, &w);
	size_t len = 0;

	assert(r == 0 || r == -EINVAL || r == -E2BIG);
	assert(r == 0 ? w.count <= WORDS_MAX : !w.items);
	for (size_t i = 0; i < w.count; i++)
		len += strlen(w.items[i]);
	assert(len <= text.len);
	words_finish(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "a", "region", "role_arn", "s3" };
	struct span text = { size ? (const char *)data : NULL, size };
	struct fault why = { 0 };
	struct ini *ini = NULL;
	int r = ini_parse(text, "fuzz", &ini, &why);

	assert(r == 0 || r == -EINVAL || r == -EFBIG);
	assert(r == 0 ? ini != NULL : why.text[0] && !ini);
	for (size_t i = 0; r == 0 && i < ini_count(ini); i++) {
		check_text(ini_title(ini, i), size);
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			check_text(ini_get(ini, i, keys[k], NULL), size);
			check_text(ini_get(ini, i, keys[k], "x"), size);
		}
	}
	ini_free(ini);
	check_words(text);
	return 0;
}
