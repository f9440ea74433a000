/* Numbers as decimal digits. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_DIGITS_H
#define AWS_EXPORT_PARQUET_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 20 /* of 64 bits */ };

/* Writes the digits of n, without leading zeros, so that they end before end; answers
 * where they begin. */
static inline char *digits_before(char *end, uint64_t n)
{
	static const char pairs[] =
		"000102030405060708091011121314151617181920212223242526272829303132333435"
		"36"
		"373839404142434445464748495051525354555657585960616263646566676869707172"
		"73"
		"7475767778798081828384858687888990919293949596979899";

	while (n >= 100) {
		end -= 2;
		memcpy(end, &pairs[n % 100 * 2], 2);
		n /= 100;
	}
	if (n >= 10) {
		end -= 2;
		memcpy(end, &pairs[n * 2], 2);
	} else {
		*--end = (char)('0' + n);
	}
	return end;
}

/* Exactly width digits, with leading zeros; answers what follows them. */
static inline char *digits_padded(char *p, uint64_t n, unsigned width)
{
	for (unsigned i = width; i > 0; i--, n /= 10)
		p[i - 1] = (char)('0' + n % 10);
	return p + width;
}

#endif
