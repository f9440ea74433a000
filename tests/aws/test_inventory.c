#include "aws/resource/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "tests/cmocka.h"

/* In a file: magic 8, hash 8, time 8, count 4, and of each item nine lengths of 4. */
enum { AT_HASH = 8, AT_TIME = 16, AT_COUNT = 24, AT_ITEMS = 28, ITEM = 36 };
enum { SAVED_MAX = 64 * 1024 };

static const struct instant noon = { 1795953600 };

static struct inventory_item item_of(const char *id, const char *name, const char *json)
{
	return (struct inventory_item){ .text = { [INVENTORY_ID] = span_of(id),
						[INVENTORY_NAME] = span_of(name) },
		.json = span_of(json) };
}

static void add(struct inventory_builder *b, const char *id, const char *name)
{
	char json[64];
	struct inventory_item item;

	(void)snprintf(json, sizeof(json), "{\n    \"Id\": \"%s\"\n}", id);
	item = item_of(id, name, json);
	assert_int_equal(inventory_builder_add(b, &item), 0);
}

static struct inventory *finish(struct inventory_builder *b)
{
	struct inventory *v = NULL;

	assert_int_equal(inventory_builder_finish(b, &v), 0);
	return v;
}

/* Of items called by the letters. */
static struct inventory *inventory_of(const char *letters)
{
	struct inventory_builder *b = inventory_builder_new(noon);

	assert_non_null(b);
	for (; *letters; letters++)
		add(b, (char[]){ *letters, '\0' }, "");
	return finish(b);
}

static void assert_text(struct span got, const char *want)
{
	if (span_eq(got, span_of(want)))
		return;
	print_error("got \"%.*s\", want \"%s\"\n", SPAN_ARG(got), want);
	fail();
}

static struct buf save(const struct inventory *v)
{
	struct buf b = BUF_INIT(SAVED_MAX);

	assert_int_equal(inventory_save(v, &b), 0);
	return b;
}

/* Makes the checksum fit, as somebody who means harm would. */
static void seal(struct buf *b)
{
	uint64_t hash = hash64(b->p + AT_TIME, b->len - AT_TIME, 0);

	for (int i = 0; i < 8; i++)
		b->p[AT_HASH + i] = (char)(hash >> (8 * i));
}

static void assert_refused(struct span bytes, const char *what)
{
	struct inventory *v = NULL;
	int r = inventory_load(bytes, &v);

	if (r != -EBADMSG || v) {
		print_error("%s: got %d\n", what, r);
		fail();
	}
}

static void items_are_in_the_order_of_their_ids(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	struct inventory *v;

	(void)state;
	add(b, "i-2", "second");
	add(b, "i-10", "first");
	add(b, "i", "none");
	v = finish(b);
	assert_int_equal(inventory_count(v), 3);
	assert_text(inventory_text(v, 0, INVENTORY_ID), "i");
	assert_text(inventory_text(v, 1, INVENTORY_ID), "i-10");
	assert_text(inventory_text(v, 1, INVENTORY_NAME), "first");
	assert_text(inventory_text(v, 2, INVENTORY_ID), "i-2");
	assert_text(inventory_text(v, 2, INVENTORY_TAGS), "");
	assert_text(inventory_json(v, 2), "{\n    \"Id\": \"i-2\"\n}\n");
	assert_int_equal(inventory_time(v).seconds, noon.seconds);
	inventory_unref(v);
}

static void every_field_is_kept_apart(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	const struct inventory_item item = {
		.text = { SPAN("id"), SPAN("name"), SPAN("type"), SPAN("state"),
			SPAN("zone"), SPAN("size"), SPAN("created"), SPAN("tags") },
		.json = SPAN("{}")
	};
	static const char *const want[] = { "id", "name", "type", "state", "zone", "size",
		"created", "tags" };
	struct inventory *v;

	(void)state;
	assert_int_equal(inventory_builder_add(b, &item), 0);
	v = finish(b);
	for (int i = 0; i < INVENTORY_FIELD_COUNT; i++)
		assert_text(inventory_text(v, 0, (enum inventory_field)i), want[i]);
	assert_text(inventory_json(v, 0), "{}\n");
	inventory_unref(v);
}

static void of_ids_that_come_twice_the_first_is_kept(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	struct inventory *v;

	(void)state;
	add(b, "b", "1");
	add(b, "a", "2");
	add(b, "b", "3");
	add(b, "a", "4");
	v = finish(b);
	assert_int_equal(inventory_count(v), 2);
	assert_text(inventory_text(v, 0, INVENTORY_NAME), "2");
	assert_text(inventory_text(v, 1, INVENTORY_NAME), "1");
	inventory_unref(v);
}

