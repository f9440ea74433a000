#include "aws/resource/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/resource/convert.h"
#include "aws/resource/fields.h"
#include "tests/cmocka.h"

static size_t kind_of(const char *service, const char *type)
{
	size_t kind = SIZE_MAX;

	assert_int_equal(resource_kind_find(span_of(service), span_of(type), &kind), 0);
	return kind;
}

static void kinds_are_in_order_and_each_is_found(void **state)
{
	const struct resource_kind *before = NULL;
	size_t at;

	(void)state;
	for (size_t i = 0; i < resource_kind_count(); i++) {
		const struct resource_kind *kind = resource_kind_at(i);

		assert_int_equal(kind_of(kind->service, kind->type), i);
		if (before && strcmp(before->service, kind->service) == 0)
			assert_true(strcmp(before->type, kind->type) < 0);
		else if (before)
			assert_true(strcmp(before->service, kind->service) < 0);
		before = kind;
	}
	at = 7;
	assert_int_equal(resource_kind_find(SPAN("ec2"), SPAN("instance"), &at), -ENOENT);
	assert_int_equal(resource_kind_find(SPAN("s3"), SPAN("instances"), &at), -ENOENT);
	assert_int_equal(resource_kind_find(SPAN(""), SPAN(""), &at), -ENOENT);
	assert_int_equal(at, 7);
}

static void the_kinds_are_those_of_the_documents(void **state)
{
	static const char *const ec2[] = { "instances", "volumes", "snapshots", "images",
		"addresses", "network-interfaces", "security-groups", "vpcs", "subnets",
		"route-tables", "internet-gateways", "nat-gateways", "transit-gateways",
		"vpc-endpoints", "vpc-peering-connections", "launch-templates",
		"key-pairs", "placement-groups", "reserved-instances",
		"capacity-reservations", "hosts", "spot-instance-requests",
		"instance-status", "network-acls", "flow-logs", "fleets",
		"security-group-rules", "transit-gateway-attachments", "vpn-connections",
		"client-vpn-endpoints", "fast-snapshot-restores", "ipams",
		"managed-prefix-lists", "verified-access-endpoints", "route-servers" };
	static const char *const iam[] = { "users", "groups", "roles", "policies",
		"instance-profiles", "open-id-connect-providers", "saml-providers",
		"server-certificates", "virtual-mfa-devices" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ec2); i++)
		assert_false(resource_kind_at(kind_of("ec2", ec2[i]))->is_global);
	assert_true(resource_kind_at(kind_of("s3", "buckets"))->is_global);
	for (size_t i = 0; i < ARRAY_LEN(iam); i++)
		assert_true(resource_kind_at(kind_of("iam", iam[i]))->is_global);
	for (size_t i = 0; i < resource_kind_count(); i++)
		assert_int_equal(resource_kind_at(i)->is_global,
			strcmp(resource_kind_at(i)->service, "ec2") != 0);
}

static void every_path_is_one_of_the_table_of_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_kind_count(); i++) {
		const struct resource_call *call = resource_kind_call(i);
		const struct convert_call convert = {
			.service = resource_kind_at(i)->service,
			.operation = call->operation,
			.path = call->path,
		};
		struct convert_page page = { 0 };

		/* The document is none of it, which is found out behind the path. */
		print_message("%s\n", call->operation);
		assert_int_equal(
			convert_page(SPAN("<x/>"), &convert, &page, NULL), -EBADMSG);
		assert_non_null(call->fields[INVENTORY_ID]);
	}
}

