/* What is remembered of the tables, in H.tables: so that what was read can be shown
 * without a network, and is asked for again only when it is old. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fs/store/fields.h"
#include "fs/store/remembered.h"
#include "fs/store/store_impl.h"
#include "fs/store/tables_private.h"

enum { PLACE_MAX = 4096, HAS_LIST = 1 };

#define SUFFIX ".tables"
static const char MAGIC[] = "costfsB1";

static int put_partition(struct buf *b, const struct partition *p)
{
	int r = put_text(b, p->name);

	if (r == 0)
		r = put_text(b, p->at.version);
	if (r == 0)
		r = put_text(b, p->at.value);
	if (r == 0)
		r = put_text(b, p->at.data ? p->at.data : "");
	if (r == 0)
		r = put_text(b, p->at.metadata ? p->at.metadata : "");
	if (r == 0)
		r = put_text(b, p->id);
	return r < 0 ? r : put_time(b, p->look.looked);
}

static int put_table(struct buf *b, const struct table *table)
{
	uint64_t count = 0;
	int r = put_text(b, table->name);

	for (size_t i = 0; i < table->count; i++)
		count += !table->parts[i]->gone;
	if (r == 0)
		r = put_text(b, table->export.name);
	if (r == 0)
		r = put_text(b, table->export.folder);
	if (r == 0)
		r = put_number(b, table->look.has ? HAS_LIST : 0, 1);
	if (r == 0)
		r = put_time(b, table->look.looked);
	if (r == 0)
		r = put_number(b, count, 4);
	for (size_t i = 0; r == 0 && i < table->count; i++)
		if (!table->parts[i]->gone)
			r = put_partition(b, table->parts[i]);
	return r;
}

/* With the lock. */
static int put_all(const struct tables *t, struct buf *b)
{
	uint64_t count = 0;
	int r = put_text(b, t->identity);

	for (size_t i = 0; i < t->count; i++)
		count += !t->items[i]->gone;
	if (r == 0)
		r = put_text(b, t->source->name);
	if (r == 0)
		r = put_text(b, t->home);
	if (r == 0)
		r = put_time(b, t->look.looked);
	if (r == 0)
		r = put_number(b, count, 4);
	for (size_t i = 0; r == 0 && i < t->count; i++)
		if (!t->items[i]->gone)
			r = put_table(b, t->items[i]);
	return r;
}

int tables_write(const struct tables *t, struct buf *ret)
{
	struct buf rest = BUF_INIT(TABLES_MEMORY_MAX);
	int r = put_all(t, &rest);

	if (r == 0)
		r = put_file(ret, MAGIC, buf_span(&rest));
	buf_finish(&rest);
	return r;
}

void tables_remember(struct tables *t)
{
	struct buf file = BUF_INIT(TABLES_MEMORY_MAX);
	bool is_news;
	int r = 0;

	pthread_mutex_lock(&t->memory_lock);
	pthread_mutex_lock(&t->lock);
	is_news = t->is_news && t->identity;
	t->is_news = false;
	if (is_news)
		r = tables_write(t, &file);
	pthread_mutex_unlock(&t->lock);
	if (is_news && r == 0)
		r = remembered_replace(
			store_dir_fd(t->store), t->identity, SUFFIX, buf_span(&file));
	pthread_mutex_unlock(&t->memory_lock);
	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: cannot remember the tables: %s",
			store_path(t->store), fault_errno_text(r));
	buf_finish(&file);
}

static void get_folder(struct reader *x, char **ret)
{
	char *text = get_text(x, OBJECT_KEY_MAX);

	expect(x, x->error < 0 || fields_is_key(text, true));
	if (text && text[0] == '\0') {
		free(text);
		text = NULL;
	}
	*ret = text;
}

/* A name of a file or a directory. */
static bool is_name(struct span s)
{
	return s.len > 0 && s.len <= 255 && span_find(s, '/') == s.len && s.p[0] != '.';
}

