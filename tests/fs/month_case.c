#include "month_case.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { DUMP_MAX = 256 * 1024 * 1024 };

int month_case_setup(void **state)
{
	struct month_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	snprintf(c->path, sizeof(c->path), "/tmp/costfs-month-XXXXXX");
	assert_non_null(mkdtemp(c->path));
	c->dir_fd = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(c->dir_fd >= 0);
	c->blocks = block_cache_new(1024 * 1024);
	assert_non_null(c->blocks);
	c->threads = 1;
	memory_source_init(&c->source, c->objects, 0);
	snprintf(c->assembly, sizeof(c->assembly), "run-1");
	c->delivery = (struct delivery){ .month = { 2026 * 12 + 10 },
		.assembly = c->assembly,
		.as_of = { 1795000000 },
		.verified = true,
		.files = c->files };
	snprintf(c->delivery.id, sizeof(c->delivery.id), "0123456789abcdef");
	*state = c;
	return 0;
}

void month_case_remove(struct month_case *c)
{
	unlinkat(c->dir_fd, "m.cube", 0);
	unlinkat(c->dir_fd, "m.data", 0);
}

int month_case_teardown(void **state)
{
	struct month_case *c = *state;

	month_case_remove(c);
	assert_int_equal(month_case_files(c), 0);
	close(c->dir_fd);
	assert_int_equal(rmdir(c->path), 0);
	block_cache_free(c->blocks);
	free(c);
	return 0;
}

unsigned month_case_files(const struct month_case *c)
{
	DIR *d = opendir(c->path);
	unsigned count = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		count += e->d_name[0] != '.';
	closedir(d);
	return count;
}

void month_case_put(struct month_case *c, unsigned n, struct span text)
{
	assert_true(n < MONTH_CASE_CHUNKS);
	snprintf(c->keys[n], sizeof(c->keys[n]), "chunk-%02u.csv", n);
	c->objects[n] = (struct memory_object){ c->keys[n], text.p, text.len };
	c->source.count = c->delivery.count = n + 1;
	c->files[n] = memory_info_of(&c->source, &c->objects[n], c->keys[n]);
}

void month_case_set(struct month_case *c, const char *const *texts, unsigned count)
{
	c->source.count = c->delivery.count = 0;
	for (unsigned i = 0; i < count; i++)
		month_case_put(c, i, span_of(texts[i]));
}

int month_case_ingest(struct month_case *c)
{
	const struct ingest_options options = { .source = &c->source.base,
		.delivery = &c->delivery,
		.threads = c->threads,
		.niceness = c->niceness,
		.stop = c->stop,
		.hold_bytes = c->hold_bytes,
		.keep_bytes = c->keep_bytes,
		.part_bytes = c->part_bytes,
		.sums = c->sums };

	c->why = (struct fault){ 0 };
	return ingest_month(&options, c->dir_fd, "m", &c->why);
}

struct month *month_case_month(struct month_case *c)
{
	struct month *m = NULL;
	int r;

	month_case_remove(c);
	r = month_case_ingest(c);
	if (r < 0)
		fail_msg("ingest answers %d: %s", r, c->why.text);
	r = month_open(c->dir_fd, "m", c->blocks, &m, &c->why);
	if (r < 0)
		fail_msg("open answers %d: %s", r, c->why.text);
	return m;
}

static struct span text_of(const struct month *m, uint32_t text)
{
	return month_text(m, text);
}

static void put_text(struct buf *b, struct span text)
{
	assert_int_equal(buf_append_span(b, text), 0);
}

