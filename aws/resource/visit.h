/* One resource about which several calls are made: what is not there is null, what is
 * refused is told beside the rest. For aws/resource alone. */
#ifndef AWS_RESOURCE_VISIT_H
#define AWS_RESOURCE_VISIT_H

#include "aws/resource/account_private.h"
#include "aws/resource/compose.h"

struct visit {
	struct resource_account *account;
	const atomic_bool *stop;
	const char *gone; /* code that says that the resource itself is no more */
	bool is_gone;
	struct compose_list errors; /* objects: what was refused */
};
enum part_state { PART_NONE, PART_THERE, PART_UNKNOWN /* refused */ };
/* What one call told. */
struct part {
	enum part_state state;
	struct buf json;
};

void visit_init(struct visit *v, struct resource_account *a, const atomic_bool *stop);
void visit_finish(struct visit *v);
void part_finish(struct part *p);
/* JSON of it, or null. */
struct span part_json(const struct part *p);

/* 0 also where it is refused, or the resource gone; else the errno of what may pass by
 * itself, or concerns all: the network, the keys. none: the code that says that there is
 * no such thing; NULL: no code does. */
MUST_USE int visit_ask(struct visit *v, const struct account_call *call, const char *none,
	struct part *ret, struct fault *why);
/* For those who ask by other means: what a failed call means. PART_UNKNOWN is then told
 * in v->errors. 0; -errno as above. */
MUST_USE int visit_judge(struct visit *v, const struct account_call *call,
	const struct aws_error *error, int failure, enum part_state *ret);

#endif
