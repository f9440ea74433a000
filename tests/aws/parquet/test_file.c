/* Whole files, made by hand: what is read of them. */
#include "tests/cmocka.h"

#include <errno.h>
#include <snappy-c.h>

#include "tests/aws/parquet/case.h"

enum { INT32 = 1, INT64 = 2, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { REQUIRED, OPTIONAL, REPEATED };
enum { DATA, INDEX, DICTIONARY, DATA_V2 };
enum { PLAIN = 0, RLE_DICTIONARY = 8, BIT_PACKED = 4 };
enum { SNAPPY = 1 };

#define BODY(...)                                                                        \
	((struct span){ (const char *)(const unsigned char[]){ __VA_ARGS__ },            \
		sizeof((const unsigned char[]){ __VA_ARGS__ }) })

/* Reads it in several ways; all have to give the same. */
static void check(const struct made_file *m, const char *wanted)
{
	static const struct reading ways[] = { { 0 }, { .read_max = 1 },
		{ .read_max = 2 }, { .read_max = 3 }, { .options = { .fetch_bytes = 1 } },
		{ .read_max = 1, .options = { .fetch_bytes = 1 } } };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct buf got = BUF_INIT(1 << 20);
		struct fault why = { 0 };
		int r = case_read(buf_span(&m->bytes), &ways[i], &got, &why);

		if (r < 0 || !span_eq(buf_span(&got), span_of(wanted)))
			fail_msg("way %zu: %d %s\ngot\n%.*swanted\n%s", i, r, why.text,
				SPAN_ARG(buf_span(&got)), wanted);
		buf_finish(&got);
	}
}

static void required_values_are_read(void **state)
{
	struct buf texts = BUF_INIT(1 << 10), numbers = BUF_INIT(1 << 10);
	struct made_file m;

	(void)state;
	made_begin(&m);
	made_root(&m, 2);
	made_text_column(&m, "service", REQUIRED);
	made_element(&m,
		&(struct made_element){
			.name = "cost", .type = DOUBLE, .converted = -1 });
	made_text(&texts, "AmazonEC2");
	made_text(&texts, "");
	made_page(&m, &(struct made_page){ .values = 2, .body = buf_span(&texts) });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 2 });
	made_u64(&numbers, 0x3fb999999999999a);
	made_u64(&numbers, 0);
	made_page(&m, &(struct made_page){ .values = 2, .body = buf_span(&numbers) });
	made_chunk(&m, &(struct made_chunk){ .type = DOUBLE, .values = 2 });
	made_group(&m, 2);
	made_end_file(&m);
	check(&m, "AmazonEC2,0.1\n,0\n");
	buf_finish(&texts);
	buf_finish(&numbers);
	made_finish(&m);
}

/* One optional column of texts. */
static void optional_texts(struct made_file *m)
{
	made_begin(m);
	made_root(m, 1);
	made_text_column(m, "t", OPTIONAL);
}

static void end_column(struct made_file *m, const struct made_chunk *c)
{
	made_chunk(m, c);
	made_group(m, c->values);
	made_end_file(m);
}

static void null_is_told_from_the_empty_text(void **state)
{
	/* Levels 1 0 1: in runs; then by the older form, the highest bit first. */
	const struct span bodies[] = {
		BODY(2, 0, 0, 0, 3, 5, 0, 0, 0, 0, 1, 0, 0, 0, 'x'),
		BODY(0xa0, 0, 0, 0, 0, 1, 0, 0, 0, 'x'),
	};
	static const int encodings[] = { 3, BIT_PACKED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct made_file m;

		optional_texts(&m);
		made_page(&m,
			&(struct made_page){ .values = 3,
				.body = bodies[i],
				.def_encoding = encodings[i] });
		end_column(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 3 });
		check(&m, "\nNULL\nx\n");
		made_finish(&m);
	}
}

static struct span two_texts(struct buf *b)
{
	made_text(b, "one");
	made_text(b, "two");
	return buf_span(b);
}

