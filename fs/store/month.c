#include "fs/store/month.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "fs/store/cache_dir.h"
#include "fs/store/month_impl.h"

enum { FILE_NAME_MAX = 255, HASH_PIECE = 16 * 1024 * 1024 };
static const int64_t NANO = 1000000000;

const void *month_section(const struct month *m, enum cube_section section)
{
	return m->file.p + m->header->sections[section].offset;
}

uint64_t month_section_count(const struct month *m, enum cube_section section)
{
	return m->header->sections[section].count;
}

static int open_cube(int dir_fd, const char *name, int *ret_fd, uint64_t *ret_bytes)
{
	struct buf path = BUF_INIT(FILE_NAME_MAX);
	struct stat st;
	int fd = -1;
	int r = buf_appendf(&path, "%s.cube", name);

	if (r < 0)
		goto out;
	r = cache_open_file(dir_fd, buf_text(&path), &st, &fd);
	if (r < 0)
		goto out;
	if ((size_t)st.st_size < sizeof(struct cube_header)) {
		r = -EBADMSG;
		goto out;
	}
	if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -ENOENT : -errno;
		goto out;
	}
	cache_mark_used(fd);
	*ret_fd = fd;
	*ret_bytes = (uint64_t)st.st_size;
	fd = -1;
out:
	if (fd >= 0)
		close(fd);
	buf_finish(&path);
	return r;
}

static int map_cube(struct month *m, uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, m->cube_fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->file = (struct span){ p, bytes };
	m->header = p;
	return 0;
}

static int check_cube(const struct month *m)
{
	uint64_t hash = 0;
	int r = cube_check(m->file, m->header->data_bytes, true);

	if (r == 0)
		r = cube_hash_file(m->cube_fd, m->header, &hash);
	return r == 0 && hash != m->header->hash ? -EBADMSG : r;
}

/* Piece by piece, as all of it at once would count as our memory. */
static uint64_t hash_section(
	const struct month *m, enum cube_section section, size_t size, uint64_t seed)
{
	struct span rest = { month_section(m, section),
		month_section_count(m, section) * size };
	uint64_t h = seed;

	do {
		struct span piece =
			span_first(rest, rest.len < HASH_PIECE ? rest.len : HASH_PIECE);

		h = hash64(piece.p, piece.len, h);
		cube_let_go(m->file);
		rest = span_from(rest, piece.len);
	} while (rest.len > 0);
	return h;
}

/* Of where rows stand nothing, as that goes by which thread came first. */
static uint64_t content_of(const struct month *m)
{
	const struct month_slice *slices = month_section(m, CUBE_SLICES);
	uint64_t h = hash64(m->header->id, strlen(m->header->id), m->header->dims);

	h = hash_section(m, CUBE_TEXT_BYTES, 1, h);
	h = hash_section(m, CUBE_ACCOUNTS, sizeof(struct month_account), h);
	h = hash_section(m, CUBE_SERVICES, sizeof(struct month_service), h);
	h = hash_section(m, CUBE_RESOURCES, sizeof(struct month_resource), h);
	h = hash_section(m, CUBE_HEADER_LINE, 1, h);
	for (uint64_t i = 0; i < month_section_count(m, CUBE_SLICES); i++) {
		const struct month_slice *s = &slices[i];
		const uint64_t facts[] = { s->account, s->service, s->resource_first,
			s->resource_count, s->lines, s->bytes };

		h = hash64(facts, sizeof(facts), h);
	}
	return h;
}

static void take_facts(struct month *m)
{
	const struct cube_header *h = m->header;

	m->facts = (struct month_facts){
		.month = { h->month },
		.as_of = { h->as_of },
		.verified = h->verified != 0,
		.has_net = h->has_net != 0,
		.has_list = h->has_list != 0,
		.has_resources = h->has_resources != 0,
		.has_tags = h->has_tags != 0,
		.has_invoices = h->lacks_invoices == 0,
		.sums = sums_of(h->dims, span_of(h->account)),
		.lines = h->lines,
		.rounded = h->rounded,
		.disk_bytes = h->file_bytes + h->data_bytes,
		.id = h->id,
		.content = content_of(m),
		.index = h->hash,
		.first_day = { h->first_day },
		.last_day = { h->last_day },
	};
	cube_let_go(m->file);
	/* Texts end in a NUL that does not count (cube_write.c). */
	m->facts.assembly = month_text(m, h->assembly).p;
}

