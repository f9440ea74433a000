#include "fs/mount/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

static int log_figure(void *context, const struct figure *f)
{
	struct buf value = BUF_INIT(64);
	int r = figure_append_value(f, &value);

	(void)context;
	if (r == 0 && buf_text(&value))
		log_state("%s%s%s=%s", f->family, f->label ? "." : "",
			f->label ? f->label_value : "", buf_text(&value));
	buf_finish(&value);
	return r;
}

static int describe_need(const struct tree_need *n, struct buf *ret)
{
	char month[MONTH_TEXT];

	if (n->is_live)
		return buf_appendf(ret, " needs=resources account=%s region=%s",
			n->account, n->region);
	if (n->tables)
		return buf_append_text(ret, " needs=tables");
	if (n->month.number == 0)
		return buf_append_text(ret, " needs=worker");
	month_format(n->month, month);
	return buf_appendf(ret, " needs=month month=%.*s", MONTH_TEXT, month);
}

static void log_waiting(struct tree *t, const struct aside_row *row)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct request r = row->request;

	r.name = row->has_name ? row->name : NULL;
	if (requests_describe(&r, &line) == 0 &&
		buf_appendf(&line, " ms=%llu state=%s",
			(unsigned long long)(requests_now_ms() - r.began_ms),
			row->is_queued ? "queued" : "waiting") == 0 &&
		describe_need(&row->need, &line) == 0 &&
		requests_describe_path(t, &r, &line) == 0 && buf_text(&line))
		log_state("aside %s", buf_text(&line));
	buf_finish(&line);
}

static void log_aside(struct ops_context *c)
{
	struct aside_row *rows;
	ssize_t n = aside_list(c->aside, &rows);

	if (n < 0)
		return;
	for (ssize_t i = 0; i < n; i++)
		log_waiting(c->tree, &rows[i]);
	free(rows);
}

static void log_months(struct library *l)
{
	struct month_status *months;
	ssize_t n = library_months(l, &months);

	if (n < 0)
		return;
	for (ssize_t i = 0; i < n; i++) {
		const struct month_status *s = &months[i];
		const char *name =
			s->fault.error ? strerrorname_np(-s->fault.error) : "0";
		char month[MONTH_TEXT];

		month_format(s->month, month);
		log_state("month=%.*s state=%s bytes=%llu of=%llu lines=%llu errno=%s",
			MONTH_TEXT, month, month_state_word(s),
			(unsigned long long)s->bytes_done,
			(unsigned long long)s->bytes_total, (unsigned long long)s->lines,
			name ? name : "?");
	}
	free(months);
}

static void log_listings(struct live *live)
{
	struct live_status *all;
	ssize_t n = live ? live_states(live, NULL, &all) : -1;

	for (ssize_t i = 0; i < n; i++) {
		const struct live_status *s = &all[i];
		const char *name =
			s->fault.error ? strerrorname_np(-s->fault.error) : "0";

		if (s->is_loading || s->fault.error)
			log_state("listing account=%s region=%s kind=%zd state=%s "
				  "errno=%s",
				s->account, s->region, (ssize_t)s->kind,
				s->is_loading ? "asking" : "failed", name ? name : "?");
	}
	if (n >= 0)
		free(all);
}

void state_tell(struct ops_context *c, struct library *library)
{
	log_state("version=" COSTFS_VERSION " level=%s", log_level_name(log_get_level()));
	(void)figures_each(c->tree, log_figure, NULL);
	log_months(library);
	log_aside(c);
	log_listings(tree_live(c->tree));
	log_state("end");
}
