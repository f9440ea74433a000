/* What a library knows, kept for the next one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/store/library_private.h"

static int recall_manifest(const struct remembered_month *m, struct record *r)
{
	r->listed.is_looked = m->is_looked;
	if (!m->manifest.key)
		return 0;
	r->listed.manifest = m->manifest;
	r->listed.manifest.key = strdup(m->manifest.key);
	return r->listed.manifest.key ? 0 : -ENOMEM;
}

static int recall_month(struct library *l, const struct remembered_month *m)
{
	size_t at = l->count;
	struct record *r;
	int error = record_reach(l, m->month, &at, &r);

	if (error < 0)
		return error;
	r->is_listed = true;
	r->looked = m->looked;
	memcpy(r->known_id, m->id, sizeof(r->known_id));
	memcpy(r->known_etag, m->id_etag, sizeof(r->known_etag));
	memcpy(r->shown_id, m->id, sizeof(r->shown_id));
	memcpy(r->shown_etag, m->id_etag, sizeof(r->shown_etag));
	r->known_as_of = m->as_of;
	r->known_verified = m->verified;
	return recall_manifest(m, r);
}

int library_recall(struct library *l, const struct remembered *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->count; i++)
		r = recall_month(l, &m->months[i]);
	l->looked = m->looked;
	l->is_doubtful = m->is_doubtful;
	return r;
}

/* Rather what can be shown than a newer one that could not be read so far. */
static void remember_delivery(const struct record *r, struct remembered_month *m)
{
	/* Without a manifest nothing would tell that it is not the newest. */
	bool is_shown = r->shown_id[0] != '\0' && r->shown_etag[0] != '\0';

	memcpy(m->id, is_shown ? r->shown_id : r->known_id, sizeof(m->id));
	memcpy(m->id_etag, is_shown ? r->shown_etag : r->known_etag, sizeof(m->id_etag));
}

static int remember_month(const struct record *r, struct remembered *ret)
{
	struct remembered_month *m;
	int error = remembered_add(ret, r->month, &m);

	if (error < 0)
		return error;
	m->is_looked = r->listed.is_looked;
	m->looked = r->looked;
	remember_delivery(r, m);
	m->as_of = r->known_as_of;
	m->verified = r->known_verified;
	if (!r->listed.manifest.key)
		return 0;
	m->manifest = r->listed.manifest;
	m->manifest.key = strdup(r->listed.manifest.key);
	return m->manifest.key ? 0 : -ENOMEM;
}

/* With the lock. What is shown and listed no more is not there for the next one. */
static int gather(const struct library *l, struct remembered *ret)
{
	int r = export_ref_copy(&l->export, &ret->export);

	ret->place = strdup(l->source->name);
	if (!ret->place)
		r = -ENOMEM;
	ret->looked = l->looked;
	ret->is_doubtful = l->is_doubtful;
	for (size_t i = 0; r == 0 && i < l->count; i++)
		if (l->records[i]->is_listed)
			r = remember_month(l->records[i], ret);
	return r;
}

void library_remember(struct library *l)
{
	struct remembered m = { 0 };
	int r = -ENODATA;

	if (!l->identity)
		return;
	pthread_mutex_lock(&l->memory_lock);
	pthread_mutex_lock(&l->lock);
	if (l->is_news) {
		r = gather(l, &m);
		l->is_news = false;
	}
	pthread_mutex_unlock(&l->lock);
	if (r == 0)
		r = store_remember(l->store, l->identity, &m);
	pthread_mutex_unlock(&l->memory_lock);
	/* Somebody else's word for now; ours comes with the next news. */
	if (r == -EAGAIN) {
		pthread_mutex_lock(&l->lock);
		l->is_news = true;
		pthread_mutex_unlock(&l->lock);
	}
	remembered_finish(&m);
}
