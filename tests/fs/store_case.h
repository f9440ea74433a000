/* A cache directory of its own, whose months are fakes, and looks into it. */
#ifndef TESTS_FS_STORE_CASE_H
#define TESTS_FS_STORE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_cached_month.h"
#include "fs/store/store.h"

enum { DATA_BYTES = 1000 };

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccccccccc"

struct store_case {
	char root[64];
	char path[96]; /* of the cache */
	struct store *store;
	struct object_source source;
};

/* cmocka fixtures: *state is a struct store_case, with its store open. */
int store_case_setup(void **state);
int store_case_teardown(void **state);

/* Instead of the one that is open. */
void open_store(struct store_case *c, uint64_t limit_bytes);
void open_store_with_memory(struct store_case *c, uint64_t memory_bytes);

/* Of 2026-11. */
struct delivery delivery_of(const char *id);
int build_month(
	struct store_case *c, const char *id, struct month **ret, struct fault *why);
void build_and_close(struct store_case *c, const char *id);
int find_month(struct store_case *c, const char *id);

/* Names are of files in the cache. The path is valid until the next call. */
char *file_path(const struct store_case *c, const char *name);
bool has_file(const struct store_case *c, const char *name);
unsigned file_count(const struct store_case *c);
void write_file(const struct store_case *c, const char *name, const char *text);

#endif