static void every_item_is_found_and_no_other(void **state)
{
	struct inventory *v = inventory_of("bdfhj"), *none = inventory_of("");
	size_t at;

	(void)state;
	for (const char *c = "abcdefghijk"; *c; c++) {
		int want = strchr("bdfhj", *c) ? 0 : -ENOENT;

		at = 99;
		assert_int_equal(inventory_find(v, (struct span){ c, 1 }, &at), want);
		assert_int_equal(at, want ? 99 : (size_t)(*c - 'b') / 2);
	}
	assert_int_equal(inventory_find(v, SPAN("bb"), &at), -ENOENT);
	assert_int_equal(inventory_find(v, SPAN(""), &at), -ENOENT);
	assert_int_equal(inventory_find(none, SPAN("b"), &at), -ENOENT);
	assert_int_equal(inventory_count(none), 0);
	inventory_unref(v);
	inventory_unref(none);
}

static void an_item_without_an_id_is_refused(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	struct inventory_item item = item_of("", "name", "{}");
	struct inventory *v;

	(void)state;
	assert_int_equal(inventory_builder_add(b, &item), -EINVAL);
	v = finish(b);
	assert_int_equal(inventory_count(v), 0);
	inventory_unref(v);
}

static void more_bytes_than_the_limit_are_refused_and_the_rest_is_good(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	struct inventory_item item = item_of("big", "", "");
	struct inventory *v;

	(void)state;
	add(b, "a", "");
	/* Never read: there is no room for it. */
	item.json = (struct span){ "", INVENTORY_BYTES_MAX };
	assert_int_equal(inventory_builder_add(b, &item), -EFBIG);
	add(b, "b", "");
	v = finish(b);
	assert_int_equal(inventory_count(v), 2);
	assert_text(inventory_json(v, 1), "{\n    \"Id\": \"b\"\n}\n");
	inventory_unref(v);
}

static void more_items_than_the_limit_are_refused(void **state)
{
	struct inventory_builder *b = inventory_builder_new(noon);
	struct inventory_item item = item_of("x", "", "");

	(void)state;
	for (int i = 0; i < INVENTORY_ITEMS_MAX; i++)
		assert_int_equal(inventory_builder_add(b, &item), 0);
	assert_int_equal(inventory_builder_add(b, &item), -EFBIG);
	inventory_builder_free(b);
}

static void memory_is_the_texts_and_forty_bytes_an_item(void **state)
{
	struct inventory *none = inventory_of(""), *v = inventory_of("abcd");
	size_t each = 1 + strlen("{\n    \"Id\": \"x\"\n}\n") + 40;

	(void)state;
	assert_int_equal(inventory_memory(v), inventory_memory(none) + 4 * each);
	assert_true(inventory_memory(none) < 128);
	inventory_unref(none);
	inventory_unref(v);
}

static void what_is_saved_is_what_is_loaded(void **state)
{
	static const char *const letters[] = { "", "a", "dacb" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		struct inventory *v = inventory_of(letters[i]), *loaded = NULL;
		struct buf bytes = save(v);

		assert_int_equal(inventory_load(buf_span(&bytes), &loaded), 0);
		assert_int_equal(inventory_count(loaded), strlen(letters[i]));
		assert_int_equal(inventory_time(loaded).seconds, noon.seconds);
		for (size_t k = 0; k < inventory_count(v); k++) {
			char id[] = { (char)('a' + k), '\0' }, json[32];

			(void)snprintf(
				json, sizeof(json), "{\n    \"Id\": \"%s\"\n}\n", id);
			assert_text(inventory_text(loaded, k, INVENTORY_ID), id);
			assert_text(inventory_json(loaded, k), json);
		}
		buf_finish(&bytes);
		inventory_unref(v);
		inventory_unref(loaded);
	}
}

static void the_bytes_do_not_depend_on_the_order_of_arrival(void **state)
{
	struct inventory *a = inventory_of("abc"), *b = inventory_of("cacb");
	struct buf first = save(a), second = save(b);

	(void)state;
	assert_true(span_eq(buf_span(&first), buf_span(&second)));
	buf_finish(&first);
	buf_finish(&second);
	inventory_unref(a);
	inventory_unref(b);
}

