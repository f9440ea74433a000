/* Ingest end to end: chunks in memory to a month that is opened and read. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "month_case.h"

#define HEAD                                                                             \
	"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UsageStartDate,lineItem/" \
	"LineItemType,lineItem/ResourceId,product/region,lineItem/CurrencyCode,"         \
	"lineItem/UnblendedCost"

enum { MANY = 2500 };

/* Rows of several accounts, services, days, resources and tags; the numbers are any. */
static char *many_rows(unsigned chunk)
{
	struct buf b = BUF_INIT(64 * 1024 * 1024);

	assert_int_equal(buf_append_text(&b, HEAD ",resourceTags/user:team\n"), 0);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned x = (i + chunk * MANY) * 2654435761u >> 7;

		assert_int_equal(
			buf_appendf(&b,
				"%012u,S%u,2026-11-%02uT00:00:00Z,%s,%s%u,eu-%u,"
				"USD,%u.%09u,%s\n",
				x % 7, x / 7 % 5, 1 + x / 35 % 30,
				i % 50 ? "Usage" : "Tax", i % 11 ? "i-" : "", x % 3000,
				x % 4, x % 100, x % 1000000000, i % 3 ? "blue" : ""),
			0);
	}
	return buf_take(&b);
}

static void put_many(struct month_case *c, unsigned chunks)
{
	for (unsigned i = 0; i < chunks; i++)
		month_case_put(c, i, span_of(many_rows(i)));
}

static void free_many(struct month_case *c)
{
	for (size_t i = 0; i < c->source.count; i++)
		free((void *)(uintptr_t)c->objects[i].bytes);
}

static char *dump(struct month_case *c)
{
	struct month *m = month_case_month(c);
	char *text = month_dump(m);

	month_unref(m);
	return text;
}

static void the_same_month_whatever_the_threads(void **state)
{
	static const unsigned threads[] = { 2, 8, 100 };
	struct month_case *c = *state;
	char *want;

	put_many(c, 5);
	want = dump(c);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		c->threads = threads[i];
		assert_text(dump(c), want);
	}
	free(want);
	free_many(c);
}

/* gzip.compress(b"", mtime=0) of Python. */
static const char no_bytes[] = "\x1f\x8b\x08\0\0\0\0\0\x02\xff\x03\0\0\0\0\0\0\0\0\0";

static void a_packed_file_of_nothing_has_no_rows(void **state)
{
	static const char rows[] =
		HEAD "\n1,S,2026-11-02T00:00:00Z,Usage,i-1,eu-1,USD,2.5\n";
	const struct span blank = { no_bytes, sizeof(no_bytes) - 1 };
	struct month_case *c = *state;

	for (unsigned at = 0; at < 2; at++) {
		char *want;

		month_case_put(c, 0, at == 0 ? SPAN(HEAD "\n") : span_of(rows));
		month_case_put(c, 1, at == 1 ? SPAN(HEAD "\n") : span_of(rows));
		want = dump(c);
		month_case_put(c, at, blank);
		c->source.count = c->delivery.count = 2;
		assert_text(dump(c), want);
		free(want);
	}
	/* But somebody has to say what a row is. */
	month_case_remove(c);
	month_case_put(c, 0, blank);
	month_case_put(c, 1, blank);
	assert_int_equal(month_case_ingest(c), -EBADMSG);
	assert_string_equal(c->why.text,
		"chunk-00.csv: is empty, not even a header, as are all others");
	/* One that was cut is no such file. */
	month_case_put(c, 0, span_of(rows));
	month_case_put(c, 1, span_first(blank, blank.len - 1));
	assert_int_equal(month_case_ingest(c), -EBADMSG);
}

/* Handing over in the midst of a chunk, at every look. */
static void the_same_month_however_often_it_is_handed_over(void **state)
{
	static const size_t holds[] = { 1, 500000 };
	struct month_case *c = *state;
	char *want;

	put_many(c, 3);
	want = dump(c);
	for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
		c->hold_bytes = holds[i];
		c->threads = 1;
		assert_text(dump(c), want);
		c->threads = 3;
		assert_text(dump(c), want);
	}
	free(want);
	free_many(c);
}

