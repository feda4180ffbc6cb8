"""Tables over JSON lines: OpenX's SerDe and Hive's, what they share and where they differ."""

import base64
import gzip
import json
import time

import pytest

SERDES = {"openx": "org.openx.data.jsonserde.JsonSerDe", "hive": "org.apache.hive.hcatalog.data.JsonSerDe"}
BOTH = pytest.mark.parametrize("serde", SERDES)


@pytest.fixture
def put(s3, bucket):
    def one(key, body):
        s3.put_object(Bucket=bucket, Key=key, Body=body if isinstance(body, bytes) else body.encode())

    return one


@pytest.fixture
def create(ask, bucket):
    """create("id int", serde, properties) makes the table j over j/."""

    def one(columns, serde, name="j", **properties):
        listed = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
        ask.ok(f"""CREATE EXTERNAL TABLE {name} ({columns}) ROW FORMAT SERDE '{SERDES[serde]}'
            {f"WITH SERDEPROPERTIES ({listed})" if listed else ""} LOCATION 's3://{bucket}/j/'""")

    return one


@BOTH
def test_json_lines(ask, put, create, serde):
    put(
        "j/1.json",
        '{"Id": 1, "name": "x", "price": 12345678901234567.89, "tags": ["a", "b"], "who": {"Age": 3}, "at": "2025-02-01 10:00:00"}\n'
        '{"id": 2, "name": null}\r\n',
    )
    put("j/2.json.gz", gzip.compress(b'{"id": 3, "name": {"nested": true}, "extra": 1}\n'))
    create("id int, name string, price decimal(20,2), tags array<string>, who struct<age:int>, at timestamp", serde)
    assert ask.ok("SELECT * FROM j ORDER BY id").rows == [
        ("1", "x", "12345678901234567.89", "[a, b]", "{age=3}", "2025-02-01 10:00:00.000"),
        ("2", None, None, None, None, None),
        ("3", '{"nested": true}', None, None, None, None),
    ]


@BOTH
def test_names_of_columns_and_structs_have_no_case_but_keys_of_maps_do(ask, put, create, serde):
    put("j/1.json", '{"ID": "7", "Who": [{"Name": "A", "m": {"Key": {"Deep": 1}}}]}\n')
    create("id int, who array<struct<name:string,m:map<string,struct<deep:int>>>>", serde)
    assert ask.ok("SELECT id, who[1].name, who[1].m['Key'].deep, cardinality(map_keys(who[1].m)) FROM j").rows == [("7", "A", "1", "1")]


@BOTH
def test_every_text_arrives_unchanged(ask, put, create, serde):
    texts = ['quote " and \\ backslash', "line\nbreak\ttab", "🍜 ünïcödé \u2028", "", " ", "null", "{}", "'; DROP TABLE j"]
    put("j/1.json", "".join(json.dumps({"n": n, "a": text}, ensure_ascii=n % 2 == 0) + "\n" for n, text in enumerate(texts)))
    create("n int, a string", serde)
    outcome = ask.ok("SELECT n, to_base64(to_utf8(a)) FROM j ORDER BY n")
    assert [base64.b64decode(encoded or "").decode() for _, encoded in outcome.rows] == texts


@BOTH
def test_half_a_character_becomes_a_question_mark(ask, put, create, serde):
    put("j/1.json", '{"a": "x\\ud83dy"}\n{"a": "\\ud83c\\udf5c"}\n')
    create("a string", serde)
    assert ask.ok("SELECT a FROM j ORDER BY 1").rows == [("x?y",), ("🍜",)]


@BOTH
@pytest.mark.parametrize("line", ['{"id": ', "nonsense", "[1]", '{"id": NaN}', '{"id": 1} {"id": 2}', '"text"'])
def test_malformed_json_fails(ask, put, create, serde, line):
    put("j/1.json", f'{{"id": 1}}\n{line}\n')
    create("id int", serde)
    reason = ask.fails("SELECT * FROM j")
    assert reason.startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")
    assert "line 2 of s3://" in reason


@BOTH
@pytest.mark.parametrize(("line", "name"), [('{"id": 1, "id": 2}', "id"), ('{"Id": 1, "iD": 2}', "id"), ('{"a": {"b": 1, "b": 2}}', "b")])
def test_a_member_twice_fails(ask, put, create, serde, line, name):
    put("j/1.json", line + "\n")
    create("id int, a struct<b:int>", serde)
    assert f'Duplicate key "{name}"' in ask.fails("SELECT * FROM j")


@BOTH
def test_numbers_may_be_texts_and_what_is_none_fails(ask, put, create, serde):
    put("j/1.json", '{"id": "12", "d": "1.5", "b": "TRUE"}\n{"id": 3, "d": 2, "b": "no"}\n')
    create("id int, d double, b boolean", serde)
    assert ask.ok("SELECT * FROM j ORDER BY id").rows == [("3", "2.0", "false"), ("12", "1.5", "true")]
    put("j/2.json", '{"id": "twelve", "d": 4.5}\n')
    assert ask.fails("SELECT id FROM j") == "HIVE_BAD_DATA: Error parsing field value 'twelve' for field id"
    assert ask.ok("SELECT sum(d) FROM j").rows == [("8.0",)]  # a column that nobody asks for is not looked at
    put("j/2.json", '{"id": 2147483648}\n')
    assert ask.fails("SELECT id FROM j").startswith("HIVE_BAD_DATA")


def test_openx_can_be_lenient(ask, put, create):
    put("j/1.json", '{"id": 1, "a.b": "dotted", "FROM": "mapped"}\n{"id": \n\n{"id": "x"}\n')
    columns, lenient = "id int, a_b string, origin string", {"ignore.malformed.json": "TRUE", "use.null.for.invalid.data": "true"}
    create(columns, "openx", **lenient, **{"dots.in.keys": "true", "mapping.origin": "from"})
    assert ask.ok("SELECT * FROM j ORDER BY id").rows == [("1", "dotted", "mapped"), *[(None, None, None)] * 3]
    create(columns, "hive", "h", **lenient)
    assert ask.fails("SELECT * FROM h").startswith("HIVE_CURSOR_ERROR")


def test_openx_can_tell_cases_apart(ask, put, create):
    put("j/1.json", '{"time": 1, "Time": 2}\n')
    create("time1 int, time2 int", "openx", **{"case.insensitive": "false", "mapping.time1": "time", "mapping.time2": "Time"})
    assert ask.ok("SELECT * FROM j").rows == [("1", "2")]


def test_many_small_gzip_objects_are_read_quickly(ask, s3, put, bucket, create):
    """60 objects of 500 clicks, what a minute of full load leaves."""
    click = {"element_clicked": "Ramen", "time_spent": 12, "source_menu": "Dinner", "created_at": "2026-11-21T19:00:00Z"}
    for number in range(60):
        rows = [json.dumps({**click, "click_id": f"{number}-{row}", "arrived_at": "2026-11-21T19:00:01.000Z"}) for row in range(500)]
        put(f"j/{number}.gz", gzip.compress("\n".join(rows).encode() + b"\n", 1))
    create("element_clicked string, time_spent int, source_menu string, created_at string, click_id string, arrived_at string", "hive")
    begun = time.monotonic()
    outcome = ask.ok("SELECT source_menu, count(DISTINCT click_id), sum(time_spent), max(arrived_at) FROM j GROUP BY 1")
    assert outcome.rows == [("Dinner", "30000", "360000", "2026-11-21T19:00:01.000Z")]
    assert time.monotonic() - begun < 10
