#include "aws/export/delivery.h"
#include "aws/export/keys.h"

uint64_t delivery_bytes(const struct delivery *d)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < d->count; i++)
		if (__builtin_add_overflow(bytes, d->files[i].size_bytes, &bytes))
			return UINT64_MAX;
	return bytes;
}

bool delivery_has_columns(const struct delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (key_pack(span_of(d->files[i].key), NULL) != KEY_PACK_PARQUET)
			return false;
	return d->count > 0;
}
