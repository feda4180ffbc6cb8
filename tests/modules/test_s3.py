"""Buckets, content and audited uploads, beyond their life."""

import json
import threading

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from tests.local_cloud import wait_for
from tests.modules.call_recorder import error
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

# -- buckets


@on()
def test_a_bucket_is_private_encrypted_versioned_and_without_acls(aws):
    s3, name = aws.client("s3"), unique("bucket")
    done("s3_bucket_config", name=name)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
    (owner,) = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"


def drift_lifecycle(s3, name):
    rule = {"ID": "results", "Status": "Disabled", "Filter": {"Prefix": "enriched/"}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})


def drift_transition(s3, name):
    rule = {"ID": "results", "Status": "Enabled", "Filter": {"Prefix": "enriched/"}, "Expiration": {"Days": 30}}
    rule["Transitions"] = [{"Days": 10, "StorageClass": "GLACIER"}]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})


def drift_encryption(s3, name):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)


def drift_policy(s3, name):
    somebody = {"AWS": "arn:aws:iam::210987654321:root"}
    statement = {"Effect": "Allow", "Principal": somebody, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


DRIFTS = {
    "versioning": (lambda s3, name: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}), {"versioning"}),
    "encryption": (drift_encryption, {"encryption", "kms_key_id"}),
    "public access": (lambda s3, name: s3.delete_public_access_block(Bucket=name), {"public_access_block"}),
    "ownership": (lambda s3, name: s3.delete_bucket_ownership_controls(Bucket=name), {"ownership"}),
    "policy": (drift_policy, {"policy"}),
    "lifecycle removed": (lambda s3, name: s3.delete_bucket_lifecycle(Bucket=name), {"lifecycle_rules"}),
    "lifecycle disabled": (drift_lifecycle, {"lifecycle_rules"}),
    "lifecycle with more than the options say": (drift_transition, {"lifecycle_rules"}),
    "tags": (lambda s3, name: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}), {"tags"}),
}


@on()
@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_named_and_mended_by_one_call(aws, drift):
    s3, name = aws.client("s3"), unique("bucket")
    rules = [{"id": "results", "prefix": "enriched/", "expire_days": 30}]
    done("s3_bucket_config", name=name, lifecycle_rules=rules)
    act, fields = DRIFTS[drift]
    act(s3, name)
    planned = done("s3_bucket_config", check=True, name=name, lifecycle_rules=rules)
    assert planned.differing == fields
    assert planned.writes == []
    mended = done("s3_bucket_config", name=name, lifecycle_rules=rules)
    assert len(mended.writes) == 1
    assert not done("s3_bucket_config", name=name, lifecycle_rules=rules).changed


@on()
def test_a_bucket_goes_with_versions_markers_and_unfinished_uploads(aws):
    s3, name = aws.client("s3"), unique("bucket")
    done("s3_bucket_config", name=name)
    for key in ("a", "b", "ä/ö +%.txt"):
        for body in (b"1", b"2"):
            s3.put_object(Bucket=name, Key=key, Body=body)
        s3.delete_object(Bucket=name, Key=key)
    s3.create_multipart_upload(Bucket=name, Key="unfinished")
    found = s3.list_object_versions(Bucket=name)
    assert (len(found["Versions"]), len(found["DeleteMarkers"])) == (6, 3)

    planned = done("s3_bucket_config", check=True, name=name, state="absent")
    assert planned.writes == []
    outcome = done("s3_bucket_config", name=name, state="absent")
    # AWS refuses to delete a bucket that is not empty; emulators do not mind unfinished uploads.
    assert outcome.writes == ["s3:AbortMultipartUpload", "s3:DeleteObjects", "s3:DeleteBucket"]
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=name)


@on("moto")
def test_more_than_a_thousand_versions_go_too(aws):
    name = unique("bucket")
    done("s3_bucket_config", name=name)
    for number in range(1001):  # behind the API, which is slow at this
        s3_backends[aws.account]["aws"].put_object(name, str(number), b"")
    assert len(aws.client("s3").list_object_versions(Bucket=name)["Versions"]) == 1000
    assert done("s3_bucket_config", name=name, state="absent").writes == ["s3:DeleteObjects"] * 2 + ["s3:DeleteBucket"]


@on()
def test_an_object_that_cannot_be_deleted_is_named(aws, answers):
    s3, name = aws.client("s3"), unique("bucket")
    done("s3_bucket_config", name=name)
    s3.put_object(Bucket=name, Key="locked.csv", Body=b"")
    denied = {"Errors": [{"Key": "locked.csv", "Code": "AccessDenied", "Message": "Object is locked"}]}
    answers["s3:DeleteObjects"] = lambda: (200, denied)
    refused("s3_bucket_config", f"S3 bucket '{name}'", "AccessDenied", "locked.csv: Object is locked", name=name, state="absent")


@on()
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_bucket_of_somebody_else_is_an_error_and_left_alone(aws, answers, state):
    answers["s3:HeadBucket"] = error(403, "403", "Forbidden")
    outcome = refused("s3_bucket_config", "'taken'", "another account", "name_prefix", name="taken", state=state)
    assert outcome.writes == []


# -- content


