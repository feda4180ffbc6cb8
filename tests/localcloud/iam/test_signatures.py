"""Who signs wrongly, with unknown keys or too late is nobody."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.iam.conftest import Caller, arn, error, lines

EVERYTHING = ("*", "*")


def statuses(cloud, caller):
    """The error codes that S3 (XML), Athena and SSM (JSON), IAM (query) and EC2 answer this caller."""
    calls = (
        ("s3", "list_buckets"),
        ("athena", "list_work_groups"),
        ("ssm", "describe_parameters"),
        ("iam", "list_roles"),
        ("ec2", "describe_instances"),
    )
    return [error(getattr(caller.client(service), method))[0] for service, method in calls]


def test_an_unknown_key(cloud):
    unknown = Caller(cloud, None, "AKIA" + "UNKNOWNUNKNOWN00", "secret")
    expected = ["InvalidAccessKeyId", "UnrecognizedClientException", "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"]
    assert statuses(cloud, unknown) == expected
    assert lines(cloud, access_key=unknown.key)[0]["principal"] is None


def test_a_wrong_secret(cloud, user):
    user.may(EVERYTHING)
    wrong = Caller(cloud, None, user.key, user.secret[:-1] + ("a" if user.secret[-1] != "a" else "b"))
    expected = ["SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"]
    assert statuses(cloud, wrong) == expected


def test_a_key_that_was_taken_back(cloud, user):
    user.may(EVERYTHING)
    user.client("athena").list_work_groups()
    cloud.client("iam").update_access_key(UserName=user.name, AccessKeyId=user.key, Status="Inactive")
    assert statuses(cloud, user)[:2] == ["InvalidAccessKeyId", "UnrecognizedClientException"]
    cloud.client("iam").delete_access_key(UserName=user.name, AccessKeyId=user.key)
    assert statuses(cloud, user)[:2] == ["InvalidAccessKeyId", "UnrecognizedClientException"]


def test_a_session_needs_its_token(cloud, role):
    made = role("ec2.amazonaws.com", EVERYTHING)
    trust = {"Effect": "Allow", "Principal": {"AWS": arn("iam", "root", region="")}, "Action": "sts:AssumeRole"}
    cloud.client("iam").update_assume_role_policy(
        RoleName=made["RoleName"], PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    given = cloud.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="test")["Credentials"]
    right = Caller(cloud, None, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    right.client("athena").list_work_groups()
    without = Caller(cloud, None, given["AccessKeyId"], given["SecretAccessKey"])
    assert error(without.client("athena").list_work_groups)[0] == "UnrecognizedClientException"
    other = Caller(cloud, None, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"][:-1] + "!")
    assert error(other.client("athena").list_work_groups)[0] == "UnrecognizedClientException"


def test_no_signature_at_all(cloud):
    """Nobody may do nothing, but for what a bucket's policy lets everybody do."""
    for path, body in (("/", None), ("/", b"Action=ListRoles&Version=2010-05-08")):
        request = urllib.request.Request(cloud.url + path, body, {"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        assert caught.value.code == 403
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="public-bucket")
    s3.delete_public_access_block(Bucket="public-bucket")
    s3.put_object(Bucket="public-bucket", Key="x", Body=b"for all")
    url = f"{cloud.url}/public-bucket/x"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url, timeout=10)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::public-bucket/*"}
    s3.put_bucket_policy(Bucket="public-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"for all"


def test_links_streams_and_parts_verify(cloud, user):
    """Presigned URLs, bodies in chunks with checksums, and uploads in parts are signed otherwise than plain requests."""
    bucket = f"signed-{user.name}"
    cloud.client("s3").create_bucket(Bucket=bucket)
    s3 = user.may(("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), ("s3:PutObject", f"arn:aws:s3:::{bucket}/*")).client("s3")
    s3.put_object(Bucket=bucket, Key="a b+c/ü%20", Body=b"one", ChecksumAlgorithm="SHA256")
    link = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b+c/ü%20"}, ExpiresIn=60)
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"one"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link[:-1] + ("0" if link[-1] != "0" else "1"), timeout=10)
    put = user.client("s3", signature_version="s3v4").generate_presigned_url(
        "put_object", {"Bucket": bucket, "Key": "linked"}, ExpiresIn=60
    )
    with urllib.request.urlopen(urllib.request.Request(put, b"two", method="PUT"), timeout=10) as answer:
        assert answer.status == 200
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"three")
    s3.complete_multipart_upload(
        Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"three"


def test_the_key_test_is_the_accounts_root(cloud):
    assert cloud.client("sts").get_caller_identity()["Arn"] == arn("iam", "root", region="")
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("sts").assume_role(RoleArn=arn("iam", "role/absent", region=""), RoleSessionName="test")
