/* What was asked about resources, and how it went: for people, and for programs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/resource/metrics.h"
#include "fs/tree/inside.h"

enum {
	FAILURES_SHOWN = 10, /* in the STATUS.txt of the root, so that it stays short */
	ROWS_SHOWN = 20000, /* in status.json: some 8 MB */
};

static const char *type_of(const struct live_status *s)
{
	if (s->kind == LIVE_REGIONS)
		return "regions";
	return s->kind == LIVE_METRICS ? "metrics" : resource_kind_at(s->kind)->type;
}

static const char *service_of(const struct live_status *s)
{
	return s->kind == LIVE_REGIONS || s->kind == LIVE_METRICS
		? "ec2"
		: resource_kind_at(s->kind)->service;
}

static const char *region_of(const struct live_status *s)
{
	return s->region[0] ? s->region : s->kind == LIVE_REGIONS ? "-" : LIVE_GLOBAL;
}

static int append_time(struct buf *ret, struct instant t, const char *none)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return buf_append_text(ret, none);
	instant_format(t, text);
	return buf_append(ret, text, INSTANT_TEXT);
}

static int append_failure(
	const struct live_status *s, const char *indent, struct buf *ret)
{
	int r = buf_append_text(ret, indent);

	if (r == 0 && s->failure.seconds != INSTANT_NONE)
		r = append_time(ret, s->failure, "");
	if (r == 0)
		r = buf_appendf(
			ret, "  %s: %s\n", error_name(s->fault.error), s->fault.text);
	if (r == 0 && s->fault.cure[0])
		r = buf_appendf(ret, "%s%s\n", indent, s->fault.cure);
	return r;
}

static int append_row(const struct live_status *s, struct buf *ret)
{
	int r = buf_appendf(
		ret, "%-8s %-15s %-25s ", service_of(s), region_of(s), type_of(s));

	if (r == 0 && s->success.seconds == INSTANT_NONE)
		r = buf_append_text(ret, "       -  ");
	else if (r == 0)
		r = buf_appendf(ret, "%8llu  ", (unsigned long long)s->items);
	if (r == 0)
		r = append_time(ret, s->success, "never");
	if (r == 0 && s->is_loading)
		r = buf_append_text(ret, "  asking now");
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r == 0 && s->fault.error)
		r = append_failure(s, "         ", ret);
	return r;
}

static int append_rows(struct tree *t, const char *account, struct buf *ret)
{
	struct live_status *states;
	ssize_t n = live_states(t->o.discovery->live, account, &states);
	int r;

	if (n < 0)
		return (int)n;
	if (n == 0)
		r = buf_append_text(ret,
			"\nNothing was asked yet. The first look at a directory asks, as "
			"in\n  ls ec2\n  ls s3/global/buckets\n");
	else
		r = buf_append_text(ret,
			"\nSERVICE  REGION          TYPE                         ITEMS  "
			"LAST SUCCESS\n");
	for (ssize_t i = 0; i < n && r == 0; i++)
		r = append_row(&states[i], ret);
	free(states);
	return r;
}

/* What metrics have cost, at most: AWS gives a million of these calls a month. */
static int append_price(
	const struct tree_discovery *d, const char *account, struct buf *ret)
{
	uint64_t calls = live_metrics_calls(d->live, account);
	uint64_t price = calls * METRICS_CENTS_OF_1000;

	if (!d->has_metrics)
		return 0;
	return buf_appendf(ret,
		"metrics   %llu calls of CloudWatch since the mount began, which cost "
		"%llu.%05llu USD at most\n"
		"          (%u.%02u USD for 1,000 beyond the first million of a month)\n",
		(unsigned long long)calls, (unsigned long long)(price / 100000),
		(unsigned long long)(price % 100000), METRICS_CENTS_OF_1000 / 100,
		METRICS_CENTS_OF_1000 % 100);
}

int render_live_status(struct tree *t, uint32_t slot, struct buf *ret)
{
	const struct tree_discovery *d = t->o.discovery;
	struct account x = accounts_at(t->accounts, slot);
	char account[LIVE_ACCOUNT_TEXT];
	int r = live_account(t, slot, account);

	if (r == 0)
		r = buf_appendf(ret, "resources of account %.*s", SPAN_ARG(x.id));
	if (r == 0 && x.name.len)
		r = buf_appendf(ret, ", %.*s", SPAN_ARG(x.name));
	if (r == 0)
		r = buf_append_text(ret, "\n\n");
	if (r == 0)
		r = d->describe(d->context, account, ret);
	if (r == 0)
		r = append_price(d, account, ret);
	return r < 0 ? r : append_rows(t, account, ret);
}

