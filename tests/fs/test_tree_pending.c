/* Names that are looked up before it is known what stands there: nobody waits in a
 * lookup, and whoever asks more waits, or is told the truth. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define PROD "accounts/prod-eu_111111111111"

static int setup(void **state)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init_live(c);
	*state = c;
	return 0;
}

static int look_up(
	struct tree_case *c, uint64_t parent, const char *name, struct tree_entry *ret)
{
	struct tree_need need;

	return tree_lookup(c->tree, parent, span_of(name), false, ret, &need, NULL);
}

static int pending(
	struct tree_case *c, uint64_t parent, const char *name, struct tree_entry *ret)
{
	return tree_lookup_pending(c->tree, parent, span_of(name), ret);
}

/* Ends the test unless a lookup waits, and has a node all the same. */
static struct tree_entry expect_pending(
	struct tree_case *c, uint64_t parent, const char *name, mode_t type)
{
	struct tree_entry e = { 0 };

	assert_int_equal(look_up(c, parent, name, &e), -EAGAIN);
	assert_int_equal(pending(c, parent, name, &e), 0);
	assert_int_equal(e.attr.st_mode & S_IFMT, type);
	assert_int_equal(e.attr.st_size, 0);
	assert_true(e.node > TREE_ROOT);
	assert_false(e.ttl_seconds > 0);
	return e;
}

static int attr(struct tree_case *c, uint64_t node, struct stat *ret, double *ret_ttl)
{
	struct tree_need need;

	return tree_attr(c->tree, node, true, ret, ret_ttl, &need, NULL);
}

/* Whatever is asked of the node answers so. */
static void expect_answers(struct tree_case *c, uint64_t node, int want)
{
	struct tree_need need;
	struct tree_listing *l;
	struct tree_file *f;
	struct tree_entry e;
	struct stat s;
	double ttl;

	assert_int_equal(attr(c, node, &s, &ttl), want);
	assert_int_equal(tree_list(c->tree, node, true, &l, &need, NULL), want);
	assert_int_equal(tree_open(c->tree, node, true, &f, &need, NULL), want);
	assert_int_equal(
		tree_lookup(c->tree, node, SPAN("x"), true, &e, &need, NULL), want);
}

static struct stat expect_attr(struct tree_case *c, uint64_t node)
{
	struct stat s = { 0 };
	double ttl = 0;

	assert_int_equal(attr(c, node, &s, &ttl), 0);
	assert_true(ttl > 0);
	return s;
}

static void a_file_is_exact_once_its_month_is_read(void **state)
{
	struct tree_case *c = *state;
	struct buf text = BUF_INIT(1 << 16);
	struct tree_entry month, file, later;
	struct tree_need need;
	struct stat s;
	double ttl;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	file = expect_pending(c, month.node, "lines.csv", S_IFREG);
	assert_int_equal(
		tree_attr(c->tree, file.node, true, &s, &ttl, &need, NULL), -EAGAIN);
	assert_int_equal(need.month.number, 2026 * 12 + 10);
	expect_answers(c, file.node, -EAGAIN);
	fake_library_ready(c->library, tree_case_november(3));
	s = expect_attr(c, file.node);
	read_node(c, file.node, 100, &text);
	assert_int_equal(s.st_size, text.len);
	assert_true(text.len > 0);
	later = expect_path(c, "months/2026-11/lines.csv");
	assert_int_equal(later.attr.st_size, text.len);
	assert_int_equal(later.attr.st_ino, s.st_ino);
	assert_true(later.ttl_seconds > 100);
	buf_finish(&text);
}

static void a_directory_keeps_its_node(void **state)
{
	static const char *const names[] = { "services", "by-tag", "by-cost-category" };
	struct tree_case *c = *state;
	struct tree_entry month, dir[ARRAY_LEN(names)], e;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, PROD "/2026-11");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		dir[i] = expect_pending(c, month.node, names[i], S_IFDIR);
	fake_library_ready(c->library, tree_case_november(3));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(S_ISDIR(expect_attr(c, dir[i].node).st_mode));
		assert_int_equal(look_up(c, month.node, names[i], &e), 0);
		assert_int_equal(e.node, dir[i].node);
		assert_true(e.ttl_seconds > 100);
	}
	/* What stands in it is looked up when it is known whether it is there. */
	assert_int_equal(look_up(c, dir[0].node, "NoSuchService", &e), -ENOENT);
	assert_int_equal(look_up(c, dir[0].node, "AmazonEC2", &e), 0);
	assert_int_equal(e.node, expect_path(c, PROD "/2026-11/services/AmazonEC2").node);
}

