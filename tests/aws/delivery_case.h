/* An export of one month in a sandbox, and the manifests it may have. */
#ifndef TESTS_AWS_DELIVERY_CASE_H
#define TESTS_AWS_DELIVERY_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/export/delivery.h"
#include "tests/aws/sandbox.h"

#define UUID_1 "aa1ddccb-abcd-1234-b849-57a32b6864a9"
#define UUID_2 "0b6b32ef-2b70-3d10-9448-07e23ebce6b9"
#define EXEC_1 "2024-01-10T23:48:02.356Z-" UUID_1
#define EXEC_2 "2024-01-20T23:48:02.356Z-" UUID_2
#define EXEC_2_COPIED "2024-01-20T23_48_02.356Z-" UUID_2

#define JANUARY "\"billingPeriod\":{\"start\":\"20240101T000000.000Z\"}"
#define LEGACY(id, keys)                                                                 \
	"{\"assemblyId\":\"" id "\"," JANUARY ",\"reportKeys\":[" keys "]}"
#define DATA(id, keys) "{\"executionId\":\"" id "\",\"dataFiles\":[" keys "]}"

struct delivery_case {
	char root[SANDBOX_PATH];
	struct object_source *source;
	struct export_list exports;
	struct month_list months;
};

/* Opens what is at root below the sandbox; NULL: all of it. */
void delivery_case_make(
	struct delivery_case *x, const char *root, const struct sandbox_file *tree);
void delivery_case_remove(struct delivery_case *x);

#endif
