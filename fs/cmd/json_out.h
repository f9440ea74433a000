/* JSON as people read it: a member a line, indented. The caller closes what it opens. */
#ifndef FS_CMD_JSON_OUT_H
#define FS_CMD_JSON_OUT_H

#include "base/buf.h"

/* Zeroed but for the first two. */
struct json_out {
	struct buf *to; /* borrowed */
	unsigned indent; /* levels that it stands within, two blanks each */
	unsigned depth;
	bool has_item; /* the container has one already */
	int failed; /* sticky -errno of the buffer; nothing is written any more */
};

/* bracket: '{' or '[', and its end. name: of a member, NULL within arrays. */
void json_out_open(struct json_out *j, const char *name, char bracket);
void json_out_close(struct json_out *j, char bracket);
/* Bytes that are no UTF-8 become U+FFFD. */
void json_out_text(struct json_out *j, const char *name, const char *text);
/* Likewise; null where text is NULL. */
void json_out_optional(struct json_out *j, const char *name, const char *text);
void json_out_number(struct json_out *j, const char *name, uint64_t number);
/* As it stands: null, true, false. */
void json_out_word(struct json_out *j, const char *name, const char *word);
/* A value that is JSON already; its lines are indented further. */
void json_out_value(struct json_out *j, const char *name, struct span json);

#endif
