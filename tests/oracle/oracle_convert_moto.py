"""Answers of moto, a simulation of AWS, as JSON, beside what AWS's own tools print of them:
oracle_convert_moto.py CONVERT_CAT. Bytes are compared."""
import datetime
import json
import os
import sys
import unittest

import moto_seed
from convert_oracle import SKIP, Oracle, Tool, compare, each_operation, why_not

REGION = "us-east-1"
HOSTS = {"cloudwatch": "monitoring"}
ODD = moto_seed.ODD
# moto has no answer to these, nor to those of EC2 that it does not even know.
NOT_THERE = {"DescribeReservedInstances", "DescribeReservedInstancesListings",
             "GetBucketPolicyStatus"}
MORE = {  # parameters
    "DescribeLaunchTemplateVersions": {"LaunchTemplateVersion.1": "$Latest"},
    "GetAccessKeyLastUsed": {"AccessKeyId": None},
    "GetMetricStatistics": {
        "Namespace": "N", "MetricName": "M", "Period": "60",
        "StartTime": "2026-11-01T00:00:00Z", "EndTime": "2026-11-02T00:00:00Z",
        "Statistics.member.1": "Average", "Statistics.member.2": "Sum",
        "Dimensions.member.1.Name": "D", "Dimensions.member.1.Value": "d"},
}
OF_A_USER = ("GetLoginProfile", "ListAccessKeys", "ListAttachedUserPolicies",
             "ListGroupsForUser", "ListMFADevices", "ListUserPolicies")
QUERIES = {"GetBucketAcl": "acl", "GetBucketLifecycleConfiguration": "lifecycle",
           "GetBucketLocation": "location", "GetBucketPolicyStatus": "policyStatus",
           "GetBucketTagging": "tagging", "GetPublicAccessBlock": "publicAccessBlock"}


def fill_ec2(ec2):
    tags = [{"Key": "Name", "Value": ODD}, {"Key": "empty", "Value": ""}]

    def tagged(kind):
        return [{"ResourceType": kind, "Tags": tags}]

    run = ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=2, MaxCount=2, InstanceType="t3.micro",
        TagSpecifications=tagged("instance"))
    ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    one = run["Instances"][0]
    ec2.stop_instances(InstanceIds=[one["InstanceId"]])
    volume = ec2.create_volume(
        AvailabilityZone=REGION + "a", Size=8, VolumeType="gp3", Iops=3000,
        TagSpecifications=tagged("volume"))["VolumeId"]
    ec2.create_snapshot(VolumeId=volume, Description=ODD)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=run["Instances"][1]["InstanceId"])
    other = ec2.allocate_address(Domain="vpc")["AllocationId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    peer = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=other)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
    ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="d")
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
    ec2.create_transit_gateway(Description="t")
    ec2.create_launch_template(
        LaunchTemplateName="name", LaunchTemplateData={"InstanceType": "t3.micro"})
    ec2.create_key_pair(KeyName="key")
    ec2.allocate_hosts(AvailabilityZone=REGION + "a", InstanceType="m5.large", Quantity=1)
    ec2.request_spot_instances(
        SpotPrice="0.5", LaunchSpecification={"ImageId": "ami-12c6146b"})
    ec2.create_image(InstanceId=one["InstanceId"], Name="image")


def fill_iam(iam):
    iam.create_user(UserName="u", Path="/p/", Tags=[{"Key": "k", "Value": "v"}])
    iam.create_user(UserName="v")
    iam.create_login_profile(UserName="u", Password="Pa55word!")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
    iam.put_user_policy(UserName="u", PolicyName="inline", PolicyDocument=document)
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="u", PolicyArn=policy)
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]
    iam.enable_mfa_device(UserName="u", SerialNumber=device["SerialNumber"],
                          AuthenticationCode1="123456", AuthenticationCode2="234567")
    MORE["GetAccessKeyLastUsed"]["AccessKeyId"] = key


