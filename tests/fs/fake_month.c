#include "tests/fs/fake_month.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/name.h"
#include "tests/fs/fake_month_inside.h"

enum { FAKE_TEXT_MAX = 1 << 28 };

void fake_month_must(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "fake month: %s\n", what);
	abort();
}

static uint32_t text_id(struct month *m, const char *text)
{
	uint32_t id;

	fake_month_must(intern_add(m->texts, span_of(text), &id) == 0, "no memory");
	return id;
}

struct span month_text(const struct month *m, uint32_t text)
{
	return intern_text(m->texts, text);
}

uint32_t fake_month_text(const struct month *m, const char *text)
{
	uint32_t id = 0;

	fake_month_must(intern_find(m->texts, span_of(text), &id) == 0, text);
	return id;
}

static int cmp_text(const struct month *m, uint32_t a, uint32_t b)
{
	return span_cmp(month_text(m, a), month_text(m, b));
}

/* Sorted insertion; finds what is there. */
static uint32_t add_account(struct month *m, const struct fake_row *row)
{
	uint32_t id = text_id(m, row->account), at = 0;

	while (at < m->account_count && cmp_text(m, m->accounts[at].id, id) < 0)
		at++;
	if (at < m->account_count && m->accounts[at].id == id)
		return at;
	fake_month_must(VEC_RESERVE(&m->accounts, &m->account_cap, m->account_count + 1,
				1 << 20) == 0,
		"no memory");
	memmove(&m->accounts[at + 1], &m->accounts[at],
		(m->account_count - at) * sizeof(*m->accounts));
	m->accounts[at] = (struct month_account){ id, text_id(m, row->account_name) };
	m->account_count++;
	return at;
}

static uint32_t add_name(struct month *m, int (*fn)(struct span, struct buf *),
	const char *value, const char *none)
{
	struct buf name = BUF_INIT(1024);
	uint32_t id;

	if (!value || !*value)
		return text_id(m, none);
	fake_month_must(fn(span_of(value), &name) == 0, "no name");
	fake_month_must(intern_add(m->texts, buf_span(&name), &id) == 0, "no memory");
	buf_finish(&name);
	return id;
}

static uint32_t add_service(struct month *m, const struct fake_row *row)
{
	uint32_t code = text_id(m, row->service), at = 0;

	while (at < m->service_count && cmp_text(m, m->services[at].code, code) < 0)
		at++;
	if (at < m->service_count && m->services[at].code == code)
		return at;
	fake_month_must(VEC_RESERVE(&m->services, &m->service_cap, m->service_count + 1,
				1 << 20) == 0,
		"no memory");
	memmove(&m->services[at + 1], &m->services[at],
		(m->service_count - at) * sizeof(*m->services));
	m->services[at] = (struct month_service){ code, text_id(m, row->service_name),
		add_name(m, name_encode, row->service, "_no-service"),
		row->is_marketplace };
	m->service_count++;
	return at;
}

static uint32_t index_of_account(const struct month *m, const char *id)
{
	uint32_t ret = 0;

	fake_month_must(month_find_account(m, span_of(id), &ret) == 0, "no account");
	return ret;
}

static uint32_t index_of_service(const struct month *m, const char *code)
{
	uint32_t ret = 0;

	fake_month_must(month_find_service(m, span_of(code), &ret) == 0, "no service");
	return ret;
}

static struct fake_slice *add_slice(struct month *m, const struct fake_row *row)
{
	uint32_t account = index_of_account(m, row->account);
	uint32_t service = index_of_service(m, row->service);
	size_t at = 0;
	struct fake_slice *s;

	while (at < m->slice_count &&
		(m->slices[at].facts.account < account ||
			(m->slices[at].facts.account == account &&
				m->slices[at].facts.service < service)))
		at++;
	s = at < m->slice_count ? &m->slices[at] : NULL;
	if (s && s->facts.account == account && s->facts.service == service)
		return s;
	fake_month_must(
		VEC_RESERVE(&m->slices, &m->slice_cap, m->slice_count + 1, 1 << 20) == 0,
		"no memory");
	s = &m->slices[at];
	memmove(s + 1, s, (m->slice_count - at) * sizeof(*s));
	*s = (struct fake_slice){ .facts = { .account = account, .service = service },
		.text = BUF_INIT(FAKE_TEXT_MAX) };
	m->slice_count++;
	return s;
}

