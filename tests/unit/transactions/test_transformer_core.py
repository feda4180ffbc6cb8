"""The transformer's core: what it keeps, what it rejects, and how it cuts files into records."""

import gzip
import json
import random
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.transactions.support import Outcome, core, record, records, repeated, text


def lines(*texts: bytes) -> bytes:
    return b"\n".join(texts) + b"\n"


def numbered(count: int, **members: object) -> list[bytes]:
    return [text(transaction_id=f"T-{number}", **members) for number in range(count)]


class TestAGoodTransaction:
    def test_becomes_a_row_with_all_columns(self) -> None:
        outcome = Outcome(text())
        assert outcome.tables == {
            "2026-11-21": [
                {
                    "transaction_id": "T-1",
                    "timestamp": datetime(2026, 11, 21, 12, 5, 0, 123000),
                    "customer_id": "C-00001",
                    "product_id": "P-2001",
                    "product_name": "Cotton T-Shirt",
                    "category": "Clothing",
                    "quantity": 2,
                    "price": Decimal("19.90"),
                    "total_amount": Decimal("39.80"),
                    "year": 2026,
                    "month": 11,
                    "day": 21,
                    "hour": 12,
                    "day_of_week": 5,  # a Saturday
                }
            ]
        }
        assert (outcome.summary.rows_in, outcome.summary.kept, outcome.summary.rejected) == (1, 1, 0)

    def test_has_the_types_that_the_table_declares(self) -> None:
        (data,) = Outcome(text()).files.values()
        schema = pq.read_schema(pa.BufferReader(data))
        assert schema.equals(core.SCHEMA)
        assert schema.metadata is None
        parquet = pq.ParquetFile(pa.BufferReader(data)).schema
        columns = {parquet.column(n).name: parquet.column(n) for n in range(len(parquet))}
        assert columns["timestamp"].physical_type == "INT64"
        written = json.loads(columns["timestamp"].logical_type.to_json())
        assert (written["timeUnit"], written["isAdjustedToUTC"]) == ("milliseconds", False)
        assert columns["price"].converted_type == "DECIMAL"

    @pytest.mark.parametrize(
        ("timestamp", "day", "time"),
        [
            ("2026-11-21T23:30:00-02:00", "2026-11-22", "01:30:00"),
            ("2026-11-21T00:30:00+0100", "2026-11-20", "23:30:00"),
            ("2026-11-21T05:00:00+05", "2026-11-21", "00:00:00"),
            ("2026-11-21T05:00:00", "2026-11-21", "05:00:00"),
            ("2026-11-21 05:00:00Z", "2026-11-21", "05:00:00"),
            (" 2026-11-21T05:00:00.9999Z ", "2026-11-21", "05:00:00.999000"),
            ("2026-11-21T05:00:00.123456789Z", "2026-11-21", "05:00:00.123000"),
            ("2024-02-29T05:00:00.5Z", "2024-02-29", "05:00:00.500000"),
            ("1970-01-01T00:00:00Z", "1970-01-01", "00:00:00"),
            ("2199-12-31T23:59:59.999Z", "2199-12-31", "23:59:59.999000"),
        ],
    )
    def test_goes_to_the_utc_day_of_its_time(self, timestamp: str, day: str, time: str) -> None:
        outcome = Outcome(text(timestamp=timestamp))
        assert list(outcome.tables) == [day], outcome.rejects
        assert outcome.rows[0]["timestamp"] == datetime.fromisoformat(f"{day}T{time}")

    @pytest.mark.parametrize("number", ["19.9", "19.90", "19.900", "1.99e1", "1990E-2", "0.199e+2"])
    def test_counts_by_a_numbers_value_not_its_spelling(self, number: str) -> None:
        outcome = Outcome(text().replace(b'"price": 19.9', f'"price": {number}'.encode()))
        assert outcome.rejects == []
        assert outcome.rows[0]["price"] == Decimal("19.90")

    def test_is_trimmed_and_may_have_escapes_and_members_of_its_own(self) -> None:
        data = text(transaction_id=" T-ü\t ", shop={"name": "x"}).replace(b"Clothing", b"\\u0043lothing")
        assert Outcome(data).ids == ["T-ü"]

    def test_may_be_huge_and_is_still_exact(self) -> None:
        assert Outcome(text(quantity=100, price=99999999.99, total_amount=9999999999.00)).rows[0]["total_amount"] == Decimal(
            "9999999999.00"
        )


