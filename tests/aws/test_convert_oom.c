#include <errno.h>

#include "aws/resource/convert.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

#define XML                                                                              \
	"<DescribeVolumesResponse><volumeSet><item><size>8</size><new><a>1</a><a>2</a>"  \
	"</new><createTime>2026-11-01T12:00:00Z</createTime></item><item/></volumeSet>"  \
	"<nextToken>t</nextToken></DescribeVolumesResponse>"

static void no_memory_is_told_and_leaves_the_page_alone(void **state)
{
	struct convert_call call = { "ec2", "DescribeVolumes", "Volumes[]" };
	bool refused = true;
	unsigned n = 0;

	(void)state;
	for (; refused; n++) {
		struct convert_page page = { .count = 77 };
		int r;

		oom_after(n);
		r = convert_page(SPAN(XML), &call, &page, NULL);
		refused = oom_stop();
		assert_int_equal(r, refused ? -ENOMEM : 0);
		assert_int_equal(page.count, refused ? 77 : 2);
		if (!refused)
			convert_page_finish(&page);
		assert_true(n < 1000);
	}
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_told_and_leaves_the_page_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
