/* STATUS.txt and errors.log: what a person wants to know first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/inside.h"

enum { BAR_WIDTH = 40, STEADY_MS = 500 /* before that, speed says little */ };
enum { SCREEN_LINES = 24, MONTHS_SHOWN_MIN = 6 };

const char *error_name(int error)
{
	const char *name = strerrorname_np(error < 0 ? -error : error);

	return name ? name : "EUNKNOWN";
}

const char *layout_text(enum export_layout layout)
{
	switch (layout) {
	case EXPORT_LEGACY:
		return "legacy CUR";
	case EXPORT_LEGACY_ATHENA:
		return "legacy CUR for Athena";
	case EXPORT_DATA:
		return "Data Exports";
	case EXPORT_MONTH:
		return "one month's folder";
	case EXPORT_TABLE:
		return "Data Exports, without costs";
	}
	return "";
}

static int append_time(struct buf *ret, struct instant t, const char *none)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return buf_append_text(ret, none);
	instant_format(t, text);
	return buf_append(ret, text, INSTANT_TEXT);
}

static int append_error(struct buf *ret, const struct fault *f, const char *indent)
{
	int r = buf_appendf(ret, "%s: %s\n", error_name(f->error), f->text);

	if (r == 0 && f->cure[0])
		r = buf_appendf(ret, "%s%s\n", indent, f->cure);
	return r;
}

static int append_traffic(const struct library_activity *now, struct buf *ret)
{
	const struct object_traffic *t = &now->traffic;

	if (!now->has_traffic)
		return 0;
	return buf_appendf(ret,
		"requests  %llu lists, %llu heads, %llu gets of %.1f MB; %llu retries, "
		"%llu connections\n",
		(unsigned long long)t->list, (unsigned long long)t->head,
		(unsigned long long)t->get, (double)t->bytes / 1e6,
		(unsigned long long)t->retries, (unsigned long long)t->connections);
}

/* What is shown is as old as the last look that was answered. */
static int append_away(const struct library_activity *now, struct buf *ret)
{
	int r = buf_append_text(ret, "          stale since then: the last time");

	if (r == 0 && now->last_refresh.seconds != INSTANT_NONE)
		r = buf_append_text(ret, ", ");
	if (r == 0 && now->last_refresh.seconds != INSTANT_NONE)
		r = append_time(ret, now->last_refresh, "");
	if (r == 0 && now->last_refresh.seconds != INSTANT_NONE)
		r = buf_append_byte(ret, ',');
	if (r == 0)
		r = buf_append_text(ret, " failed:\n          ");
	return r < 0 ? r : append_error(ret, &now->refresh_fault, "          ");
}

static int append_refresh(struct tree *t, struct buf *ret)
{
	struct library_activity now;
	int r;

	library_activity(t->o.library, &now);
	r = buf_append_text(ret, "looked    ");
	if (r == 0)
		r = append_time(ret, now.looked, "never yet");
	if (r == 0 && now.refreshes)
		r = buf_appendf(ret, " (%llu times)", (unsigned long long)now.refreshes);
	if (r == 0 && now.is_refreshing)
		r = buf_append_text(ret, ", looking again now");
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0 && now.refresh_fault.error)
		r = append_away(&now, ret);
	return r < 0 ? r : append_traffic(&now, ret);
}

static int append_cached(struct tree *t, const struct known *k, struct buf *ret)
{
	size_t ready = 0, working = 0;
	struct store_usage u;
	int r;

	for (size_t i = 0; i < k->count; i++) {
		working += k->status[i].is_working;
		ready += k->month[i] != NULL;
	}
	r = buf_appendf(ret, "cached    %zu of %zu months", ready, k->count);
	if (r == 0 && working)
		r = buf_appendf(ret, ", %zu being read", working);
	if (r == 0 && library_usage(t->o.library, &u) == 0)
		r = buf_appendf(ret, "; %.1f MB of %.1f MB at most",
			(double)u.bytes / 1e6, (double)u.limit_bytes / 1e6);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

static int append_signer(struct tree *t, struct buf *ret)
{
	struct tree_signer s;
	int r;

	if (!t->o.signer)
		return 0;
	t->o.signer(t->o.signer_context, &s);
	r = buf_appendf(ret, "signed in %s%s%s", s.source[0] ? s.source : "not yet",
		s.account_id[0] ? ", account " : "", s.account_id);
	if (r == 0 && s.source[0] && s.expires.seconds != INSTANT_NONE)
		r = buf_append_text(ret, ", until ");
	if (r == 0 && s.source[0])
		r = append_time(ret, s.expires, "");
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0 && s.failure.error)
		r = buf_append_text(ret, "          ");
	if (r == 0 && s.failure.error)
		r = append_error(ret, &s.failure, "          ");
	return r;
}

