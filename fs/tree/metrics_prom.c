/* metrics.prom: the figures in Prometheus' text format, version 0.0.4. */
#include <string.h>

#include "fs/tree/inside.h"

struct printing {
	struct buf *ret;
	const char *family; /* of the line before */
};

/* A label's value: backslash, quote and newline are escaped, and nothing else is. */
static int append_label(struct buf *ret, const char *text)
{
	int r = 0;

	for (; *text && r == 0; text++) {
		if (*text == '\n')
			r = buf_append_text(ret, "\\n");
		else if (*text == '\\' || *text == '"')
			r = buf_appendf(ret, "\\%c", *text);
		else
			r = buf_append_byte(ret, *text);
	}
	return r;
}

static int print_family(struct printing *p, const struct figure *f)
{
	if (p->family && strcmp(p->family, f->family) == 0)
		return 0;
	p->family = f->family;
	return buf_appendf(p->ret, "# HELP costfs_%s %s\n# TYPE costfs_%s %s\n",
		f->family, f->help, f->family, f->is_counter ? "counter" : "gauge");
}

static int print_figure(void *context, const struct figure *f)
{
	struct printing *p = context;
	int r = print_family(p, f);

	if (r == 0)
		r = buf_appendf(p->ret, "costfs_%s", f->family);
	if (r == 0 && f->label) {
		r = buf_appendf(p->ret, "{%s=\"", f->label);
		if (r == 0)
			r = append_label(p->ret, f->label_value);
		if (r == 0)
			r = buf_append_text(p->ret, "\"}");
	}
	if (r == 0)
		r = buf_append_byte(p->ret, ' ');
	if (r == 0)
		r = figure_append_value(f, p->ret);
	return r < 0 ? r : buf_append_byte(p->ret, '\n');
}

static int print_info(struct tree *t, struct buf *ret)
{
	const char *name = library_export(t->o.library)->name;
	int r = buf_append_text(ret,
		"# HELP costfs_info What is mounted.\n# TYPE costfs_info gauge\n"
		"costfs_info{version=\"" COSTFS_VERSION "\",source=\"");

	if (r == 0)
		r = append_label(ret, t->o.source ? t->o.source : "");
	if (r == 0)
		r = buf_append_text(ret, "\",export=\"");
	if (r == 0)
		r = append_label(ret, name ? name : "");
	return r < 0 ? r : buf_append_text(ret, "\"} 1\n");
}

int render_metrics(struct tree *t, struct buf *ret)
{
	struct printing p = { .ret = ret };
	int r = print_info(t, ret);

	return r < 0 ? r : figures_each(t, print_figure, &p);
}
