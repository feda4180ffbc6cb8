"""The fast core and the plain csv-module version agree on every file, row for row and reject for reject."""

import gzip
import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.orders_support import EVENT_DAY, HEADER, ROOT, Outcome, expected, without_message

CSV_SPECTRUM = ROOT.parent / "shared/data/csv-spectrum"


def assert_same(data: bytes, **options: int) -> None:
    kept, rejects, dropped = expected(data)
    outcome = Outcome(data, **options)
    assert outcome.kept == kept
    assert [without_message(record) for record in outcome.rejects] == rejects
    assert dict(outcome.summary.dropped_by_rule) == dropped
    assert outcome.summary.rows_in == len(kept) + len(rejects) + sum(dropped.values())


order_ids = st.sampled_from(["1001", " 7 ", "", "  ", "A-1"])
customers = st.sampled_from(
    ["Ann", " Bo ", "", '"Lee, Cy"', '"two\nlines"', '"crlf\r\ninside"', '"say ""hi"""', 'mid"quote', '"a"b', "Zoë", "\u2028"]
)
amounts = st.sampled_from(
    [
        "1.00",
        "12",
        " 3.5 ",
        ".5",
        "5.",
        "0012.30",
        "10.500",
        "9999999999.99",
        "-1",
        "-0",
        "1e3",
        "NaN",
        "N/A",
        "",
        "+5",
        "1.005",
        "10000000000",
        ".",
        "1.2.3",
    ]
)
statuses = st.sampled_from(["confirmed", "SHIPPED", " pending ", "Cancelled", "canceled", "returned", "", '"shipped"'])
dates = st.sampled_from(
    ["2025-04-21", "2025-03-23", "2025-03-22", "2025-02-30", "2023-2-3", "", " 2025-04-01 ", "2025-W01-1", "20250401", "9999-12-31"]
)
fields = st.tuples(order_ids, customers, amounts, statuses, dates).map(",".join)
odd_rows = st.sampled_from(["", " ", ",,,,", "1,2", "1,Ann,1,shipped,2025-04-01,x", '""', '"', "1,Ann\0,1,shipped,2025-04-01"])
rows = st.one_of(fields, fields, fields, odd_rows).map(str.encode)
undecodable = st.sampled_from([b"1,\xff,1,shipped,2025-04-01", b"1,\xed\xa0\x80,1,shipped,2025-04-01", b"1,caf\xe9,x"])
line_ends = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])
files = st.lists(st.tuples(st.one_of(rows, rows, undecodable), line_ends), max_size=30).map(lambda parts: b"".join(a + b for a, b in parts))
soup = st.lists(
    st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"a", b"1", b"\xff", b"\xc3\xa9", b'""', b'",', b',"', b"1,a,1,shipped,2025-04-20"]),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(files, st.sampled_from([7, 64, 1 << 20]), st.booleans())
def test_files_of_plausible_rows(body: bytes, block_bytes: int, cut_last: bool) -> None:
    assert_same(HEADER + (body[:-1] if cut_last else body), block_bytes=block_bytes)


@settings(max_examples=300, deadline=None)
@given(soup.map(b"".join), st.sampled_from([1, 5, 1 << 20]))
@example(b'1,a,1,shipped,"2025-04-20\n', 1 << 20)
@example(b'1,"a\n"\n\n', 3)
@example(b"\r", 1)
@example(b"\xef\xbb\xbf\n\xef\xbb\xbf1,a,1,shipped,2025-04-20\n\xef\xbb\xbfx\n", 1)
@example(b"\xef\xbb\xbf1,a,1,shipped,2025-04-20\n\xef\xbb\xbfx\n", 1 << 20)
@example(b'"\r', 1)
def test_files_of_broken_punctuation(body: bytes, block_bytes: int) -> None:
    assert_same(HEADER + body, block_bytes=block_bytes)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            order_ids, customers, st.text("0123456789.-+eE ", max_size=30), st.just("shipped"), st.text("0123456789-W ", max_size=11)
        ),
        max_size=8,
    )
)
def test_all_kinds_of_numbers_and_dates(parts: list[tuple]) -> None:
    assert_same(HEADER + "\n".join(map(",".join, parts)).encode())


@settings(max_examples=100, deadline=None)
@given(st.lists(fields, max_size=10), st.permutations(["OrderID", "Customer", "Amount", "Status", "OrderDate"]), st.booleans())
def test_columns_in_any_order_with_extra_ones(parts: list[str], names: list[str], bom: bool) -> None:
    header = ",".join(["Note", *names, '"More, or less"'])
    body = "\n".join(f"n,{row},m" for row in parts)
    assert_same((b"\xef\xbb\xbf" if bom else b"") + f"{header}\n{body}".encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("block_bytes", "cut_rows"), [(1 << 16, 20_000), (1 << 16, 7), (4 << 20, 1_000)])
