/* Eight bytes of text at once, the first one lowest. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD = 8 /* bytes */ };

/* All bytes the same. */
#define WORD_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void word_store(char *p, uint64_t word)
{
	word = htole64(word);
	memcpy(p, &word, sizeof(word));
}

static inline uint64_t word_load_half(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

/* Of 1 to 7 bytes; those behind are 0. */
static inline uint64_t word_load_few(const char *p, size_t len)
{
	if (len >= 4)
		return word_load_half(p) | word_load_half(p + len - 4) << 8 * (len - 4);
	return (uint64_t)(unsigned char)p[0] |
		(uint64_t)(unsigned char)p[len / 2] << 8 * (len / 2) |
		(uint64_t)(unsigned char)p[len - 1] << 8 * (len - 1);
}

/* Of two texts of that length, most of which are short. */
static inline bool word_same(const char *a, const char *b, size_t len)
{
	if (len == 0)
		return true;
	if (len < WORD)
		return word_load_few(a, len) == word_load_few(b, len);
	for (size_t i = 0; i + WORD < len; i += WORD)
		if (word_load(a + i) != word_load(b + i))
			return false;
	return word_load(a + len - WORD) == word_load(b + len - WORD);
}

/* Whether any byte is below a limit (at most 128). */
static inline bool word_has_below(uint64_t word, unsigned limit)
{
	return ((word - WORD_ALL(limit)) & ~word & WORD_ALL(0x80)) != 0;
}

static inline bool word_has(uint64_t word, unsigned char byte)
{
	return word_has_below(word ^ WORD_ALL(byte), 1);
}

#endif
