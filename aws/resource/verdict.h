/* Whether a bucket is public, by what S3 says of it. For aws/resource alone. */
#ifndef AWS_RESOURCE_VERDICT_H
#define AWS_RESOURCE_VERDICT_H

#include "aws/resource/visit.h"

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_UNKNOWN };

struct verdict_facts {
	const struct part *acl; /* GetBucketAcl */
	const struct part *policy; /* PolicyStatus */
	const struct part *block; /* PublicAccessBlockConfiguration */
};
struct verdicts {
	enum verdict by_acl, by_policy;
};

/* By ACL: it grants something to everybody or to everybody with an account, and
 * IgnorePublicAcls is off. By policy: its status is public, and RestrictPublicBuckets is
 * off. The account's own block is not looked at: it can only make less public. Unknown
 * where what it depends on was refused or is not said. Adds a text for each public grant,
 * and for a public policy, to reasons, also where the block turns it off. 0; -ENOMEM;
 * -EFBIG; -EBADMSG no JSON. */
MUST_USE int verdicts_of(const struct verdict_facts *facts, struct compose_list *reasons,
	struct verdicts *ret);
/* "true", "false" or "null". */
struct span verdict_json(enum verdict v);

#endif
