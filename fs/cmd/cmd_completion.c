/* costfs completion: the scripts of completion/, which are installed as well. */
#include <stdio.h>
#include <string.h>

#include "fs/cmd/command.h"

static const char *const bash_lines[] = {
#include "fs/cmd/costfs.bash.inc"
	NULL
};
static const char *const zsh_lines[] = {
#include "fs/cmd/costfs.zsh.inc"
	NULL
};
static const char *const fish_lines[] = {
#include "fs/cmd/costfs.fish.inc"
	NULL
};

int command_completion(const struct arguments *a)
{
	const struct {
		const char *name;
		const char *const *lines;
	} shells[] = { { "bash", bash_lines }, { "zsh", zsh_lines },
		{ "fish", fish_lines } };

	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (strcmp(a->positional[0], shells[i].name) == 0) {
			for (const char *const *line = shells[i].lines; *line != NULL;
				line++)
				puts(*line);
			return EXIT_DONE;
		}
	return command_unknown_word("completion", "shell", a->positional[0]);
}
