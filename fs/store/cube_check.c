/* What must hold in a cube file before anybody follows its numbers. */
#include "fs/store/cube.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/io.h"

/* Of a mapping, what was looked at counts as memory of the process. */
enum { LOOKED_AT_MAX = 16 * 1024 * 1024, PIECE_BYTES = 1024 * 1024 };

struct cube {
	const char *p;
	size_t len;
	const struct cube_header *header;
	bool is_mapped;
	const char *looked_from; /* since pages were let go */
};

/* Goes on at p. */
static void look_at(struct cube *c, const void *p)
{
	const char *at = p;

	if (!c->is_mapped ||
		(at >= c->looked_from && at - c->looked_from < LOOKED_AT_MAX))
		return;
	cube_let_go((struct span){ c->p, c->len });
	c->looked_from = at;
}

void cube_let_go(struct span mapping)
{
	(void)madvise((void *)(uintptr_t)mapping.p, mapping.len, MADV_DONTNEED);
}

size_t cube_item_bytes(enum cube_section section)
{
	switch (section) {
	case CUBE_TEXT_OFFSETS:
	case CUBE_MAP_FIRST:
		return sizeof(uint64_t);
	case CUBE_TEXT_BYTES:
	case CUBE_HEADER_LINE:
		return 1;
	case CUBE_ACCOUNTS:
		return sizeof(struct month_account);
	case CUBE_SERVICES:
		return sizeof(struct month_service);
	case CUBE_SLICES:
		return sizeof(struct month_slice);
	case CUBE_RESOURCES:
		return sizeof(struct month_resource);
	case CUBE_ENTRIES:
		return sizeof(struct entry);
	case CUBE_EXTENTS:
		return sizeof(struct cube_extent);
	case CUBE_BLOCKS:
		return sizeof(struct cube_block);
	case CUBE_MAP_COLUMNS:
		return sizeof(uint32_t);
	case CUBE_SECTION_COUNT:
		break;
	}
	return 0;
}

static uint64_t hash_of(const struct cube_header *header, uint64_t rest)
{
	struct cube_header h = *header;

	h.hash = 0;
	return hash64(&h, sizeof(h), rest);
}

