/* Which columns the files of a format have. */
#include <string.h>

#include "fs/cmd/demo/field.h"
#include "fs/cmd/demo/format.h"

static bool is_legacy(enum field f, bool without_plans)
{
	return field_names[f].category &&
		!(without_plans && strcmp(field_names[f].category, "savingsPlan") == 0);
}

static bool is_focus(enum field f, bool first_version)
{
	return field_names[f].place == FIELD_IN_FOCUS ||
		field_names[f].place ==
		(first_version ? FIELD_IN_FOCUS_10 : FIELD_IN_FOCUS_12);
}

/* CUR 2.0 exports made in the console have their columns by name. */
static void insert_by_key(enum field f, struct columns *c)
{
	size_t at = c->count++;

	while (at > 0 &&
		strcmp(field_names[c->fields[at - 1]].key, field_names[f].key) > 0) {
		c->fields[at] = c->fields[at - 1];
		at--;
	}
	c->fields[at] = f;
}

void demo_columns_of(enum demo_format format, bool without_plans, struct columns *ret)
{
	const struct format_info *info = format_info(format);

	ret->count = 0;
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		switch (info->family) {
		case FORMAT_LEGACY:
			if (is_legacy(f, without_plans))
				ret->fields[ret->count++] = f;
			break;
		case FORMAT_CUR2:
			if (field_names[f].place == FIELD_AT_TOP)
				insert_by_key(f, ret);
			break;
		case FORMAT_FOCUS:
			if (is_focus(f, info->focus_10))
				ret->fields[ret->count++] = f;
			break;
		}
	}
}