static void what_no_month_has_is_not_there_and_loads_nothing(void **state)
{
	static const char *const names[] = { ".git", "nothing", "costs.csv", "index.csv",
		"resources", "Services", "" };
	struct tree_case *c = *state;
	struct tree_entry month, of_all, e;
	char name[300] = "";

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, PROD "/2026-11");
	of_all = expect_path(c, "months/2026-11");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(look_up(c, month.node, names[i], &e), -ENOENT);
		assert_int_equal(look_up(c, of_all.node, names[i], &e), -ENOENT);
	}
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(look_up(c, month.node, name, &e), -ENAMETOOLONG);
	assert_int_equal(pending(c, month.node, name, &e), -ENAMETOOLONG);
	/* Of all accounts there is more. */
	assert_int_equal(look_up(c, month.node, "by-account.csv", &e), -ENOENT);
	assert_int_equal(look_up(c, month.node, "unconnected.csv", &e), -ENOENT);
	assert_int_equal(fake_library_loads(c->library, NULL), 0);
	expect_pending(c, of_all.node, "by-account.csv", S_IFREG);
	expect_pending(c, of_all.node, "unconnected.csv", S_IFREG);
	assert_true(fake_library_loads(c->library, "2026-11") > 0);
}

static void a_month_that_fails_says_why(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, file, dir;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	file = expect_pending(c, month.node, "total.csv", S_IFREG);
	dir = expect_pending(c, month.node, "services", S_IFDIR);
	fake_library_fail(c->library, "2026-11", -EACCES, "GET x: denied", "");
	expect_answers(c, file.node, -EACCES);
	expect_answers(c, dir.node, -EACCES);
	/* And is what it is when it is mended. */
	fake_library_ready(c->library, tree_case_november(2));
	assert_int_equal(expect_path(c, "months/2026-11/services").node, dir.node);
}

static void a_file_of_sums_needs_no_more(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, file, other, e;
	struct tree_need need;
	struct stat s;
	double ttl;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	file = expect_pending(c, month.node, "by-service.csv", S_IFREG);
	other = expect_pending(c, month.node, "by-resource.csv", S_IFREG);
	assert_int_equal(
		tree_attr(c->tree, file.node, true, &s, &ttl, &need, NULL), -EAGAIN);
	assert_int_equal(need.sums.dims, view_dims(VIEW_BY_SERVICE));
	fake_library_sums(c->library, tree_case_november_sums(3));
	s = expect_attr(c, file.node);
	assert_true(s.st_size > 0);
	assert_int_equal(attr(c, other.node, &s, &ttl), -EAGAIN);
	/* The month has the same bytes. */
	fake_library_ready(c->library, tree_case_november(3));
	assert_int_equal(look_up(c, month.node, "by-service.csv", &e), 0);
	assert_int_equal(e.attr.st_ino, file.attr.st_ino);
}

static void names_below_accounts_are_known_later(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry accounts, known, unknown, e;

	fake_library_know(c->library, "2026-11", "");
	accounts = expect_path(c, "accounts");
	known = expect_pending(c, accounts.node, "111111111111", S_IFDIR);
	unknown = expect_pending(c, accounts.node, "999999999999", S_IFDIR);
	expect_answers(c, known.node, -EAGAIN);
	fake_library_ready(c->library, tree_case_november(3));
	assert_true(S_ISDIR(expect_attr(c, known.node).st_mode));
	expect_answers(c, unknown.node, -ENOENT);
	assert_int_equal(look_up(c, accounts.node, "999999999999", &e), -ENOENT);
	assert_int_equal(look_up(c, accounts.node, "111111111111", &e), 0);
	assert_int_equal(e.node, known.node);
	assert_int_equal(look_up(c, known.node, "account.json", &e), 0);
}