/* As AWS's own writer has it: no offset of the dictionary, which comes first. */
static void a_dictionary_is_found_where_data_should_be(void **state)
{
	struct buf texts = BUF_INIT(1 << 10);
	struct span dictionary = two_texts(&texts);

	(void)state;
	for (int has_offset = 0; has_offset < 2; has_offset++) {
		struct made_file m;

		optional_texts(&m);
		made_page(&m,
			&(struct made_page){
				.type = DICTIONARY, .values = 2, .body = dictionary });
		/* Levels 1 1 0 1; indexes of one bit: 1 0 1 */
		made_page(&m,
			&(struct made_page){ .type = DATA_V2,
				.values = 4,
				.encoding = RLE_DICTIONARY,
				.def_bytes = 2,
				.body = BODY(3, 0x0b, 1, 3, 5) });
		end_column(&m,
			&(struct made_chunk){ .type = BYTE_ARRAY,
				.values = 4,
				.has_dictionary_offset = has_offset });
		check(&m, "two\none\nNULL\ntwo\n");
		made_finish(&m);
	}
	buf_finish(&texts);
}

/* PARQUET-816: the length of a chunk lacked the head of its dictionary. */
static void chunks_of_early_writers_are_longer_than_they_say(void **state)
{
	static const struct {
		struct span writer;
		int result;
	} cases[] = { { { "parquet-mr version 1.2.8 (build x)", 34 }, 0 },
		{ { "parquet-mr (build x)", 20 }, 0 }, { { "", 0 }, 0 },
		{ { "parquet-mr version 1.20.0", 25 }, -EBADMSG },
		{ { "parquet-mr version 1.8.2-SNAPSHOT", 33 }, -EBADMSG },
		{ { "made by hand", 12 }, -EBADMSG } };
	struct buf texts = BUF_INIT(1 << 10), read = BUF_INIT(1 << 10);
	struct span dictionary = two_texts(&texts);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_file m;

		print_message("  %.*s\n", SPAN_ARG(cases[i].writer));
		optional_texts(&m);
		m.created_by = cases[i].writer;
		made_page(&m,
			&(struct made_page){
				.type = DICTIONARY, .values = 2, .body = dictionary });
		made_page(&m,
			&(struct made_page){ .type = DATA_V2,
				.values = 4,
				.encoding = RLE_DICTIONARY,
				.def_bytes = 2,
				.body = BODY(3, 0x0b, 1, 3, 5) });
		end_column(&m,
			&(struct made_chunk){ .type = BYTE_ARRAY,
				.values = 4,
				.len = (int64_t)(m.bytes.len - m.chunk_start) - 12 });
		buf_clear(&read);
		assert_int_equal(case_read(buf_span(&m.bytes), NULL, &read, NULL),
			cases[i].result);
		if (cases[i].result == 0)
			assert_true(
				span_eq(buf_span(&read), SPAN("two\none\nNULL\ntwo\n")));
		made_finish(&m);
	}
	buf_finish(&texts);
	buf_finish(&read);
}

static void indexes_name_the_texts_of_a_dictionary(void **state)
{
	const uint32_t pick = 0;
	struct buf texts = BUF_INIT(1 << 10);
	struct parquet_batch batch;
	const struct parquet_cells *cells;
	struct object_info info;
	struct memory_object o;
	struct memory_source s;
	struct made_file m;
	struct parquet *p;
	char key[] = "x";

	(void)state;
	optional_texts(&m);
	made_page(&m,
		&(struct made_page){
			.type = DICTIONARY, .values = 2, .body = two_texts(&texts) });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 4,
			.encoding = RLE_DICTIONARY,
			.def_bytes = 2,
			.body = BODY(3, 0x0b, 1, 3, 5) });
	end_column(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 4 });
	o = (struct memory_object){ "x", m.bytes.p, m.bytes.len };
	memory_source_init(&s, &o, 1);
	info = memory_info_of(&s, &o, key);
	assert_int_equal(parquet_open(&s.base, &info, NULL, &p, NULL), 0);
	assert_int_equal(parquet_rows(p), 4);
	assert_true(span_eq(parquet_created_by(p), SPAN("made by hand")));
	assert_int_equal(parquet_pick(p, &pick, 1, NULL), 0);
	assert_int_equal(parquet_begin(p, 0, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), 1);
	assert_int_equal(batch.rows, 4);
	cells = &batch.columns[0].values;
	assert_int_equal(cells->dictionary_count, 2);
	assert_int_not_equal(cells->dictionary, 0);
	assert_int_equal(cells->indexes[0], 1);
	assert_int_equal(cells->indexes[1], 0);
	assert_int_equal(cells->indexes[2], 2);
	assert_null(cells->texts[2].p);
	assert_int_equal(parquet_next(p, &batch, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), 0);
	parquet_close(p);
	buf_finish(&texts);
	made_finish(&m);
}

