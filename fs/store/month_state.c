#include "fs/store/library.h"

const char *month_state_word(const struct month_status *s)
{
	switch (s->state) {
	case MONTH_KNOWN:
		return "unread";
	case MONTH_LOADING:
		return "reading";
	case MONTH_READY:
		return s->stale ? "stale" : "ready";
	case MONTH_FAILED:
		return "failed";
	}
	return "";
}