static void put_key(struct buf *b, const struct month *m, uint32_t slice, enum dim dim,
	const struct entry *e)
{
	char day[DAY_TEXT];
	bool is_text[2] = { true, dim == DIM_INVOICE || dim >= DIM_TAG };

	switch (dim) {
	case DIM_DAY:
		if ((int32_t)e->key[0] != DAY_NONE) {
			day_format((struct day){ (int32_t)e->key[0] }, day);
			put_text(b, (struct span){ day, sizeof(day) });
		}
		return;
	case DIM_RESOURCE:
	case DIM_UNTAGGED:
		put_text(b, text_of(m, month_resources(m, slice)[e->key[0]].dir));
		is_text[0] = false;
		is_text[1] = true;
		break;
	case DIM_CHARGE:
		assert_int_equal(buf_appendf(b, "%u", e->key[0]), 0);
		is_text[0] = false;
		break;
	case DIM_CHARGE_TYPE:
	case DIM_REGION:
	case DIM_USAGE_TYPE:
	case DIM_OPERATION:
	case DIM_INVOICE:
	case DIM_TAG:
	case DIM_CATEGORY:
	case DIM_SPLIT:
	case DIM_COUNT:
		break;
	}
	if (is_text[0])
		put_text(b, text_of(m, e->key[0]));
	if (is_text[1]) {
		assert_int_equal(buf_append_byte(b, '|'), 0);
		put_text(b, text_of(m, e->key[1]));
	}
}