static void sums_are_those_of_the_rows(void **state)
{
	static const char *const texts[] = {
		HEAD "\n"
		     "1,EC2,2026-11-02,Usage,i-1,eu-west-1,USD,0.1\n"
		     "1,EC2,2026-11-01,Usage,i-1,eu-west-1,USD,0.2\n"
		     "2,EC2,2026-11-01,Usage,i-2,,USD,1\n",
		HEAD "\n"
		     "1,S3,2026-11-05,Usage,b,eu-west-1,USD,5\n"
		     "1,EC2,,Tax,,,EUR,-0.3\n"
		     "1,EC2,2026-11-01,Usage,i-1,us-east-1,EUR,\n",
	};
	struct month_case *c = *state;
	struct month *m;
	uint32_t slice, first, account = 0;

	month_case_set(c, texts, ARRAY_LEN(texts));
	m = month_case_month(c);
	assert_int_equal(month_facts(m)->lines, 6);
	/* date -u -d 2026-11-01 +%s / 86400 */
	assert_int_equal(month_facts(m)->first_day.number, 20758);
	assert_int_equal(month_facts(m)->last_day.number, 20762);
	assert_int_equal(month_account_count(m), 2);
	assert_int_equal(month_service_count(m), 2);
	assert_int_equal(month_slice_count(m), 3);
	assert_int_equal(month_find_account(m, SPAN("1"), &account), 0);
	assert_int_equal(month_account_slices(m, account, &first), 2);
	assert_int_equal(first, 0);
	slice = month_slice_of(m, "1", "EC2");
	assert_text(month_sums(m, slice, DIM_CHARGE_TYPE),
		"Tax|EUR 1 -0.30\nUsage|EUR 1 \nUsage|USD 2 0.30\n");
	assert_text(month_sums(m, slice, DIM_REGION),
		"eu-west-1|USD 2 0.30\nus-east-1|EUR 1 \n|EUR 1 -0.30\n");
	assert_text(month_sums(m, slice, DIM_DAY),
		"2026-11-01|EUR 1 \n2026-11-01|USD 1 0.20\n2026-11-02|USD 1 0.10\n"
		"|EUR 1 -0.30\n");
	assert_text(month_sums(m, slice, DIM_RESOURCE),
		"_no-resource||EUR 1 -0.30\ni-1|eu-west-1|USD 2 0.30\ni-1|us-east-1|EUR "
		"1 \n");
	assert_text(month_sums(m, slice, DIM_UNTAGGED),
		"i-1|eu-west-1|USD 2 0.30\ni-1|us-east-1|EUR 1 \n");
	assert_text(month_sums(m, slice, DIM_CHARGE), "2||EUR 1 -0.30\n");
	assert_text(month_sums(m, slice, DIM_TAG), "");
	assert_text(month_rows(m, "1", "EC2"),
		"2026-11-02T00:00:00Z,,1,EC2,eu-west-1,,,,Usage,i-1,,,0.10,,0.10,,,USD,\n"
		"2026-11-01T00:00:00Z,,1,EC2,eu-west-1,,,,Usage,i-1,,,0.20,,0.20,,,USD,\n"
		",,1,EC2,,,,,Tax,,,,-0.30,,-0.30,,,EUR,\n"
		"2026-11-01T00:00:00Z,,1,EC2,us-east-1,,,,Usage,i-1,,,,,,,,EUR,\n");
	month_unref(m);
}

static void assert_same_sums(
	const struct month *a, const struct month *b, uint32_t slice, enum dim dim)
{
	char *want = month_sums(a, slice, dim);

	assert_text(month_sums(b, slice, dim), want);
	free(want);
}

