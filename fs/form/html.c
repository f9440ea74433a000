/* One page: what it is, the chart, the table. */
#include <errno.h>

#include "fs/form/page.h"
#include "fs/form/renderers.h"
#include "fs/form/svg.h"

int form_html(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	struct markup m = { .out = ret };
	int r;

	page_start(&m, about, "");
	r = m.failed ? m.failed : svg_append(s, about, true, ret);
	/* There is a table in any case. */
	if (r == 0 || r == -ENOTSUP || r == -ERANGE || r == -EBADMSG || r == -EFBIG)
		r = page_table(&m, s, about, SIZE_MAX);
	page_end(&m);
	return r < 0 ? r : m.failed;
}
