/* A cube file and, behind it, its data file. What cube_check() accepts can be followed
 * everywhere, whatever it says; and rows that do not decode are said to be damaged. The
 * blocks' hashes are made to fit, since nothing would be decoded else. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/month_impl.h"
#include "tests/fuzz/target.h"

enum { PIECES_MAX = 64, READ_BYTES = 4096 };

static unsigned sum; /* so that no read is left out */

static void use(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		sum += (unsigned char)text.p[i];
}

static void walk_entries(const struct month *m, uint32_t slice)
{
	for (int dim = 0; dim < DIM_COUNT; dim++) {
		size_t count;
		const struct entry *e = month_entries(m, slice, (enum dim)dim, &count);

		for (size_t i = 0; i < count; i++) {
			use(month_text(m, e[i].currency));
			if (dim == DIM_DAY)
				continue;
			if (dim == DIM_RESOURCE || dim == DIM_UNTAGGED)
				use(month_text(
					m, month_resources(m, slice)[e[i].key[0]].dir));
			else if (dim != DIM_CHARGE)
				use(month_text(m, e[i].key[0]));
			if (dim >= DIM_RESOURCE)
				use(month_text(m, e[i].key[1]));
		}
	}
}

static void walk_resources(const struct month *m, uint32_t slice)
{
	const struct month_resource *r = month_resources(m, slice);
	uint32_t found;

	for (uint32_t i = 0; i < month_slice(m, slice)->resource_count; i++) {
		use(month_text(m, r[i].id));
		use(month_text(m, r[i].name));
		use(month_text(m, r[i].region));
		if (month_find_resource(m, slice, month_text(m, r[i].dir), &found) == 0)
			assert(found < month_slice(m, slice)->resource_count);
	}
}

static void walk_rows(const struct month *m, uint32_t slice)
{
	const struct month_slice *s = month_slice(m, slice);
	struct buf piece = BUF_INIT(64 * 1024 * 1024);
	char bytes[READ_BYTES];

	for (uint64_t i = 0; i < s->extent_count && i < PIECES_MAX; i++) {
		int r = month_piece(m, slice, i, &piece, NULL);

		assert(r == 0 || r == -EBADMSG);
	}
	for (uint64_t i = 0; i < PIECES_MAX; i++) {
		uint64_t offset = s->bytes / PIECES_MAX * i;
		ssize_t r = month_read(m, slice, offset, bytes, sizeof(bytes), NULL);
		uint64_t left = s->bytes - offset;

		assert(r == -EBADMSG ||
			r == (ssize_t)(left < READ_BYTES ? left : READ_BYTES));
	}
	buf_finish(&piece);
}

static void walk(const struct month *m)
{
	uint32_t found;

	use(month_header(m));
	sum += (unsigned)strlen(month_text(m, m->header->assembly).p);
	for (uint32_t i = 0; i < month_account_count(m); i++) {
		use(month_text(m, month_account(m, i)->name));
		month_account_slices(m, i, &found);
		if (month_find_account(
			    m, month_text(m, month_account(m, i)->id), &found) == 0)
			assert(found < month_account_count(m));
	}
	for (uint32_t i = 0; i < month_service_count(m); i++) {
		use(month_text(m, month_service(m, i)->name));
		use(month_text(m, month_service(m, i)->dir));
		if (month_find_service(
			    m, month_text(m, month_service(m, i)->code), &found) == 0)
			assert(found < month_service_count(m));
	}
	for (uint32_t i = 0; i < month_slice_count(m); i++) {
		const struct month_slice *s = month_slice(m, i);

		assert(month_find_slice(m, s->account, s->service, &found) == 0);
		assert(found == i);
		walk_entries(m, i);
		walk_resources(m, i);
		walk_rows(m, i);
	}
}

static void fit_hashes(struct month *m, char *cube, struct span data)
{
	struct cube_block *blocks = (struct cube_block *)(void *)(cube +
		m->header->sections[CUBE_BLOCKS].offset);

	for (uint64_t i = 0; i < month_section_count(m, CUBE_BLOCKS); i++)
		blocks[i].hash =
			hash64(data.p + blocks[i].offset, blocks[i].stored_bytes, 0);
}

static void check(char *cube, size_t len, struct span data)
{
	atomic_bool damaged = false;
	struct month m = { .file = { cube, len }, .damaged = &damaged };
	int fd;

	if (cube_check(m.file, data.len, false) < 0)
		return;
	m.header = (const struct cube_header *)(const void *)cube;
	fit_hashes(&m, cube, data);
	fd = memfd_create("data", MFD_CLOEXEC);
	m.blocks = block_cache_new(1024 * 1024);
	assert(fd >= 0 && m.blocks);
	assert(io_pwrite(fd, data.p, data.len, 0) == 0);
	assert(rows_new_of(fd, data.len, &m.rows) == 0);
	m.block_user = block_cache_user(m.blocks);
	m.text_user = block_cache_user(m.blocks);
	walk(&m);
	block_cache_free(m.blocks);
	rows_free(m.rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t data_bytes = 0;
	char *cube;

	if (size >= sizeof(struct cube_header))
		memcpy(&data_bytes, data + offsetof(struct cube_header, data_bytes),
			sizeof(data_bytes));
	if (data_bytes > size)
		data_bytes = 0;
	/* As aligned as a mapping, and of exact size for what follows. */
	size_t len = size - (size_t)data_bytes;
	cube = aligned_alloc(CUBE_ALIGN, (len / CUBE_ALIGN + 1) * CUBE_ALIGN);
	assert(cube);
	memcpy(cube, data, len);
	check(cube, len, (struct span){ (const char *)data + len, (size_t)data_bytes });
	free(cube);
	return 0;
}
