/* An export as a table that tests change while it is read. */
#include "fake_export.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static struct {
	pthread_mutex_t lock;
	struct fake_month items[FAKE_MONTHS_MAX];
	size_t count;
	int error;
	unsigned lists;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

void fake_export_set(const struct fake_month *items, size_t count)
{
	pthread_mutex_lock(&fake.lock);
	for (size_t i = 0; i < count; i++)
		fake.items[i] = items[i];
	fake.count = count;
	pthread_mutex_unlock(&fake.lock);
}

void fake_export_fail(int error)
{
	pthread_mutex_lock(&fake.lock);
	fake.error = error;
	pthread_mutex_unlock(&fake.lock);
}

unsigned fake_export_lists(void)
{
	unsigned lists;

	pthread_mutex_lock(&fake.lock);
	lists = fake.lists;
	pthread_mutex_unlock(&fake.lock);
	return lists;
}

void fake_delivery_id(const char *month, const char *version, char ret[DELIVERY_ID_TEXT])
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", month, version);
	if (sha256_hex(span_of(text), 16, ret) < 0)
		abort();
}

struct month_no fake_month_no(const char *month)
{
	struct month_no m;

	if (month_parse(span_of(month), &m) < 0)
		abort();
	return m;
}

static void list_one(const struct fake_month *f, struct month_ref *ret)
{
	*ret = (struct month_ref){ .month = fake_month_no(f->month) };
	if (f->bare)
		return;
	ret->manifest.key = strdup("manifest.json");
	ret->manifest.modified = (struct instant){ 1000 };
	snprintf(ret->manifest.etag, sizeof(ret->manifest.etag), "etag %s", f->version);
}

int export_months(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why)
{
	int r = 0;

	(void)e;
	pthread_mutex_lock(&fake.lock);
	fake.lists++;
	if (fake.error < 0) {
		r = fault(why, fake.error, "%s: cannot be listed", s->name);
	} else {
		ret->items = calloc(FAKE_MONTHS_MAX, sizeof(*ret->items));
		ret->cap = FAKE_MONTHS_MAX;
		ret->count = fake.count;
		for (size_t i = 0; i < fake.count; i++)
			list_one(&fake.items[i], &ret->items[i]);
	}
	pthread_mutex_unlock(&fake.lock);
	return r;
}

void month_list_finish(struct month_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].manifest.key);
	free(l->items);
	*l = (struct month_list){ 0 };
}

/* As If-Match: the manifest must still be the one that was listed. */
static int check(const struct fake_month *f, const struct month_ref *m, struct fault *why)
{
	struct month_ref now;
	bool same;

	list_one(f, &now);
	same = strcmp(now.manifest.etag, m->manifest.etag) == 0;
	free(now.manifest.key);
	if (!same)
		return fault(why, -ESTALE, "manifest.json: was replaced");
	if (f->read_error < 0)
		return fault(why, f->read_error, "manifest.json: as told");
	return 0;
}

int delivery_read(struct object_source *s, const struct export_ref *e,
	const struct month_ref *m, struct delivery *ret, struct fault *why)
{
	int r = -ENODATA;

	(void)s;
	(void)e;
	pthread_mutex_lock(&fake.lock);
	for (size_t i = 0; i < fake.count; i++) {
		const struct fake_month *f = &fake.items[i];

		if (fake_month_no(f->month).number != m->month.number)
			continue;
		r = check(f, m, why);
		if (r < 0)
			break;
		*ret = (struct delivery){
			.month = m->month,
			.assembly = strdup(f->version),
			.as_of = { 5000 },
			.verified = !f->bare,
		};
		fake_delivery_id(f->month, f->version, ret->id);
	}
	pthread_mutex_unlock(&fake.lock);
	return r;
}

void delivery_finish(struct delivery *d)
{
	free(d->assembly);
	*d = (struct delivery){ 0 };
}

int export_ref_copy(const struct export_ref *e, struct export_ref *ret)
{
	*ret = (struct export_ref){
		.layout = e->layout,
		.name = strdup(e->name),
		.folder = strdup(e->folder),
	};
	return 0;
}

void export_ref_finish(struct export_ref *e)
{
	free(e->name);
	free(e->folder);
	*e = (struct export_ref){ 0 };
}