def test_a_larger_file_with_everything_in_it(newline: str, block_bytes: int, cut_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks, some with bad rows, quoted newlines, blank lines or bad bytes, most without."""
    monkeypatch.setattr("orders_csv.cutting.CUT_ROWS", cut_rows)
    draw = random.Random(7)
    lines = [HEADER.decode().strip()]
    for number in range(20_000 if cut_rows > 7 else 5_000):
        luck = draw.random() * 20_000
        name = f'"Lee{newline}{number}"' if luck < 2 else '"Lee, Cy"' if luck < 400 else "Zoë" if luck < 800 else "Ann"
        amount = "N/A" if 800 < luck < 1000 else f"{number / 100:.2f}"
        lines.append(
            f"{number},{name},{amount},{draw.choice(['shipped', 'pending'])},2025-0{draw.randint(1, 4)}-11"
            + (",x" if luck > 19_900 else "")
        )
        if luck > 19_999:
            lines.append("")
    data = newline.join(lines).encode()
    middle = len(data) // 2
    data = data[:middle] + b"\xff" + data[middle:]
    assert_same(data, block_bytes=block_bytes)
    packed = Outcome(gzip.compress(data), block_bytes=block_bytes)
    assert packed.parquet == Outcome(data, block_bytes=block_bytes).parquet


# Our own small cases of the well-known kinds: name, body, customers kept (the sum of what a reader of CSV must get right).
CASES = {
    "commas in quotes": ('1,"Roe, Jane, Dr.",5.00,shipped,2025-04-01\n', ["Roe, Jane, Dr."]),
    "doubled quotes": ('1,"Jane ""JJ"" Roe",5.00,shipped,2025-04-01\n', ['Jane "JJ" Roe']),
    "json in a field": ('1,"{""type"": ""Point"", ""at"": [1, 2]}",5.00,shipped,2025-04-01\n', ['{"type": "Point", "at": [1, 2]}']),
    "newline in quotes": ('1,"Jane\nRoe",5.00,shipped,2025-04-01\n2,Al,1,shipped,2025-04-01\n', ["Jane\nRoe", "Al"]),
    "CRLF in quotes": ('1,"Jane\r\nRoe",5.00,shipped,2025-04-01\r\n2,Al,1,shipped,2025-04-01\r\n', ["Jane\r\nRoe", "Al"]),
    "quotes, commas and newlines": ('1,"a ""b"",\n""c""\n",5,shipped,2025-04-01\n', ['a "b",\n"c"']),
    "empty quoted field": ('1,"",5.00,shipped,2025-04-01\n', [""]),
    "beyond ASCII": ("1,Ærøskøbing ʤ 東京,5.00,shipped,2025-04-01\n", ["Ærøskøbing ʤ 東京"]),
    "no line end at the end": ("1,Al,1,shipped,2025-04-01", ["Al"]),
    "all fields in quotes": ('"1","Al","1.5","shipped","2025-04-01"\n', ["Al"]),
    "blank lines": ("\n\n1,Al,1,shipped,2025-04-01\n\n\n2,Bo,1,shipped,2025-04-01\n\n", ["Al", "Bo"]),
    "bare CR as line end": ("1,Al,1,shipped,2025-04-01\r2,Bo,1,shipped,2025-04-01\r", ["Al", "Bo"]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("block_bytes", [1, 10, 4 << 20])
def test_well_known_cases(name: str, block_bytes: int) -> None:
    body, customers = CASES[name]
    data = HEADER + body.encode()
    assert_same(data, block_bytes=block_bytes)
    outcome = Outcome(data, block_bytes=block_bytes)
    assert [row[1] for row in outcome.kept] == customers
    assert outcome.rejects == []


@pytest.mark.skipif(
    not CSV_SPECTRUM.is_dir(), reason="the csv-spectrum files are not on this machine (our own cases above cover the same kinds)"
)
def test_csv_spectrum() -> None:
    """Each record's values, joined, as the customer of an order: our reader must see what csv-spectrum's JSON says."""
    seen = 0
    for path in sorted((CSV_SPECTRUM / "csvs").glob("*.csv")):
        records = json.loads((CSV_SPECTRUM / "json" / f"{path.stem}.json").read_bytes())
        names, *lines = split_rows(path.read_bytes())
        column = names.count(b",")  # the last one, which our column name takes
        width = column + 1
        header = b",".join([*(b"x%d" % n for n in range(column)), b"Customer", b"OrderID,Amount,Status,OrderDate\n"])
        body = b"".join(line.rstrip(b"\r\n") + b",1,1,shipped,%s\n" % str(EVENT_DAY).encode() for line in lines)
        outcome = Outcome(header + body)
        assert outcome.rejects == [], path.name
        assert [row[1] for row in outcome.kept] == [list(record.values())[width - 1].strip(" \t\r\n") for record in records], path.name
        seen += len(records)
    assert seen > 10


def split_rows(data: bytes) -> list[bytes]:
    """The file's rows with their line ends; a quote count that is odd means the row goes on."""
    rows, row = [], b""
    for line in data.splitlines(keepends=True):
        row += line
        if row.count(b'"') % 2 == 0:
            rows.append(row)
            row = b""
    return rows
