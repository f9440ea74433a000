/* Charts, read back with an XML parser: amounts are added up out of what is drawn. */
#include "fs/form/form.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

#define COSTS "unblended_cost,amortized_cost,currency,lines"
#define HEADER "service," COSTS ",name\n"

/* What a reader of the picture has. */
struct drawing {
	struct {
		char class[8];
		int64_t x, y, width, height; /* tenths */
	} rects[1000];
	size_t rect_count;
	struct {
		char class[8];
		struct point {
			int64_t x, y; /* tenths */
		} points[64];
		size_t count;
	} paths[40]; /* one point: a circle */
	size_t path_count;
	size_t others; /* elements that we never write */
	bool in_title, in_text;
	struct buf titles, texts; /* a line each */
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(*attributes, name) == 0)
			return attributes[1];
	return "0";
}

static int64_t tenths(const char *text)
{
	struct money m = { 0 };

	/* The ground is "100%" of the picture. */
	if (money_parse(span_of(text), &m, NULL) < 0)
		return 0;
	return (int64_t)(m.units / (money_int)100000000000000000);
}

/* Behind a letter or a blank; *p goes on to the next. */
static int64_t take_tenths(const char **p)
{
	size_t len = strspn(*p + 1, "0123456789.");
	char number[32] = "";

	assert_true(len > 0 && len < sizeof(number));
	memcpy(number, *p + 1, len);
	*p += 1 + len;
	return tenths(number);
}

/* "M1.2 3.4L5.6 7.8", and "Z" behind an area. */
static void add_path(struct drawing *d, const char *class, const char *text)
{
	assert_true(d->path_count < ARRAY_LEN(d->paths));
	snprintf(d->paths[d->path_count].class, 8, "%s", class);
	for (const char *p = text; *p && *p != 'Z';) {
		size_t number = d->paths[d->path_count].count++;
		struct point *at = &d->paths[d->path_count].points[number];

		assert_true(*p == (number ? 'L' : 'M') && number < 64);
		at->x = take_tenths(&p);
		at->y = take_tenths(&p);
	}
	d->path_count++;
}

static void add_circle(struct drawing *d, const XML_Char **attributes)
{
	char text[64];

	snprintf(text, sizeof(text), "M%s %s", attribute(attributes, "cx"),
		attribute(attributes, "cy"));
	add_path(d, attribute(attributes, "class"), text);
}

static void XMLCALL on_start(
	void *user, const XML_Char *name, const XML_Char **attributes)
{
	static const char *const known[] = { "svg", "desc", "style", "g", "line", "tspan",
		"text", "title", "rect", "path", "circle" };
	struct drawing *d = user;
	size_t i = 0;

	while (i < ARRAY_LEN(known) && strcmp(known[i], name) != 0)
		i++;
	d->others += i == ARRAY_LEN(known);
	d->in_title = strcmp(name, "title") == 0;
	d->in_text |= strcmp(name, "text") == 0;
	if (strcmp(name, "path") == 0)
		add_path(d, attribute(attributes, "class"), attribute(attributes, "d"));
	if (strcmp(name, "circle") == 0)
		add_circle(d, attributes);
	if (strcmp(name, "rect") != 0 || strcmp(attribute(attributes, "rx"), "2") == 0)
		return;
	assert_true(d->rect_count < ARRAY_LEN(d->rects));
	snprintf(d->rects[d->rect_count].class, 8, "%s", attribute(attributes, "class"));
	d->rects[d->rect_count].x = tenths(attribute(attributes, "x"));
	d->rects[d->rect_count].y = tenths(attribute(attributes, "y"));
	d->rects[d->rect_count].width = tenths(attribute(attributes, "width"));
	d->rects[d->rect_count++].height = tenths(attribute(attributes, "height"));
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct drawing *d = user;

	if (d->in_title)
		assert_int_equal(buf_append_byte(&d->titles, '\n'), 0);
	if (strcmp(name, "text") == 0) {
		assert_int_equal(buf_append_byte(&d->texts, '\n'), 0);
		d->in_text = false;
	}
	d->in_title = false;
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
	struct drawing *d = user;

	if (d->in_title)
		assert_int_equal(buf_append(&d->titles, text, (size_t)len), 0);
	else if (d->in_text)
		assert_int_equal(buf_append(&d->texts, text, (size_t)len), 0);
}

