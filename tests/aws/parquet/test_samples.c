/* Files that DuckDB wrote (tests/data/parquet/make.sql): all their values, as that script
 * has them. Usage: test_samples FOLDER */
#include "tests/cmocka.h"

#include <errno.h>
#include <stdio.h>

#include "aws/export/parquet/codec.h"
#include "tests/aws/parquet/case.h"

static const char *folder;

static void load(const char *name, struct buf *ret)
{
	struct buf path = BUF_INIT(4096);
	FILE *f;

	assert_int_equal(buf_appendf(&path, "%s/%s.parquet", folder, name), 0);
	f = fopen(buf_text(&path), "rbe");
	assert_non_null(f);
	assert_int_equal(buf_reserve(ret, 1 << 20), 0);
	ret->len = fread(ret->p, 1, 1 << 20, f);
	(void)fclose(f);
	buf_finish(&path);
}

static void read_sample(const char *name, struct buf *ret)
{
	struct buf file = BUF_INIT(1 << 20);
	struct fault why = { 0 };
	int r;

	load(name, &file);
	r = case_read(buf_span(&file), NULL, ret, &why);
	if (r < 0)
		fail_msg("%s: %d %s", name, r, why.text);
	buf_finish(&file);
}

static void all_types_of_all_writers_are_read(void **state)
{
	static const char *const names[] = { "v1_snappy", "v1_gzip", "v1_brotli",
		"v2_zstd", "v2_lz4_raw" };
	static const char wanted[] =
		"1,AmazonEC2,0.1,-1.5,true,-128,65535,18446744073709551615,1.05,"
		"-0.0001,99999999999999999999.0000000001,2026-11-23,"
		"2026-11-23T14:00:00.500Z,2026-11-23T14:00:00Z,23:59:59.000001,"
		"00112233-4455-6677-8899-aabbccddeeff,\\x00\\xff,"
		"[user:owner=ops;env=],[EDP=0.25],[1;NULL;3]\n"
		"2,,1e-9,3.4028235e38,false,127,0,0,-9999999.99,12345678901234.5678,"
		"0.0000000000,1970-01-01,1969-12-31T23:59:59.999999Z,"
		"0001-01-01T00:00:00Z,00:00:00,ffffffff-ffff-ffff-ffff-ffffffffffff,,"
		"[],[a=NULL],[]\n"
		"3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
		"NULL,NULL,NULL,NULL,NULL,NULL\n"
		"4,K\\xc3\\xa4se, \"x\",12345678.9,0.1,true,1,1,1,0.00,0.0000,"
		"-1.5000000000,9999-12-31,2000-02-29T12:34:56.789Z,"
		"2000-01-01T00:00:00Z,12:00:00.500,"
		"00000000-0000-0000-0000-000000000000,abc,[k=NULL],[b=1e300],[7]\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf got = BUF_INIT(1 << 16);

		if (strstr(names[i], "brotli") && !codec_is_known(CODEC_BROTLI))
			continue;
		print_message("%s\n", names[i]);
		read_sample(names[i], &got);
		if (!span_eq(buf_span(&got), span_of(wanted)))
			fail_msg("got\n%.*s", SPAN_ARG(buf_span(&got)));
		buf_finish(&got);
	}
}

static void put_wanted(struct buf *b)
{
	static const char *const costs[] = { "0", "0.25", "0.5", "0.75", "1", "1.25",
		"1.5", "1.75", "2", "2.25", "2.5" };

	for (int i = 0; i < 3000; i++) {
		int r = buf_appendf(b, "%d,", i);

		if (r == 0)
			r = i % 5 ? buf_appendf(b, "service-%d", i % 7)
				  : buf_append_text(b, "NULL");
		if (r == 0)
			r = buf_appendf(b, ",%s,", costs[i % 11]);
		if (r == 0)
			r = i % 9 ? buf_appendf(b, "[k%d=%d;all=NULL]\n", i % 3, i % 4)
				  : buf_append_text(b, "NULL\n");
		assert_int_equal(r, 0);
	}
}

static void dictionaries_and_row_groups_are_read(void **state)
{
	static const char *const names[] = { "many_v1_snappy", "many_v2_zstd" };
	struct buf wanted = BUF_INIT(1 << 20);

	(void)state;
	put_wanted(&wanted);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf got = BUF_INIT(1 << 20);

		print_message("%s\n", names[i]);
		read_sample(names[i], &got);
		assert_int_equal(got.len, wanted.len);
		assert_memory_equal(got.p, wanted.p, got.len);
		buf_finish(&got);
	}
	buf_finish(&wanted);
}

static void samples_that_are_cut_anywhere_are_refused(void **state)
{
	static const char *const names[] = { "v1_snappy", "v1_gzip", "v2_zstd",
		"v2_lz4_raw", "many_v2_zstd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf file = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);

		print_message("%s\n", names[i]);
		load(names[i], &file);
		for (size_t len = 0; len < file.len; len++) {
			struct fault why = { 0 };
			int r = case_read(
				span_first(buf_span(&file), len), NULL, &got, &why);

			assert_int_equal(r, -EBADMSG);
			assert_int_equal(got.len, 0);
		}
		buf_finish(&file);
		buf_finish(&got);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types_of_all_writers_are_read),
		cmocka_unit_test(dictionaries_and_row_groups_are_read),
		cmocka_unit_test(samples_that_are_cut_anywhere_are_refused),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
