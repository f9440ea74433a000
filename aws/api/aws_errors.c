#include "aws/api/aws_errors.h"

#include <errno.h>

struct code_errno {
	const char *code;
	int error;
	bool is_throttling;
};

/* clang-format off */
static const struct code_errno codes[] = {
	{ "AccessDenied", -EACCES, false },
	{ "AccessDeniedException", -EACCES, false },
	{ "AllAccessDisabled", -EACCES, false },
	{ "AccountProblem", -EACCES, false },
	{ "AuthorizationError", -EACCES, false },
	{ "ForbiddenException", -EACCES, false },
	{ "InvalidPayer", -EACCES, false },
	{ "NotSignedUp", -EACCES, false },
	{ "OptInRequired", -EACCES, false },
	{ "SubscriptionRequiredException", -EACCES, false },
	{ "UnauthorizedException", -EKEYEXPIRED, false },
	{ "UnauthorizedOperation", -EACCES, false },

	{ "NoSuchBucket", -ENOENT, false },
	{ "NoSuchEntity", -ENOENT, false },
	{ "NoSuchKey", -ENOENT, false },
	{ "NoSuchVersion", -ENOENT, false },
	{ "NotFound", -ENOENT, false },
	{ "ResourceNotFoundException", -ENOENT, false },

	{ "ExpiredToken", -EKEYEXPIRED, false },
	{ "ExpiredTokenException", -EKEYEXPIRED, false },
	{ "RequestExpired", -EKEYEXPIRED, false },
	{ "TokenRefreshRequired", -EKEYEXPIRED, false },
	{ "expired_token", -EKEYEXPIRED, false },
	{ "invalid_grant", -EKEYEXPIRED, false },
	{ "InvalidGrantException", -EKEYEXPIRED, false },
	{ "ExpiredIdentityToken", -EKEYEXPIRED, false },

	{ "AuthFailure", -EKEYREJECTED, false },
	{ "AuthorizationHeaderMalformed", -EKEYREJECTED, false },
	{ "IncompleteSignature", -EKEYREJECTED, false },
	{ "IncompleteSignatureException", -EKEYREJECTED, false },
	{ "InvalidAccessKeyId", -EKEYREJECTED, false },
	{ "InvalidClientTokenId", -EKEYREJECTED, false },
	{ "InvalidIdentityToken", -EKEYREJECTED, false },
	{ "InvalidSecurity", -EKEYREJECTED, false },
	{ "InvalidSignatureException", -EKEYREJECTED, false },
	{ "InvalidToken", -EKEYREJECTED, false },
	{ "MissingAuthenticationToken", -EKEYREJECTED, false },
	{ "MissingAuthenticationTokenException", -EKEYREJECTED, false },
	{ "SignatureDoesNotMatch", -EKEYREJECTED, false },
	{ "UnrecognizedClientException", -EKEYREJECTED, false },

	{ "RequestTimeTooSkewed", -ETIME, false },
	{ "RequestInTheFuture", -ETIME, false },

	{ "BandwidthLimitExceeded", -EAGAIN, true },
	{ "EC2ThrottledException", -EAGAIN, true },
	{ "LimitExceededException", -EAGAIN, true },
	{ "ProvisionedThroughputExceededException", -EAGAIN, true },
	{ "RequestLimitExceeded", -EAGAIN, true },
	{ "RequestThrottled", -EAGAIN, true },
	{ "RequestThrottledException", -EAGAIN, true },
	{ "SlowDown", -EAGAIN, true },
	{ "slow_down", -EAGAIN, true },
	{ "SlowDownException", -EAGAIN, true },
	{ "ThrottledException", -EAGAIN, true },
	{ "Throttling", -EAGAIN, true },
	{ "ThrottlingException", -EAGAIN, true },
	{ "TooManyRequestsException", -EAGAIN, true },
	{ "TransactionInProgressException", -EAGAIN, true },

	{ "IDPCommunicationError", -EAGAIN, false },
	{ "InternalError", -EAGAIN, false },
	{ "InternalFailure", -EAGAIN, false },
	{ "InternalServerError", -EAGAIN, false },
	{ "InternalServerException", -EAGAIN, false },
	{ "PriorRequestNotComplete", -EAGAIN, false },
	{ "RequestTimeout", -EAGAIN, false },
	{ "RequestTimeoutException", -EAGAIN, false },
	{ "ServiceUnavailable", -EAGAIN, false },
	{ "ServiceUnavailableException", -EAGAIN, false },
	{ "Unavailable", -EAGAIN, false },

	{ "PreconditionFailed", -ESTALE, false },
	{ "InvalidRange", -ERANGE, false },

	{ "IllegalLocationConstraintException", -EREMCHG, false },
	{ "PermanentRedirect", -EREMCHG, false },
	{ "Redirect", -EREMCHG, false },
	{ "TemporaryRedirect", -EREMCHG, false },

	{ "InvalidArgument", -EINVAL, false },
	{ "InvalidBucketName", -EINVAL, false },
	{ "InvalidParameterValue", -EINVAL, false },
	{ "InvalidRequest", -EINVAL, false },
	{ "ValidationError", -EINVAL, false },
	{ "ValidationException", -EINVAL, false },

	/* An archived object: 403, but no permission would help. */
	{ "InvalidObjectState", -EREMOTEIO, false },
};
/* clang-format on */

static const struct code_errno *find_code(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].code, code) == 0)
			return &codes[i];
	return NULL;
}

static int status_errno(int status)
{
	switch (status) {
	case 301:
	case 302:
	case 307:
	case 308:
		return -EREMCHG;
	case 400:
		return -EINVAL;
	case 401:
		return -EKEYREJECTED;
	case 403:
	case 407:
		return -EACCES;
	case 404:
	case 410:
		return -ENOENT;
	case 408:
	case 429:
		return -EAGAIN;
	case 412:
		return -ESTALE;
	case 416:
		return -ERANGE;
	default:
		/* An error in a success is one of the service. */
		return status >= 500 || (status >= 200 && status < 300) ? -EAGAIN
									: -EREMOTEIO;
	}
}

/* "Signature expired: 20260102T030405Z is now earlier than …" comes with codes that also
 * stand for a wrong secret. */
static bool is_clock(const struct aws_error *e)
{
	struct span message = span_of(e->message);

	return span_starts(message, SPAN("Signature expired")) ||
		span_starts(message, SPAN("Signature not yet current"));
}

int aws_error_errno(const struct aws_error *e)
{
	const struct code_errno *known = find_code(e->code);
	/* A HEAD says no more than the status and where the bucket is. */
	bool is_elsewhere = e->region[0] &&
		(strcmp(e->code, "AuthorizationHeaderMalformed") == 0 ||
			strcmp(e->code, "400") == 0);

	if (is_elsewhere)
		return -EREMCHG;
	if (known && known->error == -EKEYREJECTED && is_clock(e))
		return -ETIME;
	return known ? known->error : status_errno(e->status);
}

bool aws_error_is_throttling(const struct aws_error *e)
{
	const struct code_errno *known = find_code(e->code);

	return known ? known->is_throttling : e->status == 429;
}
