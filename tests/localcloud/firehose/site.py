"""A bucket, a role and delivery streams of one test."""

import functools
import gzip
import json
import time

from tests.local_cloud import create_role, wait_for

RIGHTS = ["s3:PutObject", "lambda:InvokeFunction", "logs:PutLogEvents", "glue:GetTable"]
ERRORS = "errors/!{firehose:error-output-type}/"


@functools.cache
def client(cloud, service):
    """A client of a cloud; making one takes longer than most calls."""
    return cloud.client(service)


class Site:
    """`name`: of the bucket and the role, and of streams unless they have another."""

    def __init__(self, cloud, name, rights=RIGHTS):
        self.cloud, self.name = cloud, name
        self.firehose, self.s3, self.iam = (client(cloud, service) for service in ("firehose", "s3", "iam"))
        self.s3.create_bucket(Bucket=name)
        self.role = create_role(self.iam, name, "firehose.amazonaws.com", rights)["Arn"]

    def place(self, **settings):
        """An S3 destination: the objects come at once unless BufferingHints says otherwise."""
        hints = {"SizeInMBs": 128, "IntervalInSeconds": 0}
        return {"RoleARN": self.role, "BucketARN": f"arn:aws:s3:::{self.name}", "BufferingHints": hints, **settings}

    def create(self, name=None, wait=True, **settings):
        """A stream, ACTIVE unless not waited for; returns its name. `settings`: of the destination."""
        name = name or self.name
        self.firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=self.place(**settings))
        if wait:
            self.active(name)
        return name

    def described(self, name=None):
        return self.firehose.describe_delivery_stream(DeliveryStreamName=name or self.name)["DeliveryStreamDescription"]

    def active(self, name=None):
        return wait_for(lambda: self.described(name)["DeliveryStreamStatus"] == "ACTIVE", "the stream's creation")

    def update(self, name=None, **settings):
        found = self.described(name)
        self.firehose.update_destination(
            DeliveryStreamName=name or self.name,
            CurrentDeliveryStreamVersionId=found["VersionId"],
            DestinationId=found["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate=settings,
        )

    def put(self, *data, name=None):
        """Put records in one batch, which must all be taken."""
        records = [{"Data": each if isinstance(each, bytes) else each.encode()} for each in data]
        answer = self.firehose.put_record_batch(DeliveryStreamName=name or self.name, Records=records)
        assert answer["FailedPutCount"] == 0
        return answer

    def keys(self, prefix=""):
        found = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", [])]

    def objects(self, prefix="", number=1):
        """{key: data} once there are so many; what ends in .gz is unpacked."""
        keys = wait_for(lambda: len(found := self.keys(prefix)) >= number and found, f"{number} object(s) under {prefix!r}")
        return {key: self.data(key) for key in keys}

    def data(self, key):
        body = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return gzip.decompress(body) if key.endswith(".gz") else body

    def lines(self, prefix="", number=1):
        """The lines of all objects, once there are so many."""

        def found():
            lines = b"".join(self.data(key) for key in self.keys(prefix)).splitlines()
            return lines if len(lines) >= number else None

        return wait_for(found, f"{number} line(s) under {prefix!r}")

    def errors(self, kind="processing-failed", number=1):
        """The records that failed, once there are so many."""
        return [json.loads(line) for line in self.lines(f"errors/{kind}/", number)]

    def quiet(self, seconds, prefix=""):
        """The keys after a while in which nothing new may come."""
        time.sleep(seconds)
        return self.keys(prefix)
