#include "fs/mount/reply.h"

#include <errno.h>

/* docs/errors.md says what each means to a user. What is wrong with an export or with the
 * cache is EIO; .costfs/errors.log names it. */
int reply_errno(int error)
{
	switch (-error) {
	case ENOENT:
	case ENOTDIR:
	case EINVAL:
	case ENAMETOOLONG:
	case EROFS:
	case ENOMEM:
	case EINTR:
	case EACCES:
	case EBUSY: /* of a month that is just being delivered */
	case ENOKEY:
	case EKEYEXPIRED:
	case EKEYREJECTED:
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ETIMEDOUT:
	case ENOSPC:
	case ESTALE: /* the kernel looks the path up again */
		return -error;
	/* Of another form; an export's EFBIG is EIO. */
	case EMSGSIZE:
		return EFBIG;
	case EDQUOT:
		return ENOSPC;
	case ECANCELED:
		return EINTR;
	default:
		return EIO;
	}
}