@on()
def test_an_archive_is_kept_under_its_digest_and_sent_once(aws, tmp_path):
    source, bucket = tmp_path / "a.zip", aws.bucket()
    source.write_bytes(b"content")
    options = {"bucket": bucket, "prefix": "layers/", "source": str(source)}
    key = "layers/ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73.zip"
    assert done("s3_content", **options).resource == {"bucket": bucket, "key": key, "size": 7}
    assert aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    assert done("s3_content", **options).writes == []


@on()
def test_content_without_its_file_or_bucket(aws, tmp_path):
    refused("s3_content", "no-such.zip' is not a file", bucket="b", source=str(tmp_path / "no-such.zip"))
    source = tmp_path / "a.zip"
    source.write_bytes(b"content")
    options = {"bucket": unique("bucket"), "source": str(source)}
    assert done("s3_content", check=True, **options).changed
    assert not done("s3_content", state="absent", **options).changed
    assert "NoSuchBucket" in refused("s3_content", **options).msg


# -- audited uploads


class Upload:
    """A versioned bucket, a file, and what stands for the function: it writes an audit record of the object's version."""

    def __init__(self, aws, folder):
        self.s3, self.bucket = aws.client("s3"), aws.bucket(versioned=True)
        self.source = folder / "orders.csv"
        self.source.write_text("OrderID\n1\n")
        self.options = {"bucket": self.bucket, "key": "raw/orders.csv", "source": str(self.source), "audit_key": "audit/1.json"}

    def audit(self, version, **record):
        made = {"source": {"version_id": version}, "status": "processed", "reason": None, **record}
        made.setdefault("rows", {"in": 5, "kept": 3, "dropped": 1, "rejected": 1})
        self.s3.put_object(Bucket=self.bucket, Key="audit/1.json", Body=json.dumps(made).encode())

    def version(self):
        """The object's present version, or None."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix="raw/").get("Versions", [])
        return next((item["VersionId"] for item in found if item["IsLatest"]), None)

    def process_next(self, **record):
        """Beside the test: audit the next version once it is there."""
        old = self.version()

        def work():
            self.audit(wait_for(lambda: self.version() != old and self.version(), "the upload"), **record)

        thread = threading.Thread(target=work)
        thread.start()
        return thread


@pytest.fixture
def upload(aws, tmp_path):
    return Upload(aws, tmp_path)


@on("local")
def test_an_upload_waits_for_its_audit_and_is_not_repeated(upload):
    planned = done("s3_audited_upload", check=True, **upload.options)
    assert planned.changed
    assert planned.writes == []

    function = upload.process_next()
    made = done("s3_audited_upload", **upload.options)
    function.join()
    assert made.changed
    assert made.writes == ["s3:PutObject"]
    assert made.result["message"] == "orders.csv: 5 rows in, 3 kept, 1 dropped by rule, 1 rejected"
    assert made.result["audit"]["source"]["version_id"] == upload.version()

    for check in (True, False):
        again = done("s3_audited_upload", check, **upload.options)
        assert not again.changed
        assert again.writes == []

    upload.source.write_text("OrderID\n2\n")
    function = upload.process_next(status="rejected", reason="no column Customer")
    other = done("s3_audited_upload", **upload.options)
    function.join()
    assert other.result["message"] == "orders.csv was rejected whole: no column Customer"


@on()
def test_an_upload_whose_event_was_lost_is_sent_again(upload):
    options = {**upload.options, "failures": "the queue q"}
    sent = refused("s3_audited_upload", "not processed after 0 s", "the queue q", wait_timeout=0, **options)
    assert sent.writes == ["s3:PutObject"]
    first = upload.version()
    upload.audit("some older version")
    refused("s3_audited_upload", "not processed", wait_timeout=0, **upload.options)
    assert upload.version() != first
    upload.audit(upload.version())
    assert not done("s3_audited_upload", **upload.options).changed


@on()
def test_an_upload_of_what_is_no_file_or_into_no_bucket_is_an_error(upload):
    refused("s3_audited_upload", "' is not a file", **{**upload.options, "source": "/nonexistent.csv"})
    refused("s3_audited_upload", "NoSuchBucket", **{**upload.options, "bucket": unique("bucket")})


@on("local")  # moto has no metrics configurations
def test_requests_are_counted_where_that_is_wanted_and_other_configurations_stay(aws):
    name, s3 = unique("bucket"), aws.client("s3")
    assert not done("s3_bucket_config", name=name).after["request_metrics"]
    planned = done("s3_bucket_config", check=True, name=name, request_metrics=True)
    assert planned.differing == {"request_metrics"}
    assert done("s3_bucket_config", name=name, request_metrics=True).writes == ["s3:PutBucketMetricsConfiguration"]
    assert not done("s3_bucket_config", name=name, request_metrics=True).changed

    somebodys = {"Id": "somebodys", "Filter": {"Prefix": "raw/"}}
    s3.put_bucket_metrics_configuration(Bucket=name, Id="somebodys", MetricsConfiguration=somebodys)
    assert done("s3_bucket_config", name=name).differing == {"request_metrics"}
    found = s3.list_bucket_metrics_configurations(Bucket=name)["MetricsConfigurationList"]
    assert [each["Id"] for each in found] == ["somebodys"]