/* Within one batch: dictionary, plain, dictionary; and a page of nulls without anything,
 * one without values, an index page and one of a kind that nobody knows. */
static void pages_of_all_kinds_follow_each_other(void **state)
{
	struct buf texts = BUF_INIT(1 << 10);
	struct made_file m;

	(void)state;
	optional_texts(&m);
	made_page(&m, &(struct made_page){ .type = INDEX, .body = SPAN("whatever") });
	made_page(&m,
		&(struct made_page){
			.type = DICTIONARY, .values = 2, .body = two_texts(&texts) });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 2,
			.encoding = RLE_DICTIONARY,
			.def_bytes = 2,
			.body = BODY(4, 1, 1, 3, 2) });
	made_page(&m, &(struct made_page){ .type = DATA_V2, .values = 0 });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 2,
			.def_bytes = 2,
			.body = BODY(4, 0) });
	made_page(&m, &(struct made_page){ .type = 8, .body = SPAN("\1\2\3") });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 2,
			.def_bytes = 2,
			.body = BODY(3, 2, 2, 0, 0, 0, 'h', 'i') });
	made_page(&m,
		&(struct made_page){ .values = 1,
			.encoding = 2,
			.body = BODY(2, 0, 0, 0, 2, 1, 0, 2) });
	end_column(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 7 });
	check(&m, "one\ntwo\nNULL\nNULL\nNULL\nhi\none\n");
	buf_finish(&texts);
	made_finish(&m);
}

static void levels_of_the_second_version_are_not_compressed(void **state)
{
	struct span plain = BODY(3, 0, 0, 0, 'a', 'b', 'c');
	char body[100] = { 2, 1 };
	size_t len = sizeof(body) - 2;
	struct made_file m;

	(void)state;
	assert_int_equal(snappy_compress(plain.p, plain.len, body + 2, &len), 0);
	optional_texts(&m);
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 1,
			.def_bytes = 2,
			.body = { body, 2 + len },
			.bytes = 9,
			.crc = MADE_CRC_RIGHT });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 1,
			.def_bytes = 2,
			.body = BODY(2, 1, 1, 0, 0, 0, 'd'),
			.says_raw = true,
			.crc = MADE_CRC_RIGHT });
	end_column(&m,
		&(struct made_chunk){ .type = BYTE_ARRAY, .values = 2, .codec = SNAPPY });
	check(&m, "abc\nd\n");
	made_finish(&m);
}

static void map_schema(struct made_file *m)
{
	made_begin(m);
	made_root(m, 1);
	made_element(m,
		&(struct made_element){ .name = "tags",
			.type = -1,
			.repetition = OPTIONAL,
			.children = 1,
			.converted = 1 });
	made_element(m,
		&(struct made_element){ .name = "key_value",
			.type = -1,
			.repetition = REPEATED,
			.children = 2,
			.converted = -1 });
	made_text_column(m, "key", REQUIRED);
	made_text_column(m, "value", OPTIONAL);
}

/* Rows: {a: 1, b: null}, null, {}, {c: 2, d: 3}; the last is cut by a page. Levels of
 * keys (rep, def): 0 2, 1 2; 0 0; 0 1; 0 2, 1 2. Of values: 0 3, 1 2; 0 0; 0 1; 0 3, 1 3.
 */
