/* What is remembered between mounts, and what becomes of a file that is damaged. */
#include "fs/store/remembered.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "fs/store/store.h"

#define ID "0123456789abcdef0123456789abcdef"

static char place[] = "s3://costs/reports", name[] = "cost", folder[] = "cur/cost/";
static char key[] = "cur/cost/20261101-20261201/cost-Manifest.json";

static struct month_no month_of_text(const char *text)
{
	struct month_no m;

	assert_int_equal(month_parse(span_of(text), &m), 0);
	return m;
}

/* Two months: one that was read, one that is a name only. */
static struct remembered_month months[2];

static struct remembered sample(void)
{
	months[0] = (struct remembered_month){ .month = month_of_text("2026-10"),
		.looked = { INSTANT_NONE },
		.as_of = { INSTANT_NONE } };
	months[1] = (struct remembered_month){ .month = month_of_text("2026-11"),
		.is_looked = true,
		.manifest = { .key = key,
			.size_bytes = 4321,
			.modified = { 1795528800 },
			.etag = "abc-2" },
		.looked = { 1795528801 },
		.id = ID,
		.id_etag = "abc-1",
		.as_of = { 1795520000 },
		.verified = true };
	return (struct remembered){
		.place = place,
		.export = { .layout = EXPORT_LEGACY, .name = name, .folder = folder },
		.looked = { 1795528802 },
		.months = months,
		.count = 2,
	};
}

static void write_sample(const struct remembered *m, struct buf *ret)
{
	assert_int_equal(remembered_write(m, "who", ret), 0);
}

static void what_was_written_is_read(void **state)
{
	struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX);
	const struct remembered m = sample();
	struct remembered got = { 0 };

	(void)state;
	write_sample(&m, &b);
	assert_int_equal(remembered_parse(buf_span(&b), "who", &got), 0);
	assert_string_equal(got.place, place);
	assert_int_equal(got.export.layout, EXPORT_LEGACY);
	assert_string_equal(got.export.name, name);
	assert_string_equal(got.export.folder, folder);
	assert_int_equal(got.looked.seconds, 1795528802);
	assert_false(got.is_doubtful);
	assert_int_equal(got.count, 2);
	assert_false(got.months[0].is_looked);
	assert_null(got.months[0].manifest.key);
	assert_true(got.months[0].looked.seconds == INSTANT_NONE);
	assert_string_equal(got.months[0].id, "");
	assert_int_equal(got.months[1].month.number, month_of_text("2026-11").number);
	assert_true(got.months[1].is_looked && got.months[1].verified);
	assert_string_equal(got.months[1].manifest.key, key);
	assert_int_equal(got.months[1].manifest.size_bytes, 4321);
	assert_int_equal(got.months[1].manifest.modified.seconds, 1795528800);
	assert_string_equal(got.months[1].manifest.etag, "abc-2");
	assert_string_equal(got.months[1].id, ID);
	assert_string_equal(got.months[1].id_etag, "abc-1");
	assert_int_equal(got.months[1].as_of.seconds, 1795520000);
	assert_int_equal(got.months[1].looked.seconds, 1795528801);
	remembered_finish(&got);
	buf_finish(&b);
}

static void assert_refused(struct span bytes, const char *identity)
{
	struct remembered got = { .count = 77 };

	assert_int_equal(remembered_parse(bytes, identity, &got), -EBADMSG);
	assert_int_equal(got.count, 77);
}

static void file_that_is_cut_or_changed_anywhere_is_refused(void **state)
{
	struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX);
	const struct remembered m = sample();

	(void)state;
	write_sample(&m, &b);
	for (size_t len = 0; len < b.len; len++)
		assert_refused((struct span){ b.p, len }, "who");
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 0x10;
		assert_refused(buf_span(&b), "who");
		b.p[i] ^= 0x10;
	}
	assert_int_equal(buf_append_byte(&b, 'x'), 0);
	assert_refused(buf_span(&b), "who");
	buf_finish(&b);
}

static void that_of_another_identity_is_refused(void **state)
{
	static const char *const others[] = { "", "wh", "whom", "Who" };
	struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX);
	const struct remembered m = sample();

	(void)state;
	write_sample(&m, &b);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_refused(buf_span(&b), others[i]);
	buf_finish(&b);
}

static void fit_hash(struct buf *b)
{
	uint64_t hash = hash64(b->p + 16, b->len - 16, 0);

	for (size_t i = 0; i < 8; i++)
		b->p[8 + i] = (char)(unsigned char)(hash >> (8 * i));
}

/* The hash is right, and it is cut: no length leads out of it. */
static void file_that_is_cut_with_a_right_hash_is_refused(void **state)
{
	struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX);
	const struct remembered m = sample();

	(void)state;
	write_sample(&m, &b);
	for (size_t len = b.len - 1; len >= 16; len--) {
		char *exact = malloc(len);

		buf_truncate(&b, len);
		fit_hash(&b);
		memcpy(exact, b.p, len);
		assert_refused((struct span){ exact, len }, "who");
		free(exact);
	}
	buf_finish(&b);
}

