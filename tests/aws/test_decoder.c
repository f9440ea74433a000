/* Objects of every form, as other programs write them: whole, cut, damaged, hostile. */
#include "aws/export/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "aws/export/inflate.h"
#include "base/buf.h"
#include "tests/aws/decoder_fixtures.h"
#include "tests/aws/memory_source.h"

#define FIXTURE(name) #name, name, sizeof(name)

struct fixture {
	const char *name;
	const void *bytes;
	size_t len;
};

/* All hold decoder_text. */
static const struct fixture whole[] = {
	{ FIXTURE(gzip_plain) },
	{ FIXTURE(gzip_all_fields) },
	{ FIXTURE(gzip_members) },
	{ FIXTURE(gzip_stored) },
	{ FIXTURE(zip_deflated) },
	{ FIXTURE(zip_stored) },
	{ FIXTURE(zip_extra) },
	{ FIXTURE(zip_piped) },
	{ FIXTURE(zip_stdin) },
	{ FIXTURE(zip_64) },
	{ FIXTURE(zip_java) },
	{ FIXTURE(zip_python_stream) },
	{ FIXTURE(zip_python_stream_64) },
	{ FIXTURE(zip_evil_name_and_comment) },
	{ FIXTURE(zip_64_end) },
};

enum { OUT_LIMIT = 64 * 1024 * 1024 };

/* All tests run once with each that this build has. */
static const struct inflate_library *library;

struct reading {
	struct memory_object object;
	struct memory_source source;
	struct object_info info;
	struct decoder_options options;
	size_t step; /* of the reader; 0 = 64 KiB */
	struct buf out;
	struct fault why;
};

static void reading_init(struct reading *r, const void *bytes, size_t len)
{
	*r = (struct reading){ .object = { "month/costs.csv.gz", bytes, len },
		.options = { .inflate = library },
		.out = BUF_INIT(OUT_LIMIT) };
	memory_source_init(&r->source, &r->object, 1);
	r->info = memory_info_of(&r->source, &r->object, NULL);
	r->info.key = strdup(r->object.key);
	assert_non_null(r->info.key);
}

static void reading_finish(struct reading *r)
{
	free(r->info.key);
	buf_finish(&r->out);
}

/* All there is into r->out; answers 0 or what it failed with, which must not change. */
static int read_all(struct reading *r)
{
	static char bytes[64 * 1024];
	size_t step = r->step ? r->step : sizeof(bytes);
	struct decoder *d;
	uint64_t before = 0;
	ssize_t n;

	r->why = (struct fault){ 0 };
	buf_clear(&r->out);
	assert_int_equal(decoder_new(&r->source.base, &r->info, &r->options, &d), 0);
	while ((n = decoder_read(d, bytes, step, &r->why)) > 0) {
		assert_true((size_t)n <= step);
		assert_int_equal(buf_append(&r->out, bytes, (size_t)n), 0);
		assert_true(decoder_bytes_in(d) >= before);
		before = decoder_bytes_in(d);
	}
	if (n == 0)
		assert_int_equal(decoder_bytes_in(d), r->info.size_bytes);
	else
		assert_int_equal(r->why.error, n);
	for (int i = 0; i < 2; i++) {
		struct fault again = { 0 };

		assert_int_equal(decoder_read(d, bytes, step, i ? &again : NULL), n);
		if (i && n < 0)
			assert_string_equal(again.text, r->why.text);
	}
	decoder_free(d);
	return (int)n;
}

static void assert_text(const struct reading *r)
{
	assert_int_equal(r->out.len, sizeof(decoder_text) - 1);
	assert_memory_equal(r->out.p, decoder_text, sizeof(decoder_text) - 1);
}

static void same_text_from_every_form_however_bytes_arrive(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 3, 7, 64 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole) * ARRAY_LEN(steps) * 3; i++) {
		const struct fixture *f = &whole[i % ARRAY_LEN(whole)];
		size_t step = steps[i / ARRAY_LEN(whole) % ARRAY_LEN(steps)];
		size_t way = i / ARRAY_LEN(whole) / ARRAY_LEN(steps);
		struct reading r;

		print_message("%s, %zu at a time, way %zu\n", f->name, step, way);
		reading_init(&r, f->bytes, f->len);
		r.options.read_bytes = way == 0 ? step : 0;
		r.source.read_max = way == 1 ? step : 0;
		r.step = way == 2 ? step : 0;
		assert_int_equal(read_all(&r), 0);
		assert_text(&r);
		reading_finish(&r);
	}
}

