"""The clicks' transform, packed as the playbooks pack it, between a stream and its bucket."""

import base64
import json
from pathlib import Path

import pytest

from tests.local_cloud import create_role, wait_for
from tests.localcloud.firehose.functions import processing
from tests.localcloud.firehose.site import ERRORS
from tests.unit.plugins.plugin_files import load as load_plugin

FILES = Path(__file__).resolve().parents[3] / "files"
GOOD = '{"element_clicked":"Crème \\"x\\" 🍮 \\\\","time_spent":3,"source_menu":"b","created_at":"2026-11-21T19:08:09Z"}'.encode()
DASH = '{"element_clicked":"a","time_spent":3,"source_menu":"b","created_at":"2026–11–21 20:08:09+01:00"}'.encode()
BAD = b'{"element_clicked":"a"}'


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    archive = load_plugin("modules", "python_archive")
    path = tmp_path_factory.mktemp("click-transform") / "function.zip"
    folders = (FILES / "lambda/clicks", FILES / "lambda/s3_inputs", FILES / "openapi")
    archive.write_zip(path, archive.source_files(FILES / "lambda/click_transform") + [e for f in folders for e in archive.folder_files(f)])
    return path.read_bytes()


def deploy(site, package, bucket):
    """A stream whose records go through the function, which writes to `bucket`."""
    role = create_role(site.iam, f"{site.name}-function", "lambda.amazonaws.com", ["logs:*", "s3:PutObject"])["Arn"]
    function = site.cloud.client("lambda").create_function(
        FunctionName=f"click-transform-{site.name}",
        Role=role,
        Runtime="python3.12",
        Handler="handler.lambda_handler",
        Timeout=10,
        Code={"ZipFile": package},
        Environment={"Variables": {"BUCKET_NAME": bucket}},
    )
    settings = {"ProcessingConfiguration": processing(function["FunctionArn"], 1), "CompressionFormat": "GZIP"}
    site.create(Prefix="clicks/", ErrorOutputPrefix=ERRORS, **settings)


def test_clicks_arrive_with_their_bytes_and_the_others_in_the_rejects(site, package):
    deploy(site, package, site.name)
    site.put(GOOD, BAD, DASH, b"\xff")
    first, second = site.lines("clicks/", 2)
    assert first.startswith(GOOD[:-1] + b',"arrived_at":"20')
    assert json.loads(second)["created_at"] == "2026-11-21T19:08:09Z"
    assert json.loads(second)["created_at_sent"] == "2026–11–21 20:08:09+01:00"
    rejects = [json.loads(line) for line in site.lines("rejected/", 2)]
    assert {each["reason"] for each in rejects} == {"time_spent_missing", "undecodable"}
    assert rejects[0]["text"].encode() == BAD
    counts = [json.loads(data)["rows"] for data in site.objects("audit/").values()]
    assert sum(each["in"] for each in counts) == 4 == sum(each["kept"] + each["rejected"] for each in counts)
    assert site.keys("errors/") == []


def test_where_the_rejects_cannot_be_written_firehose_keeps_all_records(site, package):
    deploy(site, package, f"{site.name}-that-is-not-there")
    site.put(GOOD, BAD)
    wait_for(lambda: site.keys("errors/processing-failed/"), "the failure")
    failed = site.errors(number=2)
    assert [base64.b64decode(each["rawData"]) for each in failed] == [GOOD, BAD]
    assert {each["attemptsMade"] for each in failed} == {2}
    assert site.keys("clicks/") == []