static void assert_sums_alone_are_those_of(
	const struct month *whole, struct month_case *c)
{
	static const enum dim dims[] = { DIM_CHARGE_TYPE, DIM_REGION, DIM_USAGE_TYPE,
		DIM_OPERATION, DIM_DAY, DIM_CHARGE, DIM_INVOICE };
	struct month *sums = month_case_month(c);

	assert_int_equal(month_facts(whole)->sums.dims, 0);
	assert_int_equal(month_facts(sums)->sums.dims, DIMS_OF_SUMS);
	assert_string_equal(month_facts(sums)->id, month_facts(whole)->id);
	assert_int_equal(month_facts(sums)->lines, month_facts(whole)->lines);
	assert_int_equal(
		month_facts(sums)->last_day.number, month_facts(whole)->last_day.number);
	assert_int_equal(month_slice_count(sums), 35);
	assert_int_equal(month_slice_count(whole), 35);
	for (uint32_t i = 0; i < 35; i++) {
		for (size_t k = 0; k < ARRAY_LEN(dims); k++)
			assert_same_sums(whole, sums, i, dims[k]);
		assert_int_equal(month_slice(sums, i)->resource_count, 0);
		assert_int_equal(month_slice(sums, i)->bytes, 0);
		assert_text(month_sums(sums, i, DIM_TAG), "");
		assert_text(month_sums(sums, i, DIM_RESOURCE), "");
	}
	month_unref(sums);
}

static void sums_alone_are_those_of_the_whole_month(void **state)
{
	struct month_case *c = *state;
	struct month *whole;

	put_many(c, 3);
	whole = month_case_month(c);
	c->sums = sums_all();
	for (c->threads = 1; c->threads < 4; c->threads++)
		for (c->part_bytes = 0; c->part_bytes < 1000; c->part_bytes += 500)
			assert_sums_alone_are_those_of(whole, c);
	month_unref(whole);
	free_many(c);
}

static void sums_are_by_what_is_wanted(void **state)
{
	struct month_case *c = *state;
	struct month *whole, *sums;

	put_many(c, 3);
	whole = month_case_month(c);
	c->sums.dims = DIMS_BASE | 1 << DIM_DAY;
	sums = month_case_month(c);
	assert_int_equal(month_facts(sums)->sums.dims, DIMS_BASE | 1 << DIM_DAY);
	assert_int_equal(month_facts(sums)->lines, month_facts(whole)->lines);
	for (uint32_t i = 0; i < 35; i++) {
		assert_same_sums(whole, sums, i, DIM_CHARGE_TYPE);
		assert_same_sums(whole, sums, i, DIM_INVOICE);
		assert_same_sums(whole, sums, i, DIM_DAY);
		assert_text(month_sums(sums, i, DIM_REGION), "");
		assert_text(month_sums(sums, i, DIM_OPERATION), "");
	}
	month_unref(sums);
	month_unref(whole);
	free_many(c);
}

/* The columns of all chunks, in the order of their first appearance. */
static void chunks_may_have_different_columns(void **state)
{
	static const char *const texts[] = {
		"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UnblendedCost,"
		"identity/LineItemId\n1,A,1,x\n",
		"identity/TimeInterval,lineItem/UnblendedCost,lineItem/ProductCode,"
		"lineItem/UsageAccountId,resourceTags/user:k\ny,2,A,1,v\n",
	};
	struct month_case *c = *state;
	struct month *m;

	month_case_set(c, texts, ARRAY_LEN(texts));
	m = month_case_month(c);
	assert_true(span_ends(month_header(m),
		SPAN("invoice_id,identity_line_item_id,identity_time_interval,tag_k\n")));
	assert_text(month_rows(m, "1", "A"),
		",,1,A,,,,,,,,,1.00,,1.00,,,,,x,,\n,,1,A,,,,,,,,,2.00,,2.00,,,,,,y,v\n");
	assert_true(month_facts(m)->has_tags);
	month_unref(m);
}

#define CUR2 "line_item_usage_account_id,line_item_product_code,line_item_unblended_cost"