static void maps_are_read(void **state)
{
	struct made_file m;

	(void)state;
	map_schema(&m);
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 5,
			.rep_bytes = 2,
			.def_bytes = 3,
			.body = BODY(3, 0x02, 3, 0x0a, 0x02, 1, 0, 0, 0, 'a', 1, 0, 0, 0,
				'b', 1, 0, 0, 0, 'c') });
	made_page(&m,
		&(struct made_page){ .values = 1,
			.body = BODY(
				2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 2, 2, 1, 0, 0, 0, 'd') });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 6 });
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 6,
			.rep_bytes = 2,
			.def_bytes = 3,
			.body = BODY(3, 0x22, 3, 0x4b, 0x0f, 1, 0, 0, 0, '1', 1, 0, 0, 0,
				'2', 1, 0, 0, 0, '3') });
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY, .values = 6 });
	made_group(&m, 4);
	made_end_file(&m);
	check(&m, "[a=1;b=NULL]\nNULL\n[]\n[c=2;d=3]\n");
	made_finish(&m);
}

/* A map within a list, beside one that can be read. */
static void what_is_nested_deeper_cannot_be_picked(void **state)
{
	struct buf got = BUF_INIT(1 << 10);
	struct fault why = { 0 };
	struct made_file m;

	(void)state;
	made_begin(&m);
	made_root(&m, 1);
	made_element(&m,
		&(struct made_element){ .name = "outer",
			.type = -1,
			.repetition = REPEATED,
			.children = 1,
			.converted = -1 });
	made_text_column(&m, "inner", REPEATED);
	made_chunk(&m, &(struct made_chunk){ .type = BYTE_ARRAY });
	made_group(&m, 0);
	made_end_file(&m);
	assert_int_equal(case_read(buf_span(&m.bytes), NULL, &got, &why), -ENOTSUP);
	assert_string_equal(why.text,
		"x: column \"outer.inner\": has lists in lists, which are not read");
	buf_finish(&got);
	made_finish(&m);
}

static void lists_and_members_are_columns(void **state)
{
	struct made_file m;

	(void)state;
	made_begin(&m);
	made_root(&m, 2);
	made_element(&m,
		&(struct made_element){ .name = "list",
			.type = -1,
			.repetition = OPTIONAL,
			.children = 1,
			.converted = 3 });
	made_element(&m,
		&(struct made_element){ .name = "list",
			.type = -1,
			.repetition = REPEATED,
			.children = 1,
			.converted = -1 });
	made_element(&m,
		&(struct made_element){
			.name = "element", .type = INT32, .converted = -1 });
	made_element(&m,
		&(struct made_element){ .name = "outer",
			.type = -1,
			.repetition = OPTIONAL,
			.children = 1,
			.converted = -1 });
	made_element(&m,
		&(struct made_element){ .name = "n",
			.type = INT64,
			.repetition = OPTIONAL,
			.converted = -1 });
	/* [7, -1], null, []; rep 0 1 0 0, def 2 2 0 1. */
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 4,
			.rep_bytes = 2,
			.def_bytes = 3,
			.body = BODY(
				3, 0x02, 3, 0x4a, 0, 7, 0, 0, 0, 255, 255, 255, 255) });
	made_chunk(&m, &(struct made_chunk){ .type = INT32, .values = 4 });
	/* 5, null, null with its outer: def 2 1 0. */
	made_page(&m,
		&(struct made_page){ .type = DATA_V2,
			.values = 3,
			.def_bytes = 3,
			.body = BODY(3, 0x06, 0, 5, 0, 0, 0, 0, 0, 0, 0) });
	made_chunk(&m, &(struct made_chunk){ .type = INT64, .values = 3 });
	made_group(&m, 3);
	made_end_file(&m);
	check(&m, "[7;-1],5\nNULL,NULL\n[],NULL\n");
	made_finish(&m);
}

static void many_rows_come_in_batches(void **state)
{
	enum { ROWS = 2 * PARQUET_BATCH_ROWS + 1 };
	struct buf numbers = BUF_INIT(1 << 20), wanted = BUF_INIT(1 << 20);
	struct made_file m;

	(void)state;
	made_begin(&m);
	made_root(&m, 1);
	made_element(&m,
		&(struct made_element){ .name = "n", .type = INT32, .converted = -1 });
	for (int group = 0; group < 2; group++) {
		for (uint32_t i = 0; i < ROWS; i++) {
			made_u32(&numbers, i);
			assert_int_equal(buf_appendf(&wanted, "%u\n", i), 0);
			/* Pages that no batch ends with. */
			if (i % 700 != 699 && i + 1 < ROWS)
				continue;
			made_page(&m,
				&(struct made_page){ .values = i % 700 + 1,
					.body = buf_span(&numbers) });
			buf_clear(&numbers);
		}
		made_chunk(&m, &(struct made_chunk){ .type = INT32, .values = ROWS });
		made_group(&m, ROWS);
	}
	made_end_file(&m);
	assert_int_equal(buf_append_byte(&wanted, '\0'), 0);
	check(&m, wanted.p);
	buf_finish(&numbers);
	buf_finish(&wanted);
	made_finish(&m);
}

