/* Text that was rendered, as the cache of views keeps it. */
#ifndef FS_VIEW_RENDERED_H
#define FS_VIEW_RENDERED_H

#include "fs/view/cache.h"

/* Takes what is in text, and gives back what it has more. NULL on no memory. */
struct held *rendered_new(struct buf *text);
/* Valid as long as what is held. */
struct span rendered_text(const struct held *h);

#endif