/* Keys differ between chunks and come in any order; columns are by name. */
static void maps_become_columns(void **state)
{
	static const char *const texts[] = {
		CUR2 ",resource_tags,product,line_item_line_item_description\n"
		     "1,A,1,\"{\"\"user_b\"\":\"\"b1\"\",\"\"user_a\"\":\"\"x,y\"\"}\","
		     "\"{\"\"sku\"\":\"\"s1\"\"}\",one\n"
		     "1,A,2,,,two\n",
		CUR2 ",resource_tags,product,line_item_line_item_description\n"
		     "1,A,4,\"{\"\"user_c\"\":\"\"c1\"\",\"\"user_b\"\":\"\"b2\"\"}\",{},"
		     "\"th,ree\"\n"
		     "1,A,8,{},\"{\"\"sku\"\":\"\"s\\u001f\\u001e\"\"}\",\n",
	};
	struct month_case *c = *state;

	month_case_set(c, texts, ARRAY_LEN(texts));
	for (c->threads = 1; c->threads < 3; c->threads++) {
		struct month *m = month_case_month(c);
		uint32_t slice = month_slice_of(m, "1", "A");

		assert_true(span_ends(month_header(m),
			SPAN("invoice_id,product_sku,tag_a,tag_b,tag_c,"
			     "line_item_line_item_description\n")));
		assert_text(month_rows(m, "1", "A"),
			",,1,A,,,,,,,,,1.00,,1.00,,,,,s1,\"x,y\",b1,,one\n"
			",,1,A,,,,,,,,,2.00,,2.00,,,,,,,,,two\n"
			",,1,A,,,,,,,,,4.00,,4.00,,,,,,,b2,c1,\"th,ree\"\n"
			",,1,A,,,,,,,,,8.00,,8.00,,,,,s  ,,,,\n");
		assert_text(month_sums(m, slice, DIM_TAG),
			"a|x,y| 1 1.00\nb|b1| 1 1.00\nb|b2| 1 4.00\nc|c1| 1 4.00\n");
		month_unref(m);
	}
}

/* Both are the tag k. */
static void two_spellings_of_a_tag_are_two_columns(void **state)
{
	static const char *const texts[] = {
		CUR2 ",resource_tags\n"
		     "1,A,1,\"{\"\"user_k\"\":\"\"v\"\",\"\"k\"\":\"\"w\"\"}\"\n"
		     "1,A,1,\"{\"\"k\"\":\"\"x\"\",\"\"user_k\"\":\"\"y\"\"}\"\n",
	};
	struct month_case *c = *state;
	struct month *m;

	month_case_set(c, texts, ARRAY_LEN(texts));
	m = month_case_month(c);
	assert_true(span_ends(month_header(m), SPAN("invoice_id,tag_k,tag_k_2\n")));
	assert_text(month_rows(m, "1", "A"),
		",,1,A,,,,,,,,,1.00,,1.00,,,,,v,w\n,,1,A,,,,,,,,,1.00,,1.00,,,,,y,x\n");
	month_unref(m);
}

static void a_split_row_counts_in_its_own_sums_only(void **state)
{
	static const char *const texts[] = {
		CUR2 ",line_item_operation,line_item_line_item_type,line_item_resource_"
		     "id,split_line_item_split_cost,split_line_item_unused_cost\n"
		     "1,EKS,9,EKSPod-EC2,Usage,pod-1,0.5,0.25\n"
		     "1,EKS,9,EKSPod-EC2,Usage,pod-1,0.5,\n"
		     "1,EKS,3,RunInstances,Usage,i-1,,\n",
	};
	struct month_case *c = *state;
	struct month *m;
	uint32_t slice;
	size_t count;

	month_case_set(c, texts, ARRAY_LEN(texts));
	m = month_case_month(c);
	slice = month_slice_of(m, "1", "EKS");
	assert_text(month_sums(m, slice, DIM_OPERATION),
		"EKSPod-EC2| 2 \nRunInstances| 1 3.00\n");
	assert_text(month_sums(m, slice, DIM_SPLIT), "EKSPod-EC2|pod-1| 2 1.00\n");
	const struct entry *e = month_entries(m, slice, DIM_SPLIT, &count);
	assert_int_equal(count, 1);
	assert_true(e->cost[SPLIT_UNUSED_COST].units == 250000000000000000);
	assert_int_equal(e->filled[SPLIT_UNUSED_COST], 1);
	assert_int_equal(e->filled[SPLIT_NET_COST], 0);
	month_unref(m);
}

#define ARN(region) "arn:aws:lambda:" region ":111122223333:function:f"
#define LONG_50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
#define LONG_ARN(region) ARN(region) LONG_50 LONG_50 LONG_50 LONG_50