def fill_s3(s3):
    s3.create_bucket(Bucket="bucket")
    s3.create_bucket(Bucket="west",
                     CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": [{"Key": "k", "Value": ODD}]})
    s3.put_bucket_acl(Bucket="bucket", ACL="public-read")
    s3.put_public_access_block(Bucket="bucket", PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": False})
    s3.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": [
        {"ID": str(n), "Status": "Enabled", "Filter": {"Prefix": "p"},
         "Transitions": [{"Days": 30, "StorageClass": "GLACIER"},
                         {"Days": 90, "StorageClass": "DEEP_ARCHIVE"}]} for n in range(2)]})


def fill_cloudwatch(cloudwatch):
    at = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.timezone.utc)
    for value in (0.1, 1.0, 1e-7, 1 / 3):
        cloudwatch.put_metric_data(Namespace="N", MetricData=[{
            "MetricName": "M", "Value": value, "Timestamp": at,
            "Dimensions": [{"Name": "D", "Value": "d"}]}])
        at += datetime.timedelta(minutes=5)


def fill_all_ec2(ec2):
    fill_ec2(ec2)
    moto_seed.fill_more_ec2(ec2)


def fill_all_iam(iam):
    fill_iam(iam)
    moto_seed.fill_more_iam(iam)


def is_there(service, name):
    from botocore import xform_name
    from moto.ec2.responses import EC2Response

    return name not in NOT_THERE and (
        service != "ec2" or hasattr(EC2Response, xform_name(name)))


class Moto(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        from moto import mock_aws
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.test import Client

        cls.mock = mock_aws()
        cls.mock.start()
        cls.oracle = Oracle()
        cls.client = Client(DomainDispatcherApplication(create_backend_app))
        for service, fill in (("iam", fill_all_iam), ("ec2", fill_all_ec2), ("s3", fill_s3),
                              ("cloudwatch", fill_cloudwatch)):
            fill(cls.oracle.session.create_client(service))
        cls.tool = Tool(cls.tool_path)

    @classmethod
    def tearDownClass(cls):
        cls.tool.close()
        cls.mock.stop()

    def ask(self, service, method, path, data=None):
        host = HOSTS.get(service, service)
        headers = {
            "Host": f"{host}.{REGION}.amazonaws.com",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=a/20261101/{REGION}/{host}/aws4_request,"
            " SignedHeaders=host, Signature=0"}
        reply = self.client.open(path, method=method, data=data, headers=headers)
        self.assertEqual(reply.status_code, 200, reply.get_data()[:300])
        return reply.get_data()

    def answer(self, service, name):
        if service == "s3":
            return self.ask(service, "GET", f"/bucket?{QUERIES[name]}" if name in QUERIES else "/")
        more = dict(MORE.get(name, ()))
        if name in OF_A_USER:
            more["UserName"] = "u"
        version = self.oracle.models[service].api_version
        return self.ask(service, "POST", "/", {"Action": name, "Version": version, **more})

    def test_answers_are_printed_as_aws_prints_them(self):
        asked = 0
        for service, name, _ in each_operation():
            if not is_there(service, name):
                continue
            asked += 1
            with self.subTest(service=service, operation=name):
                xml = self.answer(service, name)
                self.assertGreater(compare(self, service, name, "", xml), 20)
        self.assertGreater(asked, 60)

    def test_instances_of_all_reservations(self):
        xml = self.answer("ec2", "DescribeInstances")
        compare(self, "ec2", "DescribeInstances", "Reservations[].Instances[]", xml)

    def test_a_bucket_elsewhere(self):
        compare(self, "s3", "GetBucketLocation", "", self.ask("s3", "GET", "/west?location"))


if __name__ == "__main__":
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION=REGION,
                      MOTO_EC2_LOAD_DEFAULT_AMIS="false")  # a thousand of them
    reason = why_not()
    try:
        import moto.server  # noqa: F401
    except ImportError:
        reason = "moto is not installed"
    if reason:
        print(reason)
        sys.exit(SKIP)
    Moto.tool_path = sys.argv.pop(1)
    unittest.main()