static void an_older_month_knows_names_where_the_newest_cannot_be_read(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry accounts, known, e;

	fake_library_know(c->library, "2026-10", "");
	fake_library_know(c->library, "2026-11", "");
	accounts = expect_path(c, "accounts");
	known = expect_pending(c, accounts.node, "111111111111", S_IFDIR);
	/* Nobody else can be asked either. */
	fake_library_fail(c->library, "2026-11", -ENETUNREACH, "no network", "");
	expect_answers(c, known.node, -ENETUNREACH);
	assert_int_equal(fake_library_loads(c->library, "2026-10"), 0);
	fake_library_fail(c->library, "2026-11", -EBADMSG, "damaged", "");
	expect_answers(c, known.node, -EAGAIN);
	assert_true(fake_library_loads(c->library, "2026-10") > 0);
	fake_library_ready(c->library, tree_case_october(1));
	assert_true(S_ISDIR(expect_attr(c, known.node).st_mode));
	expect_names(c, "accounts", "dev-old_333333333333\nprod-eu_111111111111\n");
	expect_has(c, "STATUS.txt", "EBADMSG: damaged");
	/* Where none can be read, it is the newest that is told. */
	fake_library_remove(c->library, "2026-10");
	fake_library_know(c->library, "2026-10", "");
	fake_library_fail(c->library, "2026-10", -EACCES, "denied", "");
	assert_int_equal(look_up(c, accounts.node, "333333333333", &e), -EBADMSG);
}

/* Of a node whose size was told nobody may say 0 afterwards: who reads it would come to
 * an end before there is one. */
static void what_was_told_of_a_node_is_never_taken_back(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, first, second;
	struct stat before, after;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	first = expect_pending(c, month.node, "total.csv", S_IFREG);
	fake_library_sums(c->library, tree_case_november_sums(2));
	before = expect_attr(c, first.node);
	/* They are superseded. */
	fake_library_remove(c->library, "2026-11");
	fake_library_know(c->library, "2026-11", "");
	second = expect_pending(c, month.node, "total.csv", S_IFREG);
	assert_int_not_equal(second.node, first.node);
	assert_int_equal(second.attr.st_ino, before.st_ino);
	assert_int_equal(expect_attr(c, first.node).st_size, before.st_size);
	fake_library_ready(c->library, tree_case_november(3));
	after = expect_attr(c, second.node);
	assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec);
	assert_int_equal(
		expect_attr(c, first.node).st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(expect_path(c, "months/2026-11/total.csv").attr.st_mtim.tv_sec,
		after.st_mtim.tv_sec);
}

/* The kernel keeps the last answer of two: that of a lookup, which has a size of 0, would
 * undo what the first one was told. */
static void two_who_ask_for_a_file_have_a_node_each(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, first, second;
	struct stat s;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	first = expect_pending(c, month.node, "total.csv", S_IFREG);
	second = expect_pending(c, month.node, "total.csv", S_IFREG);
	assert_int_not_equal(first.node, second.node);
	assert_int_equal(first.attr.st_ino, second.attr.st_ino);
	fake_library_ready(c->library, tree_case_november(3));
	s = expect_attr(c, first.node);
	assert_true(s.st_size > 0);
	assert_int_equal(expect_attr(c, second.node).st_size, s.st_size);
	assert_int_equal(
		expect_path(c, "months/2026-11/total.csv").attr.st_size, s.st_size);
}

static void two_who_ask_have_one_directory_and_it_is_forgotten(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, first, second;
	struct tree_need need;
	struct stat s;
	double ttl;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	first = expect_pending(c, month.node, "services", S_IFDIR);
	second = expect_pending(c, month.node, "services", S_IFDIR);
	assert_int_equal(first.node, second.node);
	tree_forget(c->tree, first.node, 1);
	assert_int_equal(attr(c, first.node, &s, &ttl), -EAGAIN);
	tree_forget(c->tree, first.node, 1);
	assert_int_equal(
		tree_attr(c->tree, first.node, true, &s, &ttl, &need, NULL), -ESTALE);
}

static void extended_attributes_load_nothing(void **state)
{
	struct tree_case *c = *state;
	struct buf value = BUF_INIT(1000), path = BUF_INIT(1000);
	struct tree_entry accounts, e;
	unsigned loads;

	fake_library_know(c->library, "2026-11", "");
	accounts = expect_path(c, "accounts");
	e = expect_pending(c, accounts.node, "111111111111", S_IFDIR);
	loads = fake_library_loads(c->library, NULL);
	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.id"), &value), -ENODATA);
	assert_int_equal(tree_listxattr(c->tree, e.node, &value), 0);
	assert_int_equal(value.len, 0);
	assert_int_equal(tree_path(c->tree, e.node, &path), 0);
	assert_true(span_eq(buf_span(&path), SPAN("accounts/111111111111")));
	assert_int_equal(fake_library_loads(c->library, NULL), loads);
	buf_finish(&value);
	buf_finish(&path);
}

