#include "delivery_case.h"

#include "aws/object/folder.h"

void delivery_case_make(
	struct delivery_case *x, const char *root, const struct sandbox_file *tree)
{
	char path[SANDBOX_PATH];

	*x = (struct delivery_case){ 0 };
	sandbox_make(x->root);
	sandbox_fill(x->root, tree);
	sandbox_path(x->root, root ? root : "", path);
	assert_int_equal(folder_open(path, &x->source, NULL), 0);
	assert_int_equal(export_detect(x->source, &x->exports, NULL), 0);
	assert_true(x->exports.count > 0);
	assert_int_equal(
		export_months(x->source, &x->exports.items[0], &x->months, NULL), 0);
	assert_int_equal(x->months.count, 1);
}

void delivery_case_remove(struct delivery_case *x)
{
	month_list_finish(&x->months);
	export_list_finish(&x->exports);
	object_source_free(x->source);
	sandbox_remove(x->root);
}
