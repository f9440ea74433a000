#include "fs/store/sums.h"

#include <string.h>

struct sums sums_of(unsigned dims, struct span account)
{
	struct sums s = { .dims = dims };

	if (account.len < sizeof(s.account) && account.len > 0)
		memcpy(s.account, account.p, account.len);
	return s;
}

bool sums_cover(const struct sums *has, const struct sums *want)
{
	return (want->dims & ~has->dims) == 0 &&
		(has->account[0] == '\0' || strcmp(has->account, want->account) == 0);
}

void sums_widen(struct sums *into, const struct sums *more)
{
	if (into->dims == 0)
		*into = *more;
	else if (strcmp(into->account, more->account) != 0)
		into->account[0] = '\0';
	into->dims |= more->dims;
}
