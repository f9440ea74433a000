/* One-off and recurring charges, in the words of real bills. */
#include "fs/cmd/demo/charge.h"

#include "fs/cmd/demo/number.h"

#define ONE E10
#define CENTS(n) (INT64_C(n) * 100000000)

const unsigned char charge_taxed[CHARGE_TAXED] = { 0, 1, 2, 6 };

const struct charge demo_charges[] = {
	{ "Fee", "AWSSupportBusiness", "AWS Support (Business)", "Dollar", "", "Dollar",
		"10% of monthly AWS usage for the first $0-$10K", "Anniversary", false,
		false, true, false, CADENCE_MONTH, 0, ONE, CENTS(48317) },
	{ "Credit", "AmazonEC2", "Amazon Elastic Compute Cloud", "BoxUsage:m5.large",
		"RunInstances", "", "AWS Activate credit, \"founders\" programme, 2026",
		"Anniversary", false, true, false, false, CADENCE_MONTH, 0, ONE,
		CENTS(-25000) },
	{ "Credit", "AmazonS3", "Amazon Simple Storage Service", "TimedStorage-ByteHrs",
		"StandardStorage", "",
		"Service credit, as agreed on the phone:\ncase 1234567890", "Anniversary",
		false, true, false, false, CADENCE_MONTH, 1, ONE, CENTS(-1234) },
	{ "Refund", "AmazonRDS", "Amazon Relational Database Service",
		"InstanceUsage:db.r5.large", "CreateDBInstance:0014", "",
		"Refund for \"orders-db\" outage, case 9988776655", "Refund", false,
		false, false, false, CADENCE_MONTH, 1, ONE, CENTS(-4150) },
	{ "Refund", "ComputeSavingsPlans", "Savings Plans for AWS Compute usage",
		"ComputeSP:1yrPartialUpfront", "", "",
		"Refund for one-time fee for Savings Plan ID : "
		"0c2f6d1e-58b4-4a7e-9d5b-6a1f0e9b7c33",
		"Refund", false, false, false, true, CADENCE_MONTH, 0, ONE,
		CENTS(-120000) },
	{ "Usage", "5hnnev4d0v7mapf09j0v8of0o", "MongoDB Atlas (pay-as-you-go)",
		"SoftwareUsage:mongodb-atlas-usage", "Hourly", "Units",
		"AWS Marketplace software usage|eu-central-1|Atlas M30", "Anniversary",
		true, false, false, false, CADENCE_ALWAYS, 1, ONE, CENTS(59) },
	{ "Fee", "a7vq2k1x9r3m5c8w0z4t6b2nd", "Datadog Pro, annual \"2026\" contract",
		"Global-SoftwareUsage-Contracts", "", "Contract",
		"AWS Marketplace contract: Datadog Pro, 40 hosts, \"annual\"", "Purchase",
		true, false, false, false, CADENCE_MONTH, 0, ONE, CENTS(73600) },
	{ "Usage", "3k8fz6m1q0p9w7e5r2t4y6u8i", "Zürich Analytics – Team edition",
		"SoftwareUsage:team", "Monthly", "Units",
		"Zürich Analytics – Team, 12 seats", "Anniversary", true, false, false,
		false, CADENCE_MONTH, 2, 12 * ONE, CENTS(1900) },
	{ "FlatRateSubscription", "AmazonCloudFront", "Amazon CloudFront",
		"CloudFrontPlan-Business", "Subscription", "Months",
		"CloudFront flat-rate pricing plan, Business", "Anniversary", false,
		false, false, false, CADENCE_MONTH, 2, ONE, CENTS(20000) },
	{ "BundledDiscount", "AmazonCloudFront", "Amazon CloudFront",
		"EU-DataTransfer-Out-Bytes", "GET", "", "CloudFront Security Bundle",
		"Anniversary", false, true, false, false, CADENCE_DAILY, 1, ONE,
		CENTS(-118) },
	{ "PrivateRateDiscount", "AmazonS3", "Amazon Simple Storage Service",
		"EUC1-TimedStorage-ByteHrs", "StandardStorage", "",
		"Private rate card, S3 Standard", "Anniversary", false, true, false,
		false, CADENCE_DAILY, 1, ONE, CENTS(-307) },
	{ "SppDiscount", "AmazonEC2", "Amazon Elastic Compute Cloud", "BoxUsage:t3.large",
		"RunInstances", "", "Solution provider programme discount", "Anniversary",
		false, true, false, false, CADENCE_DAILY, 0, ONE, CENTS(-225) },
	{ "Discount", "AmazonRDS", "Amazon Relational Database Service",
		"RDS:GP2-Storage", "CreateDBInstance:0014", "", "Volume discount",
		"Anniversary", false, true, false, false, CADENCE_MONTH, 0, ONE,
		CENTS(-1999) },
	{ "Usage", "AmazonS3", "Amazon Simple Storage Service", "Requests-Tier2",
		"GetObject", "Requests", "per 10,000 GET and all other requests",
		"Anniversary", false, false, false, false, CADENCE_MONTH, 3,
		12345678 * ONE, 4000 },
	{ "Fee", "AmazonRegistrar", "Amazon Registrar", "DomainRegistration",
		"Registration", "Quantity", "Registration of example.com, one year",
		"Purchase", false, false, false, false, CADENCE_MONTH, 0, ONE,
		CENTS(1400) },
};

const unsigned demo_charge_count = ARRAY_LEN(demo_charges);
