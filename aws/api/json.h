/* JSON bodies, read whole. */
#ifndef AWS_API_JSON_H
#define AWS_API_JSON_H

#include "base/span.h"

enum { JSON_DEPTH_MAX = 32, JSON_BYTES_MAX = 16 * 1024 * 1024 };

/* A value. Immutable. */
struct json;

/* 0; -EBADMSG no JSON, something behind it, or a NUL in a string; -EFBIG deeper or longer
 * than the limits; -ENOMEM. */
MUST_USE int json_parse(struct span text, struct json **ret);
/* Wipes the strings, since some are keys. Of what json_parse() gave only. */
void json_free(struct json *json);

/* All take NULL for a value that is not there, and answer what is valid until
 * json_free(). */

/* NULL when object is none, or has no such member. The first of those with the name. */
const struct json *json_member(const struct json *object, const char *name);
/* The string; NULL for any other value. */
const char *json_text(const struct json *value);
/* json_text(json_member()) */
const char *json_member_text(const struct json *object, const char *name);
/* A number without a fraction. 0; -EINVAL any other value; -ERANGE over 2^53. */
MUST_USE int json_integer(const struct json *value, int64_t *ret);
/* As given; -1 for what is no boolean. */
int json_boolean(const struct json *value);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
/* For both; NULL at the end. */
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *item);
/* Name of a member met by json_first() and json_next(). */
const char *json_name(const struct json *member);

#endif