static void render(const char *file, const char *csv, struct buf *ret)
{
	const struct form_about about = { span_of(file), SPAN("Title & <b>"),
		SPAN("subtitle"), NULL };
	struct fault why = { 0 };

	*ret = BUF_INIT(1 << 20);
	assert_int_equal(form_render(FORM_SVG, span_of(csv), &about, ret, &why), 0);
}

/* Ends with erase(). */
static struct drawing *draw(const char *file, const char *csv)
{
	struct drawing *d = calloc(1, sizeof(*d));
	XML_Parser p = XML_ParserCreate("UTF-8");
	struct buf svg;

	assert_non_null(d);
	assert_non_null(p);
	d->titles = d->texts = BUF_INIT(1 << 20);
	render(file, csv, &svg);
	XML_SetUserData(p, d);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	if (XML_Parse(p, svg.p, (int)svg.len, 1) != XML_STATUS_OK)
		fail_msg("%s in\n%s", XML_ErrorString(XML_GetErrorCode(p)),
			buf_text(&svg));
	assert_int_equal(d->others, 0);
	XML_ParserFree(p);
	buf_finish(&svg);
	return d;
}

static void erase(struct drawing *d)
{
	buf_finish(&d->titles);
	buf_finish(&d->texts);
	free(d);
}

/* What stands behind the last ": " of each title but the picture's. */
static struct money sum_of_titles(struct drawing *d)
{
	struct money sum = { 0 };
	const char *line = strchr(buf_text(&d->titles), '\n') + 1;

	for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
		struct span text = { line, (size_t)(end - line) };
		struct money value;

		text = span_from(text, span_rfind(text, ':') + 2);
		assert_int_equal(money_parse(text, &value, NULL), 0);
		assert_int_equal(money_add(&sum, value), 0);
	}
	return sum;
}

static void expect_sum(struct drawing *d, const char *want)
{
	char got[MONEY_TEXT_MAX + 1];

	got[money_format(sum_of_titles(d), got)] = '\0';
	assert_string_equal(got, want);
}

static void expect_text(struct drawing *d, const char *want)
{
	if (!strstr(buf_text(&d->texts), want))
		fail_msg("no \"%s\" in\n%s", want, buf_text(&d->texts));
}

static void expect_no_text(struct drawing *d, const char *text)
{
	if (strstr(buf_text(&d->texts), text))
		fail_msg("\"%s\" in\n%s", text, buf_text(&d->texts));
}

/* Rows of the amounts 1.001 to count.001. */
static void fill(struct buf *csv, int count)
{
	assert_int_equal(buf_append_text(csv, HEADER), 0);
	for (int i = 1; i <= count; i++)
		assert_int_equal(
			buf_appendf(csv, "s%d,%d.001,,USD,1,Service %d\n", i, i, i), 0);
}

static void the_largest_are_bars_and_the_rest_is_one(void **state)
{
	struct buf csv = BUF_INIT(1 << 20);
	struct drawing *d;

	(void)state;
	fill(&csv, 60);
	d = draw("by-service", buf_text(&csv));
	/* The ground, 15 and the rest; 60 * 61 / 2 and 60 times a mill. */
	assert_int_equal(d->rect_count, 17);
	assert_string_equal(d->rects[16].class, "r");
	expect_sum(d, "1830.06");
	expect_text(d, "USD 1,830.06 · unblended cost · the 15 largest of 60\n");
	expect_text(d, "Service 60\n60.00 3.3%\nService 59\n");
	expect_text(d, "Other (45 more)\n1,035.04 56.6%\n"); /* 45 * 46 / 2 */
	expect_no_text(d, "Service 45\n");
	erase(d);
	buf_clear(&csv);
	fill(&csv, 16);
	d = draw("by-service", buf_text(&csv));
	assert_int_equal(d->rect_count, 17);
	expect_no_text(d, "Other");
	erase(d);
	buf_finish(&csv);
}

