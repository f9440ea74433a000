/* The bytes of the one file in a zip object, read from the front, without seeking. */
#include "aws/export/unzip.h"

#include <errno.h>
#include <inttypes.h>

#include "aws/export/little.h"

/* What a zip that is read from the front looks like:
 *
 *   local header, name, extra; data; [descriptor]    UNZIP_HEADER, UNZIP_BODY
 *   entry of the directory; [end64, locator64]; end  UNZIP_DIRECTORY
 *
 * The numbers of the local header and of the directory must both be those that were
 * seen. */

static const char header_text[] = "a zip header";
static const char directory_text[] = "the directory of a zip";

static int damaged(const struct intake *in, struct fault *why, const char *text)
{
	return intake_fault(in, why, -EBADMSG, "%s", text);
}

/* Takes off the name, to be shown to people. */
static int read_name(struct intake *in, size_t len, char *ret, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, len, header_text, &p, why);
	size_t shown = len < UNZIP_NAME_MAX ? len : UNZIP_NAME_MAX;

	if (r < 0)
		return r;
	for (size_t i = 0; i < shown; i++)
		ret[i] = (char)(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '?');
	ret[shown] = '\0';
	if (len > 0 && p[len - 1] == '/')
		return intake_fault(in, why, -EBADMSG,
			"the zip holds a folder, \"%s\"; it must hold exactly one file",
			ret);
	intake_pass(in, len);
	return 0;
}

static int read_extra(struct intake *in, struct zip_entry *e, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, e->extra_len, header_text, &p, why);

	if (r < 0)
		return r;
	r = zip_apply_extra(e, p, e->extra_len);
	if (r < 0)
		return damaged(in, why, "a zip header lacks its 64-bit sizes");
	intake_pass(in, e->extra_len);
	return 0;
}

static int check_readable(
	const struct unzip *z, const struct intake *in, struct fault *why)
{
	const struct zip_entry *e = &z->entry;
	const char *method = zip_method_name(e->method);

	if (e->flags & ZIP_FLAGS_ENCRYPTED || e->method == ZIP_ENCRYPTED)
		return intake_fault(
			in, why, -EBADMSG, "\"%s\" in the zip is encrypted", z->name);
	if (e->flags & ZIP_FLAG_PATCH)
		return damaged(in, why, "the zip holds a patch, not a file");
	if (e->method != ZIP_STORED && e->method != ZIP_DEFLATED)
		return intake_fault(in, why, -EBADMSG,
			"\"%s\" in the zip is packed by method %u (%s), not by deflate",
			z->name, e->method, method ? method : "unknown");
	if (e->method == ZIP_STORED && e->flags & ZIP_FLAG_DESCRIPTOR && !e->packed_bytes)
		return damaged(in, why,
			"the zip holds a stored file whose size is told only behind it");
	return 0;
}

static int read_header(struct unzip *z, struct intake *in, struct fault *why)
{
	const unsigned char *p;
	bool is_size_known;
	int r = intake_need(in, ZIP_LOCAL_BYTES, header_text, &p, why);

	if (r < 0)
		return r;
	z->entry = zip_parse_local(p);
	intake_pass(in, ZIP_LOCAL_BYTES);
	r = read_name(in, z->entry.name_len, z->name, why);
	if (r == 0)
		r = read_extra(in, &z->entry, why);
	if (r == 0)
		r = check_readable(z, in, why);
	if (r < 0)
		return r;
	is_size_known =
		!(z->entry.flags & ZIP_FLAG_DESCRIPTOR) || z->entry.method == ZIP_STORED;
	r = member_begin(&z->member, is_size_known ? z->entry.packed_bytes : UINT64_MAX);
	return r < 0 ? intake_fault(in, why, r, "no memory to inflate") : 0;
}