static void text_is_given_as_it_is(void **state)
{
	static const char *const texts[] = { "a", "a,b\n", "\n", "\t", "P,K\n", "PK,x\n",
		"\xef\xbb\xbfid\n", "\"PAR1\"\n", "\xc3\xa4,1\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct reading r;

		print_message("%s\n", texts[i]);
		reading_init(&r, texts[i], strlen(texts[i]));
		r.step = i % 3 + 1;
		assert_int_equal(read_all(&r), 0);
		assert_int_equal(r.out.len, strlen(texts[i]));
		assert_memory_equal(r.out.p, texts[i], r.out.len);
		reading_finish(&r);
	}
}

static void an_object_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		print_message("%s\n", whole[i].name);
		for (size_t len = 0; len < whole[i].len; len++) {
			struct reading r;

			reading_init(&r, whole[i].bytes, len);
			/* gzip_members: behind a whole member is a good end, too. */
			if (whole[i].bytes == gzip_members && read_all(&r) == 0)
				assert_true(r.out.len < sizeof(decoder_text) - 1);
			else
				assert_int_equal(read_all(&r), -EBADMSG);
			reading_finish(&r);
		}
	}
}

static void an_object_shorter_than_it_was_listed_is_refused(void **state)
{
	struct reading r;

	(void)state;
	for (size_t len = 0; len < 8; len++) {
		reading_init(&r, "a,b\n1,2\n", len);
		r.info.size_bytes = 8;
		assert_int_equal(read_all(&r), -EBADMSG);
		assert_non_null(strstr(r.why.text, "month/costs.csv.gz"));
		reading_finish(&r);
	}
	reading_init(&r, gzip_plain, sizeof(gzip_plain));
	r.info.size_bytes++;
	assert_int_equal(read_all(&r), -EBADMSG);
	reading_finish(&r);
}

static void a_flipped_bit_never_gives_another_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		unsigned char bytes[512];
		size_t clean = 0;

		print_message("%s\n", whole[i].name);
		assert_true(whole[i].len <= sizeof(bytes));
		memcpy(bytes, whole[i].bytes, whole[i].len);
		/* The first two bytes are the form; without it all is plain text. */
		for (size_t bit = 16; bit < whole[i].len * 8; bit++) {
			struct reading r;

			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			reading_init(&r, bytes, whole[i].len);
			r.options.read_bytes = 4096; /* small, for the sanitizers' sake */
			if (read_all(&r) == 0) {
				clean++;
				assert_text(&r);
			}
			reading_finish(&r);
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		/* Times, names and versions may say anything. */
		assert_true(clean < whole[i].len * 8 / 2);
	}
}

