/* status.json and account.json: the same for scripts. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/tree/inside.h"

int status_text(struct buf *ret, const char *name, struct span value)
{
	int r = buf_appendf(ret, "\"%s\": ", name);

	return r < 0 ? r : buf_append_json(ret, value);
}

int status_time(struct buf *ret, const char *name, struct instant t)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return buf_appendf(ret, "\"%s\": null", name);
	instant_format(t, text);
	return status_text(ret, name, (struct span){ text, INSTANT_TEXT });
}

int status_fault(struct buf *ret, const char *name, const struct fault *f)
{
	int r;

	if (!f->error)
		return buf_appendf(ret, "\"%s\": null", name);
	r = buf_appendf(ret, "\"%s\": { \"errno\": %d, ", name,
		f->error < 0 ? -f->error : f->error);
	if (r == 0)
		r = status_text(ret, "name", span_of(error_name(f->error)));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "text", span_of(f->text));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "cure", span_of(f->cure));
	if (r == 0 && f->request[0])
		r = buf_append_text(ret, ", ");
	if (r == 0 && f->request[0])
		r = status_text(ret, "request", span_of(f->request));
	return r < 0 ? r : buf_append_text(ret, " }");
}

static const char *state_name(enum month_state state)
{
	switch (state) {
	case MONTH_KNOWN:
		return "known";
	case MONTH_LOADING:
		return "loading";
	case MONTH_READY:
		return "ready";
	case MONTH_FAILED:
		return "failed";
	}
	return "";
}

static int append_month(
	struct tree *t, const struct month_status *s, struct month *m, struct buf *ret)
{
	char month[MONTH_TEXT];
	int r = buf_append_text(ret, "    { ");

	month_format(s->month, month);
	if (r == 0)
		r = status_text(ret, "month", (struct span){ month, MONTH_TEXT });
	if (r == 0)
		r = buf_appendf(ret, ", \"state\": \"%s\", \"stale\": %s, ",
			state_name(s->state), s->stale ? "true" : "false");
	if (r == 0)
		r = status_time(ret, "as_of", s->as_of);
	if (r == 0)
		r = buf_appendf(ret,
			", \"verified\": %s, \"lines\": %llu, \"bytes_done\": %llu, "
			"\"bytes_total\": %llu, \"rows_done\": %llu, "
			"\"working_seconds\": %.1f, \"seconds_left\": %.1f, ",
			!s->is_looked	      ? "null"
				: s->verified ? "true"
					      : "false",
			(unsigned long long)s->lines, (unsigned long long)s->bytes_done,
			(unsigned long long)s->bytes_total,
			(unsigned long long)s->rows_done, (double)s->working_ms / 1e3,
			month_seconds_left(s));
	if (r == 0 && m)
		r = buf_appendf(ret, "\"finality\": \"%s\", \"rounded\": %llu, ",
			month_finality(t, m),
			(unsigned long long)month_facts(m)->rounded);
	if (r == 0)
		r = status_fault(ret, "error", &s->fault);
	return r < 0 ? r : buf_append_text(ret, " }");
}

static int append_traffic(const struct library_activity *now, struct buf *ret)
{
	const struct object_traffic *t = &now->traffic;

	if (!now->has_traffic)
		return buf_append_text(ret, "\"requests\": null");
	return buf_appendf(ret,
		"\"requests\": { \"list\": %llu, \"head\": %llu, \"get\": %llu, "
		"\"bytes\": %llu, \"retries\": %llu, \"connections\": %llu }",
		(unsigned long long)t->list, (unsigned long long)t->head,
		(unsigned long long)t->get, (unsigned long long)t->bytes,
		(unsigned long long)t->retries, (unsigned long long)t->connections);
}

/* Who waits for one opens paths next. */
static uint64_t known_refreshes(struct tree *t, uint64_t ended)
{
	struct serving serving = { .waiting = 0 };

	if (!t->service.measure)
		return ended;
	t->service.measure(t->service.context, &serving);
	return serving.refreshes < ended ? serving.refreshes : ended;
}

static int append_activity(struct tree *t, struct buf *ret)
{
	struct library_activity now;
	int r;

	library_activity(t->o.library, &now);
	now.refreshes = known_refreshes(t, now.refreshes);
	r = buf_appendf(ret,
		"  \"refreshes\": %llu,\n  \"next_refresh\": %llu,\n  \"loading\": %u,\n "
		" ",
		(unsigned long long)now.refreshes, (unsigned long long)now.next_refresh,
		now.loading);
	if (r == 0)
		r = status_time(ret, "last_refresh", now.last_refresh);
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_time(ret, "looked", now.looked);
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_fault(ret, "refresh_error", &now.refresh_fault);
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = append_traffic(&now, ret);
	return r < 0 ? r : buf_append_text(ret, ",\n  ");
}

