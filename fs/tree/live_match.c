#include "fs/tree/live_match.h"

#include <errno.h>

/* Beginnings of ids that AWS gives; a longer one before its own beginning. Others have
 * none, or are not billed. */
static const struct {
	const char *prefix, *type;
} ec2_ids[] = {
	{ "cb-", "capacity-blocks" },
	{ "cr-", "capacity-reservations" },
	{ "crf-", "capacity-reservation-fleets" },
	{ "cvpn-endpoint-", "client-vpn-endpoints" },
	{ "eipalloc-", "addresses" },
	{ "eni-", "network-interfaces" },
	{ "h-", "hosts" },
	{ "hr-", "host-reservations" },
	{ "i-", "instances" },
	{ "ami-", "images" },
	{ "ipam-pool-", "ipam-pools" },
	{ "ipam-res-disco-", "ipam-resource-discoveries" },
	{ "ipam-scope-", "ipam-scopes" },
	{ "ipam-", "ipams" },
	{ "igw-", "internet-gateways" },
	{ "lt-", "launch-templates" },
	{ "nat-", "nat-gateways" },
	{ "nia-", "network-insights-analyses" },
	{ "nisa-", "network-insights-access-scope-analyses" },
	{ "pcx-", "vpc-peering-connections" },
	{ "rse-", "route-server-endpoints" },
	{ "rtb-", "route-tables" },
	{ "sg-", "security-groups" },
	{ "sir-", "spot-instance-requests" },
	{ "snap-", "snapshots" },
	{ "subnet-", "subnets" },
	{ "tgw-attach-", "transit-gateway-attachments" },
	{ "tgw-rtb-", "transit-gateway-route-tables" },
	{ "tgw-", "transit-gateways" },
	{ "tms-", "traffic-mirror-sessions" },
	{ "vae-", "verified-access-endpoints" },
	{ "vol-", "volumes" },
	{ "vpc-", "vpcs" },
	{ "vpce-svc-", "vpc-endpoint-service-configurations" },
	{ "vpce-", "vpc-endpoints" },
	{ "vpn-", "vpn-connections" },
};

enum { ARN_SERVICE = 2, ARN_REGION = 3, ARN_PARTS = 5 };

/* "arn:aws:ec2:eu-west-1:111122223333:natgateway/nat-0123": service, region, "nat-0123".
 */
static void read_arn(struct span id, struct span region, struct billed *ret)
{
	struct span rest = id, part, own_region = { 0 };
	size_t slash;

	for (int i = 0; i < ARN_PARTS && span_split(&rest, ':', &part); i++) {
		if (i == ARN_SERVICE)
			ret->service = part;
		if (i == ARN_REGION)
			own_region = part;
	}
	ret->region = region.len ? region : own_region;
	/* Access points and dashboards are of a region, buckets are not. */
	if (own_region.len && span_eq(ret->service, SPAN("s3")))
		ret->service = (struct span){ 0 };
	slash = span_rfind(rest, '/');
	if (slash == rest.len)
		slash = span_rfind(rest, ':');
	ret->id = slash < rest.len ? span_from(rest, slash + 1) : rest;
}

struct billed billed_of(struct span code, struct span id, struct span region)
{
	struct billed b = { .id = id, .region = region };

	if (span_starts(id, SPAN("arn:")))
		read_arn(id, region, &b);
	else if (span_eq(code, SPAN("AmazonS3")))
		b.service = SPAN("s3");
	else
		b.service = SPAN("ec2");
	return b;
}

int billed_kind(const struct billed *b, size_t *ret)
{
	if (b->id.len == 0)
		return -ENOENT;
	if (span_eq(b->service, SPAN("s3")))
		return resource_kind_find(SPAN("s3"), SPAN("buckets"), ret);
	if (!span_eq(b->service, SPAN("ec2")))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_LEN(ec2_ids); i++)
		if (span_starts(b->id, span_of(ec2_ids[i].prefix)))
			return resource_kind_find(
				SPAN("ec2"), span_of(ec2_ids[i].type), ret);
	return -ENOENT;
}
