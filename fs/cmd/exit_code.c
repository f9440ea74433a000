#include "fs/cmd/exit_code.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int error, code;
} codes[] = {
	{ 0, EXIT_DONE },
	{ -EINVAL, EXIT_USAGE }, /* a profile that is none, and the like */
	{ -ENOENT, EXIT_NO_EXPORT },
	{ -ENODATA, EXIT_NO_EXPORT }, /* none in it, or several */
	{ -ENOTDIR, EXIT_NO_EXPORT },
	{ -ENOKEY, EXIT_NOT_SIGNED_IN },
	{ -EKEYEXPIRED, EXIT_NOT_SIGNED_IN },
	{ -EKEYREJECTED, EXIT_NOT_SIGNED_IN },
	{ -EACCES, EXIT_DENIED },
	{ -EPERM, EXIT_DENIED },
	{ -ENETUNREACH, EXIT_NO_ANSWER },
	{ -EHOSTUNREACH, EXIT_NO_ANSWER },
	{ -ECONNREFUSED, EXIT_NO_ANSWER },
	{ -ETIMEDOUT, EXIT_NO_ANSWER },
	{ -EAGAIN, EXIT_NO_ANSWER },
};

int exit_code(int error)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].error == error)
			return codes[i].code;
	return EXIT_FAILED;
}
