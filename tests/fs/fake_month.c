#include "tests/fs/fake_month.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/vec.h"
#include "fs/store/name.h"

enum { FAKE_TEXT_MAX = 1 << 28 };

struct fake_slice {
	struct month_slice facts;
	struct month_resource *resources;
	size_t resource_cap;
	struct intern *resource_ids;
	uint32_t *resource_index; /* of each of the ids */
	struct entry *entries[DIM_COUNT];
	struct intern *entry_keys[DIM_COUNT];
	size_t entry_count[DIM_COUNT], entry_cap[DIM_COUNT];
	struct buf text;
	size_t *piece_ends;
	size_t piece_cap, rows_in_piece;
};
struct month {
	atomic_uint refs;
	atomic_uint *piece_reads; /* counted through const */
	atomic_int error;
	atomic_bool is_evicted, lacks_rows;
	atomic_uint pins;
	struct month_facts facts;
	char id[DELIVERY_ID_TEXT];
	size_t rows_a_piece;
	struct intern *texts;
	struct month_account *accounts;
	struct month_service *services;
	struct fake_slice *slices;
	size_t account_count, account_cap, service_count, service_cap, slice_count,
		slice_cap;
};

#define HEADER                                                                           \
	"usage_start,usage_end,account_id,service,region,availability_zone,usage_type,"  \
	"operation,charge_type,resource_id,usage_amount,usage_unit,unblended_cost,"      \
	"net_unblended_cost,amortized_cost,net_amortized_cost,list_cost,currency,"       \
	"invoice_id,description\n"

static void must(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "fake month: %s\n", what);
	abort();
}

static uint32_t text_id(struct month *m, const char *text)
{
	uint32_t id;

	must(intern_add(m->texts, span_of(text), &id) == 0, "no memory");
	return id;
}

struct span month_text(const struct month *m, uint32_t text)
{
	return intern_text(m->texts, text);
}