/* Every resource has a name of its own, which finds it. */
static void resources_of_one_name_are_told_apart(void **state)
{
	static const char *const texts[] = {
		HEAD
		"\n"
		"1,L,,Usage," ARN(
			"us-east-1") ",us-east-1,USD,1\n"
				     "1,L,,Usage," ARN(
					     "eu-west-1") ",eu-west-1,USD,2\n"
							  "1,L,,Usage," LONG_ARN(
								  "us-east-1") ",us-east-"
									       "1,USD,"
									       "4\n",
		HEAD
		"\n"
		"1,L,,Usage," LONG_ARN(
			"eu-west-1") ",eu-west-1,USD,8\n"
				     "1,L,,Usage,function:f,,USD,16\n"
				     "1,L,,Usage,,,USD,32\n"
				     "2,L,,Usage," ARN("us-east-1") ",us-east-1,USD,64\n",
	};
	struct month_case *c = *state;

	month_case_set(c, texts, ARRAY_LEN(texts));
	for (c->threads = 1; c->threads < 3; c->threads++) {
		struct month *m = month_case_month(c);
		uint32_t slice = month_slice_of(m, "1", "L"), found;
		const struct month_slice *s = month_slice(m, slice);
		const struct month_resource *r = month_resources(m, slice);

		assert_int_equal(s->resource_count, 6);
		for (uint32_t i = 0; i < s->resource_count; i++) {
			struct span dir = month_text(m, r[i].dir);

			assert_true(dir.len <= 255);
			found = 99;
			assert_int_equal(month_find_resource(m, slice, dir, &found), 0);
			assert_int_equal(found, i);
			if (i > 0)
				assert_true(
					span_cmp(month_text(m, r[i - 1].dir), dir) < 0);
		}
		assert_int_equal(month_find_resource(m, slice,
					 SPAN("function%3Af~us-east-1"), &found),
			0);
		assert_true(
			span_eq(month_text(m, r[found].id), span_of(ARN("us-east-1"))));
		assert_int_equal(
			month_find_resource(m, slice, SPAN("_no-resource"), &found), 0);
		assert_int_equal(
			month_find_resource(m, slice, SPAN("absent"), &found), -ENOENT);
		/* Alone in its slice, it has the bare name. */
		assert_int_equal(month_find_resource(m, month_slice_of(m, "2", "L"),
					 SPAN("function%3Af"), &found),
			0);
		month_unref(m);
	}
}

/* The code of one is what the other's name and code make. */
static void services_of_one_name_are_told_apart(void **state)
{
	static const char *const text[] = {
		"lineItem/UsageAccountId,lineItem/ProductCode,product/ProductName,"
		"bill/BillingEntity,lineItem/UnblendedCost\n"
		"1,5x,Mongo DB,AWS Marketplace,1\n"
		"1,Mongo-DB_5x,,AWS,2\n"
		"1,5y,Mongo DB,AWS Marketplace,4\n",
	};
	/* printf 5x | sha256sum, and of Mongo-DB_5x. */
	static const char *const dirs[][2] = { { "5x", "Mongo-DB_5x~ff6a421c6ea3" },
		{ "5y", "Mongo-DB_5y" }, { "Mongo-DB_5x", "Mongo-DB_5x~5bdd96511598" } };
	struct month_case *c = *state;
	struct month *m;

	month_case_set(c, text, 1);
	m = month_case_month(c);
	assert_int_equal(month_service_count(m), ARRAY_LEN(dirs));
	for (uint32_t i = 0; i < ARRAY_LEN(dirs); i++) {
		const struct month_service *s = month_service(m, i);

		assert_true(span_eq(month_text(m, s->code), span_of(dirs[i][0])));
		assert_true(span_eq(month_text(m, s->dir), span_of(dirs[i][1])));
	}
	month_unref(m);
}