static void a_bar_is_as_long_as_its_amount_and_left_of_zero_below_it(void **state)
{
	struct drawing *d = draw(
		"by-service", HEADER "a,400,,USD,1,\nb,100,,USD,1,\nc,-200,,USD,1,\n");

	(void)state;
	assert_int_equal(d->rect_count, 4);
	/* Each is rounded to a tenth. */
	assert_true(llabs(d->rects[1].width - 4 * d->rects[2].width) <= 4);
	assert_true(llabs(d->rects[3].width - 2 * d->rects[2].width) <= 2);
	assert_true(d->rects[2].width > 500);
	assert_int_equal(d->rects[3].x + d->rects[3].width, d->rects[1].x);
	assert_string_equal(d->rects[3].class, "n");
	expect_text(d, "−200.00\n");
	erase(d);
}

static void parts_of_days_add_up_to_the_days(void **state)
{
	struct buf csv = BUF_INIT(1 << 20);
	struct drawing *d;

	(void)state;
	assert_int_equal(buf_append_text(&csv, "date,service," COSTS "\n"), 0);
	for (int day = 1; day <= 30; day++)
		for (int i = 1; i <= 12; i++)
			assert_int_equal(
				buf_appendf(&csv, "2026-11-%02d,s%d,%d.5,,USD,1\n", day,
					i, i == 3 ? -i : i),
				0);
	d = draw("daily-by-service", buf_text(&csv));
	/* 30 days of 72 and ten halves; of 4.5 - 3.5 + 2.5 + 1.5. */
	expect_sum(d, "2310.00");
	expect_text(d, "USD 2,310.00 · unblended cost · 77.00 a day on average\n");
	expect_text(d, "s12\n375.00\ns11\n345.00\n");
	expect_text(d, "s5\n165.00\nOther (4)\n150.00\n");
	expect_text(d, "\n1\n2\n3\n");
	expect_text(d, "\n30\n2026-11, days of UTC; weekends are shaded\n");
	erase(d);
	buf_finish(&csv);
}

static void expect_between(int64_t low, int64_t value, int64_t high)
{
	if (value < low || value > high)
		fail_msg("%lld is not within %lld and %lld", (long long)value,
			(long long)low, (long long)high);
}

static void a_line_goes_through_each_day(void **state)
{
	struct drawing *d = draw("daily",
		"date," COSTS "\n2026-11-01,100,,USD,1\n2026-11-02,300,,USD,1\n"
		"2026-11-03,0,,USD,1\n2026-11-04,-100,,USD,1\n");

	(void)state;
	expect_sum(d, "300.00");
	assert_int_equal(d->path_count, 5);
	assert_string_equal(d->paths[0].class, "k");
	assert_int_equal(d->paths[0].count, 4);
	for (size_t day = 0; day < 4; day++) {
		assert_memory_equal(&d->paths[0].points[day],
			&d->paths[day + 1].points[0], sizeof(struct point));
		assert_string_equal(d->paths[day + 1].class, day == 3 ? "n" : "s0");
	}
	const struct point *at = d->paths[0].points;
	const int64_t hundred = at[2].y - at[0].y;

	assert_true(hundred > 200);
	expect_between(3 * hundred - 3, at[2].y - at[1].y, 3 * hundred + 3);
	expect_between(hundred - 1, at[3].y - at[2].y, hundred + 1);
	expect_between(at[1].x - at[0].x - 1, at[3].x - at[2].x, at[1].x - at[0].x + 1);
	erase(d);
}