/* What is well-formed, and yet none of ours. */
static void hostile_contents_are_refused(void **state)
{
	static char up[] = "cur/../../etc/passwd", absolute[] = "/etc/passwd",
		    dot[] = "./x", ends[] = "cur/", doubled[] = "a//b",
		    up_folder[] = "../", open_folder[] = "cur/cost", sub_name[] = "a/b";
	const struct {
		const char *what;
		char *key, *folder, *name;
		const char *id;
		const char *first, *second;
	} cases[] = {
		{ "key with ..", up, folder, name, ID, "2026-10", "2026-11" },
		{ "absolute key", absolute, folder, name, ID, "2026-10", "2026-11" },
		{ "key with .", dot, folder, name, ID, "2026-10", "2026-11" },
		{ "key of a folder", ends, folder, name, ID, "2026-10", "2026-11" },
		{ "key with an empty part", doubled, folder, name, ID, "2026-10",
			"2026-11" },
		{ "folder with ..", key, up_folder, name, ID, "2026-10", "2026-11" },
		{ "folder without end", key, open_folder, name, ID, "2026-10",
			"2026-11" },
		{ "name of two parts", key, folder, sub_name, ID, "2026-10", "2026-11" },
		{ "short id", key, folder, name, "0123", "2026-10", "2026-11" },
		{ "id that is a path", key, folder, name,
			"../../../../../../../etc/passwd/", "2026-10", "2026-11" },
		{ "months out of order", key, folder, name, ID, "2026-11", "2026-10" },
		{ "month twice", key, folder, name, ID, "2026-11", "2026-11" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX);
		struct remembered m = sample();

		print_message("%s\n", cases[i].what);
		m.export.folder = cases[i].folder;
		m.export.name = cases[i].name;
		months[1].manifest.key = cases[i].key;
		snprintf(months[1].id, sizeof(months[1].id), "%s", cases[i].id);
		months[0].month = month_of_text(cases[i].first);
		months[1].month = month_of_text(cases[i].second);
		write_sample(&m, &b);
		assert_refused(buf_span(&b), "who");
		buf_finish(&b);
	}
}

static void nothing_and_too_much_have_their_limits(void **state)
{
	struct buf b = BUF_INIT(REMEMBERED_BYTES_MAX), small = BUF_INIT(20);
	struct remembered m = sample(), got = { 0 };
	struct remembered_month *month;

	(void)state;
	m.count = 0;
	write_sample(&m, &b);
	assert_int_equal(remembered_parse(buf_span(&b), "who", &got), 0);
	assert_int_equal(got.count, 0);
	remembered_finish(&got);
	assert_int_equal(remembered_write(&m, "who", &small), -EFBIG);
	for (int i = 0; i < REMEMBERED_MONTHS_MAX; i++)
		assert_int_equal(remembered_add(&got, (struct month_no){ i }, &month), 0);
	assert_int_equal(remembered_add(&got, (struct month_no){ 1 }, &month), -EFBIG);
	remembered_finish(&got);
	buf_finish(&small);
	buf_finish(&b);
}

static void store_keeps_it_private_and_forgets_it(void **state)
{
	char root[] = "/tmp/test_remembered-XXXXXX", path[128], left[128];
	const struct remembered m = sample();
	struct remembered got = { 0 };
	struct store *s = NULL;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(
		store_open(&(struct store_options){ .path = root }, &s, NULL), 0);
	assert_int_equal(store_recall(s, "who", &got), -ENOENT);
	assert_int_equal(store_remember(s, "who", &m), 0);
	assert_int_equal(store_remember(s, "other", &m), 0);
	assert_int_equal(store_recall(s, "who", &got), 0);
	remembered_finish(&got);
	/* SHA-256 of "who", by sha256sum, cut at 16 bytes. */
	snprintf(path, sizeof(path), "%s/v1/%s.known", root,
		"6ed0337140bd32b4adc5000f76333bd8");
	snprintf(left, sizeof(left), "%s/v1/tmp-%s.known", root,
		"6ed0337140bd32b4adc5000f76333bd8");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* A file in its place that is damaged, and a link that leads elsewhere. */
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	assert_int_equal(store_recall(s, "who", &got), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(store_recall(s, "who", &got), -ENOENT);
	assert_int_equal(store_remember(s, "who", &m), 0);
	/* What a killed writer leaves goes with the next tidying. */
	assert_int_equal(close(creat(left, 0600)), 0);
	assert_int_equal(store_trim(s, 0), 0);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(store_recall(s, "who", &got), 0);
	remembered_finish(&got);
	assert_int_equal(store_forget(s), 0);
	assert_int_equal(store_recall(s, "who", &got), -ENOENT);
	assert_int_equal(store_recall(s, "other", &got), -ENOENT);
	store_close(s);
	snprintf(path, sizeof(path), "%s/v1", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(file_that_is_cut_or_changed_anywhere_is_refused),
		cmocka_unit_test(file_that_is_cut_with_a_right_hash_is_refused),
		cmocka_unit_test(that_of_another_identity_is_refused),
		cmocka_unit_test(hostile_contents_are_refused),
		cmocka_unit_test(nothing_and_too_much_have_their_limits),
		cmocka_unit_test(store_keeps_it_private_and_forgets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