/* Fields with '|' between, without the JSON. */
static const struct {
	const char *what, *service, *type, *json, *want;
} elements[] = {
	{ "all there is of an instance", "ec2", "instances",
		"{\"InstanceId\":\"i-1\",\"InstanceType\":\"m5.large\","
		"\"LaunchTime\":\"2026-11-23T14:00:00+00:00\","
		"\"Placement\":{\"AvailabilityZone\":\"eu-west-1a\"},"
		"\"State\":{\"Code\":16,\"Name\":\"running\"},"
		"\"Tags\":[{\"Key\":\"Team\",\"Value\":\"web\"},"
		"{\"Key\":\"Name\",\"Value\":\"one\"}]}",
		"i-1|one|m5.large|running|eu-west-1a||2026-11-23T14:00:00Z|"
		"{\"Name\":\"one\",\"Team\":\"web\"}" },
	{ "nothing but an id", "ec2", "instances", "{\"InstanceId\":\"i-1\"}",
		"i-1||||eu-west-1|||" },
	{ "a size, and a time with a fraction", "ec2", "volumes",
		"{\"VolumeId\":\"vol-1\",\"Size\":8,\"VolumeType\":\"gp3\","
		"\"CreateTime\":\"2026-11-23T14:00:00.123000+00:00\"}",
		"vol-1||gp3||eu-west-1|8|2026-11-23T14:00:00Z|" },
	{ "a size and a time that are none", "ec2", "volumes",
		"{\"VolumeId\":\"vol-1\",\"Size\":\"8\",\"CreateTime\":\"soon\"}",
		"vol-1||||eu-west-1|||" },
	{ "a size with a fraction", "ec2", "volumes",
		"{\"VolumeId\":\"vol-1\",\"Size\":8.5}", "vol-1||||eu-west-1|||" },
	{ "its own name", "ec2", "images", "{\"ImageId\":\"ami-1\",\"Name\":\"own\"}",
		"ami-1|own|||eu-west-1|||" },
	{ "the tag before its own name", "ec2", "images",
		"{\"ImageId\":\"ami-1\",\"Name\":\"own\","
		"\"Tags\":[{\"Key\":\"Name\",\"Value\":\"tag\"}]}",
		"ami-1|tag|||eu-west-1|||{\"Name\":\"tag\"}" },
	{ "its own name before an empty tag", "ec2", "images",
		"{\"ImageId\":\"ami-1\",\"Name\":\"own\","
		"\"Tags\":[{\"Key\":\"Name\",\"Value\":\"\"}]}",
		"ami-1|own|||eu-west-1|||{\"Name\":\"\"}" },
	{ "the first of a list", "ec2", "internet-gateways",
		"{\"InternetGatewayId\":\"igw-1\",\"Attachments\":["
		"{\"State\":\"available\"},{\"State\":\"detached\"}]}",
		"igw-1|||available|eu-west-1|||" },
	{ "an empty list", "ec2", "internet-gateways",
		"{\"InternetGatewayId\":\"igw-1\",\"Attachments\":[]}",
		"igw-1||||eu-west-1|||" },
	{ "the second place of an id", "ec2", "addresses",
		"{\"PublicIp\":\"192.0.2.1\",\"Domain\":\"standard\"}",
		"192.0.2.1|192.0.2.1|standard||eu-west-1|||" },
	{ "the first place of an id", "ec2", "addresses",
		"{\"PublicIp\":\"192.0.2.1\",\"AllocationId\":\"eipalloc-1\"}",
		"eipalloc-1|192.0.2.1|||eu-west-1|||" },
	{ "the second place of a type", "ec2", "hosts",
		"{\"HostId\":\"h-1\",\"HostProperties\":{\"InstanceFamily\":\"m5\"}}",
		"h-1||m5||eu-west-1|||" },
	{ "tags by byte order, the first of equal ones", "ec2", "vpcs",
		"{\"VpcId\":\"vpc-1\",\"Tags\":[{\"Key\":\"b\",\"Value\":\"1\"},"
		"{\"Key\":\"B\",\"Value\":\"2\"},{\"Key\":\"b\",\"Value\":\"3\"},"
		"{\"Key\":\"\xc3\xa4\",\"Value\":\"\xe2\x82\xac\"},"
		"{\"Key\":\"a\"},{\"Value\":\"no key\"},7]}",
		"vpc-1||||eu-west-1|||{\"B\":\"2\",\"a\":\"\",\"b\":\"1\","
		"\"\xc3\xa4\":\"\xe2\x82\xac\"}" },
	{ "tags that need escapes", "ec2", "vpcs",
		"{\"VpcId\":\"vpc-1\",\"Tags\":[{\"Key\":\"q\\\"\",\"Value\":\"a\\nb\"}]"
		"}",
		"vpc-1||||eu-west-1|||{\"q\\\"\":\"a\\nb\"}" },
	{ "no tags", "ec2", "vpcs", "{\"VpcId\":\"vpc-1\",\"Tags\":[]}",
		"vpc-1||||eu-west-1|||" },
	{ "tags that are no list", "ec2", "vpcs", "{\"VpcId\":\"vpc-1\",\"Tags\":{}}",
		"vpc-1||||eu-west-1|||" },
	{ "tags of another name", "ec2", "network-interfaces",
		"{\"NetworkInterfaceId\":\"eni-1\",\"Status\":\"in-use\","
		"\"TagSet\":[{\"Key\":\"Name\",\"Value\":\"n\"}]}",
		"eni-1|n||in-use|eu-west-1|||{\"Name\":\"n\"}" },
	{ "a bucket's region", "s3", "buckets",
		"{\"Name\":\"b\",\"CreationDate\":\"2026-11-23T14:00:00+00:00\","
		"\"Region\":\"us-west-2\",\"Tags\":null}",
		"b|b|||us-west-2||2026-11-23T14:00:00Z|" },
	{ "an id of two members", "ec2", "fast-snapshot-restores",
		"{\"SnapshotId\":\"snap-1\",\"AvailabilityZone\":\"eu-west-1b\","
		"\"State\":\"enabled\",\"EnablingTime\":\"2026-11-01T12:00:00+00:00\"}",
		"snap-1_eu-west-1b|||enabled|eu-west-1b||2026-11-01T12:00:00Z|" },
	{ "an id with a number", "ec2", "launch-template-versions",
		"{\"LaunchTemplateId\":\"lt-1\",\"LaunchTemplateName\":\"web\","
		"\"VersionNumber\":3,\"LaunchTemplateData\":{\"InstanceType\":"
		"\"m5.large\"}}",
		"lt-1_3|web|m5.large||eu-west-1|||" },
	{ "who uses a device", "iam", "virtual-mfa-devices",
		"{\"SerialNumber\":\"arn:aws:iam::1:mfa/m\",\"User\":{\"UserName\":"
		"\"u\"},\"EnableDate\":\"2026-11-01T12:00:00+00:00\"}",
		"arn:aws:iam::1:mfa/m|u|||eu-west-1||2026-11-01T12:00:00Z|" },
	{ "a modified volume", "ec2", "volumes-modifications",
		"{\"VolumeId\":\"vol-1\",\"ModificationState\":\"optimizing\","
		"\"TargetSize\":9,\"TargetVolumeType\":\"gp3\",\"OriginalSize\":4,"
		"\"StartTime\":\"2026-11-01T12:00:00+00:00\"}",
		"vol-1||gp3|optimizing|eu-west-1|9|2026-11-01T12:00:00Z|" },
	{ "a text that is a number", "ec2", "instances",
		"{\"InstanceId\":\"i-1\",\"InstanceType\":7,\"State\":\"x\"}",
		"i-1||||eu-west-1|||" },
};