static void put_entry(struct buf *b, const struct entry *e)
{
	assert_int_equal(buf_appendf(b, " %" PRIu64 ":", e->lines), 0);
	for (int i = 0; i < COST_COUNT; i++) {
		char text[MONEY_TEXT_MAX];

		if (entry_has(e, (enum cost)i))
			put_text(
				b, (struct span){ text, money_format(e->cost[i], text) });
		assert_int_equal(buf_append_byte(b, i + 1 < COST_COUNT ? ',' : ';'), 0);
	}
	for (int i = 0; i < COST_COUNT; i++)
		assert_int_equal(buf_appendf(b, "%u ", e->filled[i]), 0);
	assert_int_equal(buf_appendf(b, "%u %u", e->lacking[0], e->lacking[1]), 0);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_sums(struct buf *b, const struct month *m, uint32_t slice, enum dim dim,
	void (*put)(struct buf *b, const struct entry *e))
{
	size_t count;
	const struct entry *entries = month_entries(m, slice, dim, &count);
	char **lines = calloc(count + 1, sizeof(*lines));

	assert_non_null(lines);
	for (size_t i = 0; i < count; i++) {
		struct buf line = BUF_INIT(DUMP_MAX);

		put_key(&line, m, slice, dim, &entries[i]);
		assert_int_equal(buf_append_byte(&line, '|'), 0);
		put_text(&line, text_of(m, entries[i].currency));
		put(&line, &entries[i]);
		assert_int_equal(buf_append_byte(&line, '\n'), 0);
		lines[i] = buf_take(&line);
		assert_non_null(lines[i]);
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(buf_append_text(b, lines[i]), 0);
		free(lines[i]);
	}
	free(lines);
}

static void put_unblended(struct buf *b, const struct entry *e)
{
	char text[MONEY_TEXT_MAX];

	assert_int_equal(buf_appendf(b, " %" PRIu64 " ", e->lines), 0);
	if (entry_has(e, COST_UNBLENDED))
		put_text(b,
			(struct span){
				text, money_format(e->cost[COST_UNBLENDED], text) });
}

char *month_sums(const struct month *m, uint32_t slice, enum dim dim)
{
	struct buf b = BUF_INIT(DUMP_MAX);

	put_sums(&b, m, slice, dim, put_unblended);
	return buf_take(&b);
}

static void put_rows(struct buf *b, const struct month *m, uint32_t slice)
{
	const struct month_slice *s = month_slice(m, slice);
	char *rows = malloc(s->bytes + 1);
	struct fault why = { 0 };
	ssize_t got;

	assert_non_null(rows);
	got = month_read(m, slice, 0, rows, s->bytes + 1, &why);
	if (got < 0)
		fail_msg("month_read answers %zd: %s", got, why.text);
	assert_int_equal(got, s->bytes);
	put_text(b, (struct span){ rows, (size_t)got });
	free(rows);
}

static void put_slice(struct buf *b, const struct month *m, uint32_t i)
{
	const struct month_slice *s = month_slice(m, i);
	const struct month_resource *r = month_resources(m, i);

	assert_int_equal(
		buf_appendf(b, "slice %u %u lines %" PRIu64 " bytes %" PRIu64 "\n",
			s->account, s->service, s->lines, s->bytes),
		0);
	for (uint32_t k = 0; k < s->resource_count; k++) {
		put_text(b, text_of(m, r[k].dir));
		assert_int_equal(buf_appendf(b, " id %.*s name %.*s region %.*s\n",
					 SPAN_ARG(text_of(m, r[k].id)),
					 SPAN_ARG(text_of(m, r[k].name)),
					 SPAN_ARG(text_of(m, r[k].region))),
			0);
	}
	for (int dim = 0; dim < DIM_COUNT; dim++) {
		assert_int_equal(buf_appendf(b, "by %d\n", dim), 0);
		put_sums(b, m, i, (enum dim)dim, put_entry);
	}
	put_rows(b, m, i);
}

char *month_dump(const struct month *m)
{
	const struct month_facts *f = month_facts(m);
	struct buf b = BUF_INIT(DUMP_MAX);

	assert_int_equal(
		buf_appendf(&b,
			"month %d as_of %" PRId64 " %d%d%d%d%d lines %" PRIu64
			" rounded %" PRIu64 " id %s assembly %s days %d %d\n",
			f->month.number, f->as_of.seconds, f->verified, f->has_net,
			f->has_list, f->has_resources, f->has_tags, f->lines, f->rounded,
			f->id, f->assembly, f->first_day.number, f->last_day.number),
		0);
	for (uint32_t i = 0; i < month_account_count(m); i++)
		assert_int_equal(buf_appendf(&b, "account %.*s %.*s\n",
					 SPAN_ARG(text_of(m, month_account(m, i)->id)),
					 SPAN_ARG(text_of(m, month_account(m, i)->name))),
			0);
	for (uint32_t i = 0; i < month_service_count(m); i++) {
		const struct month_service *s = month_service(m, i);

		assert_int_equal(buf_appendf(&b, "service %.*s %.*s %.*s %u\n",
					 SPAN_ARG(text_of(m, s->code)),
					 SPAN_ARG(text_of(m, s->name)),
					 SPAN_ARG(text_of(m, s->dir)), s->is_marketplace),
			0);
	}
	put_text(&b, month_header(m));
	for (uint32_t i = 0; i < month_slice_count(m); i++)
		put_slice(&b, m, i);
	return buf_take(&b);
}

uint32_t month_slice_of(const struct month *m, const char *account, const char *service)
{
	uint32_t a = 0, s = 0, slice = 0;

	assert_int_equal(month_find_account(m, span_of(account), &a), 0);
	assert_int_equal(month_find_service(m, span_of(service), &s), 0);
	assert_int_equal(month_find_slice(m, a, s, &slice), 0);
	return slice;
}

char *month_rows(const struct month *m, const char *account, const char *service)
{
	struct buf b = BUF_INIT(DUMP_MAX);

	put_rows(&b, m, month_slice_of(m, account, service));
	return buf_take(&b);
}

void assert_text(char *got, const char *want)
{
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

void month_case_expect_rows(const struct month *m, uint32_t slice, const char *want)
{
	const size_t len = strlen(want);
	uint64_t row = 0, offset;

	for (size_t at = 0; at < len; at++) {
		if (at > 0 && want[at - 1] != '\n')
			continue;
		assert_int_equal(month_row_offset(m, slice, row++, &offset, NULL), 0);
		assert_int_equal(offset, at);
	}
	assert_int_equal(month_slice(m, slice)->lines, row);
	assert_int_equal(month_row_offset(m, slice, row, &offset, NULL), 0);
	assert_int_equal(offset, len);
}
