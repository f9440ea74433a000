/* One function a form; form.c has the table of them. */
#ifndef FS_FORM_RENDERERS_H
#define FS_FORM_RENDERERS_H

#include "fs/form/form.h"
#include "fs/form/sheet.h"

/* Appends the sheet. Answers as form_render(); what is appended on failure is dropped. */
typedef int form_render_fn(
	const struct sheet *s, const struct form_about *about, struct buf *ret);

form_render_fn form_txt;
form_render_fn form_json;
form_render_fn form_tsv;
form_render_fn form_md;
form_render_fn form_html;
form_render_fn form_svg;
form_render_fn form_xlsx; /* where it is built: COSTFS_XLSX */

#endif
