/* How the amortized cost of a line item follows from its type: the formula of AWS's Cloud
 * Intelligence Dashboards (summary view). Private to aws/export. */
#ifndef AWS_EXPORT_AMORTIZE_H
#define AWS_EXPORT_AMORTIZE_H

#include "aws/export/columns.h"

enum amortize_how {
	AMORTIZE_ITSELF, /* the unblended cost */
	AMORTIZE_ZERO,
	AMORTIZE_ONE, /* a */
	AMORTIZE_SUM, /* a + b */
	AMORTIZE_DIFFERENCE, /* a - b */
};
struct amortize_rule {
	enum amortize_how how;
	enum role a, b;
};

struct amortize_rule amortize_rule_of(struct span charge_type, struct span service,
	struct span reservation_arn, struct span description);
/* What of a description the rule depends on. */
struct span amortize_description(struct span description);
/* The column with the net of it; the same role where AWS has no such column. */
enum role amortize_net_role(enum role role);

#endif
