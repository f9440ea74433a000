#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/export/charges.h"

#define BIT(class) (1U << CHARGE_##class)

static const struct {
	const char *type, *billing_entity;
	unsigned want;
} lines[] = {
	{ "Usage", "AWS", 0 },
	{ "", "", 0 },
	{ "Credit", "AWS", BIT(CREDIT) },
	{ "Refund", "AWS", BIT(REFUND) },
	{ "Tax", "AWS", BIT(TAX) },
	{ "Fee", "AWS", BIT(FEE) },
	{ "RIFee", "AWS", BIT(FEE) },
	{ "SavingsPlanRecurringFee", "", BIT(FEE) },
	{ "FlatRateSubscription", "", BIT(FEE) },
	{ "Fees", "", 0 },
	{ "EdpDiscount", "AWS", 0 },
	{ "Usage", "AWS Marketplace", BIT(MARKETPLACE) },
	{ "Fee", "aws marketplace", BIT(FEE) | BIT(MARKETPLACE) },
	{ "Tax", "AWS Marketplace", BIT(TAX) | BIT(MARKETPLACE) },
};

static void a_report_tells_charges_by_type_and_billing_entity(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const struct row row = { .charge_type = span_of(lines[i].type),
			.billing_entity = span_of(lines[i].billing_entity) };

		print_message("%s, %s\n", lines[i].type, lines[i].billing_entity);
		assert_int_equal(row_charges(&row), lines[i].want);
	}
}

static const struct {
	const char *category, *class, *publisher;
	unsigned want;
} focus[] = {
	{ "Usage", "", "AWS", 0 },
	{ "Usage", "", "", 0 },
	{ "", "", "", 0 },
	{ "Purchase", "", "AWS", BIT(FEE) },
	{ "Tax", "", "AWS", BIT(TAX) },
	{ "Credit", "", "AWS", BIT(CREDIT) },
	{ "Adjustment", "", "AWS", 0 },
	{ "Adjustment", "Correction", "AWS", BIT(REFUND) },
	{ "", "Correction", "AWS", BIT(REFUND) },
	{ "Usage", "Correction", "AWS", BIT(REFUND) },
	{ "Purchase", "Correction", "AWS", BIT(REFUND) },
	{ "Tax", "Correction", "AWS", BIT(TAX) | BIT(REFUND) },
	{ "Credit", "Correction", "AWS", BIT(CREDIT) | BIT(REFUND) },
	{ "Usage", "", "aws", 0 },
	{ "Usage", "", "Amazon Web Services, Inc.", 0 },
	{ "Usage", "", "Amazon Web Services EMEA SARL", 0 },
	{ "Usage", "", "MongoDB, Inc.", BIT(MARKETPLACE) },
	{ "Purchase", "", "AWSome Ltd", BIT(FEE) | BIT(MARKETPLACE) },
};

static void focus_tells_charges_by_category_class_and_publisher(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(focus); i++) {
		const struct focus_charge c = { .category = span_of(focus[i].category),
			.class = span_of(focus[i].class),
			.publisher = span_of(focus[i].publisher) };

		print_message("%s, %s, %s\n", focus[i].category, focus[i].class,
			focus[i].publisher);
		assert_int_equal(focus_charges(&c), focus[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_tells_charges_by_type_and_billing_entity),
		cmocka_unit_test(focus_tells_charges_by_category_class_and_publisher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
