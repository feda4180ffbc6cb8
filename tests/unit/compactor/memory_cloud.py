"""S3 and Glue in memory, as far as a table's days need them: each call passes `gate`, which may wait or kill the caller.

Conditions on requests, error codes and statuses are AWS's.
"""

import copy
import hashlib
import io
import itertools
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

BUCKET, PREFIX, DATABASE, TABLE = "shop", "processed/", "ecommerce_db", "transactions"


def refuse(status, code, operation):
    raise ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


class Cloud:
    """The truth: `objects` {key: dict} and `partitions` {day: PartitionInput}. Clients of it are made by `clients`."""

    def __init__(self):
        self.objects, self.partitions, self.uploads = {}, {}, {}
        self.now = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
        self._numbers = itertools.count()
        self.watch = lambda: None

    def clients(self, gate=lambda call, effect: effect()):
        """(S3, Glue) of one caller. `gate(call, effect)` lets a call happen: `effect()` does it and gives its answer."""
        return Client(self, S3, gate), Client(self, Glue, gate)

    def wait(self, **time):
        self.now += timedelta(**time)

    def store(self, key, body, metadata=None):
        # ETags as with a customer key: the same bytes written again have another.
        etag = f'"{hashlib.md5(body + str(next(self._numbers)).encode()).hexdigest()}"'
        self.objects[key] = {"Body": body, "ETag": etag, "Metadata": metadata or {}, "LastModified": self.now}
        return {"ETag": etag}


class Client:
    """Turns method calls into effects on the truth, through the caller's gate."""

    def __init__(self, cloud, kind, gate):
        self._cloud, self._kind, self._gate = cloud, kind(cloud), gate

    def __getattr__(self, name):
        method = getattr(self._kind, name)

        def call(**arguments):
            body = arguments.get("Body")
            if hasattr(body, "read"):
                arguments["Body"] = body.read()

            def effect():
                answer = method(**arguments)
                self._cloud.watch()
                return answer

            return self._gate(name, effect)

        return call

    def get_paginator(self, name):
        client = self

        class Paginator:
            def paginate(self, **arguments):
                return [getattr(client, name)(**arguments)]

        return Paginator()


class S3:
    def __init__(self, cloud):
        self.cloud = cloud

    def _found(self, key, operation):
        if key not in self.cloud.objects:
            refuse(404, "NoSuchKey", operation)
        return self.cloud.objects[key]

    def _conditions(self, key, conditions, operation):
        if conditions.get("IfNoneMatch") == "*" and key in self.cloud.objects:
            refuse(412, "PreconditionFailed", operation)
        if "IfMatch" in conditions and self._found(key, operation)["ETag"] != conditions["IfMatch"]:
            refuse(412, "PreconditionFailed", operation)

    def head_object(self, Bucket, Key):
        return self._found(Key, "HeadObject")

    def get_object(self, Bucket, Key, Range=None, **conditions):
        self._conditions(Key, conditions, "GetObject")
        found = dict(self._found(Key, "GetObject"))
        body = found["Body"]
        if Range:
            first, last = Range.removeprefix("bytes=").split("-")
            body = body[int(first) : int(last) + 1]
        return found | {"Body": io.BytesIO(body)}

    def put_object(self, Bucket, Key, Body, Metadata=None, ContentType=None, **conditions):
        self._conditions(Key, conditions, "PutObject")
        return self.cloud.store(Key, bytes(Body), Metadata)

    def copy_object(self, Bucket, Key, CopySource, CopySourceIfMatch=None, **conditions):
        source = self._found(CopySource["Key"], "CopyObject")
        if CopySourceIfMatch not in (None, source["ETag"]):
            refuse(412, "PreconditionFailed", "CopyObject")
        self._conditions(Key, conditions, "CopyObject")
        return self.cloud.store(Key, source["Body"], source["Metadata"])

    def delete_object(self, Bucket, Key, **conditions):
        self._conditions(Key, conditions, "DeleteObject")
        self.cloud.objects.pop(Key, None)
        return {}

    def delete_objects(self, Bucket, Delete):
        for each in Delete["Objects"]:
            self.cloud.objects.pop(each["Key"], None)
        return {}

    def list_objects_v2(self, Bucket, Prefix):
        found = sorted(key for key in self.cloud.objects if key.startswith(Prefix))
        return {"Contents": [{"Key": key, "Size": len(self.cloud.objects[key]["Body"]), **self.cloud.objects[key]} for key in found]}


class Glue:
    def __init__(self, cloud):
        self.cloud = cloud

    def get_table(self, DatabaseName, Name):
        return {"Table": {"StorageDescriptor": {"Location": f"s3://{BUCKET}/{PREFIX}", "Columns": [{"Name": "id", "Type": "string"}]}}}

    def get_partition(self, DatabaseName, TableName, PartitionValues):
        if PartitionValues[0] not in self.cloud.partitions:
            refuse(400, "EntityNotFoundException", "GetPartition")
        return {"Partition": copy.deepcopy(self.cloud.partitions[PartitionValues[0]])}

    def get_partitions(self, DatabaseName, TableName, ExcludeColumnSchema):
        return {"Partitions": copy.deepcopy(list(self.cloud.partitions.values()))}

    def create_partition(self, DatabaseName, TableName, PartitionInput):
        if PartitionInput["Values"][0] in self.cloud.partitions:
            refuse(400, "AlreadyExistsException", "CreatePartition")
        self.cloud.partitions[PartitionInput["Values"][0]] = copy.deepcopy(PartitionInput)

    def update_partition(self, DatabaseName, TableName, PartitionValueList, PartitionInput):
        if PartitionValueList[0] not in self.cloud.partitions:
            refuse(400, "EntityNotFoundException", "UpdatePartition")
        self.cloud.partitions[PartitionValueList[0]] = copy.deepcopy(PartitionInput)
