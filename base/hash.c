#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <xxhash.h>

uint64_t hash64(const void *bytes, size_t len, uint64_t seed)
{
	/* XXH3 takes NULL, but only with a length of 0, as a span may have it. */
	return XXH3_64bits_withSeed(bytes, len, seed);
}

struct hash64_pieces {
	XXH3_state_t *state; /* its own alignment */
};

struct hash64_pieces *hash64_pieces_new(void)
{
	struct hash64_pieces *h = malloc(sizeof(*h));

	if (!h)
		return NULL;
	h->state = XXH3_createState();
	if (!h->state) {
		free(h);
		return NULL;
	}
	(void)XXH3_64bits_reset(h->state);
	return h;
}

void hash64_pieces_free(struct hash64_pieces *h)
{
	if (!h)
		return;
	(void)XXH3_freeState(h->state);
	free(h);
}

void hash64_pieces_add(struct hash64_pieces *h, const void *bytes, size_t len)
{
	if (len)
		(void)XXH3_64bits_update(h->state, bytes, len);
}

uint64_t hash64_pieces_value(const struct hash64_pieces *h)
{
	return XXH3_64bits_digest(h->state);
}

int sha256(struct span text, unsigned char ret[SHA256_BYTES])
{
	const void *bytes = text.len ? text.p : "";

	/* It fails for want of memory, or before it wrote anything. */
	if (EVP_Digest(bytes, text.len, ret, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	return 0;
}

int sha256_hex(struct span text, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[SHA256_BYTES];
	int r = sha256(text, sum);

	assert(n <= SHA256_BYTES);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[2 * n] = '\0';
	return 0;
}
