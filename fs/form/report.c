/* Reads the parts, and has them rendered. */
#include "fs/form/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/form/report_rows.h"

static report_render_fn *const renderers[FORM_COUNT] = {
	[FORM_HTML] = report_html,
#ifdef COSTFS_XLSX
	[FORM_XLSX] = report_xlsx,
#endif
};

bool report_is_built(enum form form)
{
	return form < FORM_COUNT && renderers[form];
}

/* Without these it would say nothing. */
static int check(const struct report *r, struct fault *why)
{
	const struct sheet *total = &r->sheets[REPORT_TOTAL];

	if (sheet_find(total, SPAN("currency")) == total->column_count)
		return fault(why, -EBADMSG, "total.csv has no column \"currency\"");
	return 0;
}

static int read_parts(struct report *r, const atomic_bool *stop, struct fault *why)
{
	int result = 0;

	for (int i = 0; i < REPORT_PART_COUNT && result == 0; i++) {
		if (r->in->csv[i].len == 0)
			continue;
		result = sheet_read(r->in->csv[i], &r->sheets[i], why);
		r->sheets[i].stop = stop;
	}
	return result;
}

int report_render(enum form form, const struct report_input *in,
	const struct form_about *about, struct buf *ret, struct fault *why)
{
	const size_t start = ret->len;
	struct report *r;
	int result;

	if (!report_is_built(form))
		return -ENOTSUP;
	r = vec_alloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->in = in;
	result = read_parts(r, about->stop, why);
	if (result == 0)
		result = check(r, why);
	if (result == 0)
		result = renderers[form](r, about, ret);
	if (result == 0 && about->stop && atomic_load(about->stop))
		result = -ECANCELED;
	if (result < 0)
		buf_truncate(ret, start);
	for (int i = 0; i < REPORT_PART_COUNT; i++)
		sheet_finish(&r->sheets[i]);
	free(r);
	return result;
}