BAD = [
    ("transaction_id_missing", text(transaction_id=None)),
    ("transaction_id_missing", text().replace(b'"T-1"', b"null")),
    ("transaction_id_missing", text(transaction_id=" \t")),
    ("transaction_id_wrong_type", text(transaction_id=17)),
    ("transaction_id_wrong_type", text(transaction_id=["T"])),
    ("transaction_id_invalid", text(transaction_id="T\0")),
    ("timestamp_missing", text(timestamp=None)),
    ("timestamp_wrong_type", text(timestamp=1700000000)),
    ("timestamp_invalid", text(timestamp="2026-02-30T12:00:00Z")),
    ("timestamp_invalid", text(timestamp="2026-2-3T12:00:00Z")),
    ("timestamp_invalid", text(timestamp="2026-11-21")),
    ("timestamp_invalid", text(timestamp="2026-11-21T24:00:00Z")),
    ("timestamp_invalid", text(timestamp="2026-11-21T12:00:60Z")),
    ("timestamp_invalid", text(timestamp="2026-11-21T12:00:00+25:00")),
    ("timestamp_invalid", text(timestamp="２０２６-11-21T12:00:00Z")),
    ("timestamp_invalid", text(timestamp="0000-01-01T12:00:00Z")),
    ("timestamp_out_of_range", text(timestamp="1969-12-31T23:59:59.999Z")),
    ("timestamp_out_of_range", text(timestamp="2200-01-01T00:00:00Z")),
    ("timestamp_out_of_range", text(timestamp="9999-12-31T23:59:59-23:00")),
    ("customer_id_missing", text(customer_id="")),
    ("product_id_missing", text(product_id=None)),
    ("product_unknown", text(product_id="P-0")),
    ("product_name_mismatch", text(product_name="Wool Sweater")),
    ("product_name_missing", text(product_name=None)),
    ("category_mismatch", text(category="clothing")),
    ("quantity_missing", text(quantity=None)),
    ("quantity_wrong_type", text(quantity="2")),
    ("quantity_wrong_type", text(quantity=True)),
    ("quantity_not_positive", text(quantity=0)),
    ("quantity_not_positive", text(quantity=-1)),
    ("quantity_not_whole", text(quantity=1.5)),
    ("quantity_not_whole", text().replace(b'"quantity": 2', b'"quantity": 1e-999999')),
    ("quantity_too_large", text(quantity=2**31)),
    ("quantity_too_large", text().replace(b'"quantity": 2', b'"quantity": 1e999999')),
    ("quantity_too_large", text().replace(b'"quantity": 2', b'"quantity": ' + b"9" * 5000)),
    ("price_wrong_type", text(price="19.90")),
    ("price_not_positive", text(price=0)),
    ("price_not_positive", text().replace(b"19.9", b"-0.0")),
    ("price_too_precise", text(price=19.901)),
    ("price_too_precise", text().replace(b"19.9", b"19.9" + b"0" * 30 + b"1")),
    ("price_too_large", text(price=100000000)),
    ("price_too_large", text().replace(b"19.9", b"1e400")),
    ("price_too_large", text().replace(b"19.9", b"1e" + b"9" * 30)),
    ("total_amount_missing", text(total_amount=None)),
    ("total_amount_mismatch", text(total_amount=39.81)),
    ("total_amount_mismatch", text(quantity=3)),
    ("total_amount_too_precise", text().replace(b"39.8", b"39.80000000000000001")),
    ("total_amount_too_large", text(quantity=2**31 - 1, price=99999999.99, total_amount=214748364678525163.53)),
    ("json_invalid", text().replace(b"19.9", b"NaN")),
    ("json_invalid", text().replace(b"19.9", b"-Infinity")),
    ("json_invalid", text().replace(b"19.9", b"019.9")),
    ("json_invalid", text()[:-1]),
    ("json_invalid", text() + b"}"),
    ("json_invalid", text()[:-1] + b",}"),
    ("json_invalid", text(transaction_id="T").replace(b'"T"', b'"T\x01"')),
    ("json_invalid", text().replace(b"T-1", b"T-\\ud83d")),
    ("json_invalid", text(extra="x").replace(b'"x"', b'"\\uDE00"')),
    ("member_repeated", text()[:-1] + b', "price": 19.9}'),
    ("member_repeated", text()[:-1] + b', "\\u0070rice": 19.9}'),
    ("member_repeated", text(extra=1)[:-1] + b', "extra": 1}'),
    ("not_an_object", b"[1]"),
    ("not_an_object", b"17"),
    ("not_an_object", b'"{}"'),
    ("not_an_object", b"null"),
    ("json_too_deep", text()[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("undecodable", text().replace(b"T-1", b"T-\xff")),
    ("undecodable", text().replace(b"T-1", b"T-\xed\xa0\x80")),
    ("json_invalid", text().replace(b"T-1", b"T-\0")),
]


class TestABadRecord:
    @pytest.mark.parametrize(("reason", "data"), BAD, ids=[f"{n}-{reason}" for n, (reason, _) in enumerate(BAD)])
    def test_is_rejected_with_its_reason_place_and_text(self, reason: str, data: bytes) -> None:
        good = text(transaction_id="good")
        outcome = Outcome(lines(good, data, b"", text(transaction_id="good too")))
        assert outcome.reasons == [reason], outcome.rejects
        (reject,) = outcome.rejects
        assert (reject["row"], reject["line"]) == (2, 2)
        assert reject["text"] == data.decode(errors="replace")
        assert len(reject["message"]) < 300
        assert outcome.ids == ["good", "good too"]
        assert outcome.summary.rows_in == 3

    def test_keeps_its_bytes_where_they_are_no_text(self) -> None:
        (reject,) = Outcome(lines(text(), b"\xff\xfe{}")).rejects
        assert reject["text_base64"] == "//57fQ=="

    def test_of_a_line_that_ends_with_cr_has_its_text_without_it(self) -> None:
        outcome = Outcome(text() + b"\r\n{}\r\n")
        assert [reject["text"] for reject in outcome.rejects] == ["{}"]
        assert outcome.ids == ["T-1"]


class TestForms:
    ONES = tuple(record(transaction_id=f"T-{n}") for n in range(5))

    @pytest.mark.parametrize("block_bytes", [7, 100, 1 << 20])
    @pytest.mark.parametrize(
        ("form", "data"),
        [
            ("lines", "\n".join(map(json.dumps, ONES))),
            ("lines", "\r\n\n".join(map(json.dumps, ONES)) + "\n\n"),
            ("array", json.dumps(ONES)),
            ("array", json.dumps(ONES, indent=2)),
            ("array", "\n\n[\n" + ",\n".join(map(json.dumps, ONES)) + "\n]\n"),
            ("array", json.dumps([one | {"more": {"a": [1, {"b": "}]"}]}} for one in ONES])),
            ("documents", "\n".join(json.dumps(one, indent=1) for one in ONES)),
            ("documents", " " + ",\n".join(json.dumps(one, indent="\t") for one in ONES)),
        ],
    )
    def test_all_give_the_same_rows(self, form: str, data: str, block_bytes: int) -> None:
        for packed in (data.encode(), gzip.compress(data.encode()), b"\xef\xbb\xbf" + data.encode()):
            outcome = Outcome(packed, block_bytes=block_bytes)
            assert outcome.summary.form == form
            assert outcome.ids == [one["transaction_id"] for one in self.ONES], outcome.rejects
            assert outcome.rejects == []
            assert outcome.summary.reason is None

    @pytest.mark.parametrize("indent", [None, 2])
    def test_one_object_is_one_row(self, indent: int | None) -> None:
        assert Outcome(json.dumps(record(), indent=indent).encode()).ids == ["T-1"]

    @pytest.mark.parametrize("data", [b"", b"  \n\n", gzip.compress(b"", mtime=0)])
    def test_an_empty_file_has_no_rows(self, data: bytes) -> None:
        outcome = Outcome(data)
        assert (outcome.summary.rows_in, outcome.summary.form, outcome.summary.reason) == (0, "empty", "the file is empty")

    def test_an_empty_array_has_none_either(self) -> None:
        outcome = Outcome(b" [ ] ")
        assert (outcome.summary.rows_in, outcome.summary.form, outcome.summary.reason) == (0, "array", None)

    def test_what_is_wrong_in_an_array_spoils_no_other_element(self) -> None:
        data = b"[" + b",\n".join([text(transaction_id="a"), b"{oops}", b"17, null", text(transaction_id="b"), b'{"x": "no end}']) + b",\n"
        data += text(transaction_id="c") + b"}," + text(transaction_id="d") + b"]"
        outcome = Outcome(data)
        assert outcome.ids == ["a", "b", "c", "d"]
        assert [(reject["row"], reject["line"], reject["text"]) for reject in outcome.rejects] == [
            (2, 2, "{oops}"),
            (3, 3, "17"),
            (4, 3, "null"),
            (6, 5, '{"x": "no end},'),
            (8, 6, "}"),
        ]

    def test_an_array_that_is_cut_off_says_so(self) -> None:
        outcome = Outcome(b"[" + text(transaction_id="a") + b"," + text(transaction_id="b")[:50])
        assert outcome.ids == ["a"]
        assert outcome.reasons == ["json_invalid"]
        assert "not closed" in outcome.summary.reason

    @pytest.mark.parametrize("block_bytes", [5, 1 << 20])
    def test_what_follows_an_array_is_rejected_as_it_is(self, block_bytes: int) -> None:
        outcome = Outcome(b"[" + text() + b"]\n\n" + text(transaction_id="b"), block_bytes=block_bytes)
        assert outcome.ids == ["T-1"]
        assert outcome.summary.rows_in == 2
        assert {reject["reason"] for reject in outcome.rejects} == {"after_the_array"}
        assert "".join(reject["text"] for reject in outcome.rejects) == text(transaction_id="b").decode()

    def test_a_truncated_first_line_does_not_make_lines_a_document(self) -> None:
        outcome = Outcome(lines(b'{"transaction_id": "T', text(transaction_id="b"), text(transaction_id="c")))
        assert outcome.summary.form == "lines"
        assert outcome.ids == ["b", "c"]

    @pytest.mark.parametrize("cut", [1, 10, 60, -1])
    def test_damaged_gzip_is_for_the_whole_file(self, cut: int) -> None:
        data = gzip.compress(lines(*numbered(50)))
        with pytest.raises(core.UnreadableFileError, match="gzip"):
            Outcome(data[:20] + b"\xff" * 8 + data[28:] if cut == 1 else data[:cut])


class TestLongRecords:
    @pytest.mark.parametrize("form", ["lines", "array", "documents"])
    def test_come_in_pieces_and_spoil_no_others(self, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(records.Reader.__init__, "__defaults__", (400,))
        long = text(transaction_id="long", note='x"' * 700 + "\\")
        ones = [text(transaction_id="a"), long, text(transaction_id="b")]
        data = {"lines": lines(*ones), "array": b"[" + b", ".join(ones) + b"]", "documents": b"\n".join(ones)}[form]
        if form == "documents":
            data = b"\n".join(json.dumps(json.loads(one), indent=1).encode() for one in ones)
            long = json.dumps(json.loads(long), indent=1).encode()
        for block_bytes in (1, 33, 399, 400, 401, 5000):
            outcome = Outcome(data, block_bytes=block_bytes)
            assert outcome.summary.form == form
            assert outcome.ids == ["a", "b"], (block_bytes, outcome.rejects)
            assert outcome.summary.rows_in == 3
            assert "".join(reject["text"] for reject in outcome.rejects) == long.decode()
            assert {(reject["row"], reject["reason"]) for reject in outcome.rejects} == {(2, "record_too_long")}
            assert [reject["last_part"] for reject in outcome.rejects] == [False] * (len(outcome.rejects) - 1) + [True]

    def test_the_bound_is_a_mebibyte(self) -> None:
        assert Outcome(text(note="x" * (1 << 20))).reasons == ["record_too_long"] * 2
        assert Outcome(text(note="x" * ((1 << 20) - 400))).reasons == []


class TestRepeatedIds:
    def test_the_first_good_record_is_kept(self) -> None:
        data = lines(text(transaction_id="a", quantity=9), *[text(transaction_id=name) for name in "abcab"])
        outcome = Outcome(data)
        assert outcome.ids == ["a", "b", "c"]
        assert [(reject["row"], reject["reason"]) for reject in outcome.rejects] == [
            (1, "total_amount_mismatch"),
            (5, "transaction_id_repeated"),
            (6, "transaction_id_repeated"),
        ]
        assert outcome.passes == 2

    def test_a_file_without_any_is_read_once(self) -> None:
        assert Outcome(lines(*numbered(1000))).passes == 1

    def test_over_days_and_blocks_and_spellings(self) -> None:
        others = numbered(300)
        data = lines(text(transaction_id="x"), *others, text(transaction_id=" x", timestamp="2026-11-22T00:00:00+01:00"), *others[::-1])
        outcome = Outcome(data, block_bytes=1000)
        assert sorted(outcome.ids) == sorted(["x", *(f"T-{n}" for n in range(300))])
        assert [reject["row"] for reject in outcome.rejects] == list(range(302, 603))

    def test_in_shares(self, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
        monkeypatch.setattr(repeated, "_SHARE_ROWS", 64)
        rng = random.Random(1)
        names = [f"T-{rng.randrange(800)}" for _ in range(1000)]
        ids = repeated.Ids(str(tmp_path))
        for start in range(0, 1000, 90):
            ids.add(pa.array(names[start : start + 90]))
        assert ids.repeated().to_pylist() == [n for n, name in enumerate(names) if name in names[:n]]
        ids.close()

    def test_hashes_alone_do_not_make_two_ids_one(self, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
        """The first hashes collide all; the second ones tell them apart."""
        monkeypatch.setattr(repeated, "hash", lambda data: 7 if not data.startswith(b"\xff") else hash(data), raising=False)
        ids = repeated.Ids(str(tmp_path))
        ids.add(pa.array(["a", "b", "a", "c"]))
        assert ids.repeated().to_pylist() == [2]
        ids.close()


class TestDays:
    def test_each_day_is_a_file_in_the_inputs_order(self) -> None:
        days = [20, 21, 20, 22, 21, 20]
        data = lines(*(text(transaction_id=f"T-{n}", timestamp=f"2026-11-{day}T01:00:00Z") for n, day in enumerate(days)))
        outcome = Outcome(data)
        ids = {day: [row["transaction_id"] for row in rows] for day, rows in outcome.tables.items()}
        assert ids == {"2026-11-20": ["T-0", "T-2", "T-5"], "2026-11-21": ["T-1", "T-4"], "2026-11-22": ["T-3"]}
        assert {day: file.rows for day, file in outcome.summary.days.items()} == {"2026-11-20": 3, "2026-11-21": 2, "2026-11-22": 1}

    def test_records_of_too_many_days_are_rejected(self) -> None:
        data = lines(*(text(transaction_id=f"T-{n}", timestamp=f"2026-11-{1 + n % 9:02d}T01:00:00Z") for n in range(20)))
        for block_bytes in (500, 1 << 20):
            outcome = Outcome(data, most_days=3, block_bytes=block_bytes)
            assert sorted(outcome.tables) == ["2026-11-01", "2026-11-02", "2026-11-03"]
            assert len(outcome.rows) == 8
            assert outcome.reasons == ["too_many_days"] * 12

    def test_without_rows_there_is_none(self) -> None:
        assert Outcome(b"{}").tables == {}
        assert pq.read_table(pa.BufferReader(core.no_rows())).num_rows == 0
        assert pq.read_schema(pa.BufferReader(core.no_rows())).equals(core.SCHEMA)


def test_the_same_bytes_give_the_same_files() -> None:
    data = lines(*numbered(2000), b"{}", *numbered(3))
    assert Outcome(data).files == Outcome(data).files


def test_block_bounds_change_nothing() -> None:
    data = lines(*[item for n, (_, bad) in enumerate(BAD) if len(bad) < 2000 for item in (bad, text(transaction_id=f"ü{n}"), b" ")])
    whole = Outcome(data)
    for block_bytes in (1, 50, 333, 4096):
        parts = Outcome(data, block_bytes=block_bytes)
        assert (parts.tables, parts.rejects) == (whole.tables, whole.rejects)
