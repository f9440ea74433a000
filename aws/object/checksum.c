#include "aws/object/checksum.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { CRC_SLICES = 8 };

/* What there is to know of a kind. */
struct recipe {
	const char *name;
	size_t bytes;
	uint64_t polynomial; /* reflected; 0: it is no CRC */
};

static const struct recipe recipes[CHECKSUM_KINDS] = {
	[CHECKSUM_NONE] = { "", 0, 0 },
	[CHECKSUM_CRC64NVME] = { "crc64nvme", 8, UINT64_C(0x9A6C9329AC4BC9B5) },
	[CHECKSUM_CRC32] = { "crc32", 4, UINT64_C(0xEDB88320) },
	[CHECKSUM_CRC32C] = { "crc32c", 4, UINT64_C(0x82F63B78) },
	[CHECKSUM_SHA1] = { "sha1", 20, 0 },
	[CHECKSUM_SHA256] = { "sha256", 32, 0 },
};

struct checksum {
	enum checksum_kind kind;
	bool has_failed; /* OpenSSL */
	EVP_MD_CTX *digest; /* NULL for a CRC */
	uint64_t crc;
	/* What a byte does to the CRC from so many bytes on: one table each, so that the
	 * look-ups of eight bytes need not wait for each other. CRCs of 32 bits use the
	 * lower half. */
	uint64_t tables[CRC_SLICES][256];
};

const char *checksum_name(enum checksum_kind kind)
{
	return recipes[kind].name;
}

enum checksum_kind checksum_kind_of(struct span name)
{
	for (unsigned i = CHECKSUM_NONE + 1; i < CHECKSUM_KINDS; i++)
		if (span_eq_nocase(name, span_of(recipes[i].name)))
			return (enum checksum_kind)i;
	return CHECKSUM_NONE;
}

int checksum_parse(enum checksum_kind kind, struct span text, struct checksum_value *ret)
{
	struct checksum_value value = { .kind = kind };
	size_t bytes = recipes[kind].bytes, pads = (3 - bytes % 3) % 3;
	unsigned char decoded[CHECKSUM_BYTES_MAX + 3];
	size_t digits = (bytes + pads) / 3 * 4;

	/* OpenSSL trims blanks, and takes a '=' in the middle. */
	if (bytes == 0 || text.len != digits)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		if ((text.p[i] == '=') != (i >= digits - pads) || text.p[i] <= ' ')
			return -EINVAL;
	if (EVP_DecodeBlock(decoded, (const unsigned char *)text.p, (int)digits) < 0)
		return -EINVAL;
	memcpy(value.bytes, decoded, bytes);
	*ret = value;
	return 0;
}

static void make_tables(struct checksum *c, uint64_t polynomial)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		c->tables[0][i] = crc;
	}
	for (unsigned slice = 1; slice < CRC_SLICES; slice++)
		for (unsigned i = 0; i < 256; i++) {
			uint64_t crc = c->tables[slice - 1][i];

			c->tables[slice][i] = crc >> 8 ^ c->tables[0][crc & 0xFF];
		}
}

static uint64_t all_ones(enum checksum_kind kind)
{
	return recipes[kind].bytes == 4 ? UINT32_MAX : UINT64_MAX;
}

struct checksum *checksum_new(enum checksum_kind kind)
{
	struct checksum *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->kind = kind;
	if (recipes[kind].polynomial) {
		c->crc = all_ones(kind);
		make_tables(c, recipes[kind].polynomial);
		return c;
	}
	c->digest = EVP_MD_CTX_new();
	if (!c->digest ||
		!EVP_DigestInit_ex(c->digest,
			kind == CHECKSUM_SHA1 ? EVP_sha1() : EVP_sha256(), NULL)) {
		checksum_free(c);
		return NULL;
	}
	return c;
}

void checksum_free(struct checksum *c)
{
	if (!c)
		return;
	EVP_MD_CTX_free(c->digest);
	free(c);
}

static uint64_t load(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static void add_to_crc(struct checksum *c, const unsigned char *p, size_t len)
{
	const uint64_t(*t)[256] = (const uint64_t(*)[256])c->tables;
	uint64_t crc = c->crc;

	for (; len >= CRC_SLICES; p += CRC_SLICES, len -= CRC_SLICES) {
		uint64_t x = crc ^ load(p);

		crc = t[7][x & 0xFF] ^ t[6][x >> 8 & 0xFF] ^ t[5][x >> 16 & 0xFF] ^
			t[4][x >> 24 & 0xFF] ^ t[3][x >> 32 & 0xFF] ^
			t[2][x >> 40 & 0xFF] ^ t[1][x >> 48 & 0xFF] ^ t[0][x >> 56];
	}
	for (; len; p++, len--)
		crc = crc >> 8 ^ t[0][(crc ^ *p) & 0xFF];
	c->crc = crc;
}

void checksum_add(struct checksum *c, const void *bytes, size_t len)
{
	if (!c->digest)
		add_to_crc(c, bytes, len);
	else if (!EVP_DigestUpdate(c->digest, bytes, len))
		c->has_failed = true;
}

int checksum_end(struct checksum *c, struct checksum_value *ret)
{
	struct checksum_value value = { .kind = c->kind };
	uint64_t crc = c->crc ^ all_ones(c->kind);
	size_t bytes = recipes[c->kind].bytes;

	if (c->digest) {
		if (c->has_failed || !EVP_DigestFinal_ex(c->digest, value.bytes, NULL))
			return -ENOMEM;
	} else {
		for (size_t i = bytes; i > 0; i--, crc >>= 8)
			value.bytes[i - 1] = (unsigned char)(crc & 0xFF);
	}
	*ret = value;
	return 0;
}

bool checksum_eq(const struct checksum_value *a, const struct checksum_value *b)
{
	return a->kind == b->kind &&
		memcmp(a->bytes, b->bytes, recipes[a->kind].bytes) == 0;
}
