#include "tests/aws/rows_fixture.h"
#include "tests/oom.h"

static const char text[] =
	"line_item_usage_account_id,line_item_unblended_cost,a,line_item_legal_entity,"
	"resource_tags_user_x,cost_category_y,product,resource_tags,cost_category\n"
	"1,2.5,b,c,t,u,\"{\"\"region\"\":\"\"r\\n\"\"}\",\"{\"\"user_owner\"\":"
	"\"\"me\"\"}\","
	"\"{\"\"z\"\":\"\"w\"\"}\"\n";

/* All that allocates; 0 or what failed first. */
static int read_all(struct fixture *f)
{
	struct row row;
	int r;

	*f = (struct fixture){ .reader = NULL };
	fixture_put(f, 0, span_of(text));
	r = fixture_peek(f, 0);
	if (r == 0)
		r = layout_seal(&f->layout);
	if (r == 0)
		r = row_reader_open(
			&f->source, &f->objects[0], &f->layout, &f->reader, &f->why);
	if (r == 0)
		r = row_reader_next(f->reader, &row, &f->why);
	return r < 0 ? r : 0;
}

static void any_refused_allocation_is_enomem_and_leaks_nothing(void **state)
{
	struct fixture f;
	bool refused = true;

	(void)state;
	for (unsigned n = 0; refused; n++) {
		int r;

		oom_after(n);
		r = read_all(&f);
		refused = oom_stop();
		assert_int_equal(r, refused ? -ENOMEM : 0);
		assert_true(n < 10000);
		fixture_close(&f);
	}
}

static void a_refused_header_leaves_the_layout_alone(void **state)
{
	const struct span first[] = { SPAN("lineItem/UsageAccountId"),
		SPAN("lineItem/UnblendedCost"), SPAN("a") };
	const struct span second[] = { SPAN("lineItem/UsageAccountId"),
		SPAN("lineItem/UnblendedCost"), SPAN("b"), SPAN("a"), SPAN("c"),
		SPAN("lineItem/NetUnblendedCost") };
	struct layout l = { .table = TABLE_UNKNOWN };
	bool refused = true;

	(void)state;
	assert_int_equal(layout_add_header(&l, first, 3, "f", NULL), 0);
	for (unsigned n = 0; refused; n++) {
		int r;

		oom_after(n);
		r = layout_add_header(&l, second, 6, "f", NULL);
		refused = oom_stop();
		assert_int_equal(r, refused ? -ENOMEM : 0);
		assert_int_equal(l.count, refused ? 1 : 3);
		assert_int_equal(l.has_net, !refused);
	}
	layout_finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_refused_allocation_is_enomem_and_leaks_nothing),
		cmocka_unit_test(a_refused_header_leaves_the_layout_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