static void saving_appends_or_leaves_the_buffer_alone(void **state)
{
	struct inventory *v = inventory_of("abc"), *loaded = NULL;
	struct buf whole = save(v);

	(void)state;
	for (size_t limit = 5; limit <= whole.len + 5; limit++) {
		struct buf b = BUF_INIT(limit);
		int want = limit == whole.len + 5 ? 0 : -EFBIG;

		assert_int_equal(buf_append_text(&b, "front"), 0);
		assert_int_equal(inventory_save(v, &b), want);
		assert_int_equal(b.len, want == 0 ? whole.len + 5 : 5);
		assert_memory_equal(b.p, "front", 5);
		if (want == 0)
			assert_memory_equal(b.p + 5, whole.p, whole.len);
		buf_finish(&b);
	}
	assert_int_equal(inventory_load(buf_span(&whole), &loaded), 0);
	inventory_unref(loaded);
	inventory_unref(v);
	buf_finish(&whole);
}

static void what_is_taken_is_what_is_loaded(void **state)
{
	struct inventory *v = inventory_of("abc"), *taken = NULL;
	struct buf bytes = BUF_INIT(SAVED_MAX), again;

	(void)state;
	assert_int_equal(buf_append_text(&bytes, "front"), 0);
	assert_int_equal(inventory_save(v, &bytes), 0);
	bytes.p[bytes.len - 1] ^= 1;
	assert_int_equal(inventory_take(&bytes, 5, &taken), -EBADMSG);
	assert_null(taken);
	bytes.p[bytes.len - 1] ^= 1;
	assert_int_equal(inventory_take(&bytes, 4, &taken), -EBADMSG);
	assert_int_equal(inventory_take(&bytes, bytes.len + 1, &taken), -EBADMSG);
	assert_int_equal(inventory_take(&bytes, 5, &taken), 0);
	assert_int_equal(bytes.len, 0);
	assert_int_equal(inventory_memory(taken), inventory_memory(v));
	again = save(taken);
	bytes = save(v);
	assert_true(span_eq(buf_span(&again), buf_span(&bytes)));
	buf_finish(&again);
	buf_finish(&bytes);
	assert_int_equal(inventory_take(&bytes, 0, &taken), -EBADMSG);
	inventory_unref(taken);
	inventory_unref(v);
	v = inventory_of("");
	bytes = save(v);
	assert_int_equal(inventory_take(&bytes, 0, &taken), 0);
	assert_int_equal(inventory_count(taken), 0);
	inventory_unref(taken);
	inventory_unref(v);
}

/* Texts below, at and above what is gathered before it is written. */
static void what_is_written_is_what_is_saved(void **state)
{
	static const size_t lengths[] = { 0, 1, 100000, 262143, 262144, 262145, 300000 };
	struct inventory_builder *b = inventory_builder_new(noon);
	char *json = malloc(300000);
	FILE *file = tmpfile();
	struct inventory *v;
	struct buf want = BUF_INIT((size_t)2 << 20), got = want;

	(void)state;
	assert_non_null(json);
	assert_non_null(file);
	memset(json, 'x', 300000);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char id[] = { (char)('g' - i), '\0' };
		struct inventory_item item = item_of(id, "n", "");

		item.json = (struct span){ json, lengths[i] };
		assert_int_equal(inventory_builder_add(b, &item), 0);
	}
	v = finish(b);
	assert_int_equal(inventory_save(v, &want), 0);
	assert_int_equal(inventory_write(v, fileno(file)), 0);
	assert_int_equal(buf_reserve(&got, want.len + 1), 0);
	assert_int_equal(pread(fileno(file), got.p, want.len + 1, 0), want.len);
	assert_memory_equal(got.p, want.p, want.len);
	assert_int_equal(inventory_write(v, -1), -EBADF);
	buf_finish(&want);
	buf_finish(&got);
	inventory_unref(v);
	(void)fclose(file);
	free(json);
}

static void the_format_is_that_of_the_documents(void **state)
{
	/* By hand; the hash aside, which is XXH3 of all behind it. */
	static const char want[] = "costfsL1"
				   "????????"
				   "\xc0\x27\x0c\x6b\x00\x00\x00\x00"
				   "\x01\x00\x00\x00"
				   "\x01\x00\x00\x00"
				   "\x02\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x00\x00\x00\x00"
				   "\x03\x00\x00\x00"
				   "inn{}\n";
	struct inventory_builder *b =
		inventory_builder_new((struct instant){ 0x6b0c27c0 });
	struct inventory_item item = item_of("i", "nn", "{}");
	struct inventory *v;
	struct buf bytes;

	(void)state;
	assert_int_equal(inventory_builder_add(b, &item), 0);
	v = finish(b);
	bytes = save(v);
	assert_int_equal(bytes.len, sizeof(want) - 1);
	memcpy(bytes.p + AT_HASH, "????????", 8);
	assert_memory_equal(bytes.p, want, sizeof(want) - 1);
	buf_finish(&bytes);
	inventory_unref(v);
}