/* The numbers behind the data, where the local header has none. */
static int pass_descriptor(struct unzip *z, struct intake *in, struct fault *why)
{
	const struct member *m = &z->member;
	const unsigned char *p;
	ssize_t n = intake_peek(in, ZIP_DESCRIPTOR_BYTES, &p, why);
	size_t len;

	if (n < 0)
		return (int)n;
	len = zip_match_descriptor(p, (size_t)n, m->crc, m->in_bytes, m->out_bytes);
	if (len == 0 && n < ZIP_DESCRIPTOR_BYTES)
		return damaged(in, why, "ends within the zip's data descriptor");
	if (len == 0)
		return damaged(in, why,
			"checksum or size behind the zipped data do not match it");
	intake_pass(in, len);
	return 0;
}

static int check_numbers(const struct zip_entry *e, const struct member *m,
	const struct intake *in, struct fault *why)
{
	if (e->packed_bytes != m->in_bytes)
		return damaged(in, why, "the packed size in the zip does not match");
	if (e->size_bytes != m->out_bytes)
		return damaged(in, why, "the size in the zip does not match");
	if (e->crc != m->crc)
		return damaged(in, why, "the zip checksum does not match");
	return 0;
}

static int end_body(struct unzip *z, struct intake *in, struct fault *why)
{
	if (z->entry.flags & ZIP_FLAG_DESCRIPTOR)
		return pass_descriptor(z, in, why);
	return check_numbers(&z->entry, &z->member, in, why);
}

/* Another file in front of the directory is the one fault that people make themselves. */
static int refuse_second(
	const struct unzip *z, const struct intake *in, struct fault *why)
{
	return intake_fault(in, why, -EBADMSG,
		"the zip holds more than one file, another follows \"%s\"; it must hold "
		"exactly "
		"one",
		z->name);
}

static int pass_entry(struct unzip *z, struct intake *in, struct fault *why)
{
	const unsigned char *p;
	struct zip_entry e;
	int r = intake_need(in, 4, directory_text, &p, why);

	if (r < 0)
		return r;
	if (little_u32(p) == ZIP_LOCAL)
		return refuse_second(z, in, why);
	if (little_u32(p) != ZIP_CENTRAL)
		return damaged(in, why, "no zip directory follows the data");
	r = intake_need(in, ZIP_CENTRAL_BYTES, directory_text, &p, why);
	if (r < 0)
		return r;
	e = zip_parse_central(p);
	intake_pass(in, ZIP_CENTRAL_BYTES);
	r = intake_need(in, e.name_len, directory_text, &p, why);
	if (r < 0)
		return r;
	intake_pass(in, e.name_len);
	r = read_extra(in, &e, why);
	if (r < 0)
		return r;
	r = intake_need(in, e.comment_len, directory_text, &p, why);
	if (r < 0)
		return r;
	intake_pass(in, e.comment_len);
	if (e.offset != 0 || e.disk != 0 || e.method != z->entry.method)
		return damaged(in, why, "the zip directory tells of another file");
	return check_numbers(&e, &z->member, in, why);
}

/* The end of the archive speaks of a directory of one entry that stands in [at, end). */
static bool is_directory(const struct zip_end *e, uint64_t at, uint64_t end)
{
	return e->disk == 0 && e->directory_disk == 0 && e->entries_here == 1 &&
		e->entries == 1 && e->directory_bytes == end - at &&
		e->directory_offset == at;
}

static int pass_end64(struct intake *in, uint64_t directory, uint64_t directory_end,
	struct zip_end *ret, struct fault *why)
{
	const unsigned char *p;
	struct zip_end e;
	int r = intake_need(in, ZIP_END64_BYTES, directory_text, &p, why);

