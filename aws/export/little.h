/* Little-endian numbers, as gzip and zip have them. Private to the decoder. */
#ifndef AWS_EXPORT_LITTLE_H
#define AWS_EXPORT_LITTLE_H

#include <stdint.h>

static inline uint16_t little_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t little_u32(const unsigned char *p)
{
	return (uint32_t)little_u16(p) | (uint32_t)little_u16(p + 2) << 16;
}

static inline uint64_t little_u64(const unsigned char *p)
{
	return (uint64_t)little_u32(p) | (uint64_t)little_u32(p + 4) << 32;
}

#endif
