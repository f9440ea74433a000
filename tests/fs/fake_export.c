/* An export as a table that tests change while it is read. */
#include "fake_export.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fs/store/library.h"

static struct {
	pthread_mutex_t lock;
	struct fake_month items[FAKE_MONTHS_MAX];
	size_t count;
	int error;
	struct fake_asked asked;
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

struct fake_asked fake_export_asked(void)
{
	struct fake_asked asked;

	pthread_mutex_lock(&fake.lock);
	asked = fake.asked;
	pthread_mutex_unlock(&fake.lock);
	return asked;
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
	*ret = (struct month_ref){ .month = fake_month_no(f->month), .is_looked = true };
	if (f->bare)
		return;
	ret->manifest.key = strdup("manifest.json");
	ret->manifest.modified = (struct instant){ 1000 };
	snprintf(ret->manifest.etag, sizeof(ret->manifest.etag), "etag %s", f->version);
}

static int list_all(const struct object_source *s, bool names_only,
	struct month_list *ret, struct fault *why)
{
	int r = 0;

	pthread_mutex_lock(&fake.lock);
	fake.asked.lists++;
	if (fake.error < 0) {
		r = fault(why, fake.error, "%s: cannot be listed", s->name);
	} else {
		ret->items = calloc(FAKE_MONTHS_MAX, sizeof(*ret->items));
		ret->cap = FAKE_MONTHS_MAX;
		ret->count = fake.count;
		for (size_t i = 0; i < fake.count; i++)
			if (names_only)
				ret->items[i].month = fake_month_no(fake.items[i].month);
			else
				list_one(&fake.items[i], &ret->items[i]);
	}
	pthread_mutex_unlock(&fake.lock);
	return r;
}

int export_months(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why)
{
	(void)e;
	return list_all(s, false, ret, why);
}

int export_month_names(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why)
{
	(void)e;
	return list_all(s, true, ret, why);
}

int month_look(struct object_source *s, const struct export_ref *e, bool quick,
	struct month_ref *m, struct fault *why)
{
	struct month_ref now = { .month = m->month, .is_looked = true };
	int r = 0;

	(void)e;
	pthread_mutex_lock(&fake.lock);
	if (quick && m->manifest.key)
		fake.asked.checks++;
	else
		fake.asked.looks++;
	if (fake.error < 0)
		r = fault(why, fake.error, "%s: cannot be looked at", s->name);
	for (size_t i = 0; r == 0 && i < fake.count; i++)
		if (fake_month_no(fake.items[i].month).number == m->month.number)
			list_one(&fake.items[i], &now);
	pthread_mutex_unlock(&fake.lock);
	if (r < 0)
		return r;
	month_ref_finish(m);
	*m = now;
	return 0;
}

int month_ref_copy(const struct month_ref *m, struct month_ref *ret)
{
	*ret = *m;
	if (m->manifest.key)
		ret->manifest.key = strdup(m->manifest.key);
	return 0;
}

void month_ref_finish(struct month_ref *m)
{
	free(m->manifest.key);
	*m = (struct month_ref){ 0 };
}

void month_list_finish(struct month_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].manifest.key);
	free(l->items);
	*l = (struct month_list){ 0 };
}

/* As If-Match: the manifest must still be the one that was listed. */
static int check(struct fake_month *f, const struct month_ref *m, struct fault *why)
{
	struct month_ref now;
	int error = f->read_error;
	bool same;

	list_one(f, &now);
	same = strcmp(now.manifest.etag, m->manifest.etag) == 0;
	free(now.manifest.key);
	if (!same)
		return fault(why, -ESTALE, "manifest.json: was replaced");
	if (error < 0 && f->then)
		*f = (struct fake_month){ .month = f->month, .version = f->then };
	return error < 0 ? fault(why, error, "manifest.json: as told") : 0;
}

uint64_t delivery_bytes(const struct delivery *d)
{
	uint64_t bytes = strstr(d->assembly, "large") ? LIBRARY_SUMS_FIRST_BYTES : 0;

	for (size_t i = 0; i < d->count; i++)
		bytes += d->files[i].size_bytes;
	return bytes;
}

bool delivery_has_columns(const struct delivery *d)
{
	return span_starts(span_of(d->assembly), SPAN("columns"));
}

int delivery_read(struct object_source *s, const struct export_ref *e,
	const struct month_ref *m, struct delivery *ret, struct fault *why)
{
	int r = -ENODATA;

	(void)e;
	pthread_mutex_lock(&fake.lock);
	fake.asked.reads++;
	if (fake.error < 0)
		r = fault(why, fake.error, "%s: cannot be read", s->name);
	for (size_t i = 0; fake.error == 0 && i < fake.count; i++) {
		struct fake_month *f = &fake.items[i];

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
		ret->manifest_modified.seconds = f->torn;
		ret->manifest_written.seconds = f->files != NULL;
		fake_delivery_id(f->month, f->files ? f->files : f->version, ret->id);
	}
	pthread_mutex_unlock(&fake.lock);
	return r;
}

int delivery_check_whole(const struct delivery *d, const char *source, struct instant now,
	struct fault *why)
{
	(void)now;
	if (d->manifest_modified.seconds == 0)
		return 0;
	return fault(why, -EBUSY, "%s: is torn", source);
}

bool delivery_is_fresh(const struct delivery *d, struct instant now)
{
	(void)now;
	return d->manifest_written.seconds != 0;
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
