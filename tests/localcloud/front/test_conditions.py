"""S3's conditional requests: create once, replace and delete only what was seen. Compaction stands on them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud import Cloud

PLACE = {"Bucket": "conditions", "Key": "folder/key"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("conditions")) as running:
        running.client("s3").create_bucket(Bucket="conditions")
        yield running


@pytest.fixture(params=["Suspended", "Enabled"])
def s3(cloud, request):
    client = cloud.client("s3")
    client.put_bucket_versioning(Bucket="conditions", VersioningConfiguration={"Status": request.param})
    client.delete_object(**PLACE)
    return client


def outcome(call, **arguments):
    """The status of a request, refused or not."""
    try:
        return call(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def copy(s3, **conditions):
    s3.put_object(Bucket="conditions", Key="source", Body=b"copied")
    return outcome(s3.copy_object, **PLACE, CopySource={"Bucket": "conditions", "Key": "source"}, **conditions)


def body(s3):
    return s3.get_object(**PLACE)["Body"].read()


def test_what_must_not_be_there_is_created_once(s3):
    assert outcome(s3.put_object, **PLACE, Body=b"1", IfNoneMatch="*") == 200
    assert outcome(s3.put_object, **PLACE, Body=b"2", IfNoneMatch="*") == 412
    assert copy(s3, IfNoneMatch="*") == 412
    assert body(s3) == b"1"
    s3.delete_object(**PLACE)
    assert copy(s3, IfNoneMatch="*") == 200
    assert body(s3) == b"copied"


def test_only_what_was_seen_is_replaced(s3):
    seen = s3.put_object(**PLACE, Body=b"1")["ETag"]
    assert outcome(s3.put_object, **PLACE, Body=b"2", IfMatch=seen) == 200
    assert outcome(s3.put_object, **PLACE, Body=b"3", IfMatch=seen) == 412
    assert copy(s3, IfMatch=seen) == 412
    assert outcome(s3.get_object, **PLACE, IfMatch=seen) == 412
    assert body(s3) == b"2"


def test_only_what_was_seen_is_deleted(s3):
    seen = s3.put_object(**PLACE, Body=b"1")["ETag"]
    s3.put_object(**PLACE, Body=b"2")
    assert outcome(s3.delete_object, **PLACE, IfMatch=seen) == 412
    assert outcome(s3.delete_object, **PLACE, IfMatch=s3.head_object(**PLACE)["ETag"]) == 204
    assert outcome(s3.delete_object, **PLACE, IfMatch=seen) == 404


def test_only_what_was_seen_is_copied(s3):
    seen = s3.put_object(Bucket="conditions", Key="source", Body=b"other")["ETag"]
    assert copy(s3, CopySourceIfMatch=seen) == 412


def test_of_many_at_once_one_creates_it(s3):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: outcome(s3.put_object, **PLACE, Body=str(number).encode(), IfNoneMatch="*"), range(16)))
    assert sorted(found) == [200] + [412] * 15
