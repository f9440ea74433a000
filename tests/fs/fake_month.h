/* A month made of rows in a test: what fs/store/month.h answers, without files. Adds up
 * by itself, so that it can stand against fs/store as well as for it. */
#ifndef TESTS_FS_FAKE_MONTH_H
#define TESTS_FS_FAKE_MONTH_H

#include "fs/store/month.h"

/* Plain; NULL texts are empty. Borrowed while the month is made. */
struct fake_row {
	const char *account, *account_name, *service, *service_name;
	bool is_marketplace;
	const char *region, *usage_type, *operation, *charge_type;
	const char *resource, *resource_name;
	const char *date; /* "2026-11-01", or with a time; NULL: none */
	const char *end; /* of the usage, with a time; NULL: none */
	const char *amount; /* of the usage; NULL: none */
	const char *cost[COST_COUNT]; /* NULL: null; "?": lacking */
	const char *currency; /* NULL: USD */
	const char *invoice, *entity, *description;
	const char *tags, *categories; /* "key=value;key=value" */
	unsigned classes; /* bit 1 << enum charge_class */
	const char *split[SPLIT_COUNT];
	bool is_split;
};
/* Plain; zeroed = defaults. */
struct fake_options {
	const char *month; /* 2026-11 */
	const char *as_of; /* 2026-11-23T14:00:00Z; "": none */
	const char *id; /* delivery */
	uint64_t content; /* 0: like that of no other */
	size_t rows_a_piece; /* 1 */
	bool lacks_invoices, lacks_resources;
	struct sums sums;
};

/* One reference; never NULL: a test that has no memory ends. */
struct month *fake_month_new(
	const struct fake_options *options, const struct fake_row *rows, size_t count);
/* Text id of a text that occurs; ends the test where it does not. */
uint32_t fake_month_text(const struct month *m, const char *text);
/* All later reads of rows answer this; 0: as before. */
void fake_month_fail(struct month *m, int error);
/* How often month_piece() was called. */
unsigned fake_month_piece_reads(const struct month *m);
struct span fake_month_rows(const struct month *m, uint32_t slice);
/* Takes bytes off the end, as damage would: the slice still says its old size. */
void fake_month_cut_rows(struct month *m, uint32_t slice, size_t bytes);
/* By as many bytes, for damaging them. */
void fake_month_replace_rows(struct month *m, uint32_t slice, const char *bytes);
/* Its rows are gone, or there again. */
void fake_month_evict(struct month *m, bool is_evicted);
/* A reader has met a damaged block. */
void fake_month_damage(struct month *m);
unsigned fake_month_pins(const struct month *m);
unsigned fake_month_refs(const struct month *m);
/* For damaging sums. */
struct entry *fake_month_entry(struct month *m, uint32_t slice, enum dim dim, size_t i);

#endif
