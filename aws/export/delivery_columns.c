#include "aws/export/delivery.h"
#include "aws/export/keys.h"

bool delivery_has_columns(const struct delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (key_pack(span_of(d->files[i].key), NULL) != KEY_PACK_PARQUET)
			return false;
	return d->count > 0;
}
