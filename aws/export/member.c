/* One deflated member of a gzip or zip object. */
#include "aws/export/member.h"

#include <errno.h>

int member_begin(struct member *m, uint64_t in_limit)
{
	const struct inflate_library *library = m->library;
	struct inflater *z = m->inflater;
	int r;

	if (z) {
		library->reset(z);
	} else {
		r = library->open(&z);
		if (r < 0)
			return r;
	}
	*m = (struct member){ .library = library, .inflater = z, .in_limit = in_limit };
	return 0;
}

/* What may be inflated now, > 0 unless the limit is reached. */
static ssize_t look(
	struct member *m, struct intake *in, const unsigned char **ret, struct fault *why)
{
	uint64_t left = m->in_limit - m->in_bytes;
	ssize_t n;

	if (left == 0)
		return 0;
	n = intake_peek(in, 1, ret, why);
	if (n < 0)
		return n;
	if (n == 0)
		return intake_fault(in, why, -EBADMSG, "ends within compressed data");
	return (uint64_t)n < left ? n : (ssize_t)left;
}

static ssize_t inflate_some(
	struct member *m, struct intake *in, void *bytes, size_t len, struct fault *why)
{
	const unsigned char *input =
		in->bytes; /* none is taken, but zlib counts from it */
	ssize_t n = look(m, in, &input, why);
	struct inflater_io io;
	size_t taken;
	int r;

	if (n < 0)
		return n;
	io = (struct inflater_io){
		.in = input, .in_len = (size_t)n, .out = bytes, .out_len = len
	};
	r = m->library->step(m->inflater, &io);
	taken = (size_t)n - io.in_len;
	if (r >= 0) {
		intake_pass(in, taken);
		m->in_bytes += taken;
	}
	if (r == -EBADMSG)
		return intake_fault(in, why, r, "compressed data is damaged");
	if (r < 0)
		return intake_fault(in, why, r, "no memory to inflate");
	m->ended = r == 1;
	/* Also with all input taken there may be output to come, so only no progress
	 * is an end. */
	if (!m->ended && taken == 0 && io.out_len == len)
		return intake_fault(
			in, why, -EBADMSG, "compressed data goes past its stated size");
	return (ssize_t)(len - io.out_len);
}

ssize_t member_read(
	struct member *m, struct intake *in, void *bytes, size_t len, struct fault *why)
{
	ssize_t n = 0;

	while (n == 0 && !m->ended) {
		n = inflate_some(m, in, bytes, len, why);
		if (n < 0)
			return n;
	}
	m->crc = m->library->crc32(m->crc, bytes, (size_t)n);
	m->out_bytes += (uint64_t)n;
	return n;
}

ssize_t member_read_stored(
	struct member *m, struct intake *in, void *bytes, size_t len, struct fault *why)
{
	uint64_t left = m->in_limit - m->in_bytes;
	ssize_t n;

	if (left == 0) {
		m->ended = true;
		return 0;
	}
	n = intake_read(in, bytes, len < left ? len : (size_t)left, why);
	if (n < 0)
		return n;
	if (n == 0)
		return intake_fault(in, why, -EBADMSG, "ends within the stored data");
	m->crc = m->library->crc32(m->crc, bytes, (size_t)n);
	m->in_bytes += (uint64_t)n;
	m->out_bytes += (uint64_t)n;
	return n;
}

void member_finish(struct member *m)
{
	if (m->inflater)
		m->library->close(m->inflater);
	*m = (struct member){ 0 };
}
