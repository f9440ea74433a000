#include "aws/resource/kind.h"

#include <errno.h>

#include "aws/resource/kind_private.h"

/* Where a call takes no MaxResults, or only smaller ones, the row says so. */
#define PAGES_OF_1000 "&MaxResults=1000"

struct row {
	struct resource_kind kind;
	struct resource_call call;
};

/* clang-format off */
#define EC2(directory, describe, more, list, ...)                                        \
	{ { "ec2", directory, false },                                                   \
		{ RESOURCE_PAGES, AWS_EC2, describe, more, list, { __VA_ARGS__ } } }
#define ID [INVENTORY_ID]
#define NAME [INVENTORY_NAME]
#define TYPE [INVENTORY_TYPE]
#define STATE [INVENTORY_STATE]
#define ZONE [INVENTORY_ZONE]
#define SIZE [INVENTORY_SIZE]
#define CREATED [INVENTORY_CREATED]
#define TAGS [INVENTORY_TAGS]

/* By service, then type. */
static const struct row rows[] = {
	EC2("addresses", "DescribeAddresses", NULL, "Addresses[]",
		ID = "AllocationId|PublicIp", NAME = "PublicIp", TYPE = "Domain",
		ZONE = "NetworkBorderGroup", TAGS = "Tags"),
	EC2("capacity-reservations", "DescribeCapacityReservations", PAGES_OF_1000,
		"CapacityReservations[]",
		ID = "CapacityReservationId", TYPE = "InstanceType", STATE = "State",
		ZONE = "AvailabilityZone", CREATED = "CreateDate", TAGS = "Tags"),
	EC2("hosts", "DescribeHosts", "&MaxResults=500", "Hosts[]",
		ID = "HostId",
		TYPE = "HostProperties.InstanceType|HostProperties.InstanceFamily",
		STATE = "State", ZONE = "AvailabilityZone", CREATED = "AllocationTime",
		TAGS = "Tags"),
	EC2("images", "DescribeImages", "&Owner.1=self" PAGES_OF_1000, "Images[]",
		ID = "ImageId", NAME = "Name", TYPE = "Architecture", STATE = "State",
		CREATED = "CreationDate", TAGS = "Tags"),
	EC2("instance-status", "DescribeInstanceStatus",
		"&IncludeAllInstances=true" PAGES_OF_1000, "InstanceStatuses[]",
		ID = "InstanceId", STATE = "InstanceState.Name",
		ZONE = "AvailabilityZone"),
	EC2("instances", "DescribeInstances", PAGES_OF_1000,
		"Reservations[].Instances[]",
		ID = "InstanceId", TYPE = "InstanceType", STATE = "State.Name",
		ZONE = "Placement.AvailabilityZone", CREATED = "LaunchTime",
		TAGS = "Tags"),
	EC2("internet-gateways", "DescribeInternetGateways", PAGES_OF_1000,
		"InternetGateways[]",
		ID = "InternetGatewayId", STATE = "Attachments.State", TAGS = "Tags"),
	EC2("key-pairs", "DescribeKeyPairs", NULL, "KeyPairs[]",
		ID = "KeyPairId", NAME = "KeyName", TYPE = "KeyType",
		CREATED = "CreateTime", TAGS = "Tags"),
	EC2("launch-templates", "DescribeLaunchTemplates", "&MaxResults=200",
		"LaunchTemplates[]",
		ID = "LaunchTemplateId", NAME = "LaunchTemplateName",
		CREATED = "CreateTime", TAGS = "Tags"),
	EC2("nat-gateways", "DescribeNatGateways", PAGES_OF_1000, "NatGateways[]",
		ID = "NatGatewayId", TYPE = "ConnectivityType", STATE = "State",
		CREATED = "CreateTime", TAGS = "Tags"),
	EC2("network-interfaces", "DescribeNetworkInterfaces", PAGES_OF_1000,
		"NetworkInterfaces[]",
		ID = "NetworkInterfaceId", TYPE = "InterfaceType", STATE = "Status",
		ZONE = "AvailabilityZone", TAGS = "TagSet"),
	EC2("placement-groups", "DescribePlacementGroups", NULL, "PlacementGroups[]",
		ID = "GroupId|GroupName", NAME = "GroupName", TYPE = "Strategy",
		STATE = "State", TAGS = "Tags"),
	EC2("reserved-instances", "DescribeReservedInstances", NULL,
		"ReservedInstances[]",
		ID = "ReservedInstancesId", TYPE = "InstanceType", STATE = "State",
		ZONE = "AvailabilityZone", CREATED = "Start", TAGS = "Tags"),
	EC2("route-tables", "DescribeRouteTables", "&MaxResults=100", "RouteTables[]",
		ID = "RouteTableId", TAGS = "Tags"),
	EC2("security-groups", "DescribeSecurityGroups", PAGES_OF_1000,
		"SecurityGroups[]",
		ID = "GroupId", NAME = "GroupName", TAGS = "Tags"),
	EC2("snapshots", "DescribeSnapshots", "&Owner.1=self" PAGES_OF_1000,
		"Snapshots[]",
		ID = "SnapshotId", TYPE = "StorageTier", STATE = "State",
		SIZE = "VolumeSize", CREATED = "StartTime", TAGS = "Tags"),
	EC2("spot-instance-requests", "DescribeSpotInstanceRequests", PAGES_OF_1000,
		"SpotInstanceRequests[]",
		ID = "SpotInstanceRequestId", TYPE = "LaunchSpecification.InstanceType",
		STATE = "State", ZONE = "LaunchedAvailabilityZone",
		CREATED = "CreateTime", TAGS = "Tags"),
	EC2("subnets", "DescribeSubnets", PAGES_OF_1000, "Subnets[]",
		ID = "SubnetId", STATE = "State", ZONE = "AvailabilityZone",
		TAGS = "Tags"),
	EC2("transit-gateways", "DescribeTransitGateways", PAGES_OF_1000,
		"TransitGateways[]",
		ID = "TransitGatewayId", STATE = "State", CREATED = "CreationTime",
		TAGS = "Tags"),
	EC2("volumes", "DescribeVolumes", PAGES_OF_1000, "Volumes[]",
		ID = "VolumeId", TYPE = "VolumeType", STATE = "State",
		ZONE = "AvailabilityZone", SIZE = "Size", CREATED = "CreateTime",
		TAGS = "Tags"),
	EC2("vpc-endpoints", "DescribeVpcEndpoints", PAGES_OF_1000, "VpcEndpoints[]",
		ID = "VpcEndpointId", TYPE = "VpcEndpointType", STATE = "State",
		CREATED = "CreationTimestamp", TAGS = "Tags"),
	EC2("vpc-peering-connections", "DescribeVpcPeeringConnections", PAGES_OF_1000,
		"VpcPeeringConnections[]",
		ID = "VpcPeeringConnectionId", STATE = "Status.Code", TAGS = "Tags"),
	EC2("vpcs", "DescribeVpcs", PAGES_OF_1000, "Vpcs[]",
		ID = "VpcId", STATE = "State", TAGS = "Tags"),
	{ { "iam", "users", true },
		{ RESOURCE_USERS, AWS_IAM, "ListUsers", "&MaxItems=1000", "Users[]",
			{ ID = "UserName", NAME = "UserName", CREATED = "CreateDate",
				TAGS = "Tags" } } },
	{ { "s3", "buckets", true },
		{ RESOURCE_BUCKETS, AWS_S3, "ListBuckets", "max-buckets=1000",
			"Buckets[]",
			{ ID = "Name", NAME = "Name", ZONE = "Region",
				CREATED = "CreationDate", TAGS = "Tags" } } },
};
/* clang-format on */

size_t resource_kind_count(void)
{
	return ARRAY_LEN(rows);
}

const struct resource_kind *resource_kind_at(size_t number)
{
	return &rows[number].kind;
}

const struct resource_call *resource_kind_call(size_t number)
{
	return &rows[number].call;
}

int resource_kind_find(struct span service, struct span type, size_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!span_eq(service, span_of(rows[i].kind.service)) ||
			!span_eq(type, span_of(rows[i].kind.type)))
			continue;
		*ret = i;
		return 0;
	}
	return -ENOENT;
}
