/* Renders what a report needs of two months, and has the page made of it. */
#include "fs/view/report.h"

#include <errno.h>

#include "fs/view/formed.h"
#include "fs/view/kit.h"
#include "fs/view/rendered.h"

enum {
	REPORT_WORDS_MAX = 64 * 1024,
	REPORT_FILE =
		VIEW_FILE_COUNT + 1, /* in keys; details of resources are before it */
};

static const struct {
	enum view_file file;
	bool is_before; /* of the month before */
} parts[REPORT_PART_COUNT] = {
	[REPORT_TOTAL] = { VIEW_TOTAL, false },
	[REPORT_BY_SERVICE] = { VIEW_BY_SERVICE, false },
	[REPORT_BY_ACCOUNT] = { VIEW_BY_ACCOUNT, false },
	[REPORT_BY_RESOURCE] = { VIEW_BY_RESOURCE, false },
	[REPORT_DAILY] = { VIEW_DAILY, false },
	[REPORT_DAILY_BY_SERVICE] = { VIEW_DAILY_BY_SERVICE, false },
	[REPORT_TAG_COVERAGE] = { VIEW_TAG_COVERAGE, false },
	[REPORT_CREDITS] = { VIEW_CREDITS, false },
	[REPORT_REFUNDS] = { VIEW_REFUNDS, false },
	[REPORT_TAX] = { VIEW_TAX, false },
	[REPORT_FEES] = { VIEW_FEES, false },
	[REPORT_MARKETPLACE] = { VIEW_MARKETPLACE, false },
	[REPORT_TOTAL_BEFORE] = { VIEW_TOTAL, true },
	[REPORT_BY_SERVICE_BEFORE] = { VIEW_BY_SERVICE, true },
	[REPORT_BY_ACCOUNT_BEFORE] = { VIEW_BY_ACCOUNT, true },
	[REPORT_DAILY_BEFORE] = { VIEW_DAILY, true },
};

static struct scope scope_of(const struct view_report *report, bool is_before)
{
	return (struct scope){ is_before ? report->before : report->month,
		report->selection, VIEW_ALL, VIEW_ALL, VIEW_ALL };
}

static int too_large(struct fault *why)
{
	int r = fault(why, -EMSGSIZE,
		"the month is too large for a report: over %d MiB of CSV in a part of it",
		FORMED_CSV_MAX >> 20);

	fault_cure(why, "read the files of the month, which have no limit");
	return r;
}

static int render_part(struct view_cache *c, const struct view_report *report, int part,
	struct buf *ret, struct fault *why)
{
	const struct scope s = scope_of(report, parts[part].is_before);
	const struct view_key key = view_key_of(&s, parts[part].file, 0);
	const struct kit_wanted wanted = { .key = &key,
		.stop = view_cache_stop_flag(c),
		/* One more tells that there are more. */
		.resources_max = REPORT_RESOURCES + 1 };
	int r = kit_render(&s, &wanted, ret, why);

	return r == -EFBIG ? too_large(why) : r;
}

/* "Costs of November 2026" */
static int append_title(struct month_no month, struct buf *ret)
{
	static const char *const names[] = { "January", "February", "March", "April",
		"May", "June", "July", "August", "September", "October", "November",
		"December" };

	return buf_appendf(ret, "Costs of %s %d", names[month.number % 12],
		(int)(month.number / 12));
}

static int append_page(struct view_cache *c, const struct view_report *report,
	const struct report_input *in, struct buf *ret, struct fault *why)
{
	struct buf title = BUF_INIT(REPORT_WORDS_MAX),
		   subtitle = BUF_INIT(REPORT_WORDS_MAX);
	const struct scope s = scope_of(report, false);
	int r = append_title(in->month, &title);

	if (r == 0)
		r = formed_subtitle(&s, &subtitle);
	if (r == 0) {
		const struct form_about about = { .title = buf_span(&title),
			.subtitle = buf_span(&subtitle),
			.stop = view_cache_stop_flag(c) };

		r = report_render(report->form, in, &about, ret, why);
	}
	buf_finish(&title);
	buf_finish(&subtitle);
	if (r == -EFBIG)
		return too_large(why);
	return r == -ENOTSUP ? -ENOENT : r;
}

/* Both months, since nothing else makes a page another one. */
static struct view_key key_of(const struct view_report *report)
{
	const struct scope s = scope_of(report, false);
	struct view_key key = view_key_of(&s, REPORT_FILE, 0);
	uint64_t before = report->before ? month_facts(report->before)->content : 0;

	key.service = report->has_before;
	key.resource = (uint32_t)(before >> 32);
	key.key = (uint32_t)before;
	key.form = report->form;
	return key;
}

static int render(struct view_cache *c, const struct view_report *report, struct buf *ret,
	struct fault *why)
{
	struct report_input in = { .month = month_facts(report->month)->month,
		.before = report->before     ? REPORT_BEFORE_READ
			: report->has_before ? REPORT_BEFORE_UNREAD
					     : REPORT_BEFORE_NONE };
	struct buf csv[REPORT_PART_COUNT];
	int r = 0;

	for (int i = 0; i < REPORT_PART_COUNT; i++)
		csv[i] = BUF_INIT(FORMED_CSV_MAX);
	for (int i = 0; i < REPORT_PART_COUNT && r == 0; i++) {
		if (report->before || !parts[i].is_before)
			r = render_part(c, report, i, &csv[i], why);
		in.csv[i] = buf_span(&csv[i]);
	}
	if (r == 0)
		r = append_page(c, report, &in, ret, why);
	for (int i = 0; i < REPORT_PART_COUNT; i++)
		buf_finish(&csv[i]);
	return r;
}

int view_report(struct view_cache *c, const struct view_report *report, bool patient,
	struct buf *ret, struct fault *why)
{
	const struct view_key key = key_of(report);
	struct held *page = view_cache_get(c, &key);
	struct buf text = BUF_INIT(FORMED_BYTES_MAX);
	int r = page ? 0 : patient ? render(c, report, &text, why) : -EAGAIN;

	if (r == 0 && !page) {
		page = rendered_new(&text);
		r = page ? 0 : -ENOMEM;
		if (page)
			view_cache_put(c, &key, page);
	}
	if (r == 0)
		r = buf_append_span(ret, rendered_text(page));
	held_unref(page);
	buf_finish(&text);
	return r;
}
