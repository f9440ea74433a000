#include "base/log_limit.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

void log_limit_init(struct log_limit *l)
{
	pthread_mutex_init(&l->lock, NULL);
	memset(l->slots, 0, sizeof(l->slots));
}

void log_limit_finish(struct log_limit *l)
{
	pthread_mutex_destroy(&l->lock);
}

static void end_window(struct log_limit_slot *s)
{
	if (s->left_out > 0)
		log_line(LOG_LEVEL_INFO, "left_out=%u %s", s->left_out, s->what);
	s->shown = s->left_out = 0;
}

/* With the lock. */
static void expire(struct log_limit *l, uint64_t now_ms)
{
	for (size_t i = 0; i < LOG_LIMIT_SLOTS; i++)
		if (l->slots[i].shown > 0 &&
			now_ms - l->slots[i].since_ms >= LOG_LIMIT_MS)
			end_window(&l->slots[i]);
}

/* With the lock: the slot of the key, else a free one, else the oldest. */
static struct log_limit_slot *find_slot(struct log_limit *l, uint64_t key)
{
	struct log_limit_slot *best = &l->slots[0];

	for (size_t i = 0; i < LOG_LIMIT_SLOTS; i++) {
		struct log_limit_slot *s = &l->slots[i];

		if (s->shown > 0 && s->key == key)
			return s;
		if (best->shown > 0 && (s->shown == 0 || s->since_ms < best->since_ms))
			best = s;
	}
	end_window(best);
	return best;
}

bool log_limit_allows(struct log_limit *l, uint64_t now_ms, const char *what)
{
	uint64_t key = hash64(what, strlen(what), 0);
	struct log_limit_slot *s;
	bool is_allowed;

	pthread_mutex_lock(&l->lock);
	expire(l, now_ms);
	s = find_slot(l, key);
	if (s->shown == 0) {
		s->key = key;
		s->since_ms = now_ms;
		(void)snprintf(s->what, sizeof(s->what), "%s", what);
	}
	is_allowed = s->shown < LOG_LIMIT_LINES;
	if (is_allowed)
		s->shown++;
	else
		s->left_out++;
	pthread_mutex_unlock(&l->lock);
	return is_allowed;
}

void log_limit_expire(struct log_limit *l, uint64_t now_ms)
{
	pthread_mutex_lock(&l->lock);
	expire(l, now_ms);
	pthread_mutex_unlock(&l->lock);
}
