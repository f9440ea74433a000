#include "store_case.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"

char *file_path(const struct store_case *c, const char *name)
{
	static char path[256];
	struct buf b = BUF_INIT(sizeof(path));

	assert_int_equal(buf_appendf(&b, "%s/v1/%s", c->path, name), 0);
	memcpy(path, buf_text(&b), b.len + 1);
	buf_finish(&b);
	return path;
}

struct delivery delivery_of(const char *id)
{
	struct delivery d = { .month = { 2026 * 12 + 10 } };

	snprintf(d.id, sizeof(d.id), "%s", id);
	return d;
}

static void open_by(struct store_case *c, struct store_options options)
{
	struct fault why = { 0 };

	store_close(c->store);
	c->store = NULL;
	options.path = c->path;
	assert_int_equal(store_open(&options, &c->store, &why), 0);
}

void open_store(struct store_case *c, uint64_t limit_bytes)
{
	open_by(c, (struct store_options){ .limit_bytes = limit_bytes });
}

void open_store_with_memory(struct store_case *c, uint64_t memory_bytes)
{
	open_by(c, (struct store_options){ .memory_bytes = memory_bytes });
}

int store_case_setup(void **state)
{
	struct store_case *c = calloc(1, sizeof(*c));

	snprintf(c->root, sizeof(c->root), "/tmp/test_store-XXXXXX");
	assert_non_null(mkdtemp(c->root));
	snprintf(c->path, sizeof(c->path), "%s/some/cache", c->root);
	c->source.name = "fake";
	fake_ingest_reset(NULL, NULL, DATA_BYTES);
	log_set_level(LOG_LEVEL_ERROR);
	open_store(c, 0);
	*state = c;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int store_case_teardown(void **state)
{
	struct store_case *c = *state;

	assert_int_equal(fake_months_open(), 0);
	store_close(c->store);
	assert_int_equal(nftw(c->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(c);
	return 0;
}

int build_month(
	struct store_case *c, const char *id, struct month **ret, struct fault *why)
{
	struct delivery d = delivery_of(id);

	return store_build(c->store,
		&(struct build_order){ .source = &c->source, .delivery = &d }, ret, why);
}

void build_and_close(struct store_case *c, const char *id)
{
	struct month *m = NULL;

	assert_int_equal(build_month(c, id, &m, NULL), 0);
	month_unref(m);
}

int find_month(struct store_case *c, const char *id)
{
	struct delivery d = delivery_of(id);
	struct month *m = NULL;
	int r = store_find(c->store, &d, &m);

	if (r == 0)
		assert_string_equal(month_facts(m)->id, id);
	month_unref(m);
	return r;
}

bool has_file(const struct store_case *c, const char *name)
{
	return access(file_path(c, name), F_OK) == 0;
}

/* All names in the cache, sorted by nftw's order of no meaning: counted. */
static unsigned counted;
static int count_one(const char *path, const struct stat *st, int type)
{
	(void)path;
	(void)st;
	counted += type == FTW_F;
	return 0;
}

unsigned file_count(const struct store_case *c)
{
	counted = 0;
	assert_int_equal(ftw(c->path, count_one, 16), 0);
	return counted;
}

void write_file(const struct store_case *c, const char *name, const char *text)
{
	int fd = open(file_path(c, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	close(fd);
}