static int append_accounts(struct tree *t, const struct known *k, struct buf *ret)
{
	size_t connected, all;

	if (!known_newest(k))
		return buf_append_text(
			ret, "accounts  known once the first month is read\n");
	accounts_count(t->accounts, &connected, &all);
	return buf_appendf(
		ret, "accounts  %zu shown of %zu in the months read\n", connected, all);
}

static int append_head(struct tree *t, const struct known *k, struct buf *ret)
{
	const struct export_ref *e = library_export(t->o.library);
	int r = buf_appendf(ret,
		"costfs %s\n\nsource    %s\nexport    %s (%s)\nas of     ",
		COSTFS_VERSION, t->o.source ? t->o.source : "",
		e->name && e->name[0] ? e->name : "without a name",
		layout_text(e->layout));

	if (r == 0)
		r = append_time(ret, k->as_of, "unknown");
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0)
		r = append_refresh(t, ret);
	if (r == 0 && t->o.sandbox)
		r = buf_appendf(ret, "sandbox   %s\n", t->o.sandbox);
	if (r == 0)
		r = append_signer(t, ret);
	if (r == 0)
		r = append_cached(t, k, ret);
	return r < 0 ? r : append_accounts(t, k, ret);
}

double month_mb_per_second(const struct month_status *s)
{
	return s->working_ms ? (double)s->bytes_done / 1e3 / (double)s->working_ms : 0;
}

double month_seconds_left(const struct month_status *s)
{
	uint64_t left =
		s->bytes_total > s->bytes_done ? s->bytes_total - s->bytes_done : 0;

	return s->bytes_done
		? (double)s->working_ms / 1e3 * (double)left / (double)s->bytes_done
		: 0;
}