/* 0: there are none. */
static int append_counts(const struct live_status *states, ssize_t count, struct buf *ret)
{
	uint64_t items = 0;
	size_t accounts = 0, failed = 0;

	for (ssize_t i = 0; i < count; i++) {
		accounts +=
			i == 0 || strcmp(states[i].account, states[i - 1].account) != 0;
		failed += states[i].fault.error != 0;
		if (states[i].kind != LIVE_REGIONS && states[i].kind != LIVE_METRICS)
			items += states[i].items;
	}
	return buf_appendf(ret,
		"\nRESOURCES\n%llu known, of %zu accounts; %zu of %zd lists failed "
		"(accounts/*/resources/STATUS.txt)\n",
		(unsigned long long)items, accounts, failed, count);
}

int render_live_summary(struct tree *t, struct buf *ret)
{
	struct live_status *states;
	size_t shown = 0;
	ssize_t n;
	int r = 0;

	if (!t->o.discovery)
		return 0;
	n = live_states(t->o.discovery->live, NULL, &states);
	if (n < 0)
		return (int)n;
	if (n > 0)
		r = append_counts(states, n, ret);
	for (ssize_t i = 0; i < n && r == 0; i++) {
		const struct live_status *s = &states[i];

		if (!s->fault.error || shown++ >= FAILURES_SHOWN)
			continue;
		r = buf_appendf(ret, "%s %s %s %s\n", s->account, service_of(s),
			region_of(s), type_of(s));
		if (r == 0)
			r = append_failure(s, "         ", ret);
	}
	if (r == 0 && shown > FAILURES_SHOWN)
		r = buf_appendf(ret, "and %zu more\n", shown - FAILURES_SHOWN);
	free(states);
	return r;
}

static int append_json(const struct live_status *s, struct buf *ret)
{
	int r = buf_append_text(ret, "    { ");

	if (r == 0)
		r = status_text(ret, "account_id", span_of(s->account));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "service", span_of(service_of(s)));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "region", span_of(s->region));
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_text(ret, "type", span_of(type_of(s)));
	if (r == 0)
		r = buf_appendf(ret, ", \"loading\": %s, \"items\": %llu, ",
			s->is_loading ? "true" : "false", (unsigned long long)s->items);
	if (r == 0)
		r = status_time(ret, "last_success", s->success);
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_time(ret, "last_failure", s->failure);
	if (r == 0)
		r = buf_append_text(ret, ", ");
	if (r == 0)
		r = status_fault(ret, "last_error", &s->fault);
	return r < 0 ? r : buf_append_text(ret, " }");
}

/* Of all accounts that were asked. */
static uint64_t count_calls(
	const struct tree_discovery *d, const struct live_status *states, ssize_t count)
{
	uint64_t calls = 0;

	for (ssize_t i = 0; i < count; i++)
		if (i == 0 || strcmp(states[i].account, states[i - 1].account) != 0)
			calls += live_metrics_calls(d->live, states[i].account);
	return calls;
}

int render_live_json(struct tree *t, struct buf *ret)
{
	struct live_status *states;
	ssize_t n;
	int r;

	if (!t->o.discovery)
		return buf_append_text(ret, "  \"resources\": null");
	n = live_states(t->o.discovery->live, NULL, &states);
	if (n < 0)
		return (int)n;
	r = buf_appendf(ret, "  \"metrics_calls\": %llu,\n",
		(unsigned long long)count_calls(t->o.discovery, states, n));
	if (r == 0)
		r = buf_appendf(
			ret, "  \"resources_listed\": %zd,\n  \"resources\": [", n);
	for (ssize_t i = 0; i < n && i < ROWS_SHOWN && r == 0; i++) {
		r = buf_append_text(ret, i ? ",\n" : "\n");
		if (r == 0)
			r = append_json(&states[i], ret);
	}
	free(states);
	return r < 0 ? r : buf_append_text(ret, n > 0 ? "\n  ]" : "]");
}
