#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "aws/resource/account.h"
#include "aws/resource/fields.h"
#include "aws/resource/verdict.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

enum { ALLOCATIONS_MAX = 1000, SAVED_MAX = 64 * 1024 };

#define VPC                                                                              \
	"{\"VpcId\":\"vpc-1\",\"Tags\":[{\"Key\":\"Name\",\"Value\":\"n\"},"             \
	"{\"Key\":\"a\",\"Value\":\"b\"}]}"

/* Takes every step anew with one allocation more, until none is refused. */
#define WITH_EACH_REFUSED(r, step)                                                       \
	do {                                                                             \
		bool refused = true;                                                     \
		for (unsigned n = 0; refused; n++) {                                     \
			oom_after(n);                                                    \
			(r) = (step);                                                    \
			refused = oom_stop();                                            \
			assert_int_equal((r), refused ? -ENOMEM : 0);                    \
			assert_true(n < ALLOCATIONS_MAX);                                \
		}                                                                        \
	} while (0)

static const struct resource_call *vpcs(void)
{
	size_t kind = 0;

	assert_int_equal(resource_kind_find(SPAN("ec2"), SPAN("vpcs"), &kind), 0);
	return resource_kind_call(kind);
}

static void an_inventory_is_built_when_there_is_memory(void **state)
{
	struct inventory_builder *b = NULL;
	struct inventory *v = NULL;
	int r;

	(void)state;
	oom_after(0);
	b = inventory_builder_new((struct instant){ 0 });
	assert_true(oom_stop());
	assert_null(b);
	b = inventory_builder_new((struct instant){ 0 });
	WITH_EACH_REFUSED(r, fields_add(b, vpcs(), "r", SPAN(VPC), NULL));
	/* The last one gives memory back: it may be refused. */
	r = -ENOMEM;
	for (unsigned n = 0; r == -ENOMEM; n++) {
		oom_after(n);
		r = inventory_builder_finish(b, &v);
		assert_true(oom_stop());
	}
	assert_int_equal(r, 0);
	assert_int_equal(inventory_count(v), 1);
	assert_true(span_eq(inventory_json(v, 0), SPAN(VPC "\n")));
	inventory_unref(v);
}

static void an_inventory_is_saved_and_loaded_when_there_is_memory(void **state)
{
	struct inventory_builder *b = inventory_builder_new((struct instant){ 0 });
	struct inventory *v = NULL, *loaded = NULL;
	struct buf bytes = BUF_INIT(SAVED_MAX);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), r;

	(void)state;
	assert_int_equal(fields_add(b, vpcs(), "r", SPAN(VPC), NULL), 0);
	assert_int_equal(inventory_builder_finish(b, &v), 0);
	WITH_EACH_REFUSED(r, inventory_save(v, &bytes));
	WITH_EACH_REFUSED(r, inventory_write(v, fd));
	(void)close(fd);
	WITH_EACH_REFUSED(r, inventory_load(buf_span(&bytes), &loaded));
	assert_int_equal(inventory_count(loaded), 1);
	inventory_unref(loaded);
	WITH_EACH_REFUSED(r, inventory_take(&bytes, 0, &loaded));
	assert_int_equal(inventory_count(loaded), 1);
	inventory_unref(loaded);
	inventory_unref(v);
	buf_finish(&bytes);
}

static struct part part_of(const char *json)
{
	struct part p = { .state = PART_THERE, .json = BUF_INIT(COMPOSE_BYTES_MAX) };

	assert_int_equal(buf_append_text(&p.json, json), 0);
	return p;
}

static int judge(const struct verdict_facts *facts)
{
	struct compose_list reasons;
	struct verdicts got;
	int r;

	compose_list_init(&reasons);
	r = verdicts_of(facts, &reasons, &got);
	compose_list_finish(&reasons);
	return r;
}

static void verdicts_are_found_when_there_is_memory(void **state)
{
	struct part acl = part_of("{\"Grants\":[{\"Grantee\":{\"URI\":"
				  "\"http://acs.amazonaws.com/groups/global/AllUsers\"},"
				  "\"Permission\":\"READ\"}]}");
	struct part policy = part_of("{\"IsPublic\":true}");
	struct part block = part_of("{\"IgnorePublicAcls\":true}");
	const struct verdict_facts facts = { &acl, &policy, &block };
	int r;

	(void)state;
	WITH_EACH_REFUSED(r, judge(&facts));
	part_finish(&acl);
	part_finish(&policy);
	part_finish(&block);
}

static void an_account_is_made_when_there_is_memory(void **state)
{
	struct auth_context context = { .clock = clock_system() };
	struct credential_provider keys = { 0 };
	const struct resource_account_options options = { .context = &context,
		.credentials = &keys,
		.account_id = "111122223333",
		.role_arn = "arn:aws:iam::111122223333:role/r",
		.external_id = "x" };
	struct resource_account *a = NULL;
	int r;

	(void)state;
	WITH_EACH_REFUSED(r, resource_account_new(&options, &a, NULL));
	resource_account_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inventory_is_built_when_there_is_memory),
		cmocka_unit_test(an_inventory_is_saved_and_loaded_when_there_is_memory),
		cmocka_unit_test(verdicts_are_found_when_there_is_memory),
		cmocka_unit_test(an_account_is_made_when_there_is_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
