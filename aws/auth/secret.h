/* What is wiped before its memory goes. */
#ifndef AWS_AUTH_SECRET_H
#define AWS_AUTH_SECRET_H

#include <cjson/cJSON.h>

#include "base/buf.h"

/* NULL does nothing. */
void secret_free(char *text);
void secret_finish(struct buf *b);
/* *ret is wiped and replaced, by NULL when text is NULL. 0; -ENOMEM. */
MUST_USE int secret_set(char **ret, const char *text);

/* A JSON object. 0; -EBADMSG it is none (or there is no memory for it). */
MUST_USE int secret_parse(struct span text, cJSON **ret);
void secret_delete(cJSON *json);
/* Appends it. 0; -ENOMEM; -EFBIG. */
MUST_USE int secret_print(cJSON *json, struct buf *ret);
/* A member that is a string; NULL when there is none. Valid as object. */
const char *secret_text(const cJSON *object, const char *key);
/* Appends a JSON string as Python's json.dumps() does, in ASCII. 0; -ENOMEM; -EFBIG. */
MUST_USE int json_ascii(struct span text, struct buf *ret);

#endif
