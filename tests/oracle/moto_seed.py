"""Resources that moto, a simulation of AWS, is asked to make: further kinds of EC2 and IAM."""
import json

ODD = 'x"<&>\\ \u00e4\u20ac\u65e5\U0001f600'
TAGS = [{"Key": "Name", "Value": ODD}, {"Key": "empty", "Value": ""}]


def tagged(kind):
    return [{"ResourceType": kind, "Tags": TAGS}]


def fill_gateways(ec2, vpc, subnet):
    ec2.create_carrier_gateway(VpcId=vpc, TagSpecifications=tagged("carrier-gateway"))
    ec2.create_egress_only_internet_gateway(
        VpcId=vpc, TagSpecifications=tagged("egress-only-internet-gateway"))
    customer = ec2.create_customer_gateway(
        Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65534,
        TagSpecifications=tagged("customer-gateway"))["CustomerGateway"]["CustomerGatewayId"]
    gateway = ec2.create_vpn_gateway(
        Type="ipsec.1", AvailabilityZone=ec2.meta.region_name + "a",
        TagSpecifications=tagged("vpn-gateway"))["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway,
        TagSpecifications=tagged("vpn-connection"))
    transit = ec2.create_transit_gateway(Description=ODD)["TransitGateway"]["TransitGatewayId"]
    other = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnet],
        TagSpecifications=tagged("transit-gateway-attachment"))
    ec2.create_transit_gateway_route_table(
        TransitGatewayId=transit, TagSpecifications=tagged("transit-gateway-route-table"))
    ec2.create_transit_gateway_peering_attachment(
        TransitGatewayId=transit, PeerTransitGatewayId=other, PeerAccountId="123456789012",
        PeerRegion=ec2.meta.region_name, TagSpecifications=tagged("transit-gateway-attachment"))


def fill_vpc(ec2, vpc, subnet):
    ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["10.0.0.2", "10.0.0.3"]}],
        TagSpecifications=tagged("dhcp-options"))
    ec2.create_network_acl(VpcId=vpc, TagSpecifications=tagged("network-acl"))
    ec2.create_managed_prefix_list(
        PrefixListName=ODD, MaxEntries=5, AddressFamily="IPv4",
        Entries=[{"Cidr": "10.7.0.0/16", "Description": ODD}],
        TagSpecifications=tagged("prefix-list"))
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="logs",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/r",
        TagSpecifications=tagged("vpc-flow-log"))
    ec2.create_traffic_mirror_filter(
        Description=ODD, TagSpecifications=tagged("traffic-mirror-filter"))
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    ec2.create_traffic_mirror_target(
        NetworkInterfaceId=interface["NetworkInterfaceId"],
        TagSpecifications=tagged("traffic-mirror-target"))
    ec2.create_vpc_endpoint_service_configuration(
        GatewayLoadBalancerArns=[balancer_of(ec2, subnet)],
        TagSpecifications=tagged("vpc-endpoint-service"))


def balancer_of(ec2, subnet):
    import boto3

    made = boto3.client("elbv2", ec2.meta.region_name).create_load_balancer(
        Name="balancer", Subnets=[subnet], Type="gateway")
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def fill_fleets(ec2, subnet):
    template = ec2.create_launch_template(
        LaunchTemplateName="versions",
        LaunchTemplateData={"InstanceType": "t3.nano", "ImageId": "ami-12c6146b",
                            "UserData": "c2VjcmV0"})["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, VersionDescription=ODD,
        LaunchTemplateData={"InstanceType": "t3.micro", "ImageId": "ami-12c6146b",
                            "TagSpecifications": tagged("instance")})
    ec2.create_fleet(
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": {
            "LaunchTemplateId": template, "Version": "1"}}],
        TargetCapacitySpecification={
            "TotalTargetCapacity": 1, "OnDemandTargetCapacity": 1, "SpotTargetCapacity": 0,
            "DefaultTargetCapacityType": "on-demand"}, TagSpecifications=tagged("fleet"))
    ec2.request_spot_fleet(SpotFleetRequestConfig={
        "IamFleetRole": "arn:aws:iam::123456789012:role/fleet", "TargetCapacity": 1,
        "SpotPrice": "0.12", "AllocationStrategy": "lowestPrice", "LaunchSpecifications": [
            {"ImageId": "ami-12c6146b", "InstanceType": "t2.small", "SubnetId": subnet,
             "UserData": "c2VjcmV0"}]})


def fill_more_ec2(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    fill_gateways(ec2, vpc, subnet)
    fill_vpc(ec2, vpc, subnet)
    fill_fleets(ec2, subnet)
    volume = ec2.create_volume(AvailabilityZone=ec2.meta.region_name + "a", Size=4)["VolumeId"]
    ec2.modify_volume(VolumeId=volume, Size=9, VolumeType="gp3")
    instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]
    ec2.associate_iam_instance_profile(
        InstanceId=instance["InstanceId"], IamInstanceProfile={"Name": "profile"})


def fill_more_iam(iam):
    """To be called before the above, which uses a profile of it."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "a+b \u00e4", "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]},
         "Action": "sts:AssumeRole", "Condition": {}}]}, ensure_ascii=False)
    for number in range(3):
        iam.create_role(RoleName=f"role{number}", Path="/p/", AssumeRolePolicyDocument=trust,
                        Description="d", Tags=TAGS[:1])
    iam.create_instance_profile(InstanceProfileName="profile", Tags=[{"Key": "k", "Value": "v"}])
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role0")
    iam.create_open_id_connect_provider(
        Url="https://example.com/oidc", ThumbprintList=["0" * 40], ClientIDList=["c"])
    iam.create_saml_provider(Name="saml", SAMLMetadataDocument="x" * 1024)
    iam.upload_server_certificate(
        ServerCertificateName="certificate", Path="/c/", CertificateBody="b", PrivateKey="k")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="spare", Tags=[{"Key": "k", "Value": "v"}])
