/* Feeds every file of a corpus directory to a fuzz target, by name: the corpus as a test.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"

enum { REPLAY_BYTES_MAX = 1024 * 1024 };

/* 0; 1 when the file cannot be read. */
static int replay(const char *path)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *bytes = malloc(REPLAY_BYTES_MAX);
	uint8_t *exact;
	size_t len;
	int r = 1;

	if (!f || !bytes) {
		perror(path);
		goto out;
	}
	len = fread(bytes, 1, REPLAY_BYTES_MAX, f);
	/* Of exact size, so that a sanitizer sees a read past the end. */
	exact = malloc(len + (len == 0));
	if (!exact)
		goto out;
	memcpy(exact, bytes, len);
	r = LLVMFuzzerTestOneInput(exact, len) == 0 ? 0 : 1;
	free(exact);
out:
	free(bytes);
	if (f)
		fclose(f);
	return r;
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	char path[4096];
	int count, failed = 0, done = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	count = scandir(argv[1], &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			snprintf(
				path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
			failed += replay(path);
			done++;
		}
		free(entries[i]);
	}
	free(entries);
	printf("%d inputs\n", done);
	return failed || done == 0;
}
