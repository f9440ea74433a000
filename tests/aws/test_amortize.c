#include "tests/aws/rows_fixture.h"

/* Expected values: by hand, from the formula of the AWS Cloud Intelligence Dashboards. */

static const char full_header[] =
	"lineItem/UsageAccountId,lineItem/LineItemType,lineItem/ProductCode,"
	"lineItem/LineItemDescription,lineItem/UnblendedCost,lineItem/NetUnblendedCost,"
	"reservation/ReservationARN,reservation/EffectiveCost,reservation/"
	"NetEffectiveCost,"
	"reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,"
	"reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod,"
	"reservation/UnusedRecurringFee,reservation/NetUnusedRecurringFee,"
	"savingsPlan/SavingsPlanEffectiveCost,savingsPlan/NetSavingsPlanEffectiveCost,"
	"savingsPlan/TotalCommitmentToDate,savingsPlan/UsedCommitment,"
	"pricing/publicOnDemandCost\n";

static const struct {
	/* Behind the account id. */
	const char *fields;
	const char *amortized, *net_amortized, *list;
} cases[] = {
	/* type,service,text,X,net X,arn,eff,net,up,net,rec,net,sp,net,total,used,list */
	{ "Usage,A,,2.5,2.25,,9,9,9,9,9,9,9,9,9,9,3", "2.50", "2.25", "3.00" },
	{ "Usage,A,,,,,9,9,9,9,9,9,9,9,9,9,", NULL, NULL, NULL },
	{ "Tax,A,,0.07,0.07,,,,,,,,,,,,", "0.07", "0.07", NULL },
	{ "Credit,A,,-1.5,-1.5,,,,,,,,,,,,0", "-1.50", "-1.50", "0.00" },
	{ "Refund,A,,-3,-2,,,,,,,,,,,,", "-3.00", "-2.00", NULL },
	{ "Refund,ComputeSavingsPlans,Refund for one-time fee for Savings Plan ID: "
	  "1,-100,-90,,,,,,,,,,,,",
		"0.00", "0.00", NULL },
	{ "Refund,ComputeSavingsPlans,Refund of something,-100,-90,,,,,,,,,,,,",
		"-100.00", "-90.00", NULL },
	{ "Refund,AmazonEC2,Refund for one-time fee for Savings Plan ID: "
	  "1,-100,-90,,,,,,,,,,,,",
		"-100.00", "-90.00", NULL },
	{ "DiscountedUsage,A,,0,0,arn:r,0.4,0.3,9,9,9,9,9,9,9,9,1", "0.40", "0.30",
		"1.00" },
	{ "DiscountedUsage,A,,0,0,arn:r,,,9,9,9,9,9,9,9,9,1", "0.00", "0.00", "1.00" },
	{ "RIFee,A,,72,70,arn:r,9,9,10.25,9.25,1.5,1.25,9,9,9,9,", "11.75", "10.50",
		NULL },
	{ "RIFee,A,,72,70,arn:r,9,9,,,1.5,1.25,9,9,9,9,", "1.50", "1.25", NULL },
	{ "Fee,A,,500,450,arn:r,9,9,9,9,9,9,9,9,9,9,", "0.00", "0.00", NULL },
	{ "Fee,AWSSupport,,500,450,,,,,,,,,,,,", "500.00", "450.00", NULL },
	{ "SavingsPlanCoveredUsage,A,,1.2,1.2,,9,9,9,9,9,9,0.8,0.7,9,9,1.2", "0.80",
		"0.70", "1.20" },
	{ "SavingsPlanNegation,A,,-1.2,-1.2,,9,9,9,9,9,9,9,9,9,9,-1.2", "0.00", "0.00",
		"0.00" },
	{ "SavingsPlanNegation,A,,-1.2,-1.2,,,,,,,,,,,,", "0.00", "0.00", "0.00" },
	{ "SavingsPlanRecurringFee,A,,10,9,,9,9,9,9,9,9,9,9,10,7.5,", "2.50", "2.50",
		NULL },
	{ "SavingsPlanUpfrontFee,A,,1000,900,,9,9,9,9,9,9,9,9,9,9,", "0.00", "0.00",
		NULL },
	{ "EdpDiscount,A,,-0.1,0,,,,,,,,,,,,", "-0.10", "0.00", NULL },
	{ "BundledDiscount,A,,-0.1,0,,,,,,,,,,,,", "-0.10", "0.00", NULL },
	{ "NeverHeardOf,A,,4,3,,,,,,,,,,,,", "4.00", "3.00", NULL },
	{ ",A,,4,3,,,,,,,,,,,,", "4.00", "3.00", NULL },
};

static void each_line_item_type_has_its_formula(void **state)
{
	char text[4096];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].fields);
		snprintf(text, sizeof(text), "%s123456789012,%s\n", full_header,
			cases[i].fields);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_cost(&row, COST_AMORTIZED, cases[i].amortized);
		assert_cost(&row, COST_NET_AMORTIZED, cases[i].net_amortized);
		assert_cost(&row, COST_LIST, cases[i].list);
		assert_int_equal(row.cost_lacking, 0);
		fixture_close(&f);
	}
}