static uint32_t intern_key(struct intern **in, struct span key)
{
	uint32_t id = 0;

	if (!*in)
		*in = intern_new();
	fake_month_must(*in && intern_add(*in, key, &id) == 0, "no memory");
	return id;
}

static void add_resource(
	struct month *m, struct fake_slice *s, const struct fake_row *row)
{
	uint32_t *count = &s->facts.resource_count;

	if (intern_key(&s->resource_ids, span_of(row->resource)) < *count)
		return;
	fake_month_must(
		VEC_RESERVE(&s->resources, &s->resource_cap, *count + 1, 1 << 20) == 0,
		"no memory");
	s->resources[(*count)++] = (struct month_resource){ text_id(m, row->resource),
		add_name(m, name_of_resource, row->resource, NAME_NO_RESOURCE),
		text_id(m, row->resource_name), text_id(m, row->region) };
}

static int cmp_resources(const void *a, const void *b, void *context)
{
	const struct month_resource *x = a, *y = b;

	return cmp_text(context, x->dir, y->dir);
}

static void sort_resources(struct month *m, struct fake_slice *s)
{
	uint32_t count = s->facts.resource_count, id;

	s->resource_index = vec_alloc(count + 1, sizeof(*s->resource_index));
	fake_month_must(s->resource_index != NULL, "no memory");
	qsort_r(s->resources, count, sizeof(*s->resources), cmp_resources, m);
	for (uint32_t i = 0; i < count; i++) {
		fake_month_must(intern_find(s->resource_ids,
					month_text(m, s->resources[i].id), &id) == 0,
			"lost");
		s->resource_index[id] = i;
	}
}

static void add_entry(struct fake_slice *s, enum dim dim, uint32_t key0, uint32_t key1,
	const struct entry *e)
{
	const uint32_t key[] = { key0, key1, e->currency };
	uint32_t i = intern_key(
		&s->entry_keys[dim], (struct span){ (const char *)key, sizeof(key) });
	struct entry *at;

	if (i == s->entry_count[dim]) {
		fake_month_must(VEC_RESERVE(&s->entries[dim], &s->entry_cap[dim], i + 1,
					1 << 26) == 0,
			"no memory");
		at = &s->entries[dim][s->entry_count[dim]++];
		memset(at, 0, sizeof(*at));
		at->key[0] = key0;
		at->key[1] = key1;
		at->currency = e->currency;
	}
	at = &s->entries[dim][i];
	for (int c = 0; c < COST_COUNT; c++) {
		at->cost[c].units += e->cost[c].units;
		at->filled[c] += e->filled[c];
	}
	at->lacking[0] += e->lacking[0];
	at->lacking[1] += e->lacking[1];
	at->lines += e->lines;
}

static void set_cost(struct entry *e, int cost, const char *text)
{
	if (!text)
		return;
	if (strcmp(text, "?") == 0) {
		e->lacking[cost == COST_NET_AMORTIZED]++;
		return;
	}
	fake_month_must(money_parse(span_of(text), &e->cost[cost], NULL) == 0, text);
	e->filled[cost] = 1;
}

/* Answers whether there is a tag of a user. */
static bool add_pairs(struct month *m, struct fake_slice *s, enum dim dim,
	const char *pairs, const struct entry *e)
{
	struct span rest = span_of(pairs), pair, key;
	bool has_user = false;

	while (rest.len && span_split(&rest, ';', &pair)) {
		uint32_t key_id, value_id;

		if (pair.len == 0)
			continue;
		key = span_first(pair, span_find(pair, '='));
		fake_month_must(intern_add(m->texts, key, &key_id) == 0, "no memory");
		fake_month_must(intern_add(m->texts, span_from(pair, key.len + 1),
					&value_id) == 0,
			"no memory");
		add_entry(s, dim, key_id, value_id, e);
		has_user = has_user || !span_starts(key, SPAN("aws:"));
	}
	return has_user;
}

static int32_t day_of(const char *date)
{
	struct instant t;

	if (!date)
		return DAY_NONE;
	fake_month_must(instant_parse(span_of(date), &t) == 0, date);
	return instant_day(t).number;
}

