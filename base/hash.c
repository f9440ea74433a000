#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <xxhash.h>

uint64_t hash64(const void *bytes, size_t len, uint64_t seed)
{
	/* XXH3 takes NULL, but only with a length of 0, as a span may have it. */
	return XXH3_64bits_withSeed(bytes, len, seed);
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
