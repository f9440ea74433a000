/* Every layout, as a small tree and the files that its month is made of. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "delivery_case.h"

struct row {
	const char *says;
	const char *root; /* of the source, below the sandbox */
	struct sandbox_file tree[12];
	enum export_layout layout;
	const char *month; /* "" unknown */
	const char *files; /* joined by ' ' */
	const char *assembly;
	bool unverified;
	int error; /* then fault is expected to hold this */
	const char *fault;
};

static const struct row rows[] = {
	{ .says = "legacy overwrite",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"p/r/20240101-20240201/r-2.csv.gz\","
					  "\"p/r/20240101-20240201/r-1.csv.gz\"") },
			{ "p/r/20240101-20240201/r-1.csv.gz", "a" },
			{ "p/r/20240101-20240201/r-2.csv.gz", "b" },
			{ "p/r/20240101-20240201/r-3.csv.gz", "left over" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "p/r/20240101-20240201/r-2.csv.gz "
			 "p/r/20240101-20240201/r-1.csv.gz",
		.assembly = UUID_1 },
	{ .says = "legacy create-new with UUIDs: the pointer decides, not the age",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"p/r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "p/r/20240101-20240201/" UUID_1 "/r-1.csv.gz", "a", 1 },
			{ "p/r/20240101-20240201/" UUID_2 "/r-1.csv.gz", "b", 9 } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "p/r/20240101-20240201/" UUID_1 "/r-1.csv.gz",
		.assembly = UUID_1 },
	{ .says = "legacy create-new with timestamps, range ending on the last day",
		.tree = { { "r/20240101-20240131/r-Manifest.json",
				  LEGACY("20240115T040211Z",
					  "\"r/20240101-20240131/20240115T040211Z/"
					  "r-00001.csv.gz\"") },
			{ "r/20240101-20240131/20240115T040211Z/r-00001.csv.gz", "a" },
			{ "r/20240101-20240131/20240116T040211Z/r-00001.csv.gz", "b" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240131/20240115T040211Z/r-00001.csv.gz",
		.assembly = "20240115T040211Z" },
	{ .says = "empty prefix: keys begin with '/'",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("x", "\"/r/20240101-20240201/r-1.csv.gz\"") },
			{ "r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240201/r-1.csv.gz",
		.assembly = "x" },
	{ .says = "doubled and trailing slashes",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"p//r/20240101-20240201///r-1.csv.gz/\"") },
			{ "p/r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "p/r/20240101-20240201/r-1.csv.gz",
		.assembly = "x" },
	{ .says = "a copy of the export's own folder",
		.root = "r",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("x", "\"q/r/20240101-20240201/x/r-1.csv.gz\"") },
			{ "r/20240101-20240201/x/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "20240101-20240201/x/r-1.csv.gz",
		.assembly = "x" },
	{ .says = "a copy below another prefix, with the other end of the range",
		.tree = { { "old/mine/20240101-20240201/r-Manifest.json",
				  LEGACY("x", "\"q/r/20240101-20240131/x/r-1.csv.gz\"") },
			{ "old/mine/20240101-20240201/x/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "old/mine/20240101-20240201/x/r-1.csv.gz",
		.assembly = "x" },
	{ .says = "an archived copy before the bucket's own tree keeps to itself",
		.tree = { { "archive/r/20240101-20240201/r-Manifest.json",
				  LEGACY("x", "\"r/20240101-20240201/r-1.csv.gz\"") },
			{ "archive/r/20240101-20240201/r-1.csv.gz", "old" },
			{ "r/20240101-20240201/r-1.csv.gz", "new" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "archive/r/20240101-20240201/r-1.csv.gz",
		.assembly = "x" },
	{ .says = "assembly manifests when the pointer is missing: the newest timestamp",
		.tree = { { "r/20240101-20240201/20240115T000000Z/r-Manifest.json",
				  LEGACY("20240115T000000Z",
					  "\"r/20240101-20240201/20240115T000000Z/"
					  "r-1.csv.gz\""),
				  9 },
			{ "r/20240101-20240201/20240115T000000Z/r-1.csv.gz", "a", 9 },
			{ "r/20240101-20240201/20240116T000000Z/r-Manifest.json",
				LEGACY("20240116T000000Z",
					"\"r/20240101-20240201/20240116T000000Z/"
					"r-1.csv.gz\""),
				1 },
			{ "r/20240101-20240201/20240116T000000Z/r-1.csv.gz", "b", 1 },
			{ "r/20240101-20240201/" UUID_1 "/r-Manifest.json",
				LEGACY(UUID_1, ""), 12 } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240201/20240116T000000Z/r-1.csv.gz",
		.assembly = "20240116T000000Z" },
	{ .says = "assembly manifests of UUIDs: the one written last",
		.tree = { { "r/20240101-20240201/" UUID_1 "/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\""),
				  3 },
			{ "r/20240101-20240201/" UUID_1 "/r-1.csv.gz", "a", 3 },
			{ "r/20240101-20240201/" UUID_2 "/r-Manifest.json",
				LEGACY(UUID_2,
					"\"r/20240101-20240201/" UUID_2 "/r-1.csv.gz\""),
				5 },
			{ "r/20240101-20240201/" UUID_2 "/r-1.csv.gz", "b", 1 } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240201/" UUID_2 "/r-1.csv.gz",
		.assembly = UUID_2 },
	{ .says = "what AWS puts beside the data is ignored",
		.tree = { { "aws-programmatic-access-test-object", "" },
			{ "r/20240101-20240201/x/r-RedshiftManifest.json", "{}", 9 },
			{ "r/20240101-20240201/x/r-RedshiftCommands.sql", "s", 9 },
			{ "r/20240101-20240201/r-create-table.sql", "s", 9 },
			{ "r/20240101-20240201/crawler-cfn.yml", "y", 9 },
			{ "r/20240101-20240201/x/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240201/x/r-1.csv.gz",
		.assembly = "x",
		.unverified = true },
	{ .says = "Athena: manifest in the range folder, data by partition",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"p/r/r/year=2024/month=1/"
					  "r-00001.snappy.parquet\"") },
			{ "p/r/20240101-20240201/r-create-table.sql", "s" },
			{ "p/r/r/year=2024/month=1/r-00001.snappy.parquet", "a" },
			{ "p/r/cost_and_usage_data_status/"
			  "cost_and_usage_data_status.parquet",
				"s" } },
		.layout = EXPORT_LEGACY_ATHENA,
		.month = "2024-01",
		.files = "p/r/r/year=2024/month=1/r-00001.snappy.parquet",
		.assembly = "x" },
	{ .says = "Athena: a copy of the export's folder",
		.root = "p/r",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"p/r/r/year=2024/month=1/"
					  "r-00001.snappy.parquet\"") },
			{ "p/r/r/year=2024/month=1/r-00001.snappy.parquet", "a" } },
		.layout = EXPORT_LEGACY_ATHENA,
		.month = "2024-01",
		.files = "r/year=2024/month=1/r-00001.snappy.parquet",
		.assembly = "x" },
	{ .says = "Athena: manifest beside the data, month padded",
		.tree = { { "p/r/r/year=2024/month=01/r-Manifest.json",
				  LEGACY("x",
					  "\"p/r/r/year=2024/month=01/r-1.parquet\"") },
			{ "p/r/r/year=2024/month=01/r-1.parquet", "a" } },
		.layout = EXPORT_LEGACY_ATHENA,
		.month = "2024-01",
		.files = "p/r/r/year=2024/month=01/r-1.parquet",
		.assembly = "x" },
	{ .says = "Athena: no manifest",
		.root = "p/r/r",
		.tree = { { "p/r/r/year=2024/month=1/r-1.parquet", "a" },
			{ "p/r/r/year=2024/month=1/r-2.parquet", "" } },
		.layout = EXPORT_LEGACY_ATHENA,
		.month = "2024-01",
		.files = "year=2024/month=1/r-1.parquet",
		.assembly = "",
		.unverified = true },
	{ .says = "Data Exports overwrite",
		.tree = { { "p/e/metadata/BILLING_PERIOD=2024-01/e-Manifest.json",
				  DATA(UUID_1,
					  "\"s3://b/p/e/data/BILLING_PERIOD=2024-01/"
					  "e-00001.csv.gz\"") },
			{ "p/e/data/BILLING_PERIOD=2024-01/e-00001.csv.gz", "a" },
			{ "p/e/data/BILLING_PERIOD=2024-01/e-00002.csv.gz", "" } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "p/e/data/BILLING_PERIOD=2024-01/e-00001.csv.gz",
		.assembly = UUID_1 },
	{ .says = "Data Exports create-new, lower case, Manifest.json, ':' copied as '_'",
		.tree = { { "p/e/metadata/billing_period=2024-01/Manifest.json",
				  DATA(UUID_2,
					  "\"s3://b/p/e/data/"
					  "billing_period=2024-01/" EXEC_2
					  "/e-00001.snappy.parquet\"") },
			{ "p/e/data/billing_period=2024-01/" EXEC_2_COPIED
			  "/e-00001.snappy.parquet",
				"a" } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "p/e/data/billing_period=2024-01/" EXEC_2_COPIED
			 "/e-00001.snappy.parquet",
		.assembly = UUID_2 },
	{ .says = "Data Exports: a copy of the export's folder; files as objects",
		.root = "e",
		.tree = { { "e/metadata/BILLING_PERIOD=2024-01/e-Manifest.json",
				  DATA(UUID_1,
					  "{\"s3Uri\":\"s3://b/q/e/data/"
					  "BILLING_PERIOD=2024-01/" EXEC_1
					  "/e-00001.csv.gz\",\"size\":1}") },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-00001.csv.gz",
				"a" },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz",
				"b" } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-00001.csv.gz",
		.assembly = UUID_1 },
	{ .says = "Data Exports: execution manifests when the pointer is missing",
		.tree = { { "e/metadata/BILLING_PERIOD=2024-01/" EXEC_1
			    "/e-Manifest.json",
				  DATA(UUID_1,
					  "\"s3://b/e/data/BILLING_PERIOD=2024-01/" EXEC_1
					  "/e-00001.csv.gz\""),
				  9 },
			{ "e/metadata/BILLING_PERIOD=2024-01/" EXEC_2 "/Manifest.json",
				DATA(UUID_2,
					"\"s3://b/e/data/BILLING_PERIOD=2024-01/" EXEC_2
					"/e-00001.csv.gz\""),
				1 },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-00001.csv.gz",
				"a" },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz",
				"b" } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz",
		.assembly = UUID_2 },
	{ .says = "data/ alone: the newest execution that has data, whatever the mtimes",
		.tree = { { "e/data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-00001.csv.gz",
				  "a", 9 },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz", "b",
				1 },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00002.csv.gz", "c",
				1 },
			{ "e/data/BILLING_PERIOD=2024-01/2024-01-21T00:00:00.000Z-" UUID_1
			  "/e-00001.csv.gz",
				"", 9 } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz "
			 "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00002.csv.gz",
		.assembly = EXEC_2,
		.unverified = true },
	{ .says = "data/ alone: overwrite takes what is not empty, of every ending",
		.tree = { { "e/data/BILLING_PERIOD=2024-01/e-1.csv", "a" },
			{ "e/data/BILLING_PERIOD=2024-01/e-2.csv.gz", "a" },
			{ "e/data/BILLING_PERIOD=2024-01/e-3.csv.zip", "a" },
			{ "e/data/BILLING_PERIOD=2024-01/e-4.zip", "a" },
			{ "e/data/BILLING_PERIOD=2024-01/e-5.parquet", "a" },
			{ "e/data/BILLING_PERIOD=2024-01/e-6.csv.gz", "" },
			{ "e/data/BILLING_PERIOD=2024-01/e-7.txt", "a" } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "e/data/BILLING_PERIOD=2024-01/e-1.csv "
			 "e/data/BILLING_PERIOD=2024-01/e-2.csv.gz "
			 "e/data/BILLING_PERIOD=2024-01/e-3.csv.zip "
			 "e/data/BILLING_PERIOD=2024-01/e-4.zip "
			 "e/data/BILLING_PERIOD=2024-01/e-5.parquet",
		.assembly = "",
		.unverified = true },
	{ .says = "the same chunk in two packings: the packing written last",
		.tree = { { "e/data/BILLING_PERIOD=2024-01/e-00001.csv.gz", "a", 5 },
			{ "e/data/BILLING_PERIOD=2024-01/e-00001.snappy.parquet", "b",
				3 },
			{ "e/data/BILLING_PERIOD=2024-01/e-00002.csv.gz", "a", 1 },
			{ "e/data/BILLING_PERIOD=2024-01/e-00003.snappy.parquet", "b",
				3 } },
		.layout = EXPORT_DATA,
		.month = "2024-01",
		.files = "e/data/BILLING_PERIOD=2024-01/e-00001.csv.gz "
			 "e/data/BILLING_PERIOD=2024-01/e-00002.csv.gz",
		.assembly = "",
		.unverified = true },
	{ .says = "UUID assemblies without manifests: the one written last",
		.tree = { { "r/20240101-20240201/" UUID_1 "/r-1.csv.gz", "a", 5 },
			{ "r/20240101-20240201/" UUID_2 "/r-1.csv.gz", "b", 3 } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.files = "r/20240101-20240201/" UUID_1 "/r-1.csv.gz",
		.assembly = UUID_1,
		.unverified = true },
	{ .says = "a month's folder of a legacy report",
		.root = "p/r/20240101-20240201",
		.tree = { { "p/r/20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"p/r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "p/r/20240101-20240201/r-1.csv.gz", "left over" },
			{ "p/r/20240101-20240201/" UUID_1 "/r-1.csv.gz", "a" },
			{ "p/r/20240101-20240201/" UUID_2 "/r-1.csv.gz", "b" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = UUID_1 "/r-1.csv.gz",
		.assembly = UUID_1 },
	{ .says = "an assembly's folder",
		.root = "p/r/20240101-20240201/" UUID_1,
		.tree = { { "p/r/20240101-20240201/" UUID_1 "/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"p/r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "p/r/20240101-20240201/" UUID_1 "/r-1.csv.gz", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "r-1.csv.gz",
		.assembly = UUID_1 },
	{ .says = "an assembly's folder under another name, month from the manifest",
		.root = "bills",
		.tree = { { "bills/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"p/r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "bills/r-1.csv.gz", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "r-1.csv.gz",
		.assembly = UUID_1 },
	{ .says = "a BILLING_PERIOD folder of data/ with executions",
		.root = "e/data/BILLING_PERIOD=2024-01",
		.tree = { { "e/data/BILLING_PERIOD=2024-01/" EXEC_1 "/e-00001.csv.gz",
				  "a" },
			{ "e/data/BILLING_PERIOD=2024-01/" EXEC_2 "/e-00001.csv.gz",
				"b" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = EXEC_2 "/e-00001.csv.gz",
		.assembly = EXEC_2,
		.unverified = true },
	{ .says = "a BILLING_PERIOD folder with the manifest copied into it",
		.root = "x/BILLING_PERIOD=2024-01",
		.tree = { { "x/BILLING_PERIOD=2024-01/e-Manifest.json",
				  DATA(UUID_1,
					  "\"s3://b/p/e/data/BILLING_PERIOD=2024-01/"
					  "e-00001.csv.gz\"") },
			{ "x/BILLING_PERIOD=2024-01/e-00001.csv.gz", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "e-00001.csv.gz",
		.assembly = UUID_1 },
	{ .says = "one execution's folder, with its manifest",
		.root = EXEC_1,
		.tree = { { EXEC_1 "/Manifest.json",
				  DATA(UUID_1,
					  "\"s3://b/p/e/data/"
					  "BILLING_PERIOD=2024-01/" EXEC_1
					  "/e-00001.csv.gz\"") },
			{ EXEC_1 "/e-00001.csv.gz", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "e-00001.csv.gz",
		.assembly = UUID_1 },
	{ .says = "a partition of Athena",
		.root = "year=2024/month=1",
		.tree = { { "year=2024/month=1/r-1.parquet", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "r-1.parquet",
		.assembly = "",
		.unverified = true },
	{ .says = "a plain folder called after a month",
		.root = "2024-01",
		.tree = { { "2024-01/bill.csv.gz", "a" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.files = "bill.csv.gz",
		.assembly = "",
		.unverified = true },
	{ .says = "a plain folder: nobody knows the month; other folders are not looked "
		  "into",
		.root = "stuff",
		.tree = { { "stuff/bill.csv.gz", "a" },
			{ "stuff/backup/bill.csv.gz", "b", 9 } },
		.layout = EXPORT_MONTH,
		.month = "",
		.files = "bill.csv.gz",
		.assembly = "",
		.unverified = true },

	{ .says = "a named object is missing, though another assembly has the name",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "r/20240101-20240201/r-1.csv.gz", "left over" },
			{ "r/20240101-20240201/" UUID_2 "/r-1.csv.gz", "b" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "names r/20240101-20240201/" UUID_1
			 "/r-1.csv.gz, which is missing" },
	{ .says = "a month's folder where the assembly was not copied",
		.root = "20240101-20240201",
		.tree = { { "20240101-20240201/r-Manifest.json",
				  LEGACY(UUID_1,
					  "\"r/20240101-20240201/" UUID_1
					  "/r-1.csv.gz\"") },
			{ "20240101-20240201/r-1.csv.gz", "left over" },
			{ "20240101-20240201/" UUID_2 "/r-1.csv.gz", "b" } },
		.layout = EXPORT_MONTH,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "missing" },
	{ .says = "one of two named objects is empty",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"r/20240101-20240201/r-1.csv.gz\","
					  "\"r/20240101-20240201/r-2.csv.gz\"") },
			{ "r/20240101-20240201/r-1.csv.gz", "a" },
			{ "r/20240101-20240201/r-2.csv.gz", "" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "r/20240101-20240201/r-2.csv.gz, which is empty" },
	{ .says = "an object named twice would count twice",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"r/20240101-20240201/r-1.csv.gz\","
					  "\"/r//20240101-20240201/r-1.csv.gz\"") },
			{ "r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -EBADMSG,
		.fault = "twice" },
	{ .says = "absolute keys stay in the source",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
			LEGACY("x", "\"/etc/passwd\"") } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "names etc/passwd, which is missing" },
	{ .says = "keys with .. are refused, even if they stayed inside",
		.tree = { { "r/20240101-20240201/r-Manifest.json",
				  LEGACY("x",
					  "\"r/x/../20240101-20240201/r-1.csv.gz\"") },
			{ "r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -EBADMSG,
		.fault = ".." },
	{ .says = "a manifest in another month's folder",
		.tree = { { "r/20240201-20240301/r-Manifest.json",
			LEGACY("x", "\"r/20240101-20240201/r-1.csv.gz\"") } },
		.layout = EXPORT_LEGACY,
		.month = "2024-02",
		.error = -EBADMSG,
		.fault = "is the manifest of 2024-01, not of 2024-02" },
	{ .says = "an execution's manifest in another month's folder",
		.tree = { { "e/metadata/BILLING_PERIOD=2024-02/e-Manifest.json",
			DATA("x",
				"\"e/data/BILLING_PERIOD=2024-01/"
				"e-1.csv.gz\"") } },
		.layout = EXPORT_DATA,
		.month = "2024-02",
		.error = -EBADMSG,
		.fault = "stands in the folder of 2024-02 but names "
			 "e/data/BILLING_PERIOD=2024-01/e-1.csv.gz" },
	{ .says = "a manifest of nothing",
		.tree = { { "r/20240101-20240201/r-Manifest.json", LEGACY("x", "") },
			{ "r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "r-Manifest.json: names no data file" },
	{ .says = "a broken manifest is no reason to guess",
		.tree = { { "r/20240101-20240201/r-Manifest.json", "{\"reportKeys\":[" },
			{ "r/20240101-20240201/r-1.csv.gz", "a" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -EBADMSG,
		.fault = "r/20240101-20240201/r-Manifest.json: is no JSON" },
	{ .says = "a month's folder with nothing in it",
		.tree = { { "r/20240101-20240201/" } },
		.layout = EXPORT_LEGACY,
		.month = "2024-01",
		.error = -ENODATA,
		.fault = "r/: no manifest and no data file of 2024-01" },
};

static void join(const struct delivery *d, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < d->count; i++)
		len += (size_t)snprintf(
			ret + len, size - len, "%s%s", i ? " " : "", d->files[i].key);
}

static void check_month(struct month_no month, const char *want)
{
	char text[MONTH_TEXT + 1] = "";

	if (month.number)
		month_format(month, text);
	assert_string_equal(text, want);
}

static void check_failure(
	const struct row *row, int r, const struct delivery *d, const struct fault *why)
{
	assert_int_equal(r, row->error);
	assert_int_equal(why->error, row->error);
	if (!strstr(why->text, row->fault))
		fail_msg("\"%s\" lacks \"%s\"", why->text, row->fault);
	assert_true(why->cure[0] != '\0');
	assert_null(d->files);
	assert_int_equal(d->count, 77);
}

static void check_success(const struct row *row, const struct delivery *d)
{
	char files[8192];

	join(d, files, sizeof(files));
	assert_string_equal(files, row->files);
	assert_string_equal(d->assembly, row->assembly);
	check_month(d->month, row->month);
	assert_int_equal(d->verified, !row->unverified);
	assert_int_equal(d->manifest_key == NULL, row->unverified);
	assert_int_equal(strlen(d->id), 32);
}

static void a_month_is_made_of_these_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct delivery d = { .count = 77 };
		struct fault why = { 0 };
		struct delivery_case x;
		int r;

		print_message("  %s\n", rows[i].says);
		delivery_case_make(&x, rows[i].root, rows[i].tree);
		assert_int_equal(x.exports.count,
			strncmp(rows[i].says, "an archived", 11) == 0 ? 2 : 1);
		assert_int_equal(x.exports.items[0].layout, rows[i].layout);
		check_month(x.months.items[0].month, rows[i].month);
		r = delivery_read(
			x.source, &x.exports.items[0], &x.months.items[0], &d, &why);
		if (rows[i].error) {
			check_failure(&rows[i], r, &d, &why);
		} else {
			if (r < 0)
				fail_msg("%s", why.text);
			check_success(&rows[i], &d);
			delivery_finish(&d);
		}
		delivery_case_remove(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_is_made_of_these_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