uint32_t fake_month_text(const struct month *m, const char *text)
{
	uint32_t id = 0;

	must(intern_find(m->texts, span_of(text), &id) == 0, text);
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
	must(VEC_RESERVE(&m->accounts, &m->account_cap, m->account_count + 1, 1 << 20) ==
			0,
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
	must(fn(span_of(value), &name) == 0, "no name");
	must(intern_add(m->texts, buf_span(&name), &id) == 0, "no memory");
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
	must(VEC_RESERVE(&m->services, &m->service_cap, m->service_count + 1, 1 << 20) ==
			0,
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

	must(month_find_account(m, span_of(id), &ret) == 0, "no account");
	return ret;
}

static uint32_t index_of_service(const struct month *m, const char *code)
{
	uint32_t ret = 0;

	must(month_find_service(m, span_of(code), &ret) == 0, "no service");
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
	must(VEC_RESERVE(&m->slices, &m->slice_cap, m->slice_count + 1, 1 << 20) == 0,
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
	must(*in && intern_add(*in, key, &id) == 0, "no memory");
	return id;
}

static void add_resource(
	struct month *m, struct fake_slice *s, const struct fake_row *row)
{
	uint32_t *count = &s->facts.resource_count;

	if (intern_key(&s->resource_ids, span_of(row->resource)) < *count)
		return;
	must(VEC_RESERVE(&s->resources, &s->resource_cap, *count + 1, 1 << 20) == 0,
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
	must(s->resource_index != NULL, "no memory");
	qsort_r(s->resources, count, sizeof(*s->resources), cmp_resources, m);
	for (uint32_t i = 0; i < count; i++) {
		must(intern_find(s->resource_ids, month_text(m, s->resources[i].id),
			     &id) == 0,
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
		must(VEC_RESERVE(&s->entries[dim], &s->entry_cap[dim], i + 1, 1 << 26) ==
				0,
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
	must(money_parse(span_of(text), &e->cost[cost], NULL) == 0, text);
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
		must(intern_add(m->texts, key, &key_id) == 0, "no memory");
		must(intern_add(m->texts, span_from(pair, key.len + 1), &value_id) == 0,
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
	must(instant_parse(span_of(date), &t) == 0, date);
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
	must(buf_append_text(b, text) == 0, "no memory");
}

static void put_cell(struct buf *b, const char *text)
{
	bool quotes = text && strpbrk(text, ",\"");

	put(b, quotes ? "\"" : "");
	for (; text && *text; text++) {
		if (*text == '"')
			put(b, "\"");
		must(buf_append_byte(b, *text == '\n' || *text == '\r' ? ' ' : *text) ==
				0,
			"no memory");
	}
	put(b, quotes ? "\"" : "");
}

static void end_piece(struct fake_slice *s)
{
	uint64_t *count = &s->facts.extent_count;

	if (s->rows_in_piece == 0)
		return;
	must(VEC_RESERVE(&s->piece_ends, &s->piece_cap, *count + 1, 1 << 26) == 0,
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
	must(month_parse(span_of(month), &m->facts.month) == 0, month);
	if (*as_of)
		must(instant_parse(span_of(as_of), &m->facts.as_of) == 0, as_of);
	snprintf(m->id, sizeof(m->id), "%s", options->id ? options->id : "fake");
}

struct month *fake_month_new(
	const struct fake_options *options, const struct fake_row *rows, size_t count)
{
	struct month *m = vec_alloc(1, sizeof(*m));

	must(m != NULL, "no memory");
	atomic_init(&m->refs, 1);
	m->texts = intern_new();
	m->piece_reads = vec_alloc(1, sizeof(*m->piece_reads));
	must(m->texts != NULL && m->piece_reads != NULL, "no memory");
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

const struct month_facts *month_facts(const struct month *m)
{
	return &m->facts;
}

uint32_t month_account_count(const struct month *m)
{
	return (uint32_t)m->account_count;
}

const struct month_account *month_account(const struct month *m, uint32_t account)
{
	must(account < m->account_count, "no such account");
	return &m->accounts[account];
}

uint32_t month_service_count(const struct month *m)
{
	return (uint32_t)m->service_count;
}

const struct month_service *month_service(const struct month *m, uint32_t service)
{
	must(service < m->service_count, "no such service");
	return &m->services[service];
}

uint32_t month_slice_count(const struct month *m)
{
	return (uint32_t)m->slice_count;
}

const struct month_slice *month_slice(const struct month *m, uint32_t slice)
{
	must(slice < m->slice_count, "no such slice");
	return &m->slices[slice].facts;
}

/* The first slice whose account is not below. */
static uint32_t first_slice(const struct month *m, uint32_t account)
{
	uint32_t low = 0, high = (uint32_t)m->slice_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (m->slices[mid].facts.account < account)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t month_account_slices(
	const struct month *m, uint32_t account, uint32_t *ret_first)
{
	*ret_first = first_slice(m, account);
	return first_slice(m, account + 1) - *ret_first;
}

int month_find_account(const struct month *m, struct span id, uint32_t *ret)
{
	for (uint32_t i = 0; i < m->account_count; i++) {
		if (span_eq(month_text(m, m->accounts[i].id), id)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

int month_find_service(const struct month *m, struct span code, uint32_t *ret)
{
	for (uint32_t i = 0; i < m->service_count; i++) {
		if (span_eq(month_text(m, m->services[i].code), code)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

int month_find_slice(
	const struct month *m, uint32_t account, uint32_t service, uint32_t *ret)
{
	for (uint32_t i = 0; i < m->slice_count; i++) {
		const struct month_slice *s = &m->slices[i].facts;

		if (s->account == account && s->service == service) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

const struct month_resource *month_resources(const struct month *m, uint32_t slice)
{
	return m->slices[slice].resources;
}

int month_find_resource(
	const struct month *m, uint32_t slice, struct span dir, uint32_t *ret)
{
	const struct fake_slice *s = &m->slices[slice];

	for (uint32_t i = 0; i < s->facts.resource_count; i++) {
		if (span_eq(month_text(m, s->resources[i].dir), dir)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

const struct entry *month_entries(
	const struct month *m, uint32_t slice, enum dim dim, size_t *ret_count)
{
	*ret_count = m->slices[slice].entry_count[dim];
	return m->slices[slice].entries[dim];
}

struct span month_header(const struct month *m)
{
	(void)m;
	return SPAN(HEADER);
}

ssize_t month_read(const struct month *m, uint32_t slice, uint64_t offset, void *bytes,
	size_t len, struct fault *why)
{
	struct span text = fake_month_rows(m, slice);

	if (m->error)
		return fault(why, m->error, "as told");
	if (offset >= text.len)
		return 0;
	text = span_first(span_from(text, (size_t)offset), len);
	memcpy(bytes, text.p, text.len);
	return (ssize_t)text.len;
}

int month_piece(const struct month *m, uint32_t slice, uint64_t piece, struct buf *ret,
	struct fault *why)
{
	const struct fake_slice *s = &m->slices[slice];
	size_t start = piece ? s->piece_ends[piece - 1] : 0;

	must(piece < s->facts.extent_count, "no such piece");
	atomic_fetch_add(m->piece_reads, 1);
	if (m->error)
		return fault(why, m->error, "as told");
	if (m->is_evicted)
		return fault(why, -ENODATA, "evicted");
	buf_clear(ret);
	return buf_append(ret, s->text.p + start, s->piece_ends[piece] - start);
}

int month_pin(struct month *m)
{
	if (m->is_evicted) {
		m->lacks_rows = true;
		return -ENODATA;
	}
	m->lacks_rows = false;
	m->pins++;
	return 0;
}

void month_unpin(struct month *m)
{
	must(m->pins > 0, "not pinned");
	m->pins--;
}

bool month_lacks_rows(const struct month *m)
{
	return m->lacks_rows;
}

bool month_is_in_memory(const struct month *m)
{
	(void)m;
	return false;
}

void month_use(struct month *m)
{
	(void)m;
}

void month_note_use(struct month *m)
{
	(void)m;
}

void fake_month_evict(struct month *m, bool is_evicted)
{
	m->is_evicted = is_evicted;
}

unsigned fake_month_pins(const struct month *m)
{
	return m->pins;
}

bool month_is_damaged(const struct month *m)
{
	(void)m;
	return false;
}

bool month_is_idle(const struct month *m)
{
	return m->refs == 1;
}
