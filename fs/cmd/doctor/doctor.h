/* The checks of costfs doctor and what they learn from each other. Private to the folder.
 */
#ifndef FS_CMD_DOCTOR_DOCTOR_H
#define FS_CMD_DOCTOR_DOCTOR_H

#include <pthread.h>

#include "aws/auth/sts.h"
#include "fs/cmd/doctor/report.h"
#include "fs/cmd/place.h"
#include "fs/cmd/session.h"
#include "fs/cmd/source.h"

enum {
	DOCTOR_CHECK_MS = 7 * 1000, /* for one check */
	DOCTOR_WAIT_MS = 25 * 1000, /* for all of them; then nothing is asked any more */
	DOCTOR_END_MS = 29 * 1000, /* the process ends, whatever it hangs on */
	DOCTOR_EXCHANGE_MS = 5 * 1000, /* for what one request can tell */
	DOCTOR_NAME_MAX = 256,
};

/* In the order in which they are made. */
enum check_id {
	CHECK_CONFIGURATION,
	CHECK_CREDENTIALS,
	CHECK_IDENTITY,
	CHECK_CLOCK,
	CHECK_REGION,
	CHECK_BUCKET,
	CHECK_LIST,
	CHECK_EXPORT,
	CHECK_MANIFEST,
	CHECK_READ,
	CHECK_DECRYPT,
	CHECK_COLUMNS,
	CHECK_REPORTS,
	CHECK_EXPORTS,
	CHECK_ACCOUNTS,
	CHECK_CACHE,
	CHECK_FUSE,
	CHECK_COUNT,
};

/* Fields are written by one check, and read by those after it. */
struct doctor {
	const struct arguments *arguments;
	const char *given; /* SOURCE, NULL: none */
	bool is_s3;
	atomic_bool stop; /* the check's time is up */
	struct finding findings[CHECK_COUNT];

	/* CHECK_CONFIGURATION */
	struct settings settings;
	struct place place; /* of an S3 source */
	struct session *session; /* NULL for sources that are no S3 */
	/* CHECK_IDENTITY */
	struct sts_identity identity; /* zeroed where unknown */
	/* CHECK_BUCKET */
	char region[64]; /* of the bucket, "" where unknown */
	/* CHECK_LIST */
	struct source source;
	int source_error; /* of the export in it */
	struct fault source_why;
	/* CHECK_MANIFEST */
	struct month_list months;
	struct delivery delivery;
	/* Manifest or read */
	char kms[FAULT_TEXT]; /* what AWS said of a key; "" nothing */
	char denied_key[OBJECT_KEY_MAX + 1]; /* of the object that it was */

	char partition[32];
	char *kms_key;
	struct policy_subject subject, key_subject;
};

typedef void check_fn(struct doctor *d, struct finding *f);
check_fn check_configuration, check_credentials, check_identity, check_clock,
	check_region;
check_fn check_bucket, check_list, check_export, check_manifest, check_read,
	check_decrypt, check_columns;
check_fn check_reports, check_exports, check_accounts;
check_fn check_cache, check_fuse;

/* What a fault came to, why, and what to do; the statement is offered for -EACCES. */
void doctor_fail(struct doctor *d, struct finding *f, int error, const struct fault *said,
	enum policy_statement statement);
/* Says the same as a warning: a mount can do without. */
void doctor_warn(struct doctor *d, struct finding *f, int error, const struct fault *said,
	enum policy_statement statement);
/* "role analyst", "user/jane", or words for somebody unknown. */
void doctor_who(const struct doctor *d, char *ret, size_t size);
/* What a policy is about, from what is known by now. */
void doctor_set_subject(struct doctor *d);
/* Signs as the user; region NULL: the context's. 0; as client_new(). */
struct client;
MUST_USE int doctor_client(struct doctor *d, int service, const char *region,
	bool is_signed, struct client **ret, struct fault *why);

#endif
