/* Which candidate is shown. */
#include "aws/export/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DELIVERED_APART_S = 3 * 24 * 3600 };

static void candidate_finish(struct candidate *c)
{
	free(c->name);
	free(c->bucket);
	free(c->prefix);
	free(c->region);
	free(c->table);
	free(c->format);
	free(c->granularity);
	free(c->health);
}

void candidate_list_finish(struct candidate_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		candidate_finish(&l->items[i]);
	free(l->items);
	*l = (struct candidate_list){ 0 };
}

const char *candidates_region(const char *region)
{
	struct span s = span_of(region);

	if (span_starts(s, SPAN("cn-")))
		return "cn-northwest-1";
	if (span_starts(s, SPAN("us-gov-")))
		return "us-gov-west-1";
	if (span_starts(s, SPAN("eusc-")))
		return "eusc-de-east-1";
	return "us-east-1";
}

static bool is_shown_beside(const struct candidate *c)
{
	return c->table &&
		(strcmp(c->table, "COST_OPTIMIZATION_RECOMMENDATIONS") == 0 ||
			strcmp(c->table, "CARBON_EMISSIONS") == 0);
}

/* Why it cannot be shown, NULL where it can. */
static const char *refusal_of(const struct candidate *c)
{
	if (c->kind == CANDIDATE_OTHER)
		return is_shown_beside(c)
			? "is no export of costs; one that stands beside it has its "
			  "rows in tables/"
			: "is no export of costs";
	if (c->is_pro_forma)
		return "shows a billing group's pro forma costs, not those of the "
		       "invoice";
	if (!c->bucket[0] && c->origin != CANDIDATE_OF_WALK)
		return "AWS names no bucket of it";
	return NULL;
}

static int rank_of_granularity(const struct candidate *c)
{
	static const char *const best_first[] = { "hourly", "daily", "" };
	int i = 0;

	while (i < (int)ARRAY_LEN(best_first) &&
		strcmp(c->granularity, best_first[i]) != 0)
		i++;
	return i;
}

static int rank_of_answer(enum candidate_answer a)
{
	return a == ANSWER_YES ? 0 : a == ANSWER_UNKNOWN ? 1 : 2;
}

static bool is_given_up(const struct candidate *c)
{
	return c->is_healthy == ANSWER_NO || c->is_stale;
}

/* What does not depend on time; *ret_why is what speaks for the better one. */
static int compare_merits(
	const struct candidate *a, const struct candidate *b, const char **ret_why)
{
	const struct {
		int difference;
		const char *why;
	} merits[] = {
		{ is_given_up(a) - is_given_up(b), "AWS delivers it" },
		{ rank_of_answer(a->has_resources) - rank_of_answer(b->has_resources),
			"it has resource ids" },
		{ rank_of_granularity(a) - rank_of_granularity(b),
			"its granularity is finer" },
		{ (int)a->kind - (int)b->kind, "its kind tells more" },
	};

	for (size_t i = 0; i < ARRAY_LEN(merits); i++) {
		*ret_why = merits[i].why;
		if (merits[i].difference)
			return merits[i].difference;
	}
	return 0;
}

static bool is_newer(const struct candidate *a, const struct candidate *b)
{
	return a->delivered.seconds != INSTANT_NONE &&
		b->delivered.seconds != INSTANT_NONE &&
		a->delivered.seconds - b->delivered.seconds > DELIVERED_APART_S;
}

/* < 0: a is better. */
static int compare(
	const struct candidate *a, const struct candidate *b, const char **ret_why)
{
	int r = compare_merits(a, b, ret_why);

	if (r)
		return r;
	*ret_why = "it was delivered more recently";
	return is_newer(a, b) ? -1 : is_newer(b, a);
}

static int compare_texts(const struct candidate *a, const struct candidate *b)
{
	int r = strcmp(a->name, b->name);

	if (r == 0)
		r = strcmp(a->bucket, b->bucket);
	return r ? r : strcmp(a->prefix, b->prefix);
}

static int compare_candidates(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	const char *why;
	int r = (a->verdict == VERDICT_REFUSED) - (b->verdict == VERDICT_REFUSED);

	if (r == 0)
		r = compare_merits(a, b, &why);
	if (r == 0)
		r = (a->delivered.seconds < b->delivered.seconds) -
			(a->delivered.seconds > b->delivered.seconds);
	return r ? r : compare_texts(a, b);
}

static void refuse(struct candidate *c)
{
	const char *refusal = refusal_of(c);

	c->verdict = refusal ? VERDICT_REFUSED : VERDICT_USABLE;
	c->why[0] = '\0';
	if (refusal)
		(void)snprintf(c->why, sizeof(c->why), "%s", refusal);
}

/* How many are as good as the best, which is the first. */
static size_t count_best(const struct candidate_list *l)
{
	const char *why;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->items[i].verdict != VERDICT_REFUSED &&
			compare(&l->items[i], &l->items[0], &why) == 0;
	return n;
}

static void say_why(struct candidate *c, const struct candidate *best)
{
	const char *why;

	if (compare(best, c, &why) < 0)
		(void)snprintf(c->why, sizeof(c->why), "%.100s is preferred: %s",
			best->name, why);
	else
		(void)snprintf(c->why, sizeof(c->why), "another is as good: name one");
}

/* AWS delivers once a day at least. That the newest counts and not the clock, lets a copy
 * be looked at as it was. */
static void find_stale(struct candidate_list *l)
{
	int64_t newest = INSTANT_NONE;

	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].verdict != VERDICT_REFUSED &&
			l->items[i].delivered.seconds > newest)
			newest = l->items[i].delivered.seconds;
	for (size_t i = 0; i < l->count; i++) {
		int64_t delivered = l->items[i].delivered.seconds;

		l->items[i].is_stale = delivered != INSTANT_NONE &&
			newest != INSTANT_NONE && newest - delivered > DELIVERED_APART_S;
	}
}

void candidates_judge(struct candidate_list *l)
{
	size_t usable = 0;

	for (size_t i = 0; i < l->count; i++) {
		refuse(&l->items[i]);
		usable += l->items[i].verdict != VERDICT_REFUSED;
	}
	find_stale(l);
	if (l->count)
		qsort(l->items, l->count, sizeof(*l->items), compare_candidates);
	if (usable == 0)
		return;
	for (size_t i = 1; i < usable; i++)
		say_why(&l->items[i], &l->items[0]);
	if (count_best(l) > 1) {
		say_why(&l->items[0], &l->items[0]);
		return;
	}
	l->items[0].verdict = VERDICT_PREFERRED;
	(void)snprintf(l->items[0].why, sizeof(l->items[0].why), "%s",
		usable == 1 ? "the only one that can be shown"
			    : "the best of those that can be shown");
}

const struct candidate *candidates_preferred(const struct candidate_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].verdict == VERDICT_PREFERRED)
			return &l->items[i];
	return NULL;
}