static struct month *new_month(struct block_cache *blocks)
{
	struct month *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	atomic_init(&m->refs, 1);
	m->cube_fd = -1;
	m->blocks = blocks;
	m->block_user = block_cache_user(blocks);
	m->text_user = block_cache_user(blocks);
	m->damaged = calloc(1, sizeof(*m->damaged));
	if (m->damaged == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

int month_open(int dir_fd, const char *name, struct block_cache *blocks,
	struct month **ret, struct fault *why)
{
	struct month *m = new_month(blocks);
	uint64_t bytes = 0;
	int r;

	if (m == NULL)
		return -ENOMEM;
	r = open_cube(dir_fd, name, &m->cube_fd, &bytes);
	if (r == 0)
		r = map_cube(m, bytes);
	if (r == 0)
		r = check_cube(m);
	if (r == 0)
		r = rows_new(
			dir_fd, name, m->header->data_bytes, m->header->hash, &m->rows);
	if (r == 0) {
		take_facts(m);
		*ret = m;
		return 0;
	}
	month_unref(m);
	if (r == -EBADMSG)
		return fault(why, r,
			"cache file %s.cube is damaged or of another version", name);
	return r;
}

static int open_own(struct month *m, int data_fd)
{
	struct stat st;
	int r = fstat(m->cube_fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = map_cube(m, (uint64_t)st.st_size);
	if (r == 0)
		r = check_cube(m);
	if (r < 0) {
		close(data_fd);
		return r;
	}
	return rows_new_of(data_fd, m->header->data_bytes, &m->rows);
}

/* NOLINTNEXTLINE(readability-function-size): six things, as its header says. */
int month_open_files(const struct month_files *files, _Atomic uint64_t *used,
	uint64_t bytes, struct block_cache *blocks, struct month **ret, struct fault *why)
{
	struct month *m = new_month(blocks);
	int r;

	if (m == NULL) {
		close(files->cube_fd);
		close(files->data_fd);
		atomic_fetch_sub(used, bytes);
		return -ENOMEM;
	}
	m->memory_used = used;
	m->memory_bytes = bytes;
	m->cube_fd = files->cube_fd;
	r = open_own(m, files->data_fd);
	if (r < 0) {
		month_unref(m);
		return fault(why, r, "what was just written to memory cannot be read: %s",
			fault_errno_text(r));
	}
	take_facts(m);
	*ret = m;
	return 0;
}

struct month *month_ref(struct month *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void month_unref(struct month *m)
{
	if (m == NULL || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	month_note_use(m);
	block_cache_drop(m->blocks, m->block_user);
	block_cache_drop(m->blocks, m->text_user);
	if (m->file.p != NULL)
		munmap((void *)(uintptr_t)m->file.p, m->file.len);
	rows_free(m->rows);
	if (m->cube_fd >= 0)
		close(m->cube_fd);
	if (m->memory_used != NULL)
		atomic_fetch_sub(m->memory_used, m->memory_bytes);
	free(m->damaged);
	free(m);
}

int month_pin(struct month *m)
{
	int r = rows_pin(m->rows);

	if (r == -EBADMSG)
		atomic_store(m->damaged, true);
	return r;
}

void month_unpin(struct month *m)
{
	rows_unpin(m->rows);
}

bool month_lacks_rows(const struct month *m)
{
	return rows_are_gone(m->rows);
}

bool month_is_in_memory(const struct month *m)
{
	return m->memory_used != NULL;
}

void month_use(struct month *m)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	atomic_store_explicit(
		&m->used_ns, now.tv_sec * NANO + now.tv_nsec, memory_order_relaxed);
}

void month_note_use(struct month *m)
{
	int64_t ns = atomic_exchange(&m->used_ns, 0);
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = ns / NANO, .tv_nsec = ns % NANO } };

	/* In a cache that cannot be written to nothing is evicted either. */
	if (ns != 0 && futimens(m->cube_fd, times) < 0)
		errno = 0;
}

bool month_is_damaged(const struct month *m)
{
	return atomic_load(m->damaged);
}

bool month_is_idle(const struct month *m)
{
	return atomic_load(&m->refs) == 1;
}

const struct month_facts *month_facts(const struct month *m)
{
	return &m->facts;
}

struct span month_text(const struct month *m, uint32_t text)
{
	const uint64_t *offsets = month_section(m, CUBE_TEXT_OFFSETS);
	const char *bytes = month_section(m, CUBE_TEXT_BYTES);
	uint64_t len = offsets[text + 1] - offsets[text];

	return (struct span){ bytes + offsets[text], len > 0 ? len - 1 : 0 };
}

uint32_t month_account_count(const struct month *m)
{
	return (uint32_t)month_section_count(m, CUBE_ACCOUNTS);
}

const struct month_account *month_account(const struct month *m, uint32_t account)
{
	const struct month_account *accounts = month_section(m, CUBE_ACCOUNTS);

	return &accounts[account];
}

uint32_t month_service_count(const struct month *m)
{
	return (uint32_t)month_section_count(m, CUBE_SERVICES);
}

const struct month_service *month_service(const struct month *m, uint32_t service)
{
	const struct month_service *services = month_section(m, CUBE_SERVICES);

	return &services[service];
}

uint32_t month_slice_count(const struct month *m)
{
	return (uint32_t)month_section_count(m, CUBE_SLICES);
}

const struct month_slice *month_slice(const struct month *m, uint32_t slice)
{
	const struct month_slice *slices = month_section(m, CUBE_SLICES);

	return &slices[slice];
}

/* First slice at or behind the pair. */
static uint32_t slice_at(const struct month *m, uint32_t account, uint32_t service)
{
	uint32_t low = 0, high = month_slice_count(m);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct month_slice *s = month_slice(m, middle);

		if (s->account < account ||
			(s->account == account && s->service < service))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t month_account_slices(
	const struct month *m, uint32_t account, uint32_t *ret_first)
{
	uint32_t first = slice_at(m, account, 0);

	*ret_first = first;
	return slice_at(m, account + 1, 0) - first;
}

int month_find_account(const struct month *m, struct span id, uint32_t *ret)
{
	uint32_t low = 0, high = month_account_count(m);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = span_cmp(month_text(m, month_account(m, middle)->id), id);

		if (order == 0) {
			*ret = middle;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

int month_find_service(const struct month *m, struct span code, uint32_t *ret)
{
	uint32_t low = 0, high = month_service_count(m);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = span_cmp(month_text(m, month_service(m, middle)->code), code);

		if (order == 0) {
			*ret = middle;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

int month_find_slice(
	const struct month *m, uint32_t account, uint32_t service, uint32_t *ret)
{
	uint32_t at = slice_at(m, account, service);

	if (at == month_slice_count(m) || month_slice(m, at)->account != account ||
		month_slice(m, at)->service != service)
		return -ENOENT;
	*ret = at;
	return 0;
}

const struct month_resource *month_resources(const struct month *m, uint32_t slice)
{
	const struct month_resource *resources = month_section(m, CUBE_RESOURCES);

	return resources + month_slice(m, slice)->resource_first;
}

int month_find_resource(
	const struct month *m, uint32_t slice, struct span dir, uint32_t *ret)
{
	const struct month_resource *resources = month_resources(m, slice);
	uint32_t low = 0, high = month_slice(m, slice)->resource_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = span_cmp(month_text(m, resources[middle].dir), dir);

		if (order == 0) {
			*ret = middle;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

const struct entry *month_entries(
	const struct month *m, uint32_t slice, enum dim dim, size_t *ret_count)
{
	const struct month_slice *s = month_slice(m, slice);
	const struct entry *entries = month_section(m, CUBE_ENTRIES);

	*ret_count = s->entry_first[dim + 1] - s->entry_first[dim];
	return entries + s->entry_first[dim];
}

struct span month_header(const struct month *m)
{
	return (struct span){ month_section(m, CUBE_HEADER_LINE),
		month_section_count(m, CUBE_HEADER_LINE) };
}