	if (r < 0)
		return r;
	e = zip_parse_end64(p);
	/* Counted from behind itself; longer ones hold extensions that nobody writes. */
	if (little_u64(p + 4) != ZIP_END64_BYTES - 12 ||
		!is_directory(&e, directory, directory_end))
		return damaged(in, why, "the 64-bit end of the zip does not match");
	intake_pass(in, ZIP_END64_BYTES);
	r = intake_need(in, ZIP_LOCATOR64_BYTES, directory_text, &p, why);
	if (r < 0)
		return r;
	if (little_u32(p) != ZIP_LOCATOR64 || little_u64(p + 8) != directory_end)
		return damaged(in, why, "the 64-bit locator of the zip does not match");
	intake_pass(in, ZIP_LOCATOR64_BYTES);
	*ret = e;
	return 0;
}

/* Puts what the 64-bit form says where the short one has all ones. */
static void widen(struct zip_end *e, const struct zip_end *wide)
{
	if (e->disk == UINT16_MAX)
		e->disk = wide->disk;
	if (e->directory_disk == UINT16_MAX)
		e->directory_disk = wide->directory_disk;
	if (e->entries_here == UINT16_MAX)
		e->entries_here = wide->entries_here;
	if (e->entries == UINT16_MAX)
		e->entries = wide->entries;
	if (e->directory_bytes == UINT32_MAX)
		e->directory_bytes = wide->directory_bytes;
	if (e->directory_offset == UINT32_MAX)
		e->directory_offset = wide->directory_offset;
}

static int pass_end(
	struct unzip *z, struct intake *in, uint64_t directory, struct fault *why)
{
	uint64_t directory_end = intake_offset(in);
	struct zip_end e, wide = { 0 };
	const unsigned char *p;
	int r = intake_need(in, 4, directory_text, &p, why);

	if (r == 0 && little_u32(p) == ZIP_END64)
		r = pass_end64(in, directory, directory_end, &wide, why);
	if (r == 0)
		r = intake_need(in, 4, directory_text, &p, why);
	if (r < 0)
		return r;
	if (little_u32(p) == ZIP_CENTRAL)
		return refuse_second(z, in, why);
	if (little_u32(p) != ZIP_END)
		return damaged(in, why, "the zip directory has no end");
	r = intake_need(in, ZIP_END_BYTES, directory_text, &p, why);
	if (r < 0)
		return r;
	e = zip_parse_end(p);
	widen(&e, &wide);
	if (!is_directory(&e, directory, directory_end))
		return damaged(
			in, why, "the end of the zip does not match its directory");
	intake_pass(in, ZIP_END_BYTES);
	r = intake_need(in, e.comment_len, directory_text, &p, why);
	if (r == 0)
		intake_pass(in, e.comment_len);
	return r;
}

static int read_directory(struct unzip *z, struct intake *in, struct fault *why)
{
	uint64_t directory = intake_offset(in);
	const unsigned char *p;
	ssize_t n;
	int r = pass_entry(z, in, why);

	if (r == 0)
		r = pass_end(z, in, directory, why);
	if (r < 0)
		return r;
	n = intake_peek(in, 1, &p, why);
	if (n < 0)
		return (int)n;
	return n == 0 ? 0 : damaged(in, why, "trailing garbage");
}

ssize_t unzip_read(
	struct unzip *z, struct intake *in, void *bytes, size_t len, struct fault *why)
{
	ssize_t n = 0;

	while (n == 0) {
		switch (z->state) {
		case UNZIP_HEADER:
			n = read_header(z, in, why);
			if (n == 0)
				z->state = UNZIP_BODY;
			break;
		case UNZIP_BODY:
			n = z->entry.method == ZIP_STORED
				? member_read_stored(&z->member, in, bytes, len, why)
				: member_read(&z->member, in, bytes, len, why);
			if (n != 0)
				break;
			n = end_body(z, in, why);
			if (n == 0)
				z->state = UNZIP_DIRECTORY;
			break;
		case UNZIP_DIRECTORY:
			n = read_directory(z, in, why);
			if (n == 0)
				z->state = UNZIP_END;
			break;
		case UNZIP_END:
			return 0;
		}
	}
	return n;
}

void unzip_finish(struct unzip *z)
{
	member_finish(&z->member);
	*z = (struct unzip){ 0 };
}
