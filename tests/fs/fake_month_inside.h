/* Inside of the fake month. */
#ifndef TESTS_FS_FAKE_MONTH_INSIDE_H
#define TESTS_FS_FAKE_MONTH_INSIDE_H

#include <stdatomic.h>

#include "base/intern.h"
#include "tests/fs/fake_month.h"

struct fake_slice {
	struct month_slice facts;
	struct month_resource *resources;
	size_t resource_cap;
	struct intern *resource_ids;
	uint32_t *resource_index; /* of each of the ids */
	struct entry *entries[DIM_COUNT];
	struct intern *entry_keys[DIM_COUNT];
	size_t entry_count[DIM_COUNT], entry_cap[DIM_COUNT];
	struct buf text;
	size_t *piece_ends;
	size_t piece_cap, rows_in_piece;
};
struct month {
	atomic_uint refs;
	atomic_uint *piece_reads; /* counted through const */
	atomic_int error;
	atomic_bool is_evicted, lacks_rows, is_damaged;
	atomic_uint pins;
	struct month_facts facts;
	char id[DELIVERY_ID_TEXT];
	size_t rows_a_piece;
	struct intern *texts;
	struct month_account *accounts;
	struct month_service *services;
	struct fake_slice *slices;
	size_t account_count, account_cap, service_count, service_cap, slice_count,
		slice_cap;
};

/* Ends the test unless it is fine. */
void fake_month_must(bool is_fine, const char *what);

#endif
