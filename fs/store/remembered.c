/* The file of what is remembered: written whole, checked whole. */
#include "fs/store/remembered.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/fields.h"

enum {
	NAME_MAX_BYTES = 4096,
	HAS_LOOKED = 1,
	HAS_MANIFEST = 2,
	IS_VERIFIED = 4,
};
static const char MAGIC[] = "costfsK1";

int remembered_add(
	struct remembered *m, struct month_no month, struct remembered_month **ret)
{
	int r = VEC_RESERVE(&m->months, &m->cap, m->count + 1, REMEMBERED_MONTHS_MAX);

	if (r < 0)
		return r;
	*ret = &m->months[m->count++];
	**ret = (struct remembered_month){
		.month = month, .looked = { INSTANT_NONE }, .as_of = { INSTANT_NONE }
	};
	return 0;
}

void remembered_finish(struct remembered *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->months[i].manifest.key);
	free(m->months);
	free(m->place);
	export_ref_finish(&m->export);
	*m = (struct remembered){ 0 };
}

static int put_manifest(struct buf *b, const struct object_info *o)
{
	int r = put_text(b, o->key);

	if (r == 0)
		r = put_number(b, o->size_bytes, 8);
	if (r == 0)
		r = put_time(b, o->modified);
	return r < 0 ? r : put_text(b, o->etag);
}

static int put_month(struct buf *b, const struct remembered_month *m)
{
	unsigned flags = (m->is_looked ? HAS_LOOKED : 0) |
		(m->manifest.key ? HAS_MANIFEST : 0) | (m->verified ? IS_VERIFIED : 0);
	int r = put_number(b, (uint64_t)m->month.number, 4);

	if (r == 0)
		r = put_number(b, flags, 1);
	if (r == 0)
		r = put_time(b, m->looked);
	if (r == 0)
		r = put_time(b, m->as_of);
	if (r == 0)
		r = put_text(b, m->id);
	if (r == 0)
		r = put_text(b, m->id_etag);
	return r == 0 && m->manifest.key ? put_manifest(b, &m->manifest) : r;
}

static int put_rest(const struct remembered *m, const char *identity, struct buf *b)
{
	int r = put_text(b, identity);

	if (r == 0)
		r = put_text(b, m->place);
	if (r == 0)
		r = put_number(b, (uint64_t)m->export.layout, 1);
	if (r == 0)
		r = put_text(b, m->export.name);
	if (r == 0)
		r = put_text(b, m->export.folder);
	if (r == 0)
		r = put_time(b, m->looked);
	if (r == 0)
		r = put_number(b, m->is_doubtful, 1);
	if (r == 0)
		r = put_number(b, m->count, 4);
	for (size_t i = 0; r == 0 && i < m->count; i++)
		r = put_month(b, &m->months[i]);
	return r;
}

int remembered_write(const struct remembered *m, const char *identity, struct buf *ret)
{
	struct buf rest = BUF_INIT(REMEMBERED_BYTES_MAX);
	int r = put_rest(m, identity, &rest);

	if (r == 0)
		r = put_file(ret, MAGIC, buf_span(&rest));
	buf_finish(&rest);
	return r;
}

static void get_manifest(struct reader *x, struct object_info *ret)
{
	ret->key = get_text(x, OBJECT_KEY_MAX);
	ret->size_bytes = get_number(x, 8);
	ret->modified = ret->written = get_time(x);
	get_array(x, ret->etag, sizeof(ret->etag));
	expect(x, x->error < 0 || fields_is_key(ret->key, false));
}

static void get_month(struct reader *x, struct remembered *m)
{
	struct month_no month = { (int32_t)(uint32_t)get_number(x, 4) };
	uint64_t flags = get_number(x, 1);
	struct remembered_month *ret;
	char text[MONTH_TEXT];
	struct month_no again;

	month_format(month, text);
	expect(x,
		month.number == 0 ||
			(month_parse((struct span){ text, MONTH_TEXT }, &again) == 0 &&
				again.number == month.number));
	expect(x, m->count == 0 || month.number > m->months[m->count - 1].month.number);
	expect(x, flags <= (HAS_LOOKED | HAS_MANIFEST | IS_VERIFIED));
	expect(x, !(flags & HAS_MANIFEST) || (flags & HAS_LOOKED));
	if (x->error < 0)
		return;
	x->error = remembered_add(m, month, &ret);
	if (x->error < 0)
		return;
	ret->is_looked = flags & HAS_LOOKED;
	ret->verified = flags & IS_VERIFIED;
	ret->looked = get_time(x);
	ret->as_of = get_time(x);
	get_array(x, ret->id, sizeof(ret->id));
	get_array(x, ret->id_etag, sizeof(ret->id_etag));
	expect(x, fields_is_id(ret->id));
	if (flags & HAS_MANIFEST)
		get_manifest(x, &ret->manifest);
}

static void get_rest(struct reader *x, const char *identity, struct remembered *m)
{
	uint64_t layout, count;

	expect(x, span_eq(get_span(x, REMEMBERED_BYTES_MAX), span_of(identity)));
	m->place = get_text(x, NAME_MAX_BYTES);
	layout = get_number(x, 1);
	expect(x, layout <= EXPORT_MONTH);
	m->export.layout = (enum export_layout)layout;
	m->export.name = get_text(x, OBJECT_KEY_MAX);
	m->export.folder = get_text(x, OBJECT_KEY_MAX);
	expect(x, x->error < 0 || fields_is_key(m->export.folder, true));
	expect(x, x->error < 0 || !strchr(m->export.name, '/'));
	m->looked = get_time(x);
	m->is_doubtful = get_flag(x);
	count = get_number(x, 4);
	for (uint64_t i = 0; x->error == 0 && i < count; i++)
		get_month(x, m);
	expect(x, x->rest.len == 0);
}

int remembered_parse(struct span bytes, const char *identity, struct remembered *ret)
{
	struct remembered m = { 0 };
	struct reader x;
	int r = reader_begin(bytes, MAGIC, &x);

	if (r < 0)
		return r;
	get_rest(&x, identity, &m);
	if (x.error < 0) {
		remembered_finish(&m);
		return x.error == -EFBIG ? -EBADMSG : x.error;
	}
	*ret = m;
	return 0;
}