static struct buf fields_of(const struct inventory *v)
{
	struct buf b = BUF_INIT(4096);

	for (int i = 0; i < INVENTORY_FIELD_COUNT; i++) {
		if (i > 0)
			assert_int_equal(buf_append_byte(&b, '|'), 0);
		assert_int_equal(buf_append_span(&b,
					 inventory_text(v, 0, (enum inventory_field)i)),
			0);
	}
	return b;
}

static void fields_stand_where_the_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		size_t kind = kind_of(elements[i].service, elements[i].type);
		struct inventory_builder *b =
			inventory_builder_new((struct instant){ 0 });
		struct inventory *v = NULL;
		struct buf got;

		print_message("%s\n", elements[i].what);
		assert_int_equal(fields_add(b, resource_kind_call(kind), "eu-west-1",
					 span_of(elements[i].json), NULL),
			0);
		assert_int_equal(inventory_builder_finish(b, &v), 0);
		assert_int_equal(inventory_count(v), 1);
		got = fields_of(v);
		assert_string_equal(buf_text(&got), elements[i].want);
		assert_memory_equal(inventory_json(v, 0).p, elements[i].json,
			strlen(elements[i].json));
		buf_finish(&got);
		inventory_unref(v);
	}
}

static void what_has_no_id_fails_and_says_which(void **state)
{
	static const char *const bad[] = { "{}", "{\"InstanceId\":\"\"}",
		"{\"InstanceId\":1}", "[]", "\"i-1\"", "", "{" };
	const struct resource_call *call =
		resource_kind_call(kind_of("ec2", "instances"));
	struct inventory_builder *b = inventory_builder_new((struct instant){ 0 });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault why = { 0 };

		print_message("%s\n", bad[i]);
		assert_int_equal(
			fields_add(b, call, "r", span_of(bad[i]), &why), -EBADMSG);
		assert_string_equal(
			why.text, "DescribeInstances: an element without InstanceId");
	}
	inventory_builder_free(b);
}

static void half_an_id_is_none(void **state)
{
	static const char *const bad[] = { "{\"LaunchTemplateId\":\"lt-1\"}",
		"{\"VersionNumber\":3}",
		"{\"LaunchTemplateId\":\"\",\"VersionNumber\":3}" };
	const struct resource_call *call =
		resource_kind_call(kind_of("ec2", "launch-template-versions"));
	struct inventory_builder *b = inventory_builder_new((struct instant){ 0 });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault why = { 0 };

		print_message("%s\n", bad[i]);
		assert_int_equal(
			fields_add(b, call, "r", span_of(bad[i]), &why), -EBADMSG);
		assert_string_equal(why.text,
			"DescribeLaunchTemplateVersions: an element without "
			"LaunchTemplateId+VersionNumber");
	}
	inventory_builder_free(b);
}

static void fields_over_the_limit_are_refused(void **state)
{
	const struct resource_call *call = resource_kind_call(kind_of("ec2", "vpcs"));
	struct inventory_builder *b = inventory_builder_new((struct instant){ 0 });
	struct buf json = BUF_INIT(FIELDS_TEXT_MAX + 100);

	(void)state;
	assert_int_equal(buf_append_text(&json, "{\"VpcId\":\""), 0);
	for (int i = 0; i <= FIELDS_TEXT_MAX; i++)
		assert_int_equal(buf_append_byte(&json, 'x'), 0);
	assert_int_equal(buf_append_text(&json, "\"}"), 0);
	assert_int_equal(fields_add(b, call, "", buf_span(&json), NULL), -EFBIG);
	buf_finish(&json);
	inventory_builder_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_in_order_and_each_is_found),
		cmocka_unit_test(the_kinds_are_those_of_the_documents),
		cmocka_unit_test(every_path_is_one_of_the_table_of_shapes),
		cmocka_unit_test(fields_stand_where_the_row_says),
		cmocka_unit_test(what_has_no_id_fails_and_says_which),
		cmocka_unit_test(half_an_id_is_none),
		cmocka_unit_test(fields_over_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
