/* Attributes and small macros that every file may use. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

/* The result must be looked at; gcc does not let a cast to void silence it. */
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
