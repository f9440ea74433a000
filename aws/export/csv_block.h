/* Where the bytes that matter to CSV stand in a block of 64. Private to the reader. */
#ifndef AWS_EXPORT_CSV_BLOCK_H
#define AWS_EXPORT_CSV_BLOCK_H

#include <stdint.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { CSV_BLOCK = 64 };

/* Bit i stands for byte i. */
struct csv_block {
	uint64_t commas;
	uint64_t others; /* quotes, line feeds, carriage returns */
};

static inline struct csv_block csv_block_scalar(const char *p)
{
	struct csv_block b = { 0, 0 };

	for (unsigned i = 0; i < CSV_BLOCK; i++) {
		char c = p[i];

		b.commas |= (uint64_t)(c == ',') << i;
		b.others |= (uint64_t)(c == '"' || c == '\n' || c == '\r') << i;
	}
	return b;
}

#if defined(__SSE2__)
static inline struct csv_block csv_block_sse2(const char *p)
{
	const __m128i comma = _mm_set1_epi8(','), quote = _mm_set1_epi8('"');
	const __m128i feed = _mm_set1_epi8('\n'), carriage = _mm_set1_epi8('\r');
	struct csv_block b = { 0, 0 };

	for (unsigned i = 0; i < CSV_BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, quote),
			_mm_or_si128(
				_mm_cmpeq_epi8(v, feed), _mm_cmpeq_epi8(v, carriage)));
		unsigned commas = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, comma));
		unsigned others = (unsigned)_mm_movemask_epi8(other);

		b.commas |= (uint64_t)commas << i;
		b.others |= (uint64_t)others << i;
	}
	return b;
}
#endif

#if defined(__AVX2__)
static inline struct csv_block csv_block_avx2(const char *p)
{
	const __m256i comma = _mm256_set1_epi8(','), quote = _mm256_set1_epi8('"');
	const __m256i feed = _mm256_set1_epi8('\n'), carriage = _mm256_set1_epi8('\r');
	struct csv_block b = { 0, 0 };

	for (unsigned i = 0; i < CSV_BLOCK; i += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
		__m256i other = _mm256_or_si256(_mm256_cmpeq_epi8(v, quote),
			_mm256_or_si256(_mm256_cmpeq_epi8(v, feed),
				_mm256_cmpeq_epi8(v, carriage)));
		__m256i commas = _mm256_cmpeq_epi8(v, comma);

		b.commas |= (uint64_t)(uint32_t)_mm256_movemask_epi8(commas) << i;
		b.others |= (uint64_t)(uint32_t)_mm256_movemask_epi8(other) << i;
	}
	return b;
}
#endif

/* p: 64 readable bytes. */
static inline struct csv_block csv_block(const char *p)
{
#if defined(CSV_WAY_SCALAR)
	return csv_block_scalar(p);
#elif defined(__AVX2__)
	return csv_block_avx2(p);
#elif defined(__SSE2__)
	return csv_block_sse2(p);
#else
	return csv_block_scalar(p);
#endif
}

#endif