struct lacking_case {
	const char *header, *fields;
	const char *amortized, *net_amortized;
	unsigned lacking;
};

enum { LACKS = 1 << COST_AMORTIZED, LACKS_NET = 1 << COST_NET_AMORTIZED };

static const struct lacking_case lacking_cases[] = {
	/* No column at all: the plain cost cannot be told, nor the net. */
	{ "", "DiscountedUsage,0,0", NULL, NULL, LACKS | LACKS_NET },
	{ "", "SavingsPlanCoveredUsage,1,1", NULL, NULL, LACKS | LACKS_NET },
	{ "", "SavingsPlanRecurringFee,1,1", NULL, NULL, LACKS | LACKS_NET },
	{ "", "RIFee,1,1", NULL, NULL, LACKS | LACKS_NET },
	/* What needs no column. */
	{ "", "SavingsPlanNegation,-1,-1", "0.00", "0.00", 0 },
	{ "", "SavingsPlanUpfrontFee,9,8", "0.00", "0.00", 0 },
	{ "", "Fee,9,8", "9.00", "8.00", 0 },
	{ "", "Usage,9,8", "9.00", "8.00", 0 },
	/* Each net column falls back on its own. */
	{ ",reservation/EffectiveCost", "DiscountedUsage,0,0,0.5", "0.50", "0.50", 0 },
	{ ",reservation/NetEffectiveCost", "DiscountedUsage,0,0,0.4", NULL, "0.40",
		LACKS },
	{ ",savingsPlan/SavingsPlanEffectiveCost", "SavingsPlanCoveredUsage,1,1,0.5",
		"0.50", "0.50", 0 },
	{ ",reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,"
	  "reservation/NetUnusedRecurringFee,reservation/UnusedRecurringFee",
		"RIFee,1,1,0.5,0.125,0.25", "0.75", "0.625", 0 },
	{ ",reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "RIFee,1,1,0.5", NULL,
		NULL, LACKS | LACKS_NET },
	{ ",reservation/UnusedRecurringFee", "RIFee,1,1,0.5", NULL, NULL,
		LACKS | LACKS_NET },
	{ ",savingsPlan/TotalCommitmentToDate", "SavingsPlanRecurringFee,1,1,0.5", NULL,
		NULL, LACKS | LACKS_NET },
	{ ",savingsPlan/UsedCommitment", "SavingsPlanRecurringFee,1,1,0.5", NULL, NULL,
		LACKS | LACKS_NET },
};

static void missing_columns_are_said_not_counted_as_zero(void **state)
{
	char text[2048];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lacking_cases); i++) {
		const struct lacking_case *c = &lacking_cases[i];

		print_message("%s: %s\n", c->header, c->fields);
		snprintf(text, sizeof(text),
			"lineItem/UsageAccountId,lineItem/LineItemType,"
			"lineItem/UnblendedCost,lineItem/NetUnblendedCost%s\n1,%s\n",
			c->header, c->fields);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_cost(&row, COST_AMORTIZED, c->amortized);
		assert_cost(&row, COST_NET_AMORTIZED, c->net_amortized);
		assert_int_equal(row.cost_lacking, c->lacking);
		assert_cost(&row, COST_LIST, NULL);
		fixture_close(&f);
	}
}

static void no_net_costs_without_the_net_column(void **state)
{
	static const char text[] = "line_item_usage_account_id,line_item_line_item_type,"
				   "line_item_unblended_cost,reservation_effective_cost,"
				   "reservation_net_effective_cost\n"
				   "1,DiscountedUsage,0,0.5,0.4\n1,RIFee,1,,\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	row = fixture_row(&f);
	assert_cost(&row, COST_AMORTIZED, "0.50");
	assert_cost(&row, COST_NET_UNBLENDED, NULL);
	assert_cost(&row, COST_NET_AMORTIZED, NULL);
	assert_int_equal(row.cost_lacking, 0);
	row = fixture_row(&f);
	assert_int_equal(row.cost_lacking, LACKS);
	fixture_close(&f);
}

static void an_overflow_of_the_formula_is_refused(void **state)
{
	/* 10^20 each: one fits 128 bits at 10^-18 (1.7 * 10^20), their sum does not. */
	static const char text[] =
		"lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UnblendedCost,"
		"reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,"
		"reservation/UnusedRecurringFee\n"
		"1,RIFee,1,100000000000000000000,100000000000000000000\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), -ERANGE);
	assert_non_null(strstr(f.why.text, "row 2"));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_item_type_has_its_formula),
		cmocka_unit_test(missing_columns_are_said_not_counted_as_zero),
		cmocka_unit_test(no_net_costs_without_the_net_column),
		cmocka_unit_test(an_overflow_of_the_formula_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