static void get_partition(struct reader *x, struct table *table)
{
	struct table_partition at = { 0 };
	struct partition *p = NULL;
	struct span name = get_span(x, OBJECT_KEY_MAX);

	at.version = get_text(x, OBJECT_KEY_MAX);
	at.value = get_text(x, OBJECT_KEY_MAX);
	get_folder(x, &at.data);
	get_folder(x, &at.metadata);
	expect(x, is_name(name) && (at.data || at.metadata));
	if (x->error == 0)
		x->error = table_add(table, name, &at, &p);
	if (x->error == 0) {
		get_array(x, p->id, sizeof(p->id));
		p->look.looked = get_time(x);
		expect(x, fields_is_id(p->id));
	}
	table_partition_finish(&at);
}

static void get_table(struct reader *x, struct tables *t)
{
	struct export_ref e = { .layout = EXPORT_TABLE };
	struct table *table = NULL;
	struct span name = get_span(x, OBJECT_KEY_MAX);
	uint64_t count;

	e.name = get_text(x, OBJECT_KEY_MAX);
	e.folder = get_text(x, OBJECT_KEY_MAX);
	expect(x, is_name(name));
	expect(x, x->error < 0 || (e.folder[0] && fields_is_key(e.folder, true)));
	if (x->error == 0)
		x->error = tables_add(t, name, &e, &table);
	export_ref_finish(&e);
	if (!table)
		return;
	table->look.has = get_flag(x);
	table->look.looked = get_time(x);
	count = get_number(x, 4);
	for (uint64_t i = 0; x->error == 0 && i < count; i++)
		get_partition(x, table);
	if (x->error == 0)
		x->error = table_sort(table);
}

static void get_all(struct reader *x, struct tables *t)
{
	uint64_t count;

	expect(x, span_eq(get_span(x, TABLES_MEMORY_MAX), span_of(t->identity)));
	expect(x, span_eq(get_span(x, PLACE_MAX), span_of(t->source->name)));
	expect(x, span_eq(get_span(x, OBJECT_KEY_MAX), span_of(t->home)));
	t->look.looked = get_time(x);
	count = get_number(x, 4);
	for (uint64_t i = 0; x->error == 0 && i < count; i++)
		get_table(x, t);
	expect(x, x->rest.len == 0);
}

/* What is near is asked as ever, and its memory is for when it does not answer. */
static void doubt(struct tables *t)
{
	t->look.looked = (struct instant){ INSTANT_NONE };
	for (size_t i = 0; i < t->count; i++) {
		struct table *table = t->items[i];

		table->look.looked = (struct instant){ INSTANT_NONE };
		for (size_t k = 0; k < table->count; k++)
			table->parts[k]->look.looked = (struct instant){ INSTANT_NONE };
	}
}

static void forget_all(struct tables *t)
{
	for (size_t i = 0; i < t->count; i++)
		table_free(t->items[i]);
	t->count = 0;
	t->look.looked = (struct instant){ INSTANT_NONE };
}

int tables_parse(struct tables *t, struct span bytes)
{
	struct reader x;
	int r = reader_begin(bytes, MAGIC, &x);

	if (r == 0) {
		get_all(&x, t);
		r = x.error == -EFBIG ? -EBADMSG : x.error;
	}
	if (r < 0)
		forget_all(t);
	return r;
}

int tables_recall(struct tables *t)
{
	struct buf bytes = BUF_INIT(TABLES_MEMORY_MAX);
	int r = t->identity
		? remembered_read(store_dir_fd(t->store), t->identity, SUFFIX, &bytes)
		: -ENOENT;

	if (r == 0)
		r = tables_parse(t, buf_span(&bytes));
	buf_finish(&bytes);
	t->look.has = r == 0;
	if (t->source->is_near)
		doubt(t);
	return r == -ENOMEM ? r : 0;
}