/* Each there and back: what it stands on, and from the last day what stands on it. */
static void areas_stand_on_each_other_and_credits_hang(void **state)
{
	struct drawing *d = draw("daily-by-service",
		"date,service," COSTS "\n"
		"2026-11-01,a,300,,USD,1\n2026-11-01,b,100,,USD,1\n"
		"2026-11-01,c,-100,,USD,1\n"
		"2026-11-02,a,200,,USD,1\n2026-11-02,b,150,,USD,1\n"
		"2026-11-02,c,140,,USD,1\n");
	const struct {
		const char *class;
		int low[2], high[2];
	} want[] = {
		{ "s0", { 0, 0 }, { 300, 200 } },
		{ "s1", { 300, 200 }, { 400, 350 } },
		{ "s2", { 400, 350 }, { 400, 490 } },
		{ "s2", { 0, 0 }, { -100, 0 } },
	};

	(void)state;
	expect_sum(d, "790.00");
	assert_int_equal(d->path_count, ARRAY_LEN(want));
	const int64_t zero = d->paths[0].points[0].y;
	const int64_t hundred = (zero - d->paths[0].points[3].y) / 3;

	assert_true(hundred > 200);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct point *at = d->paths[i].points;

		assert_string_equal(d->paths[i].class, want[i].class);
		assert_int_equal(d->paths[i].count, 4);
		for (size_t day = 0; day < 2; day++) {
			int64_t low = zero - want[i].low[day] * hundred / 100;
			int64_t high = zero - want[i].high[day] * hundred / 100;

			expect_between(low - 5, at[day].y, low + 5);
			expect_between(high - 5, at[3 - day].y, high + 5);
			assert_int_equal(at[day].x, at[3 - day].x);
		}
	}
	erase(d);
}

/* An area of one day would have no width. */
static void a_single_day_and_months_are_columns(void **state)
{
	struct drawing *d = draw("daily", "date," COSTS "\n2026-11-01,100,,USD,1\n");

	(void)state;
	assert_int_equal(d->path_count, 0);
	expect_sum(d, "100.00");
	erase(d);
	d = draw("months",
		"month,status,as_of," COSTS "\n2026-10,final,,5,,USD,1\n"
		"2026-11,final,,10,20,USD,1\n");
	assert_int_equal(d->path_count, 0);
	expect_sum(d, "15.00");
	erase(d);
}

/* An amount in the middle of a narrow column would reach into the axis. */
static void the_amount_of_the_first_day_stands_within_the_chart(void **state)
{
	struct buf csv = BUF_INIT(1 << 16), svg;
	const char *first;

	(void)state;
	assert_int_equal(buf_append_text(&csv, "date,unblended_cost,currency\n"), 0);
	for (int day = 1; day <= 31; day++)
		assert_int_equal(buf_appendf(&csv, "2026-10-%02d,%d.00,USD\n", day,
					 day == 1 ? 987654 : 1),
			0);
	render("daily", buf_text(&csv), &svg);
	first = strstr(buf_text(&svg), "<text class=\"v");
	assert_non_null(first);
	assert_true(span_starts(span_of(first), SPAN("<text class=\"v\"")));
	assert_non_null(strstr(first, ">987,654.00</text>"));
	buf_finish(&csv);
	buf_finish(&svg);
}

/* 29 columns for a name, a space and an amount. */
static void names_in_the_legend_make_room_for_large_amounts(void **state)
{
	struct drawing *d = draw("daily-by-service",
		"date,service,unblended_cost,currency\n"
		"2026-11-01,ComputeSavingsPlans,400370367139.92,USD\n"
		"2026-11-01,ElastiCacheForRedis,12345678.90,USD\n");

	(void)state;
	expect_text(d, "\nComputeSa…\n400,370,367,139.92\n");
	expect_text(d, "\nElastiCacheFor…\n12,345,678.90\n");
	erase(d);
}

static void weekends_are_shaded(void **state)
{
	struct buf csv = BUF_INIT(1 << 20);
	struct drawing *d;
	size_t shaded = 0;

	(void)state;
	assert_int_equal(buf_append_text(&csv, "date," COSTS "\n"), 0);
	for (int day = 1; day <= 30; day++)
		assert_int_equal(
			buf_appendf(&csv, "2026-11-%02d,%d,,USD,1\n", day, day), 0);
	d = draw("daily", buf_text(&csv));
	for (size_t i = 0; i < d->rect_count; i++)
		shaded += strcmp(d->rects[i].class, "w") == 0;
	/* Of November 2026, which begins with a Sunday. */
	assert_int_equal(shaded, 9);
	assert_string_equal(d->rects[1].class, "w");
	assert_string_equal(d->rects[2].class, "w");
	assert_true(d->rects[2].x - d->rects[1].x > 5 * d->rects[1].width);
	expect_sum(d, "465.00");
	expect_text(d, "\n30.00\n");
	erase(d);
	buf_finish(&csv);
}