static void sum_row(struct month *m, struct fake_slice *s, const struct fake_row *row)
{
	struct entry e = { .lines = 1 };
	uint32_t resource =
		s->resource_index[intern_key(&s->resource_ids, span_of(row->resource))];
	uint32_t region = text_id(m, row->region);

	e.currency = text_id(m, row->currency ? row->currency : "USD");
	for (int c = 0; c < COST_COUNT; c++)
		set_cost(&e, c, row->cost[c]);
	add_entry(s, DIM_CHARGE_TYPE, text_id(m, row->charge_type), 0, &e);
	add_entry(s, DIM_REGION, region, 0, &e);
	add_entry(s, DIM_USAGE_TYPE, text_id(m, row->usage_type), 0, &e);
	add_entry(s, DIM_OPERATION, text_id(m, row->operation), 0, &e);
	add_entry(s, DIM_DAY, (uint32_t)day_of(row->date), 0, &e);
	add_entry(s, DIM_RESOURCE, resource, region, &e);
	add_entry(s, DIM_INVOICE, text_id(m, row->invoice), text_id(m, row->entity), &e);
	add_pairs(m, s, DIM_CATEGORY, row->categories, &e);
	if (!add_pairs(m, s, DIM_TAG, row->tags, &e) && row->resource)
		add_entry(s, DIM_UNTAGGED, resource, region, &e);
	for (unsigned c = 0; c < CHARGE_COUNT; c++)
		if (row->classes & 1U << c)
			add_entry(s, DIM_CHARGE, c, text_id(m, row->description), &e);
	if (!row->is_split)
		return;
	e = (struct entry){ .lines = 1, .currency = e.currency };
	for (int c = 0; c < SPLIT_COUNT; c++)
		set_cost(&e, c, row->split[c]);
	add_entry(
		s, DIM_SPLIT, text_id(m, row->operation), text_id(m, row->resource), &e);
}

static void put(struct buf *b, const char *text)
{
	fake_month_must(buf_append_text(b, text) == 0, "no memory");
}

static void put_cell(struct buf *b, const char *text)
{
	bool quotes = text && strpbrk(text, ",\"");

	put(b, quotes ? "\"" : "");
	for (; text && *text; text++) {
		if (*text == '"')
			put(b, "\"");
		fake_month_must(
			buf_append_byte(
				b, *text == '\n' || *text == '\r' ? ' ' : *text) == 0,
			"no memory");
	}
	put(b, quotes ? "\"" : "");
}

static void end_piece(struct fake_slice *s)
{
	uint64_t *count = &s->facts.extent_count;

	if (s->rows_in_piece == 0)
		return;
	fake_month_must(
		VEC_RESERVE(&s->piece_ends, &s->piece_cap, *count + 1, 1 << 26) == 0,
		"no memory");
	s->piece_ends[(*count)++] = s->text.len;
	s->rows_in_piece = 0;
}

static void write_row(struct month *m, struct fake_slice *s, const struct fake_row *row)
{
	const char *const lead[] = { row->end, row->account, row->service, row->region,
		NULL, row->usage_type, row->operation, row->charge_type, row->resource,
		row->amount, NULL };

	put(&s->text, row->date ? row->date : "");
	put(&s->text, row->date && !strchr(row->date, 'T') ? "T00:00:00Z" : "");
	for (size_t i = 0; i < ARRAY_LEN(lead); i++) {
		put(&s->text, ",");
		put_cell(&s->text, lead[i]);
	}
	for (int c = 0; c < COST_COUNT; c++) {
		const char *cost = row->cost[c];

		put(&s->text, ",");
		put(&s->text, cost && *cost != '?' ? cost : "");
	}
	put(&s->text, ",");
	put_cell(&s->text, row->currency ? row->currency : "USD");
	put(&s->text, ",");
	put_cell(&s->text, row->invoice);
	put(&s->text, ",");
	put_cell(&s->text, row->description);
	put(&s->text, "\n");
	s->facts.lines++;
	s->facts.bytes = s->text.len;
	if (++s->rows_in_piece == m->rows_a_piece)
		end_piece(s);
}

static void add_row(struct month *m, const struct fake_row *row)
{
	struct fake_slice *s = add_slice(m, row);
	int32_t day = day_of(row->date);
	struct month_facts *f = &m->facts;

	sum_row(m, s, row);
	write_row(m, s, row);
	f->lines++;
	if (day == DAY_NONE)
		return;
	if (f->first_day.number == DAY_NONE || day < f->first_day.number)
		f->first_day.number = day;
	if (f->last_day.number == DAY_NONE || day > f->last_day.number)
		f->last_day.number = day;
}

