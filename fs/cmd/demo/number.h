/* Amounts, rates and costs of the demo: whole numbers of 10^-10, in AWS's two
 * spellings. */
#ifndef FS_CMD_DEMO_NUMBER_H
#define FS_CMD_DEMO_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define E10 INT64_C(10000000000)

enum number_style {
	NUMBER_JAVA, /* 1.0, 0.02, 1.81E-8 */
	NUMBER_FIXED, /* 29.0000000000 */
};
enum { NUMBER_TEXT = 32 };

/* a * b, rounded half to even. The result must fit (below 922 million). */
int64_t e10_mul(int64_t a, int64_t b);
/* a * part / whole, rounded half to even; whole > 0. */
int64_t e10_share(int64_t a, int64_t part, int64_t whole);
/* Writes at most NUMBER_TEXT bytes, no NUL; answers the length. */
size_t number_print(int64_t e10, enum number_style style, char *ret);

/* The double whose shortest spelling says the same; the number has at most 15 digits
 * between its first and its last that is not 0. */
double number_double(int64_t e10);

#endif
