/* What the tests of fs/finding share: inventories of a few words, and files as rows. */
#ifndef TESTS_FS_FINDING_CASE_H
#define TESTS_FS_FINDING_CASE_H

#include "fs/finding/finding.h"
#include "tests/cmocka.h"
#include "tests/fs/fake_month.h"

#define ACCOUNT "111111111111"
#define NOW "2026-11-23T12:00:00Z"
#define ASKED "2026-11-23T11:00:00Z"

/* One resource. NULL texts are empty; json NULL: {}. */
struct case_item {
	const char *id, *name, *type, *state, *zone, *size, *created, *json;
};

struct instant at(const char *text);
/* One reference. */
struct inventory *case_inventory(
	struct instant asked, const struct case_item *items, size_t count);

/* A file's input, one inventory a kind and region; all is released by case_finish(). */
enum { CASE_INVENTORIES = 16 };
struct finding_case {
	enum finding_file file;
	struct finding_input in;
	struct instant asked; /* of inventories that are put from now on */
	struct finding_inventory inventories[CASE_INVENTORIES];
	struct inventory *owned[CASE_INVENTORIES];
	struct month *months[2];
	struct fault why;
};
/* Of ACCOUNT at NOW, with nothing known. */
struct finding_case case_of(enum finding_file file);
/* Of the file's kind number i. */
void case_put(struct finding_case *c, size_t i, const char *region,
	const struct case_item *items, size_t count);
/* The kind failed there. why is borrowed. */
void case_fail(
	struct finding_case *c, size_t i, const char *region, const struct fault *why);
/* Takes the months. */
void case_bill(struct finding_case *c, struct month *newest, struct month *before);
void case_finish(struct finding_case *c);

/* The file; free(). It must be made without failure, and end with a newline. */
char *case_render(struct finding_case *c);
/* Ends the test unless these columns of all rows but the header are want, with '|'
 * between them and a newline behind each row. columns: names with commas between. */
void case_expect(struct finding_case *c, const char *columns, const char *want);

#endif
