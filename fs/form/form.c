/* The endings, and who renders each. */
#include "fs/form/form.h"

#include <errno.h>

#include "fs/form/renderers.h"

static const struct {
	const char *ending;
	form_render_fn *render; /* NULL: not built */
} forms[FORM_COUNT] = {
	[FORM_CSV] = { ".csv", NULL },
	[FORM_TXT] = { ".txt", form_txt },
	[FORM_JSON] = { ".json", form_json },
	[FORM_TSV] = { ".tsv", form_tsv },
	[FORM_MD] = { ".md", form_md },
	[FORM_HTML] = { ".html", form_html },
	[FORM_SVG] = { ".svg", form_svg },
#ifdef COSTFS_XLSX
	[FORM_XLSX] = { ".xlsx", form_xlsx },
#else
	[FORM_XLSX] = { ".xlsx", NULL },
#endif
};

const char *form_ending(enum form form)
{
	return forms[form].ending;
}

bool form_is_built(enum form form)
{
	return form == FORM_CSV || (form < FORM_COUNT && forms[form].render);
}

bool form_is_of(enum form form, struct span file)
{
	if (!form_is_built(form))
		return false;
	return form != FORM_SVG ||
		!(span_eq(file, SPAN("costs")) || span_eq(file, SPAN("lines")));
}

enum form form_of_name(struct span name, struct span *ret_stem)
{
	for (int i = 0; i < FORM_COUNT; i++) {
		struct span ending = span_of(forms[i].ending);

		if (name.len <= ending.len || !span_ends(name, ending))
			continue;
		*ret_stem = span_first(name, name.len - ending.len);
		return (enum form)i;
	}
	return FORM_COUNT;
}

int form_render(enum form form, struct span csv, const struct form_about *about,
	struct buf *ret, struct fault *why)
{
	struct sheet s = { 0 };
	int r;

	if (form == FORM_CSV)
		return buf_append_span(ret, csv);
	if (!form_is_built(form))
		return -ENOTSUP;
	r = sheet_read(csv, &s, why);
	s.stop = about->stop;
	if (r == 0)
		r = forms[form].render(&s, about, ret);
	/* Then rows are missing. */
	if (r == 0 && sheet_is_stopped(&s))
		r = -ECANCELED;
	sheet_finish(&s);
	return r;
}