int cube_hash_file(int fd, const struct cube_header *header, uint64_t *ret)
{
	struct hash64_pieces *h = hash64_pieces_new();
	char *piece = malloc(PIECE_BYTES);
	uint64_t at = sizeof(*header);
	int r = h == NULL || piece == NULL ? -ENOMEM : 0;

	while (r == 0 && at < header->file_bytes) {
		ssize_t n = io_pread(fd, piece, PIECE_BYTES, at);

		if (n <= 0)
			r = n < 0 ? (int)n : -EBADMSG;
		else
			hash64_pieces_add(h, piece, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
	}
	if (r == 0)
		*ret = hash_of(header, hash64_pieces_value(h));
	hash64_pieces_free(h);
	free(piece);
	return r;
}

static const void *items(const struct cube *c, enum cube_section section)
{
	return c->p + c->header->sections[section].offset;
}

static uint64_t count(const struct cube *c, enum cube_section section)
{
	return c->header->sections[section].count;
}

/* Of one that is inside the file. */
static uint64_t section_end(const struct cube *c, int section)
{
	return c->header->sections[section].offset +
		c->header->sections[section].count *
		cube_item_bytes((enum cube_section)section);
}

/* An item that belongs to two sections would be sound as the one and not the other. */
static bool is_apart(const struct cube *c, int section)
{
	for (int i = 0; i < section; i++)
		if (c->header->sections[i].offset < section_end(c, section) &&
			c->header->sections[section].offset < section_end(c, i))
			return false;
	return true;
}

static bool sections_inside(const struct cube *c, uint64_t file_bytes)
{
	for (int i = 0; i < CUBE_SECTION_COUNT; i++) {
		uint64_t bytes, end;
		uint64_t offset = c->header->sections[i].offset;

		if (__builtin_mul_overflow(c->header->sections[i].count,
			    cube_item_bytes((enum cube_section)i), &bytes) ||
			__builtin_add_overflow(offset, bytes, &end))
			return false;
		if (offset % CUBE_ALIGN != 0 || offset < sizeof(struct cube_header) ||
			end > file_bytes || !is_apart(c, i))
			return false;
	}
	return true;
}

/* Each with a NUL behind it, so that some can be used as C strings. */
static bool texts_are_sound(struct cube *c)
{
	const uint64_t *offsets = items(c, CUBE_TEXT_OFFSETS);
	const char *bytes = items(c, CUBE_TEXT_BYTES);
	uint64_t n = count(c, CUBE_TEXT_OFFSETS);

	if (n == 0 || n > UINT32_MAX || offsets[0] != 0 ||
		offsets[n - 1] != count(c, CUBE_TEXT_BYTES))
		return false;
	for (uint64_t i = 1; i < n; i++) {
		look_at(c, &offsets[i]);
		if (offsets[i] <= offsets[i - 1])
			return false;
	}
	for (uint64_t i = 1; i < n; i++) {
		look_at(c, &bytes[offsets[i] - 1]);
		if (bytes[offsets[i] - 1] != '\0')
			return false;
	}
	return true;
}

static bool names_are_texts(struct cube *c, uint64_t texts)
{
	const struct month_account *accounts = items(c, CUBE_ACCOUNTS);
	const struct month_service *services = items(c, CUBE_SERVICES);
	const struct month_resource *resources = items(c, CUBE_RESOURCES);

	for (uint64_t i = 0; i < count(c, CUBE_ACCOUNTS); i++)
		if (accounts[i].id >= texts || accounts[i].name >= texts)
			return false;
	for (uint64_t i = 0; i < count(c, CUBE_SERVICES); i++)
		if (services[i].code >= texts || services[i].name >= texts ||
			services[i].dir >= texts)
			return false;
	for (uint64_t i = 0; i < count(c, CUBE_RESOURCES); i++) {
		look_at(c, &resources[i]);
		if (resources[i].id >= texts || resources[i].dir >= texts ||
			resources[i].name >= texts || resources[i].region >= texts)
			return false;
	}
	return true;
}

/* first + number <= limit, without overflow. */
static bool range_inside(uint64_t first, uint64_t number, uint64_t limit)
{
	return first <= limit && number <= limit - first;
}

static bool entry_is_sound(const struct entry *e, enum dim dim,
	const struct month_slice *slice, uint64_t texts)
{
	if (e->currency >= texts)
		return false;
	for (unsigned part = 0; part < 2; part++)
		if (dim_texts(dim) & 1U << part && e->key[part] >= texts)
			return false;
	if (dim == DIM_RESOURCE || dim == DIM_UNTAGGED)
		return e->key[0] < slice->resource_count;
	return dim != DIM_CHARGE || e->key[0] < CHARGE_COUNT;
}

static bool entries_are_sound(
	struct cube *c, const struct month_slice *slice, uint64_t texts)
{
	const struct entry *entries = items(c, CUBE_ENTRIES);

	for (int dim = 0; dim < DIM_COUNT; dim++) {
		uint64_t first = slice->entry_first[dim],
			 end = slice->entry_first[dim + 1];

		if (first > end || end > count(c, CUBE_ENTRIES))
			return false;
		for (uint64_t i = first; i < end; i++) {
			look_at(c, &entries[i]);
			if (!entry_is_sound(&entries[i], (enum dim)dim, slice, texts))
				return false;
		}
	}
	return true;
}

/* Every row has a newline. Rows without marks are what readers see; with them,
 * month_read.c compares. */
static bool extent_is_sound(const struct cube *c, const struct cube_extent *e)
{
	const struct cube_block *blocks = items(c, CUBE_BLOCKS);

	return e->block < count(c, CUBE_BLOCKS) &&
		range_inside(e->offset, e->len, blocks[e->block].raw_bytes) &&
		e->rows > 0 && e->rows <= e->len &&
		e->chunk + UINT64_C(1) < count(c, CUBE_MAP_FIRST) &&
		(c->header->marked || e->fixed_bytes == e->len);
}

static bool extents_are_sound(const struct cube *c, const struct month_slice *slice)
{
	const struct cube_extent *extents = items(c, CUBE_EXTENTS);
	uint64_t rows = 0, fixed = 0, bytes;

	for (uint64_t i = 0; i < slice->extent_count; i++) {
		const struct cube_extent *e = &extents[slice->extent_first + i];

		if (!extent_is_sound(c, e) || e->row_start != rows ||
			e->fixed_start != fixed)
			return false;
		rows += e->rows;
		fixed += e->fixed_bytes;
	}
	if (__builtin_mul_overflow(rows, c->header->map_columns, &bytes) ||
		__builtin_add_overflow(bytes, fixed, &bytes))
		return false;
	if (c->header->dims != 0)
		return rows == 0 && slice->bytes == 0;
	return rows == slice->lines && bytes == slice->bytes;
}

static bool slices_are_sound(struct cube *c, uint64_t texts)
{
	const struct month_slice *slices = items(c, CUBE_SLICES);

	for (uint64_t i = 0; i < count(c, CUBE_SLICES); i++) {
		const struct month_slice *s = &slices[i];

		if (s->account >= count(c, CUBE_ACCOUNTS) ||
			s->service >= count(c, CUBE_SERVICES) ||
			!range_inside(s->resource_first, s->resource_count,
				count(c, CUBE_RESOURCES)) ||
			!range_inside(
				s->extent_first, s->extent_count, count(c, CUBE_EXTENTS)))
			return false;
		if (i > 0 &&
			(slices[i - 1].account > s->account ||
				(slices[i - 1].account == s->account &&
					slices[i - 1].service >= s->service)))
			return false;
		if (!entries_are_sound(c, s, texts) || !extents_are_sound(c, s))
			return false;
	}
	return true;
}

static bool blocks_are_sound(const struct cube *c, uint64_t data_bytes)
{
	const struct cube_block *blocks = items(c, CUBE_BLOCKS);

	for (uint64_t i = 0; i < count(c, CUBE_BLOCKS); i++)
		if (!range_inside(blocks[i].offset, blocks[i].stored_bytes, data_bytes) ||
			blocks[i].raw_bytes > CUBE_BLOCK_MAX ||
			blocks[i].stored_bytes > blocks[i].raw_bytes)
			return false;
	return true;
}

static bool maps_are_sound(const struct cube *c)
{
	const uint64_t *first = items(c, CUBE_MAP_FIRST);
	const uint32_t *columns = items(c, CUBE_MAP_COLUMNS);
	uint64_t n = count(c, CUBE_MAP_FIRST);

	if (n == 0 || first[0] != 0 || first[n - 1] != count(c, CUBE_MAP_COLUMNS))
		return false;
	/* Each column is some share's key, and only marked rows have any. */
	if (c->header->map_columns > count(c, CUBE_MAP_COLUMNS) ||
		(c->header->map_columns > 0 && !c->header->marked))
		return false;
	for (uint64_t i = 1; i < n; i++)
		if (first[i] < first[i - 1])
			return false;
	for (uint64_t i = 0; i < count(c, CUBE_MAP_COLUMNS); i++)
		if (columns[i] >= c->header->map_columns)
			return false;
	return true;
}

static bool is_line(struct span text)
{
	return text.len > 0 && span_find(text, '\n') == text.len - 1;
}

int cube_check(struct span file, uint64_t data_bytes, bool is_mapped)
{
	struct cube c = { .p = file.p,
		.len = file.len,
		.is_mapped = is_mapped,
		.looked_from = file.p };

	if (file.len < sizeof(struct cube_header))
		return -EBADMSG;
	c.header = (const struct cube_header *)(const void *)file.p;
	if (memcmp(c.header->magic, CUBE_MAGIC, sizeof(c.header->magic)) != 0 ||
		c.header->version != CUBE_VERSION ||
		c.header->byte_order != CUBE_BYTE_ORDER ||
		c.header->file_bytes != file.len || c.header->data_bytes != data_bytes ||
		memchr(c.header->id, '\0', sizeof(c.header->id)) == NULL ||
		memchr(c.header->account, '\0', sizeof(c.header->account)) == NULL)
		return -EBADMSG;
	if (!sections_inside(&c, file.len) || !texts_are_sound(&c))
		return -EBADMSG;
	uint64_t texts = count(&c, CUBE_TEXT_OFFSETS) - 1;
	if (c.header->assembly >= texts || !names_are_texts(&c, texts) ||
		!is_line((struct span){
			items(&c, CUBE_HEADER_LINE), count(&c, CUBE_HEADER_LINE) }) ||
		!blocks_are_sound(&c, data_bytes) || !maps_are_sound(&c) ||
		!slices_are_sound(&c, texts))
		return -EBADMSG;
	return 0;
}