/* null: nothing is signed. */
static int append_signer(struct tree *t, struct buf *ret)
{
	struct tree_signer s;
	int r;

	if (!t->o.signer)
		return buf_append_text(ret, "  \"signer\": null,\n");
	t->o.signer(t->o.signer_context, &s);
	r = buf_append_text(ret, "  \"signer\": { ");
	if (r == 0)
		r = status_text(ret, "source", span_of(s.source));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "account_id", span_of(s.account_id));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_time(ret, "expires", s.expires);
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_fault(ret, "error", &s.failure);
	return r < 0 ? r : buf_append_text(ret, " },\n");
}

static int append_head(struct tree *t, const struct known *k, struct buf *ret)
{
	const struct export_ref *e = library_export(t->o.library);
	size_t connected, all;
	int r = buf_appendf(ret, "{\n  \"version\": \"%s\",\n  \"pid\": %ld,\n  ",
		COSTFS_VERSION, (long)getpid());

	if (r == 0)
		r = status_text(ret, "source", span_of(t->o.source));
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0 && t->o.sandbox)
		r = status_text(ret, "sandbox", span_of(t->o.sandbox));
	if (r == 0 && t->o.sandbox)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_text(ret, "export", span_of(e->name));
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_text(ret, "layout", span_of(layout_text(e->layout)));
	if (r == 0)
		r = buf_append_text(ret, ",\n");
	if (r == 0)
		r = append_activity(t, ret);
	if (r == 0)
		r = status_time(ret, "as_of", k->as_of);
	accounts_count(t->accounts, &connected, &all);
	return r < 0
		? r
		: buf_appendf(ret,
			  ",\n  \"accounts\": { \"connected\": %zu, \"all\": %zu },\n",
			  connected, all);
}

struct figures {
	struct buf *ret;
	const char *family; /* of the figure before */
	bool is_labelled;
};

/* "cache_bytes": 1, "fuse_requests_total": { "lookup": 2, "open": 3 } */
static int append_figure(void *context, const struct figure *f)
{
	struct figures *to = context;
	bool is_next = to->family && strcmp(to->family, f->family) == 0;
	int r = 0;

	if (is_next)
		r = buf_append_text(to->ret, ", ");
	else if (to->family)
		r = buf_append_text(to->ret, to->is_labelled ? " },\n" : ",\n");
	if (r == 0 && !is_next)
		r = buf_appendf(
			to->ret, "    \"%s\": %s", f->family, f->label ? "{ " : "");
	if (r == 0 && f->label)
		r = buf_appendf(to->ret, "\"%s\": ", f->label_value);
	to->family = f->family;
	to->is_labelled = f->label != NULL;
	return r < 0 ? r : figure_append_value(f, to->ret);
}

static int append_figures(struct tree *t, struct buf *ret)
{
	struct figures to = { .ret = ret };
	int r = buf_append_text(ret, "  \"figures\": {\n");

	if (r == 0)
		r = figures_each(t, append_figure, &to);
	if (r == 0 && to.is_labelled)
		r = buf_append_text(ret, " }");
	return r < 0 ? r : buf_append_text(ret, "\n  },\n");
}

int render_status_json(struct tree *t, const struct known *k, struct buf *ret)
{
	int r = append_head(t, k, ret);

	if (r == 0)
		r = append_signer(t, ret);
	if (r == 0)
		r = buf_append_text(ret, "  \"months\": [");
	for (size_t i = 0; i < k->count && r == 0; i++) {
		r = buf_append_text(ret, i ? ",\n" : "\n");
		if (r == 0)
			r = append_month(t, &k->status[i], k->month[i], ret);
	}
	if (r == 0)
		r = buf_append_text(ret, "\n  ],\n");
	if (r == 0)
		r = append_figures(t, ret);
	if (r == 0)
		r = render_live_json(t, ret);
	return r < 0 ? r : buf_append_text(ret, "\n}\n");
}

int render_account(struct tree *t, uint32_t slot, struct buf *ret)
{
	struct account x = accounts_at(t->accounts, slot);
	int r = buf_append_text(ret, "{\n  ");

	if (r == 0)
		r = status_text(ret, "account_id", x.id);
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_text(ret, "name", x.name);
	if (r == 0)
		r = buf_append_text(ret, ",\n  ");
	if (r == 0)
		r = status_text(ret, "directory", x.dir);
	return r < 0 ? r : buf_append_text(ret, "\n}\n");
}
