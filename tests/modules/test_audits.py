"""The wait for audit records of inputs."""

import json

from tests.modules.clouds import on
from tests.modules.runner import done, refused


def record(key, status="processed", reason=None, **rows):
    return json.dumps({"source": {"key": key}, "status": status, "reason": reason, "rows": rows}).encode()


@on()
def test_rows_of_finished_records_are_summed_up(aws):
    s3, bucket = aws.client("s3"), aws.bucket()
    s3.put_object(Bucket=bucket, Key="audit/1.json", Body=record("raw/1", **{"in": 3, "kept": 2, "rejected": 1}))
    options = {"bucket": bucket, "audit_keys": ["audit/1.json", "audit/2.json"], "wait_timeout": 0, "failures": "the queue q"}
    refused("s3_audits_arrived", "audit/2.json is not there, or not finished, after 0 s; 1 of 2 inputs are done at least", **options)
    s3.put_object(Bucket=bucket, Key="audit/2.json", Body=record("raw/2", "publishing", **{"in": 5, "kept": 5, "rejected": 0}))
    refused("s3_audits_arrived", "Failed events are in the queue q", **options)
    s3.put_object(Bucket=bucket, Key="audit/2.json", Body=record("raw/2", "rejected", "damaged", **{"in": 0, "kept": 0, "rejected": 0}))
    arrived = done("s3_audits_arrived", **options)
    assert not arrived.changed
    assert arrived.result["rows"] == {"in": 3, "kept": 2, "rejected": 1}
    assert arrived.result["rejected_whole"] == ["raw/2: damaged"]
    assert done("s3_audits_arrived", True, **options).result["inputs"] == 2
