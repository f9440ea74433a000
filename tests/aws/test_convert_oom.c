#include <errno.h>

#include "aws/resource/convert.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

#define XML                                                                              \
	"<DescribeVolumesResponse><volumeSet><item><size>8</size><new><a>1</a><a>2</a>"  \
	"</new><createTime>2026-11-01T12:00:00Z</createTime></item><item/></volumeSet>"  \
	"<nextToken>t</nextToken></DescribeVolumesResponse>"

#define ROLES                                                                            \
	"<ListRolesResponse><ListRolesResult><Roles><member><AssumeRolePolicyDocument>"  \
	"%7B%22a%22:[\"\\u00e4\",1.5]}</AssumeRolePolicyDocument></member><member>"      \
	"<AssumeRolePolicyDocument>[1</AssumeRolePolicyDocument></member></Roles>"       \
	"<IsTruncated>true</IsTruncated><Marker>m</Marker></ListRolesResult>"            \
	"</ListRolesResponse>"

/* xml has two elements. */
static void fail_each(const struct convert_call *call, struct span xml)
{
	bool refused = true;
	unsigned n = 0;

	for (; refused; n++) {
		struct convert_page page = { .count = 77 };
		int r;

		oom_after(n);
		r = convert_page(xml, call, &page, NULL);
		refused = oom_stop();
		assert_int_equal(r, refused ? -ENOMEM : 0);
		assert_int_equal(page.count, refused ? 77 : 2);
		if (!refused)
			convert_page_finish(&page);
		assert_true(n < 1000);
	}
	assert_true(n > 5);
}

static void no_memory_is_told_and_leaves_the_page_alone(void **state)
{
	(void)state;
	fail_each(&(struct convert_call){ "ec2", "DescribeVolumes", "Volumes[]" },
		SPAN(XML));
	fail_each(&(struct convert_call){ "iam", "ListRoles", "Roles[]" }, SPAN(ROLES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_told_and_leaves_the_page_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
