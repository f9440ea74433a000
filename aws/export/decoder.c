/* Plain bytes out of a gzip, zip or plain object, streaming. */
#include "aws/export/decoder.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "aws/export/gunzip.h"
#include "aws/export/magic.h"
#include "aws/export/unzip.h"

enum {
	DECODER_BOMB_FLOOR = 64 * 1024 * 1024, /* bytes */
	DECODER_BOMB_RATIO = 400, /* real exports: 16; deflate can reach 1032 */
};

struct decoder {
	struct intake intake;
	uint64_t bomb_floor_bytes, bytes_out;
	bool is_begun; /* form is known */
	bool is_parquet; /* by its first bytes */
	enum decoder_form form;
	struct gunzip gunzip; /* DECODER_GZIP */
	struct unzip unzip; /* DECODER_ZIP */
	struct fault failure; /* sticky; error 0 = none */
};

int decoder_new(struct object_source *s, const struct object_info *object,
	const struct decoder_options *options, struct decoder **ret)
{
	const struct decoder_options given =
		options ? *options : (struct decoder_options){ 0 };
	struct decoder *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	r = intake_init(&d->intake, s, object, given.read_bytes);
	if (r < 0) {
		free(d);
		return r;
	}
	d->bomb_floor_bytes =
		given.bomb_floor_bytes ? given.bomb_floor_bytes : DECODER_BOMB_FLOOR;
	d->gunzip.member.library = d->unzip.member.library =
		given.inflate ? given.inflate : inflate_libraries[0];
	*ret = d;
	return 0;
}

/* Looks at the first bytes to tell the form. */
static int begin(struct decoder *d, struct fault *why)
{
	const struct intake *in = &d->intake;
	const unsigned char *p;
	const char *name;
	ssize_t n = intake_peek(&d->intake, MAGIC_HEAD, &p, why);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return fault(why, -EBADMSG, "%s/%s: is empty", in->source->name,
			in->object->key);
	if (n > MAGIC_HEAD)
		n = MAGIC_HEAD;
	switch (magic_of((struct span){ (const char *)p, (size_t)n }, &name)) {
	case MAGIC_TEXT:
		d->form = DECODER_PLAIN;
		break;
	case MAGIC_GZIP:
		d->form = DECODER_GZIP;
		break;
	case MAGIC_ZIP:
		d->form = DECODER_ZIP;
		break;
	case MAGIC_PARQUET:
		d->is_parquet = true;
		__attribute__((fallthrough));
	case MAGIC_OTHER:
		return intake_fault(in, why, -EBADMSG,
			"this is %s, not CSV as text, gzip or zip", name);
	}
	d->is_begun = true;
	return 0;
}

static ssize_t read_form(struct decoder *d, void *bytes, size_t len, struct fault *why)
{
	switch (d->form) {
	case DECODER_PLAIN:
		return intake_read(&d->intake, bytes, len, why);
	case DECODER_GZIP:
		return gunzip_read(&d->gunzip, &d->intake, bytes, len, why);
	case DECODER_ZIP:
		return unzip_read(&d->unzip, &d->intake, bytes, len, why);
	}
	return -EINVAL;
}

static int check_bomb(const struct decoder *d, struct fault *why)
{
	uint64_t in = decoder_bytes_in(d);

	if (d->form == DECODER_PLAIN || d->bytes_out <= d->bomb_floor_bytes ||
		(d->bytes_out - 1) / DECODER_BOMB_RATIO < in)
		return 0;
	return intake_fault(&d->intake, why, -EFBIG,
		"grows to %" PRIu64 " bytes, more than %d times its size: refused",
		d->bytes_out, DECODER_BOMB_RATIO);
}

static ssize_t read_some(struct decoder *d, void *bytes, size_t len, struct fault *why)
{
	ssize_t n;
	int r = d->is_begun ? 0 : begin(d, why);

	if (r < 0)
		return r;
	n = read_form(d, bytes, len, why);
	if (n < 0)
		return n;
	d->bytes_out += (uint64_t)n;
	r = check_bomb(d, why);
	return r < 0 ? r : n;
}

ssize_t decoder_read(struct decoder *d, void *bytes, size_t len, struct fault *why)
{
	assert(len > 0);
	if (d->failure.error == 0) {
		struct fault seen = { 0 };
		ssize_t n = read_some(d, bytes, len, &seen);

		if (n >= 0)
			return n;
		d->failure = seen;
		d->failure.error = (int)n;
	}
	if (why)
		*why = d->failure;
	return d->failure.error;
}

uint64_t decoder_bytes_in(const struct decoder *d)
{
	return intake_offset(&d->intake);
}

bool decoder_is_parquet(const struct decoder *d)
{
	return d->is_parquet;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	gunzip_finish(&d->gunzip);
	unzip_finish(&d->unzip);
	intake_finish(&d->intake);
	free(d);
}
