/* What a fake month answers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fs/fake_month_inside.h"

#define HEADER                                                                           \
	"usage_start,usage_end,account_id,service,region,availability_zone,usage_type,"  \
	"operation,charge_type,resource_id,usage_amount,usage_unit,unblended_cost,"      \
	"net_unblended_cost,amortized_cost,net_amortized_cost,list_cost,currency,"       \
	"invoice_id,description\n"

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
	fake_month_must(account < m->account_count, "no such account");
	return &m->accounts[account];
}

uint32_t month_service_count(const struct month *m)
{
	return (uint32_t)m->service_count;
}

const struct month_service *month_service(const struct month *m, uint32_t service)
{
	fake_month_must(service < m->service_count, "no such service");
	return &m->services[service];
}

uint32_t month_slice_count(const struct month *m)
{
	return (uint32_t)m->slice_count;
}

const struct month_slice *month_slice(const struct month *m, uint32_t slice)
{
	fake_month_must(slice < m->slice_count, "no such slice");
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

int month_row_offset(const struct month *m, uint32_t slice, uint64_t row, uint64_t *ret,
	struct fault *why)
{
	struct span text = fake_month_rows(m, slice);
	size_t at = 0;

	if (m->error)
		return fault(why, m->error, "as told");
	if (m->is_evicted && row > 0)
		return fault(why, -ENODATA, "evicted");
	for (; row > 0 && at < text.len; row--)
		at += span_find(span_from(text, at), '\n') + 1;
	*ret = at;
	return 0;
}

int month_piece(const struct month *m, uint32_t slice, uint64_t piece, struct buf *ret,
	struct fault *why)
{
	const struct fake_slice *s = &m->slices[slice];
	size_t start = piece ? s->piece_ends[piece - 1] : 0;

	fake_month_must(piece < s->facts.extent_count, "no such piece");
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
	fake_month_must(m->pins > 0, "not pinned");
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

void fake_month_damage(struct month *m)
{
	m->is_damaged = true;
}

bool month_is_damaged(const struct month *m)
{
	return m->is_damaged;
}

bool month_is_idle(const struct month *m)
{
	return m->refs == 1;
}