static void every_cut_and_every_flipped_bit_is_refused(void **state)
{
	struct inventory *v = inventory_of("ab");
	struct buf bytes = save(v);

	(void)state;
	for (size_t len = 0; len < bytes.len; len++)
		assert_refused(span_first(buf_span(&bytes), len), "a cut");
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_refused(buf_span(&bytes), "a flipped bit");
		bytes.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(buf_append_byte(&bytes, '\n'), 0);
	assert_refused(buf_span(&bytes), "a byte more");
	buf_finish(&bytes);
	inventory_unref(v);
}

static void bytes_that_lie_are_refused_though_their_checksum_fits(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		const char *bytes;
		size_t len;
	} lies[] = {
		{ "another version", 7, "2", 1 },
		{ "more items than there are", AT_COUNT, "\x03", 1 },
		{ "fewer items than there are", AT_COUNT, "\x01", 1 },
		{ "as many as a number can say", AT_COUNT, "\xff\xff\xff\xff", 4 },
		{ "an id that ends behind the file", AT_ITEMS, "\xff\xff\xff\xff", 4 },
		{ "an id that is longer by one", AT_ITEMS, "\x02", 1 },
		{ "no id", AT_ITEMS, "\x00", 1 },
		{ "a name as long as all texts", AT_ITEMS + 4, "\x26", 1 },
		{ "JSON that ends behind the file", AT_ITEMS + ITEM + 32,
			"\xff\xff\xff\xff", 4 },
		{ "JSON that ends before the file", AT_ITEMS + ITEM + 32, "\x01", 1 },
		{ "ids in no order", AT_ITEMS + 2 * ITEM, "z", 1 },
		{ "an id twice", AT_ITEMS + 2 * ITEM, "b", 1 },
		{ "no newline at the end", AT_ITEMS + 2 * ITEM + 18, " ", 1 },
	};
	struct inventory *v = inventory_of("ab");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		struct buf bytes = save(v);

		memcpy(bytes.p + lies[i].at, lies[i].bytes, lies[i].len);
		seal(&bytes);
		assert_refused(buf_span(&bytes), lies[i].what);
		buf_finish(&bytes);
	}
	inventory_unref(v);
}

static void texts_of_no_item_are_refused(void **state)
{
	struct inventory *v = inventory_of("ab");
	struct buf bytes = save(v);

	(void)state;
	assert_int_equal(buf_append_byte(&bytes, '\n'), 0);
	seal(&bytes);
	assert_refused(buf_span(&bytes), "a byte more");
	buf_finish(&bytes);
	inventory_unref(v);
}

static void an_inventory_lives_as_long_as_its_references(void **state)
{
	struct inventory *v = inventory_of("a");

	(void)state;
	assert_ptr_equal(inventory_ref(v), v);
	inventory_unref(v);
	assert_text(inventory_text(v, 0, INVENTORY_ID), "a");
	inventory_unref(v);
	inventory_unref(NULL);
	inventory_builder_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_in_the_order_of_their_ids),
		cmocka_unit_test(every_field_is_kept_apart),
		cmocka_unit_test(of_ids_that_come_twice_the_first_is_kept),
		cmocka_unit_test(every_item_is_found_and_no_other),
		cmocka_unit_test(an_item_without_an_id_is_refused),
		cmocka_unit_test(
			more_bytes_than_the_limit_are_refused_and_the_rest_is_good),
		cmocka_unit_test(more_items_than_the_limit_are_refused),
		cmocka_unit_test(memory_is_the_texts_and_forty_bytes_an_item),
		cmocka_unit_test(what_is_saved_is_what_is_loaded),
		cmocka_unit_test(the_bytes_do_not_depend_on_the_order_of_arrival),
		cmocka_unit_test(saving_appends_or_leaves_the_buffer_alone),
		cmocka_unit_test(what_is_taken_is_what_is_loaded),
		cmocka_unit_test(what_is_written_is_what_is_saved),
		cmocka_unit_test(the_format_is_that_of_the_documents),
		cmocka_unit_test(every_cut_and_every_flipped_bit_is_refused),
		cmocka_unit_test(bytes_that_lie_are_refused_though_their_checksum_fits),
		cmocka_unit_test(texts_of_no_item_are_refused),
		cmocka_unit_test(an_inventory_lives_as_long_as_its_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
