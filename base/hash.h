/* Hashes: a fast one for tables and damage, SHA-256 for names. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/span.h"

/* XXH3, 64 bits, little-endian result everywhere. */
uint64_t hash64(const void *bytes, size_t len, uint64_t seed);

/* The same of bytes that come in pieces, with seed 0. NULL on no memory. */
struct hash64_pieces;
struct hash64_pieces *hash64_pieces_new(void);
/* NULL is allowed. */
void hash64_pieces_free(struct hash64_pieces *h);
void hash64_pieces_add(struct hash64_pieces *h, const void *bytes, size_t len);
/* Of all so far. */
uint64_t hash64_pieces_value(const struct hash64_pieces *h);

enum { SHA256_BYTES = 32 };
/* 0; -ENOMEM. */
MUST_USE int sha256(struct span text, unsigned char ret[SHA256_BYTES]);
/* Lower-case hex of the first n bytes of the SHA-256; ret holds 2 * n + 1. */
MUST_USE int sha256_hex(struct span text, size_t n, char *ret);

#endif
