#include "aws/api/http_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_pool {
	unsigned idle_max;
	pthread_mutex_t lock;
	struct http_lane *idle; /* guarded by lock; the last used is first */
	unsigned idle_count; /* guarded by lock */
};

static void free_lane(struct http_lane *lane)
{
	if (!lane)
		return;
	if (lane->easy)
		curl_easy_cleanup(lane->easy);
	if (lane->multi)
		(void)curl_multi_cleanup(lane->multi);
	free(lane);
}

static struct http_lane *new_lane(void)
{
	struct http_lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->easy = curl_easy_init();
	lane->multi = curl_multi_init();
	if (!lane->easy || !lane->multi ||
		curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, 1L) != CURLM_OK) {
		free_lane(lane);
		return NULL;
	}
	return lane;
}

int http_pool_new(unsigned idle_max, struct http_pool **ret)
{
	struct http_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->idle_max = idle_max;
	if (pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

void http_pool_free(struct http_pool *p)
{
	if (!p)
		return;
	while (p->idle) {
		struct http_lane *lane = p->idle;

		p->idle = lane->next;
		free_lane(lane);
	}
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static void print_origin(const char *url, char ret[264])
{
	const char *host = strstr(url, "://");
	size_t len = host ? (size_t)(host - url) + 3 : 0;

	len += strcspn(url + len, "/?");
	(void)snprintf(ret, 264, "%.*s", (int)(len < 263 ? len : 263), url);
}

/* Takes it off the list. */
static struct http_lane *unlink_at(struct http_pool *p, struct http_lane **at)
{
	struct http_lane *lane = *at;

	*at = lane->next;
	lane->next = NULL;
	p->idle_count--;
	return lane;
}

static struct http_lane *take_idle(struct http_pool *p, const char *origin)
{
	struct http_lane **at = &p->idle, **last = NULL;

	for (; *at; at = &(*at)->next) {
		if (strcmp((*at)->origin, origin) == 0)
			return unlink_at(p, at);
		last = at;
	}
	return last && p->idle_count >= p->idle_max ? unlink_at(p, last) : NULL;
}

int http_pool_take(struct http_pool *p, const char *url, struct http_lane **ret)
{
	char origin[sizeof((*ret)->origin)];
	struct http_lane *lane;

	print_origin(url, origin);
	(void)pthread_mutex_lock(&p->lock);
	lane = take_idle(p, origin);
	(void)pthread_mutex_unlock(&p->lock);
	if (!lane)
		lane = new_lane();
	if (!lane)
		return -ENOMEM;
	memcpy(lane->origin, origin, sizeof(origin));
	*ret = lane;
	return 0;
}

void http_pool_give(struct http_pool *p, struct http_lane *lane)
{
	struct http_lane *over = NULL;

	(void)pthread_mutex_lock(&p->lock);
	lane->next = p->idle;
	p->idle = lane;
	p->idle_count++;
	if (p->idle_count > p->idle_max) {
		struct http_lane **at = &p->idle;

		while ((*at)->next)
			at = &(*at)->next;
		over = unlink_at(p, at);
	}
	(void)pthread_mutex_unlock(&p->lock);
	free_lane(over);
}

void http_pool_drop(struct http_lane *lane)
{
	free_lane(lane);
}