/* at: of the byte whose lowest bit is flipped; negative counts from the end. */
static void each_number_that_does_not_match_is_refused(void **state)
{
	/* From the end: a directory of one entry without extra field, its end; the
	 * same in 64 bits. */
	enum {
		END = -22,
		ENTRY = END - 55,
		LOCATOR64 = END - 20,
		END64 = LOCATOR64 - 56,
		ENTRY64 = END64 - 91
	};
	static const struct {
		struct fixture object;
		int at;
		const char *says;
	} cases[] = {
		{ { FIXTURE(gzip_plain) }, -8, "gzip checksum" },
		{ { FIXTURE(gzip_plain) }, -4, "gzip length" },
		{ { FIXTURE(gzip_plain) }, -1, "gzip length" },
		{ { FIXTURE(gzip_all_fields) }, 4, "checksum of the gzip header" },
		{ { FIXTURE(gzip_all_fields) }, 14, "checksum of the gzip header" },
		{ { FIXTURE(gzip_all_fields) }, 20, "checksum of the gzip header" },
		{ { FIXTURE(zip_deflated) }, 14, "zip checksum" },
		{ { FIXTURE(zip_deflated) }, 18, "size" },
		{ { FIXTURE(zip_deflated) }, 22, "the size in the zip" },
		{ { FIXTURE(zip_deflated) }, ENTRY, "no zip directory" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 10, "another file" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 16, "zip checksum" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 20, "packed size" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 24, "the size in the zip" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 34, "another file" },
		{ { FIXTURE(zip_deflated) }, ENTRY + 42, "another file" },
		{ { FIXTURE(zip_deflated) }, END, "no end" },
		{ { FIXTURE(zip_deflated) }, END + 4, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 6, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 8, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 10, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 12, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 16, "end of the zip" },
		{ { FIXTURE(zip_deflated) }, END + 20, "within the directory" },
		{ { FIXTURE(zip_java) }, ENTRY - 2 - 16, "behind the zipped data" },
		{ { FIXTURE(zip_java) }, ENTRY - 2 - 12, "behind the zipped data" },
		{ { FIXTURE(zip_java) }, ENTRY - 2 - 8, "behind the zipped data" },
		{ { FIXTURE(zip_java) }, ENTRY - 2 - 4, "behind the zipped data" },
		{ { FIXTURE(zip_64_end) }, 39, "64-bit sizes" },
		{ { FIXTURE(zip_64_end) }, ENTRY64 + 46 + 9 + 4, "64-bit sizes" },
		{ { FIXTURE(zip_64_end) }, ENTRY64 + 46 + 9 + 8, "the size in the zip" },
		{ { FIXTURE(zip_64_end) }, ENTRY64 + 46 + 9 + 16, "packed size" },
		{ { FIXTURE(zip_64_end) }, ENTRY64 + 46 + 9 + 24, "another file" },
		{ { FIXTURE(zip_64_end) }, ENTRY64 + 46 + 9 + 32, "another file" },
		{ { FIXTURE(zip_64_end) }, END64 + 4, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 16, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 20, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 24, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 32, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 40, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, END64 + 48, "64-bit end" },
		{ { FIXTURE(zip_64_end) }, LOCATOR64, "64-bit locator" },
		{ { FIXTURE(zip_64_end) }, LOCATOR64 + 8, "64-bit locator" },
		{ { FIXTURE(zip_64_end) }, END + 12, "end of the zip" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fixture *f = &cases[i].object;
		int from = cases[i].at < 0 ? (int)f->len : 0;
		unsigned char bytes[512];
		struct reading r;

		print_message("%s at %d: %s\n", f->name, cases[i].at, cases[i].says);
		memcpy(bytes, f->bytes, f->len);
		bytes[from + cases[i].at] ^= 1;
		reading_init(&r, bytes, f->len);
		assert_int_equal(read_all(&r), -EBADMSG);
		print_message("  %s\n", r.why.text);
		assert_non_null(strstr(r.why.text, cases[i].says));
		reading_finish(&r);
	}
}

static void gzip_padded_with_zeros_ends(void **state)
{
	(void)state;
	for (size_t zeros = 1; zeros < 600; zeros += 149) {
		unsigned char bytes[1024] = { 0 };
		struct reading r;

		memcpy(bytes, gzip_plain, sizeof(gzip_plain));
		reading_init(&r, bytes, sizeof(gzip_plain) + zeros);
		r.options.read_bytes = 16;
		assert_int_equal(read_all(&r), 0);
		assert_text(&r);
		bytes[sizeof(gzip_plain) + zeros - 1] = 'x';
		assert_int_equal(read_all(&r), -EBADMSG);
		assert_non_null(strstr(r.why.text, "garbage"));
		reading_finish(&r);
	}
}

static void bytes_behind_the_end_are_refused(void **state)
{
	static const char *const behind[] = { "x", "\x1f", "\x1f\x8b", "\x1f\x8b\x08",
		"PK" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole) * ARRAY_LEN(behind); i++) {
		const struct fixture *f = &whole[i % ARRAY_LEN(whole)];
		const char *more = behind[i / ARRAY_LEN(whole)];
		char bytes[1024];
		struct reading r;

		print_message("%s %s\n", f->name, more);
		memcpy(bytes, f->bytes, f->len);
		memcpy(bytes + f->len, more, strlen(more));
		reading_init(&r, bytes, f->len + strlen(more));
		assert_int_equal(read_all(&r), -EBADMSG);
		reading_finish(&r);
	}
}

