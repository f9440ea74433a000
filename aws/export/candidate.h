/* Exports that could be shown, as the billing services or the bucket itself tell of them;
 * which is preferred, and why the others are not.
 *
 * Shapes: AWS Cost and Usage Report API "DescribeReportDefinitions", Data Exports API
 * "ListExports", "GetExport". */
#ifndef AWS_EXPORT_CANDIDATE_H
#define AWS_EXPORT_CANDIDATE_H

#include "aws/auth/client.h"
#include "aws/export/delivery.h"

enum { CANDIDATES_MAX = 10000 };

enum candidate_origin {
	CANDIDATE_OF_CUR, /* cur:DescribeReportDefinitions */
	CANDIDATE_OF_DATA_EXPORTS, /* bcm-data-exports:GetExport */
	CANDIDATE_OF_WALK, /* its files, found in the bucket */
};
/* In the order of preference. */
enum candidate_kind {
	CANDIDATE_CUR2,
	CANDIDATE_LEGACY,
	CANDIDATE_FOCUS,
	CANDIDATE_UNKNOWN, /* files of some Data Export, whose table nobody told */
	CANDIDATE_OTHER, /* recommendations, carbon … : no costs */
};
enum candidate_answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };
enum candidate_verdict {
	VERDICT_PREFERRED, /* the one that is shown when none is named */
	VERDICT_USABLE, /* can be named */
	VERDICT_REFUSED,
};

/* Its strings are its own; none is NULL once it is in a list. */
struct candidate {
	enum candidate_origin origin;
	enum candidate_kind kind;
	char *name, *bucket;
	char *prefix; /* in the bucket, down to the export's folder; no '/' at the ends */
	char *region; /* of the bucket, "" where unknown */
	char *table; /* "Cost and Usage Report", "COST_AND_USAGE_REPORT" … */
	char *format; /* "csv.gz", "csv.zip", "parquet"; "" where unknown */
	char *granularity; /* "hourly", "daily", "monthly"; "" where unknown */
	char *health; /* what AWS says of its last delivery; "" where nothing */
	enum candidate_answer has_resources, has_split_costs, is_overwritten, is_healthy;
	bool is_pro_forma; /* of a billing view that is not what is invoiced */
	struct instant delivered; /* INSTANT_NONE where unknown or never */
	/* By candidates_judge(). */
	bool is_stale; /* others were delivered since, three days and more */
	enum candidate_verdict verdict;
	char why[256]; /* of the verdict, one line */
};
struct candidate_list {
	struct candidate *items; /* by candidates_judge(): the best first */
	size_t count, cap;
};
void candidate_list_finish(struct candidate_list *l);

/* Each appends to ret, which is finished by the caller also on failure. All pages are
 * read. 0; -EACCES not allowed (the cure says what to allow); -errno of client_pages().
 * c: a client of AWS_CUR, of AWS_DATA_EXPORTS, in candidates_region(). */
MUST_USE int candidates_of_cur(struct client *c, const atomic_bool *stop,
	struct candidate_list *ret, struct fault *why);
MUST_USE int candidates_of_data_exports(struct client *c, const atomic_bool *stop,
	struct candidate_list *ret, struct fault *why);
/* Where the billing services are, for a user in region (NULL for none): they have one
 * region in each partition. */
const char *candidates_region(const char *region);

/* What the export's files say. bucket and root ("" or ending in '/'): of the source, ""
 * for a folder. A manifest that cannot be read makes it a refused one. 0; -errno of the
 * source; -ENOMEM. */
MUST_USE int candidate_of_walk(struct object_source *s, const struct export_ref *e,
	const char *bucket, const char *root, struct candidate_list *ret,
	struct fault *why);

/* Gives each its verdict, and sorts. One is preferred if it is better than all others:
 * healthy and delivered as recently as any (within three days), with resource ids, hourly
 * before daily before monthly, the kind. Several that are equally good are all usable.
 * docs/exports.md tells it to users. */
void candidates_judge(struct candidate_list *l);
/* The preferred one; NULL for none. */
const struct candidate *candidates_preferred(const struct candidate_list *l);

#endif
