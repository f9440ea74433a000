/* A delivery of chunks in memory, ingested into a directory of its own, and what a month
 * says as one text, so that two can be compared whatever their files' bytes are. */
#ifndef TESTS_FS_MONTH_CASE_H
#define TESTS_FS_MONTH_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fs/store/ingest.h"
#include "tests/aws/memory_source.h"

enum { MONTH_CASE_CHUNKS = 16 };

struct month_case {
	char path[64];
	int dir_fd;
	struct block_cache *blocks;
	struct memory_source source;
	struct memory_object objects[MONTH_CASE_CHUNKS];
	struct object_info files[MONTH_CASE_CHUNKS];
	char keys[MONTH_CASE_CHUNKS][24];
	char assembly[16];
	struct delivery delivery;
	unsigned threads;
	int niceness;
	size_t hold_bytes, keep_bytes, part_bytes;
	struct sums sums;
	const atomic_bool *stop;
	struct fault why;
};

/* cmocka fixtures: *state is a struct month_case, with one thread. */
int month_case_setup(void **state);
int month_case_teardown(void **state);
/* Text (borrowed) is chunk n, "chunk-NN.csv"; chunks are put in order from 0. */
void month_case_put(struct month_case *c, unsigned n, struct span text);
void month_case_set(struct month_case *c, const char *const *texts, unsigned count);
/* Writes "m.cube" and "m.data". */
int month_case_ingest(struct month_case *c);
/* Ingests without failure and opens; removes the files before. */
struct month *month_case_month(struct month_case *c);
void month_case_remove(struct month_case *c);
unsigned month_case_files(const struct month_case *c);

/* All a month says: facts, names, slices, resources, sums by their texts, rows. Takes the
 * memory: free(). */
char *month_dump(const struct month *m);
/* The rows of the slice; free(). */
char *month_rows(const struct month *m, const char *account, const char *service);
uint32_t month_slice_of(const struct month *m, const char *account, const char *service);
/* The sums of the dimension in one slice: "key0|key1|currency lines cost..." sorted;
 * free(). */
char *month_sums(const struct month *m, uint32_t slice, enum dim dim);
/* Frees got. */
void assert_text(char *got, const char *want);
/* Ends the test unless the rows of the slice begin where those of the text do. */
void month_case_expect_rows(const struct month *m, uint32_t slice, const char *want);

#endif