static void what_cannot_be_read_is_refused_by_name(void **state)
{
	static const struct {
		struct fixture object;
		const char *says;
	} cases[] = {
		{ { "empty", "", 0 }, "empty" },
		{ { "parquet", "PAR1\x15\0\x15", 7 }, "Parquet" },
		{ { "zstd", "\x28\xb5\x2f\xfd\x20\x01", 6 }, "zstd" },
		{ { "bzip2", "BZh91AY&SY\x12", 11 }, "bzip2" },
		{ { "xz", "\xfd\x37zXZ\0\0", 7 }, "xz" },
		{ { "7z", "7z\xbc\xaf\x27\x1c\0", 7 }, "7z" },
		{ { "pdf", "%PDF-1.4\n", 9 }, "PDF" },
		{ { "elf", "\177ELF\2\1", 6 }, "ELF" },
		{ { "utf16", "\xff\xfei\0d\0", 6 }, "UTF-16" },
		{ { "nul", "a,b\n\0,c\n", 8 }, "binary" },
		{ { "control", "a\x01z,b\n", 6 }, "binary" },
		{ { "gzip method", "\x1f\x8b\x07\0\0\0\0\0\0\3", 10 }, "method 7" },
		{ { "gzip flags", "\x1f\x8b\x08\x80\0\0\0\0\0\3", 10 }, "flags 0x80" },
		{ { FIXTURE(zip_encrypted) }, "encrypted" },
		{ { FIXTURE(zip_two_files) }, "more than one file" },
		{ { FIXTURE(zip_two_files_stream) }, "more than one file" },
		{ { FIXTURE(zip_nothing) }, "empty zip" },
		{ { FIXTURE(zip_folder) }, "folder, \"reports/\"" },
		{ { FIXTURE(zip_stored_stream) }, "stored" },
		{ { FIXTURE(zip_bzip2) }, "bzip2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reading r;

		print_message("%s\n", cases[i].object.name);
		reading_init(&r, cases[i].object.bytes, cases[i].object.len);
		assert_int_equal(read_all(&r), -EBADMSG);
		print_message("  %s\n", r.why.text);
		assert_non_null(strstr(r.why.text, cases[i].says));
		assert_non_null(strstr(r.why.text, "memory:/month/costs.csv.gz"));
		reading_finish(&r);
	}
}

static void a_hostile_name_is_shown_without_control_characters(void **state)
{
	unsigned char bytes[sizeof(zip_evil_name_and_comment)];
	struct reading r;

	(void)state;
	memcpy(bytes, zip_evil_name_and_comment, sizeof(bytes));
	bytes[6] |= 1; /* encrypted, so that it is spoken of */
	reading_init(&r, bytes, sizeof(bytes));
	assert_int_equal(read_all(&r), -EBADMSG);
	assert_non_null(strstr(r.why.text, "\"../../?[2Jetc/passwd\""));
	reading_finish(&r);
}

static void an_error_of_the_source_is_passed_on(void **state)
{
	static const int errors[] = { -EIO, -EACCES, -ENOENT, -ESTALE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		for (size_t at = 0; at < whole[i].len; at++) {
			int error = errors[at % ARRAY_LEN(errors)];
			struct reading r;

			reading_init(&r, whole[i].bytes, whole[i].len);
			r.source.fail_at = at;
			r.source.fail_error = error;
			assert_int_equal(read_all(&r), error);
			assert_string_equal(r.why.text, "month/costs.csv.gz: read fails");
			reading_finish(&r);
		}
	}
}

static void an_object_replaced_while_read_is_stale(void **state)
{
	struct reading r;

	(void)state;
	reading_init(&r, gzip_plain, sizeof(gzip_plain));
	r.options.read_bytes = 10;
	r.source.change_at = 30;
	r.source.read_max = 10;
	assert_int_equal(read_all(&r), -ESTALE);
	reading_finish(&r);
}

/* Deflated by zlib as gzip members of one text, cut at where. */
static void append_member(struct buf *b, const char *text, size_t len, int level)
{
	z_stream z = { 0 };
	int r;

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, MAX_WBITS + 16, 9,
				 Z_DEFAULT_STRATEGY),
		Z_OK);
	assert_int_equal(buf_reserve(b, deflateBound(&z, len)), 0);
	z.next_in = (const unsigned char *)text;
	z.avail_in = (uInt)len;
	z.next_out = (unsigned char *)b->p + b->len;
	z.avail_out = (uInt)(b->cap - b->len);
	r = deflate(&z, Z_FINISH);
	assert_int_equal(r, Z_STREAM_END);
	b->len += z.total_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
}