static void set_facts(struct month *m, const struct fake_options *options)
{
	static _Atomic uint64_t made;
	const char *month = options->month ? options->month : "2026-11";
	const char *as_of = options->as_of ? options->as_of : "2026-11-23T14:00:00Z";

	m->facts = (struct month_facts){ .as_of = { INSTANT_NONE },
		.verified = true,
		.has_invoices = !options->lacks_invoices,
		.has_resources = !options->lacks_resources,
		.sums = options->sums,
		.id = m->id,
		.content = options->content ? options->content : ++made,
		.assembly = "",
		.first_day = { DAY_NONE },
		.last_day = { DAY_NONE } };
	fake_month_must(month_parse(span_of(month), &m->facts.month) == 0, month);
	if (*as_of)
		fake_month_must(
			instant_parse(span_of(as_of), &m->facts.as_of) == 0, as_of);
	snprintf(m->id, sizeof(m->id), "%s", options->id ? options->id : "fake");
}

struct month *fake_month_new(
	const struct fake_options *options, const struct fake_row *rows, size_t count)
{
	struct month *m = vec_alloc(1, sizeof(*m));

	fake_month_must(m != NULL, "no memory");
	atomic_init(&m->refs, 1);
	m->texts = intern_new();
	m->piece_reads = vec_alloc(1, sizeof(*m->piece_reads));
	fake_month_must(m->texts != NULL && m->piece_reads != NULL, "no memory");
	m->rows_a_piece = options && options->rows_a_piece ? options->rows_a_piece : 1;
	set_facts(m, options ? options : &(struct fake_options){ 0 });
	for (size_t i = 0; i < count; i++) {
		add_account(m, &rows[i]);
		add_service(m, &rows[i]);
	}
	for (size_t i = 0; i < count; i++)
		add_resource(m, add_slice(m, &rows[i]), &rows[i]);
	for (size_t i = 0; i < m->slice_count; i++)
		sort_resources(m, &m->slices[i]);
	for (size_t i = 0; i < count; i++)
		add_row(m, &rows[i]);
	for (size_t i = 0; i < m->slice_count; i++)
		end_piece(&m->slices[i]);
	return m;
}

void fake_month_fail(struct month *m, int error)
{
	m->error = error;
}

unsigned fake_month_piece_reads(const struct month *m)
{
	return *m->piece_reads;
}

unsigned fake_month_refs(const struct month *m)
{
	return m->refs;
}

struct span fake_month_rows(const struct month *m, uint32_t slice)
{
	return buf_span(&m->slices[slice].text);
}

void fake_month_cut_rows(struct month *m, uint32_t slice, size_t bytes)
{
	struct buf *text = &m->slices[slice].text;

	buf_truncate(text, text->len - bytes);
}

void fake_month_replace_rows(struct month *m, uint32_t slice, const char *bytes)
{
	struct buf *text = &m->slices[slice].text;

	memcpy(text->p, bytes, text->len);
}

struct entry *fake_month_entry(struct month *m, uint32_t slice, enum dim dim, size_t i)
{
	return &m->slices[slice].entries[dim][i];
}

int month_open(int dir_fd, const char *name, struct block_cache *blocks,
	struct month **ret, struct fault *why)
{
	(void)dir_fd;
	(void)blocks;
	(void)ret;
	return fault(why, -ENOENT, "a fake month is not opened: %s", name);
}

struct month *month_ref(struct month *m)
{
	m->refs++;
	return m;
}

void month_unref(struct month *m)
{
	if (!m || --m->refs > 0)
		return;
	for (size_t i = 0; i < m->slice_count; i++) {
		struct fake_slice *s = &m->slices[i];

		for (int dim = 0; dim < DIM_COUNT; dim++) {
			free(s->entries[dim]);
			intern_free(s->entry_keys[dim]);
		}
		intern_free(s->resource_ids);
		free(s->resource_index);
		free(s->resources);
		free(s->piece_ends);
		buf_finish(&s->text);
	}
	free(m->slices);
	free(m->accounts);
	free(m->services);
	intern_free(m->texts);
	free(m->piece_reads);
	free(m);
}
