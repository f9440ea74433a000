/* An export as a table that tests change while it is read. Links instead of aws/export's
 * delivery calls. Thread-safe. */
#ifndef TESTS_FS_FAKE_EXPORT_H
#define TESTS_FS_FAKE_EXPORT_H

#include "aws/export/delivery.h"

enum { FAKE_MONTHS_MAX = 128 };

struct fake_month {
	const char *month; /* "2026-11" */
	/* Of its delivery: etag, id and assembly are made of it. "columns..." has
	 * columns, "...large..." is. */
	const char *version;
	bool bare; /* without a manifest */
	int read_error; /* of delivery_read() */
	/* The version that takes its place right after that, without an error; NULL: it
	 * stays. */
	const char *then;
	bool torn; /* delivery_check_whole() says so */
	/* Another version of its files, by the same manifest, just written; NULL: it is
	 * as old as the hills. */
	const char *files;
};

/* Replaces the table; items are copied, the strings are not. */
void fake_export_set(const struct fake_month *items, size_t count);
/* All calls of the source fail with it; 0 for no failure. */
void fake_export_fail(int error);
/* What the source was asked for so far: names of months, manifests by listing, manifests
 * that were known, deliveries. */
struct fake_asked {
	unsigned lists, looks, checks, reads;
};
struct fake_asked fake_export_asked(void);
/* Of the version of a month. */
void fake_delivery_id(const char *month, const char *version, char ret[DELIVERY_ID_TEXT]);
struct month_no fake_month_no(const char *month);

#endif