static void many_long_members_give_the_whole_text(void **state)
{
	enum { LEN = 3000000 };
	static char text[LEN];
	struct buf packed = BUF_INIT(OUT_LIMIT);
	uint32_t seed = 1;
	struct reading r;

	(void)state;
	for (size_t i = 0; i < LEN; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = (char)(i % 97 == 0 ? '\n' : 'a' + (seed >> 24) % 20);
	}
	append_member(&packed, text, 1, 9);
	append_member(&packed, text + 1, 1999999, 6);
	append_member(&packed, text + 2000000, 0, 0);
	append_member(&packed, text + 2000000, 1000000, 1);
	reading_init(&r, packed.p, packed.len);
	for (size_t i = 0; i < 3; i++) {
		r.step = (size_t[]){ 0, 1000, 40000 }[i];
		r.options.read_bytes = (size_t[]){ 0, 4096, 100 }[i];
		assert_int_equal(read_all(&r), 0);
		assert_int_equal(r.out.len, LEN);
		assert_memory_equal(r.out.p, text, LEN);
	}
	assert_true(r.source.reads >= packed.len / 100);
	reading_finish(&r);
	buf_finish(&packed);
}

static void a_bomb_is_refused_above_the_floor(void **state)
{
	enum { LEN = 4 * 1024 * 1024 };
	static const struct {
		uint64_t floor;
		int r;
	} cases[] = { { 1, -EFBIG }, { LEN - 1, -EFBIG }, { LEN, 0 }, { 0, 0 } };
	struct buf packed = BUF_INIT(OUT_LIMIT);
	char *text = calloc(1, LEN);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', LEN);
	append_member(&packed, text, LEN, 9);
	assert_true(packed.len * 400 < LEN);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reading r;

		reading_init(&r, packed.p, packed.len);
		r.options.bomb_floor_bytes = cases[i].floor;
		assert_int_equal(read_all(&r), cases[i].r);
		reading_finish(&r);
	}
	free(text);
	buf_finish(&packed);
}

static void what_is_well_packed_but_no_bomb_is_read(void **state)
{
	enum { LEN = 1024 * 1024 };
	struct buf packed = BUF_INIT(OUT_LIMIT);
	char *text = calloc(1, LEN);
	struct reading r;

	(void)state;
	assert_non_null(text);
	/* One byte in 700 differs, which makes a ratio of some hundreds. */
	memset(text, 'a', LEN);
	for (size_t i = 0; i < LEN; i += 700)
		text[i] = (char)('b' + i / 700 % 16);
	append_member(&packed, text, LEN, 9);
	assert_true(packed.len * 400 > LEN && packed.len * 50 < LEN);
	reading_init(&r, packed.p, packed.len);
	r.options.bomb_floor_bytes = 1000;
	r.step = 100;
	r.options.read_bytes = 64;
	assert_int_equal(read_all(&r), 0);
	assert_int_equal(r.out.len, LEN);
	reading_finish(&r);
	free(text);
	buf_finish(&packed);
}

static void nothing_is_read_before_it_is_asked_for(void **state)
{
	struct reading r;
	struct decoder *d;

	(void)state;
	reading_init(&r, gzip_plain, sizeof(gzip_plain));
	assert_int_equal(decoder_new(&r.source.base, &r.info, NULL, &d), 0);
	assert_int_equal(r.source.reads, 0);
	assert_int_equal(decoder_bytes_in(d), 0);
	decoder_free(d);
	decoder_free(NULL);
	reading_finish(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_text_from_every_form_however_bytes_arrive),
		cmocka_unit_test(text_is_given_as_it_is),
		cmocka_unit_test(an_object_cut_anywhere_is_refused),
		cmocka_unit_test(an_object_shorter_than_it_was_listed_is_refused),
		cmocka_unit_test(a_flipped_bit_never_gives_another_text),
		cmocka_unit_test(each_number_that_does_not_match_is_refused),
		cmocka_unit_test(gzip_padded_with_zeros_ends),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(what_cannot_be_read_is_refused_by_name),
		cmocka_unit_test(a_hostile_name_is_shown_without_control_characters),
		cmocka_unit_test(an_error_of_the_source_is_passed_on),
		cmocka_unit_test(an_object_replaced_while_read_is_stale),
		cmocka_unit_test(many_long_members_give_the_whole_text),
		cmocka_unit_test(a_bomb_is_refused_above_the_floor),
		cmocka_unit_test(what_is_well_packed_but_no_bomb_is_read),
		cmocka_unit_test(nothing_is_read_before_it_is_asked_for),
	};

	int failed = 0;

	for (size_t i = 0; inflate_libraries[i]; i++) {
		library = inflate_libraries[i];
		failed += cmocka_run_group_tests_name(library->name, tests, NULL, NULL);
	}
	return failed;
}
