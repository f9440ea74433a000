/* Answers of AWS's XML protocols as the JSON that AWS CLI v2 prints: EC2's query
 * protocol, that of IAM, STS and CloudWatch, and S3. docs/formats.md says what it looks
 * like. */
#ifndef AWS_RESOURCE_CONVERT_H
#define AWS_RESOURCE_CONVERT_H

#include "base/buf.h"
#include "base/fault.h"

enum {
	CONVERT_TEXT_MAX = 128 * 1024 * 1024, /* bytes of JSON of a page */
	CONVERT_STEPS_MAX = 8, /* of a path */
};

/* Borrowed for the call. */
struct convert_call {
	const char *service, *operation; /* "ec2", "DescribeInstances" */
	/* Of what is looked for in the output, by the names of its members:
	 * "Reservations[].Instances[]", "User"; [] stands for each item of a list. ""
	 * is the whole output, as `aws --no-paginate` prints it. */
	const char *path;
};

/* One page of an answer; zeroed is none. Fields are for reading only. */
struct convert_page {
	/* The elements, one after another, each as AWS CLI prints it by itself: indented
	 * by 4, without a newline at the end. */
	struct buf text;
	size_t *ends; /* in text, of each element */
	size_t count, cap;
	char *next_token; /* NULL: this is the last page */
};

/* Members stand in the order of AWS's model, and members that the model did not have when
 * the table was made (shape.h) follow them, so that nothing new is lost; numbers that are
 * none, and times that are not ISO 8601, are strings as they came. A path whose list is
 * not in the answer has no elements.
 *
 * 0; -EINVAL an operation or a path that the table does not have; -EBADMSG no XML, cut,
 * with a document type, or no answer of that operation; -EFBIG deeper, longer or of more
 * elements than the limits here, of xml.h, element.h and print.h; -ENOMEM. ret is for
 * convert_page_finish() in the end. */
MUST_USE int convert_page(struct span xml, const struct convert_call *call,
	struct convert_page *ret, struct fault *why);
void convert_page_finish(struct convert_page *page);

#endif