/* On a line of its own, so that none is too wide for a terminal. */
static int append_bar(const struct month_status *s, struct buf *ret)
{
	char bar[BAR_WIDTH + 1];
	uint64_t full = s->bytes_done >= s->bytes_total
		? BAR_WIDTH
		: s->bytes_done * BAR_WIDTH / s->bytes_total;

	for (unsigned i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	int r = buf_appendf(ret, "\n         [%s]", bar);
	if (r < 0 || s->working_ms < STEADY_MS || s->bytes_done == 0)
		return r;
	return buf_appendf(ret, "  %.1f MB/s, %.0f s left", month_mb_per_second(s),
		month_seconds_left(s));
}

static int append_loading(const struct month_status *s, struct buf *ret)
{
	if (!s->bytes_total)
		return buf_append_text(ret, "  starting");
	int r = buf_appendf(ret, "  %3.0f %% of %.1f MB, %llu lines",
		100.0 * (double)s->bytes_done / (double)s->bytes_total,
		(double)s->bytes_total / 1e6, (unsigned long long)s->rows_done);
	return r < 0 ? r : append_bar(s, ret);
}

static int append_read(
	struct tree *t, const struct month_status *s, struct month *m, struct buf *ret)
{
	return buf_appendf(ret, "  %-9s %12llu%s", month_finality(t, m),
		(unsigned long long)s->lines, s->verified ? "" : "  unverified");
}

static int append_month(
	struct tree *t, const struct month_status *s, struct month *m, struct buf *ret)
{
	char month[MONTH_TEXT];
	int r;

	month_format(s->month, month);
	r = buf_appendf(ret, "%.*s  %-8s ", MONTH_TEXT, month, month_state_word(s));
	if (r == 0)
		r = append_time(ret, s->as_of, "-                   ");
	if (r == 0 && m)
		r = append_read(t, s, m, ret);
	else if (r == 0 && s->state == MONTH_LOADING)
		r = append_loading(s, ret);
	else if (r == 0 && s->state == MONTH_FAILED)
		r = buf_appendf(ret, "  %s", error_name(s->fault.error));
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

/* So many that the page stays one screen, with a heading, and a line for the others. */
static size_t months_shown(const struct buf *page)
{
	size_t lines = 3;

	for (size_t i = 0; i < page->len; i++)
		lines += page->p[i] == '\n';
	return lines + MONTHS_SHOWN_MIN > SCREEN_LINES ? MONTHS_SHOWN_MIN
						       : SCREEN_LINES - lines;
}

static int append_months(struct tree *t, const struct known *k, struct buf *ret)
{
	const size_t shown = months_shown(ret);
	size_t older = 0;
	int r = buf_append_text(ret,
		"\nMONTH    STATE    AS OF                 FINALITY         LINES\n");

	for (size_t i = k->count; i > 0 && r == 0; i--) {
		const struct month_status *s = &k->status[i - 1];

		/* Of the older ones only those that something is the matter with. */
		if (k->count - i >= shown && s->state == MONTH_KNOWN)
			older++;
		else
			r = append_month(t, s, k->month[i - 1], ret);
	}
	if (r == 0 && older)
		r = buf_appendf(ret, "and %zu older, unread\n", older);
	return r;
}

static int append_notes(const struct known *k, struct buf *ret)
{
	uint64_t rounded = 0;
	bool has_unverified = false;
	int r = 0;

	for (size_t i = 0; i < k->count; i++) {
		if (!k->month[i])
			continue;
		rounded += month_facts(k->month[i])->rounded;
		has_unverified |= !month_facts(k->month[i])->verified;
	}
	if (has_unverified)
		r = buf_append_text(ret,
			"\nunverified: there is no manifest, so the files "
			"of the month were found by listing\n");
	if (r == 0 && rounded)
		r = buf_appendf(ret,
			"\nrounded: %llu values with more than 18 decimals\n",
			(unsigned long long)rounded);
	return r;
}

/* What failed of the tables, one after another. */
typedef int failure_fn(struct buf *ret, const char *what, const struct fault *f);

static int for_failures(const struct tree *t, failure_fn *fn, struct buf *ret)
{
	struct table_failure *found = NULL;
	ssize_t n = t->o.tables ? tables_failures(t->o.tables, &found) : 0;
	int r = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && r == 0; i++) {
		struct buf what = BUF_INIT(TREE_PATH_MAX);

		r = buf_appendf(&what, "%s/%s%s%s", place_fixed_name(PLACE_TABLES),
			found[i].table, found[i].file ? "/" : "",
			found[i].file ? found[i].file : "");
		if (r == 0)
			r = buf_text(&what) ? fn(ret, buf_text(&what), &found[i].fault)
					    : -ENOMEM;
		buf_finish(&what);
	}
	free(found);
	return r;
}

static int append_failure(struct buf *ret, const char *what, const struct fault *f)
{
	int r = buf_appendf(ret, "%s  ", what);

	return r < 0 ? r : append_error(ret, f, "         ");
}

static int append_errors(const struct tree *t, const struct known *k, struct buf *ret)
{
	const size_t start = ret->len;
	const char *title = "\nERRORS\n";
	int r = buf_append_text(ret, title);

	for (size_t i = k->count; i > 0 && r == 0; i--) {
		const struct month_status *s = &k->status[i - 1];
		char month[MONTH_TEXT + 1] = "";

		month_format(s->month, month);
		if (s->fault.error)
			r = append_failure(ret, month, &s->fault);
	}
	if (r == 0)
		r = for_failures(t, append_failure, ret);
	if (r == 0 && ret->len == start + strlen(title))
		buf_truncate(ret, start);
	return r;
}

int render_status(struct tree *t, const struct known *k, struct buf *ret)
{
	int r = append_head(t, k, ret);

	if (r == 0)
		r = append_months(t, k, ret);
	if (r == 0)
		r = append_notes(k, ret);
	if (r == 0)
		r = render_live_summary(t, ret);
	return r < 0 ? r : append_errors(t, k, ret);
}

static int append_line(struct buf *ret, const char *what, const struct fault *f)
{
	int r = buf_appendf(ret, "%s %s %s", what, error_name(f->error), f->text);

	if (r == 0 && f->cure[0])
		r = buf_appendf(ret, " | %s", f->cure);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

int render_errors(const struct tree *t, const struct known *k, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < k->count && r == 0; i++) {
		const struct fault *f = &k->status[i].fault;
		char month[MONTH_TEXT + 1] = "";

		month_format(k->status[i].month, month);
		if (f->error)
			r = append_line(ret, month, f);
	}
	return r < 0 ? r : for_failures(t, append_line, ret);
}
