/* What the tests of fs/tree share: a small organization, and walks through its tree. */
#ifndef TESTS_FS_TREE_CASE_H
#define TESTS_FS_TREE_CASE_H

#include "fs/tree/tree.h"
#include "tests/fs/fake_library.h"
#include "tests/fs/fake_live.h"
#include "tests/fs/fake_month.h"

struct tree_case {
	struct library *library;
	struct view_cache *views;
	struct tree *tree;
	struct live *live; /* NULL: there is no resources/ */
	struct tree_discovery discovery;
	bool is_listed; /* the services of all accounts */
};
/* selection may be NULL. The library has no month yet. */
void tree_case_init(struct tree_case *c, const struct selection *selection);
/* With resources/, of which nothing is known. */
void tree_case_init_live(struct tree_case *c);
void tree_case_finish(struct tree_case *c);
/* cmocka fixtures: *state is a struct tree_case, without a month, or filled. */
int tree_case_setup(void **state);
int tree_case_setup_filled(void **state);
int tree_case_teardown(void **state);

/* Deliveries. 2026-10: Prod EU and Dev. 2026-11: Prod EU, 222222222222 without a name.
 * Each call makes another object, of the same delivery id if the number is the same. */
struct month *tree_case_october(int delivery);
struct month *tree_case_november(int delivery);
/* The same delivery with another index. */
struct month *tree_case_november_again(int delivery);
struct month *tree_case_november_sums(int delivery);
/* 2026-10 and 2026-11 READY, 2026-09 known. */
void tree_case_fill(struct tree_case *c);

/* Each ends the test when the path does not answer so. */
struct tree_entry expect_path(struct tree_case *c, const char *path);
void expect_no_path(struct tree_case *c, const char *path, int want);
void expect_same_path(struct tree_case *c, const char *path, const char *canonical);
/* Appends all bytes of the node, read len at a time. */
void read_node(struct tree_case *c, uint64_t node, size_t len, struct buf *ret);
void expect_text(struct tree_case *c, const char *path, const char *want);
/* The names of a directory, one a line. */
void expect_names(struct tree_case *c, const char *path, const char *want);
void expect_has(struct tree_case *c, const char *path, const char *part);

#endif