static void an_id_of_a_megabyte_has_a_name(void **state)
{
	struct month_case *c = *state;
	struct buf b = BUF_INIT(4 * 1024 * 1024);
	struct month *m;
	uint32_t slice;

	assert_int_equal(buf_append_text(&b, HEAD "\n1,"), 0);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf_append_byte(&b, ':'), 0);
	assert_int_equal(buf_append_text(&b, ",,Usage,"), 0);
	for (size_t i = 0; i < 1024 * 1024; i++)
		assert_int_equal(buf_append_byte(&b, '/'), 0);
	assert_int_equal(buf_append_text(&b, ",eu-west-1,USD,1\n"), 0);
	month_case_put(c, 0, buf_span(&b));
	m = month_case_month(c);
	slice = 0;
	assert_int_equal(month_text(m, month_resources(m, slice)->id).len, 1024 * 1024);
	assert_true(month_text(m, month_resources(m, slice)->dir).len <= 255);
	assert_true(month_text(m, month_service(m, 0)->dir).len <= 255);
	month_unref(m);
	buf_finish(&b);
}

static void the_latest_name_is_shown(void **state)
{
	static const char *const texts[] = {
		CUR2 ",line_item_usage_account_name,line_item_usage_start_date\n"
		     "1,A,1,newest,2026-11-20\n1,A,1,,2026-11-25\n",
		CUR2 ",line_item_usage_account_name,line_item_usage_start_date\n"
		     "1,A,1,oldest,2026-11-01\n1,A,1,newer,2026-11-20\n",
	};
	struct month_case *c = *state;

	month_case_set(c, texts, ARRAY_LEN(texts));
	for (c->threads = 1; c->threads < 3; c->threads++) {
		struct month *m = month_case_month(c);

		assert_true(span_eq(
			month_text(m, month_account(m, 0)->name), SPAN("newest")));
		month_unref(m);
	}
}

static void chunks_without_rows_are_a_month_without_lines(void **state)
{
	static const char *const texts[] = { HEAD "\n", HEAD };
	struct month_case *c = *state;

	for (unsigned count = 0; count <= ARRAY_LEN(texts); count++) {
		struct month *m;
		uint32_t ret;

		month_case_set(c, texts, count);
		m = month_case_month(c);
		assert_int_equal(month_facts(m)->lines, 0);
		assert_int_equal(month_facts(m)->first_day.number, DAY_NONE);
		assert_int_equal(month_account_count(m), 0);
		assert_int_equal(month_service_count(m), 0);
		assert_int_equal(month_slice_count(m), 0);
		assert_int_equal(month_find_account(m, SPAN("1"), &ret), -ENOENT);
		assert_int_equal(month_find_service(m, SPAN("1"), &ret), -ENOENT);
		assert_int_equal(month_find_slice(m, 0, 0, &ret), -ENOENT);
		assert_true(span_ends(month_header(m), SPAN("invoice_id\n")));
		month_unref(m);
	}
}

static void the_first_bad_file_is_named_whatever_the_timing(void **state)
{
	struct month_case *c = *state;
	static const char bad[] = HEAD "\n1,A,,Usage,,,USD,1\n1,A,,Usage,,,USD,x\n";

	put_many(c, 6);
	for (unsigned i = 1; i < 6; i += 2) {
		free((void *)(uintptr_t)c->objects[i].bytes);
		c->objects[i].bytes = strdup(bad);
		month_case_put(c, i, span_of(c->objects[i].bytes));
	}
	c->source.count = c->delivery.count = 6;
	for (unsigned i = 0; i < 12; i++) {
		c->threads = 1 + i % 4 * 2;
		assert_int_equal(month_case_ingest(c), -EBADMSG);
		if (!span_starts(span_of(c->why.text), SPAN("chunk-01.csv: row 3: ")))
			fail_msg("%s", c->why.text);
		assert_int_equal(month_case_files(c), 0);
	}
	free_many(c);
}

/* The sum is that of the third row, which is row 4 of the file; or of no row but of
 * files. */
