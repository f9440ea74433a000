#include "fs/cmd/near.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 32, NEAR_MAX = 2, BEGINNING_MIN = 3 };

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* Changes of a letter, and swaps of two neighbours, from one to the other. */
static int distance(struct span a, struct span b)
{
	int rows[3][WORD_MAX + 1];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= a.len; i++) {
		int *row = rows[i % 3];
		const int *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = (int)i;
		for (size_t j = 1; j <= b.len; j++) {
			int change = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			row[j] = smaller(change, 1 + smaller(above[j], row[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
				a.p[i - 2] == b.p[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

struct near near_to(struct span typed)
{
	return (struct near){ .typed = typed, .least = NEAR_MAX + 1 };
}

void near_try(struct near *n, struct span word)
{
	int d = distance(n->typed, word);

	if (n->typed.len >= BEGINNING_MIN && span_starts(word, n->typed))
		d = smaller(d, NEAR_MAX);
	/* Of two letters, not both are wrong. */
	if (d >= n->least || (size_t)d >= word.len)
		return;
	n->least = d;
	n->best = word;
}

void near_try_all(struct near *n, const char *words)
{
	struct span rest = span_of(words), word;

	while (span_split(&rest, '|', &word))
		near_try(n, word);
}

const char *near_said(struct near *n, const char *before)
{
	n->text[0] = '\0';
	if (n->best.len > 0)
		snprintf(n->text, sizeof(n->text), "; did you mean %s%.*s?", before,
			SPAN_ARG(n->best));
	return n->text;
}