static void each_currency_is_a_chart(void **state)
{
	struct drawing *d =
		draw("by-service", HEADER "a,400,,USD,1,\nb,100,,EUR,1,\na,7,,EUR,1,\n");

	(void)state;
	expect_text(d, "USD 400.00 ");
	expect_text(d, "EUR 107.00 ");
	assert_int_equal(d->rect_count, 4);
	erase(d);
	d = draw("by-service",
		HEADER
		"a,1,,USD,1,\na,1,,EUR,1,\na,1,,INR,1,\na,1,,CNY,1,\na,1,,JPY,1,\n");
	expect_text(d, "There are more currencies");
	assert_int_equal(d->rect_count, 5);
	erase(d);
}

static void items_of_one_name_are_told_apart(void **state)
{
	struct drawing *d = draw("by-account",
		"account_id," COSTS ",name\n"
		"111122223333,5,,USD,1,prod\n222233334444,4,,USD,1,prod\n"
		"333344445555,3,,USD,1,\n");

	(void)state;
	expect_text(d, "prod 111122223333\n");
	expect_text(d, "prod 222233334444\n");
	expect_text(d, "\n333344445555\n");
	erase(d);
	d = draw("by-resource",
		"service,region,resource,resource_id," COSTS ",name\n"
		"AmazonEC2,eu,_no-resource,,5,,USD,1,\nAmazonS3,eu,_no-resource,,4,,USD,"
		"1,\n");
	expect_text(d, "_no-resource AmazonEC2\n");
	expect_text(d, "_no-resource AmazonS3\n");
	erase(d);
}

static void what_is_no_item_has_a_chart_of_its_own(void **state)
{
	struct drawing *d = draw("total",
		"month,status,as_of," COSTS "\n"
		"2026-11,final,,10,20,USD,1\n");

	(void)state;
	expect_text(d, "\nunblended_cost\n10.00\namortized_cost\n20.00\n");
	erase(d);
	d = draw("months",
		"month,status,as_of," COSTS "\n"
		"2026-10,unread,,,,,\n2026-11,final,,10,20,USD,1\n");
	expect_text(d, "\n2026-10\n2026-11\n");
	expect_sum(d, "10.00");
	erase(d);
	d = draw("tag-coverage",
		"tag_key,tagged_cost,untagged_cost,tagged_percent,"
		"currency,tagged_lines,untagged_lines\n"
		"team,1,3,25.00,USD,1,3\n");
	expect_text(d, "team\n25.00%\n");
	expect_text(d, "100%\n");
	erase(d);
}

static void text_from_outside_stays_text(void **state)
{
	struct drawing *d = draw("by-service",
		HEADER "a,5,,USD,1,<script>x</script>\n"
		       "b,4,,USD,1,\"\"\"'/><rect/>&amp;\"\n"
		       "c,3,,USD,1,\xE2\x80\xAEltr \x01\x7F\xFF \xEF\xBF\xBF\n"
		       "<g>,2,,<b>,1,\n");

	(void)state;
	expect_text(d, "<script>x</script>\n");
	expect_text(d, "\"'/><rect/>&amp;\n");
	expect_text(d, "?ltr ??? ?\n");
	expect_text(d, "<b> 2.00");
	assert_int_equal(d->rect_count, 5);
	erase(d);
}

