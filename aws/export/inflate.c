#include "aws/export/inflate.h"

const struct inflate_library *const inflate_libraries[] = {
#ifdef COSTFS_ISAL
	&inflate_isal,
#endif
	&inflate_zlib,
	NULL,
};
