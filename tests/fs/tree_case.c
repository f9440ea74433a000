#include "tests/fs/tree_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "tests/cmocka.h"

#define PROD .account = "111111111111", .account_name = "Prod EU"
#define BARE .account = "222222222222"
#define DEV .account = "333333333333", .account_name = "Dev, \"old\""
#define EC2 .service = "AmazonEC2", .service_name = "Amazon EC2"
#define LAMBDA .service = "AWSLambda", .service_name = "AWS Lambda"
#define MONGO .service = "MongoDB Atlas", .is_marketplace = true
#define BOX .usage_type = "BoxUsage", .operation = "RunInstances", .charge_type = "Usage"
#define ARN "arn:aws:lambda:eu-west-1:111111111111:function:resize"

static const struct fake_row november[] = {
	{ PROD, EC2, BOX, .region = "eu-west-1", .resource = "i-1",
		.resource_name = "web", .date = "2026-11-01",
		.cost = { "1.50", NULL, "1.20" }, .tags = "team=web;a/b=x" },
	{ PROD, EC2, BOX, .region = "eu-west-1", .resource = "i-1",
		.resource_name = "web", .date = "2026-11-02",
		.cost = { "0.25", NULL, "0.25" }, .tags = "team=web" },
	{ PROD, EC2, BOX, .date = "2026-11-02", .cost = { "0.125", NULL, "0.125" } },
	{ PROD, LAMBDA, BOX, .region = "eu-west-1", .resource = ARN, .date = "2026-11-02",
		.cost = { "3.00" }, .categories = "Unit=Retail" },
	{ PROD, MONGO, BOX, .date = "2026-11-02", .cost = { "0.50" } },
	{ BARE, EC2, BOX, .region = "us-east-1", .resource = "i-2", .date = "2026-11-03",
		.cost = { "9.00" }, .invoice = "INV-1" },
};
static const struct fake_row october[] = {
	{ PROD, EC2, BOX, .resource = "i-1", .date = "2026-10-01", .cost = { "2.00" },
		.invoice = "INV-0" },
	{ DEV, EC2, BOX, .resource = "i-9", .date = "2026-10-02", .cost = { "4.00" },
		.invoice = "INV-0" },
};

static struct month *make(
	struct fake_options o, const struct fake_row *rows, size_t count, int delivery)
{
	char id[32] = "", as_of[32];

	(void)snprintf(id, sizeof(id), "%s-%d", o.month, delivery);
	(void)snprintf(as_of, sizeof(as_of), "%s-2%dT14:00:00Z", o.month, delivery);
	o.id = id;
	o.as_of = as_of;
	if (!o.content)
		o.content = hash64(id, sizeof(id), o.sums.dims);
	return fake_month_new(&o, rows, count);
}

struct month *tree_case_october(int delivery)
{
	return make((struct fake_options){ .month = "2026-10" }, october,
		ARRAY_LEN(october), delivery);
}

/* Each delivery has a line more than the one before. */
struct month *tree_case_november(int delivery)
{
	return make((struct fake_options){ .month = "2026-11" }, november,
		ARRAY_LEN(november) - 3 + (size_t)delivery, delivery);
}

struct month *tree_case_november_again(int delivery)
{
	return make((struct fake_options){ .month = "2026-11", .content = 4711 },
		november, ARRAY_LEN(november) - 3 + (size_t)delivery, delivery);
}

struct month *tree_case_november_sums(int delivery)
{
	return make((struct fake_options){ .month = "2026-11",
			    .sums = { .dims = DIMS_OF_SUMS } },
		november, ARRAY_LEN(november) - 3 + (size_t)delivery, delivery);
}

static bool is_listed(void *context, const char *account)
{
	const struct tree_case *c = context;

	(void)account;
	return c->is_listed;
}

static int describe(void *context, const char *account, struct buf *ret)
{
	(void)context;
	return buf_appendf(ret, "asked     as nobody of %s\n", account);
}

static void init(struct tree_case *c, const struct selection *selection)
{
	static char id[] = "222222222222", name[] = "sandbox", prod[] = "111111111111",
		    other[] = "not this";
	static const struct account_name names[] = { { id, name }, { prod, other } };
	static const struct selection all;
	struct tree_options o = { .selection = selection ? selection : &all,
		.clock = clock_system(),
		.names = names,
		.name_count = ARRAY_LEN(names),
		.source = "s3://bucket/cur",
		.uid = 1001,
		.gid = 1002 };

	c->library = fake_library_new();
	c->views = view_cache_new(1 << 20);
	assert_non_null(c->views);
	o.library = c->library;
	o.discovery = c->live ? &c->discovery : NULL;
	o.views = c->views;
	assert_int_equal(tree_new(&o, &c->tree), 0);
}

void tree_case_init(struct tree_case *c, const struct selection *selection)
{
	c->live = NULL;
	init(c, selection);
}

