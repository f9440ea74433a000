/* FOCUS says in one column what a Cost and Usage Report says in another. */
#include "aws/export/charges.h"
#include "aws/export/rowreader.h"

/* "Usage", and "Usage Correction" where there is a class. */
static int name_charge(struct row_reader *r, struct span class, struct row *row)
{
	int e;

	if (class.len == 0)
		return 0;
	buf_clear(&r->charge_type);
	e = buf_append_span(&r->charge_type, row->charge_type);
	if (e == 0 && row->charge_type.len > 0)
		e = buf_append_byte(&r->charge_type, ' ');
	if (e == 0)
		e = buf_append_span(&r->charge_type, class);
	if (e == 0)
		row->charge_type = buf_span(&r->charge_type);
	return e;
}

int row_focus_fill(struct row_reader *r, const struct cell *cells, struct row *row)
{
	const struct focus_charge charge = { .category = row->charge_type,
		.class = row_text(r, cells, ROLE_CHARGE_CLASS),
		.publisher = row_text(r, cells, ROLE_PUBLISHER) };

	row->charges = focus_charges(&charge);
	/* Of no account of its own, or not told: who pays. */
	if (row->account_id.len == 0) {
		row->account_id = row_text(r, cells, ROLE_PAYER_ID);
		row->account_name = row_text(r, cells, ROLE_PAYER_NAME);
	}
	/* The code is AWS's own column. */
	if (row->service.len == 0)
		row->service = row->product_name;
	if (row->usage_type.len == 0)
		row->usage_type = row_text(r, cells, ROLE_SKU_METER);
	row->name_tag = row_text(r, cells, ROLE_RESOURCE_NAME);
	return name_charge(r, charge.class, row);
}
