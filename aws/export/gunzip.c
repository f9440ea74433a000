/* The bytes of a gzip object (RFC 1952), all members one after another. */
#include "aws/export/gunzip.h"

#include <errno.h>
#include <string.h>

#include "aws/export/little.h"

enum {
	GZIP_FIXED = 10, /* bytes of the header that are always there */
	GZIP_TRAILER = 8,
	GZIP_METHOD_DEFLATE = 8,
	GZIP_FLAG_HEADER_CRC = 1 << 1,
	GZIP_FLAG_EXTRA = 1 << 2,
	GZIP_FLAG_NAME = 1 << 3,
	GZIP_FLAG_COMMENT = 1 << 4,
	GZIP_FLAGS_RESERVED = 0xe0,
};

static const char header_text[] = "a gzip header";

/* Passes n bytes of the header, which its checksum covers. */
static int pass(struct intake *in, size_t n, uint32_t *crc, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, n, header_text, &p, why);

	if (r < 0)
		return r;
	/* Of some bytes: any library will do. */
	*crc = inflate_zlib.crc32(*crc, p, n);
	intake_pass(in, n);
	return 0;
}

static int pass_extra(struct intake *in, uint32_t *crc, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, 2, header_text, &p, why);
	size_t len;

	if (r < 0)
		return r;
	len = little_u16(p);
	r = pass(in, 2, crc, why);
	return r < 0 ? r : pass(in, len, crc, why);
}

/* A name or comment, up to and with its NUL. Never looked at. */
static int pass_text(struct intake *in, uint32_t *crc, struct fault *why)
{
	const unsigned char *nul = NULL;

	while (!nul) {
		const unsigned char *p;
		ssize_t n = intake_peek(in, 1, &p, why);
		int r;

		if (n < 0)
			return (int)n;
		if (n == 0)
			return intake_need(in, 1, header_text, &p, why);
		if (n > INTAKE_PEEK_MAX)
			n = INTAKE_PEEK_MAX;
		nul = memchr(p, 0, (size_t)n);
		r = pass(in, nul ? (size_t)(nul - p) + 1 : (size_t)n, crc, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_header_crc(struct intake *in, uint32_t crc, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, 2, header_text, &p, why);

	if (r < 0)
		return r;
	if (little_u16(p) != (crc & 0xffff))
		return intake_fault(in, why, -EBADMSG,
			"the checksum of the gzip header does not match");
	intake_pass(in, 2);
	return 0;
}

static int read_header(struct intake *in, struct fault *why)
{
	const unsigned char *p;
	unsigned flags;
	uint32_t crc = 0;
	int r = intake_need(in, GZIP_FIXED, header_text, &p, why);

	if (r < 0)
		return r;
	if (p[0] != 0x1f || p[1] != 0x8b)
		return intake_fault(
			in, why, -EBADMSG, "trailing garbage, no gzip member");
	if (p[2] != GZIP_METHOD_DEFLATE)
		return intake_fault(
			in, why, -EBADMSG, "gzip method %u is not known", p[2]);
	flags = p[3];
	if (flags & GZIP_FLAGS_RESERVED)
		return intake_fault(
			in, why, -EBADMSG, "gzip flags %#x are not known", flags);
	r = pass(in, GZIP_FIXED, &crc, why);
	if (r == 0 && flags & GZIP_FLAG_EXTRA)
		r = pass_extra(in, &crc, why);
	if (r == 0 && flags & GZIP_FLAG_NAME)
		r = pass_text(in, &crc, why);
	if (r == 0 && flags & GZIP_FLAG_COMMENT)
		r = pass_text(in, &crc, why);
	if (r == 0 && flags & GZIP_FLAG_HEADER_CRC)
		r = check_header_crc(in, crc, why);
	return r;
}

static int check_trailer(const struct member *m, struct intake *in, struct fault *why)
{
	const unsigned char *p;
	int r = intake_need(in, GZIP_TRAILER, "a gzip trailer", &p, why);

	if (r < 0)
		return r;
	if (little_u32(p) != m->crc)
		return intake_fault(
			in, why, -EBADMSG, "the gzip checksum does not match");
	if (little_u32(p + 4) != (uint32_t)m->out_bytes)
		return intake_fault(in, why, -EBADMSG, "the gzip length does not match");
	intake_pass(in, GZIP_TRAILER);
	return 0;
}

/* Tapes and block devices pad with zeros, and gzip(1) takes that. */
static int check_padding(struct intake *in, struct fault *why)
{
	for (;;) {
		const unsigned char *p;
		ssize_t n = intake_peek(in, 1, &p, why), i;

		if (n <= 0)
			return (int)n;
		for (i = 0; i < n && p[i] == 0; i++)
			;
		intake_pass(in, (size_t)i);
		if (i < n)
			return intake_fault(in, why, -EBADMSG, "trailing garbage");
	}
}

/* Behind a member: the next one, padding, or the end. */
static int look_behind(struct gunzip *g, struct intake *in, struct fault *why)
{
	const unsigned char *p;
	ssize_t n = intake_peek(in, 1, &p, why);
	int r;

	if (n < 0)
		return (int)n;
	if (n > 0 && p[0] == 0x1f) {
		g->state = GUNZIP_HEADER;
		return 0;
	}
	r = check_padding(in, why);
	if (r == 0)
		g->state = GUNZIP_END;
	return r;
}

static int begin_member(struct gunzip *g, struct intake *in, struct fault *why)
{
	int r = read_header(in, why);

	if (r < 0)
		return r;
	r = member_begin(&g->member, UINT64_MAX);
	if (r < 0)
		return intake_fault(in, why, r, "no memory to inflate");
	g->state = GUNZIP_BODY;
	return 0;
}

ssize_t gunzip_read(
	struct gunzip *g, struct intake *in, void *bytes, size_t len, struct fault *why)
{
	ssize_t n = 0;

	while (n == 0) {
		switch (g->state) {
		case GUNZIP_HEADER:
			n = begin_member(g, in, why);
			break;
		case GUNZIP_BODY:
			n = member_read(&g->member, in, bytes, len, why);
			if (n != 0)
				break;
			n = check_trailer(&g->member, in, why);
			if (n == 0)
				g->state = GUNZIP_BEHIND;
			break;
		case GUNZIP_BEHIND:
			n = look_behind(g, in, why);
			break;
		case GUNZIP_END:
			return 0;
		}
	}
	return n;
}

void gunzip_finish(struct gunzip *g)
{
	member_finish(&g->member);
	*g = (struct gunzip){ 0 };
}