/* Two columns of 200 KB, of which one is wanted. */
static void only_what_is_wanted_is_fetched(void **state)
{
	enum { ROWS = 50000, DATA_BYTES = 4 * ROWS, FOOTER_READ = 64 * 1024 };
	struct buf numbers = BUF_INIT(1 << 20);
	struct parquet_batch batch;
	struct object_info info;
	struct memory_object o;
	struct memory_source s;
	struct made_file m;
	struct parquet *p;
	uint64_t bytes;
	uint32_t column;
	char key[] = "x";

	(void)state;
	made_begin(&m);
	made_root(&m, 2);
	for (int i = 0; i < 2; i++)
		made_element(&m,
			&(struct made_element){
				.name = i ? "b" : "a", .type = INT32, .converted = -1 });
	for (uint32_t i = 0; i < ROWS; i++)
		made_u32(&numbers, i);
	for (int i = 0; i < 2; i++) {
		made_page(&m,
			&(struct made_page){
				.values = ROWS, .body = buf_span(&numbers) });
		made_chunk(&m, &(struct made_chunk){ .type = INT32, .values = ROWS });
	}
	made_group(&m, ROWS);
	made_end_file(&m);
	o = (struct memory_object){ "x", m.bytes.p, m.bytes.len };
	memory_source_init(&s, &o, 1);
	info = memory_info_of(&s, &o, key);
	assert_int_equal(parquet_open(&s.base, &info, NULL, &p, NULL), 0);
	assert_true(parquet_bytes_in(p) <= FOOTER_READ);
	assert_int_equal(parquet_find(p, SPAN("c"), &column), -ENOENT);
	assert_int_equal(parquet_find(p, SPAN("b"), &column), 0);
	assert_int_equal(parquet_pick(p, &column, 1, NULL), 0);
	assert_int_equal(parquet_group_bytes(p, 0, &bytes, NULL), 0);
	assert_true(bytes >= DATA_BYTES && bytes < DATA_BYTES + 300);
	assert_int_equal(parquet_begin(p, 0, NULL), 0);
	while (parquet_next(p, &batch, NULL) == 1)
		continue;
	assert_true(parquet_bytes_in(p) <= FOOTER_READ + DATA_BYTES + 300);
	/* Rows alone cost nothing. */
	bytes = parquet_bytes_in(p);
	assert_int_equal(parquet_pick(p, NULL, 0, NULL), 0);
	assert_int_equal(parquet_begin(p, 0, NULL), 0);
	assert_int_equal(parquet_next(p, &batch, NULL), 1);
	assert_int_equal(batch.rows, PARQUET_BATCH_ROWS);
	assert_int_equal(parquet_bytes_in(p), bytes);
	parquet_close(p);
	buf_finish(&numbers);
	made_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(required_values_are_read),
		cmocka_unit_test(null_is_told_from_the_empty_text),
		cmocka_unit_test(a_dictionary_is_found_where_data_should_be),
		cmocka_unit_test(chunks_of_early_writers_are_longer_than_they_say),
		cmocka_unit_test(indexes_name_the_texts_of_a_dictionary),
		cmocka_unit_test(pages_of_all_kinds_follow_each_other),
		cmocka_unit_test(levels_of_the_second_version_are_not_compressed),
		cmocka_unit_test(maps_are_read),
		cmocka_unit_test(what_is_nested_deeper_cannot_be_picked),
		cmocka_unit_test(lists_and_members_are_columns),
		cmocka_unit_test(many_rows_come_in_batches),
		cmocka_unit_test(only_what_is_wanted_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
