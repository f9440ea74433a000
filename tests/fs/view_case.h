/* What the tests of fs/view share: one small organization, and a look at a file from all
 * sides. */
#ifndef TESTS_FS_VIEW_CASE_H
#define TESTS_FS_VIEW_CASE_H

#include "fs/view/view.h"
#include "tests/fs/fake_month.h"

#define MONEY                                                                            \
	"unblended_cost,net_unblended_cost,amortized_cost,net_amortized_cost,list_cost," \
	"currency,lines"

/* Two accounts, two services, two currencies, a lacking and a split row. Indexes:
 * accounts 111111111111 and 222222222222, services AmazonEC2 and AmazonS3, by 0 and 1. */
struct month *view_case_month(void);

/* Ends the test unless the file says want: by size, in one read, and at every offset and
 * length. */
void expect_file(
	const struct scope *scope, enum view_file file, uint32_t key, const char *want);
void expect_open_fails(const struct scope *scope, enum view_file file, int want);

#endif
