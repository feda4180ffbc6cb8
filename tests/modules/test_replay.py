"""Modules that send a CSV file of orders again: its lines as JSON, and the wait for them."""

import gzip
import json
import time

import pytest

from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

HEADER = "InvoiceNo,Description,Quantity,UnitPrice"
OPTIONS = {"columns": ["InvoiceNo", "Description", "Quantity", "UnitPrice"], "numbers": ["Quantity", "UnitPrice"]}


@pytest.fixture
def converted(tmp_path):
    """Lines that come of a CSV text."""

    def convert(text, check=False, **options):
        source, dest = tmp_path / "orders.csv", tmp_path / "made" / "orders.json"
        source.write_bytes(text if isinstance(text, bytes) else text.encode())
        outcome = done("csv_json_lines", check, source=str(source), dest=str(dest), **{**OPTIONS, **options})
        return outcome, dest.read_bytes().decode("utf-8", "surrogateescape").splitlines() if dest.exists() else []

    return convert


def test_numbers_keep_their_digits_and_texts_their_bytes(converted):
    rows = '536365,"WHITE ""HEART"", red\nand blue",-6,2.5500\n85123A,café \udcff,1e3,0x1\n'
    outcome, lines = converted(f"\ufeff{HEADER}\r\n{rows}".encode("utf-8", "surrogateescape"))
    assert outcome.result["lines"] == len(lines) == 2
    assert lines[0] == '{"InvoiceNo": "536365", "Description": "WHITE \\"HEART\\", red\\nand blue", "Quantity": -6, "UnitPrice": 2.5500}'
    assert lines[1] == '{"InvoiceNo": "85123A", "Description": "café \udcff", "Quantity": "1e3", "UnitPrice": "0x1"}'


def test_a_row_of_another_length_is_kept_as_an_array_and_a_blank_one_is_nothing(converted):
    _, lines = converted(f"{HEADER}\n1,a,2\n\n1,a,2,3.0,more\n")
    assert [json.loads(line) for line in lines] == [["1", "a", "2"], ["1", "a", "2", "3.0", "more"]]


def test_columns_are_found_whatever_their_case_and_order_and_others_are_left(converted):
    _, lines = converted("Extra, unitprice ,quantity,DESCRIPTION,InvoiceNo\nx,2.5,1,a,7\n")
    assert json.loads(lines[0]) == {"InvoiceNo": "7", "Description": "a", "Quantity": 1, "UnitPrice": 2.5}


def test_gzip_is_told_by_the_content(converted):
    assert len(converted(gzip.compress(f"{HEADER}\n1,a,2,3\n".encode()))[1]) == 1


def test_the_same_again_changes_nothing_and_check_mode_writes_nothing(converted):
    text = f"{HEADER}\n1,a,2,3\n"
    assert converted(text, check=True)[0].changed
    assert converted(text, check=True)[1] == []
    assert converted(text)[0].changed
    assert not converted(text)[0].changed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "has no column InvoiceNo, Description, Quantity, UnitPrice; its header is 'a, b'"),
        (b"", "has no column"),
        (f'{HEADER}\n1,"a,2,3\n'.encode(), "after 0 rows: unexpected end of data"),
        (gzip.compress(f"{HEADER}\n1,a,2,3\n".encode(), mtime=0)[:-9], "end-of-stream marker"),
    ],
)
def test_what_is_no_such_csv_is_refused_with_its_reason_and_leaves_nothing(tmp_path, content, words):
    source = tmp_path / "orders.csv"
    source.write_bytes(content)
    refused("csv_json_lines", words, source=str(source), dest=str(tmp_path / "made"), **OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


@on()
def test_lines_have_arrived_when_each_is_there_as_often_as_in_the_file(aws, tmp_path):
    s3, bucket, source = aws.client("s3"), unique("lines"), tmp_path / "lines"
    s3.create_bucket(Bucket=bucket)
    source.write_text("a\nb\nb\n")
    s3.put_object(Bucket=bucket, Key="raw/1", Body=b"a\nb\nother\n")
    options = {"source": str(source), "bucket": bucket, "prefix": "raw/", "since": time.time(), "wait_timeout": 0}
    refused("s3_lines_arrived", f"1 of 3 lines are not below s3://{bucket}/raw/ after 0 s; 1 objects were looked at", **options)
    s3.put_object(Bucket=bucket, Key="raw/2.gz", Body=gzip.compress(b"b\n"))
    arrived = done("s3_lines_arrived", **options)
    assert not arrived.changed
    assert (arrived.result["lines"], arrived.result["objects"]) == (3, 2)
    refused("s3_lines_arrived", "0 objects were looked at", **{**options, "since": time.time() + 3600})