void tree_case_init_live(struct tree_case *c)
{
	c->live = fake_live_new();
	c->is_listed = true;
	c->discovery = (struct tree_discovery){ .live = c->live,
		.is_listed = is_listed,
		.describe = describe,
		.context = c };
	init(c, NULL);
}

void tree_case_finish(struct tree_case *c)
{
	tree_free(c->tree);
	live_close(c->live);
	view_cache_free(c->views);
	library_close(c->library);
}

void tree_case_fill(struct tree_case *c)
{
	fake_library_know(c->library, "2026-09", "2026-09-30T01:02:03Z");
	fake_library_ready(c->library, tree_case_october(1));
	fake_library_ready(c->library, tree_case_november(3));
}

static int walk(struct tree_case *c, const char *path, struct tree_entry *ret)
{
	struct tree_need need = { 0 };
	struct fault why = { 0 };

	return tree_walk(c->tree, span_of(path), true, ret, &need, &why);
}

struct tree_entry expect_path(struct tree_case *c, const char *path)
{
	struct tree_entry e = { 0 };
	int r = walk(c, path, &e);

	if (r < 0)
		fail_msg("%s: %s", path, fault_errno_text(r));
	return e;
}

void expect_no_path(struct tree_case *c, const char *path, int want)
{
	struct tree_entry e = { .node = 77 };
	int r = walk(c, path, &e);

	if (r != want)
		fail_msg("%s: got %d %s", path, r, r ? fault_errno_text(r) : "found");
	assert_int_equal(e.node, 77);
}

void expect_same_path(struct tree_case *c, const char *path, const char *canonical)
{
	struct tree_entry a = expect_path(c, path), b = expect_path(c, canonical);
	struct buf got = BUF_INIT(4096);

	assert_int_equal(tree_path(c->tree, a.node, &got), 0);
	if (!span_eq(buf_span(&got), span_of(canonical)))
		fail_msg("%s: got %.*s", path, SPAN_ARG(buf_span(&got)));
	assert_int_equal(a.node, b.node);
	assert_int_equal(a.attr.st_ino, b.attr.st_ino);
	tree_forget(c->tree, a.node, 1);
	tree_forget(c->tree, b.node, 1);
	buf_finish(&got);
}

void read_node(struct tree_case *c, uint64_t node, size_t len, struct buf *ret)
{
	struct tree_need need = { 0 };
	struct fault why = { 0 };
	struct tree_file *f;
	ssize_t n;
	int r = tree_open(c->tree, node, true, &f, &need, &why);

	if (r < 0)
		fail_msg("open: %s %s", fault_errno_text(r), why.text);
	do {
		assert_int_equal(buf_reserve(ret, len), 0);
		n = tree_read(f, ret->len, ret->p + ret->len, len, &why);
		assert_true(n >= 0 && n <= (ssize_t)len);
		ret->len += (size_t)n;
	} while (n > 0);
	tree_close(f);
}

static void read_path(struct tree_case *c, const char *path, struct buf *ret)
{
	struct tree_entry e = expect_path(c, path);

	read_node(c, e.node, 4096, ret);
	assert_int_equal(e.attr.st_size, ret->len);
	tree_forget(c->tree, e.node, 1);
}

void expect_text(struct tree_case *c, const char *path, const char *want)
{
	struct buf got = BUF_INIT(1 << 20);

	read_path(c, path, &got);
	if (!span_eq(buf_span(&got), span_of(want)))
		fail_msg("%s: got\n%.*swant\n%s", path, SPAN_ARG(buf_span(&got)), want);
	buf_finish(&got);
}

void expect_has(struct tree_case *c, const char *path, const char *part)
{
	struct buf got = BUF_INIT(1 << 20);
	const char *text;

	read_path(c, path, &got);
	text = buf_text(&got);
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("%s: no \"%s\" in\n%s", path, part, text);
	buf_finish(&got);
}

void expect_names(struct tree_case *c, const char *path, const char *want)
{
	struct tree_entry e = expect_path(c, path);
	struct buf got = BUF_INIT(1 << 16);
	struct tree_need need = { 0 };
	struct fault why = { 0 };
	struct tree_listing *l;
	int r = tree_list(c->tree, e.node, true, &l, &need, &why);

	if (r < 0)
		fail_msg("%s: %s", path, fault_errno_text(r));
	for (size_t i = 0; i < tree_listing_count(l); i++)
		assert_int_equal(
			buf_appendf(&got, "%s\n", tree_listing_at(l, i).name), 0);
	if (!span_eq(buf_span(&got), span_of(want)))
		fail_msg("%s: got\n%.*swant\n%s", path, SPAN_ARG(buf_span(&got)), want);
	tree_listing_free(l);
	tree_forget(c->tree, e.node, 1);
	buf_finish(&got);
}

int tree_case_setup(void **state)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init(c, NULL);
	*state = c;
	return 0;
}

int tree_case_setup_filled(void **state)
{
	int r = tree_case_setup(state);

	tree_case_fill(*state);
	return r;
}

int tree_case_teardown(void **state)
{
	tree_case_finish(*state);
	free(*state);
	return 0;
}