static void whatever_the_rows_are_there_is_a_chart(void **state)
{
	static const char *const rows[] = { "", "a,0,,USD,1,\n", "a,,,USD,1,\n",
		"a,-5,,USD,1,\nb,-1,,USD,1,\n", "a,1000000000000,,USD,1,\n",
		"a,0.000001,,USD,1,\n", ",0.000000000000000001,,,1,\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char csv[512];

		snprintf(csv, sizeof(csv), HEADER "%s", rows[i]);
		erase(draw("by-service", csv));
	}
	erase(draw("daily", "date," COSTS "\n"));
	erase(draw("daily", "date," COSTS "\n2026-11-01,0,,USD,1\n"));
	erase(draw("daily", "date," COSTS "\nx,-1,,USD,1\n"));
	erase(draw("daily-by-service", "date,service," COSTS "\n"));
}

static void the_same_rows_give_the_same_bytes(void **state)
{
	struct buf csv = BUF_INIT(1 << 20), a, b;

	(void)state;
	fill(&csv, 30);
	render("by-service", buf_text(&csv), &a);
	render("by-service", buf_text(&csv), &b);
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	/* Nothing is fetched: the namespace is the only address. */
	assert_null(strstr(strstr(buf_text(&a), "http") + 1, "http"));
	assert_null(strstr(buf_text(&a), "url("));
	buf_finish(&a);
	buf_finish(&b);
	buf_finish(&csv);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
	static const struct {
		const char *file, *csv;
		int error;
	} cases[] = {
		{ "costs", "usage_start," COSTS "\n", -ENOTSUP },
		{ "by-service", "service,lines\n", -ENOTSUP },
		{ "by-service", HEADER "a,x,,USD,1,\n", -EBADMSG },
		{ "daily", "date," COSTS "\nx,1x,,USD,1\n", -EBADMSG },
		{ "by-service", HEADER "a,9000000000000000000,,USD,1,\n", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct form_about about = { .file = span_of(cases[i].file) };
		struct buf b = BUF_INIT(1 << 20);

		assert_int_equal(
			form_render(FORM_SVG, span_of(cases[i].csv), &about, &b, NULL),
			cases[i].error);
		buf_finish(&b);
	}
	assert_false(form_is_of(FORM_SVG, SPAN("costs")));
	assert_false(form_is_of(FORM_SVG, SPAN("lines")));
	assert_true(form_is_of(FORM_SVG, SPAN("by-tag/lines")));
	assert_true(form_is_of(FORM_TXT, SPAN("costs")));
}

static void no_memory_is_said(void **state)
{
	static const char *const files[] = { "by-service", "daily-by-service" };
	static const char *const csvs[] = { HEADER "a,5,,USD,1,Zürich\n",
		"date,service," COSTS
		"\n2026-11-01,a,5,,USD,1\n2026-11-02,a,5,,USD,1\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const struct form_about about = { .file = span_of(files[i]) };
		bool was_refused = true;

		for (unsigned n = 0; was_refused; n++) {
			struct buf b = BUF_INIT(1 << 20);
			int r;

			oom_after(n);
			r = form_render(FORM_SVG, span_of(csvs[i]), &about, &b, NULL);
			was_refused = oom_stop();
			assert_int_equal(r, was_refused ? -ENOMEM : 0);
			buf_finish(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_are_bars_and_the_rest_is_one),
		cmocka_unit_test(
			a_bar_is_as_long_as_its_amount_and_left_of_zero_below_it),
		cmocka_unit_test(parts_of_days_add_up_to_the_days),
		cmocka_unit_test(a_line_goes_through_each_day),
		cmocka_unit_test(areas_stand_on_each_other_and_credits_hang),
		cmocka_unit_test(a_single_day_and_months_are_columns),
		cmocka_unit_test(the_amount_of_the_first_day_stands_within_the_chart),
		cmocka_unit_test(names_in_the_legend_make_room_for_large_amounts),
		cmocka_unit_test(weekends_are_shaded),
		cmocka_unit_test(each_currency_is_a_chart),
		cmocka_unit_test(items_of_one_name_are_told_apart),
		cmocka_unit_test(what_is_no_item_has_a_chart_of_its_own),
		cmocka_unit_test(text_from_outside_stays_text),
		cmocka_unit_test(whatever_the_rows_are_there_is_a_chart),
		cmocka_unit_test(the_same_rows_give_the_same_bytes),
		cmocka_unit_test(what_cannot_be_drawn_is_refused),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