static void what_aws_is_asked_about_is_pending_too(void **state)
{
	static const struct fake_resource items[] = { { .text = { "i-1" } } };
	struct tree_case *c = *state;
	struct tree_entry dir, region, type, item, none, e;

	fake_library_ready(c->library, tree_case_november(3));
	dir = expect_path(c, PROD "/resources/ec2");
	region = expect_pending(c, dir.node, "eu-west-1", S_IFDIR);
	none = expect_pending(c, dir.node, "no-where", S_IFDIR);
	expect_answers(c, region.node, -EAGAIN);
	fake_live_regions(c->live, "111111111111", "eu-west-1");
	expect_attr(c, region.node);
	expect_answers(c, none.node, -ENOENT);
	assert_int_equal(look_up(c, region.node, "instances", &type), 0);
	item = expect_pending(c, type.node, "i-1", S_IFDIR);
	none = expect_pending(c, type.node, "i-2", S_IFDIR);
	expect_pending(c, type.node, "index.csv", S_IFREG);
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 instances",
		fake_inventory("2026-11-23T14:00:00Z", items, 1));
	expect_attr(c, item.node);
	expect_answers(c, none.node, -ENOENT);
	e = expect_path(c, PROD "/resources/ec2/eu-west-1/instances/i-1");
	assert_int_equal(e.node, item.node);
	expect_path(c, PROD "/resources/ec2/eu-west-1/instances/i-1/resource.json");
}

/* The size is what takes long; that it is there, and what it is, is known. */
static void who_waits_for_work_alone_has_such_a_node_too(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, dir, file, later, e;
	struct buf text = BUF_INIT(1 << 16);

	fake_library_ready(c->library, tree_case_november(3));
	month = expect_path(c, "months/2026-11");
	dir = expect_path(c, PROD "/2026-11/services/AmazonEC2/resources/i-1");
	assert_int_equal(pending(c, month.node, "services", &e), 0);
	assert_true(S_ISDIR(e.attr.st_mode));
	assert_int_equal(pending(c, TREE_ROOT, "accounts.csv", &e), 0);
	assert_true(S_ISREG(e.attr.st_mode));
	assert_int_equal(pending(c, dir.node, "daily.csv", &file), 0);
	assert_true(S_ISREG(file.attr.st_mode));
	assert_int_equal(file.attr.st_size, 0);
	assert_int_equal(look_up(c, dir.node, "daily.csv", &later), -EAGAIN);
	read_node(c, file.node, 100, &text);
	assert_int_equal(expect_attr(c, file.node).st_size, text.len);
	assert_int_equal(look_up(c, dir.node, "daily.csv", &later), 0);
	assert_int_equal(later.attr.st_ino, file.attr.st_ino);
	assert_int_equal(later.attr.st_size, text.len);
	assert_int_equal(pending(c, dir.node, "nothing.csv", &e), -ENOENT);
	assert_int_equal(pending(c, file.node, "nothing.csv", &e), -ENOTDIR);
	assert_int_equal(pending(c, month.node + 1, "total.csv", &e), -ESTALE);
	buf_finish(&text);
}

/* What stands in a directory that is pending itself is not known by its name. */
static void nothing_is_pending_in_what_is_pending(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry month, services, e;

	fake_library_know(c->library, "2026-11", "");
	month = expect_path(c, "months/2026-11");
	services = expect_pending(c, month.node, "services", S_IFDIR);
	assert_int_equal(look_up(c, services.node, "AmazonEC2", &e), -EAGAIN);
	assert_true(pending(c, services.node, "AmazonEC2", &e) < 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_is_exact_once_its_month_is_read),
		CASE(a_directory_keeps_its_node),
		CASE(what_no_month_has_is_not_there_and_loads_nothing),
		CASE(a_month_that_fails_says_why),
		CASE(a_file_of_sums_needs_no_more),
		CASE(names_below_accounts_are_known_later),
		CASE(an_older_month_knows_names_where_the_newest_cannot_be_read),
		CASE(what_was_told_of_a_node_is_never_taken_back),
		CASE(two_who_ask_for_a_file_have_a_node_each),
		CASE(two_who_ask_have_one_directory_and_it_is_forgotten),
		CASE(extended_attributes_load_nothing),
		CASE(what_aws_is_asked_about_is_pending_too),
		CASE(who_waits_for_work_alone_has_such_a_node_too),
		CASE(nothing_is_pending_in_what_is_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
