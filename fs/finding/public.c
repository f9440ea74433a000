/* Buckets that are open to everybody, by their ACL or their policy. */
#include <errno.h>

#include "fs/finding/look.h"

enum { BUCKETS };

static int note_reasons(struct look *l, const struct json *bucket)
{
	const struct json *reasons = json_member(bucket, "Reasons");
	int e = 0;

	if (!json_is_array(reasons))
		return 0;
	for (const struct json *i = json_first(reasons); e == 0 && i; i = json_next(i))
		if (json_text(i))
			e = look_list(l, span_of(json_text(i)));
	return e < 0 ? e : look_list_end(l);
}

/* "GetBucketAcl: AccessDenied" */
static int note_errors(struct look *l, const struct json *bucket)
{
	const struct json *errors = json_member(bucket, "Errors");
	int e = 0;

	if (!json_is_array(errors))
		return 0;
	for (const struct json *i = json_first(errors); e == 0 && i; i = json_next(i))
		e = look_error(l, i);
	return e < 0 ? e : look_list_end(l);
}

static int judge(struct look *l, const struct look_region *r, size_t item,
	const struct json *bucket)
{
	int by_acl = json_boolean(json_member(bucket, "PublicByAcl"));
	int by_policy = json_boolean(json_member(bucket, "PublicByPolicy"));
	int e = 0;

	look_forget(l);
	if (by_acl == 1 || by_policy == 1) {
		e = note_reasons(l, bucket);
		if (e < 0)
			return e;
		return look_found(l, r, BUCKETS, item,
			by_acl != 1		 ? "public by policy"
				: by_policy != 1 ? "public by ACL"
						 : "public by ACL and by policy");
	}
	if (by_acl == 0 && by_policy == 0)
		return 0;
	e = note_errors(l, bucket);
	if (e < 0)
		return e;
	return look_unknown(l, r, BUCKETS, item,
		by_acl == 0 ? "whether it is public by policy is not known"
			: by_policy == 0
			? "whether it is public by ACL is not known"
			: "whether it is public by ACL or by policy is not known");
}

int public_look(struct look *l, const struct look_region *r)
{
	const struct inventory *v = r->inventories[BUCKETS];
	int e = 0;

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct json *bucket = NULL;

		e = look_json(l, r, BUCKETS, i, &bucket);
		if (e == 1)
			e = judge(l, r, i, bucket);
		json_free(bucket);
	}
	return e;
}