static void a_sum_that_does_not_fit_says_where(void **state)
{
#define HUGE_COST "100000000000000000000.00"
	static const char *const one[] = { HEAD "\n"
						"1,A,,Usage,,,USD," HUGE_COST "\n"
						"1,A,,Usage,,,EUR," HUGE_COST "\n"
						"1,A,,Usage,,,USD," HUGE_COST "\n" };
	static const char *const two[] = {
		HEAD "\n1,A,,Usage,,,USD," HUGE_COST "\n",
		HEAD "\n1,A,,Usage,,,USD," HUGE_COST "\n",
	};
	struct month_case *c = *state;

	month_case_set(c, one, 1);
	assert_int_equal(month_case_ingest(c), -ERANGE);
	assert_string_equal(
		c->why.text, "chunk-00.csv: row 4: the sum of costs does not fit");
	month_case_set(c, two, 2);
	assert_int_equal(month_case_ingest(c), -ERANGE);
	assert_string_equal(c->why.text, "chunk-01.csv: the sum of costs does not fit");
	assert_int_equal(month_case_files(c), 0);
}

static void what_the_source_says_is_passed_on(void **state)
{
	struct month_case *c = *state;

	put_many(c, 2);
	c->source.fail_at = 66000;
	c->source.fail_error = -ECONNRESET;
	assert_int_equal(month_case_ingest(c), -ECONNRESET);
	assert_string_equal(c->why.text, "chunk-00.csv: read fails");
	assert_int_equal(month_case_files(c), 0);
	c->source.fail_error = 0;
	c->source.change_at = 66000;
	assert_int_equal(month_case_ingest(c), -ESTALE);
	assert_int_equal(month_case_files(c), 0);
	free_many(c);
}

static void a_stop_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;
	static const atomic_bool stop = true;

	put_many(c, 2);
	c->stop = &stop;
	for (c->threads = 1; c->threads < 4; c->threads++) {
		assert_int_equal(month_case_ingest(c), -ECANCELED);
		assert_int_equal(month_case_files(c), 0);
	}
	free_many(c);
}

static void what_is_there_already_is_left_alone(void **state)
{
	struct month_case *c = *state;
	static const char *const texts[] = { HEAD "\n" };
	static const char *const names[] = { "m.data", "m.cube" };

	month_case_set(c, texts, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int fd =
			openat(c->dir_fd, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(month_case_ingest(c), -EEXIST);
		assert_int_equal(month_case_files(c), 1);
		assert_int_equal(unlinkat(c->dir_fd, names[i], 0), 0);
	}
}

/* A file may not grow: as a full disk, at every stage of the writing. */
static void a_disk_without_room_leaves_nothing_behind(void **state)
{
	struct month_case *c = *state;
	struct rlimit before, now;
	unsigned refused = 0;

	put_many(c, 2);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 0; limit < 8 * 1024 * 1024; limit = limit * 2 + 5000) {
		int r;

		now = (struct rlimit){ limit, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
		r = month_case_ingest(c);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		if (r == 0)
			break;
		refused++;
		assert_int_equal(r, -EFBIG);
		assert_int_equal(month_case_files(c), 0);
	}
	assert_true(refused > 3);
	assert_int_equal(month_case_files(c), 2);
	free_many(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, month_case_setup, month_case_teardown)
		CASE(the_same_month_whatever_the_threads),
		CASE(a_packed_file_of_nothing_has_no_rows),
		CASE(the_same_month_however_often_it_is_handed_over),
		CASE(sums_are_those_of_the_rows),
		CASE(sums_alone_are_those_of_the_whole_month),
		CASE(sums_are_by_what_is_wanted),
		CASE(chunks_may_have_different_columns),
		CASE(maps_become_columns),
		CASE(two_spellings_of_a_tag_are_two_columns),
		CASE(a_split_row_counts_in_its_own_sums_only),
		CASE(resources_of_one_name_are_told_apart),
		CASE(services_of_one_name_are_told_apart),
		CASE(an_id_of_a_megabyte_has_a_name),
		CASE(the_latest_name_is_shown),
		CASE(chunks_without_rows_are_a_month_without_lines),
		CASE(the_first_bad_file_is_named_whatever_the_timing),
		CASE(a_sum_that_does_not_fit_says_where),
		CASE(what_the_source_says_is_passed_on),
		CASE(a_stop_leaves_nothing_behind),
		CASE(what_is_there_already_is_left_alone),
		CASE(a_disk_without_room_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
