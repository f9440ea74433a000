/* What doctor has seen: a finding for each check, as lines for people or as JSON. */
#ifndef FS_CMD_DOCTOR_REPORT_H
#define FS_CMD_DOCTOR_REPORT_H

#include "fs/cmd/policy.h"

enum finding_status {
	FINDING_OK,
	FINDING_WARNING,
	FINDING_FAILED,
	FINDING_SKIPPED,
};

/* Plain; zeroed but for the name. Texts are one line each, and never hold secrets. */
struct finding {
	const char *name;
	enum finding_status status;
	char seen[FAULT_TEXT];
	char why[FAULT_TEXT]; /* what it means; may be empty */
	char cure[FAULT_TEXT]; /* what to do; may be empty */
	/* Would allow it; only with has_statement. */
	bool has_statement;
	enum policy_statement statement;
	const struct policy_subject *subject; /* borrowed until it was written */
};

/* Each sets the status and what was seen. */
void finding_ok(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_warn(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_fail(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_skip(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_why(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_cure(struct finding *f, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_allow(struct finding *f, enum policy_statement statement,
	const struct policy_subject *subject);

/* "ok       name: what was seen", and for others than ok lines with why and cure, and the
 * statement. 0; -ENOMEM; -EFBIG. */
MUST_USE int finding_write(const struct finding *f, struct buf *ret);
/* All of them as an array, and a newline. 0; -ENOMEM; -EFBIG. */
MUST_USE int findings_write_json(
	const struct finding *findings, size_t count, struct buf *ret);

#endif
